import type { BookSide } from './frame.ts';

/** Shorter runs are walked: searching them costs as much. */
const SEARCHED_FROM = 16;

/**
 * What the last frame really changed, in the frame's order: the detectors walk this instead of the book. After a
 * snapshot it lists every level of the new book with `oldSize` 0: that is a new book, not order flow.
 *
 * Feeds list the levels of a side together and by price. Where a frame does, whoever cares for prices near the touch
 * alone need not walk the rest: `seek`.
 */
export class BookChanges {
  snapshot = false;
  count = 0;
  side: Uint8Array;
  /** Ticks. */
  price: Float64Array;
  /** Lots. */
  oldSize: Float64Array;
  newSize: Float64Array;
  oldOrders: Int32Array;
  newOrders: Int32Array;
  /** What `seek` found: entries from `from` to before `to`. */
  from = 0;
  to = 0;
  /** By side: where its changes begin and end, and how their prices run; 0 = neither up nor down. */
  private readonly begins = new Int32Array(2);
  private readonly ends = new Int32Array(2);
  private readonly runs = new Int8Array(2);
  /** Each side's changes stand together. */
  private parted = true;

  constructor(capacity = 1024) {
    this.side = new Uint8Array(capacity);
    this.price = new Float64Array(capacity);
    this.oldSize = new Float64Array(capacity);
    this.newSize = new Float64Array(capacity);
    this.oldOrders = new Int32Array(capacity);
    this.newOrders = new Int32Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.parted = true;
    this.begins.fill(0);
    this.ends.fill(0);
    this.runs.fill(0);
  }

  /** Entries from `from` on, to the last, are of `side`; of the steps from each to the next, so many went up in price. */
  note(side: BookSide, from: number, up: number): void {
    const steps = this.count - from - 1;
    if (steps < 0) return;
    if (this.ends[side] !== 0) this.parted = false;
    this.begins[side] = from;
    this.ends[side] = this.count;
    this.runs[side] = up === steps ? 1 : up === 0 ? -1 : 0;
  }

  /**
   * Sets `from` and `to` so that all changes of `side` at prices from `low` to `high`, ticks, both included, are among those
   * entries; others may be too.
   */
  seek(side: BookSide, low: number, high: number): void {
    if (!this.parted) {
      this.from = 0;
      this.to = this.count;
      return;
    }
    const begin = this.begins[side]!;
    const end = this.ends[side]!;
    const run = this.runs[side]!;
    this.from = begin;
    this.to = end;
    if (run === 0 || end - begin < SEARCHED_FROM) return;
    if (run > 0) {
      this.from = this.search(begin, end, low, 1);
      this.to = this.search(this.from, end, high + 1, 1);
    } else {
      this.from = this.search(begin, end, high, -1);
      this.to = this.search(this.from, end, low - 1, -1);
    }
  }

  /** The first entry of [from, to) that is not before `price` as prices run. */
  private search(from: number, to: number, price: number, run: 1 | -1): number {
    const { price: prices } = this;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((prices[middle]! - price) * run < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
