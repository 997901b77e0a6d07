/** `hunter kill`, `arm` and `status` as a person meets them: against real instances, running, hung or not there. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { View } from '../dashboard/view.ts';
import { EAGER, Hunter, viewWhere } from '../run/testing/hunter.ts';

const PATIENCE_MS = 60_000;
const entry = fileURLToPath(new URL('../../bin/hunter.js', import.meta.url));

interface Answer {
  readonly code: number | null;
  readonly stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a command prints is looked at field by field
  readonly json: any;
}

/** Runs a command on the folder of an instance, as another terminal would. */
async function tell(hunter: Hunter, ...args: string[]): Promise<Answer> {
  const child = spawn(
    process.execPath,
    [entry, ...args, '--json', '--config', hunter.config, '--data-dir', hunter.folder],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr, json: stdout === '' ? null : JSON.parse(stdout) };
}

/** Holds what it has: neither stop nor target is near, so that a kill finds a position. */
const HOLDING = EAGER.replace(
  'tp_multiplier: 0.012, sl_multiplier: 0.01',
  'tp_multiplier: 20, sl_multiplier: 20',
);

const holds = (view: View): boolean => view.markets[0]!.position !== null && view.engine.state === 'open';
const isOff = (view: View): boolean => view.engine.state === 'halted' && view.markets[0]!.position === null;

async function withHunter(settings: string, body: (hunter: Hunter) => Promise<void>): Promise<void> {
  const hunter = new Hunter(settings);
  try {
    await body(hunter);
  } finally {
    await hunter.dispose();
  }
}

test('a folder that does not exist is nobody’s: nothing is killed, nothing is made, and that is an error', () => {
  const folder = join(tmpdir(), `nobody-${process.pid}`);
  const { status, stderr } = spawnSync(process.execPath, [entry, 'kill', '--data-dir', folder], {
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(stderr, /nobody-\d+: does not exist, so nothing was killed; name the bot's with --data-dir/);
  assert.equal(existsSync(folder), false);
});

describe('a running instance', { timeout: 180_000 }, () => {
  test('is killed, looked at, armed and killed again from another terminal', () =>
    withHunter(HOLDING, async (hunter) => {
      const ready = await hunter.start();
      const token = join(hunter.folder, 'paper-embedded', 'instance.token');
      assert.equal(statSync(token).mode & 0o777, 0o600);
      await viewWhere(ready, holds, PATIENCE_MS);

      const kept = await tell(hunter, 'kill', '--no-flatten');
      assert.equal(kept.code, 0, kept.stderr);
      assert.equal(kept.json.running, true);
      assert.deepEqual(
        kept.json.instances.map(({ account, confirmed, by }: Record<string, unknown>) => [
          account,
          confirmed,
          by,
        ]),
        [['paper-embedded', true, 'control']],
      );
      assert.equal(kept.json.file, null);

      const status = await tell(hunter, 'status');
      assert.equal(status.code, 0, status.stderr);
      const [told] = status.json.instances;
      assert.deepEqual([told.mode, told.killed, told.state], ['paper', true, 'open']);
      assert.equal(told.positions.length, 1);
      assert.ok(told.positions[0].stopLoss > 0, 'the position lost its stop');
      assert.equal(told.risk.day.limit, 0.03);
      assert.deepEqual(
        told.strategies[0].parts.map(({ name, ready }: Record<string, unknown>) => [name, ready]),
        [
          ['trend', true],
          ['range', true],
          ['breakout', true],
          ['reversal', true],
        ],
      );
      assert.equal(told.dashboard, ready.dashboard);

      const armed = await tell(hunter, 'arm');
      assert.deepEqual([armed.code, armed.json.instances[0].armed], [0, true], armed.stderr);

      if (process.platform === 'linux') {
        // the file is seen though the venue hangs
        hunter.signal('SIGSTOP', 'exchange');
        try {
          writeFileSync(join(hunter.folder, 'KILL'), 'keep');
          await viewWhere(ready, ({ engine }) => engine.killed, PATIENCE_MS);
          await hunter.said(/KILL: kill, positions keep their stops/);
        } finally {
          hunter.signal('SIGCONT', 'exchange');
        }
        assert.equal((await tell(hunter, 'arm')).code, 0);
        assert.equal(existsSync(join(hunter.folder, 'KILL')), false);
        assert.equal(hunter.stderr.match(/KILL: kill/g)?.length, 1, 'one file is one kill');
      }

      hunter.signal('SIGUSR2', 'hunter');
      await hunter.said(/signal SIGUSR2: kill, closing positions/);
      await viewWhere(ready, isOff, PATIENCE_MS);

      await hunter.end('SIGINT');
      assert.equal(existsSync(token), false, 'the token outlives its instance');
      assert.deepEqual([(await tell(hunter, 'status')).code, (await tell(hunter, 'arm')).code], [1, 3]);
      // off over the restart, without a file
      const again = await hunter.start();
      await viewWhere(again, isOff, PATIENCE_MS);
    }));
});

describe('an instance that does not run', { timeout: 180_000 }, () => {
  test('is killed at its next start, and at the one after it, until a person arms', () =>
    withHunter(EAGER, async (hunter) => {
      const told = await tell(hunter, 'kill');
      assert.deepEqual([told.code, told.json.running, told.json.instances], [0, false, []]);
      assert.match(told.stderr, /the next start will be killed/);
      assert.equal(readFileSync(told.json.file, 'utf8'), 'flatten\n');
      assert.match((await tell(hunter, 'status')).stderr, /no instance runs/);

      const first = await hunter.start();
      const off = await viewWhere(first, isOff, PATIENCE_MS);
      assert.equal(off.trades.length, 0);
      await hunter.end('SIGKILL');
      const second = await hunter.start();
      await viewWhere(second, isOff, PATIENCE_MS);

      const armed = await tell(hunter, 'arm');
      assert.equal(armed.code, 0, armed.stderr);
      assert.equal(existsSync(told.json.file), false);
      await viewWhere(second, (view) => view.trades.length > 0 || holds(view), PATIENCE_MS);
    }));

  test('that is still starting hears it all the same', async () => {
    // an address where nobody is: it waits for its venue
    await withHunter(`${EAGER}\nokx: { rest: 'http://127.0.0.1:9' }`, async (hunter) => {
      await hunter.startUntil(/cannot be reached/, '--venue', 'okx', '--mode', 'paper');
      const told = await tell(hunter, 'kill', '--no-flatten');
      assert.deepEqual([told.code, told.json.running, told.json.instances[0].by], [1, true, 'file']);
      assert.match(told.stderr, /still starting/);
      await hunter.said(/KILL: kill; in force as soon as the account is known/);
    });
  });
});

describe('a drawdown that reaches its limit', { timeout: 180_000 }, () => {
  test('ends entries, is told once, outlives a crash, and a person arms', () =>
    withHunter(EAGER.replace('risk: {', 'risk: { drawdown_max: 0.0002,'), async (hunter) => {
      const first = await hunter.start();
      const reached = await viewWhere(first, ({ risk }) => risk.drawdown.reached, PATIENCE_MS);
      assert.ok(reached.risk.drawdown.limit === 0.0002 && reached.account.equity < 10_000);
      await viewWhere(first, ({ engine }) => /drawdown reached/.test(engine.note), PATIENCE_MS);
      assert.equal(hunter.stderr.match(/drawdown reached/g)?.length, 1);
      await hunter.end('SIGKILL');

      const second = await hunter.start();
      // a signal that would have entered, and what became of it
      const refused = await viewWhere(
        second,
        ({ decisions }) =>
          decisions.some(({ outcome, detail }) => outcome === 'refused' && /drawdown/.test(detail)),
        PATIENCE_MS,
      );
      assert.equal(refused.risk.drawdown.reached, true);
      assert.ok(refused.decisions.every(({ outcome }) => outcome === 'refused'));
      const [told] = (await tell(hunter, 'status')).json.instances;
      assert.equal(told.risk.drawdown.reached, true);
      const trades = refused.trades.length;
      assert.equal((await tell(hunter, 'arm')).code, 0);
      await viewWhere(second, (view) => view.trades.length > trades || holds(view), PATIENCE_MS);
    }));
});
