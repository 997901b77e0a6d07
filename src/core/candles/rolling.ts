/**
 * Sums over the newest `window` values, in constant time and without drift.
 *
 * A rolling sum that adds what comes and subtracts what leaves keeps every rounding error it ever made. Here a second sum
 * is started afresh with each pass over the ring: when the pass ends it covers exactly the window, and takes the place of
 * the first. An error lives for at most one window, no candle pays for a re-summation, and values are held as differences
 * from a recent one, so that prices far from zero lose no digits. Of whole numbers (ticks, lots) the sums are exact.
 */
export class RollingMoments {
  readonly window: number;
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
    if (at + 1 < ring.length) {
      this.at = at + 1;
      return;
    }
    this.at = 0;
    this.full = true;
    this.origin = this.freshOrigin;
    this.sum = this.freshSum;
    this.squares = this.freshSquares;
    this.freshOrigin = value;
    this.freshSum = 0;
    this.freshSquares = 0;
  }

  /** As many values have come as the window holds; before that, `mean` and `variance` speak of those that have. */
  get ready(): boolean {
    return this.full;
  }

  get count(): number {
    return this.full ? this.window : this.at;
  }

  /** NaN before the first value. */
  get mean(): number {
    return this.full ? this.origin + this.sum * this.perWindow : this.origin + this.sum / this.at;
  }

  /** Of the population (divided by the count); NaN before the first value. */
  get variance(): number {
    const share = this.full ? this.perWindow : 1 / this.at;
    const mean = this.sum * share;
    const variance = this.squares * share - mean * mean;
    // rounding can leave a hair below zero where all values are equal
    return variance < 0 ? 0 : variance;
  }

  get deviation(): number {
    return Math.sqrt(this.variance);
  }

  /** The value that the next `push` drops; only once `ready`. */
  get oldest(): number {
    return this.ring[this.at]!;
  }

  reset(): void {
    this.at = 0;
    this.full = false;
    this.sum = 0;
    this.squares = 0;
    this.freshSum = 0;
    this.freshSquares = 0;
  }
}

/**
 * Highest (`sign` 1) or lowest (`sign` −1) of the newest `window` values, amortised constant time: a value that a later
 * one reaches or passes can never be the extreme again and is dropped, so what waits is sorted, and its head is the
 * extreme. Each value enters and leaves once.
 *
 * Source: D. Lemire, "Streaming Maximum-Minimum Filter Using No More than Three Comparisons per Element", 2006.
 */
export class RollingExtreme {
  readonly window: number;
  private readonly sign: 1 | -1;
  private readonly values: Float64Array;
  /** When each came, in pushes. */
  private readonly times: Float64Array;
  private readonly mask: number;
  private head = 0;
  private tail = 0;
  private now = 0;

  constructor(window: number, sign: 1 | -1) {
    this.window = window;
    this.sign = sign;
    const capacity = 2 ** Math.ceil(Math.log2(window + 1));
    this.values = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
    this.mask = capacity - 1;
  }

  push(value: number): void {
    const { values, times, mask, head } = this;
    const signed = this.sign * value;
    let tail = this.tail;
    while (tail > head && values[(tail - 1) & mask]! <= signed) tail--;
    values[tail & mask] = signed;
    times[tail & mask] = this.now;
    if (times[head & mask]! <= this.now - this.window) this.head = head + 1;
    this.tail = tail + 1;
    this.now++;
    // the bit masks need whole numbers below 2³¹
    if (this.tail > 0x3fff_ffff) {
      const turns = this.head - (this.head & mask);
      this.head -= turns;
      this.tail -= turns;
    }
  }

  get ready(): boolean {
    return this.now >= this.window;
  }

  /** NaN before the first value. */
  get value(): number {
    return this.tail > this.head ? this.sign * this.values[this.head & this.mask]! : Number.NaN;
  }

  /** How many pushes ago the extreme was last touched; 0 = the newest value. */
  get age(): number {
    return this.now - 1 - this.times[this.head & this.mask]!;
  }

  reset(): void {
    this.head = 0;
    this.tail = 0;
    this.now = 0;
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
