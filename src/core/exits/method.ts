import type { Instrument } from '../instrument.ts';
import type { Result } from '../result.ts';
import type { Ticks } from '../units.ts';

export const EXIT_METHODS = ['percentage', 'atr', 'volatility', 'microstructure'] as const;
export type ExitMethodName = (typeof EXIT_METHODS)[number];

export interface ExitsConfig {
  /** Rows T1 to T4, or T5 `smart`: the best of them that the data at hand allows. */
  readonly method: ExitMethodName | 'smart';
  /** Row T2: take profit at so many ATR; T3 and T4: at so many of their own unit of range. */
  readonly takeProfitAtr: number;
  /** Row T2: stop loss at so many ATR; T3 and T4: at so many of their own unit of range. */
  readonly stopLossAtr: number;
  /** Row T1: fractions of the entry price. */
  readonly takeProfitFraction: number;
  readonly stopLossFraction: number;
  /** Row T3: the unit of range is σ · √horizon, in bars. */
  readonly volatilityHorizon: number;
  /** Row T3: σ counts as at most so many times its slow level, and as at least the slow level divided by it. ≥ 1. */
  readonly volatilityBound: number;
  /** Row T4: both exits move by this fraction of the stop distance when the book leans wholly to one side. 0…0.5. */
  readonly imbalanceShift: number;
  /** Row T4: both exits move out by so many spreads. */
  readonly spreadMultiple: number;
  /** Row T4: to get behind a level the stop may move out to this multiple of its distance. ≥ 1. */
  readonly levelReach: number;
  /** Row T4: room between the level and the stop behind it, fraction of the stop distance. */
  readonly levelBuffer: number;
  /** Row T4: what counts as a level in the book: `LevelRule` of `levels.ts`. */
  readonly levelBandBp: number;
  readonly levelBands: number;
  readonly levelMultiple: number;
  /** Row T6: reward to risk below this is mended or refused. */
  readonly rewardRiskMin: number;
  /** Row T6: what it is mended to. */
  readonly rewardRiskDefault: number;
  /** True: move the take profit out to keep the ratio; false: refuse the trade. */
  readonly moveTakeProfit: boolean;
  /** The take profit must lie at least this many round-trip costs (two taker fees and the spread) away. */
  readonly costMultipleMin: number;
}

/** What is known when an entry is considered. `null` = not known; a method that needs it is then not available. */
export interface ExitContext {
  readonly direction: 'long' | 'short';
  /** The price that distances are measured from. */
  readonly entry: Ticks;
  /** Average true range of one bar, ticks. */
  readonly atr: number | null;
  /** Standard deviation of one bar's return, as it moves now, fraction of the price. */
  readonly sigma: number | null;
  /** Its slow level, same unit. */
  readonly sigmaLong: number | null;
  /** Ticks. */
  readonly spread: number;
  /** Depth imbalance, −1…1; positive = more resting buyers. */
  readonly imbalance: number | null;
  /** Levels below and above that price is thought to turn at, ticks, in any order. */
  readonly supports: readonly number[];
  readonly resistances: readonly number[];
  /** Two taker fees and the spread, fraction of the price. */
  readonly roundTripCost: number;
}

/** How far from the entry the exits should lie, in fractional ticks, before ratio, costs and grid. */
export interface Distances {
  /** To the take profit. */
  readonly reward: number;
  /** To the stop loss. */
  readonly risk: number;
  readonly note: string;
}

/** Refused with the words for what is missing. */
export type ExitMethod = (
  config: ExitsConfig,
  instrument: Instrument,
  context: ExitContext,
) => Result<Distances, string>;

/** A figure that says something: ranges and deviations of zero are those of a market that stands still. */
export const known = (value: number | null): value is number =>
  value !== null && Number.isFinite(value) && value > 0;
