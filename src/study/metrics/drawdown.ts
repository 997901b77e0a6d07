import type { EquityColumns } from '../report/report-data.ts';

export interface Drawdown {
  /** Fraction under the highest equity before: 0.2 = 20 %. */
  readonly depth: number;
  /** The high it fell from, the low, and the return to that high (null: not until the end), ms. */
  readonly peakAt: number;
  readonly troughAt: number;
  readonly recoveredAt: number | null;
}

/**
 * The largest drawdown of the curve, null when equity never fell. Its depth is exact (the recorder looks at every value);
 * its dates are as fine as the samples.
 */
export function largestDrawdown({ at, equity, drawdown }: EquityColumns): Drawdown | null {
  let high = 0;
  let found: { depth: number; peak: number; trough: number } | null = null;
  for (let index = 1; index < at.length; index++) {
    if (drawdown[index]! > (found?.depth ?? 0))
      found = { depth: drawdown[index]!, peak: high, trough: index };
    if (equity[index]! >= equity[high]!) high = index;
  }
  if (found === null) return null;
  const { depth, peak, trough } = found;
  const recovered = equity.findIndex((value, index) => index >= trough && value >= equity[peak]!);
  return {
    depth,
    peakAt: at[peak]!,
    troughAt: at[trough]!,
    recoveredAt: recovered < 0 ? null : at[recovered]!,
  };
}

export interface UnderWater {
  readonly from: number;
  readonly to: number;
  /** False: still under water at the end of the run. */
  readonly ended: boolean;
}

/** The longest time from a high of equity until it was reached again, as fine as the samples; null when it never fell. */
export function longestUnderWater({ at, equity }: Pick<EquityColumns, 'at' | 'equity'>): UnderWater | null {
  let high = 0;
  let longest: UnderWater | null = null;
  const consider = (to: number, ended: boolean): void => {
    const stretch = { from: at[high]!, to: at[to]!, ended };
    if (longest === null || stretch.to - stretch.from > longest.to - longest.from) longest = stretch;
  };
  for (let index = 1; index < at.length; index++) {
    if (equity[index]! < equity[high]!) continue;
    if (index > high + 1) consider(index, true);
    high = index;
  }
  if (high < at.length - 1) consider(at.length - 1, false);
  return longest;
}
