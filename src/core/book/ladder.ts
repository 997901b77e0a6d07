import { assert } from '../assert.ts';
import { BID, type BookSide } from './frame.ts';

/** Ticks in the dense window: 400 levels of a busy swap span a few thousand; 196 kB a side. */
const WIDTH = 1 << 14;
/** Where in the window the best price is put: three quarters of it lie behind the touch. */
const AHEAD = WIDTH >> 2;

/** No level: prices are positive. */
export const NO_PRICE = 0;

/**
 * One side of a book: size and order count per price level. Near the touch a window of ticks, index = tick − base, so that
 * setting a level is one store and a bitmap of the occupied ticks finds the next level 32 ticks at a time
 * (`bench/decode.ts` measures it against a `Map`). Behind the window a short sorted list: real books hold offers at a
 * hundred times the price, and illiquid ones spread 400 levels over millions of ticks. The window follows the touch by
 * itself. The naive twin in the tests says what it all means.
 */
export class Ladder {
  readonly side: BookSide;
  /** Number of occupied levels. */
  count = 0;
  /** Best price in ticks; `NO_PRICE` when empty. Always inside the window. */
  best: number = NO_PRICE;
  /** What stood at the price that `set` was last called with, before it: looked up once, in the same pass. */
  previousSize = 0;
  previousOrders = 0;
  private base = 0;
  private readonly sizes = new Float64Array(WIDTH);
  private readonly counts = new Int32Array(WIDTH);
  private readonly bits = new Int32Array(WIDTH >> 5);
  /** Occupied levels in the window. */
  private near = 0;
  private readonly far: FarLevels;

  constructor(side: BookSide) {
    this.side = side;
    this.far = new FarLevels(side);
  }

  /** Lots at a price, 0 when there is no level. */
  sizeAt(price: number): number {
    const index = price - this.base;
    return index >= 0 && index < WIDTH ? this.sizes[index]! : this.far.sizeAt(price);
  }

  /** Orders at a price, 0 when there is no level or the source does not say. */
  ordersAt(price: number): number {
    const index = price - this.base;
    return index >= 0 && index < WIDTH ? this.counts[index]! : this.far.ordersAt(price);
  }

  /** Sets a level; size 0 deletes it. */
  set(price: number, size: number, orders: number): void {
    const index = price - this.base;
    if (index < 0 || index >= WIDTH || this.count === 0) {
      this.setOutside(price, size, orders);
      return;
    }
    const before = this.sizes[index]!;
    this.previousSize = before;
    this.previousOrders = this.counts[index]!;
    this.sizes[index] = size;
    this.counts[index] = orders;
    if (size > 0) {
      if (before > 0) return;
      this.bits[index >> 5]! |= 1 << (index & 31);
      this.near++;
      this.count++;
      if (this.side === BID ? price > this.best : price < this.best) this.best = price;
    } else if (before > 0) {
      this.counts[index] = 0;
      this.bits[index >> 5]! &= ~(1 << (index & 31));
      this.near--;
      this.count--;
      if (this.near === 0) this.follow();
      else if (price === this.best) this.best = this.next(price);
    }
  }

  /** The next level behind `price` (further from the touch), or `NO_PRICE`. */
  next(price: number): number {
    const found = this.side === BID ? this.below(price) : this.above(price);
    return found === NO_PRICE && this.far.length > 0 ? this.far.after(price) : found;
  }

  clear(): void {
    if (this.count === 0) return;
    this.emptyWindow();
    this.far.clear();
    this.count = 0;
    this.best = NO_PRICE;
  }

  private setOutside(price: number, size: number, orders: number): void {
    this.previousSize = this.sizeAt(price);
    this.previousOrders = this.ordersAt(price);
    if (size === 0) {
      if (this.far.delete(price)) this.count--;
      return;
    }
    assert(Number.isSafeInteger(price) && price > 0, `price ${price} is not a positive number of ticks`);
    const better = this.count === 0 || (this.side === BID ? price > this.best : price < this.best);
    if (better) {
      this.best = price;
      this.moveTo(price);
    } else if (this.room < AHEAD) this.moveTo(this.best);
    const index = price - this.base;
    if (index >= 0 && index < WIDTH) {
      // moving the window may have brought the level in
      const before = this.sizes[index]!;
      this.sizes[index] = size;
      this.counts[index] = orders;
      if (before > 0) return;
      this.bits[index >> 5]! |= 1 << (index & 31);
      this.near++;
      this.count++;
    } else if (this.far.set(price, size, orders)) this.count++;
  }

  /** Ticks of window behind the touch. */
  private get room(): number {
    return this.side === BID ? this.best - this.base : this.base + WIDTH - 1 - this.best;
  }

  /** The window ran empty: the best of the far levels is the best now. */
  private follow(): void {
    if (this.far.length === 0) {
      this.best = NO_PRICE;
      return;
    }
    this.best = this.far.best;
    this.moveTo(this.best);
  }

  /** Puts the window around `price`; levels that leave it go to the far ones, far ones that it reaches come in. */
  private moveTo(price: number): void {
    const base = Math.max(0, this.side === BID ? price - (WIDTH - AHEAD) : price - AHEAD);
    if (base === this.base) return;
    if (this.near > 0) {
      for (let at = this.above(this.base - 1); at !== NO_PRICE; at = this.above(at))
        this.far.set(at, this.sizes[at - this.base]!, this.counts[at - this.base]!);
      this.emptyWindow();
    }
    this.base = base;
    this.near = this.far.moveInto(base, WIDTH, (at, size, orders) => {
      const index = at - base;
      this.sizes[index] = size;
      this.counts[index] = orders;
      this.bits[index >> 5]! |= 1 << (index & 31);
    });
  }

  /** Visits the occupied levels only: a snapshot must not cost the width of the window. */
  private emptyWindow(): void {
    const { bits, sizes, counts } = this;
    for (let word = 0; word < bits.length; word++) {
      for (let left = bits[word]!; left !== 0; left &= left - 1) {
        const index = (word << 5) + 31 - Math.clz32(left & -left);
        sizes[index] = 0;
        counts[index] = 0;
      }
      bits[word] = 0;
    }
    this.near = 0;
  }

  private below(price: number): number {
    const index = Math.min(price - this.base, WIDTH) - 1;
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
    const index = Math.max(price - this.base, -1) + 1;
    if (index >= WIDTH) return NO_PRICE;
    let word = index >> 5;
    let bits = this.bits[word]! & (-1 << (index & 31));
    while (bits === 0) {
      if (++word >= WIDTH >> 5) return NO_PRICE;
      bits = this.bits[word]!;
    }
    return this.base + (word << 5) + 31 - Math.clz32(bits & -bits);
  }
}

/** Levels far from the touch, best first, in sorted arrays: few, and seldom touched. */
class FarLevels {
  private readonly sign: 1 | -1;
  private prices: number[] = [];
  private sizes: number[] = [];
  private orders: number[] = [];

  constructor(side: BookSide) {
    this.sign = side === BID ? -1 : 1;
  }

  get length(): number {
    return this.prices.length;
  }

  get best(): number {
    return this.prices[0] ?? NO_PRICE;
  }

  sizeAt(price: number): number {
    const at = this.find(price);
    return this.prices[at] === price ? this.sizes[at]! : 0;
  }

  ordersAt(price: number): number {
    const at = this.find(price);
    return this.prices[at] === price ? this.orders[at]! : 0;
  }

  /** True when the level is new. */
  set(price: number, size: number, orders: number): boolean {
    const at = this.find(price);
    if (this.prices[at] === price) {
      this.sizes[at] = size;
      this.orders[at] = orders;
      return false;
    }
    this.prices.splice(at, 0, price);
    this.sizes.splice(at, 0, size);
    this.orders.splice(at, 0, orders);
    return true;
  }

  /** True when there was one. */
  delete(price: number): boolean {
    const at = this.find(price);
    if (this.prices[at] !== price) return false;
    this.prices.splice(at, 1);
    this.sizes.splice(at, 1);
    this.orders.splice(at, 1);
    return true;
  }

  /** The first level worse than `price`, or `NO_PRICE`. */
  after(price: number): number {
    const at = this.find(price);
    return this.prices[this.prices[at] === price ? at + 1 : at] ?? NO_PRICE;
  }

  /** Hands over and forgets the levels in [base, base + width); gives their number. */
  moveInto(base: number, width: number, take: (price: number, size: number, orders: number) => void): number {
    let kept = 0;
    const { length } = this.prices;
    for (let i = 0; i < length; i++) {
      const price = this.prices[i]!;
      if (price >= base && price < base + width) take(price, this.sizes[i]!, this.orders[i]!);
      else {
        this.prices[kept] = price;
        this.sizes[kept] = this.sizes[i]!;
        this.orders[kept] = this.orders[i]!;
        kept++;
      }
    }
    this.prices.length = kept;
    this.sizes.length = kept;
    this.orders.length = kept;
    return length - kept;
  }

  clear(): void {
    this.prices = [];
    this.sizes = [];
    this.orders = [];
  }

  /** Where `price` is, or would be: the first index that is not better. */
  private find(price: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.prices[middle]! - price) * this.sign < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
