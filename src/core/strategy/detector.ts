import type { Candle } from '../candles/candle-series.ts';
import type { CandleOpinion, StrategyReading } from '../opinion.ts';
import { type Ticks, ticks } from '../units.ts';
import { Breakout, type BreakoutConfig } from './breakout.ts';
import { Range, type RangeConfig } from './range.ts';
import { Reversal, type ReversalConfig } from './reversal.ts';
import type { Strategy } from './strategy.ts';
import { Trend, type TrendConfig } from './trend.ts';

export interface StrategyConfig {
  readonly trend: TrendConfig;
  readonly range: RangeConfig;
  readonly breakout: BreakoutConfig;
  readonly reversal: ReversalConfig;
}

/**
 * Row S5: of the four strategies the one with the highest confidence, or none. Feed it each closed candle once, oldest
 * first; where the past was mended, `reset` and feed all again.
 */
export class StrategyDetector implements CandleOpinion {
  readonly trend: Trend;
  readonly range: Range;
  readonly breakout: Breakout;
  readonly reversal: Reversal;
  readonly strategies: readonly Strategy[];
  /** Null while none sees its setting. Of equal ones the earlier in `strategies`. */
  best: Strategy | null = null;
  private lastClose = 0;
  /** Candles since the last `reset`. */
  private seen = 0;

  constructor(config: StrategyConfig) {
    this.trend = new Trend(config.trend);
    this.range = new Range(config.range);
    this.breakout = new Breakout(config.breakout);
    this.reversal = new Reversal(config.reversal);
    this.strategies = [this.trend, this.range, this.breakout, this.reversal];
  }

  update(candle: Readonly<Candle>): void {
    let best: Strategy | null = null;
    let most = 0;
    for (let i = 0; i < this.strategies.length; i++) {
      const strategy = this.strategies[i]!;
      strategy.update(candle);
      if (strategy.confidence > most) {
        best = strategy;
        most = strategy.confidence;
      }
    }
    this.lastClose = candle.close;
    this.seen++;
    this.best = best;
  }

  reset(): void {
    for (const strategy of this.strategies) strategy.reset();
    this.best = null;
    this.lastClose = 0;
    this.seen = 0;
  }

  /** Of the best. */
  get name(): string {
    return this.best === null ? 'strategies' : this.best.name;
  }

  reasons(): string[] {
    return this.best === null ? [] : [`${this.best.name}: ${this.best.evidence()}`];
  }

  parts(): StrategyReading[] {
    return this.strategies.map((strategy) => ({
      name: strategy.name,
      ready: strategy.ready,
      candlesMissing: Math.max(0, strategy.candlesNeeded - this.seen),
      direction: strategy.direction,
      confidence: strategy.confidence,
      figures: strategy.figures(),
      evidence: strategy.evidence(),
    }));
  }

  get direction(): 'long' | 'short' | 'none' {
    return this.best === null ? 'none' : this.best.direction;
  }

  /** 0 while the direction is none. */
  get confidence(): number {
    return this.best === null ? 0 : this.best.confidence;
  }

  /** The nearest level below the last close that the market turned at: a low of the range's or the breakout's window. */
  get support(): Ticks | null {
    const { range, breakout, lastClose } = this;
    let nearest = -1;
    if (range.support < lastClose) nearest = range.support;
    if (breakout.support < lastClose && breakout.support > nearest) nearest = breakout.support;
    return nearest > 0 ? ticks(nearest) : null;
  }

  /** The nearest one above it. */
  get resistance(): Ticks | null {
    const { range, breakout, lastClose } = this;
    let nearest = Number.POSITIVE_INFINITY;
    if (range.resistance > lastClose) nearest = range.resistance;
    if (breakout.resistance > lastClose && breakout.resistance < nearest) nearest = breakout.resistance;
    return nearest < Number.POSITIVE_INFINITY ? ticks(nearest) : null;
  }
}
