import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FEATURES } from '../core/brain/fusion/features.ts';
import type { FusionConfig } from '../core/brain/fusion/fusion.ts';
import { FusionModel, type ModelFile, parseModel } from '../core/brain/fusion/model.ts';
import { READINGS } from '../core/brain/fusion/readings.ts';
import type { StakesConfig } from '../core/brain/fusion/stakes.ts';
import type { ExitsConfig } from '../core/exits/exits.ts';
import { ConfigError } from './load.ts';
import type { Settings } from './schema.ts';

/** The model that comes with the program, fitted on the market of the embedded exchange. */
export const EMBEDDED_MODEL = 'config/models/embedded.json';
const EMBEDDED_PATH = fileURLToPath(new URL('../../config/models/embedded.json', import.meta.url));

/** A model file as `hunter learn train` writes it: what the signal needs, and what it was fitted on. */
export interface ModelDocument extends ModelFile {
  /** What it was fitted for; with anything else its confidence is not calibrated. */
  readonly basis: ModelBasis;
  /** As `digestOf` gives it; a model whose own is another was edited since, and is not calibrated. */
  readonly digest: string;
}

/** Settings by group; only those that change what features say, or where the trade's exits lie. */
export type Basis = Readonly<Record<string, unknown>>;

/** The settings that a model was fitted for, and the market that it was fitted on. */
export interface ModelBasis extends Basis {
  /** Of the simulated tapes, as `scenarioOf` gives it; null for tapes that tell none, such as recordings. */
  readonly scenario: string | null;
  /** Instruments that it was fitted on. */
  readonly symbols: readonly string[];
  /**
   * What its features, and the odds that it starts from, said of a fixed market when it was fitted: digests by name, as
   * `READINGS` has those of now. Missing in files of older programs.
   */
  readonly readings?: Readonly<Record<string, string>>;
  /** So many trades that do not overlap it was fitted on; with fewer than `INDEPENDENT_MIN` it is not calibrated. */
  readonly independent: number;
}

/**
 * On fewer trades that do not overlap a share is known to no better than ±0.07 (95 %, at one half): no calibration can be told
 * from chance.
 */
const INDEPENDENT_MIN = 200;

/** SHA-256, hex, over what a model says and what it was fitted for, whatever the order of the keys. */
export function digestOf({
  limitMs,
  intercept,
  shapes,
  basis,
}: Pick<ModelDocument, 'limitMs' | 'intercept' | 'shapes' | 'basis'>): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered({ limitMs, intercept, shapes, basis })))
    .digest('hex');
}

const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : isGroup(value)
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, ordered(value[key])]),
        )
      : value;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The scenario of the embedded exchange where `hunter start` runs it; a test holds the digest to the scenario. */
export const EMBEDDED_SCENARIO = { name: 'btc-like', digest: 'f38ed62f11392089' } as const;

/** The line of a tape's notes that says which scenario it is of; `digest` is over all its terms, not its words. */
export const scenarioNote = ({ name, digest }: { readonly name: string; readonly digest: string }): string =>
  `${SCENARIO_NOTE}${name}, digest ${digest}`;
const SCENARIO_NOTE = 'scenario: ';

/**
 * The scenario that a tape tells of in its notes, name and digest; null where it tells none. Tapes of older programs tell the
 * scenario's description in that place: what they are of is not known for sure, and no model takes them for its own market.
 */
export function scenarioOf(notes: readonly string[]): string | null {
  return notes.find((note) => note.startsWith(SCENARIO_NOTE))?.slice(SCENARIO_NOTE.length) ?? null;
}

/** The one scenario of several tapes; all of them, joined, where they differ: such a mixture is the market of no tape. */
export function scenarioOfAll(tapes: readonly { readonly notes: readonly string[] }[]): string | null {
  const all = [...new Set(tapes.map(({ notes }) => scenarioOf(notes)))].sort();
  return all.length > 1 ? all.map((each) => each ?? NOT_TOLD).join(' / ') : (all[0] ?? null);
}

const NOT_TOLD = 'not told';

/** What a model's probabilities depend on, besides the market. */
export function basisOf(settings: Settings, features: readonly string[]): Basis {
  const { bar, volatility_window, volatility_window_long, atr_period } = settings.market;
  const groups = FEATURES.filter(({ name }) => features.includes(name)).map(({ of }) => of);
  const brain = Object.entries(settings.brain).filter(([group]) => groups.includes(group));
  return {
    market: { bar, atr_period, volatility_window, volatility_window_long },
    brain: Object.fromEntries(brain),
    exits: settings.exits,
    execution: { entry: settings.execution.entry },
  };
}

/** `auto` is the embedded exchange's own model on its market, and the priors on any other. */
export function resolveModel(settings: Settings, market: 'embedded' | 'other'): Settings {
  if (settings.signal.model !== 'auto') return settings;
  const model = market === 'embedded' ? 'embedded' : 'priors';
  return { ...settings, signal: { ...settings.signal, model } };
}

/** Whether a tape's source, as it says itself, is the embedded exchange. */
export const isEmbedded = (source: string): boolean =>
  /^(simulated:|embedded exchange,|\w+ on embedded,)/.test(source);

/** Reads a model file. Throws a `ConfigError`. */
export function loadModel(path: string): ModelDocument {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `${path}: cannot be read as a model (${(error as Error).message}); "hunter learn train" writes one`,
    ]);
  }
  const parsed = parseModel(value);
  const fault = parsed.ok ? basisFault((value as { readonly basis?: unknown }).basis) : parsed.error;
  if (fault !== '')
    throw new ConfigError([
      `${path}: ${fault}; take the file as "hunter learn train" wrote it, or fit it anew`,
    ]);
  return value as ModelDocument;
}

function basisFault(basis: unknown): string {
  if (!isGroup(basis)) return '"basis" is missing: nobody can tell what it was fitted for';
  for (const group of ['market', 'brain', 'exits', 'execution'])
    if (!isGroup(basis[group])) return `"basis.${group}" is missing`;
  const { scenario, symbols, independent, readings } = basis;
  if (scenario !== null && typeof scenario !== 'string') return '"basis.scenario" is neither a text nor null';
  if (!Array.isArray(symbols) || !symbols.every((each) => typeof each === 'string'))
    return '"basis.symbols" is not a list of instruments';
  if (!Number.isFinite(independent)) return '"basis.independent" is not a number';
  if (readings !== undefined && !isGroup(readings))
    return '"basis.readings" is not a digest for each feature';
  return '';
}

/** What is wrong with a model whatever it is used on; empty for one that was fitted, well enough, and left alone. */
export function faultsOf(document: ModelDocument): string[] {
  const { basis, shapes, digest } = document;
  return [
    ...(digest === digestOf(document) ? [] : ['edited since it was fitted']),
    ...(basis.independent >= INDEPENDENT_MIN
      ? []
      : [
          `fitted on ${basis.independent.toFixed(0)} trades that do not overlap, fewer than ${INDEPENDENT_MIN}`,
        ]),
    ...staleness(basis.readings),
    ...(isSure(basis.scenario) ? [] : [`fitted on ${inWords(basis.scenario)}: fit it anew`]),
    ...(shapes.some(({ values }) => values.some((value) => value !== 0))
      ? []
      : ['no shapes: it is the driftless odds and nothing else']),
  ];
}

/** Of a model that was fitted on other words than its features say now. */
function staleness(readings: ModelBasis['readings']): string[] {
  if (readings === undefined) return ['does not tell what its features said when it was fitted: fit it anew'];
  const changed = Object.keys(readings).filter((name) => readings[name] !== READINGS[name]);
  return changed.length === 0
    ? []
    : [`fitted before the code changed that says ${changed.join(', ')}: fit it anew`];
}

/** The scenario of the venue that the settings name: `hunter start` runs the embedded exchange in one alone. */
export const venueScenario = ({ venue }: Settings): string | null =>
  venue === 'embedded' ? scenarioOf([scenarioNote(EMBEDDED_SCENARIO)]) : null;

/** The file of the fitted signal that the settings name; null for the priors. */
export function modelPath({ signal: { model } }: Settings): string | null {
  if (model === 'priors' || model === 'auto') return null;
  return model === 'embedded' ? EMBEDDED_PATH : model;
}

/**
 * The fitted signal that the settings name; null for the priors. `scenario` is that of the market at hand, null where it is not
 * told. Throws a `ConfigError`.
 */
export function fusionOf(
  settings: Settings,
  exits: ExitsConfig,
  scenario: string | null = venueScenario(settings),
): (FusionConfig & { readonly stakes: StakesConfig }) | null {
  const path = modelPath(settings);
  if (path === null) return null;
  const document = loadModel(path);
  const model = new FusionModel(document);
  const { scenario: fittedOn, symbols, independent: _, readings: __, ...fittedFor } = document.basis;
  const others = differences(
    fittedFor,
    basisOf(
      settings,
      document.shapes.map(({ feature }) => feature),
    ),
  );
  const faults = [
    ...faultsOf(document),
    ...(others.length === 0 ? [] : [`fitted for other settings: ${others.join(', ')}`]),
    ...(scenario === fittedOn || !isSure(fittedOn)
      ? []
      : [`fitted on ${inWords(fittedOn)}; this market is of ${inWords(scenario)}`]),
  ];
  return {
    model,
    symbols,
    calibrated: faults.length === 0,
    whyNot: faults.join('; '),
    stakes: { exits, takerFee: Number(settings.paper.taker_fee), limitMs: document.limitMs },
  };
}

const inWords = (scenario: string | null): string =>
  scenario === null
    ? 'no scenario that is told'
    : `the scenario "${scenario}"${isSure(scenario) ? '' : ', as told by an older program without its digest'}`;

/** No scenario, or one told by its digest, or several such. */
const isSure = (scenario: string | null): boolean =>
  scenario === null ||
  scenario.split(' / ').every((each) => each === NOT_TOLD || /, digest [0-9a-f]{16}$/.test(each));

/** Names of the settings that are not alike, such as `exits.tp_multiplier`. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  if (!isGroup(one) || !isGroup(other)) return JSON.stringify(one) === JSON.stringify(other) ? [] : [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differences(one[key], other[key], path === '' ? key : `${path}.${key}`),
  );
}
