import { UNKNOWN } from './boost.ts';

/**
 * Cuts at the quantiles of what is known of a column, rising, about `bins` − 1. A value that many share, such as the zero of a
 * reading that is mostly silent, has a bin of its own.
 */
export function cutsOf(column: Float64Array, count: number, bins: number): number[] {
  const known = column.slice(0, count).filter((value) => !Number.isNaN(value));
  known.sort();
  const cuts = new Set<number>();
  for (let k = 1; k < bins; k++) {
    const at = Math.floor((k * known.length) / bins);
    const value = known[at];
    if (value === undefined) continue;
    const from = placeOf(known, (each) => each >= value);
    const to = placeOf(known, (each) => each > value);
    // before a run of equals, and behind one that would fill a bin
    if (from > 0) cuts.add(between(known, from));
    if (to < known.length && to - from >= known.length / bins) cuts.add(between(known, to));
  }
  return [...cuts].filter(Number.isFinite).sort((a, b) => a - b);
}

/** Middle between a value and the one before it: neither lies on the cut. */
const between = (sorted: Float64Array, at: number): number => {
  const [below, above] = [sorted[at - 1]!, sorted[at]!];
  const middle = below + (above - below) / 2;
  // two neighbours among the floating-point numbers have none
  return middle > below ? middle : above;
};

/** The first place from which on `isBehind` holds. */
function placeOf(sorted: Float64Array, isBehind: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The bin of each value: as `FusionModel.contribution` finds it. */
export function binned(column: Float64Array, count: number, cuts: readonly number[]): Uint8Array {
  const result = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = column[i]!;
    let bin = 0;
    while (bin < cuts.length && value >= cuts[bin]!) bin += 1;
    result[i] = Number.isNaN(value) ? UNKNOWN : bin;
  }
  return result;
}

/** Standard deviation of what is known of a column; 1 where there is none. */
export function deviationOf(column: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    count += 1;
    sum += value;
    squares += value * value;
  }
  const variance = count === 0 ? 0 : squares / count - (sum / count) ** 2;
  return variance > 1e-18 ? Math.sqrt(variance) : 1;
}
