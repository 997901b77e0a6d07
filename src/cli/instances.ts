import type { Command } from 'commander';
import { loadSettings } from '../config/load.ts';
import type { View } from '../dashboard/view.ts';
import { type RunningInstance, runningInstances, viewOf } from '../run/running.ts';

export interface InstanceFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

export const withInstanceFlags = (command: Command): Command =>
  command
    .option('--config <file>', 'settings file (default: config/settings.yaml)')
    .option('--data-dir <folder>', 'the data folder of the instance')
    .option('--json', 'one JSON line on stdout; words on stderr');

export interface Found {
  readonly dataDir: string;
  readonly instances: readonly RunningInstance[];
}

/** The instances that run on the data folder of these settings. */
export function findInstances(flags: InstanceFlags): Found & { readonly killFlattens: boolean } {
  const settings = loadSettings(flags.config, flags.dataDir === undefined ? {} : { data_dir: flags.dataDir });
  const dataDir = settings.data_dir;
  return { dataDir, instances: runningInstances(dataDir), killFlattens: settings.risk.kill_flattens };
}

const LOOK_EVERY_MS = 100;

/** Asks until its view satisfies, or until time is up: false. */
export async function becomes(
  instance: RunningInstance,
  wanted: (view: View) => boolean,
  withinMs: number,
): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (;;) {
    if (wanted(await viewOf(instance))) return true;
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The result for machines on stdout, or the words for people. */
export function report(flags: InstanceFlags, result: object, words: readonly string[]): void {
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  const stream = flags.json ? process.stderr : process.stdout;
  for (const line of words) stream.write(`${line}\n`);
}
