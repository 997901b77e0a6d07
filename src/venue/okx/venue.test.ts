import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Approved, OrderCommand, Place } from '../../core/commands.ts';
import { EventKind } from '../../core/events.ts';
import { formatMoney, Instrument, parseMoney } from '../../core/instrument.ts';
import { lots, ms, ticks } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import type { Row } from './codec/fields.ts';
import { HEDGED } from './position-mode.ts';
import { ManualTime } from './testing/manual-time.ts';
import {
  okay,
  type RestAnswer,
  type RestRequest,
  refusal,
  until,
  type WireRequest,
  WireServer,
} from './testing/wire-server.ts';
import { OkxVenue, type OkxVenueOptions } from './venue.ts';

const instId = 'BTC-USDT-SWAP';
const bitcoin = new Instrument({
  ...{
    instId,
    instType: 'SWAP',
    ctType: 'linear',
    tickSz: '0.1',
    lotSz: '0.01',
    minSz: '0.01',
    ctVal: '0.01',
  },
  ...{ ctMult: '1', settleCcy: 'USDT', instIdCode: 10459 },
});

const order = (fields: Partial<Place> = {}) =>
  ({
    ...{ kind: 'place', instrument: 0, clientOrderId: 'b1', side: 'buy', type: 'limit', size: lots(200) },
    ...{ price: ticks(600000), reduceOnly: false, leverage: 5, takeProfit: ticks(0), stopLoss: ticks(0) },
    ...{ protectionId: '', purpose: 'entry' },
    ...fields,
  }) as Place as Approved<OrderCommand>;
const amend = (stopLoss: number, takeProfit = 620_000, protectionId = 'b1p') =>
  ({
    ...{ kind: 'amend', target: 'protection', instrument: 0, protectionId, cause: 'trailingStop' },
    ...{ takeProfit: ticks(takeProfit), stopLoss: ticks(stopLoss) },
  }) as Approved<OrderCommand>;
const change = (price: number, size = 200, clientOrderId = 'b1') =>
  ({
    ...{ kind: 'amend', target: 'order', instrument: 0, clientOrderId },
    ...{ price: ticks(price), size: lots(size) },
  }) as Approved<OrderCommand>;
const cancel = (clientOrderId: string, target: 'order' | 'protection' = 'order') =>
  ({ kind: 'cancel', instrument: 0, clientOrderId, target }) as Approved<OrderCommand>;

/** A row of the orders channel. */
const row = (fields: Row = {}): Row => ({
  ...{
    instType: 'SWAP',
    instId,
    ordId: '900',
    clOrdId: 'b1',
    algoId: '',
    algoClOrdId: '',
    side: 'buy',
    sz: '2',
  },
  ...{ px: '60000', ordType: 'limit', state: 'live', accFillSz: '0', fillSz: '0', fillPx: '', tradeId: '' },
  ...{
    fillTime: '',
    fee: '0',
    fillFee: '',
    fillFeeCcy: '',
    execType: '',
    reduceOnly: 'false',
    category: 'normal',
  },
  ...{ cancelSource: '', attachAlgoOrds: [], uTime: '1795340540000', cTime: '1795340540000' },
  ...fields,
});
const filled = (fields: Row = {}): Row =>
  row({
    ...{ state: 'filled', accFillSz: '2', fillSz: '2', fillPx: '60000.1', tradeId: '77', fee: '-0.6' },
    ...{ fillFee: '-0.6', fillFeeCcy: 'USDT', execType: 'T', fillTime: '1795340540100' },
    ...fields,
  });
const pair = (fields: Row = {}): Row => ({
  ...{
    instId,
    algoId: '500',
    algoClOrdId: 'b1p',
    side: 'sell',
    state: 'live',
    ordType: 'oco',
    sz: '2',
    ordId: '',
  },
  ...{ tpTriggerPx: '62000', slTriggerPx: '59000', actualSide: '', cTime: '1795340540000', failCode: '' },
  ...fields,
});

function noted(event: VenueEvent): string {
  if (event.kind === EventKind.fill)
    return `fill ${event.clientOrderId} ${event.tradeId} ${event.side} ${event.size}@${event.price} ${formatMoney(event.fee)} ${event.purpose}`;
  if (event.kind === EventKind.order && event.amended !== null) {
    const { price, size, refusal } = event.amended;
    return `stands ${event.clientOrderId} ${event.state} ${event.filled} of ${size}@${price}${refusal === '' ? '' : ` (${refusal})`}`;
  }
  if (event.kind === EventKind.order)
    return `order ${event.clientOrderId} ${event.state} ${event.filled}${event.reason === '' ? '' : ` (${event.reason})`}`;
  if (event.kind === EventKind.protection)
    return `pair ${event.protectionId} TP ${event.takeProfit} SL ${event.stopLoss}${event.refusal === '' ? '' : ` (${event.refusal})`}`;
  if (event.kind === EventKind.settlement)
    return `settlement ${event.settlementId} ${event.tradeId} ${formatMoney(event.amount)}`;
  return `funding ${event.paymentId} ${formatMoney(event.amount)}`;
}

type Routes = Record<string, (call: RestRequest) => RestAnswer>;

async function world(context: TestContext, options: Partial<OkxVenueOptions> = {}) {
  const time = new ManualTime();
  const server = await WireServer.start();
  /** What REST says by path; a test changes what it needs. */
  const routes: Routes = {
    'public/time': () => okay({ ts: String(time.nowMs()) }),
    'account/config': () => okay({ posMode: 'net_mode' }),
    'account/leverage-info': () => okay({ instId, mgnMode: 'cross', posSide: 'net', lever: '5' }),
    'trade/order': () => refusal('51603', 'Order does not exist'),
    'trade/order-algo': () => refusal('51603', 'Algo order does not exist'),
  };
  server.onCall = (call) => (routes[call.path] ?? (() => okay()))(call);
  const lines: string[] = [];
  const logs: string[] = [];
  const venue = new OkxVenue({
    rest: server.rest,
    ws: server.ws,
    credentials: { apiKey: 'k', secret: 's', passphrase: 'p' },
    demo: false,
    clock: time,
    timers: time,
    random: () => 0.5,
    log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    instruments: [bitcoin],
    auditEveryMs: 0,
    pingIntervalMs: 10 ** 9,
    ...options,
  });
  context.after(async () => {
    await venue.stop();
    server.stop();
  });
  /** The order operations that arrived. */
  const sent = (op = 'order') => server.ops(op);
  const orders = (...data: Row[]) =>
    server.push('/private', { arg: { channel: 'orders', instType: 'SWAP', uid: '1' }, data });
  const algos = (...data: Row[]) =>
    server.push('/business', { arg: { channel: 'orders-algo', instType: 'SWAP', uid: '1' }, data });
  const answer = (request: WireRequest, sCode = '0', sMsg = '') =>
    request.client.send(
      JSON.stringify({
        ...{ id: request.id, op: request.op, code: sCode === '0' ? '0' : '1', msg: '' },
        data: [{ ordId: sCode === '0' ? '900' : '', clOrdId: 'b1', sCode, sMsg }],
        ...{ inTime: '1', outTime: '2' },
      }),
    );
  const told = (line: string) =>
    until(`"${line}" is told, not only ${JSON.stringify(lines)}`, () => lines.includes(line));
  const connect = () => venue.connect((event) => lines.push(noted(event)));
  return { time, server, routes, venue, lines, logs, sent, orders, algos, answer, told, connect };
}

/** Lets time pass in small steps, with the wire keeping up, until the line is told. */
async function passing(time: ManualTime, what: string, condition: () => boolean): Promise<void> {
  for (let step = 0; step < 400 && !condition(); step++) {
    time.advance(50);
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await until(what, condition);
}

test('logs in, subscribes and is live', async (context) => {
  const { server, venue, connect } = await world(context);
  await connect();
  assert.equal(venue.live, true);
  assert.deepEqual(
    server.requests
      .map(({ path, op, args }) => `${path} ${op} ${args.map(({ channel }) => channel ?? 'keys').join()}`)
      .sort(),
    [
      '/business login keys',
      '/business subscribe orders-algo',
      '/private login keys',
      '/private subscribe orders,balance_and_position',
    ],
  );
});

test('a login that is refused ends the attempt with what to do', async (context) => {
  const { server, connect } = await world(context);
  server.onRequest = ({ op, client }) => {
    if (op === 'login') client.send('{"event":"error","code":"60024","msg":"Wrong passphrase","connId":"c"}');
    return op === 'login';
  };
  await assert.rejects(connect(), {
    name: 'VenueError',
    code: '60024',
    action: 'stop',
    message: /passphrase/,
  });
});

test('an entry goes out once, whole: integer code, collar as immediate-or-cancel limit, pair attached, deadline', async (context) => {
  const { time, sent, venue, connect, answer, told, orders, lines } = await world(context, {
    triggerPriceType: 'mark',
  });
  await connect();
  venue.submit(
    order({ type: 'market', takeProfit: ticks(620000), stopLoss: ticks(590000), protectionId: 'b1p' }),
  );
  assert.deepEqual(lines, [], 'nothing is told from within submit');
  await until('sent', () => sent().length === 1);
  const [request] = sent();
  assert.equal(request!.message.expTime, String(time.nowMs() + 5_000));
  assert.deepEqual(request!.args, [
    {
      ...{
        instIdCode: 10459,
        tdMode: 'cross',
        clOrdId: 'b1',
        side: 'buy',
        ordType: 'ioc',
        sz: '2',
        px: '60000',
      },
      attachAlgoOrds: [
        {
          attachAlgoClOrdId: 'b1p',
          ...{ tpTriggerPx: '62000', tpOrdPx: '-1', tpTriggerPxType: 'mark' },
          ...{ slTriggerPx: '59000', slOrdPx: '-1', slTriggerPxType: 'mark' },
        },
      ],
    },
  ]);
  answer(request!);
  await told('order b1 live 0');
  orders(row());
  orders(filled());
  await told('order b1 filled 200');
  orders(filled());
  orders(row({ clOrdId: 'last', ordId: '901' }));
  await told('order last live 0');
  assert.deepEqual(lines, [
    'order b1 live 0',
    'fill b1 77 buy 200@600001 -0.6 entry',
    'order b1 filled 200',
    'order last live 0',
  ]);
});

test('a market order without a collar is a market order; reduce-only and post-only are said', async (context) => {
  const { sent, venue, connect } = await world(context);
  await connect();
  venue.submit(
    order({
      clientOrderId: 'm',
      type: 'market',
      price: ticks(0),
      reduceOnly: true,
      purpose: 'close',
      side: 'sell',
    }),
  );
  venue.submit(order({ clientOrderId: 'p', type: 'postOnly', price: ticks(599999) }));
  await until('sent', () => sent().length === 2);
  const byId = new Map(sent().map(({ args }) => [args[0]!.clOrdId, args[0]!]));
  assert.deepEqual(byId.get('m'), {
    ...{
      instIdCode: 10459,
      tdMode: 'cross',
      clOrdId: 'm',
      side: 'sell',
      ordType: 'market',
      sz: '2',
      reduceOnly: true,
    },
  });
  assert.equal(byId.get('p')!.ordType, 'post_only');
  assert.equal(byId.get('p')!.px, '59999.9');
});

test('leverage is set before the order, once; an order whose leverage fails never leaves', async (context) => {
  const { server, routes, sent, venue, connect, told, answer } = await world(context);
  await connect();
  venue.submit(order({ clientOrderId: 'a', leverage: 7 }));
  venue.submit(order({ clientOrderId: 'b', leverage: 7 }));
  await until('both sent', () => sent().length === 2);
  for (const request of sent()) answer(request);
  const sets = () => server.calls.filter(({ path }) => path === 'account/set-leverage');
  assert.deepEqual(
    sets().map(({ body }) => body),
    [{ instId, lever: '7', mgnMode: 'cross' }],
  );
  routes['account/set-leverage'] = () => refusal('59102', 'Leverage exceeds the maximum limit');
  venue.submit(order({ clientOrderId: 'c', leverage: 200 }));
  await until('set', () => sets().length === 2);
  await told(
    'order c rejected 0 (not sent: leverage could not be set: POST account/set-leverage: OKX says 59102 Leverage exceeds the maximum limit)',
  );
  assert.equal(sent().length, 2);
});

test('a refusal at the door is a rejection with its code', async (context) => {
  const { sent, venue, connect, told, answer, server } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!, '51008', 'Insufficient balance');
  await told('order b1 rejected 0 (51008 Insufficient balance)');
  assert.equal(server.calls.filter(({ path }) => path === 'trade/order').length, 0);
});

test('bad ids, prices and sizes never leave', async (context) => {
  const { sent, venue, connect, lines } = await world(context);
  await connect();
  for (const fields of [
    { clientOrderId: 'no-hyphens' },
    { clientOrderId: 'x1', price: ticks(0) },
    { clientOrderId: 'x2', size: lots(0) },
    { clientOrderId: 'x3', protectionId: 'p' },
  ])
    venue.submit(order(fields));
  await until('all told', () => lines.length === 4);
  assert.ok(
    lines.every((line) => line.includes('rejected')),
    String(lines),
  );
  assert.equal(sent().length, 0);
});

test('no answer: unknown, then asked by client id until known; never sent again', async (context) => {
  const { time, sent, venue, connect, told, routes, lines, server } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  routes['trade/order'] = () => ({ status: 503, body: 'down' });
  await passing(time, 'unknown', () => lines.length === 1);
  await told('order b1 unknown 0 (no answer in 3000 ms)');
  const asked = () => server.calls.filter(({ path }) => path === 'trade/order').length;
  await passing(time, 'asked three times', () => asked() >= 3);
  // it got in, and filled
  routes['trade/order'] = ({ query }) =>
    query.get('clOrdId') === 'b1' ? okay(filled({ fillFee: '' })) : refusal('51603');
  routes['trade/fills'] = () =>
    okay({
      instId,
      ordId: '900',
      clOrdId: 'b1',
      tradeId: '77',
      billId: '1',
      fillPx: '60000.1',
      fillSz: '2',
      side: 'buy',
      fee: '-0.6',
      feeCcy: 'USDT',
      execType: 'T',
      ts: '1795340540100',
    });
  await passing(time, 'known', () => lines.length === 3);
  assert.deepEqual(lines.slice(1), ['fill b1 77 buy 200@600001 -0.6 entry', 'order b1 filled 200']);
  assert.equal(sent().length, 1);
});

test('"never had it" is believed only after the order could no longer arrive', async (context) => {
  const { time, sent, venue, connect, lines } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  const sentAt = time.nowMs();
  await passing(time, 'rejected', () => lines.length === 2);
  assert.deepEqual(lines, [
    'order b1 unknown 0 (no answer in 3000 ms)',
    'order b1 rejected 0 (OKX never had this order)',
  ]);
  assert.ok(time.nowMs() > sentAt + 7_000, 'gave up before expTime and the lag of lists');
  assert.equal(sent().length, 1);
});

test('an id that is taken proves that the order got in: it is asked about, not rejected', async (context) => {
  const { sent, venue, connect, told, answer, routes, lines } = await world(context);
  routes['trade/order'] = () => okay(row());
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!, '51016', 'Client order ID already exists');
  await told('order b1 live 0');
  assert.ok(lines[0]!.startsWith('order b1 unknown'));
});

test('the connection goes with an order unanswered: unknown at once, known before the venue is live again', async (context) => {
  const { time, server, sent, venue, connect, told, routes, lines } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  routes['trade/order'] = () => okay(row());
  routes['trade/orders-pending'] = () => okay(row());
  server.cut('/private');
  await told('order b1 unknown 0 (the connection was lost before an answer came)');
  assert.equal(venue.live, false);
  venue.submit(order({ clientOrderId: 'b2' }));
  await told('order b2 rejected 0 (not sent: not connected, or still catching up)');
  await passing(time, 'live again', () => venue.live);
  assert.ok(lines.includes('order b1 live 0'));
  assert.equal(sent().length, 1);
});

test('what happened while the connection was away is told before the venue is live: each fill once', async (context) => {
  const { time, server, sent, venue, connect, told, answer, routes, lines, orders } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  const part = {
    state: 'partially_filled',
    accFillSz: '0.5',
    fillSz: '0.5',
    tradeId: '70',
    fee: '-0.15',
    fillFee: '-0.15',
  };
  orders(filled(part));
  await told('order b1 partiallyFilled 50');
  const fill = (tradeId: string, fillSz: string, fee: string) => ({
    ...{
      instId,
      ordId: '900',
      clOrdId: 'b1',
      tradeId,
      billId: tradeId,
      fillPx: '60000.1',
      fillSz,
      side: 'buy',
    },
    ...{ fee, feeCcy: 'USDT', execType: 'T', ts: '1795340540200' },
  });
  routes['trade/fills'] = () => okay(fill('71', '1.5', '-0.45'), fill('70', '0.5', '-0.15'));
  routes['trade/orders-history'] = () => okay(filled());
  routes['trade/order'] = () => okay(filled());
  let liveAt = -1;
  server.cut('/private');
  await until('noticed', () => !venue.live);
  await passing(time, 'live again', () => {
    if (venue.live && liveAt < 0) liveAt = lines.length;
    return liveAt >= 0 && lines.includes('order b1 filled 200');
  });
  assert.deepEqual(lines.slice(1), [
    'fill b1 70 buy 50@600001 -0.15 entry',
    'order b1 partiallyFilled 50',
    'fill b1 71 buy 150@600001 -0.45 entry',
    'order b1 filled 200',
  ]);
  assert.ok(liveAt >= 4, 'live before the lost fill was told');
});

test('a fill whose push was lost is noticed by the next one and asked for', async (context) => {
  const { sent, venue, connect, told, answer, routes, lines, orders } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  const fill = {
    ...{
      instId,
      ordId: '900',
      clOrdId: 'b1',
      tradeId: '70',
      billId: '70',
      fillPx: '60000',
      fillSz: '0.5',
      side: 'buy',
    },
    ...{ fee: '-0.15', feeCcy: 'USDT', execType: 'M', ts: '1795340540050' },
  };
  routes['trade/fills'] = () => okay(fill);
  orders(filled({ fillSz: '1.5', tradeId: '71', fillFee: '-0.45' }));
  await told('fill b1 70 buy 50@600000 -0.15 entry');
  assert.deepEqual(lines.filter((line) => line.startsWith('fill')).length, 2);
});

test('a cancel that comes too late tells the truth: filled', async (context) => {
  const { time, sent, venue, connect, told, answer, routes, lines } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  await told('order b1 live 0');
  routes['trade/order'] = () => okay(filled());
  routes['trade/fills'] = () =>
    okay({
      ...{ instId, ordId: '900', clOrdId: 'b1', tradeId: '77', billId: '1', fillPx: '60000.1', fillSz: '2' },
      ...{ side: 'buy', fee: '-0.6', feeCcy: 'USDT', execType: 'T', ts: '1795340540100' },
    });
  venue.submit(cancel('b1'));
  await until('cancel sent', () => sent('cancel-order').length === 1);
  assert.deepEqual(sent('cancel-order')[0]!.args, [{ instIdCode: 10459, clOrdId: 'b1' }]);
  answer(sent('cancel-order')[0]!, '51400', 'Cancellation failed as the order does not exist');
  await passing(time, 'told', () => lines.includes('order b1 filled 200'));
  assert.deepEqual(lines.slice(1), ['fill b1 77 buy 200@600001 -0.6 entry', 'order b1 filled 200']);
});

test('a cancel goes by REST when the socket is away', async (context) => {
  const { server, venue, connect } = await world(context);
  await connect();
  server.cut('/private');
  await until('noticed', () => !venue.live);
  venue.submit(cancel('b1'));
  await until('canceled', () => server.calls.some(({ path }) => path === 'trade/cancel-order'));
  assert.deepEqual(server.calls.find(({ path }) => path === 'trade/cancel-order')!.body, {
    instId,
    clOrdId: 'b1',
  });
});

test('a close goes by REST when the socket is away, once, with its deadline; an entry does not', async (context) => {
  const { server, venue, connect, told, routes, time } = await world(context);
  await connect();
  server.cut('/private');
  await until('noticed', () => !venue.live);
  routes['trade/order'] = ({ method }) =>
    method === 'POST'
      ? okay({ ordId: '900', clOrdId: 'c1', sCode: '0', sMsg: '' })
      : okay(row({ clOrdId: 'c1' }));
  const close = { type: 'market', reduceOnly: true, purpose: 'close', side: 'sell' } as const;
  venue.submit(order({ ...close, clientOrderId: 'c1' }));
  venue.submit(order({ clientOrderId: 'e1' }));
  await told('order c1 live 0');
  await told('order e1 rejected 0 (not sent: not connected, or still catching up)');
  const posts = () => server.calls.filter(({ method, path }) => method === 'POST' && path === 'trade/order');
  assert.equal(posts().length, 1);
  assert.equal(posts()[0]!.headers.exptime, String(time.nowMs() + 5_000));
  assert.deepEqual(posts()[0]!.body, {
    ...{ instId, tdMode: 'cross', clOrdId: 'c1', side: 'sell', ordType: 'ioc', sz: '2', px: '60000' },
    reduceOnly: true,
  });
  routes['trade/order'] = ({ method }) => (method === 'POST' ? 'hang up' : refusal('51603'));
  venue.submit(order({ ...close, clientOrderId: 'c2' }));
  await until('sent', () => posts().length === 2);
  await passing(time, 'unknown', () => venue.live);
  assert.equal(posts().length, 2);
});

test('take profit and stop loss: the pair stands, one fires, its fills carry the protection id and say which', async (context) => {
  for (const [fired, price, purpose] of [
    ['tp', '62000', 'takeProfit'],
    ['sl', '58990', 'stopLoss'],
    ['sl', '61990', 'stopLoss'], // OKX's word counts, not where it filled
    ['', '61990', 'takeProfit'], // no word on which: by the nearer trigger
    ['', '58900', 'stopLoss'],
  ] as const) {
    const { venue, connect, told, orders, algos, sent, lines } = await world(context);
    await connect();
    venue.submit(order({ protectionId: 'b1p', takeProfit: ticks(620000), stopLoss: ticks(590000) }));
    await until('sent', () => sent().length === 1);
    orders(filled());
    await told('order b1 filled 200');
    algos(pair());
    await told('order b1p live 0');
    if (fired !== '') {
      algos(pair({ state: 'effective', actualSide: fired, ordId: '901' }));
      algos(pair({ algoId: '501', algoClOrdId: 'next' })); // heard after it, on the same socket
      await told('order next live 0');
    }
    const child = {
      ordId: '901',
      clOrdId: '',
      algoId: '500',
      algoClOrdId: 'b1p',
      side: 'sell',
      reduceOnly: 'true',
    };
    orders(row({ ...child }));
    orders(filled({ ...child, fillPx: price, tradeId: '88', fillFee: '-0.62', fee: '-0.62' }));
    await told('order b1p filled 200');
    assert.ok(lines.includes(`fill b1p 88 sell 200@${Number(price) * 10} -0.62 ${purpose}`), String(lines));
  }
});

test('the child of a pair from an earlier run: asked which it is before its fill is told', async (context) => {
  const { connect, told, orders, routes, lines } = await world(context);
  routes['trade/order-algo'] = ({ query }) =>
    query.get('algoId') === '500'
      ? okay(pair({ state: 'effective', actualSide: 'sl', ordId: '901' }))
      : refusal('51603');
  await connect();
  const child = {
    ordId: '901',
    clOrdId: '',
    algoId: '500',
    algoClOrdId: 'b1p',
    side: 'sell',
    reduceOnly: 'true',
  };
  orders(row(child));
  orders(filled({ ...child, fillPx: '59010', tradeId: '88' }));
  await told('order b1p filled 200');
  assert.ok(lines.includes('fill b1p 88 sell 200@590100 -0.6 stopLoss'), String(lines));
});

test('canceling a protection goes by REST; a pair that is not there is said to be gone', async (context) => {
  const { server, venue, connect, told, algos, routes } = await world(context);
  await connect();
  algos(pair());
  await told('order b1p live 0');
  routes['trade/cancel-algos'] = () => {
    algos(pair({ state: 'canceled' }));
    return okay({ algoId: '500', algoClOrdId: 'b1p', sCode: '0', sMsg: '' });
  };
  venue.submit(cancel('b1p', 'protection'));
  await told('order b1p canceled 0 (take profit and stop loss canceled)');
  assert.deepEqual(server.calls.find(({ path }) => path === 'trade/cancel-algos')!.body, [
    { instId, algoClOrdId: 'b1p' },
  ]);
  routes['trade/cancel-algos'] = () => okay({ algoId: '', sCode: '51400', sMsg: 'does not exist' });
  venue.submit(cancel('gone', 'protection'));
  await told('order gone canceled 0 (OKX has no such take profit or stop loss)');
});

test('a pair is moved by REST, both triggers with their kind, and where it stands is told', async (context) => {
  const { server, venue, connect, told, algos, routes, lines } = await world(context);
  await connect();
  algos(pair({ uTime: '1' }));
  await told('order b1p live 0');
  routes['trade/amend-algos'] = () => okay({ algoId: '500', algoClOrdId: 'b1p', sCode: '0', sMsg: '' });
  venue.submit(amend(595_000));
  await told('pair b1p TP 620000 SL 595000');
  assert.deepEqual(server.calls.find(({ path }) => path === 'trade/amend-algos')!.body, {
    ...{ instId, algoClOrdId: 'b1p' },
    ...{ newTpTriggerPx: '62000', newTpOrdPx: '-1', newTpTriggerPxType: 'last' },
    ...{ newSlTriggerPx: '59500', newSlOrdPx: '-1', newSlTriggerPxType: 'last' },
  });
  // its push is no news; one that tells of another price is
  algos(pair({ slTriggerPx: '59500', uTime: '2' }));
  algos(pair({ slTriggerPx: '59600', uTime: '3' }));
  await told('pair b1p TP 620000 SL 596000');
  // and an older one that was overtaken is not
  algos(pair({ slTriggerPx: '59500', uTime: '2' }));
  algos(pair({ slTriggerPx: '59700', uTime: '4' }));
  await told('pair b1p TP 620000 SL 597000');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('pair')).map((line) => line.slice(-6)),
    ['595000', '596000', '597000'],
  );
});

test('a move that OKX refuses: where the pair stands is asked for and told with the reason', async (context) => {
  const { venue, connect, told, algos, routes } = await world(context);
  await connect();
  algos(pair());
  await told('order b1p live 0');
  routes['trade/amend-algos'] = () => okay({ algoId: '500', sCode: '51280', sMsg: 'SL too high' });
  routes['trade/order-algo'] = () => okay(pair());
  venue.submit(amend(595_000));
  await told('pair b1p TP 620000 SL 590000 (POST trade/amend-algos: OKX says 51280 SL too high)');
});

for (const arrived of [true, false])
  test(`a move without an answer that ${arrived ? 'arrived' : 'did not arrive'}: asked until OKX says where the pair is`, async (context) => {
    const { venue, connect, told, algos, routes, time, lines } = await world(context);
    await connect();
    algos(pair());
    await told('order b1p live 0');
    let asked = 0;
    routes['trade/amend-algos'] = () => 'hang up';
    routes['trade/order-algo'] = () => {
      asked++;
      if (asked === 1) return { status: 503, body: 'busy' };
      return okay(pair(arrived ? { slTriggerPx: '59500' } : {}));
    };
    venue.submit(amend(595_000));
    const isTold = (): boolean => lines.some((line) => line.startsWith('pair'));
    await passing(time, 'where the pair is to be told', isTold);
    const [line] = lines.filter((each) => each.startsWith('pair'));
    if (arrived) assert.equal(line, 'pair b1p TP 620000 SL 595000');
    else assert.match(line!, /^pair b1p TP 620000 SL 590000 \(.*no answer/);
    assert.equal(asked, 2);
  });

test('a move of a pair that is gone: how it ended is told, and nothing of its triggers', async (context) => {
  const { venue, connect, told, algos, routes, lines } = await world(context);
  await connect();
  algos(pair());
  await told('order b1p live 0');
  routes['trade/amend-algos'] = () => okay({ algoId: '', sCode: '51527', sMsg: 'does not exist' });
  venue.submit(amend(595_000));
  await told('order b1p canceled 0 (OKX has no such take profit or stop loss)');
  venue.submit(amend(596_000));
  venue.submit(amend(595_000, 620_000, 'never'));
  await told('order never canceled 0 (OKX has no such take profit or stop loss)');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('pair')),
    [],
  );
});

test('moves of one pair go one after the other, and of those that wait only the newest', async (context) => {
  const { server, venue, connect, told, algos, routes } = await world(context);
  await connect();
  algos(pair());
  await told('order b1p live 0');
  routes['trade/amend-algos'] = () => okay({ algoId: '500', sCode: '0', sMsg: '' });
  for (const stop of [595_000, 596_000, 597_000, 598_000]) venue.submit(amend(stop));
  await told('pair b1p TP 620000 SL 598000');
  const stops = server.calls.flatMap(({ path, body }) =>
    path === 'trade/amend-algos' ? [(body as Row).newSlTriggerPx] : [],
  );
  assert.equal(stops.at(-1), '59800');
  assert.ok(stops.length <= 2, String(stops));
});

// — changes of resting orders —

/** An order that rests at 60,000. */
async function resting(context: TestContext) {
  const all = await world(context);
  const { venue, connect, sent, answer, told, orders, lines } = all;
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  orders(row());
  await told('order b1 live 0');
  const amends = () => sent('amend-order');
  const stands = () => lines.filter((line) => line.startsWith('stands'));
  const amended = async (price: number, size = 200) => {
    const before = amends().length;
    venue.submit(change(price, size));
    await until('the amendment is sent', () => amends().length > before);
    return amends().at(-1)!;
  };
  return { ...all, amends, stands, amended };
}
const reqId = ({ args }: WireRequest): string => String(args[0]!.reqId);

test('an order is amended by its client id: price and size as they are to be, a deadline, not canceled for a no', async (context) => {
  const { time, amended, answer, orders, told, stands } = await resting(context);
  const request = await amended(600_100, 150);
  assert.equal(request.message.expTime, String(time.nowMs() + 5_000));
  assert.deepEqual(request.args, [
    {
      ...{ instIdCode: 10459, clOrdId: 'b1', reqId: reqId(request) },
      ...{ newPx: '60010', newSz: '1.5', cxlOnFail: false },
    },
  ]);
  // that OKX took the request is not yet that it is done
  answer(request);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(stands(), []);
  orders(row({ px: '60010', sz: '1.5', reqId: reqId(request), amendResult: '0' }));
  await told('stands b1 live 0 of 150@600100');
});

test('an amendment that is done before it is answered is told once', async (context) => {
  const { amended, answer, orders, told, stands, venue } = await resting(context);
  const request = await amended(600_100);
  orders(row({ px: '60010', reqId: reqId(request), amendResult: '0' }));
  await told('stands b1 live 0 of 200@600100');
  answer(request);
  venue.submit(cancel('b1'));
  orders(row({ state: 'canceled', px: '60010', cancelSource: '1' }));
  await told('order b1 canceled 0 (1 by the user)');
  assert.equal(stands().length, 1);
});

for (const [how, says] of [
  ['by the answer', 'amend: OKX says 51511 would take'],
  ['by its push', 'amend: OKX says 51511 would take'],
] as const)
  test(`an amendment refused ${how}: how the order stands is asked for and told with the reason`, async (context) => {
    const { amended, answer, orders, told, routes, amends } = await resting(context);
    routes['trade/order'] = () => okay(row());
    const request = await amended(600_100);
    if (how === 'by the answer') answer(request, '51511', 'would take');
    else {
      answer(request);
      orders(row({ reqId: reqId(request), amendResult: '-1', code: '51511', msg: 'would take' }));
    }
    await told(`stands b1 live 0 of 200@600000 (${says})`);
    assert.equal(amends().length, 1);
  });

for (const arrived of [true, false])
  test(`an amendment without an answer that ${arrived ? 'arrived' : 'did not arrive'}: asked about, never sent again`, async (context) => {
    const { time, amended, amends, stands, routes } = await resting(context);
    const sentAt = time.nowMs();
    let asked = 0;
    let lastAskedAt = 0;
    routes['trade/order'] = () => {
      asked++;
      lastAskedAt = time.nowMs();
      if (asked === 1) return { status: 503, body: 'busy' };
      return okay(row(arrived ? { px: '60010' } : {}));
    };
    await amended(600_100);
    await passing(time, 'how the order stands is told', () => stands().length > 0);
    if (arrived) assert.deepEqual(stands(), ['stands b1 live 0 of 200@600100']);
    else {
      assert.deepEqual(stands(), ['stands b1 live 0 of 200@600000 (no answer in 3000 ms)']);
      // a "no" is believed only when it can no longer arrive
      assert.ok(lastAskedAt > sentAt + 5_000);
    }
    assert.equal(amends().length, 1);
  });

test('a connection lost with an amendment on its way: it is asked about', async (context) => {
  const { amended, server, routes, told, amends } = await resting(context);
  routes['trade/order'] = () => okay(row({ px: '60010' }));
  await amended(600_100);
  server.cut('/private');
  await told('stands b1 live 0 of 200@600100');
  assert.equal(amends().length, 1);
});

test('an order that fills while it is amended: its end is the answer', async (context) => {
  const { amended, answer, orders, told, routes, stands, lines } = await resting(context);
  routes['trade/order'] = () => okay(filled());
  const request = await amended(600_100);
  orders(filled());
  answer(request, '51503', 'already filled');
  await told('order b1 filled 200');
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(stands(), []);
  assert.equal(lines.filter((line) => line.startsWith('fill')).length, 1);
});

test('the refusal comes before the fill that caused it: fills first, then the end', async (context) => {
  const { amended, answer, told, routes, stands, lines } = await resting(context);
  routes['trade/order'] = () => okay(filled());
  routes['trade/fills'] = () =>
    okay({
      ...{ instId, ordId: '900', clOrdId: 'b1', tradeId: '77', billId: '1', side: 'buy', fillSz: '2' },
      ...{ fillPx: '60000.1', fee: '-0.6', feeCcy: 'USDT', execType: 'M', fillTime: '1', ts: '1' },
    });
  answer(await amended(600_100), '51503', 'already filled');
  await told('order b1 filled 200');
  assert.match(lines.at(-2)!, /^fill b1 77 buy 200@600001/);
  assert.deepEqual(stands(), []);
});

test('amendments of one order go one after the other, and of those that wait only the newest', async (context) => {
  const { venue, amended, amends, answer, orders, told } = await resting(context);
  const first = await amended(600_100);
  for (const price of [600_200, 600_300, 600_400]) venue.submit(change(price));
  answer(first);
  assert.equal(amends().length, 1);
  orders(row({ px: '60010', reqId: reqId(first), amendResult: '0' }));
  await told('stands b1 live 0 of 200@600100');
  await until('the newest is sent', () => amends().length === 2);
  const second = amends()[1]!;
  assert.equal(second.args[0]!.newPx, '60040');
  orders(row({ px: '60040', reqId: reqId(second), amendResult: '0' }));
  await told('stands b1 live 0 of 200@600400');
});

test('a person who amends an order of ours: how it stands is told', async (context) => {
  const { orders, told } = await resting(context);
  orders(row({ px: '59990', reqId: '', amendResult: '0' }));
  await told('stands b1 live 0 of 200@599900');
});

test('a liquidation is a fill of nobody’s order, and says so', async (context) => {
  const { connect, told, orders } = await world(context);
  await connect();
  orders(filled({ clOrdId: '', category: 'full_liquidation', side: 'sell', reduceOnly: 'true' }));
  await told('fill  77 sell 200@600001 -0.6 liquidation');
});

test('state: cash, positions with their pair, open orders', async (context) => {
  const { venue, connect, routes } = await world(context);
  const position = {
    instId,
    posSide: 'net',
    pos: '-2',
    avgPx: '60000',
    lever: '5',
    cTime: '1795340540123',
    mgnMode: 'cross',
  };
  routes['account/balance'] = () =>
    okay({ totalEq: '', details: [{ ccy: 'USDT', cashBal: '1000.25', eq: '999' }] });
  routes['account/positions'] = () => okay(position, { ...position, instId: 'ETH-USDT-SWAP', pos: '0' });
  routes['trade/orders-pending'] = () =>
    okay(
      row({
        accFillSz: '0.5',
        state: 'partially_filled',
        attachAlgoOrds: [{ attachAlgoClOrdId: 'b1p', tpTriggerPx: '62000', slTriggerPx: '' }],
      }),
    );
  routes['trade/orders-algo-pending'] = ({ query }) =>
    query.get('ordType') === 'oco'
      ? okay(pair({ side: 'buy', tpTriggerPx: '58000', slTriggerPx: '61000', algoClOrdId: 'old' }))
      : okay();
  await connect();
  const state = await venue.state();
  assert.equal(state.balance, parseMoney('1000.25'));
  assert.deepEqual(state.positions, [
    {
      ...{ instrument: 0, size: -200, cost: parseMoney('-1200'), leverage: 5, openedAt: 1795340540123000 },
      protection: { protectionId: 'old', takeProfit: 580000, stopLoss: 610000, size: 200 },
      trip: null,
      stops: null,
    },
  ]);
  assert.deepEqual(state.orders, [
    {
      ...{ clientOrderId: 'b1', venueOrderId: '900', instrument: 0, side: 'buy', size: 200, filled: 50 },
      ...{ reduceOnly: false, takeProfit: 620000, stopLoss: 0 },
    },
  ]);
});

test('fills since a time: oldest first, children named by their protection', async (context) => {
  const { venue, connect, routes, lines } = await world(context);
  const fill = (fields: Row) => ({
    ...{ instId, fillPx: '60000', fillSz: '1', side: 'buy', fee: '-0.3', feeCcy: 'USDT', execType: 'T' },
    ...fields,
  });
  routes['trade/fills'] = () =>
    okay(
      fill({ tradeId: '12', billId: '3', ordId: '901', clOrdId: '', side: 'sell', ts: '1795340530002' }),
      fill({ tradeId: '10', billId: '2', ordId: '900', clOrdId: 'b1', ts: '1795340530001' }),
      fill({ tradeId: '9', billId: '1', ordId: '900', clOrdId: 'b1', ts: '1795340530001' }),
    );
  routes['trade/orders-history'] = () =>
    okay(
      filled({
        ordId: '901',
        clOrdId: '',
        algoId: '500',
        algoClOrdId: 'b1p',
        side: 'sell',
        reduceOnly: 'true',
      }),
    );
  routes['trade/order'] = ({ query }) => (query.get('ordId') === '900' ? okay(filled()) : refusal('51603'));
  routes['trade/order-algo'] = () => okay(pair({ state: 'effective', actualSide: 'tp' }));
  await connect();
  const fills = await venue.fills(ms(1795340530000));
  assert.deepEqual(fills.map(noted), [
    'fill b1 9 buy 100@600000 -0.3 entry',
    'fill b1 10 buy 100@600000 -0.3 entry',
    'fill b1p 12 sell 100@600000 -0.3 takeProfit',
  ]);
  assert.deepEqual(lines, [], 'what is asked is not told');
});

test('funding: asked for by the bills, and told once when OKX says that it was charged', async (context) => {
  const { time, server, venue, connect, routes, lines } = await world(context);
  const bill = (billId: string, ts: number, balChg: string) => ({
    billId,
    type: '8',
    instId,
    balChg,
    ts: String(ts),
  });
  const start = time.nowMs();
  routes['account/bills'] = ({ query }) => {
    assert.equal(query.get('type'), '8');
    return okay(bill('2', start + 5, '-0.25'), bill('1', start - 1000, '0.125'));
  };
  await connect();
  assert.deepEqual((await venue.fundingPayments(ms(start - 1000))).map(noted), [
    'funding 1 0.125',
    'funding 2 -0.25',
  ]);
  for (let repeat = 0; repeat < 2; repeat++)
    server.push('/private', {
      arg: { channel: 'balance_and_position', uid: '1' },
      data: [{ eventType: 'funding_fee', balData: [] }],
    });
  await passing(time, 'told', () => lines.length > 0);
  for (let step = 0; step < 200; step++) {
    time.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(lines, ['funding 2 -0.25']);
});

test('what a liquidation takes beyond its fills: read from the bills when OKX tells of one, each told once', async (context) => {
  const { time, server, venue, connect, routes, lines } = await world(context);
  const start = time.nowMs();
  const bill = (billId: string, ts: number, rest: Record<string, string>) => ({
    ...{
      billId,
      type: '5',
      instId,
      ts: String(ts),
      tradeId: '',
      balChg: '0',
      posBalChg: '0',
      pnl: '0',
      fee: '0',
    },
    ...rest,
  });
  routes['account/bills'] = ({ query }) => {
    assert.equal(query.get('type'), '5');
    return okay(
      // newest first: a transfer to the fund; an isolated position whose margin goes with it; a plain cross fill; one long past
      bill('4', start + 6, { subType: '111', balChg: '-7.5' }),
      bill('3', start + 5, { tradeId: '78', posBalChg: '-40', pnl: '-30.25', fee: '-0.5' }),
      bill('2', start + 5, { tradeId: '77', balChg: '-12.75', pnl: '-12.5', fee: '-0.25' }),
      bill('1', start - 1000, { subType: '110', balChg: '2.125' }),
    );
  };
  await connect();
  assert.deepEqual((await venue.settlements(ms(start - 1000))).map(noted), [
    'settlement 1  2.125',
    'settlement 3 78 -9.25',
    'settlement 4  -7.5',
  ]);
  for (let repeat = 0; repeat < 2; repeat++)
    server.push('/private', {
      arg: { channel: 'balance_and_position', uid: '1' },
      data: [{ eventType: 'liquidation', balData: [] }],
    });
  await passing(time, 'told', () => lines.length > 1);
  for (let step = 0; step < 200; step++) {
    time.advance(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(lines, ['settlement 3 78 -9.25', 'settlement 4  -7.5']);
});

test('the audit finds what no push told', async (context) => {
  const { time, sent, venue, connect, told, answer, routes, lines } = await world(context, {
    auditEveryMs: 30_000,
  });
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  await told('order b1 live 0');
  routes['trade/order'] = () => okay(row({ state: 'canceled', cancelSource: '3' }));
  for (let step = 0; step < 10; step++) {
    time.advance(3_100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await passing(time, 'told', () => lines.includes('order b1 canceled 0 (3 risk)'));
});

test('keys that can withdraw are refused, as are hedge mode with something open and spot accounts', async (context) => {
  const { venue, routes, server } = await world(context);
  let config: Row = {};
  routes['account/config'] = () =>
    okay({ perm: 'read_only,trade', ip: '1.2.3.4', acctLv: '2', posMode: 'net_mode', ...config });
  await venue.checkPermissions();
  const refuses = async (fields: Row, message: RegExp) => {
    config = fields;
    await assert.rejects(venue.checkPermissions(), { name: 'VenueError', action: 'stop', message });
  };
  await refuses({ perm: 'read_only,trade,withdraw' }, /can withdraw/);
  await refuses({ perm: 'read_only' }, /cannot trade/);
  await refuses({ acctLv: '1' }, /futures mode/);
  routes['trade/orders-pending'] = () => okay(row());
  for (let wait = 0; wait < 1; wait++) config = {};
  assert.equal(
    server.calls.some(({ path }) => path === 'account/set-position-mode'),
    false,
  );
});

test('hedge mode: net mode is set where nothing is open, and refused where something is', async (context) => {
  const { venue, routes, server } = await world(context);
  routes['account/config'] = () =>
    okay({ perm: 'read_only,trade', ip: '1.2.3.4', acctLv: '2', posMode: 'long_short_mode' });
  await venue.checkPermissions();
  assert.deepEqual(server.calls.find(({ path }) => path === 'account/set-position-mode')!.body, {
    posMode: 'net_mode',
  });
  routes['trade/orders-pending'] = () => okay(row());
  await assert.rejects(venue.checkPermissions(), /1 orders/);
});

test('a position that is not net is refused with what to do, whatever holds it', async (context) => {
  const { venue, routes } = await world(context);
  const held = { instId, mgnMode: 'cross', posSide: 'net', pos: '1', avgPx: '60000', lever: '5', cTime: '1' };
  routes['account/balance'] = () => okay({ details: [{ ccy: 'USDT', cashBal: '100' }] });
  const refuses = (rows: Row[], message: RegExp) => {
    routes['account/positions'] = () => okay(...rows);
    return assert.rejects(venue.state(), { name: 'VenueError', action: 'stop', message });
  };
  await refuses([{ ...held, posSide: 'long' }], /a long position in hedge mode: close it .* sub-account/);
  await refuses(
    [held, { ...held, mgnMode: 'isolated', margin: '7' }],
    /a cross and an isolated position at once/,
  );
  // an isolated one alone is ours to carry, and its margin is ours
  routes['account/positions'] = () => okay({ ...held, mgnMode: 'isolated', margin: '7' });
  assert.equal(formatMoney((await venue.state()).balance), '107');
});

test('an account put in hedge mode under way takes no entries, says why, and goes on when it is put back', async (context) => {
  const live: string[] = [];
  const { venue, routes, connect, lines, sent, answer, time } = await world(context, {
    auditEveryMs: 30_000,
    onLive: (isLive, reason) => live.push(`${isLive} ${reason}`),
  });
  const told = (pattern: RegExp) => until(`${pattern}`, () => lines.some((line) => pattern.test(line)));
  const audited = async (count: number): Promise<void> => {
    time.advance(30_001);
    await passing(time, `live or not for the ${count}th time: ${live}`, () => live.length === count);
  };
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!, '51000', 'Parameter posSide  error');
  await told(/^order b1 rejected 0 \(51000 Parameter posSide {2}error: the account is in hedge mode/);
  venue.submit(order({ clientOrderId: 'b2' }));
  await told(/^order b2 rejected 0 \(not sent: the account is in hedge mode .* sub-account\)/);
  assert.equal(sent().length, 1);
  await audited(3);
  // and found by the audit alone, before any order is refused for it
  routes['account/config'] = () => okay({ posMode: 'long_short_mode' });
  await audited(4);
  assert.deepEqual(live, [
    'true connected',
    `false ${HEDGED}`,
    'true the account is in net mode again',
    `false ${HEDGED}`,
  ]);
});

test('a client id is never sent twice', async (context) => {
  const { sent, venue, connect, told, answer, logs } = await world(context);
  await connect();
  venue.submit(order());
  await until('sent', () => sent().length === 1);
  answer(sent()[0]!);
  await told('order b1 live 0');
  venue.submit(order());
  await told('order b1 live 0 (client order id used before)');
  assert.equal(sent().length, 1);
  assert.ok(logs.some((line) => line.startsWith('error an order with a used client id')));
});
