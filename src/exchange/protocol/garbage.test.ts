import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Random } from '../random.ts';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';
import { accountRoutes } from './account-routes.ts';
import { publicRoutes } from './public-routes.ts';
import { tradeRoutes } from './trade-routes.ts';

let exchange: ExchangeHandle;
const SEED = Number(process.env.SEED ?? 31);
const VALUES: readonly unknown[] = [
  '',
  '-1',
  '0',
  '1',
  '1.5',
  'NaN',
  '1e99999999',
  '1e-9',
  '99999999999999999999',
  '-',
  'BTC-USDT-SWAP',
  'BTC-USD-SWAP',
  'SWAP',
  'cross',
  'buy',
  'sell',
  'limit',
  'market',
  'oco',
  'move_order_stop',
  'trigger',
  'isolated',
  'long',
  'long_short_mode',
  'cancel_both',
  'add',
  '0.01',
  '60000',
  'net',
  'true',
  null,
  true,
  7,
  -0.1,
  1e300,
  [],
  {},
  [null],
  'ü\u0000',
];
const NAMES = [
  ...[
    'instId',
    'instType',
    'tdMode',
    'side',
    'ordType',
    'sz',
    'px',
    'clOrdId',
    'ordId',
    'tag',
    'reduceOnly',
    'newSz',
    'newPx',
  ],
  ...[
    'attachAlgoOrds',
    'slTriggerPx',
    'slOrdPx',
    'tpTriggerPx',
    'tpOrdPx',
    'algoId',
    'algoClOrdId',
    'lever',
    'mgnMode',
    'posSide',
  ],
  ...[
    'after',
    'before',
    'limit',
    'bar',
    'begin',
    'end',
    'timeOut',
    'leverage',
    'closeFraction',
    'triggerPx',
    'orderPx',
    'ccy',
    'type',
  ],
  ...[
    'posMode',
    'stpMode',
    'pxAmendType',
    'amt',
    'tpOrdKind',
    'tpTriggerRatio',
    'callbackRatio',
    'callbackSpread',
    'activePx',
    'newCallbackRatio',
    'newSlTriggerPx',
    'newTpOrdPx',
    'newTriggerPx',
    'attachAlgoId',
  ],
];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 31, rateLimits: false });
});

after(() => exchange.close());

function object(random: Random): Json {
  const made: Json = {};
  for (let i = random.below(8); i >= 0; i--) {
    const value = random.chance(0.1) ? object(random) : VALUES[random.below(VALUES.length)];
    made[NAMES[random.below(NAMES.length)]!] = random.chance(0.1) ? [value] : value;
  }
  // mostly an instrument that exists, so that the rest is looked at
  if (random.chance(0.7)) Object.assign(made, { instId: 'BTC-USDT-SWAP', tdMode: 'cross', mgnMode: 'cross' });
  if (random.chance(0.5)) Object.assign(made, { side: 'buy', ordType: 'limit', sz: '1' });
  return made;
}

test('whatever is asked, the answer is an envelope and the exchange lives', async () => {
  const random = new Random(SEED);
  const rest = new RestClient(exchange);
  const routes = Object.keys({ ...publicRoutes, ...accountRoutes, ...tradeRoutes });
  for (let i = 0; i < 1200; i++) {
    const [method, path] = routes[random.below(routes.length)]!.split(' ') as [string, string];
    const content = object(random);
    const query = new URLSearchParams(
      Object.entries(content).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const answer =
      method === 'GET'
        ? await rest.get(`${path}?${query}`)
        : await rest.post(path, random.chance(0.2) ? [content, content] : content);
    assert.equal(typeof answer.code, 'string', `seed ${SEED} step ${i} ${path}`);
    assert.ok([200, 400].includes(answer.status), `seed ${SEED} step ${i} ${path}: ${answer.status}`);
  }
  assert.equal((await rest.open('market/ticker?instId=BTC-USDT-SWAP')).code, '0');
});

test('whatever is sent through a socket, the exchange lives and goes on answering', async () => {
  const random = new Random(SEED + 1);
  const socket = await SocketClient.connect(exchange.wsAll);
  await socket.login(exchange);
  const operations = [
    'order',
    'batch-orders',
    'cancel-order',
    'amend-order',
    'batch-amend-orders',
    'subscribe',
    'unsubscribe',
    'nothing',
  ];
  for (let i = 0; i < 400; i++) {
    const args = random.chance(0.1) ? VALUES[random.below(VALUES.length)] : [object(random)];
    const text = JSON.stringify({ id: String(i), op: operations[random.below(operations.length)], args });
    socket.send(random.chance(0.1) ? text.slice(0, random.below(text.length)) : text);
  }
  socket.send({ id: 'last', op: 'nothing' });
  assert.equal((await socket.until(({ id }) => id === 'last')).event, 'error');
  socket.send('ping');
  await socket.eventually(() => (socket.texts.includes('pong') ? true : undefined));
  socket.close();
});
