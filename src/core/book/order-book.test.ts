import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ms } from '../units.ts';
import { ASK, BID, BookFrame, type BookSide } from './frame.ts';
import { NO_PRICE } from './ladder.ts';
import { OrderBook } from './order-book.ts';

/** What an order book means, with nothing fast in it. */
class NaiveBook {
  private readonly sides = [new Map<number, [number, number]>(), new Map<number, [number, number]>()];

  apply(frame: BookFrame): void {
    if (frame.snapshot) for (const side of this.sides) side.clear();
    for (let i = 0; i < frame.count; i++) {
      const side = this.sides[frame.side[i]!]!;
      if (frame.size[i] === 0) side.delete(frame.price[i]!);
      else side.set(frame.price[i]!, [frame.size[i]!, frame.orders[i]!]);
    }
  }

  levels(side: BookSide): [number, number, number][] {
    return [...this.sides[side]!]
      .map(([price, [size, orders]]): [number, number, number] => [price, size, orders])
      .sort((a, b) => (side === BID ? b[0] - a[0] : a[0] - b[0]));
  }
}

const levelsOf = (book: OrderBook, side: BookSide): [number, number, number][] => {
  const ladder = book.ladder(side);
  const rows: [number, number, number][] = [];
  for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price))
    rows.push([price, ladder.sizeAt(price), ladder.ordersAt(price)]);
  return rows;
};

const frameOf = (
  snapshot: boolean,
  levels: readonly (readonly [BookSide, number, number, number])[],
): BookFrame => {
  const frame = new BookFrame(4);
  frame.snapshot = snapshot;
  frame.exchangeAt = ms(1);
  for (const [side, price, size, orders] of levels) frame.push(side, price, size, orders);
  return frame;
};

const side = fc.constantFrom<BookSide>(BID, ASK);
/** Mostly a dense cluster, sometimes far away: the window has to move and to grow. */
const price = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 600_000, max: 600_200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 570_000, max: 632_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 700_000 }) },
);
const level = fc.tuple(
  side,
  price,
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 40 })),
  fc.integer({ min: 0, max: 9 }),
);
const frame = fc.record({
  snapshot: fc.boolean().map((value) => value),
  levels: fc.array(level, { maxLength: 60 }),
});

test('equals the naive book, level by level, under random frames', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 40 }), fc.integer({ min: 0, max: 7 }), (frames, rarity) => {
      const book = new OrderBook();
      const naive = new NaiveBook();
      frames.forEach(({ snapshot, levels }, at) => {
        const message = frameOf(snapshot && (at * 7919) % 8 >= rarity, levels);
        book.apply(message);
        naive.apply(message);
        for (const which of [BID, ASK] as const) {
          const expected = naive.levels(which);
          assert.deepEqual(levelsOf(book, which), expected);
          assert.equal(book.ladder(which).count, expected.length);
          assert.equal(book.ladder(which).best, expected[0]?.[0] ?? NO_PRICE);
        }
      });
    }),
    { numRuns: 300, seed: 20261122 },
  );
});

test('the list of changes turns the book before into the book after', () => {
  fc.assert(
    fc.property(fc.array(fc.array(level, { maxLength: 40 }), { minLength: 1, maxLength: 20 }), (updates) => {
      const book = new OrderBook();
      const mirror = [new Map<number, number>(), new Map<number, number>()];
      for (const levels of updates) {
        book.apply(frameOf(false, levels));
        const { changes } = book;
        for (let i = 0; i < changes.count; i++) {
          const at = mirror[changes.side[i]!]!;
          const key = changes.price[i]!;
          assert.equal(changes.oldSize[i], at.get(key) ?? 0);
          if (changes.newSize[i] === 0) at.delete(key);
          else at.set(key, changes.newSize[i]!);
        }
        for (const which of [BID, ASK] as const)
          assert.deepEqual(
            levelsOf(book, which).map(([at, size]) => [at, size]),
            [...mirror[which]!].sort((a, b) => (which === BID ? b[0] - a[0] : a[0] - b[0])),
          );
      }
    }),
    { numRuns: 300, seed: 20261122 },
  );
});

test('deleting a level that is not there changes nothing and is counted', () => {
  const book = new OrderBook();
  book.apply(
    frameOf(true, [
      [BID, 100, 5, 1],
      [ASK, 102, 5, 1],
    ]),
  );
  book.apply(
    frameOf(false, [
      [BID, 99, 0, 0],
      [ASK, 1_000_000, 0, 0],
    ]),
  );
  assert.equal(book.absentDeletes, 2);
  assert.equal(book.changes.count, 0);
  assert.equal(book.mid, 101);
  assert.equal(book.spread, 2);
});

test('an offer at ten thousand times the price costs nothing and is not lost', () => {
  // as on OKCoin's USDT-USD, 2023-05-27: touch 1.0007, one ask at 9788
  const book = new OrderBook();
  book.apply(
    frameOf(true, [
      [ASK, 10_007, 5, 1],
      [ASK, 97_880_000, 3, 2],
    ]),
  );
  assert.deepEqual(levelsOf(book, ASK), [
    [10_007, 5, 1],
    [97_880_000, 3, 2],
  ]);
  book.apply(frameOf(false, [[ASK, 10_007, 0, 0]]));
  assert.deepEqual(levelsOf(book, ASK), [[97_880_000, 3, 2]]);
  book.apply(frameOf(false, [[ASK, 10_008, 1, 1]]));
  assert.equal(book.bestAsk, 10_008);
});

test('a price that is not a positive number of ticks is refused', () => {
  assert.throws(
    () => new OrderBook().apply(frameOf(true, [[BID, 0, 5, 1]])),
    /price 0 is not a positive number of ticks/,
  );
});

test('a search among the changes leaves out no price that it was asked for', () => {
  const listed = fc.constantFrom('as they come', 'rising', 'falling', 'parted');
  const bounds = fc.tuple(price, fc.integer({ min: -2, max: 400 }));
  const levels = fc.array(level, { maxLength: 80 });
  fc.assert(
    fc.property(levels, fc.array(fc.tuple(levels, listed), { maxLength: 6 }), bounds, (at, frames, range) => {
      const book = new OrderBook();
      book.apply(frameOf(true, at));
      for (const [given, order] of frames) {
        const rows = [...given];
        if (order !== 'as they come')
          rows.sort((a, b) => a[0] - b[0] || (order === 'falling' ? b[1] - a[1] : a[1] - b[1]));
        if (order === 'parted') rows.push([BID, 600_000, 7, 1], [ASK, 600_001, 7, 1], [BID, 600_002, 7, 1]);
        book.apply(frameOf(false, rows));
        const { changes } = book;
        const [low, high] = [range[0], range[0] + range[1]];
        for (const which of [BID, ASK] as const) {
          const wanted: number[] = [];
          for (let i = 0; i < changes.count; i++)
            if (changes.side[i] === which && changes.price[i]! >= low && changes.price[i]! <= high)
              wanted.push(i);
          changes.seek(which, low, high);
          const { from, to } = changes;
          assert.ok(from >= 0 && from <= to && to <= changes.count);
          for (const i of wanted) assert.ok(i >= from && i < to, `change ${i} is not in ${from} to ${to}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('in a frame that lists by price a search finds just the prices asked for', () => {
  const prices = fc.uniqueArray(price, { minLength: 20, maxLength: 80 });
  const bounds = fc.tuple(price, fc.integer({ min: -2, max: 400 }));
  fc.assert(
    fc.property(side, prices, fc.boolean(), bounds, (which, given, falling, [low, width]) => {
      const book = new OrderBook();
      const sorted = given.sort((a, b) => (falling ? b - a : a - b));
      book.apply(
        frameOf(
          true,
          sorted.map((each) => [which, each, 5, 1]),
        ),
      );
      book.changes.seek(which, low, low + width);
      const { from, to } = book.changes;
      assert.deepEqual(
        [...book.changes.price.subarray(from, to)],
        sorted.filter((each) => each >= low && each <= low + width),
      );
    }),
    { numRuns: 300 },
  );
});

test('the best levels, and sums by bands, are those of the naive book', () => {
  const most = fc.integer({ min: 1, max: 90 });
  const width = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 60_000 }));
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 12 }),
      fc.array(most, { minLength: 1, maxLength: 3 }),
      fc.tuple(width, fc.integer({ min: 1, max: 50 })),
      (frames, asked, [wide, room]) => {
        const book = new OrderBook();
        const naive = new NaiveBook();
        frames.forEach(({ snapshot, levels }) => {
          book.apply(frameOf(snapshot, levels));
          naive.apply(frameOf(snapshot, levels));
          for (const which of [BID, ASK] as const) {
            const ladder = book.ladder(which);
            const expected = naive.levels(which);
            for (const levelsAsked of asked) {
              const count = ladder.top(levelsAsked);
              assert.equal(count, Math.min(levelsAsked, expected.length));
              for (let i = 0; i < count; i++)
                assert.deepEqual([ladder.topPrices[i], ladder.topSizes[i]], expected[i]!.slice(0, 2));
            }
            const lots = new Float64Array(room);
            const ends = new Float64Array(room);
            const bands = ladder.sumBands(wide, lots, ends);
            const sums = new Map<number, [number, number]>();
            for (const [at, size] of expected) {
              const band = Math.floor(Math.abs(at - expected[0]![0]) / wide);
              if (band < room) sums.set(band, [(sums.get(band)?.[0] ?? 0) + size, at]);
            }
            assert.equal(bands, sums.size === 0 ? 0 : Math.max(...sums.keys()) + 1);
            for (let band = 0; band < room; band++)
              assert.deepEqual([lots[band], ends[band]], sums.get(band) ?? [0, NO_PRICE]);
          }
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('a deleted level has no orders, whatever the message said', () => {
  const book = new OrderBook();
  book.apply(
    frameOf(true, [
      [BID, 100, 5, 1],
      [BID, 99, 5, 3],
      [ASK, 102, 5, 1],
    ]),
  );
  book.apply(
    frameOf(false, [
      [BID, 99, 0, 7],
      [BID, 98, 0, 7],
    ]),
  );
  assert.equal(book.bids.ordersAt(99), 0);
  assert.equal(book.bids.ordersAt(98), 0);
  assert.equal(book.absentDeletes, 1);
});

test('a crossed book is not two-sided', () => {
  const book = new OrderBook();
  book.apply(
    frameOf(true, [
      [BID, 100, 5, 1],
      [ASK, 100, 5, 1],
    ]),
  );
  assert.equal(book.crossed, true);
  assert.equal(book.twoSided, false);
});

test('depth sums the best levels of a side', () => {
  const book = new OrderBook();
  book.apply(
    frameOf(true, [
      [BID, 100, 5, 1],
      [BID, 98, 7, 2],
      [BID, 90, 1, 1],
      [ASK, 101, 2, 1],
    ]),
  );
  assert.equal(book.depth(BID, 2), 12);
  assert.equal(book.depth(BID, 10), 13);
  assert.equal(book.depth(ASK, 3), 2);
});
