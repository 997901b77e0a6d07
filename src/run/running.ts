import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperatorAction } from '../core/events.ts';
import type { View } from '../dashboard/view.ts';
import { type InstanceInfo, isHeld, lockInfoPath } from './lock.ts';

export const LOCK_FILE = 'instance.lock';
const TOKEN_FILE = 'instance.token';
/** An instance on this machine that does not answer within this is not going to. */
const ANSWER_MS = 5_000;

/** For this machine's command line: whoever may read the owner's files may give the owner's orders. */
export function writeToken(folder: string, token: string): void {
  const path = join(folder, TOKEN_FILE);
  rmSync(path, { force: true });
  writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
}

export const removeToken = (folder: string): void => rmSync(join(folder, TOKEN_FILE), { force: true });

/** A process that holds the lock of an account folder, and how to speak to it. */
export interface RunningInstance extends InstanceInfo {
  /** `<mode>-<venue>`, the folder's name. */
  readonly account: string;
  readonly folder: string;
}

/** Instances that run on this data folder now. A folder that is not there has none. */
export function runningInstances(dataDir: string): RunningInstance[] {
  let accounts: string[];
  try {
    accounts = readdirSync(dataDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return accounts.flatMap((account) => {
    const folder = join(dataDir, account);
    const lock = join(folder, LOCK_FILE);
    if (!isHeld(lock)) return [];
    return [{ account, folder, ...(JSON.parse(readFileSync(lockInfoPath(lock), 'utf8')) as InstanceInfo) }];
  });
}

/** The instance runs but cannot be spoken to; the message says why. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export const viewOf = async (instance: RunningInstance): Promise<View> =>
  (await ask(instance, 'api/view')) as View;

/** What a person's word on the page is. */
export async function operate(
  instance: RunningInstance,
  action: OperatorAction,
  flatten?: boolean,
): Promise<void> {
  await ask(instance, 'api/control', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action, ...(flatten === undefined ? {} : { flatten }) }),
  });
}

async function ask(instance: RunningInstance, path: string, request: RequestInit = {}): Promise<unknown> {
  const { dashboard, folder, pid } = instance;
  if (dashboard === '')
    throw new UnreachableError(`process ${pid} is still starting: its page is not up yet`);
  try {
    const token = readFileSync(join(folder, TOKEN_FILE), 'utf8').trim();
    const response = await fetch(new URL(path, dashboard), {
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status} ${text}`);
    return JSON.parse(text);
  } catch (error) {
    throw new UnreachableError(
      `process ${pid} at ${dashboard} does not answer: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
