import { probabilityOf } from '../../core/brain/fusion/first-passage.ts';

/** Rows to fit on or to watch: bins of every feature, where the logit starts from, what came of it and how much it counts. */
export interface BinnedRows {
  readonly count: number;
  /** A column a feature; `UNKNOWN` where it is not known. */
  readonly bins: readonly Uint8Array[];
  readonly base: Float64Array;
  readonly reached: Uint8Array;
  readonly weight: Float64Array;
}

export interface BoostConfig {
  readonly rounds: number;
  /** Share of each step that is taken. */
  readonly rate: number;
  /** A step of a feature's shape has so many levels at most. */
  readonly leaves: number;
  /** A level stands on at least so much weight: so many outcomes that do not overlap. */
  readonly leafWeightMin: number;
  /** Added to the curvature: so many outcomes of a coin that say 0. */
  readonly ridge: number;
}

/** Shapes over bins, in log-odds, with the intercept: what `boost` comes to after each round. */
export interface Steps {
  intercept: number;
  readonly shapes: readonly Float64Array[];
}

export const UNKNOWN = 255;

/**
 * Fits the additive model on from `start`: round after round, every feature in turn gets one small step function of what is left
 * unexplained, and a small share of it is kept. Features that say the same share the credit; one that says nothing gets
 * next to nothing. No chance in it.
 *
 * Source: the cyclic gradient boosting of Lou, Caruana, Gehrke, "Intelligible models for classification and regression",
 * KDD 2012, in the form of Nori et al., "InterpretML", 2019. Ours takes Newton steps and draws no samples.
 *
 * `after` is told each round and may end it by giving false.
 */
export function boost(
  rows: BinnedRows,
  bins: readonly number[],
  config: BoostConfig,
  start: Steps,
  after: (round: number, steps: Steps) => boolean,
): Steps {
  const steps: Steps = { intercept: start.intercept, shapes: start.shapes.map((shape) => shape.slice()) };
  const logit = logitsOf(rows, steps);
  const weights = rows.bins.map((column) => weightsOf(column, rows.weight));
  const sums = { gradient: new Float64Array(BINS), curvature: new Float64Array(BINS) };
  // what was found last and is not in the logits yet: one way through the rows does both
  let pending = new Float64Array(BINS);
  let step = new Float64Array(BINS);
  let column: Uint8Array = NOWHERE;
  for (let round = 1; round <= config.rounds; round++) {
    slopes(rows, logit, column, pending, null, sums);
    const shift = config.rate * (total(sums.gradient) / (total(sums.curvature) + config.ridge / 4));
    steps.intercept += shift;
    for (let i = 0; i < rows.count; i++) logit[i]! += shift;
    column = NOWHERE;
    for (let f = 0; f < bins.length; f++) {
      slopes(rows, logit, column, pending, rows.bins[f]!, sums);
      step.fill(0);
      split({ ...sums, weight: weights[f]! }, 0, bins[f]!, config.leaves, config, step);
      const shape = steps.shapes[f]!;
      for (let bin = 0; bin < bins[f]!; bin++) {
        step[bin]! *= config.rate;
        shape[bin]! += step[bin]!;
      }
      [step, pending] = [pending, step];
      column = rows.bins[f]!;
    }
    if (!after(round, steps)) break;
  }
  return steps;
}

/** Of any bin, `UNKNOWN` included, which has no step. */
const BINS = UNKNOWN + 1;
const NOWHERE = new Uint8Array(0);

function weightsOf(column: Uint8Array, weight: Float64Array): Float64Array {
  const sums = new Float64Array(BINS);
  for (let i = 0; i < column.length; i++) sums[column[i]!]! += weight[i]!;
  return sums;
}

/** Logits of rows by shapes. */
export function logitsOf(rows: BinnedRows, { intercept, shapes }: Steps): Float64Array {
  const result = new Float64Array(rows.count);
  for (let i = 0; i < rows.count; i++) result[i] = rows.base[i]! + intercept;
  shapes.forEach((shape, f) => {
    const column = rows.bins[f]!;
    for (let i = 0; i < rows.count; i++) if (column[i] !== UNKNOWN) result[i]! += shape[column[i]!]!;
  });
  return result;
}

/** Weighted mean of −ln(probability given to what happened). */
export function logLossOf({ reached, weight }: BinnedRows, logits: Float64Array): number {
  let loss = 0;
  let all = 0;
  for (let i = 0; i < logits.length; i++) {
    const signed = reached[i] === 1 ? logits[i]! : -logits[i]!;
    loss += weight[i]! * (signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed);
    all += weight[i]!;
  }
  return loss / all;
}

/** Logits beyond ± this are as sure as can be. */
const LOGIT_MAX = 16;
const CELLS = 256;
const TABLE = Float64Array.from({ length: 2 * LOGIT_MAX * CELLS + 2 }, (_, k) =>
  probabilityOf(k / CELLS - LOGIT_MAX),
);

/** The probability of a logit to 2e-7, which is enough for the way of a step: from a table, a fifth of the time. */
function probabilityNear(logit: number): number {
  const at = (Math.max(-LOGIT_MAX, Math.min(LOGIT_MAX, logit)) + LOGIT_MAX) * CELLS;
  const cell = Math.trunc(at);
  const below = TABLE[cell]!;
  return below + (at - cell) * (TABLE[cell + 1]! - below);
}

/** Takes the pending step into the logits, and adds up gradient and curvature by the bins of `by`; all in one where that is null. */
function slopes(
  { count, reached, weight }: BinnedRows,
  logit: Float64Array,
  column: Uint8Array,
  pending: Float64Array,
  by: Uint8Array | null,
  { gradient, curvature }: Pick<BinSums, 'gradient' | 'curvature'>,
): void {
  gradient.fill(0);
  curvature.fill(0);
  const stepped = column.length > 0;
  for (let i = 0; i < count; i++) {
    let l = logit[i]!;
    if (stepped) {
      l += pending[column[i]!]!;
      logit[i] = l;
    }
    const p = probabilityNear(l);
    const w = weight[i]!;
    const bin = by === null ? 0 : by[i]!;
    gradient[bin]! += w * (reached[i]! - p);
    curvature[bin]! += w * p * (1 - p);
  }
}

interface BinSums {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly weight: Float64Array;
}

/** Best split of the bins from `from` to `to`, again and again until `leaves` are used; writes each level's Newton step. */
function split(
  sums: BinSums,
  from: number,
  to: number,
  leaves: number,
  config: BoostConfig,
  step: Float64Array,
): void {
  const levels: { from: number; to: number; best: Cut | null }[] = [
    { from, to, best: bestCut(sums, from, to, config) },
  ];
  while (levels.length < leaves) {
    let widest = -1;
    for (let i = 0; i < levels.length; i++)
      if (levels[i]!.best !== null && (widest < 0 || levels[i]!.best!.gain > levels[widest]!.best!.gain))
        widest = i;
    if (widest < 0) break;
    const { from: start, to: end, best } = levels[widest]!;
    levels.splice(
      widest,
      1,
      { from: start, to: best!.at, best: bestCut(sums, start, best!.at, config) },
      { from: best!.at, to: end, best: bestCut(sums, best!.at, end, config) },
    );
  }
  // one level alone is the intercept's business
  if (levels.length === 1) return;
  for (const level of levels) {
    let gradient = 0;
    let curvature = 0;
    for (let bin = level.from; bin < level.to; bin++) {
      gradient += sums.gradient[bin]!;
      curvature += sums.curvature[bin]!;
    }
    step.fill(gradient / (curvature + config.ridge / 4), level.from, level.to);
  }
}

interface Cut {
  readonly at: number;
  readonly gain: number;
}

function bestCut(
  { gradient, curvature, weight }: BinSums,
  from: number,
  to: number,
  config: BoostConfig,
): Cut | null {
  const ridge = config.ridge / 4;
  let [g, h, w] = [0, 0, 0];
  for (let bin = from; bin < to; bin++) {
    g += gradient[bin]!;
    h += curvature[bin]!;
    w += weight[bin]!;
  }
  const whole = (g * g) / (h + ridge);
  let best: Cut | null = null;
  let [left, bent, below] = [0, 0, 0];
  for (let bin = from; bin + 1 < to; bin++) {
    left += gradient[bin]!;
    bent += curvature[bin]!;
    below += weight[bin]!;
    if (below < config.leafWeightMin || w - below < config.leafWeightMin) continue;
    const gain = (left * left) / (bent + ridge) + (g - left) ** 2 / (h - bent + ridge) - whole;
    if (gain > 1e-12 && (best === null || gain > best.gain)) best = { at: bin + 1, gain };
  }
  return best;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
