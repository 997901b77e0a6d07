import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import type { Account } from '../accounts/account.ts';
import { type Attachment, attachment, type Order } from '../accounts/order.ts';
import type { Placement } from '../accounts/order-desk.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import * as stand from '../testing/stand.ts';
import { accepted, openExchange } from '../testing/stand.ts';
import type { Algo } from './algo.ts';
import type { AlgoPlacement } from './algo-desk.ts';

let exchange: Exchange;
let account: Account;
let market: Market;
let middle: number;

beforeEach(() => {
  [exchange, account] = openExchange(17, { USDT: '1000000' });
  market = exchange.markets[0]!;
  middle = Math.round(market.middle);
});

const place = (change: Partial<Placement>): Order =>
  stand.place(exchange, account, { market, size: 600, ...change });

function algo(change: Partial<AlgoPlacement>): ReturnType<Exchange['algos']['place']> {
  return exchange.algos.place(account, {
    market,
    type: 'conditional',
    side: 'sell',
    mode: 'cross',
    positionSide: 'net',
    size: 600,
    takeProfit: null,
    stopLoss: null,
    trigger: null,
    trailing: null,
    attachments: [],
    reduceOnly: true,
    cancelOnClose: false,
    clientId: '',
    tag: '',
    ...change,
  });
}

const placed = (change: Partial<AlgoPlacement>): Algo => accepted(algo(change));

/** The last price is there now. */
function touch(price: number): void {
  market.last = market.highest = market.lowest = price;
  exchange.algos.watch(account, market);
  market.clearExtremes();
  exchange.followUp();
}

const last = (at: number, price = 0): { at: number; watches: 'last'; price: number } => ({
  at,
  watches: 'last',
  price,
});

test('a trailing stop follows the best price and fires when it has come back by its ratio', () => {
  place({});
  const stop = placed({ type: 'move_order_stop', trailing: { ratio: '0.01', spread: 0, activeAt: 0 } });
  touch(middle * 1.03);
  assert.equal(stop.trailing!.extreme, middle * 1.03);
  touch(Math.round(middle * 1.03 * 0.991));
  assert.equal(stop.state, 'live');
  touch(Math.floor(middle * 1.03 * 0.989));
  assert.equal(stop.state, 'effective');
  assert.equal(account.holding(market).size, 0);
  assert.equal(account.pastOrders.items.at(-1)!.source, '25');
});

test('a trailing stop with an activation price sleeps until it is reached', () => {
  place({});
  const activeAt = middle + 500;
  const stop = placed({ type: 'move_order_stop', trailing: { ratio: '', spread: 100, activeAt } });
  touch(middle - 5000);
  assert.equal(stop.trailing!.extreme, 0);
  touch(activeAt);
  assert.ok(stop.trailing!.extreme > 0);
  const extreme = stop.trailing!.extreme;
  touch(extreme - 100);
  assert.equal(stop.state, 'effective');
});

test('take profits that split an entry each close their part, and the stop moves to the cost with the first', () => {
  const entry = place({
    attachments: [
      { ...attachment('one', last(middle + 1000), null), size: 200 },
      { ...attachment('two', last(middle + 2000), null), size: 400 },
      { ...attachment('stop', null, last(middle - 1000)), stopToCost: true },
    ],
  });
  const sizes = (): Record<string, number> =>
    Object.fromEntries([...account.algos.values()].map(({ clientId, size }) => [clientId, size]));
  assert.deepEqual(sizes(), { one: 200, two: 400, stop: 600 });
  touch(middle + 1000);
  assert.equal(account.holding(market).size, 400);
  const stop = [...account.algos.values()].find(({ clientId }) => clientId === 'stop')!;
  const cost = Number(entry.value) / 1e18 / (600 * 0.0001) / 0.1;
  assert.ok(Math.abs(stop.stopLoss!.at - cost) <= 1, `${stop.stopLoss!.at} against ${cost}`);
  touch(stop.stopLoss!.at);
  assert.equal(account.holding(market).size, 0);
  assert.equal(account.algos.size, 0);
});

test('a partial fill of a split entry covers the first take profits first', () => {
  const maker = place({
    type: 'limit',
    price: market.book.best(BID),
    attachments: [
      { ...attachment('one', last(middle + 1000), null), size: 200 },
      { ...attachment('two', last(middle + 2000), null), size: 400 },
    ],
  });
  for (let i = 0; i < 60_000 && maker.filled < 600; i++) {
    exchange.advance(exchange.now + 10);
    const [one, two] = [...account.algos.values()].map(({ size }) => size);
    assert.equal(one ?? 0, Math.min(200, maker.filled));
    assert.equal(two ?? 0, Math.max(0, maker.filled - 200));
  }
  assert.equal(maker.filled, 600);
});

test('a limit take profit rests in the book at once, linked to its stop; the stop takes it away', () => {
  const limit = last(middle + 3000, middle + 3000);
  place({ attachments: [{ ...attachment('g', limit, last(middle - 1000)), limitTakeProfit: true }] });
  const [resting] = [...account.orders.values()];
  const [stop] = [...account.algos.values()];
  assert.deepEqual([resting!.price, resting!.size, resting!.reduceOnly], [middle + 3000, 600, true]);
  assert.deepEqual([resting!.linkedAlgoId, stop!.linkedOrderId], [stop!.id, resting!.id]);
  assert.deepEqual([stop!.type, stop!.takeProfit], ['conditional', null]);
  touch(middle - 1000);
  assert.deepEqual([resting!.state, resting!.cancelSource], ['canceled', '21']);
  assert.equal(account.holding(market).size, 0);
});

test('a stop for the whole position closes what there is then, and is one of its kind', () => {
  place({});
  assert.equal(errorOf(algo({ size: 0, stopLoss: last(middle - 500), reduceOnly: false })), '51328');
  const stop = placed({ size: 0, stopLoss: last(middle - 500) });
  assert.equal(errorOf(algo({ size: 0, stopLoss: last(middle - 600) })), '51088');
  place({ size: 300 });
  touch(middle - 500);
  assert.deepEqual([stop.state, stop.actualSize, account.holding(market).size], ['effective', 900, 0]);
});

const errorOf = (result: { ok: boolean; error?: { code: string } }): string =>
  result.ok ? '' : result.error!.code;

test('what an algo may not be is refused in the codes of OKX', () => {
  place({});
  const stop = (at: number, watches: 'last' | 'mark' | 'index'): string =>
    errorOf(algo({ stopLoss: { at, watches, price: 0 } }));
  assert.equal(stop(middle + 900, 'last'), '51280');
  assert.equal(stop(middle + 900, 'mark'), '51304');
  assert.equal(stop(middle + 900, 'index'), '51308');
  const profit = (at: number, side: 'buy' | 'sell'): string =>
    errorOf(algo({ side, takeProfit: last(at), reduceOnly: false }));
  assert.equal(profit(middle - 900, 'sell'), '51279');
  assert.equal(profit(middle + 900, 'buy'), '51277');
  assert.equal(errorOf(algo({ side: 'buy', stopLoss: last(middle - 900), reduceOnly: false })), '51278');
  const trailing = (ratio: string, activeAt = 0): string =>
    errorOf(algo({ type: 'move_order_stop', trailing: { ratio, spread: 0, activeAt } }));
  assert.equal(trailing('0.0001'), '51311');
  assert.equal(trailing('0.01', middle - 900), '51258');
  placed({ clientId: 'mine', stopLoss: last(middle - 900) });
  assert.equal(errorOf(algo({ clientId: 'mine', stopLoss: last(middle - 900) })), '51065');
  for (let i = account.algos.size; i < 100; i++) placed({ stopLoss: last(middle - 900) });
  assert.equal(errorOf(algo({ stopLoss: last(middle - 900) })), '51261');
  for (let i = 0; i < 50; i++)
    placed({ type: 'move_order_stop', trailing: { ratio: '0.5', spread: 0, activeAt: 0 } });
  assert.equal(trailing('0.5'), '51260');
});

test('an algo is amended in place; a leg can go, but not both, and none is added', () => {
  place({});
  const nothing = {
    size: 0,
    takeProfit: null,
    stopLoss: null,
    trigger: null,
    trailing: null,
    requestId: '',
    cancelOnFail: false,
  };
  const pair = placed({ type: 'oco', takeProfit: last(middle + 900), stopLoss: last(middle - 900) });
  const amend = (change: object): string =>
    errorOf(exchange.algos.amend(account, pair, { ...nothing, ...change }));
  assert.equal(amend({ stopLoss: last(middle - 300), size: 400 }), '');
  assert.deepEqual([pair.stopLoss!.at, pair.size, pair.takeProfit!.at], [middle - 300, 400, middle + 900]);
  assert.equal(amend({ stopLoss: last(middle + 300) }), '51280');
  assert.equal(amend({ takeProfit: 'remove' }), '');
  assert.equal(amend({ takeProfit: last(middle + 900) }), '51526');
  assert.equal(amend({ stopLoss: 'remove' }), '51531');
  touch(middle - 300);
  assert.deepEqual([pair.state, account.holding(market).size], ['effective', 200]);
});

test('a trigger order opens, and its child carries what was attached to it', () => {
  const at = market.book.best(ASK) + 400;
  const guard: Attachment = attachment('guard', last(at + 2000), last(at - 2000));
  const waiting = placed({
    type: 'trigger',
    side: 'buy',
    trigger: last(at, at + 500),
    reduceOnly: false,
    attachments: [guard],
  });
  touch(at);
  assert.equal(waiting.state, 'effective');
  assert.equal(account.holding(market).size, 600);
  assert.equal(account.pastOrders.items.at(-1)!.source, '6');
  const [pair] = [...account.algos.values()];
  assert.deepEqual([pair!.type, pair!.clientId, pair!.size], ['oco', 'guard', 600]);
});

test('a trigger order fires when the price comes to it, from whichever side', () => {
  const [above, below] = [middle + 400, middle - 400];
  const trigger = (at: number): Algo =>
    placed({ type: 'trigger', side: 'buy', size: 10, trigger: last(at), reduceOnly: false });
  const [rising, falling] = [trigger(above), trigger(below)];
  touch(middle);
  assert.deepEqual([rising.state, falling.state], ['live', 'live']);
  touch(below);
  assert.deepEqual([rising.state, falling.state], ['live', 'effective']);
  touch(above);
  assert.equal(rising.state, 'effective');
});

test('in hedge mode stops of the one side leave the other alone', () => {
  exchange.settings.setPositionMode(account, 'long_short_mode');
  place({ positionSide: 'long', attachments: [attachment('l', null, last(middle - 1000))] });
  place({ side: 'sell', positionSide: 'short', attachments: [attachment('s', null, last(middle + 1000))] });
  touch(middle - 1000);
  const [long, short] = [account.holding(market, 'cross', 'long'), account.holding(market, 'cross', 'short')];
  assert.deepEqual([long.size, short.size], [0, -600]);
  assert.deepEqual(
    [...account.algos.values()].map(({ clientId }) => clientId),
    ['s'],
  );
  touch(middle + 1000);
  assert.equal(short.size, 0);
});

test('a pair that was moved grows with the rest of its entry, and no second one comes', () => {
  const price = middle - 50;
  const entry = place({
    type: 'limit',
    price,
    attachments: [attachment('pair', last(middle + 1000), last(middle - 1000))],
  });
  const seller = stand.openAccount(exchange, { USDT: '10000000' });
  /** Until our turn has come at our price, and a little more. */
  const fillMore = (): void => {
    const before = entry.filled;
    for (let i = 0; i < 2000 && entry.filled === before; i++)
      stand.place(exchange, seller, { market, side: 'sell', type: 'ioc', price, size: 100 });
    assert.ok(entry.filled > before && entry.filled < entry.size, `${entry.filled} of ${entry.size}`);
  };
  fillMore();
  const [pair] = [...account.algos.values()];
  assert.equal(pair!.size, entry.filled);
  accepted(
    exchange.algos.amend(account, pair!, {
      ...{ size: 0, trigger: null, trailing: null, requestId: '', cancelOnFail: false },
      takeProfit: last(middle + 1500),
      stopLoss: last(middle - 700),
    }),
  );
  fillMore();
  assert.equal(account.algos.size, 1);
  assert.deepEqual(
    [pair!.size, pair!.takeProfit!.at, pair!.stopLoss!.at],
    [entry.filled, middle + 1500, middle - 700],
  );
});
