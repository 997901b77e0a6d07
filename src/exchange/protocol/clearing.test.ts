import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { moneyToNumber, parseMoney } from '../../core/instrument.ts';
import { NO_MONEY } from '../../core/units.ts';
import { FUNDING_INTERVAL_MS } from '../market/funding.ts';
import { type ExchangeHandle, localCredentials, startExchange } from '../server.ts';
import { type Json, RestClient, SocketClient } from '../testing/wire-client.ts';

/** Funding and liquidation as clients see them: linear and inverse contracts, cross and isolated margin. */

const SEED = 24;
const LINEAR = 'BTC-USDT-SWAP';
const INVERSE = 'BTC-USD-SWAP';

/** One user: a key and a socket that hears everything. */
interface User {
  readonly rest: RestClient;
  readonly socket: SocketClient;
}

let exchange: ExchangeHandle;
let user: User;

/** Gives each account of the exchange a user. */
async function welcome(handle: ExchangeHandle): Promise<User[]> {
  const welcomed: User[] = [];
  for (let number = 1; number <= handle.exchange.accounts.length; number++) {
    const access = { rest: handle.rest, ...localCredentials(SEED, number) };
    const socket = await SocketClient.connect(handle.wsAll);
    assert.equal((await socket.login(access)).event, 'login');
    await socket.subscribe(
      { channel: 'orders', instType: 'SWAP' },
      { channel: 'orders-algo', instType: 'SWAP' },
      { channel: 'positions', instType: 'SWAP' },
      { channel: 'balance_and_position' },
    );
    welcomed.push({ rest: new RestClient(access), socket });
  }
  return welcomed;
}

before(async () => {
  exchange = await startExchange({
    port: 0,
    seed: SEED,
    rateLimits: false,
    accounts: [{ cash: { USDT: '5000', BTC: '1' } }],
  });
  [user] = (await welcome(exchange)) as [User];
});

after(async () => {
  user.socket.close();
  await exchange.close();
});

async function post({ rest }: User, path: string, body: unknown): Promise<Json> {
  const { code, msg, data } = await rest.post(path, body);
  assert.equal(code, '0', `${path}: ${msg} ${JSON.stringify(data)}`);
  return data[0]!;
}

const rows = async ({ rest }: User, path: string): Promise<Json[]> => (await rest.get(path)).data;

async function cash(user: User, ccy: string): Promise<number> {
  const [{ details }] = (await rows(user, `account/balance?ccy=${ccy}`)) as [{ details: Json[] }];
  return Number(details[0]!.cashBal);
}

const near = (value: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(value - expected) < tolerance, `${value} against ${expected}`);

/** What OKX's documents say a position is worth at a price: its value, and its profit there. */
function worth(instId: string, contracts: number, price: number): number {
  return instId === LINEAR ? contracts * 0.01 * price : (contracts * 100) / price;
}
function profit(instId: string, contracts: number, entry: number, exit: number): number {
  const gain = worth(instId, contracts, exit) - worth(instId, contracts, entry);
  return instId === LINEAR ? gain : -gain;
}

for (const [instId, mgnMode, side] of [
  [LINEAR, 'cross', 'buy'],
  [LINEAR, 'isolated', 'sell'],
  [INVERSE, 'cross', 'sell'],
  [INVERSE, 'isolated', 'buy'],
] as const)
  test(`${instId} ${mgnMode} ${side}: figures of the position, funding, and the way back, as the formulas have them`, async () => {
    const ccy = instId === LINEAR ? 'USDT' : 'BTC';
    const sign = side === 'buy' ? 1 : -1;
    const before = await cash(user, ccy);
    await post(user, 'account/set-leverage', { instId, mgnMode, lever: '10' });
    const order = { instId, tdMode: mgnMode, side, ordType: 'market', sz: '5', clOrdId: 'in1', tag: 'me' };
    const { ordId } = await post(user, 'trade/order', order);
    const [position] = (await rows(user, `account/positions?instId=${instId}`)) as [Json];
    const pos = Number(position.pos);
    const entry = Number(position.avgPx);
    const mark = Number(position.markPx);
    assert.equal(pos, 5 * sign);
    near(Number(position.upl), profit(instId, pos, entry, mark));
    const margin = worth(instId, 5, mgnMode === 'cross' ? mark : entry) / 10;
    near(Number(mgnMode === 'cross' ? position.imr : position.margin), margin);
    assert.equal(mgnMode === 'cross' ? position.margin : position.imr, '');
    // maintenance is without the fee of closing, the ratio counts both
    near(Number(position.mmr), 0.004 * worth(instId, 5, mark));
    const carried = (mgnMode === 'cross' ? await cash(user, ccy) : margin) + Number(position.upl);
    near(Number(position.mgnRatio) / (carried / (0.0045 * worth(instId, 5, mark))), 1, 1e-6);
    // whoever leaves at the break-even price has what he came with
    const even = Number(position.bePx);
    const fees = Number(position.fee) - 0.0005 * worth(instId, 5, even);
    near(profit(instId, pos, entry, even) + fees, 0, instId === LINEAR ? 1e-5 : 1e-9);
    const [trade] = await rows(user, `account/bills?type=2&instId=${instId}`);
    assert.deepEqual(
      [trade!.ordId, trade!.clOrdId, trade!.tag, trade!.subType, trade!.mgnMode],
      [ordId, 'in1', 'me', side === 'buy' ? '1' : '2', mgnMode],
    );
    const [row] = await rows(user, `trade/order?instId=${instId}&ordId=${ordId}`);
    assert.equal(row!.feeCcy, ccy);
    near(Number(row!.fee), -0.0005 * worth(instId, 5, entry));
    const pushed = user.socket.rows('orders').find((push) => push.ordId === ordId);
    assert.equal(pushed!.avgPx, '0');
    if (instId === INVERSE) assert.equal(pushed!.notionalUsd, '500');

    // the hour is brought forward
    const market = exchange.exchange.market(instId)!;
    const due = Math.ceil(market.now / 100) * 100 + 200;
    const heard = user.socket.messages.length;
    market.funding.nextAt = due;
    const strike = await user.socket.until(
      ({ arg, data }) =>
        (arg as Json | undefined)?.channel === 'balance_and_position' &&
        (data as Json[])[0]!.eventType === 'funding_fee',
      heard,
    );
    const [funding] = (await rows(user, 'account/bills?type=8')) as [Json];
    const [past] = (await user.rest.open(`public/funding-rate-history?instId=${instId}&limit=1`)).data;
    const [next] = (await user.rest.open(`public/funding-rate?instId=${instId}`)).data;
    assert.equal(past!.fundingTime, String(due));
    assert.equal(next!.fundingTime, String(due + FUNDING_INTERVAL_MS));
    const paid = -sign * worth(instId, 5, Number(funding.px)) * Number(past!.realizedRate);
    near(Number(funding.pnl), paid, 1e-12);
    assert.deepEqual(
      [funding.ts, funding.subType, funding.sz, funding.ccy, funding.ordId, funding.fillTime],
      [String(due), paid < 0 ? '173' : '174', '5', ccy, '', ''],
    );
    const shown = (strike.data as Json[])[0] as { balData: Json[]; posData: Json[] };
    assert.deepEqual([shown.balData[0]!.ccy, shown.posData[0]!.instId], [ccy, instId]);
    assert.equal(Number(shown.balData[0]!.cashBal), await cash(user, ccy));
    const [held] = (await rows(user, `account/positions?instId=${instId}`)) as [Json];
    assert.equal(held.fundingFee, funding.pnl);
    // out of the margin of an isolated position, out of the balance otherwise
    assert.equal(mgnMode === 'isolated' ? funding.posBalChg : funding.balChg, funding.pnl);
    assert.equal(mgnMode === 'isolated' ? funding.balChg : funding.posBalChg, '0');
    if (mgnMode === 'isolated') near(Number(held.margin), margin + paid);

    await post(user, 'trade/close-position', { instId, mgnMode });
    const [closed] = (await rows(user, 'account/positions-history')) as [Json];
    const { realizedPnl, pnl, fee, fundingFee, liqPenalty } = closed;
    near(Number(realizedPnl), Number(pnl) + Number(fee) + Number(fundingFee) + Number(liqPenalty), 1e-12);
    near(Number(pnl), profit(instId, pos, Number(closed.openAvgPx), Number(closed.closeAvgPx)));
    near((await cash(user, ccy)) - before, Number(realizedPnl), 1e-12);
  });

test('bills are asked for by instrument type, margin mode, type and currency', async () => {
  assert.deepEqual(await rows(user, 'account/bills?instType=FUTURES'), []);
  for (const [name, value] of [
    ['mgnMode', 'isolated'],
    ['mgnMode', 'cross'],
    ['type', '8'],
    ['ccy', 'BTC'],
    ['instType', 'SWAP'],
  ] as const) {
    const found = await rows(user, `account/bills?${name}=${value}`);
    assert.ok(found.length >= 2 && found.every((bill) => bill[name] === value), `${name} ${value}`);
  }
});

test('what orders of both modes bind is frozen: frozen and available are the equity', async () => {
  const { last } = (await user.rest.open(`market/ticker?instId=${LINEAR}`)).data[0]!;
  const px = String(Math.round(Number(last) * 0.993));
  for (const tdMode of ['cross', 'isolated'])
    await post(user, 'trade/order', { instId: LINEAR, tdMode, side: 'buy', ordType: 'limit', px, sz: '3' });
  const [{ details }] = (await rows(user, 'account/balance?ccy=USDT')) as [{ details: Json[] }];
  const { eq, availEq, frozenBal, ordFrozen } = details[0]!;
  near(Number(frozenBal), 2 * (worth(LINEAR, 3, Number(px)) / 10));
  near(Number(ordFrozen), Number(frozenBal));
  near(Number(eq), Number(availEq) + Number(frozenBal));
  for (const { ordId } of await rows(user, 'trade/orders-pending'))
    await post(user, 'trade/cancel-order', { instId: LINEAR, ordId });
});

test('liquidation: told on orders, positions, algos and bills; the user loses what stood behind the position and no more', async (t) => {
  const cases = [
    { instId: LINEAR, mgnMode: 'cross', ccy: 'USDT', deposit: '720' },
    { instId: LINEAR, mgnMode: 'isolated', ccy: 'USDT', deposit: '720' },
    { instId: INVERSE, mgnMode: 'cross', ccy: 'BTC', deposit: '0.011' },
    { instId: INVERSE, mgnMode: 'isolated', ccy: 'BTC', deposit: '0.011' },
  ] as const;
  const crash = await startExchange({
    port: 0,
    seed: SEED,
    rateLimits: false,
    accounts: cases.map(({ ccy, deposit }) => ({ cash: { [ccy]: deposit } })),
  });
  const losers = await welcome(crash);
  t.after(async () => {
    for (const { socket } of losers) socket.close();
    await crash.close();
  });
  const { clearing, accounts } = crash.exchange;
  const sums = clearing.invariant(accounts);

  const entered: { size: number; left: number }[] = [];
  for (const [at, { instId, mgnMode, ccy }] of cases.entries()) {
    const loser = losers[at]!;
    await post(loser, 'account/set-leverage', { instId, mgnMode, lever: '100' });
    const [most] = (await rows(loser, `account/max-size?instId=${instId}&tdMode=${mgnMode}`)) as [Json];
    const size = Math.floor(Number(most.maxBuy) * 0.9);
    const last = Number((await loser.rest.open(`market/ticker?instId=${instId}`)).data[0]!.last);
    const order = { instId, tdMode: mgnMode, side: 'buy', ordType: 'market', sz: String(size) };
    const guard = { attachAlgoClOrdId: 'guard', slTriggerPx: String(Math.round(last * 0.7)), slOrdPx: '-1' };
    await post(loser, 'trade/order', { ...order, attachAlgoOrds: [guard] });
    const px = String(Math.round(last * 1.008));
    const wish = { instId, tdMode: mgnMode, side: 'sell', ordType: 'limit', px, sz: '1', clOrdId: 'wish' };
    await post(loser, 'trade/order', { ...wish, reduceOnly: true });
    entered.push({ size, left: await cash(loser, ccy) });
  }
  // from now on the mark says what the market does not know yet
  for (const market of crash.exchange.markets) {
    const mark = Math.round(market.mark * 0.985);
    Object.defineProperty(market, 'mark', { get: () => mark, set: () => undefined });
  }
  const flat = ({ socket }: User): true | undefined =>
    socket.rows('positions').at(-1)?.pos === '0' ? true : undefined;
  await Promise.all(losers.map((loser) => loser.socket.eventually(() => flat(loser), 30_000)));

  for (const [at, { instId, mgnMode, ccy, deposit }] of cases.entries()) {
    const loser = losers[at]!;
    const { size, left } = entered[at]!;
    const orders = loser.socket.rows('orders');
    const wish = orders.filter(({ clOrdId }) => clOrdId === 'wish');
    assert.deepEqual(
      wish.map(({ state, cancelSource }) => [state, cancelSource]),
      [
        ['live', ''],
        ['canceled', '3'],
      ],
    );
    const forced = orders.filter(({ category }) => category === 'full_liquidation');
    const last = forced.at(-1)!;
    assert.equal(forced[0]!.state, 'live');
    assert.deepEqual(
      [last.side, last.ordType, last.reduceOnly, last.tdMode],
      ['sell', 'market', 'true', mgnMode],
    );
    assert.equal(loser.socket.rows('orders-algo').at(-1)!.state, 'canceled');
    const events = loser.socket.rows('balance_and_position').map(({ eventType }) => eventType);
    assert.ok(events.includes('liquidation'));

    const fills = (await rows(loser, 'trade/fills')).filter(({ subType }) => subType === '107');
    near(
      fills.reduce((sum, { fillSz }) => sum + Number(fillSz), 0),
      size,
    );
    const bills = await rows(loser, 'account/bills?type=5');
    assert.deepEqual(
      bills.filter(({ subType }) => subType === '107').map(({ billId }) => billId),
      fills.map(({ billId }) => billId),
    );
    const [closed] = (await rows(loser, 'account/positions-history')) as [Json];
    assert.deepEqual([closed.type, closed.mgnMode, closed.direction], ['3', mgnMode, 'long']);
    assert.ok(Number(closed.triggerPx) < Number(closed.openAvgPx));
    const { realizedPnl, pnl, fee, fundingFee, liqPenalty } = closed;
    near(Number(realizedPnl), Number(pnl) + Number(fee) + Number(fundingFee) + Number(liqPenalty), 1e-12);
    const rest = await cash(loser, ccy);
    near(rest - Number(deposit), Number(realizedPnl), 1e-9);
    if (mgnMode === 'isolated') near(rest, left, 1e-12);
    else assert.equal(rest, 0);
    assert.deepEqual(await rows(loser, 'account/positions'), []);
    assert.deepEqual(await rows(loser, 'trade/orders-pending'), []);
    const fund = clearing.insurance.get(ccy) ?? 0n;
    assert.ok(fund !== 0n, 'what the market paid beyond is the fund’s');
    const family = instId.replace('-SWAP', '');
    const [told] = (await rows(loser, `public/insurance-fund?instType=SWAP&instFamily=${family}`)) as [Json];
    const [detail] = told.details as [Json];
    assert.deepEqual([told.instFamily, detail.ccy, detail.type], [family, ccy, 'regular_update']);
    assert.equal(parseMoney(String(detail.balance)), fund);
    const of = (currency: string): number => moneyToNumber(clearing.insurance.get(currency) ?? NO_MONEY);
    const [{ idxPx }] = (await rows(loser, 'market/index-tickers?instId=BTC-USDT')) as [Json];
    const dollars = of('USDT') + of('BTC') * Number(idxPx);
    near(Number(told.total) / dollars, 1, 0.01);
  }
  assert.deepEqual(clearing.invariant(accounts), sums);
});
