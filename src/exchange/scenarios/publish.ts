import { z } from 'zod';
import { DEFAULT_SCENARIO, scenarioSchema } from './scenario.ts';

interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** The scenario `btc-like` with every key at its default, each under a line that says what it is. */
export function scenarioTemplate(): string {
  const lines = [
    '# A Bitcoin perpetual on an ordinary day: what the embedded exchange runs unless told otherwise.',
    '# Every key, at its default; another scenario says only what is different. Unknown keys are refused.',
    '# Written by `npx node scripts/write-scenario.ts` from src/exchange/scenarios/scenario.ts.',
  ];
  const write = (
    properties: Readonly<Record<string, JsonSchema>>,
    values: Readonly<Record<string, unknown>>,
    indent: string,
  ): void => {
    for (const [key, schema] of Object.entries(properties)) {
      if (indent === '') lines.push('');
      if (schema.description !== undefined) lines.push(`${indent}# ${schema.description}${range(schema)}`);
      const value = values[key];
      if (schema.properties !== undefined) {
        lines.push(`${indent}${key}:`);
        write(schema.properties, value as Record<string, unknown>, `${indent}  `);
      } else if (Array.isArray(value) && typeof value[0] === 'object') {
        lines.push(`${indent}${key}:`);
        for (const item of value) lines.push(`${indent}  - ${flow(item as Record<string, unknown>)}`);
      } else lines.push(`${indent}${key}: ${JSON.stringify(value)}`);
    }
  };
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' }) as JsonSchema;
  write(schema.properties ?? {}, DEFAULT_SCENARIO as unknown as Record<string, unknown>, '');
  return `${lines.join('\n')}\n`;
}

const range = ({ minimum, maximum }: JsonSchema): string =>
  minimum === undefined || maximum === undefined ? '' : ` [${minimum}…${maximum}]`;

const flow = (item: Readonly<Record<string, unknown>>): string =>
  `{ ${Object.entries(item)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')} }`;
