import { Worker } from 'node:worker_threads';
import { engineConfig } from '../../config/engine.ts';
import type { Settings } from '../../config/schema.ts';
import { tapeSource } from '../evaluate/play.ts';
import { collect, type Seen } from './moments.ts';
import { type OutcomeColumns, Outcomes } from './outcomes.ts';

export interface TapesOptions {
  /** Instruments; null: all of them. */
  readonly symbols: readonly string[] | null;
  /** A trade that has met neither target nor stop by then counts as not reached, ms. */
  readonly limitMs: number;
  /** Between two moments of the tapes, ms. */
  readonly everyMs: number;
  /** Tapes that are played at the same time; the result is the same. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (what: string, done: number) => void;
}

/** What a worker is sent: all of it can be copied. */
export interface TapeTask {
  readonly path: string;
  readonly index: number;
  readonly settings: Settings;
  readonly symbols: readonly string[] | null;
  readonly limitMs: number;
  readonly everyMs: number;
}

/** What it sends back. */
export interface TapeResult {
  readonly columns: OutcomeColumns;
  readonly seen: Seen;
}

/** What became of the trades that the engine could have made on the tapes. */
export async function outcomesOf(
  tapes: readonly string[],
  settings: Settings,
  { symbols, limitMs, everyMs, jobs = 1, signal, progress }: TapesOptions,
): Promise<{ readonly outcomes: Outcomes; readonly seen: Seen }> {
  const tasks = tapes.map((path, index) => ({ path, index, settings, symbols, limitMs, everyMs }));
  const results: TapeResult[] = [];
  if (jobs === 1 || tapes.length === 1) {
    for (const task of tasks) {
      const run = playTape(task);
      for (const done of run) {
        signal?.throwIfAborted();
        progress?.(task.path, done);
        await new Promise((resolve) => setImmediate(resolve));
      }
      results.push(run.result());
    }
  } else await playBeside(tasks, Math.min(jobs, tapes.length), results, signal, progress);
  const outcomes = new Outcomes();
  const refused: Record<string, number> = {};
  let cutOff = 0;
  for (const { columns, seen } of results) {
    outcomes.append(columns);
    cutOff += seen.cutOff;
    for (const [why, count] of Object.entries(seen.refused)) refused[why] = (refused[why] ?? 0) + count;
  }
  return { outcomes, seen: { refused, cutOff } };
}

/** One tape; the result is there when it was run through. */
export function playTape({
  path,
  index,
  settings,
  symbols,
  limitMs,
  everyMs,
}: TapeTask): Iterable<number> & { readonly result: () => TapeResult } {
  const { market, exits, execution } = engineConfig(settings, 'learn');
  const outcomes = new Outcomes();
  const run = collect(
    tapeSource(path, symbols, settings.market.bar),
    {
      ...{ market: { ...market, fusion: null }, everyMs },
      stakes: { exits, takerFee: execution.takerFee, limitMs },
    },
    index,
    outcomes,
  );
  return {
    [Symbol.iterator]: () => run[Symbol.iterator](),
    result: () => ({ columns: { ...outcomes }, seen: run.seen }),
  };
}

/** Each worker takes the next tape that nobody has; what they found is put in the order of the tapes. */
async function playBeside(
  tasks: readonly TapeTask[],
  jobs: number,
  results: TapeResult[],
  signal?: AbortSignal,
  progress?: (what: string, done: number) => void,
): Promise<void> {
  const workers = Array.from(
    { length: jobs },
    () => new Worker(new URL('./tapes-worker.ts', import.meta.url)),
  );
  let next = 0;
  let finished = 0;
  try {
    await Promise.all(
      workers.map(async (worker) => {
        while (next < tasks.length) {
          const task = tasks[next++]!;
          results[task.index] = await answerOf(worker, task, signal);
          finished += 1;
          progress?.(`${finished} of ${tasks.length} tapes`, finished / tasks.length);
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function answerOf(worker: Worker, task: TapeTask, signal?: AbortSignal): Promise<TapeResult> {
  return new Promise((resolve, reject) => {
    const abort = (): void => settle(() => reject(signal!.reason));
    // played here it fails as it did there, with an error that knows what it is: those that come from threads do not
    const fail = (error: Error): void =>
      settle(() => {
        try {
          for (const _ of playTape(task));
          reject(error);
        } catch (known) {
          reject(known);
        }
      });
    const take = (result: TapeResult): void => settle(() => resolve(result));
    const settle = (then: () => void): void => {
      signal?.removeEventListener('abort', abort);
      worker.off('message', take).off('error', fail);
      then();
    };
    if (signal?.aborted === true) return abort();
    signal?.addEventListener('abort', abort);
    worker.on('message', take).on('error', fail);
    worker.postMessage(task);
  });
}
