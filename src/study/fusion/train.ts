import { basename } from 'node:path';
import { ConfigError } from '../../config/load.ts';
import { basisOf, digestOf, type ModelDocument, scenarioOfAll } from '../../config/model.ts';
import type { Settings } from '../../config/schema.ts';
import { FEATURES } from '../../core/brain/fusion/features.ts';
import { probabilityOf } from '../../core/brain/fusion/first-passage.ts';
import { FusionModel, MODEL_FORMAT, MODEL_VERSION } from '../../core/brain/fusion/model.ts';
import { DRIFTLESS } from '../../core/brain/fusion/readings.ts';
import { hashFile } from '../../tape/hash.ts';
import { readTape } from '../../tape/reader.ts';
import { FIT, type FitConfig, fit } from './fit.ts';
import type { Seen } from './moments.ts';
import type { Outcomes } from './outcomes.ts';
import { readingsOf } from './readings.ts';
import type { Rival } from './rivals.ts';
import { type Score, score } from './score.ts';
import { outcomesOf, type TapesOptions } from './tapes.ts';

export interface TrainOptions extends TapesOptions {
  readonly name: string;
  /** What market it is for, in words. */
  readonly market: string;
  /** The day, as the caller has it. */
  readonly made: string;
}

/** The whole file: what the signal needs, what it was fitted on, and how it did where it had not looked. */
export interface TrainedModel extends ModelDocument {
  readonly made: string;
  readonly market: string;
  readonly tapes: readonly {
    readonly file: string;
    readonly sha256: string;
    readonly source: string;
    readonly symbols: readonly string[];
  }[];
  readonly fitted: {
    readonly everyMs: number;
    readonly outcomes: number;
    /** So many that do not overlap. */
    readonly independent: number;
    readonly config: FitConfig;
    /** Missing in files of older programs. */
    readonly ridge?: number;
    readonly rounds: number;
    readonly calibration: { readonly method: 'platt'; readonly slope: number; readonly intercept: number };
    readonly heldOut: 'tapes' | 'stretches of time';
  };
  /** Mean |contribution|, log-odds. */
  readonly importance: Readonly<Record<string, number>>;
  /** Simpler ways to the same probability, fitted on the same outcomes: to be compared with on other tapes. */
  readonly rivals: readonly Rival[];
  /** On the tapes it was fitted on, each predicted by a fit on the others. */
  readonly crossValidation: ScoreFigures;
}

/** A `Score` in numbers that a person reads. */
export interface ScoreFigures {
  readonly entries: number;
  readonly stretches: number;
  readonly calibrationError: readonly (number | null)[];
  readonly calibrationErrorByChance: number;
  readonly brier: readonly (number | null)[];
  readonly brierShuffled: number;
  readonly logLoss: readonly (number | null)[];
  readonly baseRate: number | null;
  readonly timedOut: number;
  readonly costBp: number;
  /** Mean confidence, share reached, net return in bp; the least confident tenth first. */
  readonly buckets: readonly (readonly (number | null)[])[];
  readonly worthwhile: { readonly entries: number; readonly netBp: readonly (number | null)[] };
  /** Brier score less the model’s, with its 95 % interval: above 0, the model is better. */
  readonly rivals: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Fits a model on tapes. Throws `ConfigError`, `TapeError`. */
export async function train(
  tapes: readonly string[],
  settings: Settings,
  options: TrainOptions,
): Promise<{ document: TrainedModel; score: Score }> {
  const { outcomes, seen } = await outcomesOf(tapes, settings, options);
  if (outcomes.count < OUTCOMES_MIN)
    throw new ConfigError([
      `${outcomes.count} outcomes on ${tapes.length} tapes, at least ${OUTCOMES_MIN} wanted: ${[whyNone(seen), REMEDIES].filter((each) => each !== '').join('; ')}`,
    ]);
  return trainOn(outcomes, tapes, settings, options);
}

/** The same on outcomes that are at hand. */
export function trainOn(
  outcomes: Outcomes,
  tapes: readonly string[],
  settings: Settings,
  options: TrainOptions,
): { document: TrainedModel; score: Score } {
  const sources = tapes.map((path) => {
    const reader = readTape(path);
    reader.close();
    return {
      ...{ path, source: reader.meta.source, notes: reader.meta.notes },
      symbols: reader.instruments
        .map(({ instId }) => instId)
        .filter((id) => options.symbols === null || options.symbols.includes(id)),
    };
  });
  const { fold, byTape, kept } = foldsOf(outcomes, FIT.folds);
  if (kept.count < OUTCOMES_MIN)
    throw new ConfigError([
      `${kept.count} of ${outcomes.count} outcomes are left where ${FIT.folds} stretches of time are held out, at least ${OUTCOMES_MIN} wanted: give more tapes, or a shorter --limit`,
    ]);
  const fitted = fit(kept, fold, FIT);
  const independent = round(fitted.independent, 1);
  const features = fitted.shapes.map(({ feature }) => feature);
  const readings = readingsOf();
  const basis = {
    ...basisOf(settings, features),
    readings: Object.fromEntries([DRIFTLESS, ...features].map((name) => [name, readings[name]!])),
    scenario: scenarioOfAll(sources),
    symbols: [...new Set(sources.flatMap(({ symbols }) => symbols))].sort(),
    independent,
  };
  const said = { limitMs: options.limitMs, intercept: fitted.intercept, shapes: fitted.shapes, basis };
  const graded = score(
    kept,
    { name: options.name, probability: fitted.heldOut.model },
    fitted.rivals.map(({ name }, r) => ({ name, probability: fitted.heldOut.rivals[r]! })),
    (i) => kept.edgeBp(i, fitted.heldOut.model[i]!),
    options.limitMs,
  );
  return {
    score: graded,
    document: {
      ...{ format: MODEL_FORMAT, version: MODEL_VERSION, name: options.name },
      ...{ made: options.made, market: options.market, ...said },
      tapes: sources.map(({ path, source, notes, symbols }) => ({
        ...{ file: basename(path), sha256: hashFile(path) },
        ...{ source: [source, ...notes].join('; '), symbols },
      })),
      digest: digestOf(said),
      fitted: {
        ...{ everyMs: options.everyMs, outcomes: kept.count, independent },
        ...{ config: FIT, ridge: fitted.ridge, rounds: fitted.rounds },
        calibration: { method: 'platt', ...fitted.calibration },
        heldOut: byTape ? 'tapes' : 'stretches of time',
      },
      importance: fitted.importance,
      rivals: fitted.rivals,
      crossValidation: figuresOf(graded),
    },
  };
}

function whyNone({ refused, cutOff }: Seen): string {
  const reasons = Object.entries(refused).map(([why, count]) => `${count} trades could not be made (${why})`);
  return [...reasons, ...(cutOff > 0 ? [`${cutOff} would have lasted beyond the tape (--limit)`] : [])].join(
    ', ',
  );
}

const REMEDIES =
  'look more often (a smaller --every), give more or longer tapes, or let a trade last less (a shorter --limit)';

/** Fewer than these are no data to fit on. */
const OUTCOMES_MIN = 500;

/**
 * Which rows are held out together: whole tapes where there are enough, else stretches of time, without the trades that end
 * in another stretch than they began in.
 */
function foldsOf(outcomes: Outcomes, folds: number): { fold: Int32Array; byTape: boolean; kept: Outcomes } {
  const { count, tape, at, endAt } = outcomes;
  const tapes = new Set(tape.subarray(0, count)).size;
  if (tapes >= folds)
    return {
      fold: Int32Array.from({ length: count }, (_, i) => tape[i]! % folds),
      byTape: true,
      kept: outcomes,
    };
  const from = new Map<number, number>();
  const to = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    from.set(tape[i]!, Math.min(from.get(tape[i]!) ?? Number.POSITIVE_INFINITY, at[i]!));
    to.set(tape[i]!, Math.max(to.get(tape[i]!) ?? 0, endAt[i]!));
  }
  const foldOf = (i: number, time: number): number => {
    const start = from.get(tape[i]!)!;
    return Math.min(folds - 1, Math.floor((folds * (time - start)) / (to.get(tape[i]!)! - start)));
  };
  const kept = outcomes.where((i) => foldOf(i, at[i]!) === foldOf(i, endAt[i]!));
  const fold: number[] = [];
  for (let i = 0; i < count; i++)
    if (foldOf(i, at[i]!) === foldOf(i, endAt[i]!)) fold.push(foldOf(i, at[i]!));
  return { fold: Int32Array.from(fold), byTape: false, kept };
}

/** A finished model and its rivals on outcomes of other tapes. */
export function grade(document: TrainedModel, outcomes: Outcomes): Score {
  const model = new FusionModel(document);
  const columns = model.features.map(({ name }) => columnOf(outcomes, name));
  const { count, base } = outcomes;
  const probability = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let logit = base[i]! + model.intercept;
    // the columns are turned for shorts already
    for (let f = 0; f < columns.length; f++) logit += model.contribution(f, columns[f]![i]!, false);
    probability[i] = probabilityOf(logit);
  }
  return score(
    outcomes,
    { name: document.name, probability },
    document.rivals.map((rival) => ({ name: rival.name, probability: linear(rival, outcomes) })),
    (i) => outcomes.edgeBp(i, probability[i]!),
    document.limitMs,
  );
}

function linear({ odds = true, intercept, weights }: Rival, outcomes: Outcomes): Float64Array {
  const result = outcomes.base.slice(0, outcomes.count).map((base) => (odds ? base : 0) + intercept);
  for (const [name, weight] of Object.entries(weights)) {
    const column = columnOf(outcomes, name);
    for (let i = 0; i < result.length; i++) if (!Number.isNaN(column[i]!)) result[i]! += weight * column[i]!;
  }
  return result.map(probabilityOf);
}

const columnOf = ({ features }: Outcomes, name: string): Float64Array =>
  features[FEATURES.findIndex((feature) => feature.name === name)]!;

export function figuresOf(graded: Score): ScoreFigures {
  const { calibration } = graded;
  const interval = ({ value, low, high }: Score['brier']): (number | null)[] =>
    [value, low, high].map((each) => (each === null ? null : round(each, 6)));
  return {
    ...{ entries: graded.entries, stretches: graded.stretches },
    calibrationError: interval(calibration.error),
    calibrationErrorByChance: round(graded.errorByChance, 6),
    brier: interval(graded.brier),
    brierShuffled: round(graded.brierShuffled.mean, 6),
    logLoss: interval(graded.logLoss),
    baseRate: calibration.baseRate.value,
    timedOut: round(graded.timedOut, 4),
    costBp: round(graded.costBp, 2),
    buckets: calibration.buckets.map(({ confidence, reached }, b) => [
      round(confidence, 4),
      reached.value === null ? null : round(reached.value, 4),
      graded.netBp[b]!.value === null ? null : round(graded.netBp[b]!.value, 2),
    ]),
    worthwhile: {
      entries: graded.worthwhile.entries,
      netBp: graded.worthwhile.netBp === null ? [] : interval(graded.worthwhile.netBp),
    },
    rivals: Object.fromEntries(
      graded.rivals.map(({ name, brierLessModel }) => [name, interval(brierLessModel)]),
    ),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
