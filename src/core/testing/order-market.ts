import { ASK, BID, BookFrame, type BookSide } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import type { Detector } from '../brain/detector.ts';
import { TradeEvent } from '../events.ts';
import { lots, ms, ticks, us } from '../units.ts';

export interface RestingOrder {
  readonly side: BookSide;
  readonly price: number;
  readonly size: number;
  left: number;
}

/** A mirrored market turns about this price, ticks. */
export const MIRROR = 20_000;

/**
 * A market of single orders, first come, first traded, for scripts: who did what is known, a detector sees frames and
 * trades. Every print is one taker's at one price, as on OKX.
 */
export class OrderMarket {
  readonly book = new OrderBook();
  /** µs. */
  now = 1_000_000;
  detector: Detector | null = null;
  private readonly orders: RestingOrder[] = [];
  private readonly touched = new Set<string>();
  private readonly mirrored: boolean;
  private readonly countsOrders: boolean;
  private begun = false;

  /** `countsOrders`: the feed says how many orders stand at a price. */
  constructor(mirrored = false, countsOrders = true) {
    this.mirrored = mirrored;
    this.countsOrders = countsOrders;
  }

  add(side: BookSide, price: number, size: number): RestingOrder {
    const order = { side, price, size, left: size };
    this.orders.push(order);
    this.touched.add(`${side} ${price}`);
    return order;
  }

  cancel(order: RestingOrder): void {
    const at = this.orders.indexOf(order);
    if (at < 0) return;
    this.orders.splice(at, 1);
    this.touched.add(`${order.side} ${order.price}`);
  }

  stands(order: RestingOrder): boolean {
    return this.orders.includes(order);
  }

  /** Orders at a price, first come first; all of a side's where no price is named. */
  at(side: BookSide, price?: number): readonly RestingOrder[] {
    return this.orders.filter(
      (order) => order.side === side && (price === undefined || order.price === price),
    );
  }

  best(side: BookSide): number {
    const prices = this.at(side).map(({ price }) => price);
    return side === BID ? Math.max(...prices) : Math.min(...prices);
  }

  /** Takes so much from the orders of `side`, best price first; gives those that were taken whole. */
  take(side: BookSide, size: number): RestingOrder[] {
    const whole: RestingOrder[] = [];
    for (let left = size; left > 0 && this.at(side).length > 0; ) {
      const price = this.best(side);
      let traded = 0;
      for (const order of this.at(side, price)) {
        const part = Math.min(left - traded, order.left);
        order.left -= part;
        traded += part;
        if (order.left > 0) break;
        whole.push(order);
        this.cancel(order);
      }
      left -= traded;
      this.touched.add(`${side} ${price}`);
      const taker = (side === ASK) !== this.mirrored ? 'buy' : 'sell';
      const print = ticks(this.mirrored ? MIRROR - price : price);
      this.detector?.onTrade(new TradeEvent(us(this.now), 0, ms(0), print, lots(traded), taker));
    }
    return whole;
  }

  /** What has changed is told, `after` ms later. */
  frame(after = 10): void {
    this.now += after * 1000;
    const frame = new BookFrame(16);
    frame.snapshot = !this.begun;
    this.begun = true;
    for (const key of this.touched) {
      const [side, price] = key.split(' ').map(Number) as [BookSide, number];
      const standing = this.at(side, price);
      const shown = this.mirrored ? (side === BID ? ASK : BID) : side;
      const size = standing.reduce((sum, { left }) => sum + left, 0);
      frame.push(
        shown,
        this.mirrored ? MIRROR - price : price,
        size,
        this.countsOrders ? standing.length : 0,
      );
    }
    this.touched.clear();
    this.book.apply(frame);
    this.detector?.onBook(us(this.now));
    this.detector?.reading(us(this.now));
  }
}

/** Normal numbers of mean 0 and deviation 1 from even ones, by Box and Muller. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Even numbers from 0 to 1 without memory, the same on every run: mulberry32, for scripts whose chance must not repeat itself. */
export function evenNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
