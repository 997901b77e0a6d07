import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const GLANCE_MS = 200;

/** Another instance holds what this one needs (row Y2). */
export class LockError extends Error {
  override readonly name = 'LockError';
}

export interface InstanceInfo {
  readonly pid: number;
  /** Unix ms. */
  readonly startedAt: number;
  /** Where its page is; empty until it is up. */
  readonly dashboard: string;
}

/**
 * One instance per account folder. The lock is the operating system's lock on a file, held by SQLite in exclusive mode: it
 * goes when the process goes, however it goes, so a stale one cannot exist on one machine. Who holds it is written beside
 * it for the message to the second instance.
 */
export class InstanceLock {
  private readonly database: DatabaseSync;
  private readonly infoPath: string;

  /** Takes the lock at `path` (`….lock`); throws `LockError` naming the holder when there is one. */
  constructor(path: string, info: InstanceInfo) {
    this.infoPath = lockInfoPath(path);
    // waits out the glance of `isHeld`
    this.database = new DatabaseSync(path, { timeout: GLANCE_MS });
    try {
      this.database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      this.database.close();
      if (!/locked|busy/i.test((error as Error).message)) throw error;
      throw new LockError(describeHolder(path, this.infoPath));
    }
    this.describe(info);
  }

  describe(info: InstanceInfo): void {
    // whole or not at all: the command line may be reading it
    writeFileSync(`${this.infoPath}.new`, `${JSON.stringify(info)}\n`);
    renameSync(`${this.infoPath}.new`, this.infoPath);
  }

  release(): void {
    this.database.close();
  }
}

/** Whether a process holds the lock at `path` now. */
export function isHeld(path: string): boolean {
  if (!existsSync(path)) return false;
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.prepare('SELECT 1 FROM sqlite_master').get();
    return false;
  } catch (error) {
    if (/locked|busy/i.test((error as Error).message)) return true;
    throw error;
  } finally {
    database.close();
  }
}

export const lockInfoPath = (path: string): string => `${path}.json`;

function describeHolder(path: string, infoPath: string): string {
  let who = 'another process';
  try {
    const { pid, startedAt, dashboard } = JSON.parse(readFileSync(infoPath, 'utf8')) as InstanceInfo;
    const page = dashboard === '' ? '' : `, page ${dashboard}`;
    who = `process ${pid}, running since ${new Date(startedAt).toISOString()}${page}`;
  } catch (error) {
    who += ` (its description is unreadable: ${(error as Error).message})`;
  }
  return `${path} is held by ${who}: only one instance may trade an account. Stop that one, or give this one another data_dir.`;
}
