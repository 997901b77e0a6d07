import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generator } from '../../testing/books.ts';
import { EVEN_NAMES, ODD_NAMES, RegimeFeatures, TREND_HALF_LIVES, USUAL_AGAINST_PAST } from './features.ts';
import { Odds, REGIMES, RegimeFilter } from './model.ts';
import { Second } from './second.ts';

const seed = 20261122;

test('filtered probabilities are those of all the ways that lead here, each counted', () => {
  const odds = fc.array(
    fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }),
    { minLength: 1, maxLength: 5 },
  );
  const terms = fc.record({
    hazard: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
    evidence: fc.double({ min: 0.01, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(odds, terms, (all, { hazard, evidence }) => {
      const filter = new RegimeFilter();
      for (const each of all) filter.step(Float64Array.from(each), { hazard, evidence });
      const ends = new Float64Array(4);
      const go = (step: number, from: number, weight: number): void => {
        if (step === all.length) {
          ends[from]! += weight;
          return;
        }
        for (let to = 0; to < 4; to++)
          go(
            step + 1,
            to,
            weight * (to === from ? 1 - hazard : hazard / 3) * Math.exp(evidence * all[step]![to]!),
          );
      };
      for (let from = 0; from < 4; from++) go(0, from, 0.25);
      const total = ends.reduce((sum, each) => sum + each, 0);
      for (let k = 0; k < 4; k++) assert.ok(Math.abs(filter.probabilities[k]! - ends[k]! / total) < 1e-9);
    }),
    { seed, numRuns: 100 },
  );
});

test('the trend of a walk without drift is a t-statistic: mean 0, deviation 1; with drift it grows with its root of time', () => {
  const random = generator(5);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const run = (drift: number): { readonly mean: number[]; readonly deviation: number[] } => {
    const features = new RegimeFeatures();
    const second = new Second();
    const [sum, squares] = [new Float64Array(6), new Float64Array(6)];
    const count = 60_000;
    for (let s = 0; s < count; s++) {
      second.net = 20 * normal() + drift;
      features.step(second);
      features.trend.forEach((t, h) => {
        sum[h]! += t;
        squares[h]! += t * t;
      });
    }
    const mean = Array.from(sum, (all) => all / count);
    return { mean, deviation: mean.map((each, h) => Math.sqrt(squares[h]! / count - each * each)) };
  };
  const still = run(0);
  TREND_HALF_LIVES.forEach((halfLife, h) => {
    // as many independent values as memories
    const error = 4 / Math.sqrt(60_000 / (2 * halfLife));
    assert.ok(Math.abs(still.mean[h]!) < error, `${halfLife} s: mean ${still.mean[h]}`);
    assert.ok(Math.abs(still.deviation[h]! - 1) < 0.1 + error / 2, `${halfLife} s: ${still.deviation[h]}`);
  });
  const drifting = run(2);
  TREND_HALF_LIVES.forEach((halfLife, h) => {
    const memory = halfLife / Math.LN2;
    const wanted = (2 / 20) * Math.sqrt(2 * memory);
    assert.ok(
      Math.abs(drifting.mean[h]! - wanted) < 0.1 * wanted + 0.1,
      `${halfLife} s: ${drifting.mean[h]}`,
    );
  });
});

test('each level is the logarithm of the plain weighted mean against its own past, computed the long way', () => {
  const random = generator(9);
  const features = new RegimeFeatures();
  const second = new Second();
  const squares: number[] = [];
  for (let s = 0; s < 400; s++) {
    second.squares = s > 5 && random() < 0.3 ? random() * 100 : 0;
    squares.push(second.squares);
    features.step(second);
  }
  const weighted = (values: readonly number[], halfLife: number): number => {
    let [sum, whole] = [0, 0];
    values.forEach((value, i) => {
      const weight = 0.5 ** ((values.length - 1 - i) / halfLife);
      sum += weight * value;
      whole += weight;
    });
    return sum / whole;
  };
  const level = (count: number, halfLife: number): number => {
    const past = squares.slice(0, count);
    return Math.log(weighted(past, halfLife) + 0.02 * weighted(past, 7200) + 1e-9);
  };
  // from the first move on: before it nothing was known
  const usual = weighted(
    squares.map((_, i) => level(i + 1, 60)).slice(squares.findIndex((each) => each > 0)),
    7200,
  );
  for (const halfLife of [15, 60, 240])
    assert.ok(
      Math.abs(features.even[EVEN_NAMES.indexOf(`move² ${halfLife}`)]! - (level(400, halfLife) - usual)) <
        1e-9,
    );
});

test('the reach of a random walk is its own variance: ratio 1; of one that comes back less, of one that goes on more', () => {
  const random = generator(11);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const run = (next: (price: number, before: number) => number): number[] => {
    const features = new RegimeFeatures();
    const second = new Second();
    const places = EVEN_NAMES.flatMap((name, i) => (/^reach .* 480$/.test(name) ? [i] : []));
    const sums = places.map(() => 0);
    let [price, moved] = [0, 0];
    const count = 60_000;
    for (let s = 0; s < count; s++) {
      moved = next(price, moved);
      price += moved;
      second.net = moved;
      features.step(second);
      places.forEach((at, i) => {
        sums[i]! += Math.exp(features.even[at]!);
      });
    }
    return sums.map((sum) => sum / count);
  };
  const walk = run(() => 20 * normal());
  for (const ratio of walk) assert.ok(Math.abs(ratio - 1) < 0.15, `walk ${ratio}`);
  const range = run((price) => 20 * normal() - price / 60);
  const trend = run(() => 20 * normal() + 5);
  walk.forEach((ratio, i) => {
    assert.ok(range[i]! < 0.6 * ratio, `range ${range[i]}`);
    assert.ok(trend[i]! > 2 * ratio, `trend ${trend[i]}`);
  });
});

test('what is usual of candles is the plain weighted mean of the logarithms of their ranges², and is not forgotten with the feed', () => {
  const random = generator(13);
  const features = new RegimeFeatures();
  const second = new Second();
  const at = EVEN_NAMES.indexOf(USUAL_AGAINST_PAST);
  const seen = (): number => {
    second.squares = 4;
    second.net = 2;
    features.step(second);
    return features.even[at]!;
  };
  const ranges = Array.from({ length: 300 }, () => Math.floor(random() * 40));
  for (const range of ranges.slice(0, 239)) features.candle(range, 60_000);
  assert.deepEqual([features.knowsPast, seen()], [false, 0], 'less than four hours');
  for (const range of ranges.slice(239)) features.candle(range, 60_000);
  assert.ok(features.knowsPast);
  let [sum, whole] = [0, 0];
  ranges.forEach((range, i) => {
    const weight = 0.5 ** ((ranges.length - 1 - i) / 150);
    sum += weight * Math.log(Math.max(1, range) ** 2 / 60_000);
    whole += weight;
  });
  features.reset();
  const usual = seen();
  // by itself a level is against what was seen; with this it is against the candles
  const level = Math.log(features.deviation ** 2 * 5);
  const against = features.even[EVEN_NAMES.indexOf('five-second move² 60')]! + usual;
  assert.ok(Math.abs(against - (level - sum / whole)) < 1e-9, `${against}`);
  features.forgetCandles();
  assert.deepEqual([features.knowsPast, seen()], [false, 0]);
});

test('odds are linear in the named features, up and down mirrored', () => {
  const odds = new Odds({
    trendBias: 1,
    volatileBias: -1,
    even: { 'orders 60': [2, 3] },
    odd: { 'flow 15': 5 },
  });
  const even = new Float64Array(EVEN_NAMES.length);
  const odd = new Float64Array(ODD_NAMES.length);
  even[EVEN_NAMES.indexOf('orders 60')] = 0.5;
  odd[ODD_NAMES.indexOf('flow 15')] = 0.1;
  const out = new Float64Array(REGIMES.length);
  odds.of(even, odd, out);
  assert.deepEqual([...out], [0, 2.5, 1.5, 0.5]);
});
