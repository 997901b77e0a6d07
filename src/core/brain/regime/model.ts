import { EVEN_NAMES, ODD_NAMES } from './features.ts';

export const REGIMES = ['range', 'trend up', 'trend down', 'volatile'] as const;
export type RegimeName = (typeof REGIMES)[number];
export const RANGE = 0;
export const TREND_UP = 1;
export const TREND_DOWN = 2;
export const VOLATILE = 3;

/**
 * Log odds against `range`, linear in the features: of a volatile market, of a trend, and of its direction (added for up,
 * taken away for down), so that the mirrored market has the mirrored odds. Features by name; one that is not named counts 0.
 */
export interface OddsWeights {
  readonly trendBias: number;
  readonly volatileBias: number;
  /** [of a trend, of a volatile market] */
  readonly even: Readonly<Record<string, readonly [number, number]>>;
  readonly odd: Readonly<Record<string, number>>;
}

/** The hidden state between two seconds, and how much of what a second says is news after the one before. */
export interface FilterTerms {
  /** Chance a second that the regime changes. */
  readonly hazard: number;
  /** Power of the evidence: neighbouring seconds share most of theirs. */
  readonly evidence: number;
}

/** A way to read the regime: from features that remember so long at most. */
export interface RegimeHorizon {
  readonly name: string;
  readonly odds: OddsWeights;
  readonly filter: FilterTerms;
}

/** All that was fitted. */
export interface RegimeModel {
  readonly version: number;
  /** On what, in words. */
  readonly fittedOn: string;
  /** From what was seen alone. Shortest first; the last is the detector's own word. */
  readonly horizons: readonly RegimeHorizon[];
  /** The same where candles say what is usual here. */
  readonly withPast: readonly RegimeHorizon[];
}

/** `OddsWeights` as arrays in the features' order. */
export class Odds {
  private readonly trendBias: number;
  private readonly volatileBias: number;
  private readonly trend: Float64Array;
  private readonly volatile: Float64Array;
  private readonly direction: Float64Array;

  constructor({ trendBias, volatileBias, even, odd }: OddsWeights) {
    this.trendBias = trendBias;
    this.volatileBias = volatileBias;
    this.trend = Float64Array.from(EVEN_NAMES, (name) => even[name]?.[0] ?? 0);
    this.volatile = Float64Array.from(EVEN_NAMES, (name) => even[name]?.[1] ?? 0);
    this.direction = Float64Array.from(ODD_NAMES, (name) => odd[name] ?? 0);
  }

  /** Log odds of each regime against `range`, into `out`. */
  of(even: Float64Array, odd: Float64Array, out: Float64Array): void {
    let trend = this.trendBias;
    let volatile = this.volatileBias;
    for (let i = 0; i < even.length; i++) {
      trend += this.trend[i]! * even[i]!;
      volatile += this.volatile[i]! * even[i]!;
    }
    let direction = 0;
    for (let i = 0; i < odd.length; i++) direction += this.direction[i]! * odd[i]!;
    out[RANGE] = 0;
    out[TREND_UP] = trend + direction;
    out[TREND_DOWN] = trend - direction;
    out[VOLATILE] = volatile;
  }
}

/**
 * Forward recursion of a hidden Markov chain over the four regimes: what was believed, loosened by the chance of a change,
 * times the evidence of the second (its odds to a power below one, because the features remember and say the same thing
 * again). Only the past enters: filtered, never smoothed.
 *
 * Source: Hamilton, "A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle",
 * Econometrica 57(2), 1989. Ours differs: the evidence is a discriminative model's instead of a density of returns, which
 * for these returns (fat tails, clustered volatility) is worse; Lafferty, McCallum, Pereira, "Conditional Random Fields",
 * ICML 2001, of which this is the forward half with two terms fitted.
 */
export class RegimeFilter {
  /** By `REGIMES`; sums to 1. */
  readonly probabilities = new Float64Array(REGIMES.length).fill(1 / REGIMES.length);

  step(odds: Float64Array, { hazard, evidence }: FilterTerms): void {
    const { probabilities } = this;
    const others = hazard / (REGIMES.length - 1);
    let highest = odds[0]!;
    for (let k = 1; k < odds.length; k++) if (odds[k]! > highest) highest = odds[k]!;
    let total = 0;
    for (let k = 0; k < odds.length; k++) {
      const prior = probabilities[k]! * (1 - hazard - others) + others;
      probabilities[k] = prior * Math.exp(evidence * (odds[k]! - highest));
      total += probabilities[k]!;
    }
    for (let k = 0; k < odds.length; k++) probabilities[k]! /= total;
  }

  reset(): void {
    this.probabilities.fill(1 / REGIMES.length);
  }
}
