import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Log } from './log.ts';

/** What the exchange says when it is ready: its addresses, and the keys of the account that it made for us. */
export interface ExchangeReady {
  readonly rest: string;
  readonly ws: string;
  readonly wsAll: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

export interface EmbeddedOptions {
  readonly seed: number;
  readonly speed: number;
  readonly stateFile: string;
  readonly log: Log;
}

const READY_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 2_000;
const RESTART_AFTER_MS = 1_000;
const RESTARTS_MAX = 5;

/**
 * The exchange on this machine as a process of its own, spoken to over real sockets only. It ends with us, however we end: it
 * watches the pipe to its parent. Should it die before, it is started again on the same port, where the client's
 * reconnect finds it.
 */
export class EmbeddedExchange {
  ready!: ExchangeReady;
  private readonly options: EmbeddedOptions;
  private child: ChildProcess | null = null;
  private stopping = false;
  private restarts = 0;

  private constructor(options: EmbeddedOptions) {
    this.options = options;
  }

  static async start(options: EmbeddedOptions): Promise<EmbeddedExchange> {
    const exchange = new EmbeddedExchange(options);
    exchange.ready = await exchange.launch(0);
    return exchange;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(force);
  }

  private launch(port: number): Promise<ExchangeReady> {
    const { seed, speed, stateFile, log } = this.options;
    const entry = fileURLToPath(new URL('../exchange/process.ts', import.meta.url));
    const args = ['--port', `${port}`, '--seed', `${seed}`, '--speed', `${speed}`, '--state', stateFile];
    // its own process group: Ctrl-C is ours to pass on, after we have finished with it
    const child = spawn(process.execPath, [entry, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    const errors: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => {
      errors.push(line);
      if (errors.length > 20) errors.shift();
      log('warn', `exchange: ${line}`);
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the embedded exchange was not ready within ${READY_WITHIN_MS / 1000} s`));
      }, READY_WITHIN_MS);
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const message = JSON.parse(line) as ExchangeReady & { ready?: boolean };
        if (message.ready !== true) return;
        clearTimeout(late);
        resolve(message);
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        reject(new Error(`the embedded exchange ended (${signal ?? `exit ${code}`}): ${errors.join(' / ')}`));
        if (!this.stopping && this.ready !== undefined) this.restart(code, signal);
      });
    });
  }

  private restart(code: number | null, signal: NodeJS.Signals | null): void {
    const { log } = this.options;
    if (this.restarts >= RESTARTS_MAX) {
      log('error', `the embedded exchange ended ${this.restarts + 1} times; not started again`);
      return;
    }
    this.restarts++;
    log('warn', `the embedded exchange ended (${signal ?? `exit ${code}`}); starting it again`);
    setTimeout(() => {
      if (this.stopping) return;
      this.launch(Number(new URL(this.ready.rest).port)).catch((error: Error) => log('error', error.message));
    }, RESTART_AFTER_MS);
  }
}
