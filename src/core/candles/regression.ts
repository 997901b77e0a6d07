/**
 * Straight line through the newest `window` values by least squares, against 0, 1 … window − 1, in constant time. Sums are
 * kept as `RollingMoments` keeps them: fresh after each pass over the ring, differences from a recent value, exact for
 * whole numbers.
 */
export class RollingRegression {
  readonly window: number;
  /** Rise per value; means nothing before `ready`, as all figures here. */
  slope = 0;
  /** Sum of squares of the times about their mean: n(n² − 1) / 12. */
  private readonly timeSquares: number;
  private readonly perTimeSquares: number;
  /** Standard deviation of the slope, per unit deviation of one step, were the values a random walk. */
  private readonly slopeOfWalk: number;
  private readonly ring: Float64Array;
  private at = 0;
  private full = false;
  private origin = 0;
  private sum = 0;
  private squares = 0;
  private products = 0;
  private freshOrigin = 0;
  private freshSum = 0;
  private freshSquares = 0;
  private freshProducts = 0;

  constructor(window: number) {
    this.window = window;
    this.timeSquares = (window * (window * window - 1)) / 12;
    this.perTimeSquares = 1 / this.timeSquares;
    this.slopeOfWalk = Math.sqrt((1.2 * (window * window + 1)) / (window * (window * window - 1)));
    this.ring = new Float64Array(window);
  }

  push(value: number): void {
    const { ring, at } = this;
    let come: number;
    if (this.full) {
      const left = ring[at]! - this.origin;
      come = value - this.origin;
      // all that stay move one place towards 0; what leaves was at 0
      this.products += (ring.length - 1) * come - (this.sum - left);
      this.sum += come - left;
      this.squares += come * come - left * left;
    } else {
      if (at === 0) this.origin = this.freshOrigin = value;
      come = value - this.origin;
      this.products += at * come;
      this.sum += come;
      this.squares += come * come;
    }
    ring[at] = value;
    const fresh = value - this.freshOrigin;
    this.freshSum += fresh;
    this.freshSquares += fresh * fresh;
    this.freshProducts += at * fresh;
    if (at + 1 < this.window) this.at = at + 1;
    else this.turn(value);
    this.slope = this.covariance * this.perTimeSquares;
  }

  private turn(value: number): void {
    this.at = 0;
    this.full = true;
    this.origin = this.freshOrigin;
    this.sum = this.freshSum;
    this.squares = this.freshSquares;
    this.products = this.freshProducts;
    this.freshOrigin = value;
    this.freshSum = 0;
    this.freshSquares = 0;
    this.freshProducts = 0;
  }

  get ready(): boolean {
    return this.full;
  }

  /** The line's height at the newest value. */
  get end(): number {
    return this.origin + this.sum / this.window + (this.slope * (this.window - 1)) / 2;
  }

  /** Share of the variance that the line explains, 0…1; 0 where nothing varies. */
  get rSquared(): number {
    const total = this.total;
    if (total <= 0) return 0;
    const { covariance } = this;
    return Math.min(1, (covariance * covariance) / (this.timeSquares * total));
  }

  /** Standard deviation about the line, n − 2 degrees of freedom. */
  get residualDeviation(): number {
    const { covariance } = this;
    const rest = this.total - (covariance * covariance) / this.timeSquares;
    return rest > 0 ? Math.sqrt(rest / (this.window - 2)) : 0;
  }

  /**
   * Slope in standard deviations of the slope that a driftless random walk would have, given the deviation of one of its
   * steps: standard normal where there is no trend. The usual t-statistic is of no use for prices: it takes residuals for
   * independent, and calls nearly every random walk a trend.
   *
   * Source of the variance, 6/5 · σ² · (n² + 1) / (n · (n² − 1)): that of a weighted sum of the walk's steps; the limit
   * 6/(5n) is in S. Durlauf, P. Phillips, "Trends versus Random Walks in Time Series Analysis", Econometrica 56(6), 1988.
   */
  normalisedSlope(stepDeviation: number): number {
    return stepDeviation > 0 ? this.slope / (stepDeviation * this.slopeOfWalk) : 0;
  }

  /** Σ (time − mean time) · value. */
  private get covariance(): number {
    return this.products - ((this.window - 1) / 2) * this.sum;
  }

  /** Σ (value − mean)². */
  private get total(): number {
    return this.squares - (this.sum * this.sum) / this.window;
  }

  reset(): void {
    this.slope = 0;
    this.at = 0;
    this.full = false;
    this.sum = 0;
    this.squares = 0;
    this.products = 0;
    this.freshSum = 0;
    this.freshSquares = 0;
    this.freshProducts = 0;
  }
}
