import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KILL_FILE, type KillRequest, KillSwitch } from './kill-switch.ts';

const PATIENCE_MS = 10_000;
/** For tests that look by themselves. */
const NEVER_MS = 1_000_000;

/** A switch on a folder of its own, and a way to wait for what it hears. */
function switchOn(t: TestContext, flattens = true, pollMs = 20) {
  const dataDir = mkdtempSync(join(tmpdir(), 'kill-test-'));
  const heard: KillRequest[] = [];
  let told = (): void => undefined;
  const killSwitch = new KillSwitch({ dataDir, flattens, log: () => undefined, pollMs });
  t.after(() => {
    killSwitch.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    killSwitch,
    heard,
    dataDir,
    file: join(dataDir, KILL_FILE),
    listen: () =>
      killSwitch.deliver((request) => {
        heard.push(request);
        told();
      }),
    /** Resolves once so many requests were heard; the poll that proves it is over is the switch's own. */
    async until(count: number): Promise<KillRequest[]> {
      const late = setTimeout(() => told(), PATIENCE_MS);
      const until = performance.now() + PATIENCE_MS;
      while (heard.length < count && performance.now() < until)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      clearTimeout(late);
      assert.equal(heard.length, count, JSON.stringify(heard));
      return heard;
    },
  };
}

const put = (file: string, text: string): void => {
  writeFileSync(`${file}.half`, text);
  renameSync(`${file}.half`, file);
};

for (const [text, flattens, flatten] of [
  ['flatten\n', false, true],
  ['keep\n', true, false],
  ['KEEP', true, false],
  ['at once!', true, true],
  ['at once!', false, false],
] as const)
  test(`a file that says ${JSON.stringify(text)}, default ${flattens ? 'flatten' : 'keep'}: ${flatten ? 'flatten' : 'keep'}`, async (t) => {
    const { killSwitch, listen, until, file } = switchOn(t, flattens);
    killSwitch.start();
    listen();
    put(file, text);
    const [request] = await until(1);
    assert.equal(request!.flatten, flatten);
    assert.match(request!.by, /KILL/);
  });

test('an empty file ends entries at once, and positions by the default at the next look', async (t) => {
  const { killSwitch, listen, until, file } = switchOn(t, true);
  killSwitch.start();
  listen();
  writeFileSync(file, '');
  const heard = await until(2);
  assert.deepEqual(
    heard.map(({ flatten }) => flatten),
    [false, true],
  );
});

test('a word that comes a moment after the file is heard', (t) => {
  const { killSwitch, heard, listen, file } = switchOn(t, true, NEVER_MS);
  killSwitch.start();
  listen();
  writeFileSync(file, '');
  killSwitch.look();
  writeFileSync(file, 'keep');
  killSwitch.look();
  killSwitch.look();
  assert.deepEqual(
    heard.map(({ flatten }) => flatten),
    [false],
    'keeping was decided already',
  );
});

test('a file that is there at the start is a kill, heard before anybody listens and kept for him', async (t) => {
  const { killSwitch, heard, listen, file } = switchOn(t);
  put(file, 'keep');
  killSwitch.start();
  listen();
  assert.deepEqual(
    heard.map(({ flatten }) => flatten),
    [false],
  );
});

test('one file is one kill; gone and there again it is another', (t) => {
  const { killSwitch, heard, listen, file } = switchOn(t, true, NEVER_MS);
  killSwitch.start();
  listen();
  put(file, 'flatten');
  for (let i = 0; i < 5; i++) killSwitch.look();
  assert.equal(heard.length, 1);
  unlinkSync(file);
  for (let i = 0; i < 5; i++) killSwitch.look();
  assert.equal(heard.length, 1, 'taking it away is nothing');
  put(file, 'flatten');
  killSwitch.look();
  assert.equal(heard.length, 2);
});

test('clearing takes the file away; where it cannot, it says so', async (t) => {
  const { killSwitch, listen, until, file } = switchOn(t, true, 10);
  killSwitch.start();
  listen();
  put(file, 'flatten');
  await until(1);
  killSwitch.clear();
  put(file, 'keep');
  await until(2);
  killSwitch.clear();
  mkdirSync(file);
  // what cannot be read is there all the same
  await until(4);
  assert.throws(() => killSwitch.clear(), /KILL/);
});

test('the signal is a kill with the default for positions', async (t) => {
  // node's test runner leaves this on in its children, and a report would be written
  if (process.report !== undefined) process.report.reportOnSignal = false;
  const { killSwitch, listen, until } = switchOn(t, false);
  killSwitch.start();
  listen();
  process.kill(process.pid, 'SIGUSR2');
  const [request] = await until(1);
  assert.deepEqual(request, { flatten: false, by: 'signal SIGUSR2' });
});

test('a folder that cannot be watched is looked at', async (t) => {
  const { killSwitch, listen, until, file, dataDir } = switchOn(t, true, 10);
  rmSync(dataDir, { recursive: true });
  killSwitch.start();
  listen();
  mkdirSync(dataDir);
  put(file, 'keep');
  await until(1);
});
