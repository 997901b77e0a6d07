import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generator } from '../../testing/books.ts';
import { firstPassage, logitOf, probabilityOf } from './first-passage.ts';

const seed = 20261122;
const positive = fc.double({ min: 0.01, max: 1000, noNaN: true });

test('without a time limit it is the share of the distance to the stop', () => {
  fc.assert(
    fc.property(positive, positive, (up, down) => {
      const chance = firstPassage(up, down, Number.POSITIVE_INFINITY);
      assert.ok(Math.abs(chance - down / (up + down)) < 1e-12);
      // long enough is as good as for ever
      assert.ok(Math.abs(firstPassage(up, down, 20 * (up + down)) - chance) < 1e-9);
    }),
    { seed },
  );
});

test('more time is never less chance, and target, stop and neither of them are all there is', () => {
  fc.assert(
    fc.property(positive, positive, fc.double({ min: 0.02, max: 5, noNaN: true }), (up, down, share) => {
      const deviation = share * (up + down);
      const target = firstPassage(up, down, deviation);
      assert.ok(target <= firstPassage(up, down, deviation * 1.3) + 1e-9);
      assert.ok(target + firstPassage(down, up, deviation) <= 1 + 1e-9);
    }),
    { seed },
  );
});

test('a barrier so far that the other does not matter: twice the tail of the normal distribution', () => {
  // reflection principle: P(max ≥ a by T) = 2 P(N ≥ a/σ); at a = σ that is 2 × 0.158655
  assert.ok(Math.abs(firstPassage(1, 50, 1) - 0.317_310_5) < 1e-5);
});

test('random walks agree', () => {
  const random = generator(seed);
  const [up, down, steps, paths] = [14, 9, 150, 20_000];
  let reached = 0;
  for (let path = 0; path < paths; path++) {
    let at = 0;
    for (let step = 0; step < steps && at < up && at > -down; step++) at += random() < 0.5 ? 1 : -1;
    if (at === up) reached++;
  }
  const share = reached / paths;
  const chance = firstPassage(up, down, Math.sqrt(steps));
  assert.ok(
    Math.abs(share - chance) < 4 * Math.sqrt((share * (1 - share)) / paths),
    `${share} and ${chance}`,
  );
});

test('a barrier that is already met', () => {
  assert.equal(firstPassage(5, 0, 1), 0);
  assert.equal(firstPassage(5, -1, 1), 0);
  assert.equal(firstPassage(0, 5, 1), 1);
  assert.equal(firstPassage(5, 5, 0), 0);
});

test('logit and probability undo each other', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (probability) => {
      assert.ok(Math.abs(probabilityOf(logitOf(probability)) - probability) < 1e-12);
    }),
    { seed },
  );
});
