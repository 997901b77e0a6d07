import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import roll from 'pino-roll';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Fields that never reach a file, wherever they stand (row Y4). */
const SECRETS = ['apiKey', 'secret', 'passphrase', 'sign', 'signature', 'token'];

/**
 * The structured log: one JSON object a line in `FOLDER/hunter.N.log`, a new file at 100 MB, the newest five kept beside the
 * current one (row Y4).
 */
export async function openLog(
  folder: string,
): Promise<{ logger: Logger; flushSync(): void; close(): Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const stream = await roll({
    file: join(folder, 'hunter'),
    extension: '.log',
    size: '100m',
    limit: { count: 5 },
    mkdir: true,
  });
  const logger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    },
    stream,
  );
  return {
    logger,
    flushSync: () => stream.flushSync(),
    close: () =>
      new Promise((resolve) => {
        stream.once('close', resolve);
        stream.end();
      }),
  };
}

/** A few readable lines for the person at the terminal; everything also goes to the file. */
export function consoleLog(logger: Logger, say: (line: string) => void): Log {
  return (level, message, fields = {}) => {
    logger[level](fields, message);
    if (level === 'debug') return;
    const time = new Date().toTimeString().slice(0, 8);
    const mark = { info: ' ', warn: '!', error: '✗' }[level];
    say(`${time} ${mark} ${message}${level === 'info' ? '' : detailOf(fields)}`);
  };
}

/** What a warning is about, for the person: the short plain fields, secrets never among them. */
function detailOf(fields: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields)
    .filter(
      ([key, value]) =>
        !SECRETS.includes(key) && key !== 'stack' && (typeof value === 'string' || typeof value === 'number'),
    )
    .map(([key, value]) => `${key} ${String(value).slice(0, 160)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
