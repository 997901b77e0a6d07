import { Random } from '../../exchange/random.ts';
import { bucketsOf, type Calibration, calibration } from '../evaluate/calibration.ts';
import { DRAWING, type Figure, figureOf } from '../evaluate/figures.ts';
import { PartShuffler } from '../evaluate/information.ts';
import type { Outcomes } from './outcomes.ts';

/** Somebody's probabilities, one for each outcome. */
export interface Said {
  readonly name: string;
  readonly probability: Float64Array;
}

export interface Score {
  /** Moments that were asked, each in the direction that the model leans to. */
  readonly entries: number;
  /** Stretches of time that are drawn together. */
  readonly stretches: number;
  readonly calibration: Calibration;
  /** What the calibration error of a calibrated model would be in as many stretches of trades that overlap as these do. */
  readonly errorByChance: number;
  /** Share that ended at the time limit. */
  readonly timedOut: number;
  /** Mean costs of a trade besides the spread, basis points. */
  readonly costBp: number;
  /** By bucket of confidence, the least first: mean return after all costs, basis points. */
  readonly netBp: readonly Figure[];
  /** Entries that the model holds worth their costs, and their mean return after them. */
  readonly worthwhile: { readonly entries: number; readonly netBp: Figure | null };
  /** On longs and shorts of every moment. Paired: of the same stretches; above 0: the model is better. */
  readonly rivals: readonly {
    readonly name: string;
    readonly brier: number;
    readonly brierLessModel: Figure;
    readonly logLossLessModel: Figure;
  }[];
  readonly brier: Figure;
  readonly logLoss: Figure;
  /** The model's own probabilities put to other stretches, Brier: mean, and the least of them all. */
  readonly brierShuffled: { readonly mean: number; readonly least: number };
}

/** A stretch holds so many time limits, so that what overlaps stays together. */
const LIMITS_A_STRETCH = 2;
const SHUFFLES = 200;

/**
 * Grades a model against its rivals on outcomes. Calibration and edge are of the moments in the direction that the model
 * leans to, as the signal tells it; Brier score and log loss of both directions of every moment. `limitMs` of the trades.
 */
export function score(
  outcomes: Outcomes,
  model: Said,
  rivals: readonly Said[],
  edgeBp: (row: number) => number,
  limitMs: number,
): Score {
  const { count, reached, returnBp, costBp, timedOut } = outcomes;
  const rows = ordered(outcomes);
  const part = stretches(outcomes, rows, LIMITS_A_STRETCH * limitMs * 1000);
  const parts = rows.length === 0 ? 0 : part[rows.length - 1]! + 1;
  const leant = leaning(outcomes, rows, edgeBp);
  const entries = leant.map((k) => rows[k]!);
  const entryPart = dense(leant.map((k) => part[k]!));
  const confidence = entries.map((i) => model.probability[i]!);
  const graded = calibration({
    confidence,
    reached: entries.map((i) => reached[i]!),
    returnBp: entries.map((i) => returnBp[i]!),
    part: entryPart,
  });
  const bucketOf = bucketsOf(confidence);
  const net = entries.map((i) => returnBp[i]! - costBp[i]!);
  const worth = entries.map((i) => edgeBp(i) > 0);
  const entryParts = (entryPart.at(-1) ?? -1) + 1;
  const netOf = (wanted: (entry: number) => boolean): Figure =>
    ratio(
      entryParts,
      entryPart,
      (entry) => (wanted(entry) ? net[entry]! : 0),
      (entry) => (wanted(entry) ? 1 : 0),
    );
  const worthwhile = worth.filter(Boolean).length;
  const mean = (figure: (row: number) => number): number =>
    entries.reduce((sum, i) => sum + figure(i), 0) / entries.length;
  const each = (figure: (row: number) => number): Figure =>
    ratio(
      parts,
      part,
      (k) => figure(rows[k]!),
      () => 1,
    );
  const squared = ({ probability }: Said, i: number): number => (probability[i]! - reached[i]!) ** 2;
  const loss = ({ probability }: Said, i: number): number =>
    -Math.log(reached[i] === 1 ? probability[i]! : 1 - probability[i]!);
  return {
    ...{ entries: entries.length, stretches: entryParts, calibration: graded },
    errorByChance: errorByChance(
      confidence,
      entries.map((i) => reached[i]!),
      entryPart,
      entryParts,
    ),
    timedOut: mean((i) => timedOut[i]!),
    costBp: mean((i) => costBp[i]!),
    netBp: graded.buckets.map((_, bucket) => netOf((entry) => bucketOf[entry] === bucket)),
    worthwhile: { entries: worthwhile, netBp: worthwhile === 0 ? null : netOf((entry) => worth[entry]!) },
    rivals: rivals.map((rival) => {
      let brier = 0;
      for (let i = 0; i < count; i++) brier += squared(rival, i) / count;
      return {
        ...{ name: rival.name, brier },
        brierLessModel: each((i) => squared(rival, i) - squared(model, i)),
        logLossLessModel: each((i) => loss(rival, i) - loss(model, i)),
      };
    }),
    brier: each((i) => squared(model, i)),
    logLoss: each((i) => loss(model, i)),
    brierShuffled: shuffled(
      rows.map((i) => model.probability[i]!),
      rows.map((i) => reached[i]!),
      part,
      parts,
    ),
  };
}

/** In order of tape and time; what happened at one time stands together. */
function ordered({ count, tape, at, instrument, mirrored }: Outcomes): number[] {
  return Array.from({ length: count }, (_, i) => i).sort(
    (a, b) =>
      tape[a]! - tape[b]! ||
      at[a]! - at[b]! ||
      instrument[a]! - instrument[b]! ||
      mirrored[a]! - mirrored[b]!,
  );
}

/** Of each of `rows` its stretch of time; those of all instruments of a tape are one, for they move together. */
function stretches({ tape, at }: Outcomes, rows: readonly number[], lengthUs: number): number[] {
  let from = 0;
  const names = rows.map((i, k) => {
    if (k === 0 || tape[i] !== tape[rows[k - 1]!]) from = at[i]!;
    return tape[i]! * 1e6 + Math.floor((at[i]! - from) / lengthUs);
  });
  return dense(names);
}

function dense(part: readonly number[]): number[] {
  let number = -1;
  return part.map((name, k) => {
    if (k === 0 || name !== part[k - 1]) number += 1;
    return number;
  });
}

/** Of the long and the short of a moment the one that is worth more; places in `rows`. */
function leaning(
  { tape, at, instrument }: Outcomes,
  rows: readonly number[],
  edgeBp: (row: number) => number,
): number[] {
  const result: number[] = [];
  for (let k = 0; k < rows.length; k++) {
    const [one, other] = [rows[k]!, rows[k + 1]];
    const both =
      other !== undefined &&
      tape[one] === tape[other] &&
      at[one] === at[other] &&
      instrument[one] === instrument[other];
    result.push(both && edgeBp(other) > edgeBp(one) ? k + 1 : k);
    if (both) k += 1;
  }
  return result;
}

/** Σ upper / Σ lower with the interval of drawing parts anew. */
function ratio(
  parts: number,
  part: readonly number[],
  upper: (k: number) => number,
  lower: (k: number) => number,
): Figure {
  const above = new Float64Array(parts);
  const below = new Float64Array(parts);
  part.forEach((p, k) => {
    above[p]! += upper(k);
    below[p]! += lower(k);
  });
  return figureOf(
    parts,
    (weights) => {
      let [one, other] = [0, 0];
      for (let p = 0; p < parts; p++) {
        one += weights[p]! * above[p]!;
        other += weights[p]! * below[p]!;
      }
      return one / other;
    },
    'no entry',
  );
}

/** Mean calibration error over stretches drawn anew, each bucket's own gap taken off: what drawing alone gives. */
function errorByChance(
  confidence: readonly number[],
  reached: readonly number[],
  part: readonly number[],
  parts: number,
): number {
  const bucketOf = bucketsOf(confidence);
  const buckets = bucketOf.reduce((most, bucket) => Math.max(most, bucket), 0) + 1;
  const gaps = new Float64Array(parts * buckets);
  const counts = new Float64Array(parts * buckets);
  const whole = new Float64Array(buckets);
  const sizes = new Float64Array(buckets);
  part.forEach((p, k) => {
    const bucket = bucketOf[k]!;
    const gap = confidence[k]! - reached[k]!;
    gaps[p * buckets + bucket]! += gap;
    counts[p * buckets + bucket]! += 1;
    whole[bucket]! += gap;
    sizes[bucket]! += 1;
  });
  const random = new Random(DRAWING.seed, 3);
  let sum = 0;
  for (let draw = 0; draw < DRAWING.resamples; draw++) {
    const drawnGaps = new Float64Array(buckets);
    const drawnSizes = new Float64Array(buckets);
    for (let k = 0; k < parts; k++) {
      const p = random.below(parts);
      for (let bucket = 0; bucket < buckets; bucket++) {
        drawnGaps[bucket]! += gaps[p * buckets + bucket]!;
        drawnSizes[bucket]! += counts[p * buckets + bucket]!;
      }
    }
    const all = drawnSizes.reduce((total, size) => total + size, 0);
    for (let bucket = 0; bucket < buckets; bucket++)
      sum +=
        Math.abs(drawnGaps[bucket]! - (drawnSizes[bucket]! * whole[bucket]!) / sizes[bucket]!) /
        all /
        DRAWING.resamples;
  }
  return sum;
}

function shuffled(
  probability: readonly number[],
  reached: readonly number[],
  part: readonly number[],
  parts: number,
): Score['brierShuffled'] {
  const random = new Random(DRAWING.seed, 4);
  const shuffler = new PartShuffler(part, parts);
  const moved = new Float64Array(probability.length);
  let [mean, least] = [0, Number.POSITIVE_INFINITY];
  for (let round = 0; round < SHUFFLES; round++) {
    shuffler.next(random, probability, moved);
    let brier = 0;
    for (let i = 0; i < moved.length; i++) brier += (moved[i]! - reached[i]!) ** 2 / moved.length;
    mean += brier / SHUFFLES;
    least = Math.min(least, brier);
  }
  return { mean, least };
}
