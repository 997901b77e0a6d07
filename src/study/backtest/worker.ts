import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../core/assert.ts';
import type { Us } from '../../core/units.ts';
import { outcomeOf } from './outcome.ts';
import { play } from './play.ts';
import { Tapes } from './tapes.ts';
import { type FromWorker, type Job, toldOf } from './workers.ts';

/** A thread that plays the tasks it is given by their number, one after the other. */
const port = parentPort;
assert(port !== null, 'worker.ts runs in a worker thread');
const say = (word: FromWorker): void => port.postMessage(word);
const { survey, settings, tasks } = workerData as Job;
const tapes = new Tapes(survey);

port.on('message', (index: number) => {
  const { account, variation } = tasks[index]!;
  try {
    const progress = (events: number, at: Us): void => say({ kind: 'progress', index, events, at });
    const played = play(tapes, settings, account, { ...variation, progress });
    say({ kind: 'done', index, outcome: outcomeOf(played) });
  } catch (error) {
    say({ kind: 'failed', index, error: toldOf(error as Error) });
  }
});
