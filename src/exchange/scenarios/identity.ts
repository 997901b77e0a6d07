import { createHash } from 'node:crypto';
import { loadScenario, scenarioNames } from './load.ts';
import type { Scenario } from './scenario.ts';

/** Which market a scenario makes: of two with one digest, the same seed gives the same market. */
export interface ScenarioIdentity {
  /** The shipped scenario with this digest, whatever its file was called; `own` where there is none. */
  readonly name: string;
  /** The first 16 hex digits of the SHA-256 over every key with its value, defaults included, the description aside. */
  readonly digest: string;
}

export function identityOf(scenario: Scenario): ScenarioIdentity {
  const digest = digestOf(scenario);
  const name = scenarioNames().find((each) => digestOf(loadScenario(each)) === digest);
  return { name: name ?? 'own', digest };
}

function digestOf({ description: _, ...terms }: Scenario): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(terms)))
    .digest('hex')
    .slice(0, 16);
}

/** In lists the order matters, in groups it does not. */
const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([key, each]) => [key, ordered(each)]),
        )
      : value;
