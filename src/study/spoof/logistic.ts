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
 * Logistic regression (`statistics/logistic.ts`) on standardized columns, with a ridge of `ridge` on all but the intercept. Columns
 * not in `use`, and those that never vary, get 0.
 */
export function fitLogistic(
  { values, width, outcomes, weights }: Sample,
  use: readonly number[],
  ridge: number,
): Fitted {
  const rows = outcomes.length;
  let whole = 0;
  for (let r = 0; r < rows; r++) whole += weights[r]!;
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
  const columns = use.filter((c) => deviation[c]! > 1e-9);
  const scaled = columns.map((c) =>
    Float64Array.from(outcomes, (_, r) => (values[r * width + c]! - mean[c]!) / deviation[c]!),
  );
  const fitted = logistic(scaled, new Float64Array(rows), outcomes, weights, ridge);
  const coefficients = new Float64Array(width);
  const standardized = new Float64Array(width);
  let { intercept } = fitted;
  columns.forEach((c, j) => {
    standardized[c] = fitted.weights[j]!;
    coefficients[c] = fitted.weights[j]! / deviation[c]!;
    intercept -= coefficients[c]! * mean[c]!;
  });
  return { intercept, coefficients, standardized };
}
