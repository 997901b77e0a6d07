import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ASK, BID, type BookFrame, type BookSide } from '../../core/book/frame.ts';
import { BookEvent, EventKind, type MarketEvent, TradeEvent } from '../../core/events.ts';
import { frameOf, type Level } from '../../core/testing/books.ts';
import { tradeOf } from '../../core/testing/paths.ts';
import { us } from '../../core/units.ts';
import type { MarketSource } from './play.ts';
import { thinned, type Withdrawal } from './thinned.ts';

const seed = 20261122;
const FRAME_US = 100_000;

/** A book as a map, by the definition of a frame. */
class Reader {
  readonly sides: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];

  take(frame: BookFrame): void {
    if (frame.snapshot) for (const side of this.sides) side.clear();
    for (let i = 0; i < frame.count; i++) {
      const side = this.sides[frame.side[i] as BookSide];
      if (frame.size[i] === 0) side.delete(frame.price[i]!);
      else side.set(frame.price[i]!, frame.size[i]!);
    }
  }

  listed(side: BookSide): Level[] {
    return [...this.sides[side]].sort(([a], [b]) => (side === BID ? b - a : a - b));
  }
}

const level = (from: number): fc.Arbitrary<Level> =>
  fc.tuple(fc.integer({ min: from, max: from + 12 }), fc.integer({ min: 0, max: 40 }));
/** Bids below 100, asks from 100 on. */
const frames = fc.array(
  fc.record({
    snapshot: fc.boolean(),
    bids: fc.array(level(80), { maxLength: 8 }),
    asks: fc.array(level(100), { maxLength: 8 }),
  }),
  { minLength: 3, maxLength: 60 },
);
const withdrawals = fc
  .array(
    fc.record({
      side: fc.constantFrom<BookSide>(BID, ASK),
      wait: fc.integer({ min: 1, max: 8 }),
      lasts: fc.integer({ min: 1, max: 8 }),
      share: fc.constantFrom(0.3, 0.5, 0.8),
      levels: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ side, wait, lasts, share, levels }): Withdrawal => {
      const from = at + wait * FRAME_US;
      at = from + lasts * FRAME_US;
      return { side, from, to: at, share, levels };
    });
  });

test('a reader sees the real book, with the levels of a withdrawal smaller by its share while it lasts, and all trades', () => {
  fc.assert(
    fc.property(frames, withdrawals, (steps, plan) => {
      const events: MarketEvent[] = steps.flatMap(({ snapshot, bids, asks }, i) => [
        new BookEvent(us(i * FRAME_US), 0, frameOf(i === 0 || (snapshot && i % 7 === 0), bids, asks)),
        tradeOf('buy', i + 1, i * FRAME_US),
      ]);
      const [real, seen] = [new Reader(), new Reader()];
      /** Of the withdrawal of the moment, fixed when it begins: by the definition, from the real book. */
      let range: readonly [number, number] | null = null;
      let active: Withdrawal | undefined;
      let next = 0;
      let emitted = 0;
      const source: MarketSource = {
        instruments: [],
        *play(emit) {
          for (const event of events) emit(event);
          yield 1;
        },
      };
      const check = (event: MarketEvent): void => {
        const original = events[emitted++]!;
        if (event.kind !== EventKind.book) {
          assert.ok(event instanceof TradeEvent && event === original);
          return;
        }
        assert.ok(original.kind === EventKind.book && event.at === original.at);
        real.take(original.frame);
        seen.take(event.frame);
        if (active !== undefined && event.at >= active.to) active = undefined;
        if (active === undefined && plan[next] !== undefined && event.at >= plan[next]!.from) {
          active = plan[next++]!;
          const prices = real
            .listed(active.side)
            .slice(0, active.levels)
            .map(([price]) => price);
          const width = prices.length > 0 ? Math.abs(prices.at(-1)! - prices[0]!) : 0;
          const touch = prices[0] ?? 0;
          range = [touch - width, touch + width];
        }
        for (const side of [BID, ASK] as const)
          assert.deepEqual(
            seen.listed(side),
            real
              .listed(side)
              .map(([price, size]) =>
                active?.side === side && price >= range![0] && price <= range![1]
                  ? [price, Math.max(1, Math.round(size * (1 - active.share)))]
                  : [price, size],
              ),
          );
      };
      for (const _ of thinned(source, plan).play(check));
      assert.equal(emitted, events.length);
    }),
    { seed, numRuns: 500 },
  );
});

test('one by one, and not all of them: a price that has gone stays gone, and in the end so many have', () => {
  const levels = 400;
  const bids = Array.from({ length: levels }, (_, i): Level => [10_000 - i, 100]);
  const plan: Withdrawal = {
    side: BID,
    from: FRAME_US,
    to: 30 * FRAME_US,
    share: 0.5,
    levels,
    overUs: 10 * FRAME_US,
    breadth: 0.6,
  };
  const source: MarketSource = {
    instruments: [],
    *play(emit) {
      for (let i = 0; i < 40; i++) {
        emit(
          new BookEvent(
            us(i * FRAME_US),
            0,
            frameOf(i === 0, i === 0 ? bids : [], i === 0 ? [[10_001, 1]] : []),
          ),
        );
        yield 1;
      }
    },
  };
  const seen = new Reader();
  let frame = 0;
  let before = new Set<number>();
  const gone: number[] = [];
  for (const _ of thinned(source, [plan]).play((event) => {
    assert.ok(event.kind === EventKind.book);
    seen.take(event.frame);
    const now = new Set(seen.listed(BID).flatMap(([price, size]) => (size === 50 ? [price] : [])));
    assert.ok(seen.listed(BID).every(([, size]) => size === 50 || size === 100));
    if (frame > 1 && frame < 30) for (const price of before) assert.ok(now.has(price));
    before = now;
    gone.push(now.size / levels);
    frame += 1;
  }));
  assert.ok(Math.abs(gone[6]! - 0.3) < 0.07 && Math.abs(gone[29]! - 0.6) < 0.07, `${gone}`);
  assert.deepEqual([gone[0], gone[11], gone[30]], [0, gone[29], 0]);
});

test('a withdrawal that began and ended in a hole of the feed is none', () => {
  const plan: Withdrawal[] = [1, 4, 30].map((from) => ({
    ...{ side: BID, share: 0.5, levels: 3, from: from * FRAME_US, to: (from + 2) * FRAME_US },
  }));
  const seen = new Reader();
  const source: MarketSource = {
    instruments: [],
    *play(emit) {
      for (const i of [0, 20, 21, 22, 30]) {
        emit(new BookEvent(us(i * FRAME_US), 0, frameOf(i === 0, [[99, 100]], [[101, 100]])));
        yield i;
      }
    },
  };
  const sizes: number[] = [];
  for (const _ of thinned(source, plan).play((event) => {
    assert.ok(event.kind === EventKind.book);
    seen.take(event.frame);
    sizes.push(seen.listed(BID)[0]![1]);
  }));
  assert.deepEqual(sizes, [100, 100, 100, 100, 50]);
});
