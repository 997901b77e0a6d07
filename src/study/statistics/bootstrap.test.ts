import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
import { bootstrapInterval, type Interval, meanOf, pairedInterval } from './bootstrap.ts';

const options = { resamples: 400, block: 1, level: 0.95, seed: 20261122 };
const REPEATS = 500;

const draws = (count: number, of: () => number): number[] => Array.from({ length: count }, of);
const holds = ({ low, high }: Interval, truth: number): boolean => low <= truth && truth <= high;

/** The share of intervals that hold the truth, over many samples from a known distribution. */
function coverage(intervalOf: (random: Random, seed: number) => Interval, truth: number): number {
  let held = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++)
    if (holds(intervalOf(new Random(repeat, 1), repeat), truth)) held++;
  return held / REPEATS;
}

const between = (share: number, low: number, high: number): void =>
  assert.ok(share >= low && share <= high, `${share} of the intervals hold the truth`);

function autoregressive(random: Random, count: number, memory: number): number[] {
  let value = random.normal() / Math.sqrt(1 - memory * memory);
  return draws(count, () => {
    value = memory * value + random.normal();
    return value;
  });
}

test('95 % intervals of a normal mean hold it about 95 times in a hundred', (t) => {
  const share = coverage((random, seed) => {
    const values = draws(80, () => 3 + 2 * random.normal());
    return bootstrapInterval(values, meanOf, { ...options, seed });
  }, 3);
  t.diagnostic(`${share}`);
  // about ± 3 standard errors of five hundred repeats about 0.945
  between(share, 0.92, 0.97);
});

test('and those of the mean of a skewed distribution a little less often', (t) => {
  const share = coverage((random, seed) => {
    const values = draws(150, () => random.exponential(1));
    return bootstrapInterval(values, meanOf, { ...options, seed });
  }, 1);
  t.diagnostic(`${share}`);
  between(share, 0.91, 0.96);
});

test('80 % intervals hold it 80 times in a hundred', (t) => {
  const share = coverage((random, seed) => {
    const values = draws(100, () => random.normal());
    return bootstrapInterval(values, meanOf, { ...options, level: 0.8, seed });
  }, 0);
  t.diagnostic(`${share}`);
  between(share, 0.76, 0.84);
});

test('values with a memory need blocks: single values make intervals that are far too narrow', (t) => {
  const share = (block: number): number =>
    coverage((random, seed) => {
      const values = autoregressive(random, 400, 0.6);
      return bootstrapInterval(values, meanOf, { ...options, resamples: 200, block, seed });
    }, 0);
  const single = share(1);
  const blocks = share(20);
  t.diagnostic(`block 1: ${single}, block 20: ${blocks}`);
  between(single, 0.6, 0.75);
  between(blocks, 0.88, 0.95);
});

test('pairs: the difference is held, and what the two share cancels', (t) => {
  let narrower = 0;
  const share = coverage((random, seed) => {
    const shared = draws(100, () => 10 * random.normal());
    const one = shared.map((value) => value + 0.3 + random.normal());
    const other = shared.map((value) => value + random.normal());
    const interval = pairedInterval(one, other, meanOf, { ...options, seed });
    // unpaired, two means of deviation 10 differ by ± 2.8
    if (interval.high - interval.low < 1) narrower++;
    return interval;
  }, 0.3);
  t.diagnostic(`${share}`);
  between(share, 0.92, 0.97);
  assert.equal(narrower, REPEATS);
});

test('a paired difference of means is the mean of the differences', () => {
  const random = new Random(5);
  const one = draws(50, () => random.normal());
  const other = draws(50, () => random.normal());
  const paired = pairedInterval(one, other, meanOf, { ...options, block: 4 });
  const differences = bootstrapInterval(
    one.map((value, at) => value - other[at]!),
    meanOf,
    { ...options, block: 4 },
  );
  for (const key of ['estimate', 'low', 'high'] as const)
    assert.ok(Math.abs(paired[key] - differences[key]) < 1e-12);
});

test('pairs choose their block by their differences: what they share is no memory of theirs', () => {
  const random = new Random(9);
  let level = 0;
  const one: number[] = [];
  const other: number[] = [];
  for (let i = 0; i < 500; i++) {
    level = 0.95 * level + random.normal();
    one.push(level + random.normal());
    other.push(level + random.normal());
  }
  const automatic = { ...options, block: 'auto' } as const;
  assert.ok(bootstrapInterval(one, meanOf, automatic).block > 20);
  assert.ok(pairedInterval(one, other, meanOf, automatic).block < 4);
});

test('any statistic: the deviation of a deviation', () => {
  const random = new Random(6);
  const values = draws(2000, () => 2 * random.normal());
  const deviation = (sample: Float64Array): number => {
    const centre = meanOf(sample);
    return Math.sqrt(meanOf(sample.map((value) => (value - centre) ** 2)));
  };
  const { low, high } = bootstrapInterval(values, deviation, options);
  assert.ok(low < 2 && 2 < high);
  // the standard error of a normal deviation is σ / √(2n)
  const expected = (2 * 1.96 * 2) / Math.sqrt(4000);
  assert.ok(Math.abs((high - low) / expected - 1) < 0.2, `${high - low} instead of ${expected}`);
});

test('blocks have the mean length that was asked for', () => {
  // consecutive numbers: a block ends where the next is not one more, around the end
  const count = 1000;
  const values = draws(count, () => 0).map((_, at) => at);
  for (const block of [1, 3, 25]) {
    let breaks = 0;
    let steps = 0;
    bootstrapInterval(
      values,
      (sample) => {
        for (let i = 1; i < count; i++) {
          steps++;
          if (sample[i] !== (sample[i - 1]! + 1) % count) breaks++;
        }
        return 0;
      },
      { ...options, resamples: 200, block },
    );
    // the original itself has none: the first look
    const mean = (steps - (count - 1)) / breaks;
    assert.ok(Math.abs(mean / block - 1) < 0.05, `${mean} instead of ${block}`);
  }
});

test('the same seed gives the same interval, another another', () => {
  const values = [1, 5, 2, 8, 3, 9, 4];
  const one = bootstrapInterval(values, meanOf, options);
  assert.deepEqual(bootstrapInterval(values, meanOf, options), one);
  assert.notDeepEqual(bootstrapInterval(values, meanOf, { ...options, seed: 1 }), one);
});

test('too little to say anything: no bounds; samples without a value are left out and counted', () => {
  const none = bootstrapInterval([], meanOf, options);
  assert.deepEqual([none.estimate, none.low, none.high, none.resamples], [NaN, NaN, NaN, 0]);
  const one = bootstrapInterval([4], meanOf, options);
  assert.deepEqual([one.estimate, one.low, one.high], [4, NaN, NaN]);
  const ratio = (sample: Float64Array): number => {
    const losses = sample.filter((value) => value < 0);
    return losses.length === 0 ? NaN : meanOf(losses);
  };
  const some = bootstrapInterval([1, 2, 3, -1], ratio, options);
  assert.ok(some.resamples > 200 && some.resamples < 350, `${some.resamples}`);
  assert.deepEqual([some.low, some.high], [-1, -1]);
});

test('settings that mean nothing are refused', () => {
  for (const wrong of [{ block: 0.5 }, { level: 1 }, { level: 0 }, { resamples: 0 }, { resamples: 1.5 }])
    assert.throws(() => bootstrapInterval([1, 2], meanOf, { ...options, ...wrong }), RangeError);
  assert.throws(() => pairedInterval([1, 2], [1], meanOf, options), /pairs wanted: 2 values against 1/);
});
