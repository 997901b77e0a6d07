import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Access, type Json, RestClient } from '../exchange/testing/wire-client.ts';
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
  readonly accounts: readonly Omit<Access, 'rest'>[];
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

test('the inverse contract can be traded with what is there; cash and accounts are as asked for', async () => {
  const first = (await hunter.startCommand('exchange', '--json', '--seed', '3')) as unknown as Ready;
  assert.deepEqual(await cashOf(first), { USDT: '10000', BTC: '1' });
  const order = { instId: 'BTC-USD-SWAP', tdMode: 'cross', side: 'buy', ordType: 'market', sz: '1' };
  const { code, data } = await new RestClient(first).post('trade/order', order);
  assert.equal(code, '0', JSON.stringify(data));
  await hunter.end('SIGINT');

  const state = join(hunter.folder, 'accounts.json');
  const flags = ['--json', '--seed', '3', '--state', state];
  const asked = ['--cash', 'USDT=250.5,BTC=0.25', '--accounts', '2'];
  const ready = (await hunter.startCommand('exchange', ...flags, ...asked)) as unknown as Ready;
  const { apiKey, secret, passphrase, rest } = ready;
  assert.equal(ready.accounts.length, 2);
  assert.deepEqual(ready.accounts[0], { apiKey, secret, passphrase });
  assert.equal(apiKey, first.apiKey);
  assert.notEqual(ready.accounts[1]!.apiKey, apiKey);
  for (const account of ready.accounts)
    assert.deepEqual(await cashOf({ rest, ...account }), { USDT: '250.5', BTC: '0.25' });
  await hunter.end('SIGINT');

  // what the second owns is not given up
  const fewer = await hunter.run('exchange', ...flags);
  assert.equal(fewer.code, 2);
  assert.match(fewer.stderr, /--accounts 1: .*accounts\.json holds 2 accounts; ask for at least as many/);
});

async function cashOf(access: Access): Promise<Record<string, unknown>> {
  const [row] = (await new RestClient(access).get('account/balance')).data;
  return Object.fromEntries((row!.details as Json[]).map(({ ccy, cashBal }) => [ccy, cashBal]));
}

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
    [['--cash', '10000'], /"10000": expected amounts by currency such as USDT=10000,BTC=1/],
    [['--cash', 'USDT=-5'], /"USDT=-5": expected amounts/],
    [['--cash', 'EUR=5'], /nothing here settles in EUR: expected USDT or BTC/],
    [['--cash', 'BTC=1,BTC=2'], /BTC is named twice/],
    [['--cash', 'BTC=0'], /leave out what there is none of/],
    [['--accounts', '0'], /a number of accounts, 1 to 100/],
    // nothing may be left listening: it ends by itself
    [['--state', join(hunter.folder, 'no', 'such', 'folder')], /--state .* cannot be used/],
  ] as const) {
    const { code, stderr } = await hunter.run('exchange', ...flags);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
