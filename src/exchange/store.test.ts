import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { BID } from '../core/book/frame.ts';
import { parseMoney } from '../core/instrument.ts';
import type { Account } from './accounts/account.ts';
import { Exchange } from './exchange.ts';
import { DEFAULT_SCENARIO, type Scenario } from './scenarios/scenario.ts';
import { startExchange } from './server.ts';
import { restore, StateFile } from './store.ts';
import { type Access, type Json, RestClient, SocketClient } from './testing/wire-client.ts';

const SWAP = 'BTC-USDT-SWAP';
const folder = mkdtempSync(join(tmpdir(), 'exchange-'));
const state = join(folder, 'state.json');
const children: ChildProcess[] = [];

after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Ready extends Access {
  readonly ready: boolean;
  readonly wsAll: string;
}

async function start(...more: string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const entry = new URL('process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, '--port', '0', '--seed', '9', ...more], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await Promise.race([
    once(createInterface(child.stdout!), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the exchange ended with ${code} before it was ready`);
    }),
  ])) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

test('what was acknowledged survives a kill: cash, position, resting order, stops, history, price, candles', async () => {
  const first = await start('--state', state);
  const rest = new RestClient(first.ready);
  const at = Number((await rest.open(`market/ticker?instId=${SWAP}`)).data[0]!.last);
  await rest.post('account/set-leverage', { instId: SWAP, lever: '7', mgnMode: 'cross' });
  const entry = await rest.post('trade/order', {
    instId: SWAP,
    tdMode: 'cross',
    side: 'buy',
    ordType: 'market',
    sz: '2',
    clOrdId: 'entry1',
    attachAlgoOrds: [
      {
        attachAlgoClOrdId: 'guard1',
        slTriggerPx: (at * 0.98).toFixed(1),
        slOrdPx: '-1',
        tpTriggerPx: (at * 1.02).toFixed(1),
        tpOrdPx: '-1',
      },
    ],
  });
  assert.equal(entry.code, '0');
  const open = async (client: RestClient, path: string): Promise<Json[]> =>
    (await client.open(`${path}?instId=${SWAP}&limit=100`)).data;
  const settled = await open(rest, 'public/funding-rate-history');
  const traded = await open(rest, 'market/trades');
  const resting = await rest.post('trade/order', {
    instId: SWAP,
    tdMode: 'cross',
    side: 'buy',
    ordType: 'limit',
    px: (at * 0.985).toFixed(1),
    sz: '1',
    clOrdId: 'rest1',
  });
  // no time to breathe between the answer and the kill
  first.child.kill('SIGKILL');
  assert.equal(resting.code, '0');

  const second = await start('--state', state);
  const again = new RestClient(second.ready);
  const ids = async (path: string, id: string): Promise<unknown[]> =>
    (await again.get(path)).data.map((row) => row[id]);
  assert.deepEqual(await ids('trade/orders-pending', 'clOrdId'), ['rest1']);
  assert.deepEqual(await ids('trade/orders-algo-pending?ordType=oco', 'algoClOrdId'), ['guard1']);
  const [position] = (await again.get('account/positions')).data;
  assert.deepEqual([position!.pos, position!.lever], ['2', '7']);
  const [found] = (await again.get(`trade/order?instId=${SWAP}&clOrdId=entry1`)).data;
  assert.equal(found!.state, 'filled');
  const fills = (await again.get('trade/fills')).data;
  assert.deepEqual(await open(again, 'public/funding-rate-history'), settled);
  const past = (await again.open(`market/trades?instId=${SWAP}&limit=500`)).data;
  const from = past.findIndex(({ tradeId }) => tradeId === traded[0]!.tradeId);
  assert.deepEqual(past.slice(from, from + 100), traded);
  assert.ok(past.some(({ tradeId }) => tradeId === fills[0]!.tradeId));
  const paid = fills.reduce((sum, fill) => sum + Number(fill.fee), 0);
  const [details] = (await again.get('account/balance')).data[0]!.details as Json[];
  assert.ok(Math.abs(Number(details!.cashBal) - 10_000 - paid) < 1e-9);
  const now = Number((await again.open(`market/ticker?instId=${SWAP}`)).data[0]!.last);
  assert.ok(Math.abs(now / at - 1) < 0.003, `price went on from ${at} at ${now}`);
  const candles = (await again.open(`market/candles?instId=${SWAP}&limit=100`)).data as unknown as string[][];
  candles.forEach(([openAt], i) => {
    if (i > 0) assert.equal(Number(candles[i - 1]![0]) - Number(openAt), 60_000);
  });
  const canceled = await again.post('trade/cancel-order', { instId: SWAP, clOrdId: 'rest1' });
  assert.equal(canceled.code, '0');
  second.child.kill('SIGTERM');
  const [code] = (await once(second.child, 'exit')) as [number];
  assert.equal(code, 0);
});

test('resting orders stand in the new book where they stood, and money still adds up', () => {
  const at = 1_795_340_400_000;
  const path = join(folder, 'direct.json');
  const begin = (
    startAt: number,
  ): { exchange: Exchange; account: Account; loaded: ReturnType<StateFile['load']> } => {
    const loaded = new StateFile(path).load();
    const exchange = new Exchange(3, startAt, loaded?.remembered ?? null);
    const account = exchange.open('1', { apiKey: 'k', secret: 's', passphrase: 'p' });
    account.credit('USDT', parseMoney('50000'));
    return { exchange, account, loaded };
  };
  const first = begin(at);
  const [market] = first.exchange.markets;
  const common = { market: market!, clientId: '', tag: '', reduceOnly: false, attachments: [] };
  const best = market!.book.best(BID);
  for (const [side, type, price] of [
    ['buy', 'market', 0],
    ['buy', 'limit', best],
    ['buy', 'limit', best - 700],
    ['sell', 'limit', best + 900],
  ] as const)
    assert.ok(first.exchange.orders.place(first.account, { ...common, side, type, price, size: 300 }).ok);
  first.exchange.followUp();
  const sums = first.exchange.clearing.invariant(first.exchange.accounts);
  new StateFile(path).save(first.exchange);
  new StateFile(path).savePast(first.exchange);

  const second = begin(at + 3_600_000);
  restore(second.exchange, second.loaded!.saved);
  assert.deepEqual(second.exchange.clearing.invariant(second.exchange.accounts), sums);
  assert.deepEqual([...second.account.orders.keys()], [...first.account.orders.keys()]);
  const { book, last, candles } = second.exchange.markets[0]!;
  assert.equal(last, market!.last);
  for (const order of second.account.orders.values()) {
    assert.equal(book.ownerOf(order.slot), second.account.number);
    assert.equal(book.priceOf(order.slot), order.price);
    assert.equal(book.sizeOf(order.slot), order.size - order.filled);
  }
  const closed = candles.of('1m')!.closed.slice(-59);
  assert.ok(closed.every(({ volume }) => volume > 0));
  assert.equal(
    second.account.holding(second.exchange.markets[0]!).position.cost,
    first.account.holding(market!).position.cost,
  );
});

test('hedged and isolated positions, their margin, leverage and history are what they were', () => {
  const at = 1_795_340_400_000;
  const path = join(folder, 'hedged.json');
  const nothing = { clock: at, prices: {}, markets: new Map() };
  const begin = (remembered: typeof nothing): { exchange: Exchange; account: Account } => {
    const exchange = new Exchange(3, at, remembered);
    const account = exchange.open('1', { apiKey: 'k', secret: 's', passphrase: 'p' });
    account.credit('USDT', parseMoney('50000'));
    return { exchange, account };
  };
  const first = begin(nothing);
  const market = first.exchange.markets[0]!;
  first.exchange.settings.setPositionMode(first.account, 'long_short_mode');
  first.exchange.settings.setLeverage(first.account, market, 'isolated', 'short', 9);
  for (const [side, positionSide, mode, size] of [
    ['buy', 'long', 'cross', 300],
    ['sell', 'short', 'isolated', 200],
    ['sell', 'long', 'cross', 300],
    ['buy', 'long', 'isolated', 50],
  ] as const) {
    const order = { market, type: 'market', price: 0, side, positionSide, mode, size } as const;
    const rest = { clientId: '', tag: '', reduceOnly: false, attachments: [] };
    assert.ok(first.exchange.orders.place(first.account, { ...order, ...rest }).ok);
    first.exchange.followUp();
  }
  new StateFile(path).save(first.exchange);

  const second = begin(nothing);
  restore(second.exchange, new StateFile(path).load()!.saved);
  const told = ({ account, exchange }: typeof first): unknown[] => [
    account.positionMode,
    [...account.holdings.values()].map((holding) => [
      holding.id,
      holding.mode,
      holding.positionSide,
      holding.size,
      holding.position.cost,
      holding.margin,
      holding.leverage,
      holding.realized,
      holding.openedValue,
      holding.lastClose,
    ]),
    account.pastPositions.items,
    exchange.clearing.invariant(exchange.accounts),
  ];
  assert.deepEqual(told(second), told(first));
  assert.equal(second.account.pastPositions.items.length, 1);
});

/** While a folder stands where the next state is to be written, none can be. */
const blockWrites = (path: string): (() => void) => {
  mkdirSync(`${path}.next`);
  return () => rmdirSync(`${path}.next`);
};

const outcome = ({ status, code }: { status: number; code: string }): string => `${status} ${code}`;
const resting = async (rest: RestClient, clOrdId: string): Promise<Json> => {
  const { data } = await rest.open(`market/ticker?instId=${SWAP}`);
  const px = (Math.round(Number(data[0]!.last) * 9.85) / 10).toFixed(1);
  return { instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'limit', sz: '1', px, clOrdId };
};

test('while the state cannot be written nothing is accepted, shown or told; what was under way is told afterwards', async () => {
  const path = join(folder, 'blocked.json');
  const exchange = await startExchange({ port: 0, seed: 9, stateFile: path });
  try {
    const rest = new RestClient(exchange);
    const socket = await SocketClient.connect(exchange.wsAll);
    await socket.login(exchange);
    await socket.subscribe({ channel: 'orders', instType: 'ANY' }, { channel: 'status' });
    const first = await resting(rest, 'u1');
    // nothing may come between these two, or a regular save finds out before the order does
    const release = blockWrites(path);
    // it was carried out, and cannot be promised: nobody knows
    assert.equal(outcome(await rest.post('trade/order', first)), '500 50026');
    assert.equal(outcome(await rest.get(`trade/order?instId=${SWAP}&clOrdId=u1`)), '503 50001');
    assert.equal(outcome(await rest.post('trade/order', await resting(rest, 'u2'))), '503 50001');
    socket.send({ id: 'w', op: 'order', args: [await resting(rest, 'u3')] });
    assert.equal((await socket.until(({ id }) => id === 'w')).code, '50001');
    socket.send({ op: 'subscribe', args: [{ channel: 'account' }] });
    assert.equal((await socket.until(({ event }) => event === 'error')).code, '63999');
    const [told] = (await rest.open('system/status?state=ongoing')).data;
    assert.deepEqual([told!.title, told!.end], ['State cannot be written', '']);
    assert.equal(
      (await socket.until(({ arg, data }) => (arg as Json)?.channel === 'status' && data !== undefined))
        .event,
      undefined,
    );
    assert.deepEqual(socket.rows('orders'), []);
    // the market would fill what nobody could be told of
    const stoodAt = exchange.exchange.now;
    for (const until = performance.now() + 100; performance.now() < until; ) await rest.open('public/time');
    assert.equal(exchange.exchange.now, stoodAt);
    release();
    await socket.until(({ arg }) => (arg as Json)?.channel === 'orders' && socket.rows('orders').length > 0);
    assert.deepEqual(
      socket.rows('orders').map(({ clOrdId, state }) => [clOrdId, state]),
      [['u1', 'live']],
    );
    const pending = (await rest.get('trade/orders-pending')).data;
    assert.deepEqual(
      pending.map(({ clOrdId }) => clOrdId),
      ['u1'],
    );
    while (exchange.exchange.now === stoodAt) await rest.open('public/time');
    socket.close();
  } finally {
    await exchange.close();
  }
});

test('what could not be written was never heard of after a kill, and nobody had been told otherwise', async () => {
  const path = join(folder, 'lost.json');
  const first = await start('--state', path);
  const rest = new RestClient(first.ready);
  const order = await resting(rest, 'lost1');
  const release = blockWrites(path);
  assert.equal(outcome(await rest.post('trade/order', order)), '500 50026');
  assert.equal(outcome(await rest.get('trade/orders-pending')), '503 50001');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  release();
  const second = await start('--state', path);
  const again = new RestClient(second.ready);
  assert.equal((await again.get(`trade/order?instId=${SWAP}&clOrdId=lost1`)).code, '51603');
  second.child.kill('SIGKILL');
});

test('an end that cannot save says so and fails', async () => {
  const path = join(folder, 'end.json');
  const { child } = await start('--state', path);
  const release = blockWrites(path);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  release();
  assert.equal(code, 1);
});

test('a client that was refused and does not hang up does not keep the exchange from ending', async () => {
  const exchange = await startExchange({ port: 0, seed: 9 });
  const { port } = new URL(exchange.rest);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  socket.write(
    'GET /ws/v5/nowhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 404/);
  await exchange.close();
  socket.destroy();
});

test('a start that fails leaves nothing behind', async () => {
  const own = join(folder, 'tmp');
  mkdirSync(own);
  const taken = await startExchange({ port: 0, seed: 9 });
  const port = Number(new URL(taken.rest).port);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = own;
  try {
    await assert.rejects(startExchange({ port, seed: 9, faults: { seed: 1, faults: [] } }), /EADDRINUSE/);
    assert.deepEqual(readdirSync(own), []);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await taken.close();
  }
});

test('a state that cannot be read stops the start and says what to do', () => {
  const path = join(folder, 'broken.json');
  writeFileSync(path, '{"version":1,"clo');
  assert.throws(() => new StateFile(path).load(), /broken\.json is not readable .* move it away/);
});

test('the process ends when its parent is gone', async () => {
  const { child, ready } = await start();
  const socket = await SocketClient.connect(ready.wsAll);
  const gone = once(child, 'exit');
  child.stdin!.end();
  const [code] = (await gone) as [number];
  assert.equal(code, 0);
  socket.close();
});

test('a state with an instrument that the scenario does not list stops the start and says what to do', async () => {
  const path = join(folder, 'both.json');
  const cash = { cash: { USDT: '10000' } };
  const all = await startExchange({ port: 0, seed: 4, stateFile: path, accounts: [cash] });
  const rest = new RestClient(all);
  const order = { instId: 'ETH-USDT-SWAP', tdMode: 'cross', side: 'buy', ordType: 'market', sz: '1' };
  assert.equal((await rest.post('trade/order', order)).code, '0');
  await all.close();
  const scenario = { ...DEFAULT_SCENARIO, instruments: [SWAP] } as Scenario;
  await assert.rejects(
    startExchange({ port: 0, seed: 4, stateFile: path, accounts: [cash], scenario }),
    /state holds ETH-USDT-SWAP, which this scenario does not list/,
  );
});
