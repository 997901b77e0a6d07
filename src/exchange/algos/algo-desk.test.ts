import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { parseMoney } from '../../core/instrument.ts';
import type { Account } from '../accounts/account.ts';
import { attachment, type Order } from '../accounts/order.ts';
import type { Placement } from '../accounts/order-desk.ts';
import type { Exchange } from '../exchange.ts';
import { FUNDING_INTERVAL_MS } from '../market/funding.ts';
import type { Market } from '../market/market.ts';
import * as stand from '../testing/stand.ts';
import { openExchange } from '../testing/stand.ts';
import type { Algo, TriggerPrice } from './algo.ts';
import type { AlgoPlacement } from './algo-desk.ts';

let exchange: Exchange;
let account: Account;
let market: Market;
let told: { algo: Algo; state: string; size: number; positionSize: number }[];

beforeEach(() => {
  [exchange, account] = openExchange(17, { USDT: '1000000' }, true);
  market = exchange.markets[0]!;
  told = [];
  exchange.observe({
    traded: () => undefined,
    stepped: () => undefined,
    orderChanged: () => undefined,
    algoChanged: (_account, algo) =>
      told.push({ algo, state: algo.state, size: algo.size, positionSize: account.holding(market).size }),
    balanceChanged: () => undefined,
  });
});

const place = (change: Partial<Placement>): Order =>
  stand.place(exchange, account, { market, size: 500, ...change });

const attached = (
  takeProfit: number,
  stopLoss: number,
  watches: TriggerPrice = 'last',
): Placement['attachments'] => [
  attachment(
    'guard',
    { at: Math.round(market.middle * (1 + takeProfit)), watches, price: 0 },
    { at: Math.round(market.middle * (1 - stopLoss)), watches, price: 0 },
  ),
];

/** Lets the market run until something is so. */
function runUntil(isSo: () => boolean, seconds: number): void {
  for (let i = 0; i < seconds * 100 && !isSo(); i++) exchange.advance(exchange.now + 10);
  assert.ok(isSo(), `not within ${seconds} s of market time`);
}

for (const watches of ['last', 'mark', 'index'] as const)
  test(`one leg fires on the ${watches} price, at or beyond its trigger, and ends the pair and the position`, () => {
    place({ attachments: attached(0.0008, 0.0008, watches) });
    const [algo] = [...account.algos.values()];
    assert.deepEqual([algo!.type, algo!.size, algo!.side, algo!.clientId], ['oco', 500, 'sell', 'guard']);
    runUntil(() => algo!.state !== 'live', 1800);
    assert.equal(algo!.state, 'effective');
    assert.equal(account.holding(market).size, 0);
    assert.equal(account.algos.size, 0);
    const child = account.pastOrders.items.find(({ id }) => id === algo!.childId)!;
    assert.deepEqual(
      [child.algoId, child.algoClientId, child.reduceOnly, child.filled],
      [algo!.id, 'guard', true, 500],
    );
    const leg = algo!.actualSide === 'tp' ? algo!.takeProfit! : algo!.stopLoss!;
    const price =
      watches === 'last' ? child.lastFill!.price : watches === 'mark' ? market.mark : market.index;
    // the market moved on within the step at most
    const beyond = algo!.actualSide === 'tp' ? price - leg.at : leg.at - price;
    assert.ok(beyond > -200, `fired ${-beyond} ticks before its trigger`);
  });

test('the pair stands for what has filled, and grows with it', () => {
  const order = place({
    type: 'limit',
    price: market.book.best(BID),
    size: 90_000,
    attachments: attached(0.02, 0.02),
  });
  runUntil(() => order.filled > 0 && order.filled < order.size && told.length > 1, 600);
  for (const { state, size, positionSize } of told) {
    assert.equal(state, 'live');
    assert.equal(size, positionSize);
  }
  assert.equal(account.algos.size, 1);
  assert.equal([...account.algos.values()][0]!.size, order.filled);
  exchange.orders.cancel(account, order, '1');
  assert.equal([...account.algos.values()][0]!.size, order.filled);
});

test('an entry that never fills leaves no pair behind', () => {
  const order = place({
    type: 'limit',
    price: Math.round(market.middle * 0.99),
    attachments: attached(0.02, 0.02),
  });
  exchange.orders.cancel(account, order, '1');
  exchange.advance(exchange.now + 1000);
  assert.equal(account.algos.size + account.pastAlgos.items.length, 0);
});

test('a position that closes otherwise takes its pair along; one that only shrinks keeps it', () => {
  place({ attachments: attached(0.05, 0.05) });
  place({ side: 'sell', size: 200 });
  assert.equal(account.algos.size, 1);
  place({ side: 'sell', size: 400 });
  assert.equal(account.holding(market).size, -100);
  assert.equal(account.algos.size, 0);
  assert.equal(account.pastAlgos.items[0]!.state, 'canceled');
});

test('a stop that is larger than the position closes the position and no more', () => {
  place({ attachments: attached(0.05, 0.0008) });
  place({ side: 'sell', size: 300 });
  const [algo] = [...account.algos.values()];
  market.lowest = algo!.stopLoss!.at;
  exchange.algos.watch(account, market);
  exchange.followUp();
  assert.equal(algo!.state, 'effective');
  assert.equal(algo!.actualSize, 200);
  assert.equal(account.holding(market).size, 0);
});

test('a stop takes the place of resting reduce-only orders', () => {
  place({ attachments: attached(0.05, 0.05) });
  const exit = place({
    side: 'sell',
    type: 'limit',
    price: market.book.best(ASK) + 300,
    size: 500,
    reduceOnly: true,
  });
  market.lowest = [...account.algos.values()][0]!.stopLoss!.at;
  exchange.algos.watch(account, market);
  exchange.followUp();
  assert.equal(exit.state, 'canceled');
  assert.equal(account.holding(market).size, 0);
});

const algoOf = (change: Partial<AlgoPlacement> & Pick<AlgoPlacement, 'type'>): Algo =>
  stand.accepted(
    exchange.algos.place(account, {
      ...{ market, side: 'sell', mode: 'cross', positionSide: 'net', size: 500 },
      ...{ takeProfit: null, stopLoss: null, trigger: null, trailing: null, attachments: [] },
      ...{ reduceOnly: true, cancelOnClose: false, clientId: '', tag: '' },
      ...change,
    }),
  );

test('a trailing stop looks before it follows: a new high does not fire it within its own step', () => {
  place({});
  const from = market.last;
  const algo = algoOf({ type: 'move_order_stop', trailing: { ratio: '', spread: 1000, activeAt: 0 } });
  assert.equal(algo.trailing!.extreme, from);
  const look = (lowest: number, highest: number): string => {
    Object.assign(market, { lowest, highest });
    exchange.algos.watch(account, market);
    return algo.state;
  };
  // high and low of one step, in whatever order: above what it followed until then, below what it follows from now on
  assert.equal(look(from - 999, from + 2000), 'live');
  assert.equal(algo.trailing!.extreme, from + 2000);
  assert.equal(look(from + 1001, from + 1500), 'live');
  assert.equal(look(from + 1000, from + 1000), 'effective');
  exchange.followUp();
  assert.equal(account.holding(market).size, 0);
});

test('a stop that becomes a limit order behind a resting reduce-only one takes its place too', () => {
  place({});
  const ask = market.book.best(ASK);
  const exit = { side: 'sell', type: 'limit', reduceOnly: true } as const;
  const large = place({ ...exit, price: ask + 300, size: 450 });
  const small = place({ ...exit, price: ask + 310, size: 50 });
  const takeProfit = { at: ask + 200, watches: 'last', price: ask + 400 } as const;
  const algo = algoOf({ type: 'conditional', takeProfit, size: 450 });
  market.highest = ask + 200;
  exchange.algos.watch(account, market);
  exchange.followUp();
  assert.deepEqual([algo.state, algo.failCode], ['effective', '']);
  // what there is room for beside it stays
  assert.deepEqual([large.state, large.cancelSource, small.state], ['canceled', '22', 'live']);
  assert.equal(account.orders.get(algo.childId)!.size, 450);
});

test('a dead man’s switch takes orders away and leaves positions and their stops', () => {
  place({ attachments: attached(0.05, 0.05) });
  const mine = place({ type: 'limit', price: Math.round(market.middle * 0.992), tag: 'a' });
  const other = place({ type: 'limit', price: Math.round(market.middle * 0.992), tag: 'b' });
  account.switches.set('a', exchange.now + 10_000);
  exchange.advance(exchange.now + 9_000);
  assert.equal(mine.state, 'live');
  exchange.advance(exchange.now + 1_000);
  assert.deepEqual([mine.state, mine.cancelSource, other.state], ['canceled', '20', 'live']);
  assert.equal(account.holding(market).size, 500);
  assert.equal(account.algos.size, 1);
});

test('funding is charged when it is due, on the value at mark: longs pay a positive rate', () => {
  place({});
  const { nextAt } = market.funding;
  const cash = account.balance('USDT');
  exchange.sleepUntil(nextAt + 1000);
  assert.equal(market.funding.nextAt, nextAt + FUNDING_INTERVAL_MS);
  const { rate } = market.funding.previous;
  const bill = account.bills.items.findLast(({ type }) => type === '8')!;
  const expected = -5 * 0.01 * market.instrument.priceToNumber(market.mark) * Number(rate);
  assert.ok(Math.abs(Number(bill.change) - expected) < 1e-9, `${bill.change} against ${expected}`);
  assert.equal(account.balance('USDT') - cash, parseMoney(bill.change));
  assert.equal(bill.at, nextAt);
});
