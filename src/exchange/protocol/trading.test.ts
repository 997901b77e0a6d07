import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ExchangeHandle, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

let exchange: ExchangeHandle;
let rest: RestClient;
let socket: SocketClient;
const SWAP = 'BTC-USDT-SWAP';
let ids = 0;
const clientId = (): string => `t${++ids}`;

before(async () => {
  // twenty times as fast as the wall, so that prices reach stops soon
  exchange = await startExchange({ port: 0, seed: 21, speed: 20 });
  rest = new RestClient(exchange);
  socket = await SocketClient.connect(exchange.wsAll);
  assert.equal((await socket.login(exchange)).event, 'login');
  await socket.subscribe(
    { channel: 'orders', instType: 'SWAP' },
    { channel: 'orders-algo', instType: 'SWAP' },
    { channel: 'positions', instType: 'ANY' },
    { channel: 'account' },
    { channel: 'balance_and_position' },
  );
  const set = await rest.post('account/set-leverage', { instId: SWAP, lever: 5, mgnMode: 'cross' });
  assert.deepEqual(set.data, [{ lever: '5', mgnMode: 'cross', instId: SWAP, posSide: 'net' }]);
});

after(async () => {
  socket.close();
  await exchange.close();
});

async function last(): Promise<number> {
  return Number((await rest.open(`market/ticker?instId=${SWAP}`)).data[0]!.last);
}

async function place(order: Json): Promise<Json> {
  const id = clientId();
  socket.send({ id, op: 'order', args: [{ instId: SWAP, tdMode: 'cross', clOrdId: id, ...order }] });
  const answer = await socket.until((message) => message.id === id && message.op === 'order');
  assert.equal(typeof answer.inTime, 'string');
  return { ...(answer.data as Json[])[0], code: answer.code };
}

/** States of an order as they were pushed, up to its end. */
function states(ordId: unknown): Promise<string[]> {
  return socket.eventually(() => {
    const rows = socket.rows('orders').filter((row) => row.ordId === ordId);
    const seen = rows.map(({ state }) => String(state));
    return seen.includes('filled') || seen.includes('canceled') ? seen : undefined;
  });
}

async function flatten(): Promise<void> {
  await rest.post('trade/close-position', { instId: SWAP, mgnMode: 'cross', autoCxl: true });
  await socket.eventually(() => {
    const rows = socket.rows('positions').filter(({ instId }) => instId === SWAP);
    return rows.length === 0 || rows.at(-1)!.pos === '0' ? true : undefined;
  });
}

const price = (value: number): string => value.toFixed(1);

test('a limit order goes live, is amended, is canceled, and each step is pushed', async () => {
  const far = (await last()) * 0.98;
  const placed = await place({ side: 'buy', ordType: 'limit', px: price(far), sz: '1' });
  assert.equal(placed.sCode, '0');
  const pending = await rest.get(`trade/orders-pending?instType=SWAP&instId=${SWAP}`);
  assert.deepEqual(
    pending.data.map(({ ordId }) => ordId),
    [placed.ordId],
  );
  const amended = await rest.post('trade/amend-order', {
    instId: SWAP,
    ordId: placed.ordId,
    newSz: '2',
    reqId: 'r1',
  });
  assert.equal(amended.data[0]!.sCode, '0');
  const push = await socket.eventually(() => socket.rows('orders').find(({ reqId }) => reqId === 'r1'));
  assert.deepEqual([push.amendResult, push.sz, push.state], ['0', '2', 'live']);
  const canceled = await rest.post('trade/cancel-order', { instId: SWAP, clOrdId: placed.clOrdId });
  assert.equal(canceled.code, '0');
  assert.deepEqual(await states(placed.ordId), ['live', 'live', 'canceled']);
  const again = await rest.post('trade/cancel-order', { instId: SWAP, ordId: placed.ordId });
  assert.deepEqual([again.code, again.data[0]!.sCode], ['1', '51400']);
  const found = await rest.get(`trade/order?instId=${SWAP}&clOrdId=${placed.clOrdId}`);
  assert.deepEqual([found.data[0]!.state, found.data[0]!.cancelSource], ['canceled', '1']);
});

test('an amendment that fails leaves the order, or takes it away where cxlOnFail says so', async () => {
  const px = price((await last()) * 0.98);
  // what no lot or tick fits fails like what margin does not allow
  for (const cxlOnFail of [false, true])
    for (const change of [{ newSz: '1.005' }, { newPx: `${px}5` }, { newSz: '9000000' }]) {
      const placed = await place({ side: 'buy', ordType: 'limit', px, sz: '1' });
      assert.equal(placed.sCode, '0');
      const order = { instId: SWAP, ordId: placed.ordId };
      const reqId = `f${String(placed.ordId).slice(-12)}`;
      const { code, data } = await rest.post('trade/amend-order', { ...order, ...change, cxlOnFail, reqId });
      assert.notEqual(code, '0', JSON.stringify(data));
      const [row] = (await rest.get(`trade/order?instId=${SWAP}&ordId=${String(placed.ordId)}`)).data;
      assert.equal(row!.state, cxlOnFail ? 'canceled' : 'live', JSON.stringify(change));
      if (cxlOnFail) {
        const push = await socket.eventually(() =>
          socket.rows('orders').find((one) => one.ordId === placed.ordId && one.state === 'canceled'),
        );
        assert.deepEqual([push.amendResult, push.reqId], ['1', reqId]);
      } else await rest.post('trade/cancel-order', order);
    }
});

test('a market order with attached stops: fills, a pair stands for it, closing the position takes the pair away', async () => {
  const at = await last();
  const protection = clientId();
  const placed = await place({
    side: 'buy',
    ordType: 'market',
    sz: '3',
    instIdCode: 10459,
    attachAlgoOrds: [
      {
        attachAlgoClOrdId: protection,
        tpTriggerPx: price(at * 1.02),
        tpOrdPx: '-1',
        slTriggerPx: price(at * 0.98),
        slOrdPx: '-1',
      },
    ],
  });
  assert.equal(placed.sCode, '0');
  const seen = await states(placed.ordId);
  assert.equal(seen[0], 'live');
  assert.equal(seen.at(-1), 'filled');
  const algos = await rest.get('trade/orders-algo-pending?ordType=conditional,oco');
  assert.equal(algos.data.length, 1);
  assert.deepEqual(
    [
      algos.data[0]!.algoClOrdId,
      algos.data[0]!.ordType,
      algos.data[0]!.side,
      algos.data[0]!.sz,
      algos.data[0]!.state,
      algos.data[0]!.lever,
    ],
    [protection, 'oco', 'sell', '3', 'live', '5'],
  );
  const [entry] = (await rest.get(`trade/order?instId=${SWAP}&ordId=${placed.ordId}`)).data;
  const [attached] = entry!.attachAlgoOrds as Json[];
  assert.equal(attached!.attachAlgoClOrdId, protection);
  assert.notEqual(attached!.attachAlgoId, algos.data[0]!.algoId, 'what stands is a new order');
  await flatten();
  const gone = await socket.eventually(() =>
    socket.rows('orders-algo').find((row) => row.algoClOrdId === protection && row.state === 'canceled'),
  );
  assert.equal(gone.algoId, algos.data[0]!.algoId);
  assert.deepEqual((await rest.get('trade/orders-algo-pending?ordType=oco')).data, []);
});

test('a stop that the price reaches sends a market child with its own id, and the other leg dies with it', async () => {
  const at = await last();
  const protection = clientId();
  const placed = await place({
    side: 'sell',
    ordType: 'market',
    sz: '2',
    attachAlgoOrds: [
      {
        attachAlgoClOrdId: protection,
        // near enough that the next minutes reach one or the other
        tpTriggerPx: price(at * 0.9996),
        tpOrdPx: '-1',
        slTriggerPx: price(at * 1.0004),
        slOrdPx: '-1',
        slTriggerPxType: 'last',
      },
    ],
  });
  assert.equal(placed.sCode, '0', String(placed.sMsg));
  const child = await socket.eventually(
    () => socket.rows('orders').find((row) => row.algoClOrdId === protection && row.state === 'filled'),
    60_000,
  );
  const algo = await socket.eventually(() =>
    socket.rows('orders-algo').find((row) => row.algoClOrdId === protection && row.state === 'effective'),
  );
  const filled = Number(child.avgPx);
  assert.equal(algo.actualSide, filled > at ? 'sl' : 'tp');
  assert.equal(algo.ordId, child.ordId);
  assert.deepEqual(
    [child.side, child.ordType, child.reduceOnly, child.source],
    ['buy', 'market', 'true', '7'],
  );
  assert.notEqual(child.ordId, placed.ordId);
  const history = await rest.get(`trade/orders-algo-history?ordType=oco&algoId=${algo.algoId}`);
  assert.equal(history.data[0]!.state, 'effective');
  await flatten();
});

test('orders that reduce nothing are refused, with the codes of OKX', async () => {
  await flatten();
  const none = await place({ side: 'buy', ordType: 'market', sz: '1', reduceOnly: true });
  assert.deepEqual([none.code, none.sCode], ['1', '51169']);
  await place({ side: 'buy', ordType: 'market', sz: '1' });
  assert.equal((await place({ side: 'buy', ordType: 'market', sz: '1', reduceOnly: true })).sCode, '51170');
  assert.equal((await place({ side: 'sell', ordType: 'market', sz: '2', reduceOnly: true })).sCode, '51112');
  await flatten();
});

test('what cannot be an order is refused in the words of OKX', async () => {
  const at = await last();
  const limit = { side: 'buy', ordType: 'limit', sz: '1', px: price(at * 0.99) };
  const code = async (change: Json): Promise<unknown> => (await place({ ...limit, ...change })).sCode;
  assert.equal(await code({ sz: '0.005' }), '51121');
  assert.equal(await code({ px: price(at * 1.05) }), '51006');
  assert.equal(await code({ posSide: 'long' }), '51000');
  assert.equal(await code({ clOrdId: 'with-hyphen' }), '51000');
  assert.equal(await code({ instId: 'NO-SUCH-SWAP' }), '51001');
  assert.equal(await code({ sz: '900' }), '51008');
  assert.equal(await code({ tpTriggerPx: '1', tpOrdPx: '-1' }), '54070');
  const bad = { attachAlgoOrds: [{ slTriggerPx: price(at * 1.01), slOrdPx: '-1' }] };
  assert.equal(await code(bad), '51047');
  const over = await rest.post('trade/order', { instId: SWAP, tdMode: 'cross', posSide: 'long', ...limit });
  assert.deepEqual([over.status, over.code, over.msg], [400, '51000', 'Parameter posSide  error']);
  const id = clientId();
  assert.equal((await place({ ...limit, clOrdId: id })).sCode, '0');
  assert.equal((await place({ ...limit, clOrdId: id })).sCode, '51016');
  await rest.post('trade/cancel-order', { instId: SWAP, clOrdId: id });
  const post = await place({ ...limit, ordType: 'post_only', px: price(at * 1.005) });
  assert.equal(post.sCode, '0');
  assert.deepEqual(await states(post.ordId), ['live', 'canceled']);
});

test('position and balance are what an independent reckoning of the fills says', async () => {
  await flatten();
  const before = (await rest.get('account/balance')).data[0]!;
  const cashBefore = Number((before.details as Json[])[0]!.cashBal);
  const known = new Set((await rest.get(`trade/fills?instId=${SWAP}`)).data.map(({ tradeId }) => tradeId));
  for (const [side, sz] of [
    ['buy', '3'],
    ['buy', '1.5'],
    ['sell', '2'],
    ['sell', '4'],
    ['buy', '0.5'],
  ])
    assert.equal((await place({ side, ordType: 'market', sz })).sCode, '0');
  const fills = (await rest.get(`trade/fills?instId=${SWAP}&limit=100`)).data
    .filter(({ tradeId }) => !known.has(tradeId))
    .reverse();
  let size = 0;
  let average = 0;
  let cash = cashBefore;
  for (const fill of fills) {
    const signed = Number(fill.fillSz) * (fill.side === 'buy' ? 1 : -1);
    const at = Number(fill.fillPx);
    const fee = -Number(fill.fillSz) * 0.01 * at * 0.0005;
    assert.ok(Math.abs(Number(fill.fee) - fee) < 1e-9, `fee ${fill.fee} against ${fee}`);
    const closing = Math.sign(signed) === -Math.sign(size) ? Math.min(Math.abs(signed), Math.abs(size)) : 0;
    cash += fee + closing * 0.01 * Math.sign(size) * (at - average);
    const opening = Math.abs(signed) - closing;
    const kept = Math.abs(size) - closing;
    if (opening > 0) average = (average * kept + at * opening) / (kept + opening);
    size = Math.round((size + signed) * 100) / 100;
  }
  assert.equal(size, -1);
  const position = (await rest.get(`account/positions?instType=SWAP`)).data[0]!;
  assert.equal(position.pos, '-1');
  assert.ok(Math.abs(Number(position.avgPx) - average) < 1e-6, `${position.avgPx} against ${average}`);
  const upl = -0.01 * (Number(position.markPx) - average);
  assert.ok(Math.abs(Number(position.upl) - upl) < 1e-6);
  assert.ok(Number(position.liqPx) > Number(position.markPx));
  const details = ((await rest.get('account/balance')).data[0]!.details as Json[])[0]!;
  assert.ok(Math.abs(Number(details.cashBal) - cash) < 1e-6, `${details.cashBal} against ${cash}`);
  const bills = (await rest.get('account/bills?type=2')).data.reduce(
    (sum, bill) => sum + Number(bill.balChg),
    0,
  );
  assert.ok(Math.abs(Number(details.cashBal) - 10_000 - bills) < 1e-6);
  await flatten();
});

test('a dead man’s switch that nobody renews takes the orders of its tag, one push each, and nothing else', async () => {
  const at = await last();
  const far = { side: 'buy', ordType: 'limit', sz: '1', px: price(at * 0.993) };
  const mine = [await place({ ...far, tag: 'mine' }), await place({ ...far, tag: 'mine' })];
  const other = await place({ ...far, tag: 'other' });
  const stop = await rest.post('trade/order-algo', {
    instId: SWAP,
    tdMode: 'cross',
    side: 'sell',
    ordType: 'trigger',
    sz: '1',
    triggerPx: price(at * 0.9),
    orderPx: '-1',
    tag: 'mine',
  });
  const [armed] = (await rest.post('trade/cancel-all-after', { timeOut: '10', tag: 'mine' })).data;
  for (const { ordId } of mine) assert.deepEqual(await states(ordId), ['live', 'canceled']);
  const ends = socket.rows('orders').filter(({ tag, state }) => tag === 'mine' && state === 'canceled');
  for (const { cancelSource, uTime } of ends) {
    assert.equal(cancelSource, '20');
    assert.ok(Number(uTime) >= Number(armed!.triggerTime));
  }
  const left = await rest.get('trade/orders-pending');
  assert.deepEqual(
    left.data.map(({ ordId }) => ordId),
    [other.ordId],
  );
  const algos = await rest.get('trade/orders-algo-pending?ordType=trigger');
  assert.deepEqual(
    algos.data.map(({ algoId }) => algoId),
    [stop.data[0]!.algoId],
  );
  await rest.post('trade/cancel-order', { instId: SWAP, ordId: other.ordId });
  await rest.post('trade/cancel-algos', [{ instId: SWAP, algoId: stop.data[0]!.algoId }]);
});

test('a batch answers for each of its orders', async () => {
  const far = price((await last()) * 0.98);
  const order = { instId: SWAP, tdMode: 'cross', side: 'buy', ordType: 'limit', px: far };
  const batch = await rest.post('trade/batch-orders', [
    { ...order, sz: '1' },
    { ...order, sz: '0.001' },
  ]);
  assert.equal(batch.code, '2');
  assert.deepEqual(
    batch.data.map(({ sCode }) => sCode),
    ['0', '51121'],
  );
  const canceled = await rest.post('trade/cancel-batch-orders', [
    { instId: SWAP, ordId: batch.data[0]!.ordId },
  ]);
  assert.equal(canceled.code, '0');
});
