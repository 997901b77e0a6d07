import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
import { blockLength } from './block-length.ts';
import { bootstrapInterval, meanOf } from './bootstrap.ts';

function autoregressive(random: Random, count: number, memory: number): number[] {
  let value = random.normal() / Math.sqrt(1 - memory * memory);
  return Array.from({ length: count }, () => {
    value = memory * value + random.normal();
    return value;
  });
}
const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;
const lengths = (count: number, memory: number): number[] =>
  Array.from({ length: 200 }, (_, seed) => blockLength(autoregressive(new Random(seed, 2), count, memory)));

test('values without a memory are drawn one by one, or nearly so', () => {
  const found = lengths(500, 0);
  assert.ok(median(found) < 2, `${median(found)}`);
});

test('for an autoregression about the best length there is, which is known', (t) => {
  for (const [count, memory] of [
    [400, 0.6],
    [3000, 0.3],
    [3000, 0.8],
  ] as const) {
    // (2φ / (1 − φ²))^⅔ n^⅓
    const best = ((2 * memory) / (1 - memory ** 2)) ** (2 / 3) * count ** (1 / 3);
    const found = median(lengths(count, memory));
    t.diagnostic(`n ${count}, φ ${memory}: ${found.toFixed(1)}, best ${best.toFixed(1)}`);
    assert.ok(Math.abs(found / best - 1) < 0.3, `${found} instead of ${best}`);
  }
});

test('with it the intervals of a mean hold the truth about as often as they say', (t) => {
  let held = 0;
  for (let seed = 0; seed < 150; seed++) {
    const values = autoregressive(new Random(seed, 3), 500, 0.6);
    const options = { resamples: 200, block: 'auto', level: 0.95, seed } as const;
    const { low, high, block } = bootstrapInterval(values, meanOf, options);
    assert.equal(block, blockLength(values));
    if (low <= 0 && 0 <= high) held++;
  }
  t.diagnostic(`${held / 150}`);
  assert.ok(held / 150 > 0.85, `${held / 150}`);
});

test('never longer than a third of the values; 1 where there is nothing to go by', () => {
  assert.equal(blockLength([]), 1);
  assert.equal(blockLength(new Array<number>(100).fill(7)), 1);
  const drifting = Array.from({ length: 30 }, (_, at) => at);
  assert.ok(blockLength(drifting) <= 10);
});
