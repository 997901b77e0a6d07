/**
 * Divergence between the swings of the price and an oscillator: the price made a lower low than at the swing before, the
 * oscillator a higher one (bullish); mirrored for highs (bearish).
 *
 * Swings alternate: a low is settled when `settle` candles have gone by without a lower one, then the high after it is
 * looked for in the same way. So a swing is known `settle` candles late. Two lows more than `window` candles apart are not
 * compared, and a divergence is forgotten `window` candles after its newer low.
 */
export class Divergence {
  private readonly window: number;
  private readonly settle: number;
  private readonly low: Swing;
  private readonly high: Swing;
  private now = 0;
  private seeksLow = true;

  constructor(window: number, settle: number) {
    this.window = window;
    this.settle = settle;
    this.low = new Swing(-1);
    this.high = new Swing(1);
  }

  push(low: number, high: number, oscillator: number): void {
    const now = ++this.now;
    const sought = this.seeksLow ? this.low : this.high;
    const next = this.seeksLow ? this.high : this.low;
    // what comes next is looked for from the newest extreme on
    if (sought.push(this.seeksLow ? low : high, oscillator, now)) next.begin();
    else next.push(this.seeksLow ? high : low, oscillator, now);
    if (sought.age(now) < this.settle) return;
    sought.settle(this.window);
    sought.begin();
    this.seeksLow = !this.seeksLow;
  }

  /** Points of the oscillator by which the newest low lies above the one before, though the price went lower; else 0. */
  get bullish(): number {
    return this.low.disagreement(this.now, this.window);
  }

  get bearish(): number {
    return this.high.disagreement(this.now, this.window);
  }

  reset(): void {
    this.now = 0;
    this.seeksLow = true;
    this.low.reset();
    this.high.reset();
  }
}

/** The newest settled swing of one side and what may become the next; all times `sign`, so that more is further out. */
class Swing {
  private readonly sign: 1 | -1;
  private price = Number.NEGATIVE_INFINITY;
  private oscillator = 0;
  private at = 0;
  private settledPrice = Number.NaN;
  private settledOscillator = 0;
  private settledAt = Number.NEGATIVE_INFINITY;
  private lag = 0;

  constructor(sign: 1 | -1) {
    this.sign = sign;
  }

  /** Whether it is the furthest so far. */
  push(price: number, oscillator: number, now: number): boolean {
    const signed = this.sign * price;
    if (signed < this.price) return false;
    this.price = signed;
    this.oscillator = this.sign * oscillator;
    this.at = now;
    return true;
  }

  age(now: number): number {
    return now - this.at;
  }

  /** Looks for the next from here on. */
  begin(): void {
    this.price = Number.NEGATIVE_INFINITY;
  }

  settle(window: number): void {
    const further = this.price > this.settledPrice && this.at - this.settledAt <= window;
    this.lag = further ? Math.max(0, this.settledOscillator - this.oscillator) : 0;
    this.settledPrice = this.price;
    this.settledOscillator = this.oscillator;
    this.settledAt = this.at;
  }

  disagreement(now: number, window: number): number {
    return now - this.settledAt <= window ? this.lag : 0;
  }

  reset(): void {
    this.price = Number.NEGATIVE_INFINITY;
    this.at = 0;
    this.settledPrice = Number.NaN;
    this.settledAt = Number.NEGATIVE_INFINITY;
    this.lag = 0;
  }
}
