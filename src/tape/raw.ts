import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { type Us, us } from '../core/units.ts';
import { TapeError } from './format.ts';

/**
 * Raw captures: what went over the sockets, losslessly, one JSON object a line, plain or gzip. Two forms are read:
 *
 * - wrapped, `{"t":1652459224.53,"dir":"in","conn":"okx-1","data":{…}}`: `t` is our receive time in epoch seconds;
 *   `dir` is `in`, `out` or `connect` (which has `url` instead of `data`);
 * - bare: the messages alone.
 */
export type RawDirection = 'in' | 'out' | 'connect';

/** One line of a capture, lent for one call. */
export interface RawMessage {
  /** Counted from 1. */
  readonly line: number;
  /** When it was received or sent, our clock; null in a bare capture. */
  readonly at: Us | null;
  readonly direction: RawDirection;
  /** Name of the connection, `""` in a bare capture. */
  readonly connection: string;
  /** The message as it went over the socket. The URL for `connect`. */
  readonly bytes: Uint8Array;
}

/** A line that could not be used, and why. */
export interface RejectedLine {
  readonly line: number;
  readonly reason: string;
}

/**
 * Reads a capture to its end, handing over every message in order. Damage is never fatal and never silent: a line that
 * is not JSON or has another shape, or a compressed file that breaks off, goes to `reject` and the rest is read.
 * Throws a `TapeError` only when the file cannot be read at all.
 */
export async function readRaw(
  path: string,
  take: (message: RawMessage) => void,
  reject: (rejected: RejectedLine) => void,
): Promise<void> {
  await readLines(
    path,
    (bytes, line) => {
      if (bytes.length === 0) return;
      try {
        take(parseLine(bytes, line));
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        reject({ line, reason: error.message });
      }
    },
    reject,
  );
}

/**
 * Reads a text file, plain or gzip, line by line; the bytes are lent for one call. A compressed file that breaks off
 * is read as far as it goes, then reported with the number of the line that is cut.
 */
export async function readLines(
  path: string,
  take: (bytes: Uint8Array, line: number) => void,
  reject: (rejected: RejectedLine) => void,
): Promise<void> {
  let rest: Uint8Array = new Uint8Array(0);
  let line = 0;
  const feed = (chunk: Uint8Array): void => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      take(trimEnd(rest.length === 0 ? piece : Buffer.concat([rest, piece])), ++line);
      rest = EMPTY;
      start = end + 1;
    }
    if (start < chunk.length) rest = Buffer.concat([rest, chunk.subarray(start)]);
    if (rest.length > LINE_MAX)
      throw new TapeError(
        path,
        `has a line longer than ${LINE_MAX >> 20} MiB; is it a text file, one message a line?`,
      );
  };
  const broken = await readChunks(path, feed);
  if (broken !== null) {
    const cut = rest.length > 0 ? ', and this line with it' : '';
    reject({ line: line + 1, reason: `the compressed file breaks off here (${broken})${cut}` });
  } else if (rest.length > 0) take(trimEnd(rest), ++line);
}

/** Hands over the (decompressed) bytes; gives the reason when the compressed data is broken or ends too soon. */
async function readChunks(path: string, feed: (chunk: Uint8Array) => void): Promise<string | null> {
  const compressed = isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const source = compressed ? file.pipe(createGunzip({ chunkSize: CHUNK })) : file;
  return new Promise((resolve, fail) => {
    // not `for await`: it drops what was decompressed already when the stream breaks
    source.on('data', (chunk) => {
      try {
        feed(chunk as Uint8Array);
      } catch (error) {
        file.destroy();
        source.destroy();
        fail(error as Error);
      }
    });
    source.on('end', () => resolve(null));
    file.on('error', (error) => fail(unreadable(path, error)));
    if (source !== file)
      source.on('error', (error) => {
        file.destroy();
        resolve(error.message);
      });
  });
}

function isGzip(path: string): boolean {
  const magic = Buffer.alloc(6);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
    readSync(descriptor, magic);
  } catch (error) {
    throw unreadable(path, error);
  }
  closeSync(descriptor);
  if (magic.toString('latin1') === 'ARROW1') throw new TapeError(path, 'is a tape, not a raw recording');
  return magic[0] === 0x1f && magic[1] === 0x8b;
}

const unreadable = (path: string, cause: unknown): TapeError =>
  new TapeError(path, `cannot be read (${(cause as Error).message}); check the name`, { cause });

class LineError extends Error {}

/** The wrapped form as it is usually written, so that the message bytes can be cut out without parsing them. */
const WRAPPED = /^\{"t":(\d+(?:\.\d+)?),"dir":"(in|out)","conn":"([^"\\]*)","data":(?=[{["])/;
const HEAD = 160;

function parseLine(bytes: Uint8Array, line: number): RawMessage {
  const head = WRAPPED.exec(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(HEAD, bytes.length)).toString('latin1'),
  );
  if (head !== null && bytes.at(-1) === CLOSE_BRACE) {
    const [all, t, direction, connection] = head as unknown as [string, string, 'in' | 'out', string];
    const message = bytes.subarray(all.length, -1);
    if (message[0] !== QUOTE) {
      if (message.at(-1) !== CLOSE_BRACE && message.at(-1) !== CLOSE_BRACKET)
        throw new LineError('is not JSON: cut short');
      return { line, at: secondsToUs(Number(t)), direction, connection, bytes: message };
    }
  }
  return parseSlowly(Buffer.from(bytes).toString(), line);
}

function parseSlowly(text: string, line: number): RawMessage {
  if (text === 'ping' || text === 'pong')
    return {
      line,
      at: null,
      direction: text === 'ping' ? 'out' : 'in',
      connection: '',
      bytes: Buffer.from(text),
    };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LineError(`is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LineError(`is not a message: ${shown(text)}`);
  const { t, dir, conn, data, url } = value as Record<string, unknown>;
  if (dir === undefined && t === undefined) {
    if (!('arg' in value || 'event' in value || 'op' in value))
      throw new LineError(`is neither a wrapped nor an OKX message: ${shown(text)}`);
    return {
      line,
      at: null,
      direction: 'op' in value && !('code' in value) ? 'out' : 'in',
      connection: '',
      bytes: Buffer.from(text),
    };
  }
  if (typeof t !== 'number' || !(t > 0)) throw new LineError(`has no receive time "t": ${shown(text)}`);
  if (dir !== 'in' && dir !== 'out' && dir !== 'connect')
    throw new LineError(`has "dir" ${JSON.stringify(dir)}, expected in, out or connect`);
  const content = dir === 'connect' ? url : data;
  if (content === undefined || content === null)
    throw new LineError(`has no "${dir === 'connect' ? 'url' : 'data'}": ${shown(text)}`);
  const message = typeof content === 'string' ? content : JSON.stringify(content);
  const connection = typeof conn === 'string' ? conn : '';
  return { line, at: secondsToUs(t), direction: dir, connection, bytes: Buffer.from(message) };
}

/**
 * Writes a raw capture in the wrapped form; compressed when the name ends in `.gz`. Lines reach the disk as the
 * system gets to them: a crash costs the last moments, never the file.
 */
export class RawWriter {
  readonly path: string;
  /** Lines written so far. */
  lines = 0;
  private readonly head: Writable;
  private readonly done: Promise<unknown>;
  private fault: Error | null = null;

  static create(path: string): RawWriter {
    return new RawWriter(path);
  }

  private constructor(path: string) {
    this.path = path;
    const file = createWriteStream(path, { flags: 'a' });
    this.head = path.endsWith('.gz') ? createGzip() : file;
    if (this.head !== file) this.head.pipe(file);
    // a fault is told at the next write, and again by `close`
    const note = (error: Error): void => {
      this.fault ??= new TapeError(path, `cannot be written (${error.message})`, { cause: error });
    };
    this.head.on('error', note);
    file.on('error', note);
    this.done = finished(file).catch(note);
  }

  /** A message that came in or went out, as it was on the socket. */
  write(direction: 'in' | 'out', connection: string, at: Us, message: string | Uint8Array): void {
    const text = typeof message === 'string' ? message : Buffer.from(message).toString();
    const json = text.startsWith('{') || text.startsWith('[');
    // JSON goes in byte for byte; a line break inside it would end our line
    const data = json && !text.includes('\n') ? text : JSON.stringify(json ? JSON.parse(text) : text);
    this.put(
      `{"t":${usToSeconds(at)},"dir":"${direction}","conn":${JSON.stringify(connection)},"data":${data}}\n`,
    );
  }

  connect(connection: string, at: Us, url: string): void {
    this.put(
      `{"t":${usToSeconds(at)},"dir":"connect","conn":${JSON.stringify(connection)},"url":${JSON.stringify(url)}}\n`,
    );
  }

  /** Ends the file. Throws when any of it could not be written. */
  async close(): Promise<void> {
    this.head.end();
    await this.done;
    if (this.fault !== null) throw this.fault;
  }

  private put(line: string): void {
    if (this.fault !== null) throw this.fault;
    this.head.write(line);
    this.lines++;
  }
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;
const CHUNK = 1 << 18;
/** A full book of 400 levels a side is 30 kB; whatever is longer than this is no line of a capture. */
const LINE_MAX = 16 << 20;
const EMPTY = new Uint8Array(0);

const trimEnd = (bytes: Uint8Array): Uint8Array => (bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes);
const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
const secondsToUs = (seconds: number): Us => us(Math.round(seconds * 1e6));
const usToSeconds = (at: Us): string => (at / 1e6).toFixed(6);
