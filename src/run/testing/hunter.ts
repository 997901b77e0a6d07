import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { View } from '../../dashboard/view.ts';

/** Trades at every chance: for tests of what happens around trades, not of their sense. */
export const EAGER = `
signal: { model: priors, confidence_threshold: 0.02 }
exits: { tp_multiplier: 0.012, sl_multiplier: 0.01, rr_min: 1, rr_default: 1.2, cost_multiple_min: 0 }
execution: { cooldown_ms: 100, confirmation: none }
risk: { orders_per_minute_max: 1000, loss_streak_max: 0, stop_loss_pause_ms: 0 }
`;

const READY_WITHIN_MS = 60_000;

export interface Ready {
  readonly ready: true;
  readonly dashboard: string;
  readonly token: string;
  readonly mode: string;
  readonly venue: string;
}

/** The product as a person starts it: `bin/hunter.js` in a process of its own, with a folder of its own. */
export class Hunter {
  readonly folder = mkdtempSync(join(tmpdir(), 'hunter-test-'));
  readonly config = join(this.folder, 'settings.yaml');
  stderr = '';
  private child: ChildProcess | null = null;

  /** The Node that runs `bin/hunter.js`. */
  private readonly node: string;

  constructor(settings = EAGER, node = process.execPath) {
    this.node = node;
    writeFileSync(this.config, settings);
  }

  /** Starts it and waits for its ready line. */
  async start(...flags: string[]): Promise<Ready> {
    return (await this.startCommand('start', '--json', '--port', '0', ...flags)) as unknown as Ready;
  }

  /** Starts any command that says when it is ready, in a line of JSON. */
  async startCommand(...args: string[]): Promise<Record<string, unknown>> {
    const child = this.spawn(...args);
    const lines = createInterface({ input: child.stdout! });
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    const first = await Promise.race([
      once(lines, 'line', { signal: late }).then(([line]) => line as string),
      once(child, 'exit').then(([code]) => {
        throw new Error(`hunter ended with ${code} before it was ready:\n${this.stderr}`);
      }),
    ]);
    return JSON.parse(first) as Record<string, unknown>;
  }

  /** Runs it to its end. */
  async run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = this.spawn(...args);
    let stdout = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr: this.stderr };
  }

  /** Starts it and waits until it has said something that matches, on stderr. */
  async startUntil(pattern: RegExp, ...args: string[]): Promise<void> {
    this.spawn('start', ...args);
    await this.said(pattern);
  }

  /** Waits until what it has said on stderr so far matches. */
  async said(pattern: RegExp): Promise<void> {
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    while (!pattern.test(this.stderr)) await once(this.child!.stderr!, 'data', { signal: late });
  }

  /** Sends a signal and goes on: SIGSTOP, SIGCONT. To the process itself, or to the exchange that it started. */
  signal(signal: NodeJS.Signals, to: 'hunter' | 'exchange'): void {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('hunter is not running');
    process.kill(to === 'hunter' ? pid : childOf(pid), signal);
  }

  /** Sends a signal and waits for the end; gives the exit code (null when the signal ended it) and how long it took. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null)
      return { code: child?.exitCode ?? null, tookMs: 0 };
    const startedAt = performance.now();
    const ended = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await ended;
    return { code, tookMs: performance.now() - startedAt };
  }

  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  private spawn(...args: string[]): ChildProcess {
    this.stderr = '';
    const entry = fileURLToPath(new URL('../../../bin/hunter.js', import.meta.url));
    const defaults = { '--config': this.config, '--data-dir': this.folder };
    const withFolder =
      args[0] === 'start'
        ? Object.entries(defaults).flatMap(([flag, value]) => (args.includes(flag) ? [] : [flag, value]))
        : [];
    const child = spawn(this.node, [entry, ...args, ...withFolder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.child = child;
    return child;
  }
}

export async function viewOf(ready: Ready): Promise<View> {
  const answer = await fetch(new URL('/api/view', ready.dashboard));
  if (!answer.ok) throw new Error(`/api/view: HTTP ${answer.status}`);
  return (await answer.json()) as View;
}

/** Asks until the view satisfies; fails with the last one seen. */
export async function viewWhere(
  ready: Ready,
  wanted: (view: View) => boolean,
  withinMs: number,
): Promise<View> {
  const until = performance.now() + withinMs;
  for (;;) {
    const view = await viewOf(ready);
    if (wanted(view)) return view;
    if (performance.now() > until)
      throw new Error(
        `the view never satisfied ${wanted}; last: ${JSON.stringify(view, null, 1).slice(0, 3000)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The only child of a process. Linux: read from /proc. */
function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  if (children.length !== 1 || children[0] === '')
    throw new Error(`process ${pid} has the children "${children}", expected one`);
  return Number(children[0]);
}
