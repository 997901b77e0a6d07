/**
 * The only chance in the exchange: a seeded generator, so that a seed is a market and a failure can be repeated.
 *
 * Source: Chris Doty-Humphrey, PractRand, `sfc32`: 128 bits of state, passes BigCrush, no multiplication.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, stream = 0) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 2 ** 32) >>> 0;
    this.c = stream >>> 0;
    // the first outputs of neighbouring seeds resemble each other
    for (let i = 0; i < 20; i++) this.bits();
  }

  /** 32 random bits. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  uniform(): number {
    return this.bits() / 4294967296;
  }

  /** Whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Pareto with smallest value 1: the tail exponent of metaorder lengths gives order signs their long memory. */
  pareto(exponent: number): number {
    return (1 - this.uniform()) ** (-1 / exponent);
  }

  /** Number of events of a Poisson process with this many expected. Meant for small expectations. */
  poisson(expected: number): number {
    const limit = Math.exp(-expected);
    let count = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count += 1;
    return count;
  }
}
