import fc from 'fast-check';
import type { BookFrame } from '../book/frame.ts';
import { TradeEvent } from '../events.ts';
import { lots, ms, type Side, ticks, us } from '../units.ts';
import { frameOf, type Level } from './books.ts';

export const tradeOf = (side: Side, size: number, at: number, price = 1000): TradeEvent =>
  new TradeEvent(us(at), 0, ms(0), ticks(price), lots(size), side);

/** A random walk of a book: every step sets some levels around a wandering price, never crossed. */
export const bookPath = fc
  .array(
    fc.record({
      shift: fc.integer({ min: -3, max: 3 }),
      spread: fc.integer({ min: 1, max: 4 }),
      bids: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      asks: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      trades: fc.array(fc.tuple(fc.constantFrom<Side>('buy', 'sell'), fc.integer({ min: 1, max: 50 })), {
        maxLength: 3,
      }),
    }),
    { minLength: 2, maxLength: 40 },
  )
  .map((steps) => {
    let mid = 10_000;
    return steps.map(({ shift, spread, bids, asks, trades }) => {
      mid += shift;
      const low = mid;
      const high = mid + spread;
      return {
        bids: bids.map((size, i): Level => [low - i, size]),
        asks: asks.map((size, i): Level => [high + i, size]),
        trades,
      };
    });
  });
export type Path = typeof bookPath extends fc.Arbitrary<infer T> ? T : never;

/** The frames that lead from each book of a path to the next: a snapshot, then updates with deletions. */
export function framesOf(path: Path): BookFrame[] {
  const difference = (before: readonly Level[], after: readonly Level[]): Level[] => [
    ...before
      .filter(([price]) => !after.some(([other]) => other === price))
      .map(([price]): Level => [price, 0]),
    ...after,
  ];
  return path.map(({ bids, asks }, i) =>
    i === 0
      ? frameOf(true, bids, asks)
      : frameOf(false, difference(path[i - 1]!.bids, bids), difference(path[i - 1]!.asks, asks)),
  );
}
