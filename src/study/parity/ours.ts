import { ASK, BID, BookFrame } from '../../core/book/frame.ts';
import type { Place } from '../../core/commands.ts';
import type { BookEvent } from '../../core/events.ts';
import { type Ms, opposite, type Side, type Us } from '../../core/units.ts';
import type { OrderStory, Story } from './story.ts';

/** One of our fills, as the public tape tells of it. */
interface Print {
  readonly instrument: number;
  readonly at: Ms;
  readonly price: number;
  /** The taker's, ours or not. */
  readonly side: Side;
  readonly size: number;
}

/** An order of ours that waited in the venue's book, at one price. */
interface Waiting {
  readonly instrument: number;
  readonly side: Side;
  readonly price: number;
  readonly size: number;
  /** When we heard that it stood there, and that it was canceled or amended. */
  readonly from: Us;
  readonly until: number;
  readonly fills: readonly { readonly exchangeAt: Ms; readonly size: number }[];
}

/**
 * What our own orders left in the public record: their trades are on the tape, and while they wait they stand in the book.
 * Neither is evidence of what others would have done.
 *
 * A fill and its public trade carry the same stamp, price and size. When an order came to stand in the book is only known as
 * we heard of it: for the milliseconds before, it counts as somebody else's.
 */
export class Ours {
  private readonly prints = new Map<string, Print[]>();
  private readonly waiting: readonly Waiting[];
  private readonly frame = new BookFrame();

  constructor({ orders }: Pick<Story, 'orders'>) {
    const waiting: Waiting[] = [];
    for (const { place, reports, fills } of orders.values()) {
      for (const { instrument, exchangeAt, price, side, size, maker } of fills) {
        const print = { instrument, at: exchangeAt, price, side: maker ? opposite(side) : side, size };
        const key = keyOf(print);
        const there = this.prints.get(key);
        if (there === undefined) this.prints.set(key, [print]);
        else there.push(print);
      }
      if (place === null || (place.type !== 'postOnly' && place.type !== 'limit')) continue;
      waiting.push(...standings(place, reports, fills));
    }
    this.waiting = waiting;
  }

  /** Lots of our own in the public trades of that price and taker's side, stamped within `slack` ms of `at`. */
  traded(instrument: number, price: number, side: Side, at: Ms, slack: number): number {
    let size = 0;
    for (const print of this.prints.get(keyOf({ instrument, price, side })) ?? [])
      if (Math.abs(print.at - at) <= slack) size += print.size;
    return size;
  }

  /** The book message without our own lots; lent until the next call. */
  without({ at, instrument, frame }: BookEvent): BookFrame {
    const there = this.waiting.filter(
      (order) => order.instrument === instrument && order.from <= at && at < order.until,
    );
    if (there.length === 0) return frame;
    const others = this.frame;
    others.clear();
    others.snapshot = frame.snapshot;
    others.exchangeAt = frame.exchangeAt;
    others.prevSeqId = frame.prevSeqId;
    others.seqId = frame.seqId;
    for (let i = 0; i < frame.count; i++) {
      const side = frame.side[i] === BID ? BID : ASK;
      const price = frame.price[i]!;
      let size = frame.size[i]!;
      let orders = frame.orders[i]!;
      for (const order of there) {
        if (order.price !== price || (order.side === 'buy' ? BID : ASK) !== side) continue;
        const left = leftAt(order, frame.exchangeAt);
        if (left === 0 || size === 0) continue;
        size = Math.max(0, size - left);
        orders = Math.max(0, orders - 1);
      }
      others.push(side, price, size, orders);
    }
    return others;
  }
}

/** An order between two amends, or its beginning and its end. */
function standings(place: Place, reports: OrderStory['reports'], fills: OrderStory['fills']): Waiting[] {
  const found: Waiting[] = [];
  const { instrument, side } = place;
  let { price, size } = place;
  let from: Us | null = null;
  for (const { at, state, amended } of reports) {
    const ended = state === 'canceled' || state === 'rejected';
    if (from !== null && (ended || amended !== null))
      found.push({ instrument, side, price, size, from, until: at, fills });
    if (amended !== null) {
      if (amended.price !== 0) price = amended.price;
      size = amended.size;
      from = at;
    }
    if (ended) return found;
    if (state === 'live' || state === 'partiallyFilled') from ??= at;
  }
  if (from !== null) found.push({ instrument, side, price, size, from, until: Infinity, fills });
  return found;
}

const keyOf = ({ instrument, price, side }: Pick<Print, 'instrument' | 'price' | 'side'>): string =>
  `${instrument} ${side} ${price}`;

/** What of it had not filled in a book so stamped. */
function leftAt({ size, fills }: Waiting, stampedAt: Ms): number {
  let left = size;
  for (const fill of fills) if (fill.exchangeAt <= stampedAt) left -= fill.size;
  return Math.max(0, left);
}
