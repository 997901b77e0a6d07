import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseMoney } from '../../core/instrument.ts';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

/** Hedge mode, isolated margin and advanced algos, as a client sees them. */

let exchange: ExchangeHandle;
let rest: RestClient;
let socket: SocketClient;
const SWAP = 'BTC-USDT-SWAP';
const INVERSE = 'BTC-USD-SWAP';

before(async () => {
  exchange = await startExchange({
    port: 0,
    seed: 22,
    rateLimits: false,
    accounts: [{ cash: { USDT: '10000', BTC: '1' } }],
  });
  rest = new RestClient(exchange);
  socket = await SocketClient.connect(exchange.wsAll);
  assert.equal((await socket.login(exchange)).event, 'login');
  await socket.subscribe(
    { channel: 'orders', instType: 'SWAP' },
    { channel: 'positions', instType: 'SWAP' },
    { channel: 'algo-advance', instType: 'SWAP' },
    { channel: 'balance_and_position' },
  );
});

after(async () => {
  socket.close();
  await exchange.close();
});

/** As OKX writes it: no zeros at the end. */
const price = (value: number): string => String(Math.round(value * 10) / 10);

async function post(path: string, body: unknown): Promise<Json> {
  const answer = await rest.post(path, body);
  return { code: answer.code, msg: answer.msg, ...answer.data[0] };
}

async function place(order: Json): Promise<Json> {
  return post('trade/order', { instId: SWAP, tdMode: 'cross', ordType: 'market', ...order });
}

async function last(): Promise<number> {
  return Number((await rest.open(`market/ticker?instId=${SWAP}`)).data[0]!.last);
}

async function position(query: string): Promise<Json> {
  return (await rest.get(`account/positions?${query}`)).data[0]!;
}

async function setMode(posMode: string): Promise<Json> {
  return post('account/set-position-mode', { posMode });
}

const close = (mgnMode: string, posSide: string, instId = SWAP): Promise<Json> =>
  post('trade/close-position', { instId, mgnMode, posSide, autoCxl: true });

test('hedge mode over the wire: set, traded on both sides, closed, recorded, set back', async () => {
  assert.equal((await setMode('long_short_mode')).posMode, 'long_short_mode');
  assert.equal((await rest.get('account/config')).data[0]!.posMode, 'long_short_mode');
  const missing = await place({ side: 'buy', sz: '1' });
  assert.deepEqual([missing.code, missing.msg], ['51000', 'Parameter posSide  error']);
  assert.equal((await place({ side: 'buy', sz: '1', posSide: 'net' })).code, '51000');

  const levers = await rest.get(`account/leverage-info?instId=${SWAP}&mgnMode=isolated`);
  assert.deepEqual(
    levers.data.map(({ posSide }) => posSide),
    ['long', 'short'],
  );
  const lever = { instId: SWAP, lever: '10', mgnMode: 'isolated' };
  assert.equal((await post('account/set-leverage', lever)).code, '51000');
  assert.deepEqual(await post('account/set-leverage', { ...lever, posSide: 'short' }), {
    code: '0',
    msg: '',
    ...lever,
    posSide: 'short',
  });

  const placed = await place({ side: 'buy', sz: '3', posSide: 'long' });
  assert.equal(placed.sCode, '0', String(placed.sMsg));
  assert.equal((await place({ side: 'sell', sz: '2', posSide: 'short', tdMode: 'isolated' })).sCode, '0');
  const rows = (await rest.get('account/positions?instType=SWAP')).data;
  const [short, long] = [
    rows.find((row) => row.posSide === 'short')!,
    rows.find((row) => row.posSide === 'long')!,
  ];
  assert.deepEqual([long.pos, long.mgnMode, long.margin, long.availPos], ['3', 'cross', '', '3']);
  assert.deepEqual([short.pos, short.mgnMode, short.imr, short.lever], ['2', 'isolated', '', '10']);
  assert.ok(Math.abs(Number(short.margin) - (2 * 0.01 * Number(short.avgPx)) / 10) < 1e-9);
  assert.ok(Number(short.liqPx) > Number(short.avgPx));
  assert.notEqual(long.posId, short.posId);

  const order = await socket.eventually(() => socket.rows('orders').find((row) => row.state === 'filled'));
  assert.deepEqual([order.posSide, order.tdMode], ['long', 'cross']);
  const [fill] = (await rest.get('trade/fills')).data;
  assert.deepEqual([fill!.posSide, fill!.subType], ['short', '4']);
  assert.equal((await setMode('net_mode')).code, '59000');
  assert.equal((await place({ side: 'sell', sz: '4', posSide: 'long' })).sCode, '51112');

  assert.equal((await close('cross', 'long')).posSide, 'long');
  assert.equal((await close('isolated', 'short')).posSide, 'short');
  const past = (await rest.get('account/positions-history?instType=SWAP')).data;
  assert.deepEqual(
    past.map(({ posSide, mgnMode, type, direction, closeTotalPos }) => [
      posSide,
      mgnMode,
      type,
      direction,
      closeTotalPos,
    ]),
    [
      ['short', 'isolated', '2', 'short', '2'],
      ['long', 'cross', '2', 'long', '3'],
    ],
  );
  for (const row of past) {
    const sum = ['pnl', 'fee', 'fundingFee', 'liqPenalty'].reduce((all, name) => all + Number(row[name]), 0);
    assert.ok(Math.abs(sum - Number(row.realizedPnl)) < 1e-9);
  }
  assert.equal((await setMode('net_mode')).posMode, 'net_mode');
});

test('isolated margin over the wire: its own margin, added to and taken from, in the balance and the bills', async () => {
  await post('account/set-leverage', { instId: SWAP, lever: '20', mgnMode: 'isolated', posSide: 'net' });
  const before = (await rest.get('account/balance?ccy=USDT')).data[0]!.details as Json[];
  const entry = await place({ side: 'buy', sz: '10', tdMode: 'isolated' });
  assert.equal(entry.sCode, '0');
  const { margin, liqPx, avgPx } = await position('instType=SWAP');
  const [row] = (await rest.get('account/balance?ccy=USDT')).data[0]!.details as Json[];
  // one bill for each fill, newest first
  const bills = (await rest.get('account/bills?type=2')).data.filter(({ ordId }) => ordId === entry.ordId);
  const sum = (name: string): number => bills.reduce((all, bill) => all + Number(bill[name]), 0);
  assert.equal(bills[0]!.posBal, margin);
  assert.equal(bills[0]!.mgnMode, 'isolated');
  assert.ok(Math.abs(sum('posBalChg') - Number(margin)) < 1e-9);
  const paid = Number(before[0]!.cashBal) - Number(row!.cashBal);
  assert.ok(Math.abs(paid - Number(margin) + sum('fee')) < 1e-9);
  assert.ok(Math.abs(Number(row!.isoEq) - Number(margin)) < 20);
  assert.equal(Number(row!.isoEq).toFixed(6), (Number(margin) + Number(row!.isoUpl)).toFixed(6));
  // long, linear: (E·Q − margin) / (Q·(1 − m − f))
  const quantity = 10 * 0.01;
  const expected = (Number(avgPx) * quantity - Number(margin)) / (quantity * (1 - 0.004 - 0.0005));
  assert.ok(Math.abs(Number(liqPx) - expected) < 0.01, `${liqPx} against ${expected}`);

  const change = { instId: SWAP, posSide: 'net', type: 'add', amt: '100' };
  const added = await post('account/position/margin-balance', change);
  assert.deepEqual(added, { code: '0', msg: '', ...change, leverage: '20', ccy: 'USDT' });
  assert.equal(
    parseMoney(String((await position('instType=SWAP')).margin)),
    parseMoney(String(margin)) + parseMoney('100'),
  );
  const push = await socket.eventually(() =>
    socket.rows('balance_and_position').find(({ eventType }) => eventType === 'adjust_margin'),
  );
  assert.equal((push.posData as Json[])[0]!.mgnMode, 'isolated');
  const reduce = (amt: string): Promise<Json> =>
    post('account/position/margin-balance', { ...change, type: 'reduce', amt });
  assert.equal((await reduce('5000')).code, '59301');
  assert.equal((await reduce('50')).code, '0');
  assert.equal((await close('isolated', 'net')).code, '0');
  const none = await post('account/position/margin-balance', { ...change, amt: '1' });
  assert.equal(none.code, '59300');
});

for (const instId of [SWAP, INVERSE])
  for (const tdMode of ['cross', 'isolated'])
    test(`max-size says the largest order that is taken: ${instId}, ${tdMode}`, async () => {
      const ticker = (await rest.open(`market/ticker?instId=${instId}`)).data[0]!;
      const px = price(Number(ticker.bidPx) * 0.995);
      const [size] = (await rest.get(`account/max-size?instId=${instId}&tdMode=${tdMode}&px=${px}`)).data;
      const step = instId === SWAP ? 0.01 : 0.1;
      const order = { instId, tdMode, side: 'buy', ordType: 'limit', px };
      const more = await place({ ...order, sz: (Number(size!.maxBuy) + step).toFixed(2) });
      assert.equal(more.sCode, '51008', `${size!.maxBuy} and a little more: ${more.sMsg}`);
      const most = await place({ ...order, sz: size!.maxBuy });
      assert.equal(most.sCode, '0', `${size!.maxBuy}: ${most.sMsg}`);
      await post('trade/cancel-order', { instId, ordId: most.ordId });
    });

test('a trailing stop stands on algo-advance, is asked for, amended and canceled', async () => {
  assert.equal((await place({ side: 'buy', sz: '1' })).sCode, '0');
  const at = await last();
  const body = { instId: SWAP, tdMode: 'cross', side: 'sell', ordType: 'move_order_stop', sz: '1' };
  assert.equal((await post('trade/order-algo', { ...body, reduceOnly: true })).code, '51000');
  const placed = await post('trade/order-algo', { ...body, callbackRatio: '0.05', reduceOnly: true });
  assert.equal(placed.sCode, '0', String(placed.sMsg));
  const push = await socket.eventually(() =>
    socket.rows('algo-advance').find(({ algoId }) => algoId === placed.algoId),
  );
  assert.deepEqual([push.ordType, push.callbackRatio, push.state], ['move_order_stop', '0.05', 'live']);
  assert.ok(Math.abs(Number(push.moveTriggerPx) / (at * 0.95) - 1) < 0.01);
  const amended = await post('trade/amend-algos', {
    instId: SWAP,
    algoId: placed.algoId,
    newCallbackRatio: '0.06',
  });
  assert.equal(amended.sCode, '0', String(amended.sMsg));
  const [pending] = (await rest.get('trade/orders-algo-pending?ordType=move_order_stop')).data;
  assert.deepEqual([pending!.algoId, pending!.callbackRatio], [placed.algoId, '0.06']);
  const gone = await rest.post('trade/cancel-algos', [{ instId: SWAP, algoId: placed.algoId }]);
  assert.equal(gone.code, '0');
  const unknown = await post('trade/amend-algos', { instId: SWAP, algoId: placed.algoId, newSz: '2' });
  assert.deepEqual([unknown.code, unknown.sCode], ['1', '51527']);
  await close('cross', 'net');
});

test('attached stops as ratios, as limit take profit, amended with their order', async () => {
  const at = await last();
  const px = price(at * 0.99);
  const order = { side: 'buy', ordType: 'limit', sz: '1', px };
  const ratio = (tpTriggerRatio: string): Promise<Json> =>
    place({ ...order, attachAlgoOrds: [{ tpTriggerRatio, tpOrdPx: '-1' }] });
  assert.equal((await ratio('-0.01')).sCode, '54078');
  const placed = await ratio('0.02');
  const found = async (ordId: unknown): Promise<Json> =>
    (
      (await rest.get(`trade/order?instId=${SWAP}&ordId=${String(ordId)}`)).data[0]!.attachAlgoOrds as Json[]
    )[0]!;
  assert.ok(Math.abs(Number((await found(placed.ordId)).tpTriggerPx) - Number(px) * 1.02) < 0.1);
  const limit = await place({
    ...order,
    attachAlgoOrds: [
      { tpOrdKind: 'limit', tpOrdPx: price(at * 1.02), slTriggerPx: price(at * 0.95), slOrdPx: '-1' },
    ],
  });
  assert.equal(limit.sCode, '0', String(limit.sMsg));
  const row = await found(limit.ordId);
  assert.deepEqual([row.tpOrdKind, row.tpOrdPx], ['limit', price(at * 1.02)]);
  assert.notEqual(row.attachAlgoId, '');
  const amend = (change: Json): Promise<Json> =>
    post('trade/amend-order', { instId: SWAP, ordId: limit.ordId, attachAlgoOrds: [change] });
  assert.equal((await amend({ attachAlgoId: '1', newSlTriggerPx: '1' })).sCode, '51527');
  const newSlTriggerPx = price(at * 0.94);
  assert.equal((await amend({ attachAlgoId: row.attachAlgoId, newSlTriggerPx })).sCode, '0');
  assert.equal((await found(limit.ordId)).slTriggerPx, newSlTriggerPx);
  for (const { ordId } of [placed, limit]) await post('trade/cancel-order', { instId: SWAP, ordId });
});

test('self-trade prevention and price amendment are taken from the order', async () => {
  const at = await last();
  const order = { side: 'buy', ordType: 'limit', sz: '1', px: price(at * 0.99) };
  const placed = await place({ ...order, stpMode: 'cancel_both' });
  const [row] = (await rest.get(`trade/order?instId=${SWAP}&ordId=${String(placed.ordId)}`)).data;
  assert.equal(row!.stpMode, 'cancel_both');
  await post('trade/cancel-order', { instId: SWAP, ordId: placed.ordId });
  assert.equal((await place({ ...order, stpMode: 'no' })).code, '51000');
  const far = { ...order, side: 'sell', px: price(at * 0.95), ordType: 'post_only' };
  assert.equal((await place(far)).sCode, '51006');
  assert.equal((await place({ ...far, pxAmendType: '1' })).sCode, '0');
});
