import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InstanceLock, isHeld, LockError } from './lock.ts';

const pathIn = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'instance.lock');
};
const me = { pid: process.pid, startedAt: 1_795_348_800_000, dashboard: 'http://127.0.0.1:8420' };

/** Another process that holds the lock until it is killed. */
async function holder(t: TestContext, path: string): Promise<ChildProcess> {
  const script = `
    import { InstanceLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    globalThis.lock = new InstanceLock(${JSON.stringify(path)}, { pid: process.pid, startedAt: 1795348800000, dashboard: '' });
    process.stdout.write('held');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

test('the second holder is refused, with the first one’s process, page and start named', (t) => {
  const path = pathIn(t);
  const first = new InstanceLock(path, me);
  assert.throws(
    () => new InstanceLock(path, { ...me, pid: 1 }),
    (error) =>
      error instanceof LockError &&
      error.message.includes(`process ${process.pid}`) &&
      error.message.includes('http://127.0.0.1:8420') &&
      error.message.includes('2026-11-22T12:00:00.000Z') &&
      /Stop that one, or give this one another data_dir/.test(error.message),
  );
  first.release();
});

test('a released lock is free, and a refused attempt leaves the holder’s own alone', (t) => {
  const path = pathIn(t);
  const first = new InstanceLock(path, me);
  for (let i = 0; i < 3; i++) assert.throws(() => new InstanceLock(path, me), LockError);
  first.release();
  const second = new InstanceLock(path, me);
  assert.throws(() => new InstanceLock(path, me), LockError);
  second.release();
});

test('two folders, two locks', (t) => {
  const [one, other] = [new InstanceLock(pathIn(t), me), new InstanceLock(pathIn(t), me)];
  one.release();
  other.release();
});

test('another process’s lock is respected, and named by its pid', async (t) => {
  const path = pathIn(t);
  const child = await holder(t, path);
  assert.throws(() => new InstanceLock(path, me), new RegExp(`process ${child.pid}\\b`));
});

test('a killed holder’s lock is free at once', async (t) => {
  const path = pathIn(t);
  const child = await holder(t, path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const mine = new InstanceLock(path, me);
  assert.throws(() => new InstanceLock(path, me), new RegExp(`process ${process.pid}\\b`));
  mine.release();
});

test('a look tells whether somebody holds it, and takes nothing', async (t) => {
  const path = pathIn(t);
  assert.equal(isHeld(path), false, 'there is no file');
  const child = await holder(t, path);
  for (let i = 0; i < 5; i++) assert.equal(isHeld(path), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isHeld(path), false);
  new InstanceLock(path, me).release();
});
