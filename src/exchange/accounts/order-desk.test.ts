import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { applyRate, moneyToNumber, parseMoney } from '../../core/instrument.ts';
import { lots, money, ticks } from '../../core/units.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import * as stand from '../testing/stand.ts';
import { accepted, codeOf, openAccount, openExchange } from '../testing/stand.ts';
import type { Account } from './account.ts';
import { marginOf } from './margin.ts';
import { attachment, type Order } from './order.ts';
import type { Amendment, Placement } from './order-desk.ts';

let exchange: Exchange;
let account: Account;
let market: Market;
let bid: number;
let ask: number;

beforeEach(() => {
  [exchange, account] = openExchange(5, { USDT: '100000', BTC: '2' });
  market = exchange.markets[0]!;
  bid = market.book.best(BID);
  ask = market.book.best(ASK);
});

const send = (change: Partial<Placement>, from = account): ReturnType<typeof stand.send> =>
  stand.send(exchange, from, { market, type: 'limit', size: 100, price: bid - 1000, ...change });
const place = (change: Partial<Placement>, from = account): Order => accepted(send(change, from));
const refused = (change: Partial<Placement>): string => codeOf(send(change));

function amend(order: Order, change: Partial<Amendment>): string {
  const result = exchange.orders.amend(account, order, {
    size: 0,
    price: 0,
    requestId: '',
    cancelOnFail: false,
    ...change,
  });
  exchange.followUp();
  return codeOf(result);
}

const state = (order: Order): string[] => [order.state, order.cancelSource];

test('sizes and prices beyond their limits are refused in the codes of OKX', () => {
  const { instrument } = market;
  assert.equal(refused({ size: 0 }), '51020');
  assert.equal(refused({ size: instrument.limitSizeMax + 1 }), '51101');
  assert.equal(refused({ type: 'market', size: instrument.marketSizeMax + 1 }), '51202');
  // more than twenty million dollars in one order
  assert.equal(refused({ size: 4_000_000 }), '51185');
  assert.equal(refused({ price: market.buyLimit + 1 }), '51006');
  assert.equal(refused({ side: 'sell', price: market.sellLimit - 1 }), '51006');
  assert.equal(refused({ type: 'fok', selfTrade: 'cancel_both' }), '54036');
  assert.equal(refused({ positionSide: 'long' }), '51000');
  assert.equal(refused({ size: 900_000 }), '51008');
});

test('a price beyond the limit is moved to it when the order says so', () => {
  const order = place({
    side: 'sell',
    price: market.sellLimit - 500,
    size: 10,
    amendPrice: true,
    type: 'ioc',
  });
  assert.equal(order.price, market.sellLimit);
  const resting = place({});
  assert.equal(amend(resting, { price: market.buyLimit + 500 }), '51006');
  assert.equal(amend(resting, { price: market.buyLimit + 500, amendPrice: true }), '0');
  assert.equal(resting.price, market.buyLimit);
});

test('a client id is unique among pending orders of the account, and free again afterwards', () => {
  const order = place({ clientId: 'mine' });
  assert.equal(refused({ clientId: 'mine' }), '51016');
  assert.equal(refused({ clientId: 'mine', market: exchange.markets[1]! }), '51016');
  exchange.orders.cancel(account, order, '1');
  assert.equal(refused({ clientId: 'mine' }), '0');
});

test('at most five hundred pending orders of one instrument', () => {
  for (let i = 0; i < 500; i++) place({ size: 1 });
  assert.equal(refused({ size: 1 }), '51102');
  assert.equal(
    refused({ market: exchange.markets[1]!, size: 1, price: exchange.markets[1]!.buyLimit - 900 }),
    '0',
  );
});

test('at most four thousand pending orders of an account', () => {
  const order = place({});
  // on instruments that are not listed here: eight of five hundred would be needed
  for (let i = 1; i < 4000; i++) account.orders.set(-i, { ...order, instId: `${i % 8}-USDT-SWAP` });
  assert.equal(refused({}), '51174');
  account.orders.delete(-1);
  assert.equal(refused({}), '0');
});

test('fill or kill, immediate or cancel, post-only, market: each ends as OKX says', () => {
  assert.deepEqual(state(place({ type: 'fok', price: bid - 10 })), ['canceled', '13']);
  assert.deepEqual(state(place({ type: 'ioc', price: bid - 10 })), ['canceled', '14']);
  assert.deepEqual(state(place({ type: 'post_only', price: ask + 10 })), ['canceled', '31']);
  assert.deepEqual(state(place({ type: 'fok', price: ask + 10, size: 5 })), ['filled', '']);
  assert.deepEqual(state(place({ type: 'ioc', price: ask + 10, size: 5 })), ['filled', '']);
  assert.deepEqual(state(place({ type: 'market', size: 5 })), ['filled', '']);
  assert.deepEqual(state(place({ type: 'optimal_limit_ioc', size: 5 })), ['filled', '']);
  assert.deepEqual(state(place({ type: 'post_only' })), ['live', '']);
});

for (const [mode, maker, taker] of [
  ['cancel_maker', 'canceled', 'live'],
  ['cancel_taker', 'live', 'canceled'],
  ['cancel_both', 'canceled', 'canceled'],
] as const)
  test(`who meets himself: ${mode}`, () => {
    const price = bid + Math.floor((ask - bid) / 2);
    market.makeWay(ASK, bid - 50);
    market.makeWay(BID, ask + 50);
    const resting = place({ price });
    const arriving = place({ side: 'sell', price, selfTrade: mode });
    assert.equal(resting.state, maker);
    assert.equal(arriving.state, taker);
    for (const order of [resting, arriving])
      if (order.state === 'canceled') assert.equal(order.cancelSource, '32');
    assert.equal(account.fills.items.length, 0);
  });

test('reduce-only: never more than the position, counting only those that would trade before it', () => {
  assert.equal(refused({ side: 'sell', reduceOnly: true, price: ask + 100 }), '51169');
  place({ type: 'market', size: 300 });
  assert.equal(refused({ side: 'buy', reduceOnly: true }), '51170');
  assert.equal(refused({ side: 'sell', reduceOnly: true, price: ask + 500, size: 301 }), '51112');
  const far = place({ side: 'sell', reduceOnly: true, price: ask + 500, size: 200 });
  assert.equal(refused({ side: 'sell', reduceOnly: true, price: ask + 600, size: 101 }), '51112');
  const behind = { side: 'sell', reduceOnly: true, price: ask + 500, size: 101 } as const;
  assert.equal(refused(behind), '51112', 'at one price the first comes first');
  const near = place({ side: 'sell', reduceOnly: true, price: ask + 400, size: 90 });
  assert.equal(far.state, 'live');
  // one that comes before both pushes out what no longer has anything to reduce
  const first = place({ side: 'sell', reduceOnly: true, price: ask + 300, size: 150 });
  assert.deepEqual([state(far), near.state, first.state], [['canceled', '22'], 'live', 'live']);
  assert.equal(amend(first, { size: 301 }), '51171');
  assert.equal(refused({ side: 'sell', reduceOnly: true, price: market.sellLimit - 10 }), '51136');
  // the position shrinks otherwise: who trades last goes
  place({ side: 'sell', type: 'market', size: 100 });
  assert.deepEqual([first.state, state(near)], ['live', ['canceled', '2']]);
});

test('a sweep through a plain and a reduce-only order closes the position and opens no other', () => {
  place({ type: 'market', size: 100 });
  market.makeWay(BID, ask + 4000);
  const plain = place({ side: 'sell', price: ask + 100, size: 100 });
  const reducing = place({ side: 'sell', price: ask + 200, size: 100, reduceOnly: true });
  const other = exchange.open('2', { apiKey: 'o', secret: 's', passphrase: 'p' });
  other.credit('USDT', parseMoney('100000'));
  place({ type: 'ioc', price: ask + 300, size: 200 }, other);
  assert.deepEqual([plain.state, state(reducing)], ['filled', ['canceled', '2']]);
  assert.equal(account.holding(market).size, 0);
});

test('an order is amended: smaller keeps its place, post-only never takes, filled or less ends it', () => {
  const order = place({ type: 'post_only', price: bid, size: 20_000 });
  const slot = order.slot;
  assert.equal(amend(order, { size: 15_000 }), '0');
  assert.equal(order.slot, slot);
  assert.equal(amend(order, { price: ask + 5 }), '51511');
  assert.equal(amend(order, { size: 900_000 }), '51502');
  assert.equal(order.state, 'live');
  // alone at the best price, it meets somebody who wants a part
  market.makeWay(ASK, bid - 50);
  const other = exchange.open('2', { apiKey: 'o', secret: 's', passphrase: 'p' });
  other.credit('USDT', parseMoney('100000'));
  place({ side: 'sell', type: 'ioc', price: bid, size: 300 }, other);
  assert.deepEqual([order.filled, ...state(order)], [300, 'partially_filled', '']);
  assert.equal(amend(order, { size: order.filled }), '0');
  assert.deepEqual(state(order), ['filled', '']);
});

test('an amendment that fails takes the order away when it says so', () => {
  const order = place({});
  assert.equal(amend(order, { size: 900_000, cancelOnFail: true }), '51502');
  assert.deepEqual(state(order), ['canceled', '1']);
});

test('take profit and stop loss on the wrong side, or badly split, are refused in the codes of OKX', () => {
  const at = (price: number): { at: number; watches: 'last'; price: number } => ({
    at: price,
    watches: 'last',
    price: 0,
  });
  const price = bid - 1000;
  const code = (change: Partial<Placement>, ...attachments: Placement['attachments']): string =>
    refused({ price, ...change, attachments });
  assert.equal(code({}, attachment('', at(price), null)), '51046');
  assert.equal(code({}, attachment('', null, at(price))), '51047');
  const sell = { side: 'sell', price: ask + 1000 } as const;
  assert.equal(code(sell, attachment('', at(ask + 1000), null)), '51048');
  assert.equal(code(sell, attachment('', null, at(ask + 1000))), '51049');
  const take = { type: 'market' } as const;
  assert.equal(code(take, attachment('', at(ask), null)), '51050');
  assert.equal(code(take, attachment('', null, at(ask))), '51051');
  assert.equal(code({ ...take, side: 'sell' }, attachment('', at(bid), null)), '51052');
  assert.equal(code({ ...take, side: 'sell' }, attachment('', null, at(bid))), '51053');
  const part = (size: number, ticksAbove: number): Placement['attachments'][number] => ({
    ...attachment('', at(price + ticksAbove), null),
    size,
  });
  assert.equal(code({}, part(50, 100), part(49, 200)), '51083');
  assert.equal(code({}, part(50, 100), part(50, 100)), '51081');
  assert.equal(code({}, part(0, 100), part(50, 200)), '51089');
  assert.equal(code({}, part(50, 100), { ...part(50, 200), limitTakeProfit: true }), '51091');
  const stop = attachment('', null, at(price - 100));
  assert.equal(code({}, part(50, 100), part(50, 200), stop, stop), '51084');
  assert.equal(code({}, part(100, 100), { ...stop, stopToCost: true }), '51085');
  assert.equal(code({}, part(50, 100), part(50, 200), stop), '0');
});

test('hedge mode: long and short side by side, closing orders reduce and never turn a position round', () => {
  assert.ok(exchange.settings.setPositionMode(account, 'long_short_mode').ok);
  assert.equal(refused({}), '51000');
  place({ type: 'market', size: 300, positionSide: 'long' });
  place({ type: 'market', side: 'sell', size: 200, positionSide: 'short' });
  const [long, short] = [account.holding(market, 'cross', 'long'), account.holding(market, 'cross', 'short')];
  assert.deepEqual([long.size, short.size], [300, -200]);
  assert.equal(refused({ type: 'market', side: 'sell', size: 301, positionSide: 'long' }), '51112');
  const exit = place({ side: 'sell', price: ask + 900, size: 300, positionSide: 'long' });
  assert.equal(exit.reduceOnly, true);
  place({ type: 'market', side: 'sell', size: 100, positionSide: 'long' });
  assert.deepEqual([long.size, state(exit)], [200, ['canceled', '22']]);
  place({ type: 'market', side: 'buy', size: 200, positionSide: 'short' });
  assert.deepEqual([long.size, short.size], [200, 0]);
});

test('isolated margin: value over leverage leaves the balance, comes back with the result', () => {
  const holding = account.holding(market, 'isolated');
  holding.leverage = 20;
  const before = account.balance('USDT');
  const entry = place({ type: 'market', size: 1000, mode: 'isolated' });
  assert.equal(holding.margin, entry.value / 20n);
  assert.equal(account.balance('USDT'), before - holding.margin + entry.fee);
  const margin = holding.margin;
  const part = place({ type: 'market', side: 'sell', size: 400, mode: 'isolated', reduceOnly: true });
  assert.equal(holding.margin, margin - (margin * 400n) / 1000n);
  const rest = place({ type: 'market', side: 'sell', size: 600, mode: 'isolated', reduceOnly: true });
  assert.equal(holding.margin, 0n);
  const result = entry.fee + part.fee + rest.fee + part.pnl + rest.pnl;
  assert.equal(account.balance('USDT'), before + result);
  const past = account.pastPositions.items.at(-1)!;
  assert.deepEqual([past.type, past.largest, past.closedSize, past.mode], ['2', 1000, 1000, 'isolated']);
  assert.equal(parseMoney(past.realized), result);
});

test('an order needs its margin and the fee of taking it', () => {
  const price = bid - 1000;
  const value = market.instrument.value(lots(100), ticks(price));
  const [margin, fee] = [value / 3n, applyRate(value, '0.0005')];
  for (const [cash, code] of [
    [margin + fee - 1n, '51008'],
    [margin + fee, '0'],
  ] as const) {
    const other = openAccount(exchange);
    other.credit('USDT', money(cash));
    assert.equal(codeOf(send({ price }, other)), code);
  }
});

test('a profit that is not yet realised carries a cross order, but becomes no isolated margin', () => {
  const other = openAccount(exchange, { USDT: '1000' });
  for (const mode of ['cross', 'isolated'] as const) other.holding(market, mode).leverage = 10;
  place({ type: 'market', size: 500 }, other);
  market.mark = Math.round(market.mark * 1.5);
  const { available, availableCash } = marginOf(other, 'USDT');
  assert.ok(moneyToNumber(available) > 1900 && moneyToNumber(availableCash) < 1000);
  // about 1,500 USDT of margin
  const order = { size: 2500, price: bid - 1000 } as const;
  assert.equal(codeOf(send({ ...order, mode: 'isolated' }, other)), '51008');
  assert.equal(codeOf(send({ ...order, mode: 'cross' }, other)), '0');
});

test('a reduce-only order binds no margin, beside others of its side neither', () => {
  place({ type: 'market', size: 300 });
  place({ side: 'sell', price: ask + 900, size: 1000 });
  const before = marginOf(account, 'USDT');
  assert.ok(before.frozen > 0n, 'seven hundred of them would open a short position');
  place({ side: 'sell', price: ask + 800, size: 300, reduceOnly: true });
  assert.deepEqual(marginOf(account, 'USDT'), before);
});

test('cross and isolated positions of one instrument do not touch each other', () => {
  place({ type: 'market', size: 500 });
  place({ type: 'market', side: 'sell', size: 300, mode: 'isolated' });
  assert.deepEqual([account.holding(market).size, account.holding(market, 'isolated').size], [500, -300]);
  assert.equal(
    refused({ side: 'sell', type: 'market', size: 300, mode: 'isolated', reduceOnly: true }),
    '51170',
  );
});

for (const at of [0, 2])
  for (const mode of ['cross', 'isolated'] as const)
    test(`the margin of an order is its value over leverage: ${mode}, instrument ${at}`, () => {
      const one = exchange.markets[at]!;
      const { instrument } = one;
      account.holding(one, mode).leverage = 4;
      const before = marginOf(account, instrument.settleCurrency);
      const price = one.book.best(BID) - 1000;
      place({ market: one, size: 120, price, mode });
      const after = marginOf(account, instrument.settleCurrency);
      const value = instrument.value(lots(120), ticks(price));
      assert.ok(Math.abs(moneyToNumber(value) / 4 - moneyToNumber(after.frozen)) < 1e-12);
      assert.equal(before.available - after.available, after.frozen);
    });
