import type { Candle } from '../candles/candle-series.ts';
import { Donchian } from '../candles/channels.ts';
import { RollingMoments } from '../candles/rolling.ts';

/** Mean of the range of a random walk over n steps of deviation 1, divided by √n: √(8/π). */
const RANGE_OF_WALK = Math.sqrt(8 / Math.PI);

/**
 * Highest high and lowest low of a window, and how tight that band is beside the one a random walk of the same steps would
 * have covered on average. Free of scale, about 1 on a random walk.
 *
 * Source: W. Feller, "The Asymptotic Distribution of the Range of Sums of Independent Random Variables", Annals of
 * Mathematical Statistics 22, 1951.
 */
export class Band {
  /** Deviation of a close-to-close step over the window, ticks. */
  stepDeviation = 0;
  /** The walk's range over the band's; 0 while the band has no width. */
  tightness = 0;
  private readonly edges: Donchian;
  private readonly steps: RollingMoments;
  private readonly walk: number;
  private previous = 0;

  constructor(window: number) {
    this.edges = new Donchian(window);
    this.steps = new RollingMoments(window);
    this.walk = RANGE_OF_WALK * Math.sqrt(window);
  }

  update(candle: Readonly<Candle>): void {
    this.edges.update(candle);
    if (this.previous > 0) {
      this.steps.push(candle.close - this.previous);
      this.stepDeviation = this.steps.deviation;
    }
    this.previous = candle.close;
    const width = this.edges.upper - this.edges.lower;
    this.tightness = width > 0 ? (this.walk * this.stepDeviation) / width : 0;
  }

  get ready(): boolean {
    return this.steps.ready;
  }

  /** Ticks; NaN before the first candle, as `lower` is. */
  get upper(): number {
    return this.edges.upper;
  }

  get lower(): number {
    return this.edges.lower;
  }

  reset(): void {
    this.edges.reset();
    this.steps.reset();
    this.previous = 0;
    this.stepDeviation = 0;
    this.tightness = 0;
  }
}
