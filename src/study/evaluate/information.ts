import { Random } from '../../exchange/random.ts';
import { DRAWING, type Drawing, type Figure, figureOf, withheld } from './figures.ts';

/** A score and what happened after it, in order of time; pairs of which one is not known are left out before. */
export interface Pairs {
  readonly score: ArrayLike<number>;
  readonly move: ArrayLike<number>;
  /** Which stretch of time each pair belongs to, 0, 1, 2 …: stretches are drawn together. Not falling. */
  readonly part: ArrayLike<number>;
}

export interface Information {
  /** Spearman's rank correlation of score and move, −1…1. */
  readonly coefficient: Figure;
  /**
   * What is left when the stretches of the score are put in another order, so that it speaks of other moments than its own:
   * the middle 95 % of the coefficients. Where the coefficient lies in it, chance explains it.
   */
  readonly chance: { readonly low: number; readonly high: number } | null;
  readonly count: number;
}

/** So few pairs say nothing. */
const PAIRS_MIN = 30;
const SHUFFLES = 200;

/** The information coefficient with its interval and with what chance gives. */
export function information(pairs: Pairs, drawing: Drawing = DRAWING): Information {
  const count = pairs.score.length;
  if (count < PAIRS_MIN)
    return {
      coefficient: withheld(`not enough: ${count} moments, at least ${PAIRS_MIN} needed`),
      chance: null,
      count,
    };
  const scores = ranks(pairs.score);
  const moves = ranks(pairs.move);
  const parts = pairs.part[count - 1]! + 1;
  const sums = partSums(scores, moves, pairs.part, parts);
  const absent = 'the score, or the price, did not change';
  return {
    coefficient: figureOf(parts, (weights) => correlationOf(sums, weights), absent, drawing),
    chance: chanceOf(scores, moves, pairs.part, parts, drawing.seed),
    count,
  };
}

/** Spearman's rank correlation; equal values share the mean of their ranks. `NaN` where one of the two does not change. */
export function rankCorrelation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const count = one.length;
  const part = new Float64Array(count);
  return correlationOf(partSums(ranks(one), ranks(other), part, 1), Float64Array.of(1));
}

/** From 0 to 1, so that ranks of different instruments can be pooled. Equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const count = values.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(count);
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && values[order[to]!] === values[order[from]!]) to += 1;
    for (let i = from; i < to; i++) result[order[i]!] = (from + to) / 2 / count;
    from = to;
  }
  return result;
}

/** Of each part: count, Σx, Σy, Σx², Σy², Σxy. All that a correlation needs. */
function partSums(
  one: ArrayLike<number>,
  other: ArrayLike<number>,
  part: ArrayLike<number>,
  parts: number,
): Float64Array {
  const sums = new Float64Array(parts * 6);
  for (let i = 0; i < one.length; i++) {
    const at = part[i]! * 6;
    const x = one[i]! - 0.5;
    const y = other[i]! - 0.5;
    sums[at]! += 1;
    sums[at + 1]! += x;
    sums[at + 2]! += y;
    sums[at + 3]! += x * x;
    sums[at + 4]! += y * y;
    sums[at + 5]! += x * y;
  }
  return sums;
}

function correlationOf(sums: Float64Array, weights: Float64Array): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let part = 0; part < weights.length; part++) {
    const weight = weights[part]!;
    const at = part * 6;
    n += weight * sums[at]!;
    x += weight * sums[at + 1]!;
    y += weight * sums[at + 2]!;
    xx += weight * sums[at + 3]!;
    yy += weight * sums[at + 4]!;
    xy += weight * sums[at + 5]!;
  }
  const spread = (xx - (x * x) / n) * (yy - (y * y) / n);
  // what rounding leaves of a score that does not change is no variance
  return spread > 1e-18 * n * n ? (xy - (x * y) / n) / Math.sqrt(spread) : Number.NaN;
}

function chanceOf(
  scores: Float64Array,
  moves: Float64Array,
  part: ArrayLike<number>,
  parts: number,
  seed: number,
): Information['chance'] {
  if (parts < 4) return null;
  const random = new Random(seed);
  const shuffler = new PartShuffler(part, parts);
  const found = new Float64Array(SHUFFLES);
  const shuffled = new Float64Array(scores.length);
  for (let i = 0; i < SHUFFLES; i++) {
    shuffler.next(random, scores, shuffled);
    found[i] = rankedCorrelation(shuffled, moves);
  }
  if (found.some(Number.isNaN)) return null;
  found.sort();
  return { low: found[Math.floor(0.025 * SHUFFLES)]!, high: found[Math.ceil(0.975 * SHUFFLES) - 1]! };
}

/** Of values that are ranks already. */
const rankedCorrelation = (one: Float64Array, other: Float64Array): number =>
  correlationOf(partSums(one, other, new Uint8Array(one.length), 1), Float64Array.of(1));

/** Puts stretches of a series in another order, each whole: neighbours stay neighbours, moments are others. */
export class PartShuffler {
  private readonly starts: number[] = [];
  private readonly order: Uint32Array;
  private readonly count: number;

  constructor(part: ArrayLike<number>, parts: number) {
    this.count = part.length;
    for (let i = 0; i < part.length; i++) if (i === 0 || part[i] !== part[i - 1]) this.starts.push(i);
    this.order = Uint32Array.from({ length: Math.min(parts, this.starts.length) }, (_, i) => i);
  }

  next(random: Random, values: ArrayLike<number>, into: Float64Array): void {
    const { order, starts, count } = this;
    for (let i = order.length - 1; i > 0; i--) {
      const other = random.below(i + 1);
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    let at = 0;
    for (const one of order) {
      const end = starts[one + 1] ?? count;
      for (let i = starts[one]!; i < end; i++) into[at++] = values[i]!;
    }
  }
}
