import type { Candle } from '../candles/candle-series.ts';
import { Donchian } from '../candles/channels.ts';
import { Divergence } from '../candles/divergence.ts';
import { RelativeStrength } from '../candles/oscillators.ts';
import { RollingRegression } from '../candles/regression.ts';
import { Delay, RollingMoments } from '../candles/rolling.ts';
import { Chance, type ChanceTable } from './chance.ts';
import { REVERSAL_CHANCE } from './chance-tables.ts';
import type { Strategy } from './strategy.ts';

export interface ReversalConfig {
  /** Candles of the leg that is to end. */
  readonly window: number;
  /** Candles of the turn after it. */
  readonly turnWindow: number;
  /** Entries per 1,000 candles that chance alone may cause; 0 = never enter. */
  readonly falseAlarms: number;
  /** Least normalised slope of the old leg, and of the turn against it. */
  readonly legMin: number;
  readonly turnMin: number;
  readonly rsiPeriod: number;
  /** The momentum was exhausted if the RSI went within this of 0 (or of 100) at the turn. */
  readonly rsiExtreme: number;
  /** What a divergence adds to the statistic, in its deviations. */
  readonly divergenceWeight: number;
  /** The setting stands while the statistic is at least this share of what began it. */
  readonly hold: number;
}

/** Candles without a lower low that settle one. */
const SWING_SETTLE = 3;

/**
 * Row S4: a leg has ended at an extreme and the price has turned. The statistic is the change of slope from the old leg to
 * the turn, (turn − leg) / √2, each slope in deviations of that of a driftless walk; the two windows do not overlap, so it
 * is standard normal on one. A divergence between price and RSI adds to it. Asked besides: a leg and a turn that are each
 * something, the extreme of all the candles at the turn, and an RSI that had gone to its own extreme there.
 *
 * On a driftless market it enters at most `falseAlarms` times per 1,000 candles.
 */
export class Reversal implements Strategy {
  readonly name = 'reversal';
  direction: 'long' | 'short' | 'none' = 'none';
  confidence = 0;
  private readonly config: ReversalConfig;
  private readonly chance: Chance;
  private readonly leave: number;
  private readonly leg: RollingRegression;
  private readonly turn: RollingRegression;
  private readonly beforeTurn: Delay;
  private readonly steps: RollingMoments;
  private readonly band: Donchian;
  private readonly rsi: RelativeStrength;
  private readonly divergence: Divergence;
  private readonly turnAgeMax: number;
  private previous = 0;
  /** Candles since the RSI was at its extreme. */
  private sinceOversold = Number.POSITIVE_INFINITY;
  private sinceOverbought = Number.POSITIVE_INFINITY;
  private statistic = 0;
  /** The extreme that the present direction stands on, ticks. */
  private extreme = Number.NaN;

  constructor(config: ReversalConfig, chance: ChanceTable = REVERSAL_CHANCE) {
    this.config = config;
    this.chance = new Chance(chance, config.falseAlarms, config.window);
    this.leave = config.hold * this.chance.threshold;
    const whole = config.window + config.turnWindow;
    this.turnAgeMax = Math.ceil(1.5 * config.turnWindow);
    this.leg = new RollingRegression(config.window);
    this.turn = new RollingRegression(config.turnWindow);
    this.beforeTurn = new Delay(config.turnWindow);
    this.steps = new RollingMoments(whole);
    this.band = new Donchian(whole);
    this.rsi = new RelativeStrength(config.rsiPeriod);
    this.divergence = new Divergence(config.window, SWING_SETTLE);
  }

  update(candle: Readonly<Candle>): void {
    const { high, low, close } = candle;
    const before = this.beforeTurn.push(close);
    if (before > 0) this.leg.push(before);
    this.turn.push(close);
    if (this.previous > 0) this.steps.push(close - this.previous);
    this.previous = close;
    this.band.update(candle);
    this.rsi.push(close);
    const rsi = this.rsi.value;
    const { rsiExtreme } = this.config;
    this.sinceOversold = rsi <= rsiExtreme ? 0 : this.sinceOversold + 1;
    this.sinceOverbought = rsi >= 100 - rsiExtreme ? 0 : this.sinceOverbought + 1;
    this.divergence.push(low, high, rsi);
    if (!this.ready) return;
    this.decide(candle);
    this.confidence = this.direction === 'none' ? 0 : this.chance.confidence(this.statistic);
  }

  private decide(candle: Readonly<Candle>): void {
    const deviation = this.steps.deviation;
    const leg = this.leg.normalisedSlope(deviation);
    const turn = this.turn.normalisedSlope(deviation);
    // 1 = a fall that turns up
    const side = leg < 0 ? 1 : -1;
    const disagreement = side === 1 ? this.divergence.bullish : this.divergence.bearish;
    this.statistic =
      side * (turn - leg) * Math.SQRT1_2 + (disagreement > 0 ? this.config.divergenceWeight : 0);
    const towards = side === 1 ? 'long' : 'short';
    if (this.direction !== 'none') {
      const failed = this.direction === 'long' ? candle.low < this.extreme : candle.high > this.extreme;
      if (failed || towards !== this.direction || this.statistic < this.leave) this.direction = 'none';
    }
    if (this.direction !== 'none' || this.statistic < this.chance.threshold) return;
    const { legMin, turnMin } = this.config;
    if (side * leg > -legMin || side * turn < turnMin) return;
    const age = side === 1 ? this.band.lowerAge : this.band.upperAge;
    const spent = side === 1 ? this.sinceOversold : this.sinceOverbought;
    if (age > this.turnAgeMax || spent > this.turnAgeMax) return;
    this.direction = towards;
    this.extreme = side === 1 ? this.band.lower : this.band.upper;
  }

  get candlesNeeded(): number {
    return 1 + Math.max(this.config.window + this.config.turnWindow, this.config.rsiPeriod);
  }

  get ready(): boolean {
    return this.steps.ready && this.leg.ready && this.rsi.ready;
  }

  figures(): Readonly<Record<string, number>> {
    if (!this.ready) return {};
    const deviation = this.steps.deviation;
    return {
      slopeChange: this.statistic,
      threshold: this.chance.threshold,
      legSlope: this.leg.normalisedSlope(deviation),
      turnSlope: this.turn.normalisedSlope(deviation),
      rsi: this.rsi.value,
      candlesSinceOversold: this.sinceOversold,
      candlesSinceOverbought: this.sinceOverbought,
      bullishDivergence: this.divergence.bullish,
      bearishDivergence: this.divergence.bearish,
      candlesSinceLow: this.band.lowerAge,
      candlesSinceHigh: this.band.upperAge,
    };
  }

  evidence(): string {
    if (!this.ready) return 'too few candles for a reversal';
    const deviation = this.steps.deviation;
    const leg = this.leg.normalisedSlope(deviation);
    const turn = this.turn.normalisedSlope(deviation);
    const disagreement = leg < 0 ? this.divergence.bullish : this.divergence.bearish;
    return `leg ${leg.toFixed(1)}, turn ${turn.toFixed(1)} deviations of a random walk: change of slope ${this.statistic.toFixed(1)} (from ${this.chance.threshold.toFixed(1)} a reversal), RSI ${this.rsi.value.toFixed(0)}, ${this.exhausted(leg)}, ${disagreement > 0 ? `divergence of ${disagreement.toFixed(0)} points` : 'no divergence'}`;
  }

  private exhausted(leg: number): string {
    const since = leg < 0 ? this.sinceOversold : this.sinceOverbought;
    const extreme = leg < 0 ? this.config.rsiExtreme : 100 - this.config.rsiExtreme;
    return since === Number.POSITIVE_INFINITY ? `never at ${extreme}` : `at ${extreme} ${since} candles ago`;
  }

  reset(): void {
    this.leg.reset();
    this.turn.reset();
    this.beforeTurn.reset();
    this.steps.reset();
    this.band.reset();
    this.rsi.reset();
    this.sinceOversold = Number.POSITIVE_INFINITY;
    this.sinceOverbought = Number.POSITIVE_INFINITY;
    this.divergence.reset();
    this.previous = 0;
    this.statistic = 0;
    this.extreme = Number.NaN;
    this.direction = 'none';
    this.confidence = 0;
  }
}
