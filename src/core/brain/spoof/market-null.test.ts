import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../../testing/books.ts';
import { MarketNull } from './market-null.ts';

interface Feed {
  readonly ordinary: MarketNull;
  /** Band of each addition of the last hundred frames, −1 where it is no wall. */
  readonly bands: number[];
}

/** Frames of 40 additions at up to 60 ticks: sizes about lognormal up to 1000, and in some frames manipulators' 5000. */
function feed({ frames = 2000, lots = 1, ticks = 1, manipulated = 0 }): Feed {
  const ordinary = new MarketNull();
  const random = generator(11);
  const bands: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const loud = frame % 100 < manipulated * 100;
    for (let i = 0; i < 40; i++) {
      const size = Math.min(1000, Math.round(10 * Math.exp(4 * (random() + random() - 0.5))));
      const distance = Math.floor(60 * random() * random());
      const band = ordinary.add(size * lots, distance * ticks);
      if (frame >= frames - 100) bands.push(band);
    }
    if (loud) for (let i = 0; i < 2; i++) ordinary.add(5000 * lots, 10 * ticks);
    ordinary.frame();
  }
  return { ordinary, bands };
}

test('nothing is a wall before the market is known, which takes seconds; then about one addition in seventeen', () => {
  assert.ok(feed({ frames: 8 }).bands.every((band) => band === -1));
  const early = feed({ frames: 164 }).bands;
  const walls = early.filter((band) => band >= 0).length / early.length;
  assert.ok(walls > 0.03 && walls < 0.09, `${walls} of the additions of frames 64 to 164 are walls`);
  const { bands } = feed({});
  const share = bands.filter((band) => band >= 0).length / bands.length;
  assert.ok(share > 0.03 && share < 0.08, `${share} of the additions are walls`);
});

test('what is large is about the same size when little was seen of the market as when much was', () => {
  const [early, late] = [64, 3000].map((frames) => feed({ frames }).ordinary);
  const change = early!.largeness(800, early!.bandOf(10)) / late!.largeness(800, late!.bandOf(10));
  assert.ok(change > 0.7 && change < 1.4, `${change} of what it comes to be`);
});

test('what is large there is not what manipulators show, though they are at it a third of the time', () => {
  const quiet = feed({}).ordinary;
  const loud = feed({ manipulated: 0.33 }).ordinary;
  const band = quiet.bandOf(10);
  const change = quiet.largeness(5000, band) / loud.largeness(5000, loud.bandOf(10));
  assert.ok(change > 0.7 && change < 1.6, `large is ${change} times what it was`);
  assert.ok(loud.largeness(5000, loud.bandOf(10)) > 3);
});

test('lots and ticks of another size give the same bands, ratios and shares', () => {
  const plain = feed({});
  const other = feed({ lots: 8, ticks: 4 });
  assert.deepEqual(other.bands, plain.bands);
  for (const [size, distance] of [
    [100, 3],
    [700, 12],
    [3000, 30],
  ] as const) {
    const band = plain.ordinary.bandOf(distance);
    assert.equal(other.ordinary.bandOf(distance * 4), band);
    assert.equal(other.ordinary.largeness(size * 8, band), plain.ordinary.largeness(size, band));
    assert.equal(other.ordinary.spreadOf(band), plain.ordinary.spreadOf(band));
    assert.equal(other.ordinary.tailOf(band), plain.ordinary.tailOf(band));
    const farness = other.ordinary.farness(distance * 4) / plain.ordinary.farness(distance);
    assert.ok(farness > 0.8 && farness <= 1);
  }
});

test('walls, too, are known by how others fared: how rare, how short-lived, how often shown', () => {
  const { ordinary } = feed({});
  for (let i = 0; i < 1000; i++) ordinary.ended(i < 500 ? 100 : 5000, 1 + (i % 10), i % 2 === 0);
  for (let i = 0; i < 64; i++) ordinary.frame();
  assert.ok(Math.abs(ordinary.shortness(100) - 0.5) < 0.01);
  assert.ok(Math.abs(ordinary.shortness(6000) - 1) < 0.01);
  // of those unfilled, sizes 1, 3, 5, 7 and 9
  assert.ok(Math.abs(ordinary.commonness(9) - 0.2) < 0.01);
  assert.ok(Math.abs(ordinary.commonness(1) - 1) < 0.01);
  const times = [1, 2, 3].map(() => ordinary.show(777));
  assert.deepEqual(times, [0, 1, 2]);
});
