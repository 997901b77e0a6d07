import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { BID } from '../../core/book/frame.ts';
import { moneyToNumber, parseMoney } from '../../core/instrument.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import * as stand from '../testing/stand.ts';
import { codeOf, openExchange } from '../testing/stand.ts';
import type { Account } from './account.ts';
import { liquidationPrice } from './margin.ts';
import { attachment, type Order } from './order.ts';
import type { Placement } from './order-desk.ts';

let exchange: Exchange;
let account: Account;
let market: Market;

beforeEach(() => {
  [exchange, account] = openExchange(6, { USDT: '10000', BTC: '1' });
  market = exchange.markets[0]!;
});

const place = (change: Partial<Placement>): Order =>
  stand.place(exchange, account, { market, size: 1000, ...change });

const lever = (mode: 'cross' | 'isolated', to: number): string =>
  codeOf(exchange.settings.setLeverage(account, market, mode, 'net', to));

test('leverage is refused beyond the instrument, the tier, the money, and while orders or algos wait', () => {
  assert.equal(lever('cross', 101), '59102');
  assert.equal(lever('cross', 0), '59105');
  assert.equal(lever('cross', 50), '0');
  const limit = { type: 'limit', price: market.book.best(BID) - 1000 } as const;
  for (const [mode, orderCode, algoCode] of [
    ['cross', '59107', '59669'],
    ['isolated', '59101', '59668'],
  ] as const) {
    place({ ...limit, size: 10, mode });
    assert.equal(lever(mode, 7), orderCode);
    for (const order of [...account.orders.values()]) exchange.orders.cancel(account, order, '1');
    const stop = { at: limit.price - 5000, watches: 'last', price: 0 } as const;
    place({ size: 10, mode, attachments: [attachment('', null, stop)] });
    assert.equal(lever(mode, 7), algoCode);
    assert.equal(lever(mode, mode === 'cross' ? 50 : 3), '0', 'as it is already');
    for (const algo of [...account.algos.values()]) exchange.algos.cancel(account, algo, exchange.now);
  }
  place({ size: 60_000 });
  assert.equal(lever('cross', 2), '59108');
  assert.equal(lever('cross', 100), '0');
});

test('the leverage of a position cannot be higher than its tier grants', () => {
  account.credit('USDT', parseMoney('1000000'));
  assert.equal(lever('cross', 50), '0');
  place({ size: 120_000 });
  assert.equal(lever('cross', 51), '59106');
});

test('lower leverage brings an isolated position more margin; higher takes none away', () => {
  assert.equal(lever('isolated', 20), '0');
  place({ mode: 'isolated', size: 5000 });
  const holding = account.holding(market, 'isolated');
  const total = account.balance('USDT') + holding.margin;
  const before = liquidationPrice(account, holding);
  assert.equal(lever('isolated', 10), '0');
  assert.equal(holding.margin, holding.position.cost / 10n);
  assert.ok(liquidationPrice(account, holding) < before);
  const { margin } = holding;
  assert.equal(lever('isolated', 50), '0');
  assert.equal(holding.margin, margin);
  assert.equal(account.balance('USDT') + holding.margin, total);
  assert.equal(lever('isolated', 1), '59103');
});

test('margin goes in as far as the balance reaches and out as far as leverage allows', () => {
  const holding = account.holding(market, 'isolated');
  const adjust = (amount: string): string =>
    codeOf(exchange.settings.adjustMargin(account, holding, parseMoney(amount)));
  assert.equal(adjust('1'), '59300');
  assert.equal(lever('isolated', 10), '0');
  place({ mode: 'isolated', size: 2000 });
  const { margin } = holding;
  const before = liquidationPrice(account, holding);
  assert.equal(adjust('500'), '0');
  assert.equal(holding.margin, margin + parseMoney('500'));
  // per unit of coin, five hundred more may be lost
  const moved = (before - liquidationPrice(account, holding)) * market.instrument.tickSize;
  assert.ok(Math.abs(moved / (500 / (2000 * 0.0001) / (1 - 0.004 - 0.0005)) - 1) < 1e-9, String(moved));
  assert.equal(adjust('-400'), '0');
  assert.equal(adjust('-400'), '59301');
  assert.equal(adjust('100000'), '59301');
  const bill = account.bills.items.at(-1)!;
  assert.deepEqual([bill.type, bill.subType, bill.change, bill.marginChange], ['6', '161', '400', '-400']);
});

test('the position mode changes only when nothing is open', () => {
  const mode = (to: 'net_mode' | 'long_short_mode'): string =>
    codeOf(exchange.settings.setPositionMode(account, to));
  place({});
  assert.equal(mode('net_mode'), '0');
  assert.equal(mode('long_short_mode'), '59000');
  place({ side: 'sell', reduceOnly: true });
  place({ type: 'limit', price: market.book.best(BID) - 1000 });
  assert.equal(mode('long_short_mode'), '59000');
  for (const order of [...account.orders.values()]) exchange.orders.cancel(account, order, '1');
  const algo = stand.accepted(
    exchange.algos.place(account, {
      ...{ market, type: 'trigger', side: 'buy', mode: 'cross', positionSide: 'net', size: 10 },
      trigger: { at: market.last + 5000, watches: 'last', price: 0 },
      ...{ takeProfit: null, stopLoss: null, trailing: null, attachments: [] },
      ...{ reduceOnly: false, cancelOnClose: false, clientId: '', tag: '' },
    }),
  );
  assert.equal(account.orders.size, 0);
  assert.equal(mode('long_short_mode'), '59000', 'an algo stands');
  exchange.algos.cancel(account, algo, exchange.now);
  assert.equal(mode('long_short_mode'), '0');
  assert.equal(account.positionMode, 'long_short_mode');
});

test('cross leverage is one for both sides of a hedge, isolated leverage is one for each', () => {
  exchange.settings.setPositionMode(account, 'long_short_mode');
  const set = (mode: 'cross' | 'isolated', side: 'long' | 'short', to: number): void =>
    assert.ok(exchange.settings.setLeverage(account, market, mode, side, to).ok);
  set('cross', 'long', 7);
  set('isolated', 'long', 8);
  set('isolated', 'short', 9);
  const leverage = (mode: 'cross' | 'isolated', side: 'long' | 'short'): number =>
    account.holding(market, mode, side).leverage;
  assert.deepEqual(
    [leverage('cross', 'short'), leverage('isolated', 'long'), leverage('isolated', 'short')],
    [7, 8, 9],
  );
});

test('funding takes from an isolated position’s margin, from the balance for a cross one; hedged sides cancel out', () => {
  exchange.settings.setPositionMode(account, 'long_short_mode');
  for (const mode of ['cross', 'isolated'] as const) {
    place({ mode, positionSide: 'long' });
    place({ mode, side: 'sell', positionSide: 'short' });
  }
  const long = account.holding(market, 'isolated', 'long');
  const short = account.holding(market, 'isolated', 'short');
  const before = { cash: account.balance('USDT'), long: long.margin, short: short.margin };
  exchange.clearing.fund(exchange.accounts, market, { at: exchange.now, rate: '0.001' });
  const paid = 1000 * 0.0001 * market.instrument.priceToNumber(market.mark) * 0.001;
  assert.equal(account.balance('USDT'), before.cash);
  assert.ok(Math.abs(moneyToNumber(long.margin) - moneyToNumber(before.long) + paid) < 1e-9);
  assert.equal(long.margin + short.margin, before.long + before.short);
  const bills = account.bills.items.slice(-4);
  assert.deepEqual(
    bills.map(({ type, subType, mode }) => [type, subType, mode]),
    [
      ['8', '173', 'cross'],
      ['8', '174', 'cross'],
      ['8', '173', 'isolated'],
      ['8', '174', 'isolated'],
    ],
  );
});
