import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { moneyToNumber, parseMoney } from '../../core/instrument.ts';
import { money } from '../../core/units.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import { openAccount, openExchange, place } from '../testing/stand.ts';
import type { Account } from './account.ts';
import type { Holding, MarginMode, PositionSide } from './holding.ts';
import { Liquidator } from './liquidation.ts';
import { bankruptcyPrice, liquidationPrice, tierOf, unrealized } from './margin.ts';
import type { Order } from './order.ts';

const TAKER = 0.0005;
let exchange: Exchange;
let liquidator: Liquidator;
let account: Account;

beforeEach(() => {
  [exchange, account] = openExchange(8);
  liquidator = new Liquidator(exchange.clearing, exchange.orders, () => exchange.followUp());
});

function fund(currency: string, amount: string): void {
  account.credit(currency, parseMoney(amount));
}

function enter(
  market: Market,
  side: 'buy' | 'sell',
  size: number,
  mode: MarginMode,
  positionSide: PositionSide = 'net',
): Order {
  return place(exchange, account, { market, side, size, mode, positionSide });
}

const near = (value: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(value / expected - 1) < tolerance, `${value} against ${expected}`);

/** The formula of OKX for an isolated position, from what its API shows: size, average price, margin, tier. */
function expectedLiquidation(holding: Holding): number {
  const { instrument } = holding.position;
  const entry = instrument.priceToNumber(holding.position.entryPrice);
  const m = Number(tierOf(holding).maintenance);
  const s = Math.sign(holding.size);
  const margin = moneyToNumber(holding.margin);
  const value = Math.abs(holding.size) * instrument.valuePerLot;
  const price = instrument.inverse
    ? (value * (1 + s * (m + TAKER))) / (value / entry + s * margin)
    : (entry * value - s * margin) / (value * (1 - s * (m + TAKER)));
  return price / instrument.tickSize;
}

for (const [name, at, currency, cash, size] of [
  ['linear', 0, 'USDT', '100000', 5000],
  ['inverse', 2, 'BTC', '5', 9000],
] as const)
  for (const side of ['buy', 'sell'] as const)
    test(`isolated, ${name}, ${side}: liquidation price is the formula's, and there and not before it happens`, () => {
      fund(currency, cash);
      const market = exchange.markets[at]!;
      const holding = account.holding(market, 'isolated');
      holding.leverage = 10;
      enter(market, side, size, 'isolated');
      const price = liquidationPrice(account, holding);
      near(price, expectedLiquidation(holding), 1e-9);
      const sign = Math.sign(holding.size);
      market.mark = Math.round(price) + 2 * sign;
      liquidator.check(account);
      assert.equal(Math.abs(holding.size), size, 'liquidated too early');
      const others = account.balance(currency);
      market.mark = Math.round(price) - 2 * sign;
      liquidator.check(account);
      assert.equal(holding.size, 0);
      assert.equal(holding.margin, 0n);
      assert.equal(account.balance(currency), others, 'the rest of the account paid');
      const last = account.pastPositions.items.at(-1)!;
      assert.deepEqual([last.type, last.mode, last.closedSize], ['3', 'isolated', size]);
      const order = account.pastOrders.items.at(-1)!;
      assert.equal(order.category, 'full_liquidation');
      // settled where nothing was left, not at what the market gave
      assert.equal(order.lastFill!.price, order.settledAt);
      near(
        moneyToNumber(money(-(parseMoney(last.realized) as bigint))),
        moneyToNumber(money(moneyOf(last))),
        1e-4,
      );
    });

/** Margin that went in: value at entry over leverage, and the opening fee. */
function moneyOf(position: {
  openAverage: number;
  largest: number;
  leverage: number;
  instId: string;
}): bigint {
  const { instrument } = exchange.market(position.instId)!;
  const value = instrument.valueNumber(position.largest, position.openAverage);
  return BigInt(Math.round(value * (1 / position.leverage + TAKER) * 1e12)) * 1_000_000n;
}

test('cross: the liquidation price is where equity is what maintenance and the closing fee ask for', () => {
  fund('USDT', '2000');
  const [market] = exchange.markets;
  const holding = account.holding(market!);
  holding.leverage = 100;
  enter(market!, 'buy', 10_000, 'cross');
  const price = liquidationPrice(account, holding);
  market!.mark = Math.floor(price) - 1;
  liquidator.check(account);
  assert.equal(holding.size, 0);
  assert.equal(account.balance('USDT'), 0n);
});

test('hedged long and short carry each other: the liquidation price counts both', () => {
  fund('USDT', '2000');
  const [market] = exchange.markets;
  exchange.settings.setPositionMode(account, 'long_short_mode');
  account.holding(market!, 'cross', 'long').leverage = 100;
  enter(market!, 'buy', 8000, 'cross', 'long');
  enter(market!, 'sell', 6000, 'cross', 'short');
  const [long, short] = [
    account.holding(market!, 'cross', 'long'),
    account.holding(market!, 'cross', 'short'),
  ];
  assert.deepEqual([long.size, short.size], [8000, -6000]);
  const price = liquidationPrice(account, long);
  assert.equal(liquidationPrice(account, short), price);
  market!.mark = Math.ceil(price) + 1;
  liquidator.check(account);
  assert.equal(long.size, 8000, 'liquidated too early');
  market!.mark = Math.floor(price) - 1;
  liquidator.check(account);
  assert.deepEqual([long.size, short.size], [0, 0]);
});

test('a position of the third tier is first cut to the first, at the bankruptcy price', () => {
  fund('USDT', '1000000');
  const [market] = exchange.markets;
  const maker = openAccount(exchange, { USDT: '10000000' });
  const price = market!.book.best(BID) + 1;
  const size = 600_000;
  const order = { market: market!, type: 'limit', size, price, mode: 'isolated' } as const;
  account.holding(market!, 'isolated').leverage = 20;
  place(exchange, maker, { ...order, side: 'sell' });
  place(exchange, account, { ...order, side: 'buy' });
  const holding = account.holding(market!, 'isolated');
  assert.equal(holding.size, size);
  assert.equal(tierOf(holding).maintenance, '0.02');
  market!.mark = Math.floor(liquidationPrice(account, holding)) - 5;
  const settled = bankruptcyPrice(holding, money(holding.margin + unrealized(holding)));
  liquidator.check(account);
  const cut = account.pastOrders.items.at(-1)!;
  assert.equal(cut.category, 'partial_liquidation');
  assert.equal(cut.lastFill!.price, settled);
  // tier one holds a thousand contracts
  assert.equal(holding.size, size - cut.filled);
  assert.equal(cut.size, size - 100_000);
  assert.equal(holding.lastClose, '4');
});

test('the exchange looks ten times a second who can no longer carry what he holds', () => {
  fund('USDT', '30000');
  const [market] = exchange.markets;
  enter(market!, 'buy', 2000, 'cross');
  const holding = account.holding(market!);
  const from = exchange.now;
  assert.equal(from % 100, 0);
  for (const round of [0, 100]) {
    account.cash.set('USDT', parseMoney('0'));
    exchange.advance(from + round + 90);
    assert.equal(holding.size, 2000, 'between two looks');
    exchange.advance(from + round + 100);
    assert.equal(holding.size, 0);
    account.cash.set('USDT', parseMoney('30000'));
    enter(market!, 'buy', 2000, 'cross');
  }
});

test('a gap that leaves less than nothing is the insurance fund’s, not the user’s', () => {
  fund('USDT', '3000');
  const [market] = exchange.markets;
  const holding = account.holding(market!, 'isolated');
  holding.leverage = 100;
  enter(market!, 'buy', 2000, 'isolated');
  const rest = account.balance('USDT');
  const before = exchange.clearing.insurance.get('USDT') ?? 0n;
  // the crowd is gone down to below where the margin ends
  const floor = Math.round(market!.book.best(ASK) * 0.985);
  market!.mark = Math.round(market!.mark * 0.988);
  market!.makeWay(ASK, floor);
  liquidator.check(account);
  assert.equal(holding.size, 0);
  assert.equal(account.balance('USDT'), rest);
  assert.ok((exchange.clearing.insurance.get('USDT') ?? 0n) < before);
});
