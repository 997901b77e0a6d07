import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { ConfigError } from '../config/load.ts';
import { KILL_FILE } from '../run/kill-switch.ts';
import { operate, type RunningInstance, UnreachableError, viewOf } from '../run/running.ts';
import { becomes, findInstances, type InstanceFlags, report, withInstanceFlags } from './instances.ts';

interface KillFlags extends InstanceFlags {
  readonly flatten?: boolean;
}

const CONFIRM_WITHIN_MS = 5_000;

export function killCommand(): Command {
  return withInstanceFlags(
    new Command('kill')
      .description(
        'the kill switch: cancels entries, and stays off until a person arms again. Also: the signal SIGUSR2, and a file KILL in the data folder',
      )
      .option('--flatten', 'close open positions at market (default: risk.kill_flattens)')
      .option('--no-flatten', 'leave open positions their stops'),
  ).action((flags: KillFlags) => kill(flags));
}

interface Killed {
  readonly account: string;
  readonly pid: number;
  /** The instance itself said that it is off. */
  readonly confirmed: boolean;
  readonly by: 'control' | 'file';
}

/**
 * Tells every instance on the data folder. Whom that does not reach is told by the file, which it looks for whatever else it
 * waits for; and where none runs, the file kills the next start.
 */
async function kill(flags: KillFlags): Promise<void> {
  const { dataDir, instances, killFlattens } = findInstances(flags);
  // the folder of no bot: a mistyped name must not look like a bot that was killed
  if (!existsSync(dataDir))
    throw new ConfigError([
      `data folder ${dataDir}: does not exist, so nothing was killed; name the bot's with --data-dir`,
    ]);
  const flatten = flags.flatten ?? killFlattens;
  const words: string[] = [];
  let file: string | null = null;
  const byFile = (): void => {
    file ??= writeKillFile(dataDir, flatten);
  };

  const killed: Killed[] = [];
  for (const instance of instances) {
    const { account, pid } = instance;
    const what = `${account} (process ${pid})`;
    try {
      const confirmed = await byControl(instance, flatten);
      killed.push({ account, pid, confirmed, by: 'control' });
      words.push(
        confirmed
          ? `${what}: killed; ${flatten ? 'positions are being closed' : 'positions keep their stops'}`
          : `${what}: took the order but does not say that it is off: look at it`,
      );
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      byFile();
      const confirmed = await confirmedSoon(instance);
      killed.push({ account, pid, confirmed, by: 'file' });
      words.push(
        confirmed
          ? `${what}: killed by file`
          : `${what}: ${error.message}. ${join(dataDir, KILL_FILE)} was written: it takes it from there`,
      );
    }
  }
  if (instances.length === 0) {
    byFile();
    words.push(
      `no instance runs on ${dataDir}: ${join(dataDir, KILL_FILE)} was written, the next start will be killed. Positions at a venue keep their stops; a paper position is watched by nobody`,
    );
  }
  report(flags, { running: instances.length > 0, flatten, instances: killed, file }, words);
  process.exitCode = killed.every(({ confirmed }) => confirmed) ? 0 : 1;
}

async function byControl(instance: RunningInstance, flatten: boolean): Promise<boolean> {
  await operate(instance, 'kill', flatten);
  return becomes(instance, ({ engine }) => engine.killed, CONFIRM_WITHIN_MS);
}

async function confirmedSoon(instance: RunningInstance): Promise<boolean> {
  try {
    await viewOf(instance);
    return await becomes(instance, ({ engine }) => engine.killed, CONFIRM_WITHIN_MS);
  } catch (error) {
    if (error instanceof UnreachableError) return false;
    throw error;
  }
}

/** Whole or not at all: nobody reads half of a word. */
function writeKillFile(dataDir: string, flatten: boolean): string {
  const path = join(dataDir, KILL_FILE);
  const half = `${path}.${process.pid}`;
  writeFileSync(half, `${flatten ? 'flatten' : 'keep'}\n`);
  renameSync(half, path);
  return path;
}
