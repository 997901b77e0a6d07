import { FEATURES } from '../../core/brain/fusion/features.ts';
import { type Linear, logistic, platt } from '../statistics/logistic.ts';
import { deviationOf } from './bins.ts';
import type { FitConfig } from './fit.ts';
import type { Outcomes } from './outcomes.ts';

/** Another way to the same probability, fitted and calibrated on the same data. A linear logit over features. */
export interface Rival {
  readonly name: string;
  /** False: it starts from nothing, not from the odds without drift. Missing in files of older programs: true. */
  readonly odds?: boolean;
  readonly intercept: number;
  /** By feature name. */
  readonly weights: Readonly<Record<string, number>>;
}

interface RivalRule {
  readonly name: string;
  readonly features: (config: FitConfig) => readonly string[];
  /** False: the features are added up alike, with one weight. True: each has a weight of its own (logistic regression, ridge). */
  readonly own: boolean;
  /** Whether it starts from the odds without drift. */
  readonly odds: boolean;
}

/** What a single detector says in one number. */
const DETECTOR_SCORES = [
  'order flow',
  'liquidity',
  'spoof',
  'iceberg',
  'microstructure',
  'regime',
  'price impact',
];

const featuresOf = (wanted: string): string[] =>
  FEATURES.filter(({ of }) => of === wanted).map(({ name }) => name);
const groups = [...new Set(FEATURES.map(({ of }) => of))];

export const RIVALS: readonly RivalRule[] = [
  { name: 'odds without drift', features: () => [], own: false, odds: true },
  { name: 'equal weights', features: () => DETECTOR_SCORES, own: false, odds: true },
  // what the detectors say at the moment, and nothing that the fusion makes of it: no means over minutes, no odds
  {
    name: 'logistic regression on raw readings',
    features: () => FEATURES.filter(({ of, slow }) => of !== 'market' && !slow).map(({ name }) => name),
    ...{ own: true, odds: false },
  },
  {
    name: 'logistic regression on the same features and odds',
    features: ({ features }) => features,
    ...{ own: true, odds: true },
  },
  ...DETECTOR_SCORES.map((name) => ({
    name: `${name} alone`,
    features: () => [name],
    ...{ own: false, odds: true },
  })),
  // all that one detector tells, not its score alone; one with a single feature is there already
  ...groups
    .filter((group) => featuresOf(group).length > 1)
    .map((group) => ({
      name: group === 'market' ? 'market features alone' : `all features of ${group.replaceAll('_', ' ')}`,
      features: () => featuresOf(group),
      ...{ own: true, odds: true },
    })),
];

/** Fits and calibrates a rival as the model is: each fold is predicted by a fit on the others. */
export function rivalOf(
  { name, features, own: ownWeights, odds }: RivalRule,
  outcomes: Outcomes,
  weight: Float64Array,
  fold: Int32Array,
  folds: number,
  config: FitConfig,
): { rival: Rival; heldOut: Float64Array } {
  const { count } = outcomes;
  const used = features(config);
  const base = odds ? outcomes.base.slice(0, count) : new Float64Array(count);
  const reached = outcomes.reached.subarray(0, count);
  const scales = used.map((each) => deviationOf(columnOf(outcomes, each)));
  const columns = ownWeights
    ? used.map((each, c) => columnOf(outcomes, each).map((value) => value / scales[c]!))
    : used.length === 0
      ? []
      : [summed(used.map((each) => columnOf(outcomes, each)))];
  const rowsOf = (wanted: (i: number) => boolean): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => i).filter(wanted);
  const parts = Array.from({ length: folds }, (_, k) => ({
    train: rowsOf((i) => fold[i] !== k),
    test: rowsOf((i) => fold[i] === k),
  }));
  const heldOutAt = (ridge: number): Float64Array => {
    const score = new Float64Array(count);
    for (const { train, test } of parts) {
      const linear = fitOn(train, ridge);
      for (const i of test) score[i] = scoreOf(linear, i);
    }
    return score;
  };
  const ridge = ownWeights
    ? leastOf(config.ridges, (each) => {
        const score = heldOutAt(each);
        let loss = 0;
        for (let i = 0; i < count; i++) {
          const p = probability(base[i]! + score[i]!);
          loss -= weight[i]! * Math.log(reached[i] === 1 ? p : 1 - p);
        }
        return loss;
      })
    : 0;
  const score = heldOutAt(ridge);
  const calibration = platt(score, base, reached, weight);
  const whole = fitOn(
    rowsOf(() => true),
    ridge,
  );
  const weights: Record<string, number> = {};
  used.forEach((each, c) => {
    weights[each] = calibration.slope * (ownWeights ? whole.weights[c]! / scales[c]! : whole.weights[0]!);
  });
  const intercept = calibration.intercept + calibration.slope * whole.intercept;
  return {
    rival: { name, odds, intercept, weights },
    heldOut: score.map((each, i) => probability(base[i]! + calibration.intercept + calibration.slope * each)),
  };

  function fitOn(rows: Int32Array, ridge: number): Linear {
    return logistic(
      columns.map((column) => Float64Array.from(rows, (i) => column[i]!)),
      Float64Array.from(rows, (i) => base[i]!),
      Uint8Array.from(rows, (i) => reached[i]!),
      Float64Array.from(rows, (i) => weight[i]!),
      ridge,
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

/** The one of which the figure is the least; the first of those that are alike. */
export function leastOf<Choice>(choices: readonly Choice[], figure: (choice: Choice) => number): Choice {
  const figures = choices.map(figure);
  return choices[figures.indexOf(Math.min(...figures))]!;
}

const probability = (logit: number): number => 1 / (1 + Math.exp(-logit));

const columnOf = ({ features, count }: Outcomes, name: string): Float64Array =>
  features[FEATURES.findIndex((feature) => feature.name === name)]!.slice(0, count);

function summed(columns: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(columns[0]!.length);
  for (const column of columns)
    for (let i = 0; i < sum.length; i++) sum[i]! += Number.isNaN(column[i]!) ? 0 : column[i]!;
  return sum;
}
