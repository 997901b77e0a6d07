import type { Ms } from '../units.ts';

/** Sides of the book as small integers, for typed arrays. */
export const BID = 0;
export const ASK = 1;
export type BookSide = typeof BID | typeof ASK;

/**
 * One decoded order book message: level changes in parallel typed arrays, reused from frame to frame. Whoever keeps
 * something copies the numbers. `size` 0 deletes a level; deleting one that is not there is a no-op (OKX does it).
 */
export class BookFrame {
  /** The levels replace the whole book. */
  snapshot = false;
  exchangeAt = 0 as Ms;
  /** −1 on a snapshot; 0 where the recording predates sequence numbers. */
  prevSeqId = 0;
  /** 0 where the recording predates sequence numbers. */
  seqId = 0;
  /** CRC32 over the top 25 levels as OKX sent it until mid 2026; 0 = not sent. */
  checksum = 0;
  /** Number of valid entries in the arrays below. */
  count = 0;
  side: Uint8Array;
  /** In ticks. */
  price: Float64Array;
  /** In lots. */
  size: Float64Array;
  /** Number of orders at the level; 0 where the source does not say. */
  orders: Int32Array;

  constructor(capacity = 1024) {
    this.side = new Uint8Array(capacity);
    this.price = new Float64Array(capacity);
    this.size = new Float64Array(capacity);
    this.orders = new Int32Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.snapshot = false;
    this.prevSeqId = 0;
    this.seqId = 0;
    this.checksum = 0;
  }

  push(side: BookSide, price: number, size: number, orders: number): void {
    const at = this.count;
    if (at === this.price.length) this.grow();
    this.side[at] = side;
    this.price[at] = price;
    this.size[at] = size;
    this.orders[at] = orders;
    this.count = at + 1;
  }

  private grow(): void {
    const capacity = this.price.length * 2;
    const side = new Uint8Array(capacity);
    const price = new Float64Array(capacity);
    const size = new Float64Array(capacity);
    const orders = new Int32Array(capacity);
    side.set(this.side);
    price.set(this.price);
    size.set(this.size);
    orders.set(this.orders);
    this.side = side;
    this.price = price;
    this.size = size;
    this.orders = orders;
  }
}
