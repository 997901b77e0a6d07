import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ConfigError } from '../../config/load.ts';
import { EMBEDDED_SCENARIO, scenarioNote } from '../../config/model.ts';
import type { Settings } from '../../config/schema.ts';
import type { Command } from '../../core/commands.ts';
import { type Event, EventKind, type MarketEvent } from '../../core/events.ts';
import type { Us } from '../../core/units.ts';
import { TapeWriter } from '../../tape/writer.ts';
import type { Log } from '../log.ts';
import {
  encodeEntry,
  HEAD_FILE,
  LOG_FILE,
  SESSION_FORMAT,
  SESSION_VERSION,
  SETTINGS_FILE,
  type SessionEntry,
  type SessionHead,
  TAPE_FILE,
} from './format.ts';

/** What a crash may cost of the tape, as long as events come at all. */
const FLUSH_EVERY_US = 5_000_000;

export type RecordedHead = Omit<SessionHead, 'format' | 'version' | 'configHash'>;

/**
 * Writes down everything that enters the engine and leaves it: see `format.ts`. For `hunter backtest --parity`.
 *
 * It never costs the trading its life: a disk that fails is told once and ends the recording, nothing else. Memory is one
 * batch of a tape, whatever the length. The log is with the operating system at once, the tape every five seconds; both
 * are forced to the disk at the end alone. A restart begins another run folder; a process that is killed leaves the tape
 * as `.market.tape.PID.partial`, readable up to its last whole batch.
 */
export class SessionRecorder {
  readonly folder: string;
  private readonly tape: TapeWriter;
  private readonly descriptor: number;
  private readonly log: Log;
  private flushedAt = 0;
  private open = true;

  /** Makes a run's folder in `directory`. Throws a `ConfigError` when it cannot. */
  static begin(
    directory: string,
    head: RecordedHead,
    settings: Settings,
    hash: string,
    log: Log,
  ): SessionRecorder {
    try {
      mkdirSync(directory, { recursive: true });
      const folder = newFolder(directory, head.startedAt);
      return new SessionRecorder(folder, head, settings, hash, log);
    } catch (error) {
      throw new ConfigError([
        `--record ${directory}: cannot be written (${(error as Error).message}); name another folder`,
      ]);
    }
  }

  private constructor(folder: string, head: RecordedHead, settings: Settings, configHash: string, log: Log) {
    this.folder = folder;
    this.log = log;
    const whole: SessionHead = {
      format: SESSION_FORMAT,
      version: SESSION_VERSION,
      ...head,
      configHash,
    };
    writeFileSync(join(folder, SETTINGS_FILE), stringify(settings));
    this.descriptor = openSync(join(folder, LOG_FILE), 'ax');
    this.tape = TapeWriter.create(join(folder, TAPE_FILE), head.instruments, {
      source: `${head.mode} on ${head.venue}, recorded by hunter start`,
      ...(head.venue === 'embedded' ? { notes: [scenarioNote(EMBEDDED_SCENARIO)] } : {}),
      bar: settings.market.bar,
    });
    // last: where it stands, everything else does
    writeFileSync(join(folder, HEAD_FILE), `${JSON.stringify(whole, null, 2)}\n`);
  }

  /** Before the engine takes it. */
  event(event: Event): void {
    if (!this.open) return;
    this.guard(() => {
      switch (event.kind) {
        case EventKind.book:
        case EventKind.trade:
        case EventKind.candle:
        case EventKind.mark:
        case EventKind.funding:
        case EventKind.feed:
          return this.market(event);
        default:
          return this.write({ what: 'event', after: this.tape.events, event });
      }
    });
  }

  /** After the engine gave it. `sentAt`: when the venue was told; null when it was not, or is not meant to be. */
  command(command: Command, decidedAt: Us, sentAt: Us | null): void {
    if (!this.open || command.kind === 'timer') return;
    this.guard(() => this.write({ what: 'command', after: this.tape.events, decidedAt, sentAt, command }));
  }

  /** Completes tape and log. */
  close(how: string, at: Us): void {
    if (!this.open) return;
    this.guard(() => {
      this.write({ what: 'end', after: this.tape.events, at, how });
      fsyncSync(this.descriptor);
      this.tape.close();
      this.open = false;
      closeSync(this.descriptor);
    });
  }

  private market(event: MarketEvent): void {
    this.tape.write(event);
    if (event.at - this.flushedAt < FLUSH_EVERY_US) return;
    this.flushedAt = event.at;
    this.tape.flush();
  }

  private write(entry: SessionEntry): void {
    const bytes = Buffer.from(`${encodeEntry(entry)}\n`);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.open = false;
      this.log(
        'error',
        `recording stopped after ${this.tape.events} market events: ${(error as Error).message}; trading goes on, ${this.folder} holds what was written before`,
      );
      this.tape.abandon();
      try {
        closeSync(this.descriptor);
      } catch (closing) {
        this.log('debug', `closing the record: ${(closing as Error).message}`);
      }
    }
  }
}

/** Runs of one folder sort by name as by time. */
function newFolder(directory: string, startedAt: Us): string {
  const name = `run-${new Date(startedAt / 1000).toISOString().replaceAll(/[-:]/g, '')}`;
  const folder = join(directory, name);
  mkdirSync(folder);
  return folder;
}
