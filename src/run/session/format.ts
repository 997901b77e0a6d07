import type { Command, SetTimer } from '../../core/commands.ts';
import { type Event, EventKind, type MarketEvent } from '../../core/events.ts';
import type { InstrumentSpec } from '../../core/instrument.ts';
import type { Us } from '../../core/units.ts';

/**
 * A recorded session: a folder with one folder for each run of the process (`run-` and when it began), and in each of them
 * everything that entered the engine and everything that left it.
 *
 * | file | holds |
 * |---|---|
 * | `session.json` | `SessionHead`: what ran, where, with which instruments |
 * | `settings.yaml` | the settings in force, whole |
 * | `market.tape` | the market's events as the engine was told them, an ordinary tape |
 * | `engine.jsonl` | all other events of the engine and all its commands, a `SessionEntry` a line |
 *
 * An entry's `after` is how many events of the tape the engine had been told before it: tape and log together are the
 * engine's whole input in its order.
 */
export const SESSION_FORMAT = 'okx-stream-hunter/session';
export const SESSION_VERSION = 1;

export const HEAD_FILE = 'session.json';
export const SETTINGS_FILE = 'settings.yaml';
export const TAPE_FILE = 'market.tape';
export const LOG_FILE = 'engine.jsonl';

export interface SessionHead {
  readonly format: typeof SESSION_FORMAT;
  readonly version: typeof SESSION_VERSION;
  readonly mode: string;
  readonly venue: string;
  readonly instruments: readonly InstrumentSpec[];
  /** Of client order ids. */
  readonly idPrefix: string;
  readonly configHash: string;
  readonly startedAt: Us;
  /** The journal that has the same run, and its number there. */
  readonly journal: { readonly path: string; readonly session: number };
}

/** What enters the engine besides the market. */
export type OwnEvent = Exclude<Event, MarketEvent>;
/** What leaves it; timers come back as events. */
export type OwnCommand = Exclude<Command, SetTimer>;

export type SessionEntry =
  | { readonly what: 'event'; readonly after: number; readonly event: OwnEvent }
  | {
      readonly what: 'command';
      readonly after: number;
      /** The engine's time. */
      readonly decidedAt: Us;
      /** When an order or cancel was given to the venue; null for all else, and for what was held back. */
      readonly sentAt: Us | null;
      readonly command: OwnCommand;
    }
  | { readonly what: 'end'; readonly after: number; readonly at: Us; readonly how: string };

/** Money is a bigint, which JSON has not: `{"bigint":"-12"}`. */
export const encodeEntry = (entry: unknown): string =>
  JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === 'bigint' ? { bigint: value.toString() } : value,
  );

export function decodeEntry(line: string): SessionEntry {
  const entry = JSON.parse(line, (_key, value: unknown) =>
    isBigint(value) ? BigInt(value.bigint) : value,
  ) as SessionEntry;
  // recorded before orders could be amended
  if (entry.what === 'event' && entry.event.kind === EventKind.order) entry.event.amended ??= null;
  return entry;
}

const isBigint = (value: unknown): value is { readonly bigint: string } =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { bigint?: unknown }).bigint === 'string' &&
  Object.keys(value).length === 1;
