import { Worker } from 'node:worker_threads';
import { ConfigError } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { Us } from '../../core/units.ts';
import type { Progress, Task } from './backtest.ts';
import type { Outcome } from './outcome.ts';
import type { Survey } from './tapes.ts';

/** All that a worker is told at its start. */
export interface Job {
  readonly survey: Survey;
  readonly settings: Settings;
  readonly tasks: readonly Task[];
}

/** What crosses from a worker. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly index: number; readonly events: number; readonly at: Us }
  | { readonly kind: 'done'; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly index: number; readonly error: ToldError };

/** An error on its way between threads, which would make a plain `Error` of every kind. */
interface ToldError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly faults: readonly string[] | null;
}

export const toldOf = (error: Error): ToldError => ({
  name: error.name,
  message: error.message,
  stack: error.stack ?? '',
  faults: error instanceof ConfigError ? error.faults : null,
});

const errorOf = ({ name, message, stack, faults }: ToldError): Error =>
  Object.assign(faults === null ? new Error(message) : new ConfigError(faults), { name, stack });

/**
 * Plays all tasks on at most `count` threads; gives their outcomes in the order of the tasks. Of several that fail the first
 * in that order is told, as if they had been played one after the other.
 */
export async function playInWorkers(
  job: Job,
  count: number,
  signal?: AbortSignal,
  progress?: (progress: Progress) => void,
): Promise<Outcome[]> {
  signal?.throwIfAborted();
  const { tasks } = job;
  const outcomes: Outcome[] = [];
  const failures: (Error | undefined)[] = [];
  const done = tasks.map(() => 0);
  const total = tasks.reduce((sum, { events }) => sum + events, 0);
  let nextTask = 0;
  const workers = Array.from(
    { length: Math.min(count, tasks.length) },
    () => new Worker(new URL('./worker.ts', import.meta.url), { workerData: job }),
  );
  const serve = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const giveNext = (): void => {
        // tasks are given out in their order: once one has failed, only what runs already may fail before it
        if (failures.length > 0 || nextTask === tasks.length) resolve();
        else worker.postMessage(nextTask++);
      };
      worker.on('message', (word: FromWorker) => {
        if (word.kind === 'progress') {
          done[word.index] = Math.min(word.events, tasks[word.index]!.events);
          progress?.({ done: done.reduce((sum, each) => sum + each, 0), total, at: word.at });
          return;
        }
        done[word.index] = tasks[word.index]!.events;
        if (word.kind === 'done') outcomes[word.index] = word.outcome;
        else failures[word.index] = errorOf(word.error);
        giveNext();
      });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        reject(new Error(`a worker ended with code ${code} before its work was done`)),
      );
      giveNext();
    });
  let interrupt = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(signal?.reason as Error);
  });
  signal?.addEventListener('abort', interrupt);
  try {
    await Promise.race([interrupted, Promise.all(workers.map(serve))]);
  } finally {
    signal?.removeEventListener('abort', interrupt);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const failure = failures.find((error) => error !== undefined);
  if (failure !== undefined) throw failure;
  return outcomes;
}
