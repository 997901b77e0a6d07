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

const STEPS_MOST = 50;
/** No step moves a standardized coefficient farther. */
const STEP_MOST = 4;
const DONE = 1e-7;

/**
 * Logistic regression by Newton's method on standardized columns, with a ridge of `ridge` on all but the intercept. Columns
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
  const size = columns.length + 1;
  const beta = new Float64Array(size);
  const row = new Float64Array(size);
  row[0] = 1;
  for (let step = 0; step < STEPS_MOST; step++) {
    const gradient = new Float64Array(size);
    const curvature = Array.from({ length: size }, () => new Float64Array(size));
    for (let r = 0; r < rows; r++) {
      let sum = beta[0]!;
      for (let j = 1; j < size; j++) {
        const c = columns[j - 1]!;
        row[j] = (values[r * width + c]! - mean[c]!) / deviation[c]!;
        sum += beta[j]! * row[j]!;
      }
      const p = 1 / (1 + Math.exp(-sum));
      const slope = weights[r]! * (outcomes[r]! - p);
      const bend = weights[r]! * Math.max(1e-9, p * (1 - p));
      for (let j = 0; j < size; j++) {
        gradient[j]! += slope * row[j]!;
        const line = curvature[j]!;
        const factor = bend * row[j]!;
        for (let k = 0; k <= j; k++) line[k]! += factor * row[k]!;
      }
    }
    for (let j = 1; j < size; j++) {
      gradient[j]! -= ridge * beta[j]!;
      curvature[j]![j]! += ridge;
    }
    const move = solve(curvature, gradient);
    const largest = move.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    for (let j = 0; j < size; j++) beta[j]! += move[j]! * Math.min(1, STEP_MOST / largest);
    if (largest < DONE) break;
  }
  const coefficients = new Float64Array(width);
  const standardized = new Float64Array(width);
  let intercept = beta[0]!;
  columns.forEach((c, j) => {
    standardized[c] = beta[j + 1]!;
    coefficients[c] = beta[j + 1]! / deviation[c]!;
    intercept -= coefficients[c]! * mean[c]!;
  });
  return { intercept, coefficients, standardized };
}

/** Solves a symmetric positive definite system, of which the lower half is given, by Cholesky's decomposition. */
function solve(lower: readonly Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (let j = 0; j < size; j++) {
    const line = lower[j]!;
    for (let k = 0; k <= j; k++) {
      let sum = line[k]!;
      for (let i = 0; i < k; i++) sum -= line[i]! * lower[k]![i]!;
      line[k] = j === k ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[k]![k]!;
    }
  }
  const x = Float64Array.from(right);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < j; i++) x[j]! -= lower[j]![i]! * x[i]!;
    x[j]! /= lower[j]![j]!;
  }
  for (let j = size - 1; j >= 0; j--) {
    for (let i = j + 1; i < size; i++) x[j]! -= lower[i]![j]! * x[i]!;
    x[j]! /= lower[j]![j]!;
  }
  return x;
}
