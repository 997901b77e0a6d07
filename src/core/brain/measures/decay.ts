/**
 * Sum with exponential forgetting: a value added `halfLifeUs` ago counts half. Forgetting is applied when the sum is
 * touched, from event times alone.
 */
export class DecayingSum {
  private readonly rate: number;
  private sum = 0;
  private at = 0;

  constructor(halfLifeUs: number) {
    this.rate = Math.LN2 / halfLifeUs;
  }

  add(value: number, at: number): void {
    this.sum = this.valueAt(at) + value;
    if (at > this.at) this.at = at;
  }

  /** A time before the last one seen is taken as that last one: received clocks can step back. */
  valueAt(at: number): number {
    const elapsed = at - this.at;
    return elapsed > 0 ? this.sum * Math.exp(-elapsed * this.rate) : this.sum;
  }

  reset(): void {
    this.sum = 0;
    this.at = 0;
  }
}

/**
 * Mean and standard deviation over time of a value that stands until it changes (a spread, a depth), with exponential
 * forgetting: each value weighs as long as it stood.
 */
export class DecayingMoments {
  private readonly rate: number;
  private weight = 0;
  private first = 0;
  private second = 0;
  private value = 0;
  private at = -1;

  constructor(halfLifeUs: number) {
    this.rate = Math.LN2 / halfLifeUs;
  }

  /** `value` stands from `at` on. */
  set(value: number, at: number): void {
    this.advance(at);
    this.value = value;
  }

  /** Takes the standing value into account up to `at`. */
  advance(at: number): void {
    if (this.at >= 0 && at > this.at) {
      const keep = Math.exp(-(at - this.at) * this.rate);
      const gain = 1 - keep;
      this.weight = this.weight * keep + gain;
      this.first = this.first * keep + gain * this.value;
      this.second = this.second * keep + gain * this.value * this.value;
    }
    if (at > this.at) this.at = at;
  }

  /** 0…1: how much of the memory is filled. */
  get filled(): number {
    return this.weight;
  }

  get mean(): number {
    return this.weight > 0 ? this.first / this.weight : this.value;
  }

  get deviation(): number {
    if (this.weight <= 0) return 0;
    const mean = this.mean;
    return Math.sqrt(Math.max(0, this.second / this.weight - mean * mean));
  }

  reset(): void {
    this.weight = 0;
    this.first = 0;
    this.second = 0;
    this.value = 0;
    this.at = -1;
  }
}

/**
 * Means over time, with exponential forgetting, of several values that stand until they change: `DecayingMoments` for many,
 * which pays for the forgetting once. Entry i is 0 until set.
 */
export class DecayingMeans {
  private readonly rate: number;
  private weight = 0;
  private readonly sums: Float64Array;
  private readonly values: Float64Array;
  private at = -1;

  constructor(halfLifeUs: number, count: number) {
    this.rate = Math.LN2 / halfLifeUs;
    this.sums = new Float64Array(count);
    this.values = new Float64Array(count);
  }

  /** Takes the standing values into account up to `at`. */
  advance(at: number): void {
    if (at <= this.at) return;
    if (this.at >= 0) {
      const keep = Math.exp((this.at - at) * this.rate);
      const gain = 1 - keep;
      const { sums, values } = this;
      this.weight = this.weight * keep + gain;
      for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! * keep + gain * values[i]!;
    }
    this.at = at;
  }

  /** From the time of the last `advance` on value `i` is this. */
  set(i: number, value: number): void {
    this.values[i] = value;
  }

  mean(i: number): number {
    return this.weight > 0 ? this.sums[i]! / this.weight : this.values[i]!;
  }

  /** 0…1: how much of the memory is filled. */
  get filled(): number {
    return this.weight;
  }

  reset(): void {
    this.weight = 0;
    this.sums.fill(0);
    this.values.fill(0);
    this.at = -1;
  }
}
