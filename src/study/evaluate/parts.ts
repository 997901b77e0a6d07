import { type Figure, figureOf } from './figures.ts';

/** Something with the stretch of time that it belongs to: intervals draw stretches, and all that is in one, together. */
export type Parted<T> = T & { readonly part: number };

/** How many there are of each stretch. */
export function counted(of: readonly { readonly part: number }[], parts: number): Float64Array {
  const counts = new Float64Array(parts);
  for (const { part } of of) counts[part]! += 1;
  return counts;
}

/** Of something counted by stretch, with each stretch so often. */
export function dot(weights: Float64Array, of: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < of.length; i++) sum += weights[i]! * of[i]!;
  return sum;
}

/** The mean of values; those of one group (a stretch of time, a tape) share their luck and are drawn together. */
export function groupedMean(
  values: readonly { readonly group: string | number; readonly value: number }[],
  absent: string,
): Figure {
  const groups = [...Map.groupBy(values, ({ group }) => group).values()];
  const counts = Float64Array.from(groups, ({ length }) => length);
  const sums = Float64Array.from(groups, (each) => each.reduce((sum, { value }) => sum + value, 0));
  return figureOf(groups.length, (weights) => dot(weights, sums) / dot(weights, counts), absent);
}
