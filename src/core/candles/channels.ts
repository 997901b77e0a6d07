import type { Candle } from './candle-series.ts';
import { RollingExtreme, RollingMoments } from './rolling.ts';

/** Donchian channel: highest high and lowest low of the newest `window` candles, in ticks. */
export class Donchian {
  readonly window: number;
  private readonly highs: RollingExtreme;
  private readonly lows: RollingExtreme;

  constructor(window: number) {
    this.window = window;
    this.highs = new RollingExtreme(window, 1);
    this.lows = new RollingExtreme(window, -1);
  }

  update(candle: Readonly<Candle>): void {
    this.highs.push(candle.high);
    this.lows.push(candle.low);
  }

  get ready(): boolean {
    return this.highs.ready;
  }

  /** NaN before the first candle, as `lower` is. */
  get upper(): number {
    return this.highs.value;
  }

  get lower(): number {
    return this.lows.value;
  }

  /** Candles since the upper edge was last touched; 0 = by the newest. */
  get upperAge(): number {
    return this.highs.age;
  }

  get lowerAge(): number {
    return this.lows.age;
  }

  reset(): void {
    this.highs.reset();
    this.lows.reset();
  }
}

/**
 * Bollinger bands: mean of the newest `window` closes, `multiple` population deviations to either side.
 *
 * Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001.
 */
export class Bollinger {
  readonly multiple: number;
  private readonly moments: RollingMoments;

  constructor(window: number, multiple: number) {
    this.moments = new RollingMoments(window);
    this.multiple = multiple;
  }

  push(close: number): void {
    this.moments.push(close);
  }

  get ready(): boolean {
    return this.moments.ready;
  }

  get middle(): number {
    return this.moments.mean;
  }

  get upper(): number {
    return this.moments.mean + this.multiple * this.moments.deviation;
  }

  get lower(): number {
    return this.moments.mean - this.multiple * this.moments.deviation;
  }

  /** (upper − lower) / middle, a fraction. */
  get width(): number {
    return (2 * this.multiple * this.moments.deviation) / this.moments.mean;
  }

  reset(): void {
    this.moments.reset();
  }
}

/**
 * How unusual a positive quantity (volume, true range) is beside those before it: the logarithm's distance from its rolling
 * mean in rolling deviations. The logarithm, because such quantities are skewed: the plain z-score of a volume is large
 * every few minutes. What is not positive counts as `floor`.
 */
export class Surge {
  private readonly floor: number;
  private readonly moments: RollingMoments;
  /** The newest logarithm less the mean of those before it, and their variance. */
  private above = 0;
  private variance = 0;

  constructor(window: number, floor: number) {
    this.moments = new RollingMoments(window);
    this.floor = floor;
  }

  /** Judged by the window before it, then added to it. */
  push(quantity: number): void {
    const value = Math.log(quantity > this.floor ? quantity : this.floor);
    const { moments } = this;
    if (moments.ready) {
      this.above = value - moments.mean;
      this.variance = moments.variance;
    }
    moments.push(value);
  }

  get ready(): boolean {
    return this.moments.ready;
  }

  /** In deviations of the logarithm; 0 where there is nothing to compare with. */
  get deviations(): number {
    // what rounding leaves of the variance of equal values is no variation
    return this.variance > 1e-18 ? this.above / Math.sqrt(this.variance) : 0;
  }

  /** The newest against the geometric mean of those before it: 3 = three times the usual. */
  get ratio(): number {
    return Math.exp(this.above);
  }

  reset(): void {
    this.moments.reset();
    this.above = 0;
    this.variance = 0;
  }
}
