/** One alarm as the curve sees it. What counts neither for nor against is left out before. */
export interface Scored {
  readonly score: number;
  readonly hit: boolean;
  /** How often it counts: samples of a bootstrap draw some several times. */
  readonly weight?: number;
}

/** What an alarm threshold of `threshold` gives. */
export interface CurvePoint {
  readonly threshold: number;
  readonly hits: number;
  readonly falses: number;
  /** hits / (hits + falses). */
  readonly precision: number;
  /** hits / wanted. */
  readonly recall: number;
}

/**
 * Precision and recall at every threshold at which they change, the highest threshold first. Alarms of the same score come
 * together: no threshold parts them.
 */
export function curveOf(scored: readonly Scored[], wanted: number): CurvePoint[] {
  const order = [...scored].sort((a, b) => b.score - a.score);
  const points: CurvePoint[] = [];
  let hits = 0;
  let falses = 0;
  order.forEach(({ score, hit, weight = 1 }, i) => {
    if (hit) hits += weight;
    else falses += weight;
    if (i + 1 < order.length && order[i + 1]!.score === score) return;
    if (hits + falses === 0) return;
    points.push({ threshold: score, hits, falses, precision: hits / (hits + falses), recall: hits / wanted });
  });
  return points;
}

/**
 * Area under the precision-recall curve as average precision: Σ (recall gained at a threshold) × (precision there). What is
 * never found adds nothing, so its most is the recall reached. By chance it is the share of alarms that are hits, times that
 * recall. `NaN` where nothing was wanted.
 *
 * No interpolation between points: that would be too kind. Source: Davis and Goadrich, "The Relationship Between
 * Precision-Recall and ROC Curves", ICML 2006.
 */
export function averagePrecision(points: readonly CurvePoint[]): number {
  if (points.length === 0) return 0;
  let area = 0;
  let before = 0;
  for (const { recall, precision } of points) {
    if (Number.isNaN(recall) || recall === Number.POSITIVE_INFINITY) return Number.NaN;
    area += (recall - before) * precision;
    before = recall;
  }
  return area;
}

/**
 * The same of alarms that are sorted, surest first, each counted as often as `weights` says of its part: for samples of a
 * bootstrap, hundreds over the same alarms. No object is made.
 */
export function weightedAveragePrecision(
  sorted: readonly { readonly score: number; readonly hit: boolean; readonly part: number }[],
  weights: Float64Array,
  wanted: number,
): number {
  if (!(wanted > 0)) return Number.NaN;
  let area = 0;
  let before = 0;
  let hits = 0;
  let all = 0;
  for (let i = 0; i < sorted.length; i++) {
    const { score, hit, part } = sorted[i]!;
    all += weights[part]!;
    if (hit) hits += weights[part]!;
    if (hits === before || (i + 1 < sorted.length && sorted[i + 1]!.score === score)) continue;
    area += ((hits - before) / wanted) * (hits / all);
    before = hits;
  }
  return area;
}

/** The last threshold at which there are no more than `perHour` false alarms an hour; null where even the first has more. */
export function atBudget(points: readonly CurvePoint[], hours: number, perHour: number): CurvePoint | null {
  let found: CurvePoint | null = null;
  for (const point of points) if (point.falses <= perHour * hours) found = point;
  return found;
}

/** What the alarms at or above `threshold` give; null where there are none. */
export function atThreshold(points: readonly CurvePoint[], threshold: number): CurvePoint | null {
  let found: CurvePoint | null = null;
  for (const point of points) if (point.threshold >= threshold) found = point;
  return found;
}
