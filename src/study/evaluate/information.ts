import { Random } from '../../exchange/random.ts';
import { DRAWING, type Drawing, type Figure, figureOf, withheld } from './figures.ts';

/** Scores and what happened after them; pairs of which one is not known are left out before. */
export interface Pairs {
  /** One for each instrument of each recording, in order of time. */
  readonly series: readonly PairSeries[];
}

export interface PairSeries {
  readonly score: ArrayLike<number>;
  readonly move: ArrayLike<number>;
  /**
   * Which stretch of time each pair belongs to, 0, 1, 2 …: stretches are drawn together. Instruments of one recording share
   * their stretches, because they move together.
   */
  readonly part: ArrayLike<number>;
}

export interface Information {
  /** Spearman's rank correlation of score and move, −1…1. */
  readonly coefficient: Figure;
  /**
   * What is left when the scores are moved along the recording, so that they speak of other moments than their own: the
   * middle 95 % of the coefficients. Where the coefficient lies in it, chance explains it. Moved whole, a score keeps all of
   * its memory: a slow score finds more by chance than a quick one.
   */
  readonly chance: { readonly low: number; readonly high: number } | null;
  readonly count: number;
}

/** So few pairs say nothing. */
const PAIRS_MIN = 30;
/** A score is moved by so many different shares of its recording. */
const SHIFTS = 200;
/** No nearer than this share to where it was: the neighbourhood knows what the place knows. */
const SHIFT_MIN = 0.05;

/**
 * Where chance comes from. `moved`: the score along its recording, whole. `signs`: each score with its sign drawn by lot, where it
 * is: for scores that are a size times such a sign. What is large when moves are large then stays with them, which moving would
 * part: its band would be too narrow.
 */
export type Chance = 'moved' | 'signs';

/** The information coefficient with its interval and with what chance gives. Ranks are taken within each series. */
export function information(
  { series }: Pairs,
  drawing: Drawing = DRAWING,
  by: Chance = 'moved',
): Information {
  const count = series.reduce((sum, { score }) => sum + score.length, 0);
  if (count < PAIRS_MIN)
    return {
      coefficient: withheld(`not enough: ${count} moments, at least ${PAIRS_MIN} needed`),
      ...{ chance: null, count },
    };
  const ranked = series.map(({ score, move, part }) => ({ score: ranks(score), move: ranks(move), part }));
  const parts = 1 + ranked.reduce((most, { part }) => Math.max(most, part[part.length - 1] ?? 0), 0);
  const sums = new Float64Array(parts * FIELDS);
  for (const { score, move, part } of ranked) addSums(sums, score, move, part);
  return {
    coefficient: figureOf(
      parts,
      (weights) => correlationOf(sums, weights),
      'the score, or the price, did not change',
      drawing,
    ),
    chance: chanceOf(ranked, parts, by === 'moved' ? movedProducts : productsByLot(drawing.seed)),
    count,
  };
}

/**
 * How many stretches of the scores know nothing of each other: moments / (1 + 2 Σ autocorrelation of the ranks, up to where it
 * first is none). Instruments of one recording move together: their moments count once.
 */
export function independentStretches({ series }: Pairs): number {
  const most = new Map<number, number>();
  let memory = 0;
  let count = 0;
  for (const { score, part } of series) {
    const own = new Map<number, number>();
    for (let i = 0; i < part.length; i++) own.set(part[i]!, (own.get(part[i]!) ?? 0) + 1);
    for (const [at, pairs] of own) most.set(at, Math.max(pairs, most.get(at) ?? 0));
    memory += score.length * memoryOf(ranks(score));
    count += score.length;
  }
  return ([...most.values()].reduce((sum, pairs) => sum + pairs, 0) * count) / memory;
}

/** Whoever remembers more, in pairs, is called as slow as this. */
const MEMORY_MOST = 3600;

/** In pairs, at least one. */
function memoryOf(ranked: Float64Array): number {
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let i = lag; i < ranked.length; i++) sum += (ranked[i]! - 0.5) * (ranked[i - lag]! - 0.5);
    return sum;
  };
  const variance = covariance(0);
  let memory = 1;
  for (let lag = 1; lag < Math.min(MEMORY_MOST, ranked.length); lag++) {
    const here = covariance(lag);
    if (!(here > 0)) break;
    memory += (2 * here) / variance;
  }
  return memory;
}

/** Spearman's rank correlation; equal values share the mean of their ranks. `NaN` where one of the two does not change. */
export function rankCorrelation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const sums = new Float64Array(FIELDS);
  addSums(sums, ranks(one), ranks(other), new Uint8Array(one.length));
  return correlationOf(sums, Float64Array.of(1));
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
const FIELDS = 6;
const PRODUCT = 5;

function addSums(sums: Float64Array, score: Float64Array, move: Float64Array, part: ArrayLike<number>): void {
  for (let i = 0; i < score.length; i++) {
    const at = part[i]! * FIELDS;
    const x = score[i]! - 0.5;
    const y = move[i]! - 0.5;
    sums[at]! += 1;
    sums[at + 1]! += x;
    sums[at + 2]! += y;
    sums[at + 3]! += x * x;
    sums[at + 4]! += y * y;
    sums[at + PRODUCT]! += x * y;
  }
}

/** Σxy of one of the `SHIFTS` ways to spoil a series. */
type Products = (way: number, score: Float64Array, move: Float64Array) => number;

const movedProducts: Products = (way, score, move) => {
  const share = SHIFT_MIN + ((way + 0.5) / SHIFTS) * (1 - 2 * SHIFT_MIN);
  return movedProduct(score, move, Math.round(share * score.length));
};

/** The rank of −x is that of x about the middle, as near as the signs are even. */
function productsByLot(seed: number): Products {
  const random = new Random(seed);
  return (_way, score, move) => {
    let sum = 0;
    for (let i = 0; i < score.length; i++) {
      const product = (score[i]! - 0.5) * (move[i]! - 0.5);
      sum += random.chance(0.5) ? product : -product;
    }
    return sum;
  };
}

/** Σxy, each move with the score so many places before it, around the end. */
function movedProduct(score: Float64Array, move: Float64Array, by: number): number {
  const { length } = score;
  let sum = 0;
  for (let i = by; i < length; i++) sum += (score[i - by]! - 0.5) * (move[i]! - 0.5);
  for (let i = 0; i < by; i++) sum += (score[i - by + length]! - 0.5) * (move[i]! - 0.5);
  return sum;
}

function correlationOf(sums: Float64Array, weights: Float64Array): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let part = 0; part < weights.length; part++) {
    const weight = weights[part]!;
    const at = part * FIELDS;
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
  ranked: readonly { readonly score: Float64Array; readonly move: Float64Array }[],
  parts: number,
  products: Products,
): Information['chance'] {
  if (parts < PARTS_OF_CHANCE_MIN) return null;
  const found = new Float64Array(SHIFTS);
  const unmoved = new Float64Array(FIELDS);
  for (const { score, move } of ranked) addSums(unmoved, score, move, new Uint8Array(score.length));
  const once = Float64Array.of(1);
  for (let i = 0; i < SHIFTS; i++) {
    // nothing but the products changes
    unmoved[PRODUCT] = 0;
    for (const { score, move } of ranked) unmoved[PRODUCT]! += products(i, score, move);
    found[i] = correlationOf(unmoved, once);
  }
  if (found.some(Number.isNaN)) return null;
  found.sort();
  return { low: found[Math.floor(0.025 * SHIFTS)]!, high: found[Math.ceil(0.975 * SHIFTS) - 1]! };
}

/** In fewer stretches a score cannot be anywhere else. */
const PARTS_OF_CHANCE_MIN = 4;

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
