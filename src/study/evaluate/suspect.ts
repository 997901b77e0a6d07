import type { Section } from './section.ts';

/** Rank correlation with the next 10 s that no book was ever known to tell. */
const COEFFICIENT_MOST = 0.5;
/** Not a few mistakes in a hundred. */
const AREA_MOST = 0.98;

/**
 * What is too good to be true, in words; empty where nothing is. Checks that spoil labels and scores are passed by a score that
 * knows the future; the one that replaces the future is not, but sees the first minutes of a tape alone.
 */
export function suspicions({ figures, checks }: Section): string[] {
  const enough = checks.some(({ chance }) => chance !== null);
  return figures.flatMap(({ name, figure: { value } }) => {
    const most = name.startsWith('information coefficient at 10 s')
      ? COEFFICIENT_MOST
      : name === 'PR-AUC' && enough
        ? AREA_MOST
        : Number.POSITIVE_INFINITY;
    if (value === null || Math.abs(value) <= most) return [];
    return [
      `SUSPECT: ${name} is ${value.toFixed(3)}, beyond ${most}: too good to be true of a market. Look for knowledge of the future, which the checks need not see.`,
    ];
  });
}
