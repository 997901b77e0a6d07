/**
 * Sum and mean of the newest `window` values, in constant time and without drift.
 *
 * A rolling sum that adds what comes and subtracts what leaves keeps every rounding error it ever made. Here a second sum
 * is started afresh with each pass over the ring: when the pass ends it covers exactly the window, and takes the place of
 * the first. An error lives for at most one window, and no value pays for a re-summation. Of whole numbers (ticks, lots)
 * the sums are exact.
 */
export class RollingSum {
  readonly window: number;
  private readonly ring: Float64Array;
  private at = 0;
  private full = false;
  private total = 0;
  private fresh = 0;

  constructor(window: number) {
    this.window = window;
    this.ring = new Float64Array(window);
  }

  push(value: number): void {
    const { ring, at } = this;
    this.total += this.full ? value - ring[at]! : value;
    this.fresh += value;
    ring[at] = value;
    if (at + 1 < this.window) {
      this.at = at + 1;
      return;
    }
    this.at = 0;
    this.full = true;
    this.total = this.fresh;
    this.fresh = 0;
  }

  get ready(): boolean {
    return this.full;
  }

  get count(): number {
    return this.full ? this.window : this.at;
  }

  get sum(): number {
    return this.total;
  }

  /** Of the values so far while there are fewer than `window`; NaN before the first. */
  get mean(): number {
    return this.total / this.count;
  }

  reset(): void {
    this.at = 0;
    this.full = false;
    this.total = 0;
    this.fresh = 0;
  }
}

/**
 * Mean and deviation of the newest `window` values, kept as `RollingSum` keeps its sum, and as differences from a recent
 * value, so that prices far from zero lose no digits.
 */
export class RollingMoments {
  readonly window: number;
  /** Of the values so far while there are fewer than `window`; NaN before the first, as `variance` is. */
  mean = Number.NaN;
  /** Of the population (divided by the count). */
  variance = Number.NaN;
  private readonly ring: Float64Array;
  private readonly perWindow: number;
  private at = 0;
  private full = false;
  private origin = 0;
  private sum = 0;
  private squares = 0;
  private freshOrigin = 0;
  private freshSum = 0;
  private freshSquares = 0;

  constructor(window: number) {
    this.window = window;
    this.ring = new Float64Array(window);
    this.perWindow = 1 / window;
  }

  push(value: number): void {
    const { ring, at } = this;
    if (this.full) {
      const left = ring[at]! - this.origin;
      this.sum -= left;
      this.squares -= left * left;
    } else if (at === 0) this.origin = this.freshOrigin = value;
    ring[at] = value;
    const come = value - this.origin;
    this.sum += come;
    this.squares += come * come;
    const fresh = value - this.freshOrigin;
    this.freshSum += fresh;
    this.freshSquares += fresh * fresh;
    if (at + 1 < this.window) this.at = at + 1;
    else this.turn(value);
    const share = this.full ? this.perWindow : 1 / this.at;
    const shift = this.sum * share;
    const variance = this.squares * share - shift * shift;
    this.mean = this.origin + shift;
    // rounding can leave a hair below zero where all values are equal
    this.variance = variance > 0 ? variance : 0;
  }

  private turn(value: number): void {
    this.at = 0;
    this.full = true;
    this.origin = this.freshOrigin;
    this.sum = this.freshSum;
    this.squares = this.freshSquares;
    this.freshOrigin = value;
    this.freshSum = 0;
    this.freshSquares = 0;
  }

  get ready(): boolean {
    return this.full;
  }

  get deviation(): number {
    return Math.sqrt(this.variance);
  }

  reset(): void {
    this.mean = Number.NaN;
    this.variance = Number.NaN;
    this.at = 0;
    this.full = false;
    this.sum = 0;
    this.squares = 0;
    this.freshSum = 0;
    this.freshSquares = 0;
  }
}

/**
 * Highest (`sign` 1) or lowest (`sign` −1) of the newest `window` values, in amortised constant time. The values come in
 * blocks of one window: the window is always the end of the block before and the beginning of the present one. The extreme
 * of the beginning grows as values come; those of all ends of a block are written down, backwards, when it is complete.
 * Faster on prices than a monotonic queue, whose branches depend on the path and are mispredicted (decision 0009).
 *
 * Source: M. van Herk, "A fast algorithm for local minimum and maximum filters", Pattern Recognition Letters 13(7), 1992.
 */
export class RollingExtreme {
  readonly window: number;
  /** Of the values so far while there are fewer than `window`; NaN before the first. */
  value = Number.NaN;
  private readonly sign: 1 | -1;
  /** The present block, and the extremes of the ends of the one before; all times `sign`. */
  private readonly block: Float64Array;
  private readonly ends: Float64Array;
  private readonly endsAt: Int32Array;
  private at = 0;
  private full = false;
  private begin = Number.NEGATIVE_INFINITY;
  private beginAt = 0;

  constructor(window: number, sign: 1 | -1) {
    this.window = window;
    this.sign = sign;
    this.block = new Float64Array(window);
    // before the first block is complete there is no end of one before
    this.ends = new Float64Array(window).fill(Number.NEGATIVE_INFINITY);
    this.endsAt = new Int32Array(window);
  }

  push(value: number): void {
    const { at } = this;
    const signed = this.sign * value;
    this.block[at] = signed;
    if (signed >= this.begin) {
      this.begin = signed;
      this.beginAt = at;
    }
    if (at + 1 < this.window) this.at = at + 1;
    else this.turn();
    const end = this.ends[this.at]!;
    this.value = this.sign * (end > this.begin ? end : this.begin);
  }

  private turn(): void {
    const { block, ends, endsAt } = this;
    let extreme = Number.NEGATIVE_INFINITY;
    let extremeAt = 0;
    for (let i = block.length - 1; i >= 0; i--) {
      if (block[i]! > extreme) {
        extreme = block[i]!;
        extremeAt = i;
      }
      ends[i] = extreme;
      endsAt[i] = extremeAt;
    }
    this.at = 0;
    this.full = true;
    this.begin = Number.NEGATIVE_INFINITY;
  }

  get ready(): boolean {
    return this.full;
  }

  /** How many pushes ago the extreme was last touched; 0 = by the newest value. */
  get age(): number {
    const { at } = this;
    if (this.ends[at]! > this.begin) return at + this.window - 1 - this.endsAt[at]!;
    return at - 1 - this.beginAt;
  }

  reset(): void {
    this.value = Number.NaN;
    this.at = 0;
    this.full = false;
    this.begin = Number.NEGATIVE_INFINITY;
    this.ends.fill(Number.NEGATIVE_INFINITY);
  }
}

/** The value of `lag` pushes ago. */
export class Delay {
  readonly lag: number;
  private readonly ring: Float64Array;
  private at = 0;
  private full = false;

  constructor(lag: number) {
    this.lag = lag;
    this.ring = new Float64Array(lag);
  }

  /** Takes the newest and gives the value of `lag` pushes before it; NaN while there is none. */
  push(value: number): number {
    const before = this.full ? this.ring[this.at]! : Number.NaN;
    this.ring[this.at] = value;
    if (++this.at === this.lag) {
      this.at = 0;
      this.full = true;
    }
    return before;
  }

  reset(): void {
    this.at = 0;
    this.full = false;
  }
}
