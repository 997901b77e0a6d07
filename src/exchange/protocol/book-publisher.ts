import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, ticks } from '../../core/units.ts';
import type { OrderBook } from '../matching/order-book.ts';

/** `[price, size, "0", orders]`: the fields of one level on the wire. */
export type LevelRow = [string, string, '0', string];

interface Levels {
  count: number;
  readonly price: Float64Array;
  readonly size: Float64Array;
  readonly orders: Int32Array;
}

const levels = (depth: number): Levels => ({
  count: 0,
  price: new Float64Array(depth),
  size: new Float64Array(depth),
  orders: new Int32Array(depth),
});

export interface BookUpdate {
  readonly asks: readonly LevelRow[];
  readonly bids: readonly LevelRow[];
  readonly at: number;
  readonly previous: number;
  readonly sequence: number;
}

/** Silence after which an update without changes says that the stream still lives. */
const KEEPALIVE_MS = 60_000;

/**
 * The book as the public knows it: `depth` levels a side as last published. An update is the difference between two
 * published states, so what came and went in between is never told (as on OKX), and every subscriber sees the same
 * sequence of numbers.
 */
export class BookPublisher {
  at = 0;
  sequence = 0;
  private sides: [Levels, Levels];
  private spare: [Levels, Levels];
  private spokenAt = 0;
  /** The book's own number when it was last published, and what is taken off it since the last restart. */
  private seen = -1;
  private base = 0;
  private readonly book: OrderBook;
  private readonly instrument: Instrument;

  constructor(book: OrderBook, instrument: Instrument, depth: number, now: number) {
    this.book = book;
    this.instrument = instrument;
    this.sides = [levels(depth), levels(depth)];
    this.spare = [levels(depth), levels(depth)];
    this.publish(now);
  }

  /** Publishes the book as it is; what changed since last time, or null when nothing did. */
  publish(now: number): BookUpdate | null {
    const previous = this.sequence;
    if (this.book.sequence === this.seen) return this.keepalive(now);
    const before = this.sides;
    this.sides = this.spare;
    this.spare = before;
    const bids: LevelRow[] = [];
    const asks: LevelRow[] = [];
    this.copy(BID);
    this.copy(ASK);
    this.difference(BID, before[BID], bids);
    this.difference(ASK, before[ASK], asks);
    if (bids.length === 0 && asks.length === 0) return this.keepalive(now);
    this.seen = this.book.sequence;
    this.sequence = this.seen - this.base;
    this.at = now;
    this.spokenAt = now;
    return { asks, bids, at: now, previous, sequence: this.sequence };
  }

  private keepalive(now: number): BookUpdate | null {
    if (now - this.spokenAt < KEEPALIVE_MS) return null;
    this.spokenAt = now;
    return { asks: [], bids: [], at: now, previous: this.sequence, sequence: this.sequence };
  }

  /** As after maintenance: the next update follows the last one and bears a small number. */
  restartSequence(): void {
    this.base = this.book.sequence - 1;
  }

  /** The best `depth` levels of a side as published. */
  rows(side: BookSide, depth: number): LevelRow[] {
    const { count, price, size, orders } = this.sides[side];
    const rows: LevelRow[] = [];
    for (let i = 0; i < Math.min(depth, count); i++) rows.push(this.row(price[i], size[i], orders[i]));
    return rows;
  }

  private row(price: number, size: number, orders: number): LevelRow {
    return [
      this.instrument.formatPrice(ticks(price)),
      this.instrument.formatSize(lots(size)),
      '0',
      String(orders),
    ];
  }

  private copy(side: BookSide): void {
    const target = this.sides[side];
    const { book } = this;
    let count = 0;
    for (let price = book.best(side); count < target.price.length; price = book.behind(side, price)) {
      if (Number.isNaN(price)) break;
      target.price[count] = price;
      target.size[count] = book.sizeAt(price);
      target.orders[count] = book.ordersAt(price);
      count += 1;
    }
    target.count = count;
  }

  /** Walks both states from the touch outwards at once: both are sorted. */
  private difference(side: BookSide, before: Levels, rows: LevelRow[]): void {
    const after = this.sides[side];
    const sign = side === BID ? -1 : 1;
    let i = 0;
    let j = 0;
    while (i < before.count || j < after.count) {
      const old = i < before.count ? before.price[i] * sign : Number.POSITIVE_INFINITY;
      const fresh = j < after.count ? after.price[j] * sign : Number.POSITIVE_INFINITY;
      if (old < fresh) {
        rows.push(this.row(before.price[i], 0, 0));
        i += 1;
      } else if (fresh < old) {
        rows.push(this.row(after.price[j], after.size[j], after.orders[j]));
        j += 1;
      } else {
        if (before.size[i] !== after.size[j] || before.orders[i] !== after.orders[j])
          rows.push(this.row(after.price[j], after.size[j], after.orders[j]));
        i += 1;
        j += 1;
      }
    }
  }
}
