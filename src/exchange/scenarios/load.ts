import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../../core/nearest.ts';
import { type Scenario, scenarioSchema } from './scenario.ts';

/** The scenarios that are shipped, one YAML file each. */
const FOLDER = new URL('../../../config/scenarios/', import.meta.url);
const NAME = /^[a-z0-9-]+$/;

/** A scenario that cannot be used; the message names place and mend. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/** Names of the scenarios that are shipped. */
export const scenarioNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();

/** A shipped scenario by its name, or one of one's own by the path of its file. Throws a `ScenarioError`. */
export function loadScenario(nameOrPath: string): Scenario {
  const shipped = NAME.test(nameOrPath);
  if (shipped && !scenarioNames().includes(nameOrPath)) {
    const guess = nearest(nameOrPath, scenarioNames());
    const hint = guess === null ? `there are ${scenarioNames().join(', ')}` : `did you mean "${guess}"?`;
    throw new ScenarioError(`no scenario "${nameOrPath}": ${hint} (or give the path of a .yaml file)`);
  }
  const path = shipped ? new URL(`${nameOrPath}.yaml`, FOLDER) : nameOrPath;
  if (!existsSync(path)) throw new ScenarioError(`${nameOrPath}: no such scenario file`);
  return parseScenario(readFileSync(path, 'utf8'), nameOrPath);
}

/** Reads a scenario from YAML; `name` stands in the messages. */
export function parseScenario(text: string, name: string): Scenario {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new ScenarioError(`${name}: ${fault.message.split('\n')[0]}`);
  const result = scenarioSchema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const lineOf = (keys: readonly PropertyKey[]): string => {
    const parent = document.getIn(keys.slice(0, -1), true) as Node | undefined;
    const map = isMap(parent) ? parent : document.contents;
    const last = keys.at(-1);
    const key = isMap(map)
      ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : undefined;
    const offset = (key as Node | undefined)?.range?.[0];
    return offset === undefined ? name : `${name}:${counter.linePos(offset).line}`;
  };
  throw new ScenarioError(result.error.issues.flatMap((issue) => told(issue, lineOf)).join('\n'));
}

function told(issue: z.core.$ZodIssue, lineOf: (keys: readonly PropertyKey[]) => string): string[] {
  if (issue.code !== 'unrecognized_keys')
    return [`${lineOf(issue.path)}: ${issue.path.join('.')}: ${issue.message}`];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    const hint = guess === null ? `known here: ${known.join(', ')}` : `did you mean "${guess}"?`;
    return `${lineOf([...issue.path, key])}: unknown key "${[...issue.path, key].join('.')}": ${hint}`;
  });
}

interface Shaped {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly unwrap?: () => unknown;
}

/** The keys that the schema has at a path, read from the schema itself. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let at: unknown = scenarioSchema;
  for (const key of path) {
    const inner = unwrapped(at);
    at = inner.shape?.[String(key)] ?? inner.element;
  }
  return Object.keys(unwrapped(at).shape ?? {});
}

function unwrapped(schema: unknown): Shaped {
  let current = schema as Shaped;
  while (current.shape === undefined && current.element === undefined && current.unwrap !== undefined)
    current = current.unwrap() as Shaped;
  return current;
}
