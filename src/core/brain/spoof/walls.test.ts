import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BookSide } from '../../book/frame.ts';
import { CAPACITY, Walls } from './walls.ts';

const seed = 20261122;

test('whatever comes and goes, every wall is found at its price and no other: a map of slots says the same', () => {
  const step = fc.record({
    side: fc.constantFrom<BookSide>(0, 1),
    // few prices, and far ones that meet in the table
    price: fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }).map((n) => n * 2048),
    ),
    closes: fc.boolean(),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const walls = new Walls();
      const naive = new Map<string, number>();
      for (const { side, price, closes, ends } of steps) {
        const key = `${side} ${price}`;
        const known = naive.get(key);
        if (known !== undefined) {
          walls.close(known);
          naive.delete(key);
        }
        if (!closes) {
          const slot = walls.open(side, price);
          naive.set(key, slot);
          if (ends) walls.end(slot);
        }
        assert.equal(walls.count, naive.size);
        const listed = [
          ...walls.standing.subarray(0, walls.standingCount),
          ...walls.gone.subarray(0, walls.goneCount),
        ];
        assert.deepEqual(listed.sort(), [...naive.values()].sort());
        for (const [name, slot] of naive) {
          const [at, where] = name.split(' ').map(Number);
          assert.equal(walls.find(at as BookSide, where!), slot);
        }
        if (closes) assert.equal(walls.find(side, price), -1);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('where a second wall came to a price, it is found there, and the first can still be given back', () => {
  const walls = new Walls();
  const first = walls.open(0, 100);
  const second = walls.open(0, 100);
  assert.equal(walls.find(0, 100), second);
  walls.close(first);
  assert.equal(walls.find(0, 100), second);
  walls.close(second);
  assert.equal(walls.find(0, 100), -1);
  assert.equal(walls.count, 0);
});

test('full is full', () => {
  const walls = new Walls();
  for (let i = 0; i < CAPACITY; i++) assert.ok(walls.open(1, 1000 + i) >= 0);
  assert.equal(walls.open(1, 1), -1);
  walls.close(walls.find(1, 1100));
  assert.ok(walls.open(1, 1) >= 0);
  assert.equal(walls.count, CAPACITY);
});
