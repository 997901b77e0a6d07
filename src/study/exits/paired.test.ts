import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import { type Bars, compare, drawdownOf, type Entry, follow, type Outcome, shuffled } from './paired.ts';
import { breakouts, candleScene, extremes, fades, randomEntries, type Scene } from './scene.ts';
import { makePath } from './scenes.ts';

const seed = 20261122;
type Row = readonly [open: number, high: number, low: number, close: number];
const barsOf = (rows: readonly Row[]): Bars => ({
  open: Float64Array.from(rows, ([open]) => open),
  high: Float64Array.from(rows, ([, high]) => high),
  low: Float64Array.from(rows, ([, , low]) => low),
  close: Float64Array.from(rows, ([, , , close]) => close),
});
const free = { takerFee: 0, slippage: 0, barsMax: 3 };
const long: Entry = { bar: 0, direction: 'long' };
const short: Entry = { bar: 0, direction: 'short' };
const plan = { reward: 200, risk: 100 };
const calm: Row = [10_000, 10_050, 9950, 10_000];

test('a trade ends at the first exit that is touched, at its price', () => {
  const up = barsOf([calm, [10_000, 10_200, 9990, 10_150], calm]);
  assert.deepEqual(follow(up, long, plan, free), {
    reason: 'target',
    net: 200,
    costs: 0,
    bars: 2,
    ambiguous: false,
  });
  assert.deepEqual(follow(up, short, plan, free), {
    reason: 'stop',
    net: -100,
    costs: 0,
    bars: 2,
    ambiguous: false,
  });
});

test('a bar that holds both exits stopped first, and says so', () => {
  const wild = barsOf([[10_000, 10_300, 9700, 10_250], calm, calm]);
  for (const entry of [long, short]) {
    const { reason, net, ambiguous } = follow(wild, entry, plan, free);
    assert.deepEqual([reason, net, ambiguous], ['stop', -100, true]);
  }
});

test('a bar that opens beyond the stop fills there; one that opens beyond the target fills at the target', () => {
  const fall = barsOf([calm, [9800, 9850, 9700, 9750], calm]);
  assert.equal(follow(fall, long, plan, free).net, -200);
  assert.equal(follow(fall, short, plan, free).net, 200);
});

test('a trade that touches neither ends at the close of its last bar', () => {
  const still = barsOf([calm, calm, [10_000, 10_050, 9950, 10_030], [10_030, 11_000, 9000, 10_030]]);
  const { reason, net, bars } = follow(still, long, plan, free);
  assert.deepEqual([reason, net, bars], ['time', 30, 3]);
});

test('fees on both notionals and slippage on both fills are taken off', () => {
  const up = barsOf([[10_000, 10_200, 9990, 10_150], calm, calm]);
  const { net, costs } = follow(up, long, plan, { takerFee: 0.0005, slippage: 1, barsMax: 3 });
  // 5 bp of 10,000 and of 10,200, two ticks of 10,000
  assert.ok(Math.abs(costs - (5 + 5.1 + 2)) < 1e-9);
  assert.ok(Math.abs(net - (200 - 12.1)) < 1e-9);
});

test('the same end as a walk over every bar, written out for longs by hand', () => {
  const rows = fc.array(
    fc.record({
      open: fc.integer({ min: 9700, max: 10_300 }),
      up: fc.integer({ min: 0, max: 200 }),
      down: fc.integer({ min: 0, max: 200 }),
    }),
    { minLength: 5, maxLength: 30 },
  );
  const distance = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(rows, distance, distance, (made, reward, risk) => {
      const bars = barsOf(made.map(({ open, up, down }): Row => [open, open + up, open - down, open]));
      const entry = made[0]!.open;
      let expected = made.at(-1)!.open - entry;
      for (const { open, up, down } of made) {
        if (open - down <= entry - risk) {
          expected = Math.min(open, entry - risk) - entry;
          break;
        }
        if (open + up >= entry + reward) {
          expected = reward;
          break;
        }
      }
      const terms = { ...free, barsMax: made.length };
      const { net } = follow(bars, long, { reward, risk }, terms);
      assert.ok(Math.abs(net - (expected / entry) * 10_000) < 1e-9);
      // and a short in the mirror
      const mirror = (price: number): number => 2 * entry - price;
      const turned = barsOf(
        made.map(
          ({ open, up, down }): Row => [mirror(open), mirror(open - down), mirror(open + up), mirror(open)],
        ),
      );
      assert.ok(Math.abs(follow(turned, short, { reward, risk }, terms).net - net) < 1e-9);
    }),
    { seed, numRuns: 2000 },
  );
});

test('a drawdown is the deepest fall from any high, from zero on', () => {
  const of = (...results: number[]): number => drawdownOf(Float64Array.from(results));
  assert.equal(of(), 0);
  assert.equal(of(1, 2, 3), 0);
  assert.equal(of(-1, -2, 5), 3);
  assert.equal(of(5, -3, 2, -4, 10, -1), 5);
});

test('only entries that both ways took are compared', () => {
  const outcome = (net: number): Outcome => ({ reason: 'time', net, costs: 0, bars: 1, ambiguous: false });
  const one = [outcome(3), null, outcome(-5), outcome(1)];
  const other = [outcome(1), outcome(9), null, outcome(4)];
  const options = { resamples: 100, block: 1, level: 0.9, seed };
  const { pairs, net, drawdown } = compare(one, other, options);
  assert.equal(pairs, 2);
  assert.equal(net.estimate, -0.5);
  assert.equal(drawdown.estimate, 0);
});

test('dealing keeps the plans and the refusals, and moves the plans', () => {
  const random = new Random(seed);
  const plans = Array.from({ length: 100 }, (_, at) => (at % 7 === 0 ? null : { reward: 2 * at, risk: at }));
  const result = shuffled(plans, (bound) => random.below(bound));
  const sorted = (list: readonly ({ risk: number } | null)[]): number[] =>
    list.flatMap((each) => (each === null ? [] : [each.risk])).sort((one, two) => one - two);
  assert.deepEqual(sorted(result), sorted(plans));
  assert.deepEqual(
    result.map((each) => each === null),
    plans.map((each) => each === null),
  );
  assert.ok(result.filter((each, at) => each === plans[at] && each !== null).length < 10);
});

// --- entries --------------------------------------------------------------------------------------------------------

const figures = { atrPeriod: 14, volatilityWindow: 60, volatilityWindowLong: 240, levelBars: 48 };
const path = makePath('martingale', 7, 3000, figures);

test('nothing that is known at an entry, and no entry, changes with the bars that come after it', () => {
  const cut = 2000;
  const { bars } = path;
  const changed: Bars = {
    open: bars.open.map((price, bar) => (bar > cut ? price * 2 : price)),
    high: bars.high.map((price, bar) => (bar >= cut ? price * 2 : price)),
    low: bars.low.map((price, bar) => (bar >= cut ? price / 2 : price)),
    close: bars.close.map((price, bar) => (bar >= cut ? price * 3 : price)),
  };
  const other = candleScene('changed', path.instrument, path.openAt, changed, figures);
  for (let bar = path.firstBar; bar <= cut; bar++) assert.deepEqual(other.known(bar), path.known(bar));
  const early = (scene: Scene): readonly Entry[] =>
    [...breakouts(scene, 48, 12, 100), ...fades(scene, 48, 2.5, 12, 100)].filter(({ bar }) => bar <= cut);
  assert.ok(early(path).length > 50);
  assert.deepEqual(early(other), early(path));
});

test('breaks are beyond the bars before them, fades outside their band, random entries as many and as they are', () => {
  const { close } = path.bars;
  for (const { bar, direction } of breakouts(path, 48, 12, 100)) {
    const [low, high] = extremes(path.bars, bar - 1, 48);
    assert.ok(direction === 'long' ? close[bar - 1]! > high : close[bar - 1]! < low);
  }
  const turns = fades(path, 48, 2.5, 12, 100);
  for (const { bar, direction } of turns) {
    const window = [...close.slice(bar - 48, bar)];
    const mean = window.reduce((sum, price) => sum + price) / 48;
    const deviation = Math.sqrt(window.reduce((sum, price) => sum + (price - mean) ** 2, 0) / 48);
    const z = (close[bar - 1]! - mean) / deviation;
    assert.ok(direction === 'long' ? z < -2.5 : z > 2.5, `${z}`);
  }
  const random = new Random(seed);
  const drawn = randomEntries(path, turns, 100, (bound) => random.below(bound));
  const longs = (list: readonly Entry[]): number => list.filter((entry) => entry.direction === 'long').length;
  assert.deepEqual([drawn.length, longs(drawn)], [turns.length, longs(turns)]);
  for (const { bar } of drawn) assert.ok(bar >= path.firstBar && bar < path.openAt.length - 100);
});

test('on a martingale nothing is gained or lost before costs, whatever the exits', () => {
  const random = new Random(seed);
  for (const [reward, risk] of [
    [0.004, 0.002],
    [0.02, 0.01],
    [0.003, 0.006],
  ] as const) {
    const nets: number[] = [];
    for (let path = 0; path < 4; path++) {
      const { bars } = makePath('martingale', path, 6000, figures);
      for (let entry = 0; entry < 500; entry++) {
        const bar = random.below(5400);
        const direction = random.chance(0.5) ? 'long' : 'short';
        const open = bars.open[bar]!;
        const exits = { reward: reward * open, risk: risk * open };
        nets.push(follow(bars, { bar, direction }, exits, { ...free, barsMax: 576 }).net);
      }
    }
    const mean = nets.reduce((sum, net) => sum + net) / nets.length;
    const error = Math.sqrt(nets.reduce((sum, net) => sum + (net - mean) ** 2, 0)) / nets.length;
    assert.ok(Math.abs(mean) < 3.5 * error, `${mean} ± ${error} bp`);
  }
});
