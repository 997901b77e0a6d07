import type { Candle } from './candle-series.ts';
import { RollingSum } from './rolling.ts';

/**
 * Average true range, in ticks, as Wilder defines it: the mean of the first `period` true ranges, then
 * (previous · (period − 1) + true range) / period. The first candle has no previous close, so its true range is not
 * counted (as TA-Lib does it).
 *
 * Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978.
 */
export class AverageTrueRange {
  readonly period: number;
  private previousClose = 0;
  private seen = 0;
  private sum = 0;
  private average = 0;

  constructor(period: number) {
    this.period = period;
  }

  update(candle: Readonly<Candle>): void {
    if (this.seen > 0) {
      const range = Math.max(
        candle.high - candle.low,
        Math.abs(candle.high - this.previousClose),
        Math.abs(candle.low - this.previousClose),
      );
      if (this.seen <= this.period) {
        this.sum += range;
        if (this.seen === this.period) this.average = this.sum / this.period;
      } else this.average = (this.average * (this.period - 1) + range) / this.period;
    }
    this.previousClose = candle.close;
    this.seen++;
  }

  reset(): void {
    this.previousClose = 0;
    this.seen = 0;
    this.sum = 0;
    this.average = 0;
  }

  get ready(): boolean {
    return this.seen > this.period;
  }

  /** In ticks; null until `period` true ranges are known. */
  get value(): number | null {
    return this.seen > this.period ? this.average : null;
  }
}

/** Returns that a deviation takes; each lies between two closed candles. */
export const RETURNS_MIN = 10;

/**
 * Volatility of close-to-close log returns over a window of candles, scaled to one day: the σ of rows R2, P1 and P2
 * (0.018 = 1.8 % a day). Sample standard deviation about a mean of zero, because the mean of minute returns is noise.
 */
export class RollingVolatility {
  private readonly squares: RollingSum;
  private readonly barsPerDay: number;
  private previousClose = 0;

  constructor(window: number, barMs: number) {
    this.squares = new RollingSum(window);
    this.barsPerDay = 86_400_000 / barMs;
  }

  update(candle: Readonly<Candle>): void {
    if (this.previousClose > 0) {
      const change = Math.log(candle.close / this.previousClose);
      this.squares.push(change * change);
    }
    this.previousClose = candle.close;
  }

  reset(): void {
    this.previousClose = 0;
    this.squares.reset();
  }

  /** Standard deviation of one candle's return, as a fraction; null before `RETURNS_MIN` are known. */
  get perBar(): number | null {
    if (this.squares.count < RETURNS_MIN) return null;
    // rounding can leave a hair below zero where nothing has moved
    return Math.sqrt(Math.max(0, this.squares.mean));
  }

  /** The same, scaled to a day by the square root of time. */
  get daily(): number | null {
    const bar = this.perBar;
    return bar === null ? null : bar * Math.sqrt(this.barsPerDay);
  }
}
