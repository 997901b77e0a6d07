import { UNKNOWN } from './boost.ts';

/**
 * Cuts at the quantiles of what is known of a column, rising, at most `bins` − 1. Values that are equal stay in one bin: a
 * reading that is often exactly zero has a bin of zeros.
 */
export function cutsOf(column: Float64Array, count: number, bins: number): number[] {
  const known = column.slice(0, count).filter((value) => !Number.isNaN(value));
  known.sort();
  const cuts: number[] = [];
  for (let k = 1; k < bins; k++) {
    const at = Math.floor((k * known.length) / bins);
    const [below, above] = [known[at - 1], known[at]];
    if (below === undefined || above === undefined) continue;
    // between two values where they differ, so that neither lies on the cut; before a run of equals otherwise
    const cut = below < above ? (below + above) / 2 : firstOf(known, above);
    if (Number.isFinite(cut) && cut > known[0]! && (cuts.length === 0 || cut > cuts.at(-1)!)) cuts.push(cut);
  }
  return cuts;
}

/** Middle between the first of a run of equal values and what lies below it; the value itself where nothing does. */
function firstOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? value : (sorted[low - 1]! + value) / 2;
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
