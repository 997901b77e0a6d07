import type { OrderBook } from '../../../core/book/order-book.ts';
import type { Detector } from '../../../core/brain/detector.ts';
import { RANGE, TREND_DOWN, TREND_UP, VOLATILE } from '../../../core/brain/regime/model.ts';
import type { Us } from '../../../core/units.ts';

export interface AdxAtrConfig {
  /** Wilder's period, minutes. */
  readonly period: number;
  /** A trend from this ADX on, 0…100. */
  readonly trendFrom: number;
  /** Volatile from so many times the mean ATR so far. */
  readonly volatileFrom: number;
}

/** What found most on the seeds that the detector was fitted on (`bench/fit-regime.ts`). */
export const ADX_ATR: AdxAtrConfig = { period: 5, trendFrom: 40, volatileFrom: 1.4 };

const MINUTE_S = 60;

/**
 * The rule of the textbooks: volatile when the average true range is high, a trend when the directional index is, else a
 * range. Candles of one minute, from the mid at whole seconds. Source: J. Welles Wilder, "New Concepts in Technical Trading
 * Systems", 1978.
 */
export class AdxAtr implements Detector {
  readonly name = 'ADX and ATR';
  readonly score = 0;
  readonly likelihood = 0;
  /** By `REGIMES`; −1 before there is a word. */
  word = -1;
  private readonly config: AdxAtrConfig;
  private readonly book: OrderBook | null;
  private minute = -1;
  private second = -1;
  private high = 0;
  private low = 0;
  private close = 0;
  private candles = 0;
  private lastHigh = 0;
  private lastLow = 0;
  private lastClose = 0;
  private range = 0;
  private up = 0;
  private down = 0;
  private index = 0;
  private rangeSum = 0;
  private ranges = 0;

  constructor(book: OrderBook | null, config: AdxAtrConfig = ADX_ATR) {
    this.book = book;
    this.config = config;
  }

  onTrade(): void {}

  onBook(at: Us): void {
    const { book } = this;
    const second = Math.floor(at / 1_000_000);
    if (book === null || !book.twoSided || second === this.second) return;
    this.second = second;
    this.see(second, book.mid);
  }

  /** The mid at a whole second, since 1970. */
  see(second: number, mid: number): void {
    const minute = Math.floor(second / MINUTE_S);
    if (minute !== this.minute) {
      if (this.minute >= 0) this.closeCandle();
      this.minute = minute;
      this.high = mid;
      this.low = mid;
    }
    this.high = Math.max(this.high, mid);
    this.low = Math.min(this.low, mid);
    this.close = mid;
  }

  reading(): this {
    return this;
  }

  figures(): Record<string, number> {
    return { adx: this.index, atrTicks: this.range };
  }

  evidence(): string {
    return `ADX ${this.index.toFixed(0)}`;
  }

  reset(): void {
    this.word = -1;
    this.minute = -1;
    this.second = -1;
    this.candles = 0;
    this.range = 0;
    this.up = 0;
    this.down = 0;
    this.index = 0;
    this.rangeSum = 0;
    this.ranges = 0;
  }

  private closeCandle(): void {
    const { period, trendFrom, volatileFrom } = this.config;
    if (this.candles > 0) {
      const rise = this.high - this.lastHigh;
      const fall = this.lastLow - this.low;
      const range = Math.max(
        this.high - this.low,
        Math.abs(this.high - this.lastClose),
        Math.abs(this.low - this.lastClose),
      );
      // Wilder's smoothing, begun with the plain mean
      const share = 1 / Math.min(this.candles, period);
      this.range += share * (range - this.range);
      this.up += share * ((rise > fall && rise > 0 ? rise : 0) - this.up);
      this.down += share * ((fall > rise && fall > 0 ? fall : 0) - this.down);
      const both = this.up + this.down;
      const directed = both > 0 ? (100 * Math.abs(this.up - this.down)) / both : 0;
      if (this.candles >= period)
        this.index += (directed - this.index) / Math.min(this.candles - period + 1, period);
      this.rangeSum += this.range;
      this.ranges += 1;
      if (this.candles >= 2 * period - 1)
        this.word =
          this.range >= (volatileFrom * this.rangeSum) / this.ranges
            ? VOLATILE
            : this.index < trendFrom
              ? RANGE
              : this.up > this.down
                ? TREND_UP
                : TREND_DOWN;
    }
    this.candles += 1;
    this.lastHigh = this.high;
    this.lastLow = this.low;
    this.lastClose = this.close;
  }
}
