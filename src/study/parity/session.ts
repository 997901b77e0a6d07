import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError, parseSettings } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { MarketEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import {
  decodeEntry,
  HEAD_FILE,
  LOG_FILE,
  SESSION_FORMAT,
  SESSION_VERSION,
  SETTINGS_FILE,
  type SessionEntry,
  type SessionHead,
  TAPE_FILE,
} from '../../run/session/format.ts';
import { readTape } from '../../tape/reader.ts';

/** One run of a recorded session: from a start of the process to its end. */
export interface SessionRun {
  readonly folder: string;
  readonly head: SessionHead;
  readonly settings: Settings;
  readonly instruments: readonly Instrument[];
  /** Market events that can be read. */
  readonly marketEvents: number;
  /** What else entered the engine, and what left it, as far as the tape reaches. */
  readonly entries: readonly SessionEntry[];
  /** How the run ended, in the recorder's words; null when it never said so. */
  readonly ended: string | null;
  /** What is missing of the recording, in words; empty when nothing is. */
  readonly lost: string;
  /** The market's events, lent, in the engine's order. */
  forEach(emit: (event: MarketEvent) => void): void;
}

/** The runs of SESSION, oldest first: a folder that `hunter start --record` wrote, or one run in it. Throws a `ConfigError`. */
export function readSession(path: string): SessionRun[] {
  if (existsSync(join(path, HEAD_FILE))) return [readRun(path)];
  let names: string[];
  try {
    names = readdirSync(path).sort();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOTDIR' ? 'is a file' : code === 'ENOENT' ? 'does not exist' : `cannot be read (${message})`;
    throw new ConfigError([`--parity ${path}: ${why}; name the folder that \`hunter start --record\` wrote`]);
  }
  const folders = names
    .map((name) => join(path, name))
    .filter((folder) => existsSync(join(folder, HEAD_FILE)));
  if (folders.length === 0)
    throw new ConfigError([
      `--parity ${path}: holds no recorded session; make one with \`hunter start --record ${path}\``,
    ]);
  return folders.map(readRun);
}

function readRun(folder: string): SessionRun {
  const head = JSON.parse(readFileSync(join(folder, HEAD_FILE), 'utf8')) as SessionHead;
  if (head.format !== SESSION_FORMAT || head.version !== SESSION_VERSION)
    throw new ConfigError([
      `${join(folder, HEAD_FILE)}: is ${head.format} version ${head.version}; this program reads ${SESSION_FORMAT} version ${SESSION_VERSION}`,
    ]);
  const settingsPath = join(folder, SETTINGS_FILE);
  const settings = parseSettings(readFileSync(settingsPath, 'utf8'), settingsPath);
  const tape = tapeOf(folder);
  let marketEvents = 0;
  open(tape).forEachKind(() => {
    marketEvents++;
  });
  const all = readLog(join(folder, LOG_FILE));
  const entries = all.entries.filter((entry) => entry.what !== 'end' && entry.after <= marketEvents);
  const end = all.entries.find((entry) => entry.what === 'end');
  const beyond = all.entries.length - entries.length - (end === undefined ? 0 : 1);
  const lost = [
    tape.unfinished ? `the tape was never completed: ${marketEvents} market events of it can be read` : '',
    beyond > 0 ? `${beyond} entries of the log came later than those and are left out` : '',
    all.cut ? 'the last line of the log is cut off' : '',
  ].filter((text) => text !== '');
  return {
    folder,
    head,
    settings,
    instruments: head.instruments.map((spec) => new Instrument(spec)),
    marketEvents,
    entries,
    ended: end?.what === 'end' ? end.how : null,
    lost: lost.join('; '),
    forEach: (emit) => open(tape).forEach(emit),
  };
}

interface TapePlace {
  readonly path: string;
  readonly unfinished: boolean;
}

const open = ({ path, unfinished }: TapePlace) => readTape(path, { unfinished });

function tapeOf(folder: string): TapePlace {
  const whole = join(folder, TAPE_FILE);
  if (existsSync(whole)) return { path: whole, unfinished: false };
  const left = readdirSync(folder).find((name) => name.startsWith(`.${TAPE_FILE}.`));
  if (left === undefined) throw new ConfigError([`${folder}: its ${TAPE_FILE} is missing`]);
  return { path: join(folder, left), unfinished: true };
}

function readLog(path: string): { readonly entries: SessionEntry[]; readonly cut: boolean } {
  const lines = readFileSync(path, 'utf8').split('\n');
  // a whole line ends: what follows the last end is nothing, or was being written when the process was killed
  const rest = lines.pop();
  return {
    entries: lines.map((line, index) => {
      try {
        return decodeEntry(line);
      } catch (error) {
        throw new ConfigError([
          `${path}:${index + 1}: is not an entry of a session (${(error as Error).message})`,
        ]);
      }
    }),
    cut: rest !== '',
  };
}

export interface Inputs {
  market(event: MarketEvent): void;
  entry(entry: SessionEntry): void;
}

/** Tape and log together, in the order in which the engine met them. */
export function tellInOrder(run: SessionRun, { market, entry }: Inputs): void {
  const { entries } = run;
  let told = 0;
  let next = 0;
  const tellEntries = (): void => {
    while (next < entries.length && entries[next]!.after <= told) entry(entries[next++]!);
  };
  tellEntries();
  run.forEach((event) => {
    market(event);
    told++;
    tellEntries();
  });
}

/** A run's name for a person. */
export const nameOf = ({ folder }: SessionRun): string => basename(folder);
