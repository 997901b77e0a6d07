import { assert } from '../assert.ts';
import { ASK, BID, type BookSide } from './frame.ts';

const WIDTH_MIN = 1 << 12;
/** 4 Mi ticks: 48 MB a side. A real book is a few thousand ticks wide; wider than this is bad data. */
const WIDTH_MAX = 1 << 22;

/** No level: prices are positive. */
export const NO_PRICE = 0;

/**
 * One side of a book: size and order count per price level over a window of ticks. Index = tick − base, so setting a
 * level is one store; a bitmap of the occupied ticks finds the next level 32 ticks at a time. `bench/decode.ts` measures it against
 * a `Map`; the naive twin in the tests says what it means.
 *
 * The window moves or doubles by itself when a price falls outside it.
 */
export class Ladder {
  readonly side: BookSide;
  /** Number of occupied levels. */
  count = 0;
  /** Best price in ticks; `NO_PRICE` when empty. */
  best: number = NO_PRICE;
  private base = 0;
  private width = WIDTH_MIN;
  private sizes = new Float64Array(WIDTH_MIN);
  private counts = new Int32Array(WIDTH_MIN);
  private bits = new Int32Array(WIDTH_MIN >> 5);

  constructor(side: BookSide) {
    this.side = side;
  }

  /** Lots at a price, 0 when there is no level. */
  sizeAt(price: number): number {
    const index = price - this.base;
    return index >= 0 && index < this.width ? this.sizes[index]! : 0;
  }

  /** Orders at a price, 0 when there is no level or the source does not say. */
  ordersAt(price: number): number {
    const index = price - this.base;
    return index >= 0 && index < this.width ? this.counts[index]! : 0;
  }

  /** Sets a level; size 0 deletes it. */
  set(price: number, size: number, orders: number): void {
    let index = price - this.base;
    if (index < 0 || index >= this.width || this.count === 0) {
      if (size === 0) return;
      this.cover(price);
      index = price - this.base;
    }
    const before = this.sizes[index]!;
    this.sizes[index] = size;
    this.counts[index] = orders;
    if (size > 0) {
      if (before === 0) {
        this.bits[index >> 5]! |= 1 << (index & 31);
        this.count++;
        if (this.best === NO_PRICE || (this.side === BID ? price > this.best : price < this.best))
          this.best = price;
      }
    } else if (before > 0) {
      this.counts[index] = 0;
      this.bits[index >> 5]! &= ~(1 << (index & 31));
      this.count--;
      if (price === this.best) this.best = this.count === 0 ? NO_PRICE : this.next(price);
    }
  }

  /** The next level behind `price` (further from the touch), or `NO_PRICE`. */
  next(price: number): number {
    return this.side === BID ? this.below(price) : this.above(price);
  }

  clear(): void {
    if (this.count === 0) return;
    this.sizes.fill(0);
    this.counts.fill(0);
    this.bits.fill(0);
    this.count = 0;
    this.best = NO_PRICE;
  }

  private below(price: number): number {
    const index = price - this.base - 1;
    if (index < 0) return NO_PRICE;
    let word = index >> 5;
    // keep bits 0…(index & 31)
    let bits = this.bits[word]! & (-1 >>> (31 - (index & 31)));
    while (bits === 0) {
      if (--word < 0) return NO_PRICE;
      bits = this.bits[word]!;
    }
    return this.base + (word << 5) + 31 - Math.clz32(bits);
  }

  private above(price: number): number {
    const index = price - this.base + 1;
    if (index >= this.width) return NO_PRICE;
    let word = index >> 5;
    let bits = this.bits[word]! & (-1 << (index & 31));
    const words = this.bits.length;
    while (bits === 0) {
      if (++word >= words) return NO_PRICE;
      bits = this.bits[word]!;
    }
    return this.base + (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** Moves or widens the window so that `price` and every occupied level lie in it. */
  private cover(price: number): void {
    assert(Number.isSafeInteger(price) && price > 0, `price ${price} is not a positive number of ticks`);
    if (this.count === 0) {
      this.base = Math.max(0, price - (this.width >> 1));
      return;
    }
    const lowest = Math.min(price, this.side === BID ? this.above(this.base - 1) : this.best);
    const highest = Math.max(price, this.side === ASK ? this.below(this.base + this.width) : this.best);
    const span = highest - lowest + 1;
    let width = this.width;
    while (width < span * 2) width *= 2;
    assert(
      width <= WIDTH_MAX,
      `order book ${span} ticks wide: one level lies at ${price}, the touch at ${this.best}; the widest believed is ${WIDTH_MAX / 2}`,
    );
    const base = Math.max(0, lowest - ((width - span) >> 1));
    const sizes = new Float64Array(width);
    const counts = new Int32Array(width);
    const bits = new Int32Array(width >> 5);
    for (let at = this.above(this.base - 1); at !== NO_PRICE; at = this.above(at)) {
      const index = at - base;
      sizes[index] = this.sizes[at - this.base]!;
      counts[index] = this.counts[at - this.base]!;
      bits[index >> 5]! |= 1 << (index & 31);
    }
    this.base = base;
    this.width = width;
    this.sizes = sizes;
    this.counts = counts;
    this.bits = bits;
  }
}
