import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bollinger, Surge } from './channels.ts';
import { Divergence } from './divergence.ts';
import { Momentum, RelativeStrength } from './oscillators.ts';
import { RollingRegression } from './regression.ts';
import { Delay, RollingExtreme, RollingMoments, RollingSum } from './rolling.ts';

const seed = 20261122;
const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const variance = (values: readonly number[]): number =>
  mean(values.map((each) => (each - mean(values)) ** 2));

function near(actual: number, wanted: number, scale = Math.abs(wanted), what = ''): void {
  assert.ok(Math.abs(actual - wanted) <= 1e-9 * scale, `${what} ${actual} is not ${wanted}`);
}

/** The line through the values by the textbook's formula, all sums anew. */
function naiveLine(values: readonly number[]) {
  const times = values.map((_, i) => i);
  const across = sum(times.map((time, i) => (time - mean(times)) * (values[i]! - mean(values))));
  const square = sum(times.map((time) => (time - mean(times)) ** 2));
  const slope = across / square;
  const intercept = mean(values) - slope * mean(times);
  const rest = sum(values.map((value, i) => (value - intercept - slope * i) ** 2));
  const total = variance(values) * values.length;
  return {
    slope,
    end: intercept + slope * (values.length - 1),
    rSquared: total > 0 ? 1 - rest / total : 0,
    residual: Math.sqrt(rest / (values.length - 2)),
  };
}

const windows = fc.integer({ min: 3, max: 40 });
const prices = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 150 });

test('sums, moments, lines and extremes are those of the last values, whatever came before', () => {
  fc.assert(
    fc.property(windows, prices, (window, values) => {
      const total = new RollingSum(window);
      const moments = new RollingMoments(window);
      const line = new RollingRegression(window);
      const highest = new RollingExtreme(window, 1);
      const lowest = new RollingExtreme(window, -1);
      values.forEach((value, i) => {
        for (const each of [total, moments, line, highest, lowest]) each.push(value);
        const last = values.slice(Math.max(0, i + 1 - window), i + 1);
        // whole numbers: to the last bit
        assert.equal(total.sum, sum(last));
        near(moments.mean, mean(last));
        near(moments.variance, variance(last), Math.max(...last) ** 2);
        assert.equal(highest.value, Math.max(...last));
        assert.equal(lowest.value, Math.min(...last));
        assert.equal(highest.age, last.length - 1 - last.lastIndexOf(Math.max(...last)));
        assert.equal(lowest.age, last.length - 1 - last.lastIndexOf(Math.min(...last)));
        assert.equal(line.ready, last.length === window);
        if (!line.ready) return;
        const wanted = naiveLine(last);
        near(line.slope, wanted.slope, 10_000_000, 'slope');
        near(line.end, wanted.end, 10_000_000, 'end');
        near(line.rSquared, wanted.rSquared, 1, 'R²');
        near(line.residualDeviation, wanted.residual, 10_000_000, 'residual');
      });
    }),
    { seed, numRuns: 300 },
  );
});

test('after reset nothing is left of what was', () => {
  fc.assert(
    fc.property(windows, prices, prices, (window, before, values) => {
      const read = (used: readonly number[]) => {
        const all = [
          new RollingSum(window),
          new RollingMoments(window),
          new RollingRegression(window),
          new RollingExtreme(window, 1),
          new RelativeStrength(window),
          new Momentum(window),
          new Bollinger(window, 2),
          new Surge(window, 1),
        ] as const;
        for (const each of all) {
          for (const value of used) each.push(value);
          each.reset();
          for (const value of values) each.push(value);
        }
        const [total, moments, line, extreme, rsi, momentum, bollinger, surge] = all;
        const { slope, rSquared, end } = line;
        return [
          all.map(({ ready }) => ready),
          [total.sum, total.mean, moments.mean, moments.variance, extreme.value, extreme.age],
          line.ready ? [slope, rSquared, end] : [],
          [rsi.value, momentum.value, bollinger.upper, surge.deviations, surge.ratio],
        ];
      };
      assert.deepEqual(read(before), read([]));
    }),
    { seed, numRuns: 200 },
  );
});

test('after two million steps of a price nothing has drifted', () => {
  const window = 100;
  const line = new RollingRegression(window);
  const moments = new RollingMoments(window);
  const total = new RollingSum(window);
  // not whole, and far from zero: what rounding errors like best
  let value = 6_500_000.1;
  const last: number[] = [];
  let state = 12345;
  const COUNT = 2_000_037;
  for (let i = 0; i < COUNT; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    value = Math.max(1000, value + (state / 0x7fff_ffff - 0.5) * 1000.7);
    line.push(value);
    moments.push(value);
    total.push(value);
    if (i >= COUNT - window) last.push(value);
  }
  const wanted = naiveLine(last);
  near(line.slope, wanted.slope, undefined, 'slope');
  near(line.rSquared, wanted.rSquared, undefined, 'R²');
  near(line.residualDeviation, wanted.residual, undefined, 'residual');
  near(moments.variance, variance(last), undefined, 'variance');
  near(total.mean, mean(last), undefined, 'mean');
  // and a value that dwarfs all others leaves no trace once it has gone
  for (const spike of [moments, line]) {
    spike.push(1e15);
    for (let i = 0; i < 2 * window; i++) spike.push(100 + (i % 7));
  }
  const tail = Array.from({ length: window }, (_, i) => 100 + ((window + i) % 7));
  near(moments.variance, variance(tail), undefined, 'variance after a spike');
  near(line.rSquared, naiveLine(tail).rSquared, undefined, 'R² after a spike');
});

test('a window without movement has no slope, no deviation and explains nothing', () => {
  const line = new RollingRegression(20);
  const moments = new RollingMoments(20);
  for (let i = 0; i < 100; i++) {
    line.push(12_345.67);
    moments.push(12_345.67);
  }
  assert.deepEqual([line.slope, line.rSquared, line.residualDeviation, moments.variance], [0, 0, 0, 0]);
  assert.equal(line.normalisedSlope(moments.deviation), 0);
});

test('the slope of a random walk, normalised, has deviation 1 at any window', () => {
  for (const window of [5, 20, 100]) {
    let state = 7;
    const uniform = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state + 0.5) / 4_294_967_296;
    };
    let squares = 0;
    const walks = 4000;
    for (let walk = 0; walk < walks; walk++) {
      const line = new RollingRegression(window);
      let value = 0;
      for (let i = 0; i < window; i++) {
        value += Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
        line.push(value);
      }
      squares += line.normalisedSlope(1) ** 2;
    }
    // the variance of a sample variance of normals is 2/n: four of its deviations
    assert.ok(Math.abs(squares / walks - 1) < 4 * Math.sqrt(2 / walks), `${window}: ${squares / walks}`);
  }
});

test('a delay gives what came so many values before', () => {
  const delay = new Delay(3);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((value) => delay.push(value)),
    [Number.NaN, Number.NaN, Number.NaN, 1, 2],
  );
});

test('a surge is measured against what came before it, in deviations of the logarithm', () => {
  const surge = new Surge(4, 1);
  for (const value of [10, 1000, 10, 1000]) surge.push(value);
  surge.push(10_000);
  near(surge.deviations, 2);
  near(surge.ratio, 100);
  // nothing counts as the floor; no variation gives no surge
  const still = new Surge(4, 1);
  for (const value of [0, 0, 0, 0, 0, 50]) still.push(value);
  assert.equal(still.deviations, 0);
});

test('divergence: a lower low of the price with a higher low of the oscillator, and the mirror image', () => {
  //                 low: 90 at 3, bounce, 88 at 9; the oscillator says 20, then 35
  const low = [100, 96, 93, 90, 94, 97, 98, 95, 91, 88, 92, 95, 97, 99];
  const oscillator = [50, 40, 30, 20, 35, 45, 50, 45, 40, 35, 45, 50, 55, 60];
  const bullish = new Divergence(50, 3);
  const bearish = new Divergence(50, 3);
  const seen: number[] = [];
  low.forEach((price, i) => {
    bullish.push(price, price + 3, oscillator[i]!);
    bearish.push(1000 - price - 3, 1000 - price, 100 - oscillator[i]!);
    assert.equal(bearish.bearish, bullish.bullish);
    assert.equal(bearish.bullish, bullish.bearish);
    seen.push(bullish.bullish);
  });
  // known three candles after the second low, not before
  assert.deepEqual(seen.slice(10, 13), [0, 0, 15]);
  // had the oscillator gone lower too, they would agree
  const agreed = new Divergence(50, 3);
  low.forEach((price, i) => {
    agreed.push(price, price + 3, i === 9 ? 10 : oscillator[i]!);
  });
  assert.equal(agreed.bullish, 0);
  // and two lows too far apart are not compared
  const apart = new Divergence(5, 3);
  low.forEach((price, i) => {
    apart.push(price, price + 3, oscillator[i]!);
  });
  assert.equal(apart.bullish, 0);
});
