/** A linear logit over columns, on top of a given one. */
export interface Linear {
  readonly intercept: number;
  readonly weights: readonly number[];
}

const STEPS_MAX = 50;
const SMALL = 1e-10;

/**
 * Weighted logistic regression by Newton's method: logit = offset + intercept + Σ weight · column. `ridge` pulls the weights,
 * not the intercept, to zero: bring the columns to one scale first. A value that is not known counts as zero.
 */
export function logistic(
  columns: readonly Float64Array[],
  offset: Float64Array,
  reached: Uint8Array,
  weight: Float64Array,
  ridge: number,
): Linear {
  const size = columns.length + 1;
  const beta = new Float64Array(size);
  const x = new Float64Array(size);
  x[0] = 1;
  for (let round = 0; round < STEPS_MAX; round++) {
    const gradient = new Float64Array(size);
    const hessian = Array.from({ length: size }, () => new Float64Array(size));
    for (let i = 0; i < offset.length; i++) {
      let logit = offset[i]! + beta[0]!;
      for (let c = 1; c < size; c++) {
        const value = columns[c - 1]![i]!;
        x[c] = Number.isNaN(value) ? 0 : value;
        logit += beta[c]! * x[c]!;
      }
      const p = 1 / (1 + Math.exp(-logit));
      const slope = weight[i]! * (reached[i]! - p);
      const bend = weight[i]! * p * (1 - p);
      for (let a = 0; a < size; a++) {
        gradient[a]! += slope * x[a]!;
        const row = hessian[a]!;
        const bent = bend * x[a]!;
        for (let b = 0; b <= a; b++) row[b]! += bent * x[b]!;
      }
    }
    for (let a = 0; a < size; a++) {
      if (a > 0) {
        gradient[a]! -= ridge * beta[a]!;
        hessian[a]![a]! += ridge;
      }
      hessian[a]![a]! += SMALL;
    }
    const move = solved(hessian, gradient);
    let largest = 0;
    for (let a = 0; a < size; a++) {
      // an outcome that is all of one kind has no finite answer: small steps, then the end of the rounds
      const step = Math.max(-2, Math.min(2, move[a]!));
      beta[a]! += step;
      largest = Math.max(largest, Math.abs(step));
    }
    if (largest < 1e-9) break;
  }
  return { intercept: beta[0]!, weights: Array.from(beta.subarray(1)) };
}

/** Solves by Cholesky, in place, a symmetric positive definite system of which the lower half is given. Source: Golub and Van Loan, algorithm 4.2.1. */
export function solved(lower: Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (let a = 0; a < size; a++)
    for (let b = 0; b <= a; b++) {
      let sum = lower[a]![b]!;
      for (let k = 0; k < b; k++) sum -= lower[a]![k]! * lower[b]![k]!;
      if (a === b) lower[a]![a] = Math.sqrt(Math.max(sum, Number.MIN_VALUE));
      else lower[a]![b] = sum / lower[b]![b]!;
    }
  const result = Float64Array.from(right);
  for (let a = 0; a < size; a++) {
    for (let k = 0; k < a; k++) result[a]! -= lower[a]![k]! * result[k]!;
    result[a]! /= lower[a]![a]!;
  }
  for (let a = size - 1; a >= 0; a--) {
    for (let k = a + 1; k < size; k++) result[a]! -= lower[k]![a]! * result[k]!;
    result[a]! /= lower[a]![a]!;
  }
  return result;
}

/** What one number, added to the offset, is worth: the slope and intercept that calibrate it (Platt). */
export function platt(
  score: Float64Array,
  offset: Float64Array,
  reached: Uint8Array,
  weight: Float64Array,
): { readonly slope: number; readonly intercept: number } {
  const { intercept, weights } = logistic([score], offset, reached, weight, 0);
  // a score that is wrong way round is not turned, it is worth nothing
  if (weights[0]! > 0) return { slope: weights[0]!, intercept };
  return { slope: 0, intercept: logistic([], offset, reached, weight, 0).intercept };
}
