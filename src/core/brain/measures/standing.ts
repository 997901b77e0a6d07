import type { Ladder } from '../../book/ladder.ts';

/** Levels remembered on a side; the smallest makes room for a larger one. */
const KEPT = 24;

/**
 * The large levels of one side and since when each has been large without a break: what support and resistance are made of.
 * Told of every level that becomes large, which is the caller's measure, and of every change to one of at least `floor` lots, as far as levels are kept.
 * A level that has shrunk below half of what counted as large when it came is forgotten.
 */
export class StandingLevels {
  /** How many stand. Entries below it are valid. */
  count = 0;
  /** Lots; none that stands is smaller. Infinite when none stands. */
  floor = Number.POSITIVE_INFINITY;
  /** Ticks. */
  readonly price = new Float64Array(KEPT);
  /** Lots, as last told. */
  readonly size = new Float64Array(KEPT);
  /** µs. */
  readonly since = new Float64Array(KEPT);
  /** What counted as large when it came. */
  private readonly large = new Float64Array(KEPT);

  /** A level has `size` lots now, at least `large`. */
  stands(price: number, size: number, at: number, large: number): void {
    const known = this.find(price);
    if (known >= 0) {
      this.size[known] = size;
      return;
    }
    let slot = this.count;
    if (slot === KEPT) {
      slot = 0;
      for (let i = 1; i < KEPT; i++) if (this.size[i]! < this.size[slot]!) slot = i;
      if (this.size[slot]! >= size) return;
    } else this.count += 1;
    this.price[slot] = price;
    this.size[slot] = size;
    this.since[slot] = at;
    this.large[slot] = large;
    this.settle();
  }

  /** A level that may stand here has `size` lots now, fewer than are large. */
  changed(price: number, size: number): void {
    const known = this.find(price);
    if (known < 0) return;
    this.size[known] = size;
    if (size < this.large[known]! / 2) this.drop(known);
  }

  /** Forgets levels that are farther than `farthest` ticks, upwards with sign 1, downwards with −1. */
  keepWithin(farthest: number, sign: 1 | -1): void {
    for (let i = this.count - 1; i >= 0; i--) if ((this.price[i]! - farthest) * sign > 0) this.drop(i);
  }

  /** What stands in the book now, after a snapshot or a time unseen. */
  check(ladder: Ladder): void {
    for (let i = this.count - 1; i >= 0; i--) {
      const size = ladder.sizeAt(this.price[i]!);
      this.size[i] = size;
      if (size < this.large[i]! / 2) this.drop(i);
    }
  }

  clear(): void {
    this.count = 0;
    this.settle();
  }

  private find(price: number): number {
    for (let i = 0; i < this.count; i++) if (this.price[i] === price) return i;
    return -1;
  }

  private drop(index: number): void {
    const last = this.count - 1;
    this.price[index] = this.price[last]!;
    this.size[index] = this.size[last]!;
    this.since[index] = this.since[last]!;
    this.large[index] = this.large[last]!;
    this.count = last;
    this.settle();
  }

  private settle(): void {
    this.floor = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.count; i++) this.floor = Math.min(this.floor, this.large[i]! / 2);
  }
}
