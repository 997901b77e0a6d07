import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { type Settings, type SettingsInput, settingsSchema } from './schema.ts';

export const SETTINGS_FILE = 'config/settings.yaml';

/** What is wrong with the configuration, one line a fault, each with its place and the mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** Command line words that go over the file. */
export type Overrides = Pick<
  SettingsInput,
  'symbols' | 'venue' | 'mode' | 'data_dir' | 'dashboard' | 'exchange'
>;

/**
 * Reads the settings once, at start: file, then the command line over it, checked together, frozen.
 * Without `file`, `config/settings.yaml` is read where it exists, else the defaults hold.
 */
export function loadSettings(file: string | undefined, overrides: Overrides = {}): Settings {
  const path = file ?? SETTINGS_FILE;
  if (!existsSync(path)) {
    if (file !== undefined) throw new ConfigError([`${file}: no such file (--config)`]);
    return parseSettings('', 'defaults', overrides);
  }
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`${path}: ${(error as Error).message} (--config)`]);
  }
  return parseSettings(text, path, overrides);
}

export function parseSettings(text: string, path: string, overrides: Overrides = {}): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.some(({ code }) => code === 'MULTIPLE_DOCS'))
    throw new ConfigError([`${path}: holds several documents (a line "---" parts them); settings are one`]);
  if (document.errors.length > 0)
    throw new ConfigError(document.errors.map((error) => `${path}: ${error.message.split('\n')[0]}`));
  const raw: unknown = document.contents === null ? {} : document.toJS();
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new ConfigError([`${path}: expected keys and values, such as "mode: paper"`]);

  const merged = merge(raw as Record<string, unknown>, overrides as Record<string, unknown>);
  const result = settingsSchema.safeParse(merged);
  if (!result.success) {
    const placeOf = (keys: readonly PropertyKey[]): string => {
      if (reaches(overrides, keys)) return 'command line';
      const node = document.getIn(keys as unknown[], true) as Node | undefined;
      const offset = keyOffset(document.contents, keys) ?? node?.range?.[0];
      return offset === undefined ? path : `${path}:${lines.linePos(offset).line}`;
    };
    throw new ConfigError(result.error.issues.flatMap((issue) => describe(issue, placeOf)));
  }
  return deepFreeze(result.data);
}

/** What holds where no file says otherwise. */
export const defaultSettings = (): Settings => parseSettings('', 'defaults');

/** Identifies the settings of a run: the first 16 hex digits of the SHA-256 of their JSON. */
export const settingsHash = (settings: Settings): string =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);

function describe(issue: z.core.$ZodIssue, placeOf: (keys: readonly PropertyKey[]) => string): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const where = issue.path.join('.');
      const place = placeOf([...issue.path, key]);
      if (/secret|api_?key|passphrase/i.test(key))
        return `${place}: "${key}" does not belong in settings: keys come from the environment (OKX_API_KEY, OKX_SECRET_KEY, OKX_PASSPHRASE) or okx.secrets_file`;
      const guess = nearest(key, knownKeys(issue.path));
      const hint =
        guess === null ? `known here: ${knownKeys(issue.path).join(', ')}` : `did you mean "${guess}"?`;
      return `${place}: unknown key "${key}"${where === '' ? '' : ` in "${where}"`} — ${hint}`;
    });
  const name = issue.path.join('.');
  return [`${placeOf(issue.path)}: ${name === '' ? '' : `${name}: `}${issue.message}`];
}

/** The keys the schema has at a path, read from the schema itself. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = settingsSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | null {
  let current = schema as { shape?: Record<string, unknown>; unwrap?: () => unknown } | undefined;
  while (current !== undefined && current.shape === undefined && typeof current.unwrap === 'function')
    current = current.unwrap() as typeof current;
  return current?.shape ?? null;
}

function keyOffset(contents: unknown, keys: readonly PropertyKey[]): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const key of keys) {
    if (!isMap(node)) return offset;
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    if (pair === undefined) return offset;
    offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
    node = pair.value;
  }
  return offset;
}

/** Whether the keys lead to something: then the command line, not the file, is at fault. */
function reaches(overrides: Overrides, keys: readonly PropertyKey[]): boolean {
  let value: unknown = overrides;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return keys.length > 0 && value !== undefined;
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = result[key];
    result[key] = isPlain(value) ? merge(isPlain(below) ? below : {}, value) : value;
  }
  return result;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
