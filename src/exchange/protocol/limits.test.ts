import assert from 'node:assert/strict';
import { connect as dial } from 'node:net';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Access, type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

/** What OKX allows, and how it says no. */

const SWAP = 'BTC-USDT-SWAP';
let exchange: ExchangeHandle;
let rest: RestClient;
let reader: Access;
const sockets: { close(): void }[] = [];

before(async () => {
  exchange = await startExchange({ port: 0, seed: 11, unreadMaxBytes: 200_000 });
  rest = new RestClient(exchange);
  reader = { rest: exchange.rest, ...exchange.readOnly };
});

after(async () => {
  for (const socket of sockets) socket.close();
  await exchange.close();
});

async function connect(door: string): Promise<SocketClient> {
  const socket = await SocketClient.connect(`${exchange.ws}/${door}`);
  sockets.push(socket);
  return socket;
}

const closeCode = (socket: SocketClient): Promise<number> =>
  socket.eventually(() => socket.closed ?? undefined, 15_000);

const order = { instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'limit', sz: '1', px: '1' };

test('a key that may only read reads, and is refused with 50120 where it would trade', async () => {
  const other = new RestClient(reader);
  assert.equal((await other.get('account/config')).data[0]!.perm, 'read_only');
  assert.equal((await rest.get('account/config')).data[0]!.perm, 'read_only,trade');
  assert.equal((await other.get('account/balance')).code, '0');
  for (const path of ['trade/order', 'trade/order-algo', 'account/set-leverage', 'trade/cancel-all-after'])
    assert.equal((await other.post(path, order)).code, '50120', path);
  const socket = await connect('private');
  await socket.login(reader);
  await socket.subscribe({ channel: 'orders', instType: 'ANY' });
  socket.send({ id: '1', op: 'order', args: [order] });
  assert.equal((await socket.until(({ id }) => id === '1')).code, '50120');
});

test('a clock that is off by more than thirty seconds: 50102, and 60006 on a socket', async () => {
  const headers = { 'OK-ACCESS-TIMESTAMP': new Date(Date.now() - 31_000).toISOString() };
  const { status, code } = await rest.get('account/balance', headers);
  assert.deepEqual([status, code], [401, '50102']);
  const socket = await connect('private');
  const old = String(Math.floor(Date.now() / 1000) - 31);
  assert.equal((await socket.login(exchange, { timestamp: old })).code, '60006');
  assert.equal(await closeCode(socket), 4001);
});

test('a request that comes after its expTime: 50036', async () => {
  const late = await rest.post('trade/order', order, { expTime: String(Date.now() - 1000) });
  assert.equal(late.code, '50036');
  const socket = await connect('private');
  await socket.login(exchange);
  socket.send({ id: '1', op: 'order', expTime: String(Date.now() - 1000), args: [order] });
  assert.equal((await socket.until(({ id }) => id === '1')).code, '50036');
});

test('a second login is as good as the first', async () => {
  const socket = await connect('private');
  await socket.login(exchange);
  assert.equal((await socket.login(exchange)).code, '0');
  await socket.subscribe({ channel: 'account' });
});

test('three connections a second, the fourth is turned away', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const outcomes = await Promise.all(
    Array.from(
      { length: 6 },
      () =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(`${exchange.ws}/public`);
          socket.on('open', () => {
            socket.terminate();
            resolve('open');
          });
          socket.on('error', ({ message }) => resolve(message));
        }),
    ),
  );
  assert.equal(outcomes.filter((outcome) => outcome === 'open').length, 3);
  assert.ok(outcomes.every((outcome) => outcome === 'open' || outcome.endsWith('429')));
});

test('a frame beyond 64 KB closes with 1009, more than 100 arguments with 4003, binary with 4002', async () => {
  const large = await connect('public');
  large.send('x'.repeat(70_000));
  assert.equal(await closeCode(large), 1009);
  const many = await connect('public');
  const args = Array.from({ length: 101 }, () => ({ channel: 'trades', instId: SWAP }));
  many.send({ op: 'subscribe', args });
  assert.equal(await closeCode(many), 4003);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const binary = new WebSocket(`${exchange.ws}/public`);
  binary.on('open', () => binary.send(Buffer.from([1, 2, 3])));
  assert.equal(await new Promise((resolve) => binary.on('close', resolve)), 4002);
});

test('channels about instruments want an instType; of other types than swaps there is nothing', async () => {
  const socket = await connect('all');
  await socket.login(exchange);
  for (const channel of ['orders', 'positions', 'orders-algo', 'algo-advance', 'liquidation-orders'])
    for (const arg of [{ channel }, { channel, instType: 'swap' }]) {
      socket.send({ id: 'none', op: 'subscribe', args: [arg] });
      const from = socket.messages.length;
      assert.equal((await socket.until(({ id }) => id === 'none', from)).code, '60018', channel);
    }
  await socket.subscribe(
    { channel: 'orders', instType: 'FUTURES' },
    { channel: 'positions', instType: 'FUTURES' },
    { channel: 'orders', instType: 'SWAP' },
  );
  const { last } = (await rest.open(`market/ticker?instId=${SWAP}`)).data[0]!;
  const px = String(Math.round(Number(last) * 0.995));
  const { ordId } = (await rest.post('trade/order', { ...order, px })).data[0]!;
  await socket.eventually(() => (socket.rows('orders').length > 0 ? true : undefined));
  await rest.post('trade/cancel-order', { instId: SWAP, ordId });
  const told = socket.messages.filter(({ arg, data }) => (arg as Json)?.instType === 'FUTURES' && data);
  assert.deepEqual(
    told.map(({ data }) => data),
    [[]],
    'the empty snapshot of positions',
  );
});

test('480 logins and subscriptions an hour, then 60014', async () => {
  const socket = await connect('public');
  for (let i = 0; i < 241; i++)
    for (const op of ['subscribe', 'unsubscribe'])
      socket.send({ op, args: [{ channel: 'trades', instId: SWAP }] });
  await socket.until(({ code }) => code === '60014');
  const acknowledged = socket.messages.filter(
    ({ event }) => event === 'subscribe' || event === 'unsubscribe',
  );
  assert.equal(acknowledged.length, 480);
});

test('sixty orders of an instrument in two seconds, then 50011 on both doors, until the window is over', async () => {
  const socket = await connect('private');
  await socket.login(exchange);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const far = { ...order, instId: 'ETH-USDT-SWAP' };
  for (let i = 1; i <= 60; i++) socket.send({ id: `burst${i}`, op: 'order', args: [far] });
  const answer = (id: string): Promise<Json> => socket.until((message) => message.id === id);
  assert.equal(((await answer('burst60')).data as Json[])[0]!.sCode, '51006');
  socket.send({ id: 'burst61', op: 'order', args: [far] });
  const { code, data } = await answer('burst61');
  assert.deepEqual([code, data], ['50011', []]);
  const refused = await rest.post('trade/order', far);
  assert.deepEqual(refused, { code: '50011', msg: 'Too Many Requests', status: 429 });
  assert.equal((await rest.post('trade/order', order)).data[0]!.sCode, '51006', 'another instrument');
  const gone = await rest.post('trade/cancel-order', { instId: far.instId, ordId: '1' });
  assert.equal(gone.data[0]!.sCode, '51400', 'another operation');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal((await rest.post('trade/order', far)).data[0]!.sCode, '51006');
});

test('a thousand new and amended orders of an account in two seconds, then 50061; cancels are free', async () => {
  const generous = await startExchange({ port: 0, seed: 13 });
  const trader = new RestClient(generous);
  const batch = (path: string, item: Json): Promise<unknown> =>
    trader.post(
      `trade/${path}`,
      Array.from({ length: 20 }, () => item),
    );
  const ids = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP', 'BTC-USD-SWAP'];
  for (const instId of ids)
    await Promise.all(Array.from({ length: 15 }, () => batch('batch-orders', { ...order, instId })));
  await Promise.all(
    Array.from({ length: 5 }, () => batch('amend-batch-orders', { instId: SWAP, ordId: '1', newSz: '2' })),
  );
  const amended = await trader.post('trade/amend-order', { instId: SWAP, ordId: '1', newSz: '2' });
  assert.deepEqual([amended.status, amended.code, amended.data], [200, '50061', []]);
  const gone = await trader.post('trade/cancel-order', { instId: SWAP, ordId: '1' });
  assert.equal(gone.data[0]!.sCode, '51400');
  await generous.close();
});

test('twenty orders in a batch, ten algos: one more is 51111', async () => {
  const of = (count: number, item: Json): Json[] => Array.from({ length: count }, () => item);
  const algo = { instId: SWAP, algoId: '1' };
  for (const [path, most, item] of [
    ['trade/batch-orders', 20, order],
    ['trade/cancel-batch-orders', 20, { instId: SWAP, ordId: '1' }],
    ['trade/cancel-algos', 10, algo],
  ] as const) {
    assert.equal((await rest.post(path, of(most, item))).code, '1', path);
    assert.equal((await rest.post(path, of(most + 1, item))).code, '51111', path);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('a reader that does not read is let go', async () => {
  // by hand: a socket that upgrades, subscribes and then never reads again
  const { port } = new URL(exchange.rest);
  const socket = dial(Number(port), '127.0.0.1');
  sockets.push({ close: () => void socket.destroy() });
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(
    'GET /ws/v5/all HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('readable', resolve));
  const channels = ['books', 'books5', 'bbo-tbt', 'trades', 'tickers'];
  const text = JSON.stringify({
    op: 'subscribe',
    args: channels.flatMap((channel) => exchange.instruments.map(({ id }) => ({ channel, instId: id }))),
  });
  const payload = Buffer.from(text);
  const header = Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
  // asked for again and again: snapshots fill what the system itself would buffer
  const frame = Buffer.concat([header, payload]);
  const writing = setInterval(() => socket.write(frame), 5);
  await new Promise((resolve) => {
    socket.once('close', resolve);
    socket.once('error', resolve);
  });
  clearInterval(writing);
});

test('thirty connections of an account on one private channel, then channel-conn-count-error', async () => {
  const generous = await startExchange({ port: 0, seed: 12, rateLimits: false });
  const all: SocketClient[] = [];
  try {
    for (let i = 1; i <= 31; i++) {
      const socket = await SocketClient.connect(`${generous.ws}/private`);
      all.push(socket);
      await socket.login(generous);
      await socket.subscribe({ channel: 'orders', instType: 'ANY' });
      const told = await socket.until(({ event }) => String(event).startsWith('channel-conn-count'));
      assert.equal(told.event, i <= 30 ? 'channel-conn-count' : 'channel-conn-count-error');
      assert.equal(told.connCount, String(i));
    }
  } finally {
    for (const socket of all) socket.close();
    await generous.close();
  }
});

test('account and positions: a snapshot in pages, then regular pushes as often as was asked, or none', async () => {
  const socket = await connect('private');
  await socket.login(exchange);
  const often = { channel: 'account', extraParams: '{"updateInterval":"2000"}' };
  const never = { channel: 'positions', instType: 'ANY', extraParams: '{"updateInterval":"0"}' };
  await socket.subscribe(often, never);
  const pushes = (arg: Json): Json[] =>
    socket.messages.filter(
      (message) => message.data !== undefined && (message.arg as Json).channel === arg.channel,
    );
  await socket.eventually(() => (pushes(often).length >= 3 ? true : undefined));
  for (const push of [...pushes(often), ...pushes(never)])
    assert.deepEqual([push.eventType, push.curPage, push.lastPage], ['snapshot', 1, true]);
  assert.equal(pushes(never).length, 1);
  const [, second, third] = pushes(often).map(({ data }) => Number((data as Json[])[0]!.uTime));
  assert.equal(third! - second!, 2000);
});

test('pages: after and before exclusive, begin and end inclusive, what is no number refused', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { data } = await rest.open(`market/ticker?instId=${SWAP}`);
    const px = (Math.round(Number(data[0]!.last) * 0.995 * 10) / 10).toFixed(1);
    const placed = await rest.post('trade/order', { ...order, px });
    ids.unshift(String(placed.data[0]!.ordId));
  }
  const page = async (query: string): Promise<unknown[]> =>
    (await rest.get(`trade/orders-pending?${query}`)).data.map(({ ordId }) => ordId);
  assert.deepEqual(await page(''), ids);
  assert.deepEqual(await page(`after=${ids[1]}&limit=2`), ids.slice(2, 4));
  assert.deepEqual(await page(`before=${ids[4]}&limit=2`), ids.slice(2, 4), 'the page next to it');
  assert.deepEqual(await page(`after=${ids[0]}&before=${ids[5]}&limit=2`), ids.slice(1, 3), 'nearest after');
  assert.equal((await rest.get('trade/orders-pending?after=x')).code, '51000');
  for (const ordId of ids) await rest.post('trade/cancel-order', { instId: SWAP, ordId });
  const { data } = await rest.get('trade/orders-history?instType=SWAP');
  const at = String(data[2]!.cTime);
  const within = await rest.get(`trade/orders-history?instType=SWAP&begin=${at}&end=${at}`);
  assert.ok(within.data.some(({ ordId }) => ordId === data[2]!.ordId));
  assert.ok(within.data.every(({ cTime }) => cTime === at));

  const bars = (await rest.open(`market/candles?instId=${SWAP}&limit=20`)).data as unknown as string[][];
  const newest = (await rest.open(`market/candles?instId=${SWAP}&before=${bars[10]![0]}&limit=3`))
    .data as unknown as string[][];
  assert.deepEqual(
    newest.map(([ts]) => ts),
    bars.slice(0, 3).map(([ts]) => ts),
    'candles: before alone gives the newest',
  );
});
