import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { formatMoney } from '../../core/instrument.ts';
import { money } from '../../core/units.ts';
import type { Account } from '../accounts/account.ts';
import { Liquidator } from '../accounts/liquidation.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import { openAccount, openExchange, place, START } from '../testing/stand.ts';
import type { Json } from '../testing/wire-client.ts';
import { Gateway } from './gateway.ts';

/** What the public channels tell, and how often, in the market's own time. */

interface Told {
  readonly at: number;
  readonly data: (Json & string[])[];
}

function listening(channel: string, seed = 8): [Exchange, Account, Market, Told[]] {
  const [exchange, account] = openExchange(seed, { USDT: '1000000' });
  const { hub } = new Gateway(exchange, () => undefined);
  const market = exchange.markets[0]!;
  const told: Told[] = [];
  const send = (text: string): void => {
    told.push({ at: market.now, data: (JSON.parse(text) as { data: (Json & string[])[] }).data });
  };
  hub.add(`${channel}|${market.instrument.id}`, { send }, '{}');
  return [exchange, account, market, told];
}

test('one taker meets several makers: trades-all tells of each match, trades of each price', () => {
  const seen = ['trades-all', 'trades'].map((channel) => {
    const [exchange, taker, market, told] = listening(channel);
    const from = market.book.best(BID) + 10;
    market.makeWay(BID, from + 10);
    const sizes = [300, 100, 200, 500];
    sizes.forEach((size, at) => {
      const maker = openAccount(exchange, { USDT: '1000000' });
      const price = at < 3 ? from : from + 1;
      place(exchange, maker, { market, side: 'sell', type: 'limit', size, price });
    });
    place(exchange, taker, { market, size: 900, type: 'ioc', price: from + 1 });
    const rows = told.flatMap(({ data }) => data);
    const fills = taker.fills.items;
    assert.equal(fills.length, 4);
    return { rows, fills };
  });
  const [each, merged] = seen as [(typeof seen)[0], (typeof seen)[0]];
  assert.deepEqual(
    each.rows.map(({ tradeId, sz, side, count }) => [tradeId, sz, side, count]),
    each.fills.map(({ tradeId }, at) => [String(tradeId), ['3', '1', '2', '3'][at], 'buy', undefined]),
  );
  const ids = each.rows.map(({ tradeId }) => Number(tradeId));
  assert.deepEqual(
    ids,
    ids.map((_, at) => ids[0]! + at),
  );
  assert.deepEqual(
    merged.rows.map(({ tradeId, sz, count }) => [tradeId, sz, count]),
    [
      [String(merged.fills[2]!.tradeId), '6', '3'],
      [String(merged.fills[3]!.tradeId), '3', '1'],
    ],
  );
});

for (const bar of ['1s', '1m'])
  test(`candle${bar} is told once a second at most, and every bar that closes once`, () => {
    const [exchange, , , told] = listening(`candle${bar}`);
    exchange.advance(START + 125_000);
    assert.ok(told.length > 60, `${told.length} pushes`);
    told.forEach(({ at, data }, i) => {
      assert.equal(data.length, 1);
      if (i > 0) assert.ok(at - told[i - 1]!.at >= 1000, `${told[i - 1]!.at}, then ${at}`);
    });
    const closed = told.filter(({ data }) => data[0]![8] === '1').map(({ data }) => Number(data[0]![0]));
    const lasts = bar === '1s' ? 1000 : 60_000;
    assert.deepEqual(
      closed,
      closed.map((_, i) => closed[0]! + i * lasts),
    );
    assert.ok(closed.length >= (bar === '1s' ? 120 : 2), `${closed.length} closed`);
  });

test('a liquidation that the fund pays for says what it cost, another one nothing', () => {
  for (const isDeep of [true, false]) {
    const [exchange, account, market, told] = listening('liquidation-orders');
    const liquidator = new Liquidator(exchange.clearing, exchange.orders, () => exchange.followUp());
    account.holding(market, 'isolated').leverage = 100;
    place(exchange, account, { market, size: 2000, mode: 'isolated' });
    const fund = (): bigint => exchange.clearing.insurance.get('USDT') ?? 0n;
    const before = fund();
    // the crowd is gone down to below where the margin ends, or stands where it stood
    if (isDeep) {
      const floor = Math.round(market.mark * 0.985);
      market.mark = Math.round(market.mark * 0.988);
      market.makeWay(ASK, floor);
    } else market.mark = Math.round(market.mark * 0.994);
    liquidator.check(account);
    const details = told.flatMap(({ data }) => data.flatMap((row) => row.details as Json[]));
    assert.ok(details.length > 0);
    const loss = details.reduce((sum, { bkLoss }) => sum + Number(bkLoss), 0);
    const paid = Number(formatMoney(money(before - fund())));
    if (isDeep) {
      assert.ok(paid > 0);
      assert.ok(Math.abs(loss - paid) < 1e-9, `${loss} told, ${paid} paid`);
    } else {
      assert.ok(paid < 0, 'the fund received');
      assert.deepEqual([...new Set(details.map(({ bkLoss }) => bkLoss))], ['0']);
    }
  }
});
