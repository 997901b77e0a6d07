/**
 * Volatility as it moves, for row T3: the standard deviation of one bar's log return, twice, with a short and a long
 * memory, both forgetting exponentially (the weight of a return halves every half-life of bars). About a mean of zero,
 * because the mean of short returns is noise. Unit: fraction of the price per bar.
 *
 * The weights are made to sum to one from the first return on, and neither figure is told before its own half-life of
 * returns has come. With a half-life of 20 bars an estimate scatters by about a tenth (1/√(2·58): 58 returns carry it).
 */
export class MovingVolatility {
  private readonly fast: DecayingSquares;
  private readonly slow: DecayingSquares;
  private previousClose = 0;

  /** Half-lives in bars. */
  constructor(halfLife: number, slowHalfLife: number) {
    this.fast = new DecayingSquares(halfLife);
    this.slow = new DecayingSquares(slowHalfLife);
  }

  /** Each closed candle once, oldest first. */
  update(candle: { readonly close: number }): void {
    if (this.previousClose > 0) {
      const change = Math.log(candle.close / this.previousClose);
      this.fast.add(change * change);
      this.slow.add(change * change);
    }
    this.previousClose = candle.close;
  }

  reset(): void {
    this.previousClose = 0;
    this.fast.reset();
    this.slow.reset();
  }

  /** As it moves now; null while not known. */
  get now(): number | null {
    return this.fast.root;
  }

  /** Its slow level; null while not known. */
  get level(): number | null {
    return this.slow.root;
  }
}

class DecayingSquares {
  private readonly halfLife: number;
  private readonly keep: number;
  private sum = 0;
  private weight = 0;
  private seen = 0;

  constructor(halfLife: number) {
    this.halfLife = halfLife;
    this.keep = 0.5 ** (1 / halfLife);
  }

  add(square: number): void {
    this.sum = this.keep * this.sum + square;
    this.weight = this.keep * this.weight + 1;
    this.seen++;
  }

  reset(): void {
    this.sum = 0;
    this.weight = 0;
    this.seen = 0;
  }

  get root(): number | null {
    return this.seen >= this.halfLife ? Math.sqrt(this.sum / this.weight) : null;
  }
}
