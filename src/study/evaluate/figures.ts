import { type Figure, plain, withheld } from '../metrics/figure.ts';
import { bootstrapInterval } from '../statistics/bootstrap.ts';

export type { Figure } from '../metrics/figure.ts';
export { plain, withheld } from '../metrics/figure.ts';

export interface Drawing {
  readonly resamples: number;
  readonly seed: number;
}
export const DRAWING: Drawing = { resamples: 500, seed: 20_261_122 };

/**
 * A figure of a whole made of `parts` (stretches of time, or days) with the 95 % interval that comes of drawing the parts
 * anew: `statistic` is told how often each part counts. What happens within a part stays together, so parts should be longer
 * than what is counted remembers.
 */
export function figureOf(
  parts: number,
  statistic: (weights: Float64Array) => number,
  absent: string,
  { resamples, seed }: Drawing = DRAWING,
): Figure {
  const weights = new Float64Array(parts).fill(1);
  const value = statistic(weights);
  if (!Number.isFinite(value)) return withheld(absent);
  if (parts < PARTS_MIN) return plain(value, absent);
  const indices = Float64Array.from({ length: parts }, (_, i) => i);
  const { low, high } = bootstrapInterval(
    indices,
    (drawn) => {
      weights.fill(0);
      for (const part of drawn) weights[part]! += 1;
      return statistic(weights);
    },
    { resamples, block: 1, level: 0.95, seed },
  );
  const known = (bound: number): number | null => (Number.isFinite(bound) ? bound : null);
  return { value, low: known(low), high: known(high), why: '' };
}

/** Of fewer parts no interval is worth its name. */
export const PARTS_MIN = 8;

/**
 * A share of none or of all has no interval by drawing anew: every sample says the same. Here the exact one of independent
 * draws stands in: of 0 in 50 the truth may be 7 %. Source: Clopper and Pearson, Biometrika 26, 1934.
 */
export function shareFigure(figure: Figure, hits: number, total: number): Figure {
  if (figure.value === null || total === 0 || (hits > 0 && hits < total)) return figure;
  const width = 1 - 0.025 ** (1 / total);
  return hits === 0 ? { ...figure, low: 0, high: width } : { ...figure, low: 1 - width, high: 1 };
}
