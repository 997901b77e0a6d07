import { faultsOf } from '../../config/model.ts';
import type { ScoreFigures, TrainedModel } from './train.ts';

/** A model file for a person. */
export function modelText(document: TrainedModel): string {
  const { fitted, tapes, shapes, importance } = document;
  const sources = [...new Set(tapes.map(({ source }) => source.replace(/seed \d+/, 'seed …')))];
  return [
    `${document.name}: ${document.market}, fitted ${document.made}`,
    `on ${tapes.length} tapes (${sources.join(' / ')}): ${fitted.outcomes} trades, so many as ${fitted.independent.toFixed(0)} that do not overlap`,
    ...faultsOf(document).map((fault) => `not calibrated: ${fault}`),
    `exits ${JSON.stringify(exitsOf(document.basis.exits))}; a trade may last ${document.limitMs / 1000} s`,
    `${fitted.ridge === undefined ? '' : `ridge ${fitted.ridge}, `}${fitted.rounds} rounds; calibrated on held-out ${fitted.heldOut}: slope ${fitted.calibration.slope.toFixed(3)}, intercept ${fitted.calibration.intercept.toFixed(3)}`,
    '',
    `log-odds of a long = those of a price without drift + ${document.intercept.toFixed(3)} + for each feature, from the least value to the greatest:`,
    ...[...shapes]
      .sort((a, b) => (importance[b.feature] ?? 0) - (importance[a.feature] ?? 0))
      .map(
        ({ feature, kind, cuts, values, unit }) =>
          `  ${feature} (${kind}, ${unit}; moves it by ${(importance[feature] ?? 0).toFixed(3)} in the mean): ${values.map((value, i) => `${signed(value)}${i < cuts.length ? ` |${short(cuts[i]!)}|` : ''}`).join(' ')}`,
      ),
    '',
    'cross-validation (rounds and calibration were chosen on these same predictions: its calibration error flatters):',
    ...figuresText(document.crossValidation),
  ].join('\n');
}

const exitsOf = (exits: unknown): unknown => {
  const { method, tp_multiplier, sl_multiplier } = exits as Record<string, unknown>;
  return { method, tp_multiplier, sl_multiplier };
};

function figuresText(figures: ScoreFigures): string[] {
  const interval = ([value, low, high]: readonly (number | null)[], digits: number): string =>
    value === null || value === undefined
      ? '–'
      : `${value.toFixed(digits)}${low === null || low === undefined || high === null || high === undefined ? '' : ` (${low.toFixed(digits)} to ${high.toFixed(digits)})`}`;
  return [
    `  ${figures.entries} moments in ${figures.stretches} stretches; ${percent(figures.baseRate)} reached the target, ${percent(figures.timedOut)} ended at the time limit`,
    `  calibration error ${interval(figures.calibrationError, 4)}; a calibrated one would show ${figures.calibrationErrorByChance.toFixed(4)} by chance`,
    `  Brier ${interval(figures.brier, 5)}; put to other moments ${figures.brierShuffled.toFixed(5)}; log loss ${interval(figures.logLoss, 5)}`,
    '  Brier above the model’s (positive: the model is better):',
    ...Object.entries(figures.rivals).map(([name, less]) => `    ${name}: ${interval(less, 6)}`),
    '  by confidence, tenths: mean confidence, share reached, net bp',
    ...figures.buckets.map(
      ([confidence, reached, net]) => `    ${cell(confidence, 3)}  ${cell(reached, 3)}  ${cell(net, 1)}`,
    ),
    `  worth their costs: ${figures.worthwhile.entries} of ${figures.entries} moments${figures.worthwhile.netBp.length === 0 ? '' : `, ${interval(figures.worthwhile.netBp, 2)} bp each`}; costs besides the spread ${figures.costBp} bp`,
  ];
}

/** A grading, for a person. */
export const scoreText = (figures: ScoreFigures): string => figuresText(figures).join('\n');

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
const cell = (value: number | null | undefined, digits: number): string =>
  (value === null || value === undefined ? '–' : value.toFixed(digits)).padStart(8);
const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
const short = (value: number): string => Number(value.toPrecision(3)).toString();
