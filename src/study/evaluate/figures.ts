import { type Figure, withheld } from '../metrics/figure.ts';
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
 * than what is counted remembers. Only parts that hold something of the figure count, and what never moves has no interval: a
 * share of one hit in one stretch is drawn the same every time, and would look proven.
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
  const held = partsHeld(weights, value, statistic);
  if (held < PARTS_MIN) return tooFewHeld(value, held);
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
  if (low === high) return unsure(value, 'the same in every drawing');
  const known = (bound: number): number | null => (Number.isFinite(bound) ? bound : null);
  return { value, low: known(low), high: known(high), why: '' };
}

export const tooFewHeld = (value: number, held: number): Figure =>
  unsure(value, `too few to draw from: ${held}`);

/** A value whose interval is not known, and why. */
const unsure = (value: number, why: string): Figure => ({ value, low: null, high: null, why });

/**
 * How many parts hold something of the figure, counted no farther than is asked for: those it exists of alone, or is another
 * without. `weights` are lent, all 1.
 */
function partsHeld(
  weights: Float64Array,
  value: number,
  statistic: (weights: Float64Array) => number,
): number {
  let held = 0;
  for (let part = 0; part < weights.length && held < PARTS_MIN; part++) {
    weights[part] = 0;
    const without = statistic(weights);
    weights.fill(0);
    weights[part] = 1;
    if (!Object.is(without, value) || Number.isFinite(statistic(weights))) held += 1;
    weights.fill(1);
  }
  return held;
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
  const bounds = hits === 0 ? { low: 0, high: width } : { low: 1 - width, high: 1 };
  return { ...figure, ...bounds, why: '' };
}
