import type { Candle } from '../candles/candle-series.ts';
import { Momentum } from '../candles/oscillators.ts';
import { RollingRegression } from '../candles/regression.ts';
import { RollingMoments } from '../candles/rolling.ts';
import { Chance, type ChanceTable } from './chance.ts';
import { TREND_CHANCE } from './chance-tables.ts';
import type { Strategy } from './strategy.ts';

export interface TrendConfig {
  /** Candles in the regression. */
  readonly window: number;
  /** Entries per 1,000 candles that a market without any trend may cause; 0 = never enter. */
  readonly falseAlarms: number;
  /** Least share of the variance that the line must explain. */
  readonly rSquaredMin: number;
  /** Candles over which the price must have gone the trend's way of late. */
  readonly momentumWindow: number;
  /** The trend stands while the normalised slope is at least this share of what began it. */
  readonly hold: number;
}

/**
 * Row S1: the closes rise or fall along a line. The statistic is the regression's slope in deviations of the slope of a
 * driftless walk (`RollingRegression.normalisedSlope`); R² must be high besides, and the newest candles must confirm.
 * It ends when the slope has faded, or when the newest candles go against it by more than chance does.
 *
 * On a driftless market it enters at most `falseAlarms` times per 1,000 candles.
 */
export class Trend implements Strategy {
  readonly name = 'trend';
  direction: 'long' | 'short' | 'none' = 'none';
  confidence = 0;
  private readonly config: TrendConfig;
  private readonly chance: Chance;
  private readonly leave: number;
  private readonly line: RollingRegression;
  private readonly steps: RollingMoments;
  private readonly momentum: Momentum;
  private readonly momentumOfWalk: number;
  private previous = 0;

  constructor(config: TrendConfig, chance: ChanceTable = TREND_CHANCE) {
    this.config = config;
    this.chance = new Chance(chance, config.falseAlarms, config.window);
    this.leave = config.hold * this.chance.threshold;
    this.line = new RollingRegression(config.window);
    this.steps = new RollingMoments(config.window);
    this.momentum = new Momentum(config.momentumWindow);
    this.momentumOfWalk = Math.sqrt(config.momentumWindow);
  }

  update(candle: Readonly<Candle>): void {
    const { close } = candle;
    this.line.push(close);
    if (this.previous > 0) this.steps.push(close - this.previous);
    this.previous = close;
    this.momentum.push(close);
    if (!this.steps.ready) return;
    const slope = this.normalisedSlope;
    const strength = Math.abs(slope);
    const towards = slope > 0 ? 'long' : 'short';
    if (
      this.direction !== 'none' &&
      (towards !== this.direction || strength < this.leave || this.turned(slope))
    )
      this.direction = 'none';
    if (
      this.direction === 'none' &&
      strength >= this.chance.threshold &&
      this.momentum.value * slope > 0 &&
      this.line.rSquared >= this.config.rSquaredMin
    )
      this.direction = towards;
    this.confidence = this.direction === 'none' ? 0 : this.chance.confidence(strength);
  }

  /** The newest candles went against the slope by more than a walk's one deviation. */
  private turned(slope: number): boolean {
    const against = slope > 0 ? -this.momentum.value : this.momentum.value;
    return against > this.steps.deviation * this.momentumOfWalk;
  }

  get candlesNeeded(): number {
    return 1 + Math.max(this.config.window, this.config.momentumWindow);
  }

  get ready(): boolean {
    return this.steps.ready && this.momentum.ready;
  }

  /** In deviations of the slope of a driftless walk, positive = rising. */
  get normalisedSlope(): number {
    return this.line.normalisedSlope(this.steps.deviation);
  }

  figures(): Readonly<Record<string, number>> {
    if (!this.ready) return {};
    return {
      slopeTicksPerCandle: this.line.slope,
      normalisedSlope: this.normalisedSlope,
      threshold: this.chance.threshold,
      rSquared: this.line.rSquared,
      residualDeviationTicks: this.line.residualDeviation,
      stepDeviationTicks: this.steps.deviation,
      momentumTicks: this.momentum.value,
    };
  }

  evidence(): string {
    if (!this.ready) return 'too few candles for a trend';
    const slope = this.normalisedSlope;
    const { threshold } = this.chance;
    return `${slope >= 0 ? 'rising' : 'falling'} by ${Math.abs(slope).toFixed(1)} deviations of a random walk (from ${threshold.toFixed(1)} a trend), R² ${this.line.rSquared.toFixed(2)} (at least ${this.config.rSquaredMin}), ${this.config.momentumWindow} candles ${this.momentum.value * slope > 0 ? 'confirm' : 'do not confirm'}`;
  }

  reset(): void {
    this.line.reset();
    this.steps.reset();
    this.momentum.reset();
    this.previous = 0;
    this.direction = 'none';
    this.confidence = 0;
  }
}
