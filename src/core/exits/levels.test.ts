import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { bookLevels, clusters, type LevelRule } from './levels.ts';

const seed = 20261122;
/** At a price of 100,000 a band is ten ticks. */
const rule: LevelRule = { levelBandBp: 1, levelBands: 20, levelMultiple: 3 };

const bookOf = (bids: readonly Level[], asks: readonly Level[] = []): OrderBook => {
  const book = new OrderBook();
  book.apply(frameOf(true, bids, asks));
  return book;
};
/** A level of 10 lots every other tick. */
const even = (from: number, sign: 1 | -1, ticks = 150): Level[] =>
  Array.from({ length: ticks / 2 }, (_, at) => [from + sign * 2 * at, 10] as const);
const withSizes = (levels: readonly Level[], sizes: Readonly<Record<number, number>>): Level[] =>
  levels.map(([price, size]) => [price, sizes[price] ?? size] as const);

test('supports are the ends of heavy bands of bids, resistances those of offers, nearest first', () => {
  const book = bookOf(
    withSizes(even(100_000, -1), { 99966: 120, 99934: 500 }),
    withSizes(even(100_002, 1), { 100024: 100, 100076: 109, 100100: 110 }),
  );
  // a usual band holds 50; 40 and 110 make three times that, 40 and 109 do not
  assert.deepEqual(bookLevels(book, rule), { supports: [99_962, 99_932], resistances: [100_100] });
});

test('size that is spread over a band counts like size on one level', () => {
  const spread = even(100_000, -1).map(
    ([price, size]): Level => [price, price > 99_950 && price <= 99_960 ? 3 * size : size],
  );
  assert.deepEqual(clusters(bookOf(spread).bids, rule), [99_952]);
});

test('heavy bands beside each other are one cluster: its price is the far end', () => {
  const book = bookOf(withSizes(even(100_000, -1), { 99970: 200, 99964: 200, 99956: 200, 99930: 200 }));
  assert.deepEqual(clusters(book.bids, rule), [99_952, 99_922]);
});

test('dust does not make the usual level look heavy', () => {
  // nine in ten levels hold next to nothing, as in real books
  const dusty = Array.from({ length: 200 }, (_, at): Level => [100_000 - at, at % 10 === 5 ? 50 : 1]);
  assert.deepEqual(clusters(bookOf(dusty).bids, rule), []);
});

test('an even book, a short one, one of gaps and an empty one have no clusters', () => {
  assert.deepEqual(clusters(bookOf(even(100_000, -1)).bids, rule), []);
  assert.deepEqual(clusters(bookOf(withSizes(even(100_000, -1, 40), { 99984: 900 })).bids, rule), []);
  const gaps = bookOf(Array.from({ length: 10 }, (_, at) => [100_000 - at * 35, 10] as const));
  assert.deepEqual(clusters(gaps.bids, rule), []);
  assert.deepEqual(bookLevels(new OrderBook(), rule), { supports: [], resistances: [] });
});

test('what lies beyond the bands counts neither as a cluster nor for what is usual', () => {
  const book = bookOf(withSizes(even(100_000, -1), { 99926: 500 }));
  assert.deepEqual(clusters(book.bids, { ...rule, levelBands: 8 }), [99_922]);
  assert.deepEqual(clusters(book.bids, { ...rule, levelBands: 7 }), []);
});

/** The rule with filters over plain lists. */
function naive(levels: readonly Level[], { levelBandBp, levelBands, levelMultiple }: LevelRule): number[] {
  if (levels.length === 0) return [];
  const touch = levels.reduce((best, [price]) =>
    Math.abs(price - 1_000_000) < Math.abs(best[0] - 1_000_000) ? [price, 0] : best,
  )[0];
  const width = Math.max(1, Math.round((touch * levelBandBp) / 10_000));
  const inside = levels
    .map(([price, size]) => ({ price, size, band: Math.floor(Math.abs(price - touch) / width) }))
    .filter(({ band }) => band <= levelBands);
  const last = Math.max(...inside.map(({ band }) => band));
  const bands = Array.from({ length: last }, (_, at) => inside.filter(({ band }) => band === at));
  const sizes = bands.map((list) => list.reduce((sum, { size }) => sum + size, 0));
  if (sizes.length < 5) return [];
  const order = sizes.toSorted((one, other) => one - other);
  const usual = (order[Math.ceil(last / 2) - 1]! + order[Math.floor(last / 2)]!) / 2;
  if (usual === 0) return [];
  const heavy = (at: number): boolean => at < last && sizes[at]! >= levelMultiple * usual;
  return bands.flatMap((list, at) =>
    heavy(at) && !heavy(at + 1)
      ? list
          .map(({ price }) => price)
          .sort((one, other) => Math.abs(other - touch) - Math.abs(one - touch))
          .slice(0, 1)
      : [],
  );
}

test('the same clusters as a naive search finds, in any book', () => {
  let found = 0;
  const side = fc.uniqueArray(
    fc.tuple(
      // some far behind the dense window of the ladder
      fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 300 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 900_000 }) },
      ),
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 })),
    ),
    { selector: ([distance]) => distance, maxLength: 150, size: 'max' },
  );
  const anyRule = fc.record({
    levelBandBp: fc.double({ min: 0.01, max: 0.15, noNaN: true }),
    levelBands: fc.integer({ min: 1, max: 60 }),
    levelMultiple: fc.double({ min: 1, max: 5, noNaN: true }),
  });
  fc.assert(
    fc.property(side, side, anyRule, (below, above, settings) => {
      const bids = below.map(([distance, size]): Level => [1_000_000 - distance, size]);
      const asks = above.map(([distance, size]): Level => [1_000_000 + distance, size]);
      const { supports, resistances } = bookLevels(bookOf(bids, asks), settings);
      assert.deepEqual(supports, naive(bids, settings));
      assert.deepEqual(resistances, naive(asks, settings));
      found += supports.length;
    }),
    { seed, numRuns: 1500 },
  );
  assert.ok(found > 500, `only ${found} clusters were found`);
});
