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
