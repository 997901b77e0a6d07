import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { RestClient } from '../testing/wire-client.ts';

let exchange: ExchangeHandle;
let rest: RestClient;
const SWAP = 'BTC-USDT-SWAP';

before(async () => {
  exchange = await startExchange({ port: 0, seed: 3 });
  rest = new RestClient(exchange);
});

after(() => exchange.close());

test('every public endpoint answers with code 0 and rows', async () => {
  for (const path of [
    'public/time',
    'public/instruments?instType=SWAP',
    `public/funding-rate?instId=${SWAP}`,
    `public/funding-rate-history?instId=${SWAP}`,
    `public/mark-price?instType=SWAP&instId=${SWAP}`,
    `public/price-limit?instId=${SWAP}`,
    `public/open-interest?instType=SWAP&instId=${SWAP}`,
    'public/position-tiers?instType=SWAP&tdMode=cross&uly=BTC-USDT',
    `market/books?instId=${SWAP}&sz=400`,
    `market/candles?instId=${SWAP}`,
    `market/history-candles?instId=${SWAP}&bar=1H`,
    `market/trades?instId=${SWAP}`,
    `market/history-trades?instId=${SWAP}&limit=5`,
    `market/ticker?instId=${SWAP}`,
    'market/tickers?instType=SWAP',
    'market/index-tickers?instId=BTC-USDT',
  ]) {
    const answer = await rest.open(path);
    assert.deepEqual([answer.status, answer.code], [200, '0'], path);
    assert.ok(answer.data.length > 0, path);
  }
  assert.deepEqual((await rest.open('public/instruments?instType=SPOT')).data, []);
});

test('every private endpoint answers with code 0', async () => {
  for (const path of [
    'account/config',
    'account/balance',
    'account/positions',
    `account/leverage-info?instId=${SWAP}&mgnMode=cross`,
    'account/trade-fee?instType=SWAP&instFamily=BTC-USDT',
    'account/bills',
    `account/max-size?instId=${SWAP}&tdMode=cross`,
    'trade/orders-pending',
    'trade/orders-history?instType=SWAP',
    'trade/fills',
    'trade/fills-history?instType=SWAP',
    'trade/orders-algo-pending?ordType=oco',
    'trade/orders-algo-history?ordType=oco&state=canceled',
    'asset/currencies',
  ]) {
    const answer = await rest.get(path);
    assert.deepEqual([answer.status, answer.code], [200, '0'], path);
  }
  const [config] = (await rest.get('account/config')).data;
  assert.deepEqual(
    [config!.perm, config!.posMode, config!.acctLv, config!.autoLoan],
    ['read_only,trade', 'net_mode', '2', false],
  );
  const [balance] = (await rest.get('account/balance')).data;
  assert.equal((balance!.details as { cashBal: string }[])[0]!.cashBal, '10000');
});

test('who cannot prove who he is stays outside, and is told why', async () => {
  const code = async (headers: Record<string, string>): Promise<[number, string]> => {
    const answer = await rest.get('account/balance', headers);
    return [answer.status, answer.code];
  };
  assert.deepEqual(await code({ 'OK-ACCESS-SIGN': 'bm90IGl0' }), [401, '50113']);
  assert.deepEqual(await code({ 'OK-ACCESS-KEY': 'nobody' }), [401, '50119']);
  assert.deepEqual(await code({ 'OK-ACCESS-PASSPHRASE': 'wrong' }), [401, '50105']);
  assert.deepEqual(await code({ 'OK-ACCESS-TIMESTAMP': '2020-01-01T00:00:00.000Z' }), [401, '50102']);
  assert.deepEqual(await rest.open('account/balance').then(({ status, code: one }) => [status, one]), [
    401,
    '50103',
  ]);
  const { secret } = exchange;
  const other = new RestClient({ ...exchange, secret: secret.toLowerCase() });
  assert.equal((await other.post('trade/order', {})).code, '50113');
});

test('candles are one chain: each opens where its minute begins, newest first, and joins the market', async () => {
  const { data } = await rest.open(`market/candles?instId=${SWAP}&limit=300`);
  const candles = data as unknown as string[][];
  assert.equal(candles.length, 300);
  assert.equal(candles[0]![8], '0');
  candles.forEach(([at, open, high, low, close, , , , confirm], i) => {
    assert.equal(Number(at) % 60_000, 0);
    if (i > 0) {
      assert.equal(Number(candles[i - 1]![0]) - Number(at), 60_000);
      assert.equal(confirm, '1');
      const jump = Math.abs(Number(candles[i - 1]![1]) / Number(close) - 1);
      assert.ok(jump < 0.001, `seam of ${jump} at ${at}`);
    }
    assert.ok(Number(high) >= Math.max(Number(open), Number(close)));
    assert.ok(Number(low) <= Math.min(Number(open), Number(close)));
  });
  const ranges = candles
    .slice(1)
    .map(([, , high, low, close]) => (Number(high) - Number(low)) / Number(close));
  const mean = ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
  assert.ok(mean > 0.0006 && mean < 0.0025, `mean range of a minute ${mean}`);
  const older = await rest.open(`market/candles?instId=${SWAP}&limit=5&after=${candles[10]![0]}`);
  assert.deepEqual(older.data, candles.slice(11, 16));
});

test('too many requests are refused with 429, and the next window lets them pass again', async () => {
  const path = 'public/open-interest?instType=SWAP';
  const answers = await Promise.all(Array.from({ length: 40 }, () => rest.open(path)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length < 40);
  assert.equal(refused[0]!.code, '50011');
  assert.equal(refused[0]!.data, undefined);
});

test('an unknown instrument, a missing parameter and a wrong one each have their code', async () => {
  assert.deepEqual((({ status, code }) => [status, code])(await rest.open('market/ticker?instId=X')), [
    200,
    '51001',
  ]);
  assert.deepEqual((({ status, code }) => [status, code])(await rest.open('market/ticker')), [400, '50014']);
  assert.deepEqual(
    (({ status, code }) => [status, code])(await rest.open(`market/candles?instId=${SWAP}&bar=7m`)),
    [400, '51000'],
  );
  assert.equal((await rest.get(`trade/order?instId=${SWAP}&clOrdId=never`)).code, '51603');
});

test('a dead man’s switch is armed and taken off again', async () => {
  const armed = await rest.post('trade/cancel-all-after', { timeOut: '30' });
  assert.ok(Number(armed.data[0]!.triggerTime) > Date.now() + 25_000);
  const tagged = await rest.post('trade/cancel-all-after', { timeOut: 0, tag: 'x' });
  assert.equal(tagged.data[0]!.triggerTime, '0');
});
