import { type FSWatcher, readFileSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';

/** Its appearance in the data folder is a kill (row R4). */
export const KILL_FILE = 'KILL';
/** SIGUSR1 belongs to node's debugger. */
const KILL_SIGNAL = 'SIGUSR2';

export interface KillRequest {
  /** Whether positions are closed; otherwise they keep their stops. */
  readonly flatten: boolean;
  /** Who or what asks, for the log. */
  readonly by: string;
}

export interface KillSwitchOptions {
  readonly dataDir: string;
  /** What a kill that does not say it does with positions. */
  readonly flattens: boolean;
  readonly log: Log;
  /** How often to look for the file besides being told of it, ms. */
  readonly pollMs?: number;
}

/** Watching can fail quietly (network folders, too many watches): looking costs nothing. */
const POLL_MS = 500;

/**
 * Hears a kill by signal and by file. Runs from the first moment of the process on, whatever the rest of it waits for: what
 * is asked before there is an engine is kept for it. The file counts when it appears, and again only after it was gone;
 * taking it away arms nothing.
 *
 * The file may hold the word `flatten` or `keep`. An empty one may still be on its way to holding one: entries end at once, and
 * what happens to positions is decided at the next look.
 */
export class KillSwitch {
  private readonly options: KillSwitchOptions;
  private readonly path: string;
  private receiver: ((request: KillRequest) => void) | null = null;
  private readonly waiting: KillRequest[] = [];
  private state: 'absent' | 'empty' | 'read' = 'absent';
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: KillSwitchOptions) {
    this.options = options;
    this.path = join(options.dataDir, KILL_FILE);
  }

  start(): void {
    process.on(KILL_SIGNAL, this.onSignal);
    const { log, pollMs = POLL_MS } = this.options;
    this.timer = setInterval(() => this.look(), pollMs);
    try {
      this.watcher = watch(this.options.dataDir, { persistent: false }, (_, name) => {
        if (name === KILL_FILE && this.state === 'absent') this.look();
      });
      this.watcher.on('error', (error) =>
        log('debug', `the data folder is looked at, not watched: ${error.message}`),
      );
    } catch (error) {
      log('debug', `the data folder is looked at, not watched: ${(error as Error).message}`);
    }
    this.look();
  }

  /** From here on requests go to `receiver`; first those that came before. */
  deliver(receiver: (request: KillRequest) => void): void {
    this.receiver = receiver;
    for (const request of this.waiting.splice(0)) receiver(request);
  }

  /** A person arms: the file goes. Throws when it cannot be removed, for then it would kill the next start. */
  clear(): void {
    rmSync(this.path, { force: true });
    this.state = 'absent';
    this.waiting.length = 0;
  }

  stop(): void {
    process.off(KILL_SIGNAL, this.onSignal);
    if (this.timer !== null) clearInterval(this.timer);
    this.watcher?.close();
  }

  /** Looks for the file now; the clock and the watch call it. */
  look(): void {
    const word = readWord(this.path);
    if (word === null) {
      this.state = 'absent';
      return;
    }
    if (this.state === 'read') return;
    const by = `file ${this.path}`;
    if (word === '' && this.state === 'absent') {
      this.state = 'empty';
      this.request({ flatten: false, by });
      return;
    }
    const seenEmpty = this.state === 'empty';
    this.state = 'read';
    if (word !== '' && word !== 'flatten' && word !== 'keep')
      this.options.log('warn', `${by} says neither "flatten" nor "keep"; taken as one that says nothing`);
    const flatten = word === 'flatten' || (word !== 'keep' && this.options.flattens);
    if (flatten || !seenEmpty) this.request({ flatten, by });
  }

  private readonly onSignal = (): void =>
    this.request({ flatten: this.options.flattens, by: `signal ${KILL_SIGNAL}` });

  private request(request: KillRequest): void {
    if (this.receiver !== null) {
      this.receiver(request);
      return;
    }
    this.options.log(
      'warn',
      `${request.by}: kill; in force as soon as the account is known, nothing is sent before`,
    );
    this.waiting.push(request);
  }
}

/** The file's first word; null when there is none. One that cannot be read is there all the same: a kill. */
function readWord(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim().toLowerCase();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : '';
  }
}
