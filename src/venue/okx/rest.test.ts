import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ms, us } from '../../core/units.ts';
import { OkxError } from './errors.ts';
import { fetchInstruments } from './instruments.ts';
import { OkxRest, type OkxRestOptions } from './rest.ts';
import { sign } from './sign.ts';
import { ManualTime } from './testing/manual-time.ts';
import { until } from './testing/wire-server.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = { status?: number; body: unknown } | 'silence' | 'hang up';

const credentials = { apiKey: 'key', secret: 'secret', passphrase: 'phrase' };
const okay = (...data: unknown[]): Answer => ({ body: { code: '0', msg: '', data } });

/** A server that answers by path, and a client on it. */
async function world(
  context: TestContext,
  answer: (request: Seen) => Answer,
  options: Partial<OkxRestOptions> = {},
) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(entry);
      const what = answer(entry);
      if (what === 'silence') return;
      if (what === 'hang up') return void request.socket.destroy();
      response.writeHead(what.status ?? 200, { 'content-type': 'application/json' });
      response.end(typeof what.body === 'string' ? what.body : JSON.stringify(what.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const rest = new OkxRest({
    rest: `http://127.0.0.1:${port}`,
    ws: '',
    credentials,
    demo: false,
    clock: { nowMs: () => ms(Date.now()), nowUs: () => us(Date.now() * 1000) },
    random: () => 0.5,
    log: () => {},
    ...options,
  });
  return { rest, seen };
}

/** Answers the time question truly, everything else by `answer`. */
const withTime =
  (answer: (request: Seen) => Answer) =>
  (request: Seen): Answer =>
    request.url.startsWith('/api/v5/public/time') ? okay({ ts: String(Date.now()) }) : answer(request);

const caught = async (promise: Promise<unknown>): Promise<OkxError> => {
  const error = await promise.then(
    () => assert.fail('did not throw'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OkxError, String(error));
  return error;
};

test('a request is signed over the exact path, query and body that arrive', async (context) => {
  const { rest, seen } = await world(
    context,
    withTime(() => okay({})),
  );
  await rest.setLeverage('BTC-USDT-SWAP', '5', 'cross');
  await rest.leverageInfo('BTC-USDT-SWAP,ETH', 'cross');
  const signed = seen.filter(({ headers }) => headers['ok-access-key'] === 'key');
  assert.equal(signed.length, 2);
  for (const { method, url, headers, body } of signed) {
    const timestamp = String(headers['ok-access-timestamp']);
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(
      headers['ok-access-sign'],
      sign(credentials.secret, timestamp, method as 'GET' | 'POST', url, body),
    );
    assert.equal(headers['ok-access-passphrase'], 'phrase');
    assert.equal(headers['x-simulated-trading'], undefined);
  }
  assert.deepEqual(JSON.parse(signed[0]!.body), { instId: 'BTC-USDT-SWAP', lever: '5', mgnMode: 'cross' });
});

test('demo trading is asked for by header, on public requests too', async (context) => {
  const { rest, seen } = await world(context, () => okay(), { demo: true });
  await rest.instruments('SWAP');
  assert.equal(seen[0]!.headers['x-simulated-trading'], '1');
});

test('a wrong clock is measured, and once more when the exchange complains', async (context) => {
  let complaints = 1;
  const server = 90_000;
  const { rest, seen } = await world(context, (request) => {
    if (request.url.includes('public/time')) return okay({ ts: String(Date.now() + server) });
    if (complaints-- > 0)
      return { status: 401, body: { code: '50102', msg: 'Timestamp request expired', data: [] } };
    return okay({ acctLv: '2' });
  });
  assert.equal((await rest.accountConfig()).acctLv, '2');
  assert.deepEqual(
    seen.map(({ url }) => url.replace('/api/v5/', '')),
    ['public/time', 'account/config', 'public/time', 'account/config'],
  );
  const stamped = Date.parse(String(seen.at(-1)!.headers['ok-access-timestamp']));
  assert.ok(Math.abs(stamped - Date.now() - server) < 5_000);
});

test('an item that was refused speaks louder than the envelope', async (context) => {
  const { rest } = await world(
    context,
    withTime(() => ({
      body: {
        code: '1',
        msg: 'All operations failed',
        data: [{ algoId: '', sCode: '51400', sMsg: 'Cancellation failed' }],
      },
    })),
  );
  const error = await caught(rest.cancelAlgo('BTC-USDT-SWAP', 'x'));
  assert.deepEqual([error.code, error.action, error.outcome], ['51400', 'stop', 'refused']);
});

test('every way to fail says whether to retry and whether it may have taken effect; nothing is sent twice', async (context) => {
  const cases: [Answer, string, string, string][] = [
    [{ status: 429, body: { msg: 'Too Many Requests', code: '50011' } }, '50011', 'retry', 'refused'],
    [
      { status: 400, body: { code: '51000', data: [], msg: 'Parameter lever error' } },
      '51000',
      'stop',
      'refused',
    ],
    [{ status: 401, body: { code: '50113', msg: 'Invalid Sign' } }, '50113', 'stop', 'refused'],
    [{ body: { code: '50026', msg: 'System error', data: [] } }, '50026', 'retry', 'unknown'],
    [{ status: 502, body: '<html>Bad gateway</html>' }, 'HTTP502', 'retry', 'unknown'],
    [{ status: 403, body: 'blocked' }, 'HTTP403', 'stop', 'refused'],
    ['hang up', '', 'retry', 'unknown'],
    ['silence', 'ETIMEDOUT', 'retry', 'unknown'],
  ];
  for (const [answer, code, action, outcome] of cases) {
    const { rest, seen } = await world(
      context,
      withTime(() => answer),
      { timeoutMs: 200 },
    );
    const error = await caught(rest.setLeverage('BTC-USDT-SWAP', '5', 'cross'));
    assert.deepEqual([error.action, error.outcome], [action, outcome], error.message);
    if (code !== '') assert.equal(error.code, code);
    assert.equal(seen.filter(({ url }) => url.includes('set-leverage')).length, 1);
  }
});

test('nobody listening proves that nothing was done', async (context) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const { rest } = await world(context, () => okay(), { rest: `http://127.0.0.1:${port}` });
  const error = await caught(rest.instruments('SWAP'));
  assert.deepEqual([error.action, error.outcome], ['retry', 'refused'], error.message);
});

test('lists are read page by page to the end', async (context) => {
  const ids = Array.from({ length: 230 }, (_, index) => String(1000 - index));
  const { rest } = await world(
    context,
    withTime(({ url }) => {
      const after = new URL(url, 'http://x').searchParams.get('after');
      const from = after === null ? 0 : ids.indexOf(after) + 1;
      return okay(...ids.slice(from, from + 100).map((ordId) => ({ ordId })));
    }),
  );
  const rows = await rest.ordersPending('SWAP');
  assert.deepEqual(
    rows.map(({ ordId }) => ordId),
    ids,
  );
});

test('an order that is not there is null; an answer that is not an answer throws', async (context) => {
  let answer: Answer = { body: { code: '51603', msg: 'Order does not exist', data: [] } };
  const { rest } = await world(
    context,
    withTime(() => answer),
  );
  assert.equal(await rest.order('BTC-USDT-SWAP', { clOrdId: 'x' }), null);
  answer = { status: 503, body: { code: '50001', msg: 'Service temporarily unavailable', data: [] } };
  assert.equal((await caught(rest.order('BTC-USDT-SWAP', { clOrdId: 'x' }))).outcome, 'unknown');
});

test('the sixth config request of two seconds waits until it may leave', async (context) => {
  const time = new ManualTime();
  const { rest, seen } = await world(
    context,
    withTime(() => okay({ acctLv: '2' })),
    { clock: time, timers: time },
  );
  await rest.synchronise();
  const asked = Promise.all(Array.from({ length: 6 }, () => rest.accountConfig()));
  const arrived = () => seen.filter(({ url }) => url.includes('config')).length;
  await until('five have arrived', () => arrived() === 5);
  time.advance(1_999);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(arrived(), 5);
  time.advance(200);
  await asked;
  assert.equal(arrived(), 6);
});

test('instruments come in the order asked, and what cannot be traded is named', async (context) => {
  const row = (instId: string, state = 'live') => ({
    ...{
      instType: 'SWAP',
      instId,
      instIdCode: 7,
      ctType: 'linear',
      ctVal: '0.01',
      ctMult: '1',
      settleCcy: 'USDT',
    },
    ...{ tickSz: '0.1', lotSz: '0.01', minSz: '0.01', lever: '100', maxLmtSz: '', maxMktSz: '', state },
  });
  const { rest } = await world(context, ({ url }) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname.endsWith('position-tiers')) {
      assert.deepEqual(
        ['instType', 'tdMode'].map((key) => searchParams.get(key)),
        ['SWAP', 'cross'],
      );
      return searchParams.get('instFamily') === 'BTC-USDT'
        ? okay(
            { tier: '2', instId: '', minSz: '1000', maxSz: '5000.5', mmr: '0.008' },
            { tier: '1', instId: '', minSz: '0', maxSz: '1000', mmr: '0.004' },
          )
        : okay();
    }
    const instId = searchParams.get('instId')!;
    if (instId.startsWith('NO'))
      return { body: { code: '51001', msg: 'Instrument ID does not exist', data: [] } };
    return okay(row(instId, instId.startsWith('OLD') ? 'suspend' : 'live'));
  });
  const instruments = await fetchInstruments(rest, ['BTC-USDT-SWAP', 'ETH-USDT-SWAP']);
  assert.deepEqual(
    instruments.map(({ id, code }) => [id, code]),
    [
      ['BTC-USDT-SWAP', 7],
      ['ETH-USDT-SWAP', 7],
    ],
  );
  // in lots of 0.01 contracts; none told, none known
  assert.deepEqual(
    instruments.map(({ tiers }) => tiers.map(({ sizeMax, maintenance }) => [sizeMax, maintenance])),
    [
      [
        [100_000, '0.004'],
        [500_050, '0.008'],
      ],
      [],
    ],
  );
  await assert.rejects(fetchInstruments(rest, ['NO-USDT-SWAP']), /NO-USDT-SWAP/);
  await assert.rejects(fetchInstruments(rest, ['OLD-USDT-SWAP']), /OLD-USDT-SWAP.*suspend/);
});
