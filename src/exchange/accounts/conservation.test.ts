import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyTally, playRandomly } from '../testing/random-accounts.ts';

// bench/conservation.ts plays a thousand of them
test('money is neither made nor lost: accounts, house, fees and insurance fund are what was put in', () => {
  const tally = emptyTally();
  for (let seed = 1; seed <= 80; seed++) playRandomly(seed, tally);
  for (const [what, count] of Object.entries(tally)) assert.ok(count > 0, `no ${what} in any run`);
});
