import { FEATURES } from '../../core/brain/fusion/features.ts';
import type { Shape } from '../../core/brain/fusion/model.ts';
import { type Linear, logistic, platt } from '../statistics/logistic.ts';
import { binned, cutsOf } from './bins.ts';
import {
  type BinnedRows,
  type BoostConfig,
  boost,
  logitsOf,
  logLossOf,
  type Steps,
  UNKNOWN,
} from './boost.ts';
import { type Outcomes, uniqueness } from './outcomes.ts';

export interface FitConfig {
  /** Bins a feature at most. */
  readonly bins: number;
  /** Parts of the data that are held out in turn. */
  readonly folds: number;
  readonly boost: BoostConfig;
  /** Of the lines, and of the logistic regression that is fitted beside, on columns of deviation 1. */
  readonly ridge: number;
}

export const FIT: FitConfig = {
  bins: 32,
  folds: 5,
  boost: { rounds: 300, rate: 0.03, leaves: 4, leafWeightMin: 40, ridge: 40 },
  ridge: 20,
};

/** Another way to the same probability, fitted and calibrated on the same data. A linear logit over features. */
export interface Rival {
  readonly name: string;
  readonly intercept: number;
  /** By feature name. */
  readonly weights: Readonly<Record<string, number>>;
}

export interface Fitted {
  readonly intercept: number;
  readonly shapes: readonly Shape[];
  /** Mean |contribution| of each feature, log-odds. */
  readonly importance: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** What the shapes were multiplied by, and moved by, on held-out data. */
  readonly calibration: { readonly slope: number; readonly intercept: number };
  readonly rivals: readonly Rival[];
  /** Weight of all outcomes: so many that do not overlap. */
  readonly independent: number;
  /** Of each outcome: the probability that it was given by the fits that had not seen its tape, the model’s and the rivals’. */
  readonly heldOut: { readonly model: Float64Array; readonly rivals: readonly Float64Array[] };
}

/** Groups of features, each the evidence of one detector: what a single detector may say. */
const DETECTOR_SCORES = [
  'order flow',
  'liquidity',
  'spoof',
  'iceberg',
  'microstructure',
  'regime',
  'price impact',
];

/**
 * Fits the additive model and its rivals on outcomes whose parts (`fold`, one a row) are held out in turn:
 *
 * 1. each fold is predicted by a fit on the others, lines first and steps after (`fitted`); the number of rounds is the one at which all folds together are
 *    predicted best;
 * 2. slope and intercept (Platt) are fitted on those held-out predictions, which no fit had seen;
 * 3. the shapes are fitted again on everything, with that many rounds, and multiplied by the slope.
 *
 * The rivals go the same way. Outcomes count by their uniqueness.
 */
export function fit(outcomes: Outcomes, fold: Int32Array, config: FitConfig = FIT): Fitted {
  const weight = uniqueness(outcomes);
  const cuts = FEATURES.map((_, f) => cutsOf(outcomes.features[f]!, outcomes.count, config.bins));
  const counts = cuts.map((each) => each.length + 1);
  const bins = cuts.map((each, f) => binned(outcomes.features[f]!, outcomes.count, each));
  const all: BinnedRows = {
    ...{ count: outcomes.count, bins, weight },
    base: outcomes.base.subarray(0, outcomes.count),
    reached: outcomes.reached.subarray(0, outcomes.count),
  };
  const folds = Math.max(...fold) + 1;
  const middles = bins.map((column, f) => middlesOf(column, outcomes.features[f]!, weight, counts[f]!));
  const { rounds, logits } = heldOut(all, middles, fold, folds, config);
  const excess = logits.map((logit, i) => logit - all.base[i]!);
  const calibration = platt(excess, all.base, all.reached, weight);
  const steps = fitted(all, middles, config, rounds, () => true);
  const { shapes, intercept, importance } = shapesOf(steps, cuts, all, calibration);
  const linear = RIVALS.map((rival) => rivalOf(rival, outcomes, weight, fold, folds, config));
  return {
    ...{ intercept, shapes, importance, rounds, calibration },
    rivals: linear.map(({ rival }) => rival),
    independent: weight.reduce((sum, each) => sum + each, 0),
    heldOut: {
      model: excess.map((each, i) =>
        probability(all.base[i]! + calibration.intercept + calibration.slope * each),
      ),
      rivals: linear.map(({ heldOut: said }) => said),
    },
  };
}

const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

function rowsWhere(
  rows: BinnedRows,
  wanted: (index: number) => boolean,
): { rows: BinnedRows; at: Int32Array } {
  const at = Int32Array.from({ length: rows.count }, (_, i) => i).filter(wanted);
  return {
    at,
    rows: {
      count: at.length,
      bins: rows.bins.map((column) => Uint8Array.from(at, (i) => column[i]!)),
      base: Float64Array.from(at, (i) => rows.base[i]!),
      reached: Uint8Array.from(at, (i) => rows.reached[i]!),
      weight: Float64Array.from(at, (i) => rows.weight[i]!),
    },
  };
}

/** Weighted mean of each bin's values, in deviations of the column. */
function middlesOf(
  bins: Uint8Array,
  column: Float64Array,
  weight: Float64Array,
  count: number,
): Float64Array {
  const sums = new Float64Array(count);
  const weights = new Float64Array(count);
  bins.forEach((bin, i) => {
    if (bin === UNKNOWN) return;
    sums[bin]! += weight[i]! * column[i]!;
    weights[bin]! += weight[i]!;
  });
  const scale = deviationOf(column.subarray(0, bins.length));
  return sums.map((sum, bin) => (weights[bin]! > 0 ? sum / weights[bin]! / scale : 0));
}

/** A line for every feature first, by logistic regression on the bins' middles; then steps for what lines miss. */
function fitted(
  rows: BinnedRows,
  middles: readonly Float64Array[],
  { ridge, boost: config }: FitConfig,
  rounds: number,
  after: (round: number, steps: Steps) => boolean,
): Steps {
  const columns = middles.map((middle, f) =>
    Float64Array.from(rows.bins[f]!, (bin) => (bin === UNKNOWN ? 0 : middle[bin]!)),
  );
  const { intercept, weights } = logistic(columns, rows.base, rows.reached, rows.weight, ridge);
  const lines = { intercept, shapes: middles.map((middle, f) => middle.map((value) => weights[f]! * value)) };
  const counts = middles.map(({ length }) => length);
  return boost(rows, counts, { ...config, rounds }, lines, after);
}

/** Rounds without a better one after which a fold is not followed further. */
const PATIENCE = 40;

/** The best number of rounds over all folds, and what the fits of the others then say of each. */
function heldOut(
  all: BinnedRows,
  middles: readonly Float64Array[],
  fold: Int32Array,
  folds: number,
  config: FitConfig,
): { rounds: number; logits: Float64Array } {
  const losses = new Float64Array(config.boost.rounds + 1);
  const kept: { at: Int32Array; rows: BinnedRows; train: BinnedRows }[] = [];
  let reachedRounds = config.boost.rounds;
  for (let k = 0; k < folds; k++) {
    const test = rowsWhere(all, (i) => fold[i] === k);
    const { rows: train } = rowsWhere(all, (i) => fold[i] !== k);
    kept.push({ ...test, train });
    const share = test.rows.weight.reduce((sum, each) => sum + each, 0);
    const lines = fitted(train, middles, config, 0, () => true);
    let best = logLossOf(test.rows, logitsOf(test.rows, lines));
    let bestAt = 0;
    losses[0]! += share * best;
    fitted(train, middles, config, reachedRounds, (round, steps) => {
      const loss = logLossOf(test.rows, logitsOf(test.rows, steps));
      losses[round]! += share * loss;
      if (loss < best) {
        best = loss;
        bestAt = round;
      }
      if (round < bestAt + PATIENCE) return true;
      reachedRounds = Math.min(reachedRounds, round);
      return false;
    });
  }
  let rounds = 0;
  for (let round = 1; round <= reachedRounds; round++) if (losses[round]! < losses[rounds]!) rounds = round;
  const logits = new Float64Array(all.count);
  for (const { at, rows, train } of kept) {
    const said = logitsOf(
      rows,
      fitted(train, middles, config, rounds, () => true),
    );
    at.forEach((row, i) => {
      logits[row] = said[i]!;
    });
  }
  return { rounds, logits };
}

/** Levels that are alike are one; each shape's weighted mean goes to the intercept; the calibration goes into all. */
function shapesOf(
  steps: Steps,
  cuts: readonly (readonly number[])[],
  all: BinnedRows,
  { slope, intercept: shift }: Fitted['calibration'],
): Pick<Fitted, 'shapes' | 'intercept' | 'importance'> {
  let intercept = shift + slope * steps.intercept;
  const importance: Record<string, number> = {};
  const shapes: Shape[] = [];
  FEATURES.forEach(({ name, kind, unit }, f) => {
    const levels = steps.shapes[f]!;
    const weights = new Float64Array(levels.length);
    let unknown = 0;
    for (let i = 0; i < all.count; i++) {
      const bin = all.bins[f]![i]!;
      if (bin === UNKNOWN) unknown += all.weight[i]!;
      else weights[bin]! += all.weight[i]!;
    }
    const whole = weights.reduce((sum, each) => sum + each, 0);
    // a feature that is sometimes not known adds nothing then: what it adds otherwise cannot be moved to the intercept
    const mean =
      unknown > 0 || whole === 0
        ? 0
        : levels.reduce((sum, each, bin) => sum + each * weights[bin]!, 0) / whole;
    intercept += slope * mean;
    const ownCuts: number[] = [];
    const values = [slope * (levels[0]! - mean)];
    for (let bin = 1; bin < levels.length; bin++) {
      if (Math.abs(levels[bin]! - levels[bin - 1]!) < 1e-12) continue;
      ownCuts.push(cuts[f]![bin - 1]!);
      values.push(slope * (levels[bin]! - mean));
    }
    importance[name] =
      whole === 0
        ? 0
        : (slope * levels.reduce((sum, each, bin) => sum + Math.abs(each - mean) * weights[bin]!, 0)) /
          (whole + unknown);
    if (ownCuts.length > 0) shapes.push({ feature: name, kind, unit, cuts: ownCuts, values });
  });
  return { shapes, intercept, importance };
}

interface RivalRule {
  readonly name: string;
  readonly features: readonly string[];
  /** False: the features are added up alike, with one weight. True: each has a weight of its own (logistic regression, ridge). */
  readonly own: boolean;
}

const known = (name: string): boolean => FEATURES.some((feature) => feature.name === name);
const featuresOf = (group: string): string[] =>
  FEATURES.filter(({ of }) => of === group).map(({ name }) => name);
const RIVALS: readonly RivalRule[] = [
  { name: 'odds without drift', features: [], own: false },
  { name: 'equal weights', features: DETECTOR_SCORES.filter(known), own: false },
  { name: 'logistic regression', features: FEATURES.map(({ name }) => name), own: true },
  ...DETECTOR_SCORES.filter(known).map((name) => ({ name: `${name} alone`, features: [name], own: false })),
  // all that one detector tells, not its score alone; one with a single feature is there already
  ...[...new Set(FEATURES.map(({ of }) => of))]
    .filter((group) => featuresOf(group).length > 1)
    .map((group) => ({
      name: group === 'market' ? 'market features alone' : `all features of ${group.replaceAll('_', ' ')}`,
      features: featuresOf(group),
      own: true,
    })),
];

function rivalOf(
  { name, features: used, own: ownWeights }: RivalRule,
  outcomes: Outcomes,
  weight: Float64Array,
  fold: Int32Array,
  folds: number,
  { ridge }: FitConfig,
): { rival: Rival; heldOut: Float64Array } {
  const { count } = outcomes;
  const base = outcomes.base.subarray(0, count);
  const reached = outcomes.reached.subarray(0, count);
  const scales = used.map((each) => deviationOf(columnOf(outcomes, each)));
  const columns = ownWeights
    ? used.map((each, c) => columnOf(outcomes, each).map((value) => value / scales[c]!))
    : used.length === 0
      ? []
      : [summed(used.map((each) => columnOf(outcomes, each)))];
  const score = new Float64Array(count);
  for (let k = 0; k < folds; k++) {
    const linear = fitWhere((i) => fold[i] !== k);
    for (let i = 0; i < count; i++) if (fold[i] === k) score[i] = scoreOf(linear, i);
  }
  const calibration = platt(score, base, reached, weight);
  const whole = fitWhere(() => true);
  const weights: Record<string, number> = {};
  used.forEach((each, c) => {
    weights[each] = calibration.slope * (ownWeights ? whole.weights[c]! / scales[c]! : whole.weights[0]!);
  });
  return {
    rival: { name, intercept: calibration.intercept + calibration.slope * whole.intercept, weights },
    heldOut: score.map((each, i) => probability(base[i]! + calibration.intercept + calibration.slope * each)),
  };

  function fitWhere(wanted: (i: number) => boolean): Linear {
    const at = Int32Array.from({ length: count }, (_, i) => i).filter(wanted);
    return logistic(
      columns.map((column) => Float64Array.from(at, (i) => column[i]!)),
      Float64Array.from(at, (i) => base[i]!),
      Uint8Array.from(at, (i) => reached[i]!),
      Float64Array.from(at, (i) => weight[i]!),
      ownWeights ? ridge : 0,
    );
  }

  function scoreOf({ intercept, weights: own }: Linear, i: number): number {
    let sum = intercept;
    for (let c = 0; c < columns.length; c++) {
      const value = columns[c]![i]!;
      if (!Number.isNaN(value)) sum += own[c]! * value;
    }
    return sum;
  }
}

const columnOf = ({ features, count }: Outcomes, name: string): Float64Array =>
  features[FEATURES.findIndex((feature) => feature.name === name)]!.slice(0, count);

function summed(columns: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(columns[0]!.length);
  for (const column of columns)
    for (let i = 0; i < sum.length; i++) sum[i]! += Number.isNaN(column[i]!) ? 0 : column[i]!;
  return sum;
}

function deviationOf(column: Float64Array): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    count += 1;
    sum += value;
    squares += value * value;
  }
  const variance = count === 0 ? 0 : squares / count - (sum / count) ** 2;
  return variance > 1e-18 ? Math.sqrt(variance) : 1;
}
