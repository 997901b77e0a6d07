import { FEATURES, type Feature } from '../../core/brain/fusion/features.ts';
import type { Shape } from '../../core/brain/fusion/model.ts';
import { logistic, platt } from '../statistics/logistic.ts';
import { binned, cutsOf, deviationOf } from './bins.ts';
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
import { leastOf, RIVALS, type Rival, rivalOf } from './rivals.ts';

export interface FitConfig {
  /** What the model is of; rivals may look at all of `FEATURES`. */
  readonly features: readonly string[];
  /** Bins a feature, about: values that many share have one of their own. */
  readonly bins: number;
  /** Parts of the data that are held out in turn. */
  readonly folds: number;
  readonly boost: BoostConfig;
  /** Of the lines, and of the regressions fitted beside, on columns of deviation 1: whichever predicts the held-out parts best. */
  readonly ridges: readonly number[];
}

/**
 * Readings of the moment of which the model has the mean over minutes, or the score. With them it predicted tuning seeds no
 * better: a weight that is not needed is one more that chance has a say in.
 */
const LEFT_OUT = ['takers', 'level flow', 'keeps coming', 'touch flow', 'withdrawal', 'depth imbalance'];

export const FIT: FitConfig = {
  features: FEATURES.map(({ name }) => name).filter((name) => !LEFT_OUT.includes(name)),
  bins: 16,
  folds: 5,
  boost: { rounds: 300, rate: 0.03, leaves: 4, leafWeightMin: 40, ridge: 40 },
  ridges: [10, 30, 100, 300],
};

export interface Fitted {
  readonly intercept: number;
  readonly shapes: readonly Shape[];
  /** Mean |contribution| of each feature, log-odds. */
  readonly importance: Readonly<Record<string, number>>;
  readonly ridge: number;
  readonly rounds: number;
  /** What the shapes were multiplied by, and moved by, on held-out data. */
  readonly calibration: { readonly slope: number; readonly intercept: number };
  readonly rivals: readonly Rival[];
  /** Weight of all outcomes: so many that do not overlap. */
  readonly independent: number;
  /** Of each outcome: the probability that it was given by the fits that had not seen its tape, the model’s and the rivals’. */
  readonly heldOut: { readonly model: Float64Array; readonly rivals: readonly Float64Array[] };
}

/**
 * Fits the additive model and its rivals on outcomes whose parts (`fold`, one a row) are held out in turn:
 *
 * 1. each fold is predicted by a fit on the others, lines first and steps after (`fitted`); the ridge, then the number of
 *    rounds, is the one at which all folds together are predicted best;
 * 2. slope and intercept (Platt) are fitted on those held-out predictions, which no fit had seen;
 * 3. the shapes are fitted again on everything, with that many rounds, and multiplied by the slope.
 *
 * The rivals go the same way. Outcomes count by their uniqueness.
 */
export function fit(outcomes: Outcomes, fold: Int32Array, config: FitConfig = FIT): Fitted {
  const weight = uniqueness(outcomes);
  const used = FEATURES.filter(({ name }) => config.features.includes(name));
  const columns = used.map((feature) => outcomes.features[FEATURES.indexOf(feature)]!);
  const cuts = columns.map((column) => cutsOf(column, outcomes.count, config.bins));
  const counts = cuts.map((each) => each.length + 1);
  const bins = cuts.map((each, f) => binned(columns[f]!, outcomes.count, each));
  const all: BinnedRows = {
    ...{ count: outcomes.count, bins, weight },
    base: outcomes.base.subarray(0, outcomes.count),
    reached: outcomes.reached.subarray(0, outcomes.count),
  };
  const folds = fold.reduce((most, each) => Math.max(most, each), 0) + 1;
  const middles = bins.map((column, f) => middlesOf(column, columns[f]!, weight, counts[f]!));
  const { ridge, rounds, logits } = heldOut(all, middles, fold, folds, config);
  const excess = logits.map((logit, i) => logit - all.base[i]!);
  const calibration = platt(excess, all.base, all.reached, weight);
  const steps = fitted(all, middles, ridge, { ...config.boost, rounds }, () => true);
  const { shapes, intercept, importance } = shapesOf(steps, used, cuts, all, calibration);
  const linear = RIVALS.map((rival) => rivalOf(rival, outcomes, weight, fold, folds, config));
  return {
    ...{ intercept, shapes, importance, ridge, rounds, calibration },
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
  ridge: number,
  config: BoostConfig,
  after: (round: number, steps: Steps) => boolean,
): Steps {
  const columns = middles.map((middle, f) =>
    Float64Array.from(rows.bins[f]!, (bin) => (bin === UNKNOWN ? 0 : middle[bin]!)),
  );
  const { intercept, weights } = logistic(columns, rows.base, rows.reached, rows.weight, ridge);
  const lines = { intercept, shapes: middles.map((middle, f) => middle.map((value) => weights[f]! * value)) };
  const counts = middles.map(({ length }) => length);
  return boost(rows, counts, config, lines, after);
}

/** Rounds without a better one after which a fold is not followed further. */
const PATIENCE = 20;

/** The best ridge, then the best number of rounds, over all folds, and what the fits of the others then say of each. */
function heldOut(
  all: BinnedRows,
  middles: readonly Float64Array[],
  fold: Int32Array,
  folds: number,
  { ridges, boost: config }: FitConfig,
): { ridge: number; rounds: number; logits: Float64Array } {
  const parts = Array.from({ length: folds }, (_, k) => ({
    ...rowsWhere(all, (i) => fold[i] === k),
    train: rowsWhere(all, (i) => fold[i] !== k).rows,
  }));
  const share = parts.map(({ rows }) => rows.weight.reduce((sum, each) => sum + each, 0));
  const none = { ...config, rounds: 0 };
  const ridge = leastOf(ridges, (each) =>
    parts.reduce((loss, { rows, train }, k) => {
      const lines = fitted(train, middles, each, none, () => true);
      return loss + share[k]! * logLossOf(rows, logitsOf(rows, lines));
    }, 0),
  );
  const losses = new Float64Array(config.rounds + 1);
  let reachedRounds = config.rounds;
  parts.forEach(({ rows, train }, k) => {
    let best = Number.POSITIVE_INFINITY;
    let bestAt = 0;
    const look = (round: number, steps: Steps): boolean => {
      const loss = logLossOf(rows, logitsOf(rows, steps));
      losses[round]! += share[k]! * loss;
      if (loss < best) {
        best = loss;
        bestAt = round;
      }
      if (round < bestAt + PATIENCE) return true;
      reachedRounds = Math.min(reachedRounds, round);
      return false;
    };
    look(
      0,
      fitted(train, middles, ridge, none, () => true),
    );
    fitted(train, middles, ridge, { ...config, rounds: reachedRounds }, look);
  });
  let rounds = 0;
  for (let round = 1; round <= reachedRounds; round++) if (losses[round]! < losses[rounds]!) rounds = round;
  const logits = new Float64Array(all.count);
  for (const { at, rows, train } of parts) {
    const said = logitsOf(
      rows,
      fitted(train, middles, ridge, { ...config, rounds }, () => true),
    );
    at.forEach((row, i) => {
      logits[row] = said[i]!;
    });
  }
  return { ridge, rounds, logits };
}

/** Levels that are alike are one; each shape's weighted mean goes to the intercept; the calibration goes into all. */
function shapesOf(
  steps: Steps,
  used: readonly Feature[],
  cuts: readonly (readonly number[])[],
  all: BinnedRows,
  { slope, intercept: shift }: Fitted['calibration'],
): Pick<Fitted, 'shapes' | 'intercept' | 'importance'> {
  let intercept = shift + slope * steps.intercept;
  const importance: Record<string, number> = {};
  const shapes: Shape[] = [];
  used.forEach(({ name, kind, unit }, f) => {
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
