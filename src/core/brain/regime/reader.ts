import { RegimeFeatures } from './features.ts';
import {
  type FilterTerms,
  Odds,
  REGIMES,
  RegimeFilter,
  type RegimeHorizon,
  type RegimeModel,
} from './model.ts';
import type { Second } from './second.ts';

/** Before so many seconds nobody knows what is usual here. */
export const WARM_UP_SECONDS = 300;

/** `RegimeHorizon`, ready to be used. */
interface Reading {
  readonly odds: Odds;
  readonly terms: FilterTerms;
}

const readingOf = ({ odds, filter }: RegimeHorizon): Reading => ({ odds: new Odds(odds), terms: filter });

/** A fitted model at work: seconds and candles in, probabilities out. */
export class RegimeReader {
  readonly features = new RegimeFeatures();
  readonly horizons: readonly { readonly name: string; readonly filter: RegimeFilter }[];
  /** By `REGIMES`: the longest horizon's. */
  readonly probabilities: Float64Array;
  /** By horizon: from what was seen alone, and where candles reach further back. */
  private readonly seen: readonly Reading[];
  private readonly withPast: readonly Reading[];
  private readonly odds = new Float64Array(REGIMES.length);

  constructor({ horizons, withPast }: RegimeModel) {
    this.horizons = horizons.map(({ name }) => ({ name, filter: new RegimeFilter() }));
    this.probabilities = this.horizons.at(-1)!.filter.probabilities;
    this.seen = horizons.map(readingOf);
    this.withPast = withPast.map(readingOf);
  }

  /** Enough was seen for a word. */
  get ready(): boolean {
    return this.features.count >= WARM_UP_SECONDS;
  }

  step(second: Second): void {
    const { features, horizons, odds } = this;
    features.step(second);
    const readings = features.knowsPast ? this.withPast : this.seen;
    for (let h = 0; h < horizons.length; h++) {
      const reading = readings[h]!;
      reading.odds.of(features.even, features.odd, odds);
      horizons[h]!.filter.step(odds, reading.terms);
    }
  }

  reset(): void {
    this.features.reset();
    for (const { filter } of this.horizons) filter.reset();
  }
}

/** The place of the most probable. */
export function mostProbable(probabilities: Readonly<Float64Array>): number {
  let most = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[most]!) most = k;
  return most;
}
