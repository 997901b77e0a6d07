import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ASK, BID } from '../core/book/frame.ts';
import type { Account } from './accounts/account.ts';
import { Exchange } from './exchange.ts';
import type { Candle, CandleBook } from './history/candles.ts';
import type { Market } from './market/market.ts';
import { Gateway } from './protocol/gateway.ts';
import { restore, StateFile } from './store.ts';
import { openAccount, openExchange, place, START } from './testing/stand.ts';

/** What a restart keeps, seen without a wire: the exchange of before beside the one that read its files. */

const folder = mkdtempSync(join(tmpdir(), 'restart-'));
after(() => rmSync(folder, { recursive: true }));

const PERIOD_MS = 8 * 3_600_000;
const CASH = { USDT: '50000' };

interface Life {
  readonly exchange: Exchange;
  readonly account: Account;
  readonly market: Market;
}

function first(cash = CASH, withPast = false): Life {
  const [exchange, account] = openExchange(5, cash, withPast);
  return { exchange, account, market: exchange.markets[0]! };
}

/** Whoever was killed is followed by one that knows only the files. */
function next(path: string, at: number, prices: (known: number) => number = (known) => known): Life {
  const { saved, remembered } = new StateFile(path).load()!;
  const moved = Object.fromEntries(Object.entries(remembered.prices).map(([id, px]) => [id, prices(px)]));
  const exchange = new Exchange(5, at, { ...remembered, prices: moved });
  const account = openAccount(exchange, CASH);
  restore(exchange, saved);
  return { exchange, account, market: exchange.markets[0]! };
}

/** Saves as the server does. */
function kept(exchange: Exchange, path: string): { file: StateFile; gateway: Gateway } {
  const file = new StateFile(path);
  return { file, gateway: new Gateway(exchange, () => file.save(exchange)) };
}

const barsOf = (
  book: CandleBook,
): Record<string, { readonly closed: readonly Candle[]; readonly building: Candle }> =>
  Object.fromEntries(
    book.series.map(({ bar, closed, building }) => [
      bar,
      { closed: closed.map((candle) => ({ ...candle })), building: { ...building } },
    ]),
  );

test('settled funding stays settled over restarts, and the period under way goes on from what was seen of it', () => {
  const path = join(folder, 'funding.json');
  const { exchange, market } = first();
  market.funding.nextAt = START + 10_000;
  exchange.advance(START + 25_000);
  const { past, premium, rate, nextAt } = market.funding;
  assert.equal(past.at(-1)!.at, START + 10_000);
  new StateFile(path).save(exchange);
  for (let restart = 1; restart <= 2; restart++) {
    const { funding } = next(path, START + restart * 3_600_000).market;
    assert.deepEqual(funding.past, past);
    assert.deepEqual([funding.premium, funding.rate, funding.nextAt], [premium, rate, nextAt]);
  }
  const again = next(path, START + 3_600_000);
  again.exchange.advance(again.exchange.now + 5000);
  const seen = again.market.funding.state;
  assert.equal(seen.count, market.funding.state.count + 5);
});

test('each period is settled at the mean of its own premiums', () => {
  const { funding } = first().market;
  for (const premium of [0.001, 0.002, 0.003]) funding.observe(premium);
  assert.equal(funding.settle().rate, '0.002');
  assert.equal(funding.premium, 0);
  for (const premium of [-0.0004, -0.0006]) funding.observe(premium);
  assert.equal(funding.settle().rate, '-0.0005');
  assert.deepEqual(
    funding.past.slice(-2).map(({ rate }) => rate),
    ['0.002', '-0.0005'],
  );
});

test('periods that ended while nobody ran it are charged once, each at its own rate: the first at what was seen of it', () => {
  const path = join(folder, 'missed.json');
  const { exchange, account, market } = first();
  place(exchange, account, { market, size: 300 });
  exchange.advance(START + 20_000);
  const { nextAt, rate } = market.funding;
  const settled = market.funding.past.length;
  new StateFile(path).save(exchange);
  const second = next(path, nextAt + 2 * PERIOD_MS + 3_600_000);
  second.exchange.advance(second.exchange.now + 10);
  const charged = second.market.funding.past.slice(settled);
  assert.deepEqual(
    charged.map(({ at }) => at),
    [nextAt, nextAt + PERIOD_MS, nextAt + 2 * PERIOD_MS],
  );
  assert.equal(charged[0]!.rate, rate);
  assert.equal(new Set(charged.map((record) => record.rate)).size, 3);
  const bills = second.account.bills.items.filter(({ type }) => type === '8');
  const { valuePerLot } = market.instrument;
  assert.equal(bills.length, 3);
  bills.forEach((bill, i) => {
    assert.equal(bill.at, charged[i]!.at);
    const due = -300 * valuePerLot * Number(bill.price) * Number(charged[i]!.rate);
    assert.ok(Math.abs(Number(bill.change) - due) < 1e-9, `${bill.change} for ${due}`);
  });
  assert.equal(second.market.funding.nextAt, nextAt + 3 * PERIOD_MS);
  assert.equal(second.market.funding.premium, 0);
  // and a kill after that charges nothing again
  new StateFile(path).save(second.exchange);
  const third = next(path, second.exchange.now + 60_000);
  third.exchange.advance(third.exchange.now + 1000);
  assert.deepEqual(third.market.funding.past, second.market.funding.past);
  assert.deepEqual(third.account.bills.items, second.account.bills.items);
});

test('bars that were told as closed are what they were after a kill at any moment', () => {
  const path = join(folder, 'closed.json');
  const { exchange } = first(CASH, true);
  const { file } = kept(exchange, path);
  file.save(exchange);
  file.savePast(exchange);
  // minutes close, and nothing else makes it save
  exchange.advance(START + 3 * 60_000 + 47_330);
  const known = new StateFile(path).load()!.remembered.markets;
  const second = next(path, exchange.now + 1000).exchange;
  for (const [i, { candles }] of exchange.markets.entries()) {
    const before = barsOf(candles);
    const afterwards = barsOf(second.markets[i]!.candles);
    for (const bar of Object.keys(before)) {
      if (bar === '1s') continue;
      assert.ok(before[bar]!.closed.length > 3 || /[DWM]/.test(bar));
      assert.deepEqual(afterwards[bar]!.closed, before[bar]!.closed, bar);
    }
    // the longer bars begin with what they knew when the last minute closed
    const { openAt } = candles.of('5m')!.building;
    const minutes = candles.of('1m')!.closed.filter((minute) => minute.openAt >= openAt);
    assert.equal(minutes.length, 3);
    const { building } = known.get(second.markets[i]!.instrument.id)!.candles.of('5m')!;
    assert.equal(building.low, Math.min(...minutes.map(({ low }) => low)));
    assert.equal(building.high, Math.max(...minutes.map(({ high }) => high)));
  }
});

test('the building bars begin with all that was saved, whenever the past was written; the next open joins', () => {
  const path = join(folder, 'building.json');
  const { exchange, account, market } = first();
  const { file, gateway } = kept(exchange, path);
  file.save(exchange);
  // in the middle of a minute, as the server's timer does: what is known of it must not count twice
  exchange.advance(START + 145_120);
  gateway.save();
  file.savePast(exchange);
  exchange.advance(START + 3 * 60_000 + 31_230);
  place(exchange, account, { market, size: 40 });
  gateway.save();
  const second = next(path, exchange.now + 2000);
  for (const [i, { candles, trades, last }] of exchange.markets.entries()) {
    const before = barsOf(candles);
    const again = second.exchange.markets[i]!;
    const afterwards = barsOf(again.candles);
    for (const bar of Object.keys(before)) {
      if (bar !== '1s') assert.deepEqual(afterwards[bar], before[bar], bar);
      else
        assert.deepEqual(afterwards[bar]!.closed.slice(0, before[bar]!.closed.length), before[bar]!.closed);
    }
    assert.deepEqual(again.trades, trades.slice(-500));
    assert.equal(again.candles.of('1m')!.building.close, last);
    // two contracts on one asset are an arbitrage apart, and begin together
    assert.ok(Math.abs(again.last / last - 1) < 0.0003);
  }
  const own = second.account.fills.items.at(-1)!;
  assert.ok(second.market.trades.some(({ tradeId }) => tradeId >= own.tradeId));
  const { openAt } = second.market.candles.of('1m')!.building;
  second.exchange.advance(openAt + 120_000);
  for (const { candles, trades } of second.exchange.markets) {
    const { closed } = candles.of('1m')!;
    const [joined, open] = closed.slice(-2) as [Candle, Candle];
    assert.equal(open.openAt, joined.openAt + 60_000);
    assert.ok(Math.abs(open.open / joined.close - 1) < 0.0005);
    const ids = trades.map(({ tradeId }) => tradeId);
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((one, other) => one - other),
    );
  }
});

test('the state carries what came since the past was written, and a kill right after that doubles nothing', () => {
  const path = join(folder, 'carried.json');
  const { exchange } = first(CASH, true);
  const { file } = kept(exchange, path);
  const save = (): void => {
    file.save(exchange);
    file.savePast(exchange);
  };
  save();
  exchange.advance(START + 130_000);
  save();
  const { remembered } = new StateFile(path).load()!;
  for (const { instrument, candles, trades } of exchange.markets) {
    const again = remembered.markets.get(instrument.id)!;
    assert.deepEqual(again.trades, trades.slice(-500));
    assert.deepEqual(barsOf(again.candles), barsOf(candles));
  }
  exchange.advance(START + 190_000);
  file.save(exchange);
  const { recent } = JSON.parse(readFileSync(path, 'utf8')) as {
    recent: Record<string, { minutes: unknown[] }>;
  };
  for (const { minutes } of Object.values(recent)) assert.equal(minutes.length, 2);
});

test('a market that traded faster than the clock numbers its trades goes on behind its last number', () => {
  const path = join(folder, 'numbers.json');
  const { exchange, market } = first();
  exchange.advance(START + 5000);
  const { file } = kept(exchange, path);
  const last = { ...market.trades.at(-1)!, tradeId: START };
  market.trades.push(last);
  file.save(exchange);
  const second = next(path, START + 6000);
  second.exchange.advance(START + 20_000);
  const fresh = second.market.trades.slice(
    second.market.trades.findIndex(({ tradeId }) => tradeId === START) + 1,
  );
  assert.ok(fresh.length > 0);
  assert.ok(fresh.every(({ tradeId }) => tradeId > START));
});

test('five hundred trades come back, and then new ones with greater ids, at times that never go back', () => {
  const path = join(folder, 'trades.json');
  const { exchange, market } = first(CASH);
  const { file } = kept(exchange, path);
  exchange.advance(START + 15 * 60_000 + 230);
  file.save(exchange);
  file.savePast(exchange);
  file.save(exchange);
  assert.ok(market.trades.length >= 500, `${market.trades.length} trades`);
  const second = next(path, exchange.now);
  assert.ok(second.exchange.now >= exchange.now);
  const known = market.trades.slice(-500);
  assert.deepEqual(second.market.trades, known);
  second.exchange.advance(second.exchange.now + 20_000);
  const fresh = second.market.trades.filter(({ tradeId }) => tradeId > known.at(-1)!.tradeId);
  assert.ok(fresh.length > 0);
  assert.ok(fresh.every(({ at }) => at >= known.at(-1)!.at));
});

test('bars of seconds stay on whole seconds after a stop at any moment', () => {
  const path = join(folder, 'seconds.json');
  const { exchange } = first();
  const { file } = kept(exchange, path);
  exchange.advance(START + 21_370);
  file.save(exchange);
  file.savePast(exchange);
  const second = next(path, START + 93_000);
  second.exchange.advance(second.exchange.now + 3000);
  const { closed, building } = second.market.candles.of('1s')!;
  const openAts = [...closed, building].map(({ openAt }) => openAt);
  assert.deepEqual(
    openAts,
    openAts.map((_, i) => openAts[0]! + i * 1000),
  );
  assert.equal(openAts[0]! % 1000, 0);
  assert.ok(openAts[0]! <= START);
});

test("a dead man's switch that was set before the end fires after it, at its time", () => {
  const path = join(folder, 'switch.json');
  const { exchange, account, market } = first();
  const price = market.book.best(BID) - 300;
  for (const tag of ['a', 'b']) place(exchange, account, { market, type: 'limit', price, size: 10, tag });
  account.switches.set('a', START + 20_000);
  new StateFile(path).save(exchange);
  const second = next(path, START + 5000);
  const tags = (): string[] => [...second.account.orders.values()].map(({ tag }) => tag);
  second.exchange.advance(START + 19_990);
  assert.deepEqual(tags(), ['a', 'b']);
  second.exchange.advance(START + 20_000);
  assert.deepEqual(tags(), ['b']);
  assert.equal(second.account.pastOrders.items.at(-1)!.state, 'canceled');
  // one whose time came meanwhile fires at once
  const late = next(path, START + 60_000);
  late.exchange.advance(late.exchange.now + 10);
  assert.deepEqual(
    [...late.account.orders.values()].map(({ tag }) => tag),
    ['b'],
  );
});

for (const side of ['buy', 'sell'] as const)
  test(`a ${side} order comes back whole though the new book's quotes lie beyond it: they make way`, () => {
    const path = join(folder, `way-${side}.json`);
    const { exchange, account, market } = first();
    const price = market.book.best(side === 'buy' ? BID : ASK);
    const order = place(exchange, account, { market, side, type: 'limit', price, size: 70 });
    assert.equal(order.filled, 0);
    new StateFile(path).save(exchange);
    // the book is made around a price that the order would trade at
    const move = side === 'buy' ? -40 : 40;
    const second = next(path, START + 5000, (known) => known + move);
    const { book } = second.market;
    const again = second.account.orders.get(order.id)!;
    assert.deepEqual([again.state, again.filled], ['live', 0]);
    assert.deepEqual(
      [book.ownerOf(again.slot), book.priceOf(again.slot), book.sizeOf(again.slot)],
      [second.account.number, price, 70],
    );
    assert.equal(book.best(side === 'buy' ? BID : ASK), price);
    const other = book.best(side === 'buy' ? ASK : BID);
    assert.ok(side === 'buy' ? other > price : other < price);
    assert.equal(second.account.fills.items.length, 0);
    assert.deepEqual([...second.account.cash], [...account.cash]);
    // only those in its way: the other side of the book still stands
    assert.ok(book.behind(side === 'buy' ? ASK : BID, other) > 0);
  });

test('a state of another version stops the start and says what to do', () => {
  const path = join(folder, 'old.json');
  const { exchange } = first();
  new StateFile(path).save(exchange);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"version":\d+/, '"version":3'));
  assert.throws(() => new StateFile(path).load(), /has version 3, this is 4: move it away to begin anew/);
});
