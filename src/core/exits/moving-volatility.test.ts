import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../testing/books.ts';
import { MovingVolatility } from './moving-volatility.ts';

/** Closes whose every return has exactly this size, up or down by chance. */
function* closes(sizes: readonly number[], seed = 5): Generator<{ readonly close: number }> {
  const random = generator(seed);
  let close = 100_000;
  yield { close };
  for (const size of sizes) {
    close *= Math.exp(random() < 0.5 ? size : -size);
    yield { close };
  }
}
const steady = (size: number, count: number): number[] => new Array<number>(count).fill(size);

test('returns of one size give that size, from the first figure on', () => {
  const volatility = new MovingVolatility(20, 240);
  let bars = 0;
  for (const candle of closes(steady(0.001, 300))) {
    volatility.update(candle);
    if (bars < 20) assert.equal(volatility.now, null);
    else assert.ok(Math.abs(volatility.now! / 0.001 - 1) < 1e-9);
    if (bars < 240) assert.equal(volatility.level, null);
    else assert.ok(Math.abs(volatility.level! / 0.001 - 1) < 1e-9);
    bars++;
  }
});

test('after a jump in volatility half of the variance is new in one half-life', () => {
  const volatility = new MovingVolatility(20, 240);
  for (const candle of closes([...steady(0.001, 5000), ...steady(0.002, 20)])) volatility.update(candle);
  // half of 1 and half of 4
  assert.ok(Math.abs(volatility.now! / 0.001 - Math.sqrt(2.5)) < 1e-6);
  assert.ok(volatility.now! > volatility.level!);
});

test('the weighted sum of all squared returns, written out', () => {
  const random = generator(9);
  const sizes = Array.from({ length: 400 }, () => 0.003 * random());
  const volatility = new MovingVolatility(20, 240);
  for (const candle of closes(sizes)) volatility.update(candle);
  for (const [figure, halfLife] of [
    [volatility.now, 20],
    [volatility.level, 240],
  ] as const) {
    const weights = sizes.map((_, at) => 0.5 ** ((sizes.length - 1 - at) / halfLife));
    const total = weights.reduce((sum, weight) => sum + weight);
    const variance = sizes.reduce((sum, size, at) => sum + weights[at]! * size * size, 0) / total;
    assert.ok(Math.abs(figure! / Math.sqrt(variance) - 1) < 1e-9);
  }
});

test('a reset forgets everything', () => {
  const volatility = new MovingVolatility(2, 4);
  for (const candle of closes(steady(0.001, 10))) volatility.update(candle);
  volatility.reset();
  assert.deepEqual([volatility.now, volatility.level], [null, null]);
  for (const candle of closes(steady(0.004, 10))) volatility.update(candle);
  assert.ok(Math.abs(volatility.level! / 0.004 - 1) < 1e-9);
});
