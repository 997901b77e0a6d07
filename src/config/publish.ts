import { z } from 'zod';
import { settingsSchema } from './schema.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly tune?: readonly [number, number];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const schema = (): JsonSchema =>
  z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema;

/** The JSON Schema that editors complete `settings.yaml` from. */
export const settingsJsonSchema = (): string => `${JSON.stringify(schema(), null, 2)}\n`;

/** A settings file with every key at its default, each under a line that says what it is. */
export function settingsTemplate(): string {
  const lines = [
    '# yaml-language-server: $schema=./settings.schema.json',
    '# Every key, at its default. Unknown keys are refused; what is left out takes its default.',
    '# Written by `npx node scripts/write-schema.ts` from src/config/schema.ts.',
  ];
  const write = (properties: Readonly<Record<string, JsonSchema>>, indent: string): void => {
    for (const [key, value] of Object.entries(properties)) {
      if (indent === '') lines.push('');
      lines.push(`${indent}# ${value.description ?? ''}${rangeOf(value)}`);
      if (value.properties !== undefined) {
        lines.push(`${indent}${key}:`);
        write(value.properties, `${indent}  `);
      } else lines.push(`${indent}${key}: ${JSON.stringify(value.default)}`);
    }
  };
  write(schema().properties ?? {}, '');
  return `${lines.join('\n')}\n`;
}

function rangeOf({ minimum, maximum, enum: choices, tune }: JsonSchema): string {
  const parts: string[] = [];
  if (choices !== undefined) parts.push(choices.join(' | '));
  if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum}…${maximum}`);
  if (tune !== undefined) parts.push(`tuned over ${tune[0]}…${tune[1]}`);
  return parts.length === 0 ? '' : ` [${parts.join('; ')}]`;
}
