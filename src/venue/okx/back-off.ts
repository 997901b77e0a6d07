/**
 * Exponential back-off with full jitter: the n-th wait is uniform in [0, min(cap, base·2ⁿ)], so that many clients cut
 * off at once do not return at once.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export class BackOff {
  private readonly random: () => number;
  private readonly baseMs: number;
  private readonly capMs: number;
  private attempt = 0;

  constructor(random: () => number, baseMs: number, capMs: number) {
    this.random = random;
    this.baseMs = baseMs;
    this.capMs = capMs;
  }

  /** How long to wait now, ms. */
  next(): number {
    const ceiling = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.attempt, 30));
    this.attempt++;
    return this.random() * ceiling;
  }

  reset(): void {
    this.attempt = 0;
  }

  get attempts(): number {
    return this.attempt;
  }
}
