import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Hunter } from '../run/testing/hunter.ts';

/** The command as a person runs it. */

const hunter = new Hunter();
after(() => hunter.dispose());

interface Ready {
  readonly ready: boolean;
  readonly rest: string;
  readonly ws: string;
  readonly wsAll: string;
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

test('one line when ready, the market answers, Ctrl-C ends it with 130', async () => {
  const ready = (await hunter.startCommand('exchange', '--json', '--seed', '3')) as unknown as Ready;
  assert.equal(ready.ready, true);
  for (const name of ['rest', 'ws', 'wsAll', 'apiKey', 'secret', 'passphrase'] as const)
    assert.equal(typeof ready[name], 'string', name);
  assert.match(ready.wsAll, /^ws:\/\/127\.0\.0\.1:\d+\/ws\/v5\/all$/);
  const answer = await fetch(`${ready.rest}/api/v5/market/ticker?instId=BTC-USDT-SWAP`);
  assert.equal(((await answer.json()) as { code: string }).code, '0');
  const { code } = await hunter.end('SIGINT');
  assert.equal(code, 130);
});

test('it stops by itself when its time is up, and says what struck', async () => {
  const plan = join(hunter.folder, 'plan.yaml');
  writeFileSync(plan, 'faults: [{ fault: sequence-reset, at: 200ms }]\n');
  const { code, stderr } = await hunter.run('exchange', '--json', '--duration', '1s', '--faults', plan);
  assert.equal(code, 0);
  assert.match(stderr, /faults that struck: sequence-reset 1/);
});

test('a second Ctrl-C, as a launcher sends it, does not tear it away from its goodbye', async () => {
  const state = join(hunter.folder, 'state.json');
  const plan = join(hunter.folder, 'crash.yaml');
  // down for longer than anybody waits: the end does not wait for it
  writeFileSync(plan, 'faults: [{ fault: crash, at: 100ms, down: 10m }]\n');
  const flags = ['--json', '--state', state, '--faults', plan, '--duration', '1000h'];
  const { rest } = (await hunter.startCommand('exchange', ...flags)) as unknown as Ready;
  const isThere = (): Promise<boolean> =>
    fetch(`${rest}/api/v5/public/time`).then(
      () => true,
      () => false,
    );
  while (await isThere());
  const ended = hunter.end('SIGINT');
  hunter.signal('SIGINT', 'hunter');
  hunter.signal('SIGTERM', 'hunter');
  assert.equal((await ended).code, 130);
  assert.equal(hunter.stderr, 'faults that struck: crash 1\n');
});

test('what it cannot do is a usage error with the mend', async () => {
  const plan = join(hunter.folder, 'bad.yaml');
  writeFileSync(plan, 'faults: [{ fault: drop, sometimes: yes }]\n');
  for (const [flags, message] of [
    [['--faults', plan], /faults\.0.*sometimes/],
    [['--faults', 'none.yaml'], /none\.yaml/],
    [['--speed', '0'], /positive number/],
    [['--scenario', 'no-such-scenario'], /no-such-scenario/],
    [['--faults', 'seed:x'], /seed:x: expected seed:N/],
    [['--state', hunter.folder], /--state .* cannot be used .* name another file/],
    [['--port', '99999'], /0 to 65535/],
    // nothing may be left listening: it ends by itself
    [['--state', join(hunter.folder, 'no', 'such', 'folder')], /--state .* cannot be used/],
  ] as const) {
    const { code, stderr } = await hunter.run('exchange', ...flags);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
