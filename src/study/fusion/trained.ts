import { ConfigError } from '../../config/load.ts';
import { loadModel, type ModelDocument } from '../../config/model.ts';
import { FEATURES } from '../../core/brain/fusion/features.ts';
import { hashFile } from '../../tape/hash.ts';
import type { TrainedModel } from './train.ts';

/** Reads a model file whole, to be shown or graded. Throws a `ConfigError`. */
export function loadTrained(path: string): TrainedModel {
  const document = loadModel(path) as TrainedModel;
  const fault = faultOf(document as unknown as Group);
  if (fault !== '')
    throw new ConfigError([
      `${path}: ${fault}; take the file as "hunter learn train" wrote it, or fit it anew (the signal alone does without)`,
    ]);
  return document;
}

/** Those of the tapes that the model was fitted on: what it says of them is no evidence. */
export function fittedOn(document: ModelDocument, paths: readonly string[]): string[] {
  const known = fittedTapes(document);
  return paths.filter((path) => known.has(hashFile(path)));
}

/** SHA-256 of the tapes that a model was fitted on; none where its file does not tell. */
export function fittedTapes(document: ModelDocument): ReadonlySet<string> {
  const { tapes } = document as Partial<TrainedModel>;
  return new Set(Array.isArray(tapes) ? tapes.filter(isTape).map(({ sha256 }) => sha256) : []);
}

type Group = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown): value is Group =>
  isGroup(value) && Object.values(value).every(Number.isFinite);
const isFigures = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => each === null || Number.isFinite(each));

function faultOf({ made, market, tapes, rivals, fitted, importance, crossValidation }: Group): string {
  if (typeof made !== 'string' || typeof market !== 'string') return '"made" or "market" is not a text';
  if (!Array.isArray(tapes) || !tapes.every(isTape))
    return '"tapes" is not a list of file, sha256, source and symbols';
  if (!Array.isArray(rivals) || !rivals.every(isRival))
    return '"rivals" is not a list of name, intercept and weights of known features';
  if (
    !isGroup(fitted) ||
    !isNumbers({ outcomes: fitted.outcomes, independent: fitted.independent, rounds: fitted.rounds }) ||
    !isGroup(fitted.calibration) ||
    !isNumbers({ slope: fitted.calibration.slope, intercept: fitted.calibration.intercept })
  )
    return '"fitted" is not what a fit leaves';
  if (!isNumbers(importance)) return '"importance" is not a number for each feature';
  return isScore(crossValidation) ? '' : '"crossValidation" is not what a grading leaves';
}

const isTape = (tape: unknown): boolean =>
  isGroup(tape) &&
  [tape.file, tape.sha256, tape.source].every((each) => typeof each === 'string') &&
  Array.isArray(tape.symbols);

const isRival = (rival: unknown): boolean =>
  isGroup(rival) &&
  typeof rival.name === 'string' &&
  Number.isFinite(rival.intercept) &&
  isNumbers(rival.weights) &&
  Object.keys(rival.weights).every((name) => FEATURES.some((feature) => feature.name === name));

const isScore = (score: unknown): boolean =>
  isGroup(score) &&
  ['entries', 'stretches', 'calibrationErrorByChance', 'brierShuffled', 'timedOut', 'costBp'].every((key) =>
    Number.isFinite(score[key]),
  ) &&
  ['calibrationError', 'brier', 'logLoss'].every((key) => isFigures(score[key])) &&
  isFigures([score.baseRate]) &&
  Array.isArray(score.buckets) &&
  score.buckets.every(isFigures) &&
  isGroup(score.worthwhile) &&
  Number.isFinite(score.worthwhile.entries) &&
  isFigures(score.worthwhile.netBp) &&
  isGroup(score.rivals) &&
  Object.values(score.rivals).every(isFigures);
