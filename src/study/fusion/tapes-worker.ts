import { parentPort } from 'node:worker_threads';
import { playTape, type TapeTask } from './tapes.ts';

/** Plays one tape after the other as `outcomesOf` asks for them; an error ends it and is told by the worker itself. */
parentPort!.on('message', (task: TapeTask) => {
  const run = playTape(task);
  for (const _ of run);
  parentPort!.postMessage(run.result());
});
