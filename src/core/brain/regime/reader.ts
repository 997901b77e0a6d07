import { RegimeFeatures } from './features.ts';
import { Odds, REGIMES, RegimeFilter, type RegimeModel, shiftOf, VOLATILE } from './model.ts';
import type { Second } from './second.ts';

/** Before so many seconds nobody knows what is usual here. */
export const WARM_UP_SECONDS = 300;

/** A fitted model at work: seconds in, probabilities out. */
export class RegimeReader {
  readonly features: RegimeFeatures;
  readonly horizons: readonly {
    readonly name: string;
    readonly odds: Odds;
    readonly filter: RegimeFilter;
  }[];
  /** By `REGIMES`: the longest horizon's. */
  readonly probabilities: Float64Array;
  private readonly odds = new Float64Array(REGIMES.length);

  constructor(model: RegimeModel) {
    this.features = new RegimeFeatures(shiftOf(model));
    this.horizons = model.horizons.map(({ name, odds, filter }) => ({
      name,
      odds: new Odds(odds),
      filter: new RegimeFilter(filter),
    }));
    this.probabilities = this.horizons.at(-1)!.filter.probabilities;
  }

  /** Enough was seen for a word. */
  get ready(): boolean {
    return this.features.count >= WARM_UP_SECONDS;
  }

  step(second: Second): void {
    const { features, horizons, odds, probabilities } = this;
    features.step(second, probabilities[VOLATILE]!);
    for (let h = 0; h < horizons.length; h++) {
      const horizon = horizons[h]!;
      horizon.odds.of(features.even, features.odd, odds);
      horizon.filter.step(odds);
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
