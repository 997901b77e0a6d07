import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VolumeBuckets } from './volume-buckets.ts';

const seed = 20261122;

test('lot by lot it is the same: each lot into the bucket that is open, the mean over the last whole ones', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 4, max: 8 }),
      (trades, capacity, count) => {
        const buckets = new VolumeBuckets(count);
        const lots = trades.flatMap(([bought, size]) => new Array<number>(size).fill(bought ? 1 : -1));
        for (const [bought, size] of trades) buckets.add(bought, size, capacity);
        // a single trade larger than the whole window is cut: leave such cases out
        if (trades.some(([, size]) => size > capacity * (count + 1))) return;
        const whole: number[] = [];
        for (let at = 0; at + capacity <= lots.length; at += capacity)
          whole.push(Math.abs(lots.slice(at, at + capacity).reduce((sum, lot) => sum + lot, 0)) / capacity);
        const last = whole.slice(-count);
        const wanted = last.length === 0 ? 0 : last.reduce((sum, value) => sum + value, 0) / last.length;
        assert.ok(Math.abs(buckets.value - wanted) < 1e-9, `${buckets.value} is not ${wanted}`);
        assert.equal(buckets.filled, last.length);
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('one-sided flow is 1, a trade larger than the window fills it at once, no capacity takes nothing', () => {
  const buckets = new VolumeBuckets(50);
  buckets.add(true, 10, 0);
  assert.equal(buckets.filled, 0);
  buckets.add(true, 1e12, 3);
  assert.deepEqual([buckets.value, buckets.filled], [1, 50]);
});
