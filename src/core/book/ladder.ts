import { assert } from '../assert.ts';
import type { BookChanges } from './changes.ts';
import { BID, type BookFrame, type BookSide } from './frame.ts';

/** Ticks in the dense window: 400 levels of a busy swap span a few thousand, a whole book far more; 393 kB a side. */
const WIDTH = 1 << 15;
const WORDS = WIDTH >> 5;
/** Where in the window the best price is put: three quarters of it lie behind the touch. */
const AHEAD = WIDTH >> 2;

/** Room for best levels that are looked at, at first. */
const TOP_FIRST = 32;
/** Room for far levels, at first. */
const FAR_FIRST = 64;

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
  /** Deletes of levels that were not there: OKX's 100 ms channel sends some; a no-op. */
  absentDeletes = 0;
  /** What stood at the price that `setOutside` was last called with. */
  private previousSize = 0;
  private previousOrders = 0;
  /** Away from the touch: −1 for bids. */
  private readonly sign: 1 | -1;
  private base = 0;
  private readonly sizes = new Float64Array(WIDTH);
  private readonly counts = new Int32Array(WIDTH);
  private readonly bits = new Int32Array(WORDS);
  /** Occupied levels in the window. */
  private near = 0;
  private readonly far: FarLevels;
  /** The best levels, ticks and lots, best first, as far as `top` was asked for them since the side last changed. */
  topPrices = new Float64Array(TOP_FIRST);
  topSizes = new Float64Array(TOP_FIRST);
  private topCount = 0;
  /** Of the changes that are being taken: steps up in price, and the last price. */
  private up = 0;
  private previous = Number.POSITIVE_INFINITY;

  constructor(side: BookSide) {
    this.side = side;
    this.sign = side === BID ? -1 : 1;
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

  /**
   * Sets the levels of `frame` from entry `from` on as far as they are of this side, and writes down what that changed; gives
   * the first entry that is not. Size 0 deletes.
   */
  take(frame: BookFrame, from: number, changes: BookChanges): number {
    const { side } = this;
    const first = changes.count;
    this.topCount = 0;
    this.up = 0;
    this.previous = Number.POSITIVE_INFINITY;
    let i = from;
    while (i < frame.count && frame.side[i] === side) {
      if (this.count > 0) i = this.takeOrdinary(frame, i, changes);
      if (i < frame.count && frame.side[i] === side) this.takeOne(frame, i++, changes);
    }
    changes.note(side, first, this.up);
    return i;
  }

  /**
   * As many entries as are within the window and take no best level away; gives the first that is not. It calls nothing and uses
   * no name of another module: V8 then checks the arrays once and not at each access, which makes it three times as fast.
   */
  private takeOrdinary(frame: BookFrame, from: number, changes: BookChanges): number {
    const { side, sizes, counts, bits, sign, base } = this;
    const { side: sides, price: prices, size: newSizes, orders: newOrders, count: last } = frame;
    const toSide = changes.side;
    const toPrice = changes.price;
    const toOldSize = changes.oldSize;
    const toNewSize = changes.newSize;
    const toOldOrders = changes.oldOrders;
    const toNewOrders = changes.newOrders;
    let changed = changes.count;
    let { best, up, previous } = this;
    let appeared = 0;
    let absent = 0;
    let i = from;
    for (; i < last && sides[i] === side; i++) {
      const price = prices[i]!;
      const size = newSizes[i]!;
      const offset = price - base;
      if (!(offset >= 0 && offset < WIDTH)) break;
      if ((price - best) * sign <= 0) {
        if (size === 0) break;
        best = price;
      }
      const index = offset | 0;
      const orders = newOrders[i]!;
      const before = sizes[index]!;
      const ordersBefore = counts[index]!;
      sizes[index] = size;
      // without branches: whether a level comes, goes or stays nobody can foretell
      const was = Number(before > 0);
      const is = Number(size > 0);
      counts[index] = orders * is;
      bits[index >> 5]! ^= (was ^ is) << (index & 31);
      appeared += is - was;
      toSide[changed] = side;
      toPrice[changed] = price;
      toOldSize[changed] = before;
      toNewSize[changed] = size;
      toOldOrders[changed] = ordersBefore;
      toNewOrders[changed] = orders;
      absent += 1 - (was | is);
      // what is as it was is written over by the next
      const differs = Number(before !== size) | (Number(ordersBefore !== orders) & is);
      changed += differs;
      up += Number(price > previous) & differs;
      previous = differs === 1 ? price : previous;
    }
    this.best = best;
    this.up = up;
    this.previous = previous;
    this.near += appeared;
    this.count += appeared;
    this.absentDeletes += absent;
    changes.count = changed;
    return i;
  }

  /** Any entry, whatever it does. */
  private takeOne(frame: BookFrame, i: number, changes: BookChanges): void {
    const price = frame.price[i]!;
    const size = frame.size[i]!;
    const orders = frame.orders[i]!;
    const index = price - this.base;
    if (index >= 0 && index < WIDTH && this.count > 0) {
      this.previousSize = this.sizes[index]!;
      this.previousOrders = this.counts[index]!;
      if (size > 0) this.setWithin(index, size, orders);
      else if (this.previousSize > 0) this.deleteWithin(index);
    } else this.setOutside(price, size, orders);
    const before = this.previousSize;
    const ordersBefore = this.previousOrders;
    if (before === size) {
      if (size === 0) {
        this.absentDeletes++;
        return;
      }
      if (ordersBefore === orders) return;
    }
    const changed = changes.count++;
    changes.side[changed] = this.side;
    changes.price[changed] = price;
    changes.oldSize[changed] = before;
    changes.newSize[changed] = size;
    changes.oldOrders[changed] = ordersBefore;
    changes.newOrders[changed] = orders;
    if (price > this.previous) this.up++;
    this.previous = price;
  }

  /** A level of the window, which may be new; not an empty side's first. */
  private setWithin(index: number, size: number, orders: number): void {
    const before = this.sizes[index]!;
    this.sizes[index] = size;
    this.counts[index] = orders;
    if (before > 0) return;
    this.bits[index >> 5]! |= 1 << (index & 31);
    this.near++;
    this.count++;
    const price = this.base + index;
    if ((price - this.best) * this.sign < 0) this.best = price;
  }

  private deleteWithin(index: number): void {
    this.sizes[index] = 0;
    this.counts[index] = 0;
    this.bits[index >> 5]! ^= 1 << (index & 31);
    this.near--;
    this.count--;
    if (this.near === 0) this.follow();
    else if (this.base + index === this.best) this.best = this.next(this.best);
  }

  private walk(levels: number): void {
    if (this.topPrices.length < levels) {
      this.topPrices = grown(this.topPrices, new Float64Array(2 * levels));
      this.topSizes = grown(this.topSizes, new Float64Array(2 * levels));
    }
    const { topPrices, topSizes, side, sign, base, bits, sizes, far } = this;
    let count = 0;
    let word = (this.best - base) >> 5;
    let left = bits[word]!;
    const end = side === BID ? 0 : WORDS - 1;
    while (count < levels) {
      while (left === 0 && word !== end) {
        word += sign;
        left = bits[word]!;
      }
      if (left === 0) break;
      const bit = 31 - Math.clz32(side === BID ? left : left & -left);
      left ^= 1 << bit;
      const index = (word << 5) + bit;
      topPrices[count] = base + index;
      topSizes[count] = sizes[index]!;
      count += 1;
    }
    for (let i = 0; i < far.length && count < levels; i++, count++) {
      topPrices[count] = far.prices[i]!;
      topSizes[count] = far.sizes[i]!;
    }
    this.topCount = count;
  }

  /** The next level behind `price` (further from the touch), or `NO_PRICE`. */
  next(price: number): number {
    const found = this.side === BID ? this.below(price) : this.above(price);
    return found === NO_PRICE && this.far.length > 0 ? this.far.after(price) : found;
  }

  /**
   * Brings the best `levels` levels, or all where there are fewer, into `topPrices` and `topSizes`; gives how many those are.
   * They are walked once a frame, whoever asks.
   */
  top(levels: number): number {
    if (this.topCount < levels && this.topCount < this.count) this.walk(levels);
    return Math.min(levels, this.topCount);
  }

  /**
   * Adds up the levels in bands of `width` ticks from the touch on, as many as `lots` has room for: lots of each into `lots`, its
   * last level into `ends`; both are 0 where nothing stands. Gives how many bands there are up to the last with a level.
   */
  sumBands(width: number, lots: Float64Array, ends: Float64Array): number {
    const { best, sign, base, bits, sizes, far } = this;
    lots.fill(0);
    ends.fill(NO_PRICE);
    if (best === NO_PRICE) return 0;
    const bid = sign === -1;
    const room = lots.length;
    const end = bid ? -1 : WORDS;
    let band = 0;
    let sum = 0;
    let bandEnds = width;
    for (let word = (best - base) >> 5; word !== end; word += sign) {
      for (let left = bits[word]!; left !== 0; ) {
        const bit = 31 - Math.clz32(bid ? left : left & -left);
        left ^= 1 << bit;
        const index = (word << 5) + bit;
        const price = base + index;
        const distance = (price - best) * sign;
        if (distance >= bandEnds) {
          lots[band] = sum;
          sum = 0;
          const next = Math.floor(distance / width);
          if (next >= room) return band + 1;
          band = next;
          bandEnds = (band + 1) * width;
        }
        sum += sizes[index]!;
        ends[band] = price;
      }
    }
    for (let i = 0; i < far.length; i++) {
      const price = far.prices[i]!;
      const next = Math.floor(((price - best) * sign) / width);
      if (next >= room) break;
      if (next !== band) {
        lots[band] = sum;
        sum = 0;
        band = next;
      }
      sum += far.sizes[i]!;
      ends[band] = price;
    }
    lots[band] = sum;
    return band + 1;
  }

  clear(): void {
    if (this.count === 0) return;
    this.topCount = 0;
    this.emptyWindow();
    this.far.clear();
    this.count = 0;
    this.best = NO_PRICE;
  }

  private setOutside(price: number, size: number, orders: number): void {
    const { far } = this;
    if (size === 0) {
      if (far.delete(price)) this.count--;
      this.previousSize = far.previousSize;
      this.previousOrders = far.previousOrders;
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
      this.previousSize = this.sizes[index]!;
      this.previousOrders = this.counts[index]!;
      this.setWithin(index, size, orders);
    } else {
      if (far.set(price, size, orders)) this.count++;
      this.previousSize = far.previousSize;
      this.previousOrders = far.previousOrders;
    }
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
      if (++word >= WORDS) return NO_PRICE;
      bits = this.bits[word]!;
    }
    return this.base + (word << 5) + 31 - Math.clz32(bits & -bits);
  }
}

/** Levels far from the touch, best first, in sorted arrays: seldom touched. */
class FarLevels {
  length = 0;
  /** What stood at the price that was last set or deleted, before it. */
  previousSize = 0;
  previousOrders = 0;
  private readonly sign: 1 | -1;
  prices = new Float64Array(FAR_FIRST);
  sizes = new Float64Array(FAR_FIRST);
  private orders = new Int32Array(FAR_FIRST);
  /** Where the last price was found: a frame lists its levels by price, so that the next one is near. */
  private finger = 0;

  constructor(side: BookSide) {
    this.sign = side === BID ? -1 : 1;
  }

  get best(): number {
    return this.length > 0 ? this.prices[0]! : NO_PRICE;
  }

  sizeAt(price: number): number {
    const at = this.find(price);
    return this.has(at, price) ? this.sizes[at]! : 0;
  }

  ordersAt(price: number): number {
    const at = this.find(price);
    return this.has(at, price) ? this.orders[at]! : 0;
  }

  /** True when the level is new. */
  set(price: number, size: number, orders: number): boolean {
    const at = this.find(price);
    const known = this.has(at, price);
    this.previousSize = known ? this.sizes[at]! : 0;
    this.previousOrders = known ? this.orders[at]! : 0;
    if (!known) this.makeRoom(at);
    this.prices[at] = price;
    this.sizes[at] = size;
    this.orders[at] = orders;
    return !known;
  }

  /** True when there was one. */
  delete(price: number): boolean {
    const at = this.find(price);
    const known = this.has(at, price);
    this.previousSize = known ? this.sizes[at]! : 0;
    this.previousOrders = known ? this.orders[at]! : 0;
    if (!known) return false;
    this.prices.copyWithin(at, at + 1, this.length);
    this.sizes.copyWithin(at, at + 1, this.length);
    this.orders.copyWithin(at, at + 1, this.length);
    this.length -= 1;
    return true;
  }

  /** The first level worse than `price`, or `NO_PRICE`. */
  after(price: number): number {
    const at = this.find(price);
    const next = this.has(at, price) ? at + 1 : at;
    return next < this.length ? this.prices[next]! : NO_PRICE;
  }

  /** Hands over and forgets the levels in [base, base + width); gives their number. */
  moveInto(base: number, width: number, take: (price: number, size: number, orders: number) => void): number {
    const { prices, sizes, orders, length } = this;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const price = prices[i]!;
      if (price >= base && price < base + width) take(price, sizes[i]!, orders[i]!);
      else {
        prices[kept] = price;
        sizes[kept] = sizes[i]!;
        orders[kept] = orders[i]!;
        kept++;
      }
    }
    this.length = kept;
    return length - kept;
  }

  clear(): void {
    this.length = 0;
  }

  private has(at: number, price: number): boolean {
    return at < this.length && this.prices[at] === price;
  }

  /** Puts a gap at `at`. */
  private makeRoom(at: number): void {
    const { length } = this;
    if (length === this.prices.length) {
      this.prices = grown(this.prices, new Float64Array(length * 2));
      this.sizes = grown(this.sizes, new Float64Array(length * 2));
      this.orders = grown(this.orders, new Int32Array(length * 2));
    }
    this.prices.copyWithin(at + 1, at, length);
    this.sizes.copyWithin(at + 1, at, length);
    this.orders.copyWithin(at + 1, at, length);
    this.length += 1;
  }

  /** Where `price` is, or would be: the first index that is not better. In steps that double, from where the last one was. */
  private find(price: number): number {
    const { prices, sign, length } = this;
    let low = Math.min(this.finger, length);
    let high = low;
    if (low < length && (prices[low]! - price) * sign < 0) {
      for (let step = 1; high < length && (prices[high]! - price) * sign < 0; step *= 2) {
        low = high + 1;
        high += step;
      }
      high = Math.min(high, length);
    } else {
      for (let step = 1; low > 0 && (prices[low - 1]! - price) * sign >= 0; step *= 2) {
        high = low - 1;
        low -= step;
      }
      low = Math.max(low, 0);
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((prices[middle]! - price) * sign < 0) low = middle + 1;
      else high = middle;
    }
    this.finger = low;
    return low;
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
