/** Our account, fed by the exchange's pushes and bills through our own codec, held against the exchange's own rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyComparison, playParity } from './testing/position-parity.ts';

// bench/position-parity.ts plays ten thousand of them
test('every figure of every position is the exchange’s own, over random runs', () => {
  const compared = emptyComparison();
  for (let seed = 1; seed <= 200; seed++) playParity(seed, compared);
  const { averageOff, liquidationOff, ...counts } = compared;
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, `no ${what} in any run`);
  assert.ok(averageOff < 1e-12 && liquidationOff < 1e-9);
});
