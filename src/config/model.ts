import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FEATURES } from '../core/brain/fusion/features.ts';
import type { FusionConfig } from '../core/brain/fusion/fusion.ts';
import { FusionModel, type ModelFile, parseModel } from '../core/brain/fusion/model.ts';
import type { StakesConfig } from '../core/brain/fusion/stakes.ts';
import type { ExitsConfig } from '../core/exits/exits.ts';
import { ConfigError } from './load.ts';
import type { Settings } from './schema.ts';

/** The model that comes with the program, fitted on the market of the embedded exchange. */
export const EMBEDDED_MODEL = 'config/models/embedded.json';
const EMBEDDED_PATH = fileURLToPath(new URL('../../config/models/embedded.json', import.meta.url));

/** A model file as `hunter learn train` writes it: what the signal needs, and what it was fitted on. */
export interface ModelDocument extends ModelFile {
  /** The settings that it was fitted for; with others its confidence is not calibrated. */
  readonly basis: Basis;
}

/** Settings by group; only those that change what features say, or where the trade's exits lie. */
export type Basis = Readonly<Record<string, unknown>>;

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
  if (!parsed.ok) throw new ConfigError([`${path}: ${parsed.error}`]);
  return value as ModelDocument;
}

/** The fitted signal that the settings name; null for the priors. Throws a `ConfigError`. */
export function fusionOf(
  settings: Settings,
  exits: ExitsConfig,
): (FusionConfig & { readonly stakes: StakesConfig }) | null {
  const { model: name } = settings.signal;
  if (name === 'priors' || name === 'auto') return null;
  const document = loadModel(name === 'embedded' ? EMBEDDED_PATH : name);
  const model = new FusionModel(document);
  const others = differences(
    document.basis,
    basisOf(
      settings,
      document.shapes.map(({ feature }) => feature),
    ),
  );
  return {
    model,
    calibrated: others.length === 0,
    whyNot: others.length === 0 ? '' : `fitted for other settings: ${others.join(', ')}`,
    stakes: { exits, takerFee: Number(settings.paper.taker_fee), limitMs: document.limitMs },
  };
}

/** Names of the settings that are not alike, such as `exits.tp_multiplier`. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  const isGroup = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isGroup(one) || !isGroup(other)) return JSON.stringify(one) === JSON.stringify(other) ? [] : [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differences(one[key], other[key], path === '' ? key : `${path}.${key}`),
  );
}
