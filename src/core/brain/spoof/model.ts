import { FEATURE, FEATURES, type Feature } from './features.ts';

/** A fitted logistic model: features that are not named weigh nothing. */
export interface Weights extends Readonly<Partial<Record<Feature, number>>> {
  readonly intercept: number;
}

/** Probability that a wall so described was shown to deceive: logistic in its features, so that each adds its part. */
export class Model {
  private readonly intercept: number;
  private readonly weights = new Float64Array(FEATURES.length);

  constructor({ intercept, ...weights }: Weights) {
    this.intercept = intercept;
    for (const name of FEATURES) this.weights[FEATURE[name]] = weights[name] ?? 0;
  }

  likelihood(features: Float64Array): number {
    let sum = this.intercept;
    for (let i = 0; i < features.length; i++) sum += this.weights[i]! * features[i]!;
    return 1 / (1 + Math.exp(-sum));
  }
}
