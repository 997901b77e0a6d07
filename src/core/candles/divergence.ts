import { Delay, RollingExtreme } from './rolling.ts';

/**
 * Divergence between the pivots of the price and an oscillator at them: the price made a lower low than at the pivot
 * before, the oscillator a higher one (bullish); mirrored for highs (bearish). A pivot is a low that none of the `settle`
 * candles on either side goes below, so it is known `settle` candles late; two pivots more than `window` candles apart are
 * not compared, and a divergence is forgotten `window` candles after its newer pivot.
 */
export class Divergence {
  private readonly lows: Pivots;
  private readonly highs: Pivots;

  constructor(window: number, settle: number) {
    this.lows = new Pivots(window, settle, -1);
    this.highs = new Pivots(window, settle, 1);
  }

  push(low: number, high: number, oscillator: number): void {
    this.lows.push(low, oscillator);
    this.highs.push(high, oscillator);
  }

  /** Points of the oscillator by which the newest low lies above the one before, though the price went lower; else 0. */
  get bullish(): number {
    return this.lows.disagreement;
  }

  get bearish(): number {
    return this.highs.disagreement;
  }

  reset(): void {
    this.lows.reset();
    this.highs.reset();
  }
}

/** Pivots on one side; `sign` 1 = highs. Values are held times the sign, so that more is always further out. */
class Pivots {
  private readonly window: number;
  private readonly settle: number;
  private readonly sign: 1 | -1;
  private readonly extreme: RollingExtreme;
  private readonly oscillator: Delay;
  private now = 0;
  private price = Number.NaN;
  private reading = Number.NaN;
  private at = Number.NEGATIVE_INFINITY;
  private lag = 0;

  constructor(window: number, settle: number, sign: 1 | -1) {
    this.window = window;
    this.settle = settle;
    this.sign = sign;
    this.extreme = new RollingExtreme(2 * settle + 1, sign);
    this.oscillator = new Delay(settle);
  }

  push(price: number, oscillator: number): void {
    this.now++;
    this.extreme.push(price);
    const then = this.sign * this.oscillator.push(oscillator);
    if (!this.extreme.ready || this.extreme.age !== this.settle) return;
    const here = this.sign * this.extreme.value;
    const at = this.now - this.settle;
    const agrees = !(here > this.price && at - this.at <= this.window);
    this.lag = agrees ? 0 : Math.max(0, this.reading - then);
    this.price = here;
    this.reading = then;
    this.at = at;
  }

  get disagreement(): number {
    return this.now - this.at <= this.window ? this.lag : 0;
  }

  reset(): void {
    this.extreme.reset();
    this.oscillator.reset();
    this.now = 0;
    this.price = Number.NaN;
    this.at = Number.NEGATIVE_INFINITY;
    this.lag = 0;
  }
}
