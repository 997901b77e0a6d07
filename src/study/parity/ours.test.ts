/** The recorded book with an order of ours in it, and the same book without: as if the order had never been. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../../core/book/order-book.ts';
import type { Place } from '../../core/commands.ts';
import { BookEvent, FillEvent } from '../../core/events.ts';
import { frameOf, generator, type Level } from '../../core/testing/books.ts';
import { lots, ms, NO_MONEY, type Side, signOf, ticks, us } from '../../core/units.ts';
import { Ours } from './ours.ts';

const PRICE = 600_000;
const SIZE = 30;

/** Where it waits after it was amended, and how much more it wants then. */
const MOVED = 3;
const MORE = 15;

/**
 * An order that is heard to stand at `from` ms, fills in part at `filledAt`, is amended to a lower price (of a buyer) and a
 * larger size at `movedAt`, and canceled at `until`.
 */
function ours(side: Side, from: number, filledAt: number, movedAt: number, until: number): Ours {
  const place: Place = {
    kind: 'place',
    instrument: 0,
    clientOrderId: 'a',
    side,
    type: 'postOnly',
    size: lots(SIZE),
    price: ticks(PRICE),
    reduceOnly: false,
    leverage: 1,
    takeProfit: ticks(0),
    stopLoss: ticks(0),
    protectionId: '',
    purpose: 'entry',
  };
  const words = ['a', 'v', 't'] as const;
  const price = ticks(PRICE);
  const stamp = ms(filledAt);
  const heard = us(filledAt * 1000);
  const fill = new FillEvent(heard, 0, ...words, stamp, side, price, lots(10), NO_MONEY, true, 'entry', '');
  const report = (at: number, state: 'live' | 'canceled', filled: number) => ({
    at: us(at * 1000),
    state,
    filled,
    reason: '',
    amended: null,
  });
  const amended = {
    price: ticks(PRICE - signOf(side) * MOVED),
    size: lots(SIZE + MORE),
    refusal: '',
  };
  return new Ours({
    orders: new Map([
      [
        'a',
        {
          clientOrderId: 'a',
          place,
          decidedAt: us(0),
          sentAt: us(0),
          decision: null,
          cancelSentAt: null,
          amends: [],
          moves: [],
          reports: [
            report(from, 'live', 0),
            { ...report(movedAt, 'live', 10), amended },
            report(until, 'canceled', 10),
          ],
          fills: [fill],
        },
      ],
    ]),
  });
}

test('a book with our order in it is, without it, the book of the others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom<Side>('buy', 'sell'), (lot, side) => {
      const random = generator(lot);
      const leaves = ours(side, 1_000, 1_500, 2_000, 2_500);
      const [recorded, left, alone] = [new OrderBook(), new OrderBook(), new OrderBook()];
      let others = 0;
      for (let at = 0; at < 3_000; at += 100) {
        // now and then nobody else is at our price
        if (at === 0 || random() < 0.7) others = random() < 0.3 ? 0 : 1 + Math.floor(random() * 80);
        const rests = at < 1_000 || at >= 2_000 ? 0 : at < 1_500 ? SIZE : SIZE - 10;
        const sign = signOf(side);
        const moved = at >= 2_000 && at < 2_500 ? SIZE + MORE - 10 : 0;
        const of = (here: number, there: number): { mine: Level[]; far: Level[] } => ({
          mine: [
            [PRICE, here],
            [PRICE - sign * MOVED, 7 + there],
          ],
          far: [[PRICE + sign * 2, 5]],
        });
        const told = (here: number, there: number) => {
          const { mine, far } = of(here, there);
          return frameOf(at === 0, side === 'buy' ? mine : far, side === 'buy' ? far : mine, at);
        };
        const frame = told(others + rests, moved);
        recorded.apply(frame);
        left.apply(leaves.without(new BookEvent(us(at * 1000), 0, frame)));
        alone.apply(told(others, 0));
        const ladder = (book: OrderBook) => book.ladder(side === 'buy' ? 0 : 1);
        for (const price of [PRICE, PRICE - sign * MOVED])
          assert.equal(ladder(left).sizeAt(price), ladder(alone).sizeAt(price), `at ${at}`);
        assert.equal(ladder(left).best, ladder(alone).best);
        assert.equal(ladder(recorded).sizeAt(PRICE), others + rests);
      }
    }),
    { numRuns: 100 },
  );
});
