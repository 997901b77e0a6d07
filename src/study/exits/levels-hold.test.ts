import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BROKE, fate, HELD, NOT_REACHED, shareBroken } from './levels-hold.ts';

/** A touch that stands at each of these prices for ten seconds; a basis point is ten ticks. */
const touch = (...prices: readonly number[]): number[] =>
  prices.flatMap((price) => new Array<number>(100).fill(price));

test('a level that is not come to within two minutes was not reached', () => {
  assert.equal(fate(touch(100_000, 99_960, 100_000), 0, 99_950), NOT_REACHED);
  assert.equal(fate([...touch(...new Array<number>(13).fill(100_000)), 99_950], 0, 99_950), NOT_REACHED);
});

test('a level that price comes to and turns at has held, though price leans on it', () => {
  assert.equal(fate(touch(100_000, 99_950, 99_941, 100_000), 0, 99_950), HELD);
  assert.equal(fate(touch(100_000, 100_050, 100_059, 100_000), 0, 100_050), HELD);
});

test('a level that price goes a basis point beyond has broken, unless it takes more than a minute', () => {
  assert.equal(fate(touch(100_000, 99_950, 99_930), 0, 99_950), BROKE);
  assert.equal(fate(touch(100_000, 100_070), 0, 100_050), BROKE);
  const late = touch(100_000, ...new Array<number>(6).fill(99_950), 99_900);
  assert.equal(fate(late, 0, 99_950), HELD);
});

test('the share that broke is of those that were reached', () => {
  const sample = Float64Array.from([NOT_REACHED, HELD, BROKE, BROKE, NOT_REACHED, HELD, BROKE]);
  assert.equal(shareBroken(sample), 3 / 5);
  assert.ok(Number.isNaN(shareBroken(Float64Array.from([NOT_REACHED]))));
});
