import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

/** Our rows held against OKX's own, as other people's clients keep them for their tests: no field missing, none of another type. */

const FOLDER = fileURLToPath(new URL('../../../../shared/data/okx-fixtures/', import.meta.url));
const skip = existsSync(FOLDER) ? false : 'no recorded OKX answers beside this repository';
const SWAP = 'BTC-USDT-SWAP';

/** What a row is, told by the fields that only it has. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'order, pushed': ['ordId', 'accFillSz', 'amendResult'],
  'order, asked for': ['ordId', 'accFillSz'],
  algo: ['algoId', 'actualSz'],
  fill: ['billId', 'fillPx', 'fillSz'],
  bill: ['billId', 'balChg', 'posBal'],
  position: ['posId', 'upl'],
  'closed position': ['posId', 'closeAvgPx'],
  balance: ['totalEq', 'details'],
  currency: ['cashBal', 'availEq'],
  'account settings': ['acctLv', 'posMode'],
  fees: ['maker', 'taker', 'delivery'],
};

/** Fields of options, spot, iceberg and TWAP algos, of old versions, or of the other transport. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'order, asked for': ['execType'],
  algo: ['pxVar', 'pxSpread', 'pxLimit', 'szLimit', 'px', 'timeInterval', 'count', 'pTime'],
  currency: ['clSpotInUse', 'spotInUse', 'spotCopyTradingEq', 'coinUsdPrice', 'maxSpotInUseAmt'],
  position: [
    'pTime',
    ...['delta', 'gamma', 'theta', 'vega'].flatMap((greek) => [`${greek}BS`, `${greek}PA`]),
  ],
  fees: ['uly'],
};

const kindOf = (row: Json): string | undefined =>
  Object.keys(KINDS).find((kind) => KINDS[kind]!.every((field) => field in row));

/** Every object anywhere in a message. */
function* objectsIn(value: unknown): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item);
  else if (typeof value === 'object' && value !== null) {
    yield value as Json;
    for (const item of Object.values(value)) yield* objectsIn(item);
  }
}

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

function* recorded(): Generator<[from: string, row: Json]> {
  for (const folder of ['nautilus', 'jkorf', 'gct'])
    for (const name of readdirSync(`${FOLDER}${folder}`)) {
      const text = readFileSync(`${FOLDER}${folder}/${name}`, 'utf8');
      const parts = name.endsWith('.jsonl') ? text.split('\n').filter((line) => line !== '') : [text];
      for (const part of parts)
        for (const row of objectsIn(JSON.parse(part))) yield [`${folder}/${name}`, row];
    }
}

let exchange: ExchangeHandle;
const ours: [kind: string, row: Json][] = [];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 25, rateLimits: false });
  const rest = new RestClient(exchange);
  const socket = await SocketClient.connect(exchange.wsAll);
  await socket.login(exchange);
  await socket.subscribe(
    { channel: 'orders', instType: 'ANY' },
    { channel: 'orders-algo', instType: 'ANY' },
    { channel: 'positions', instType: 'ANY' },
    { channel: 'account' },
  );
  const { last } = (await rest.open(`market/ticker?instId=${SWAP}`)).data[0]!;
  const attachAlgoOrds = [{ slTriggerPx: String(Math.round(Number(last) * 0.9)), slOrdPx: '-1' }];
  const order = { instId: SWAP, tdMode: 'cross', ordType: 'market', sz: '2' };
  await rest.post('trade/order', { ...order, side: 'buy', attachAlgoOrds });
  const asked = [
    'account/positions',
    'account/balance',
    'account/bills',
    'account/config',
    'account/trade-fee?instType=SWAP',
    'trade/fills',
    'trade/orders-history?instType=SWAP',
    'trade/orders-algo-pending?ordType=conditional',
  ];
  const answers = await Promise.all(asked.map((path) => rest.get(path)));
  await rest.post('trade/close-position', { instId: SWAP, mgnMode: 'cross' });
  answers.push(await rest.get('account/positions-history'));
  await socket.until(({ data }) => (data as Json[] | undefined)?.[0]?.pos === '0');
  for (const row of objectsIn([answers, socket.messages])) {
    const kind = kindOf(row);
    if (kind !== undefined) ours.push([kind, row]);
  }
  socket.close();
});

after(() => exchange.close());

for (const kind of Object.keys(KINDS))
  test(`${kind}: every field that OKX has, as the JSON type that OKX gives it`, { skip }, () => {
    const mine = ours.filter(([is]) => is === kind).map(([, row]) => row);
    assert.ok(mine.length > 0, 'none was seen here');
    for (const row of mine.slice(1))
      assert.deepEqual(
        Object.keys(row)
          .filter((name) => name !== 'pTime')
          .sort(),
        fields(mine[0]!),
      );
    let count = 0;
    for (const [from, row] of recorded()) {
      if (kindOf(row) !== kind) continue;
      count += 1;
      for (const [name, value] of Object.entries(row)) {
        if (OTHERS[kind]?.includes(name)) continue;
        for (const one of mine) assert.equal(typeOf(one[name]), typeOf(value), `${name}, as in ${from}`);
      }
    }
    assert.ok(count > 0, 'none was recorded');
  });

const fields = (row: Json): string[] =>
  Object.keys(row)
    .filter((name) => name !== 'pTime')
    .sort();
