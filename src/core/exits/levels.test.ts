import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { bookLevels, nearestCluster } from './levels.ts';

const seed = 20261122;
const rule = { levelMultiple: 5, levelCount: 50 };

const bookOf = (bids: readonly Level[], asks: readonly Level[]): OrderBook => {
  const book = new OrderBook();
  book.apply(frameOf(true, bids, asks));
  return book;
};
const even = (from: number, step: number, count = 20): Level[] =>
  Array.from({ length: count }, (_, at) => [from + at * step, 10] as const);
const withSizes = (levels: readonly Level[], sizes: Readonly<Record<number, number>>): Level[] =>
  levels.map(([price, size]) => [price, sizes[price] ?? size] as const);

test('support is the nearest heavy bid, resistance the nearest heavy offer', () => {
  const book = bookOf(
    withSizes(even(999, -1), { 995: 60, 990: 500 }),
    withSizes(even(1001, 1), { 1004: 49, 1009: 50 }),
  );
  assert.deepEqual(bookLevels(book, rule), { support: 995, resistance: 1009 });
});

test('a run of heavy levels counts as one: its far end is the level', () => {
  const book = bookOf(withSizes(even(999, -1), { 997: 70, 996: 90, 995: 60, 993: 80 }), []);
  assert.equal(nearestCluster(book.bids, rule), 995);
});

test('an even book, a thin one and an empty one have no level', () => {
  assert.equal(nearestCluster(bookOf(even(999, -1), []).bids, rule), null);
  assert.equal(nearestCluster(bookOf([[999, 1000], ...even(998, -1, 3)], []).bids, rule), null);
  assert.deepEqual(bookLevels(new OrderBook(), rule), { support: null, resistance: null });
});

test('beyond the levels looked at nothing counts, neither for the median nor as a level', () => {
  const book = bookOf(withSizes(even(999, -1), { 989: 100 }), []);
  assert.equal(nearestCluster(book.bids, { ...rule, levelCount: 11 }), 989);
  assert.equal(nearestCluster(book.bids, { ...rule, levelCount: 10 }), null);
});

/** The rule by sorting and filtering plain arrays. */
function naive(levels: readonly Level[], bids: boolean, multiple: number, count: number): number | null {
  const near = levels.toSorted(([one], [other]) => (bids ? other - one : one - other)).slice(0, count);
  if (near.length < 5) return null;
  const sizes = near.map(([, size]) => size).sort((one, other) => one - other);
  const half = sizes.length / 2;
  const median = (sizes[Math.ceil(half) - 1]! + sizes[Math.floor(half)]!) / 2;
  const heavy = near.map(([, size]) => size >= multiple * median);
  const first = heavy.indexOf(true);
  if (first < 0) return null;
  const after = heavy.indexOf(false, first);
  return near[(after < 0 ? near.length : after) - 1]![0];
}

test('the same level as a naive search finds, in any book', () => {
  let found = 0;
  const side = fc.uniqueArray(
    fc.tuple(
      // some far behind the dense window of the ladder
      fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 900_000 })),
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 })),
    ),
    { selector: ([distance]) => distance, maxLength: 80 },
  );
  fc.assert(
    fc.property(
      side,
      side,
      fc.double({ min: 1, max: 8, noNaN: true }),
      fc.integer({ min: 1, max: 90 }),
      (below, above, levelMultiple, levelCount) => {
        const bids = below.map(([distance, size]): Level => [1_000_000 - distance, size]);
        const asks = above.map(([distance, size]): Level => [1_000_000 + distance, size]);
        const levels = bookLevels(bookOf(bids, asks), { levelMultiple, levelCount });
        assert.equal(levels.support, naive(bids, true, levelMultiple, levelCount));
        assert.equal(levels.resistance, naive(asks, false, levelMultiple, levelCount));
        if (levels.support !== null) found++;
      },
    ),
    { seed, numRuns: 2000 },
  );
  assert.ok(found > 500, `only ${found} levels were found`);
});
