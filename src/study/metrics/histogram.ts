export interface Histogram {
  /** Lower edge of the first bin, and the width of each. */
  readonly from: number;
  readonly width: number;
  readonly counts: readonly number[];
}

const BINS_MAX = 60;

/**
 * Counts in bins of equal width with an edge at zero, so that no bin holds gains and losses. The width follows Freedman
 * and Diaconis (2 · interquartile range ÷ n^⅓, Zeitschrift für Wahrscheinlichkeitstheorie 57, 1981), rounded to 1, 2 or
 * 5 times a power of ten. null of nothing.
 */
export function histogram(values: readonly number[]): Histogram | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const least = sorted[0]!;
  const most = sorted.at(-1)!;
  const quartile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)]!;
  const wanted = (2 * (quartile(0.75) - quartile(0.25))) / Math.cbrt(sorted.length);
  const reach = Math.max(Math.abs(least), Math.abs(most));
  const width = rounded(Math.max(wanted, (most - least) / BINS_MAX, reach * 1e-3, Number.MIN_VALUE * 1e20));
  const first = Math.floor(least / width);
  const counts = new Array<number>(Math.floor(most / width) - first + 1).fill(0);
  for (const value of values) counts[Math.floor(value / width) - first]!++;
  return { from: first * width, width, counts };
}

/** The next 1, 2 or 5 times a power of ten. */
function rounded(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  const digit = [1, 2, 5].find((candidate) => candidate * power >= width * (1 - 1e-9)) ?? 10;
  return digit * power;
}
