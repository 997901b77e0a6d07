import type { Candle } from '../candles/candle-series.ts';
import { Surge } from '../candles/channels.ts';
import { AverageTrueRange } from '../candles/indicators.ts';
import { Band } from './band.ts';
import { Chance, type ChanceTable } from './chance.ts';
import { BREAKOUT_CHANCE } from './chance-tables.ts';
import type { Strategy } from './strategy.ts';

export interface BreakoutConfig {
  /** Candles whose highest high and lowest low are the levels, and with whose volume and range the newest is compared. */
  readonly window: number;
  /** Entries per 1,000 candles that chance alone may cause; 0 = never enter. */
  readonly falseAlarms: number;
  readonly atrPeriod: number;
  /** How far beyond the level a close must lie, in ATR. */
  readonly margin: number;
  /** How tight the band before the break must be beside a random walk's: 1 = as that on average. */
  readonly tightnessMin: number;
  /** Least surge of volume, and of true range, each in deviations. */
  readonly surgeMin: number;
  /** So many candles after the break must close beyond the level before it is believed. */
  readonly confirmCandles: number;
  /** A break is acted on for so many candles. */
  readonly holdCandles: number;
}

/**
 * Row S3: a close out of a tight band, beyond support or resistance by a margin, on a surge of volume and a widened true
 * range. The statistic is the two surges together, (volume + range) / √2, each in deviations of the logarithm from the window before. Wicks do not
 * count, and the next `confirmCandles` candles must close beyond the level too: most false breaks return at once. The
 * setting ends when a close returns inside, or after `holdCandles`.
 *
 * Where prices wander and volumes surge by chance it enters at most `falseAlarms` times per 1,000 candles.
 */
export class Breakout implements Strategy {
  readonly name = 'breakout';
  direction: 'long' | 'short' | 'none' = 'none';
  confidence = 0;
  /** The level that broke, ticks; NaN while none has. */
  level = Number.NaN;
  private readonly config: BreakoutConfig;
  private readonly chance: Chance;
  private readonly band: Band;
  private readonly volume: Surge;
  private readonly range: Surge;
  private readonly atr: AverageTrueRange;
  private previous = 0;
  /** Side of the break, believed or not: 1 = up. */
  private side: 1 | -1 | 0 = 0;
  private strength = 0;
  /** Candles since the break. */
  private age = 0;

  constructor(config: BreakoutConfig, chance: ChanceTable = BREAKOUT_CHANCE) {
    this.config = config;
    this.chance = new Chance(chance, config.falseAlarms, config.window);
    this.band = new Band(config.window);
    this.volume = new Surge(config.window, 1);
    this.range = new Surge(config.window, 1);
    this.atr = new AverageTrueRange(config.atrPeriod);
  }

  update(candle: Readonly<Candle>): void {
    const { high, low, close } = candle;
    const { upper, lower, tightness } = this.band;
    const judged = this.ready;
    const before = this.previous;
    const margin = close > upper || close < lower ? this.config.margin * (this.atr.value ?? 0) : 0;
    this.band.update(candle);
    this.volume.push(candle.volume);
    this.range.push(before > 0 ? Math.max(high, before) - Math.min(low, before) : high - low);
    this.atr.update(candle);
    this.previous = close;
    if (!judged) return;
    if (this.side !== 0) this.follow(close);
    const side = close > upper + margin ? 1 : close < lower - margin ? -1 : 0;
    if (side === 0 || side === this.side || tightness < this.config.tightnessMin || !this.surges) return;
    this.forget();
    this.side = side;
    this.level = side === 1 ? upper : lower;
    this.strength = this.surge;
    this.age = 0;
    if (this.config.confirmCandles === 0) this.believe();
  }

  private follow(close: number): void {
    this.age++;
    const { confirmCandles, holdCandles } = this.config;
    if (this.side * (close - this.level) <= 0 || this.age > confirmCandles + holdCandles) this.forget();
    else if (this.age === confirmCandles) this.believe();
  }

  private believe(): void {
    this.direction = this.side === 1 ? 'long' : 'short';
    this.confidence = this.chance.confidence(this.strength);
  }

  private forget(): void {
    this.side = 0;
    this.level = Number.NaN;
    this.direction = 'none';
    this.confidence = 0;
  }

  private get surges(): boolean {
    const { surgeMin } = this.config;
    return (
      this.volume.deviations >= surgeMin &&
      this.range.deviations >= surgeMin &&
      this.surge >= this.chance.threshold
    );
  }

  private get surge(): number {
    return (this.volume.deviations + this.range.deviations) * Math.SQRT1_2;
  }

  get candlesNeeded(): number {
    return 1 + Math.max(this.config.window, this.config.atrPeriod);
  }

  get ready(): boolean {
    return this.band.ready && this.range.ready && this.atr.ready;
  }

  /** The level broken upwards while it holds, else the lowest low of the window; ticks, NaN before the first candle. */
  get support(): number {
    return this.side === 1 ? this.level : this.band.lower;
  }

  get resistance(): number {
    return this.side === -1 ? this.level : this.band.upper;
  }

  figures(): Readonly<Record<string, number>> {
    if (!this.ready) return {};
    return {
      surge: this.surge,
      threshold: this.chance.threshold,
      volumeSurgeDeviations: this.volume.deviations,
      volumeRatio: this.volume.ratio,
      rangeSurgeDeviations: this.range.deviations,
      rangeRatio: this.range.ratio,
      supportTicks: this.band.lower,
      resistanceTicks: this.band.upper,
      tightness: this.band.tightness,
      ...(this.side !== 0 && {
        brokenLevelTicks: this.level,
        breakSurge: this.strength,
        candlesSinceBreak: this.age,
      }),
    };
  }

  evidence(): string {
    if (!this.ready) return 'too few candles for a breakout';
    const surge = `volume ${this.volume.ratio.toFixed(1)} ×, range ${this.range.ratio.toFixed(1)} × the usual`;
    if (this.side === 0)
      return `no level broken; ${surge}, surge ${this.surge.toFixed(1)} (from ${this.chance.threshold.toFixed(1)} a breakout)`;
    return `${this.side === 1 ? 'resistance' : 'support'} broken ${this.age} candles ago on a surge of ${this.strength.toFixed(1)} (from ${this.chance.threshold.toFixed(1)}), ${this.direction === 'none' ? 'not yet confirmed' : 'confirmed'}; now ${surge}`;
  }

  reset(): void {
    this.band.reset();
    this.volume.reset();
    this.range.reset();
    this.atr.reset();
    this.previous = 0;
    this.strength = 0;
    this.age = 0;
    this.forget();
  }
}
