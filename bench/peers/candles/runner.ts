/**
 * The manners of a runner: it loads its data, writes the trades of one run to the file that it is told, says `ready`, and
 * then plays once for each line on its stdin and answers with `{"cpu":s,"wall":s}`; CPU is of the whole process.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Signal } from './data.ts';

/** Direction (1 long, −1 short), bars of entry and exit, prices of entry and exit, net P&L of one coin. */
export type Trade = [number, number, number, number, number, number];

export const handed = (folder: string): { signals: Signal[] } => ({
  signals: JSON.parse(readFileSync(join(folder, 'signals.json'), 'utf8')) as Signal[],
});

export async function serve<T>(run: () => T, tradesOf: (result: T) => Trade[]): Promise<void> {
  const [folder] = process.argv.slice(2);
  const name = process.argv.at(-1)!;
  writeFileSync(join(folder!, `${name}.json`), JSON.stringify(tradesOf(run())));
  console.log('ready');
  for await (const _ of createInterface(process.stdin)) {
    const before = process.cpuUsage();
    const startedAt = performance.now();
    run();
    const wall = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall }));
  }
}
