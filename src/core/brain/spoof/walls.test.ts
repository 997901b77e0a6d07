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

test('a size that is gone may return, one that never was or is given back may not, to half a hundredth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 60 }),
      fc.nat(),
      (sizes, drop) => {
        const walls = new Walls();
        const gone = sizes.map((size, i) => {
          const slot = walls.open(0, 1 + i);
          walls.size[slot] = size;
          walls.end(slot);
          return slot;
        });
        for (const size of sizes)
          for (const off of [0.9951, 1, 1.0049]) assert.ok(walls.mayReturn(Math.max(1, size * off)));
        if (gone.length === 0) return;
        const given = drop % gone.length;
        walls.close(gone[given]!);
        const size = sizes[given]!;
        const near = sizes.filter((each, i) => i !== given && Math.abs(each / size - 1) < 0.05);
        if (near.length === 0 && sizes.length < 20) {
          const steps = new Walls();
          sizes.forEach((each, i) => {
            if (i === given) return;
            const slot = steps.open(0, 1 + i);
            steps.size[slot] = each;
            steps.end(slot);
          });
          assert.equal(walls.mayReturn(size), steps.mayReturn(size));
        }
      },
    ),
    { seed, numRuns: 200 },
  );
});
