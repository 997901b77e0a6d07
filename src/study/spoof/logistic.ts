import { logistic } from '../statistics/logistic.ts';

/** Rows of a logistic regression in one flat array. */
export interface Sample {
  /** Row by row, `width` numbers each. */
  readonly values: Float64Array;
  readonly width: number;
  /** 0 or 1. */
  readonly outcomes: Uint8Array;
  /** How often each row counts. */
  readonly weights: Float64Array;
}

export interface Fitted {
  readonly intercept: number;
  readonly coefficients: Float64Array;
  /** The same for columns divided by their standard deviation: which of them matter. */
  readonly standardized: Float64Array;
}

/**
 * Logistic regressions of several samples of the same columns, each with weights of its own that are drawn to what all share: first
 * one regression for all, with a ridge of `ridge` on all but the intercept, then for each what it differs by, with a ridge of
 * `own`. A sample of few rows says what all say. Columns not in `use`, and those that never vary, get 0.
 */
export function fitTogether<Name extends string>(
  samples: ReadonlyMap<Name, Sample>,
  use: readonly number[],
  ridge: number,
  own: number,
): Map<Name, Fitted> {
  const all = joined([...samples.values()]);
  const { width } = all;
  const { mean, deviation } = spreadOf(all, use);
  const columns = use.filter((c) => deviation[c]! > 1e-9);
  const scaled = columns.map((c) =>
    Float64Array.from(all.outcomes, (_, r) => (all.values[r * width + c]! - mean[c]!) / deviation[c]!),
  );
  const rows = all.outcomes.length;
  const shared = logistic(scaled, new Float64Array(rows), all.outcomes, all.weights, ridge);
  const fitted = new Map<Name, Fitted>();
  let from = 0;
  for (const [name, { outcomes, weights }] of samples) {
    const to = from + outcomes.length;
    const parts = scaled.map((column) => column.subarray(from, to));
    const offset = Float64Array.from(outcomes, (_, r) =>
      parts.reduce((sum, part, j) => sum + shared.weights[j]! * part[r]!, shared.intercept),
    );
    const difference = samples.size > 1 ? logistic(parts, offset, outcomes, weights, own) : null;
    const coefficients = new Float64Array(width);
    const standardized = new Float64Array(width);
    let intercept = shared.intercept + (difference?.intercept ?? 0);
    columns.forEach((c, j) => {
      standardized[c] = shared.weights[j]! + (difference?.weights[j] ?? 0);
      coefficients[c] = standardized[c]! / deviation[c]!;
      intercept -= coefficients[c]! * mean[c]!;
    });
    fitted.set(name, { intercept, coefficients, standardized });
    from = to;
  }
  return fitted;
}

/** The same of one sample. */
export function fitLogistic(sample: Sample, use: readonly number[], ridge: number): Fitted {
  return fitTogether(new Map([['', sample]]), use, ridge, 0).get('')!;
}

function joined(samples: readonly Sample[]): Sample {
  const [first] = samples;
  if (samples.length === 1) return first!;
  const rows = samples.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
  const { width } = first!;
  const all = {
    ...{ values: new Float64Array(rows * width), width },
    ...{ outcomes: new Uint8Array(rows), weights: new Float64Array(rows) },
  };
  let at = 0;
  for (const { values, outcomes, weights } of samples) {
    all.values.set(values, at * width);
    all.outcomes.set(outcomes, at);
    all.weights.set(weights, at);
    at += outcomes.length;
  }
  return all;
}

/** Mean and standard deviation of the columns in `use`. */
function spreadOf({ values, width, weights }: Sample, use: readonly number[]) {
  const rows = weights.length;
  const whole = weights.reduce((sum, each) => sum + each, 0);
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (const c of use) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += weights[r]! * values[r * width + c]!;
    mean[c] = sum / whole;
    let square = 0;
    for (let r = 0; r < rows; r++) square += weights[r]! * (values[r * width + c]! - mean[c]!) ** 2;
    deviation[c] = Math.sqrt(square / whole);
  }
  return { mean, deviation };
}
