import type { Candle } from '../candles/candle-series.ts';
import { RollingRegression } from '../candles/regression.ts';
import { RollingMoments } from '../candles/rolling.ts';
import { Band } from './band.ts';
import { Chance, type ChanceTable } from './chance.ts';
import { RANGE_CHANCE } from './chance-tables.ts';
import type { Strategy } from './strategy.ts';

export interface RangeConfig {
  /** Candles in the band. */
  readonly window: number;
  /** Entries per 1,000 candles that a market without any band may cause; 0 = never enter. */
  readonly falseAlarms: number;
  /** Width of the zones at support and resistance in which to enter, as a share of the band. */
  readonly edge: number;
  /** A line that explains more of the variance than this is a trend, not a range. */
  readonly rSquaredMax: number;
  /** Candles of the recent volatility. */
  readonly volatilityWindow: number;
  /** Recent volatility over that of the whole window: above this the band is about to break. */
  readonly volatilityRatioMax: number;
  /** The range stands while its tightness is at least this share of what began it. */
  readonly hold: number;
}

/**
 * Row S2: the price is held between support and resistance: buy near the one, sell near the other, until the middle of the
 * band. The statistic is the band's tightness beside a random walk's (`Band`). A weak trend (R²) and no rise in volatility are
 * asked besides. The band is that of the candles before the newest, so that a break is not an edge.
 *
 * On a driftless market it enters at most `falseAlarms` times per 1,000 candles.
 */
export class Range implements Strategy {
  readonly name = 'range';
  direction: 'long' | 'short' | 'none' = 'none';
  confidence = 0;
  /** Where the close lies in the band of the candles before it: 0 = support, 1 = resistance; outside beyond. */
  position = Number.NaN;
  private readonly config: RangeConfig;
  private readonly chance: Chance;
  private readonly leave: number;
  private readonly band: Band;
  private readonly line: RollingRegression;
  private readonly recent: RollingMoments;
  private tightness = 0;
  private previous = 0;

  constructor(config: RangeConfig, chance: ChanceTable = RANGE_CHANCE) {
    this.config = config;
    this.chance = new Chance(chance, config.falseAlarms, config.window);
    this.leave = config.hold * this.chance.threshold;
    this.band = new Band(config.window);
    this.line = new RollingRegression(config.window);
    this.recent = new RollingMoments(config.volatilityWindow);
  }

  update(candle: Readonly<Candle>): void {
    const { close } = candle;
    const { band } = this;
    const { ready } = band;
    const { lower } = band;
    const width = band.upper - lower;
    this.tightness = band.tightness;
    band.update(candle);
    this.line.push(close);
    if (this.previous > 0) this.recent.push(close - this.previous);
    this.previous = close;
    if (!ready) return;
    this.position = width > 0 ? (close - lower) / width : Number.NaN;
    this.decide();
    this.confidence = this.direction === 'none' ? 0 : this.chance.confidence(this.tightness);
  }

  private decide(): void {
    const { position, tightness } = this;
    if (this.direction !== 'none') {
      const way = this.direction === 'long' ? position : 1 - position;
      // at the middle the trade is done, outside it was wrong
      if (!(way >= 0 && way < 0.5) || tightness < this.leave) this.direction = 'none';
    }
    if (this.direction !== 'none' || tightness < this.chance.threshold) return;
    const { edge, rSquaredMax, volatilityRatioMax } = this.config;
    const low = position >= 0 && position <= edge;
    const high = position <= 1 && position >= 1 - edge;
    if ((low || high) && this.line.rSquared <= rSquaredMax && this.volatilityRatio <= volatilityRatioMax)
      this.direction = low ? 'long' : 'short';
  }

  get candlesNeeded(): number {
    return 1 + Math.max(this.config.window, this.config.volatilityWindow);
  }

  get ready(): boolean {
    return this.band.ready && this.recent.ready;
  }

  /** Lowest low of the window with the newest candle, ticks; NaN before the first. */
  get support(): number {
    return this.band.lower;
  }

  get resistance(): number {
    return this.band.upper;
  }

  private get volatilityRatio(): number {
    const whole = this.band.stepDeviation;
    return whole > 0 ? this.recent.deviation / whole : 1;
  }

  figures(): Readonly<Record<string, number>> {
    if (!this.ready) return {};
    return {
      tightness: this.tightness,
      threshold: this.chance.threshold,
      supportTicks: this.support,
      resistanceTicks: this.resistance,
      position: this.position,
      rSquared: this.line.rSquared,
      volatilityRatio: this.volatilityRatio,
      stepDeviationTicks: this.band.stepDeviation,
    };
  }

  evidence(): string {
    if (!this.ready) return 'too few candles for a range';
    return `band ${this.tightness.toFixed(2)} × tighter than a random walk’s (from ${this.chance.threshold.toFixed(2)} a range), price at ${(100 * this.position).toFixed(0)} % of it, R² ${this.line.rSquared.toFixed(2)} (at most ${this.config.rSquaredMax}), recent volatility ${this.volatilityRatio.toFixed(2)} × the whole window’s`;
  }

  reset(): void {
    this.band.reset();
    this.line.reset();
    this.recent.reset();
    this.previous = 0;
    this.tightness = 0;
    this.position = Number.NaN;
    this.direction = 'none';
    this.confidence = 0;
  }
}
