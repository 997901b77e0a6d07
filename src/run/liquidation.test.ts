/** The engine's liquidation price, held against that of an OKX which liquidates by it. Only here may both be seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liquidationPrice as engineSays, leverageBehind } from '../core/position/liquidation.ts';
import { TAKER_RATE } from '../exchange/accounts/fees.ts';
import { liquidationPrice as exchangeSays, tierOf } from '../exchange/accounts/margin.ts';
import { openExchange, place } from '../exchange/testing/stand.ts';

const cash = { USDT: '10000000', BTC: '1000' };

for (const side of ['buy', 'sell'] as const)
  for (const leverage of [2, 3, 5, 10, 20])
    test(`isolated, ${side}, ${leverage}×: the exchange's own liquidation price, in every market`, () => {
      const [exchange, account] = openExchange(8, cash);
      let seen = 0;
      for (const market of exchange.markets) {
        const { instrument } = market.listing;
        for (const size of [1, 30, 400]) {
          const holding = account.holding(market, 'isolated');
          holding.leverage = leverage;
          place(exchange, account, { market, side, size: size * instrument.sizeMin, mode: 'isolated' });
          const direction = side === 'buy' ? 'long' : 'short';
          const rates = {
            maintenanceRate: Number(tierOf(holding).maintenance),
            takerFee: Number(TAKER_RATE),
          };
          const entry = holding.position.entryPrice;
          const ours = engineSays(instrument, direction, entry, leverage, rates);
          const theirs = exchangeSays(account, holding);
          assert.ok(
            Math.abs(ours / theirs - 1) < 1e-9,
            `${instrument.id}, ${size}: ${ours}, the exchange says ${theirs}`,
          );
          // and back: the leverage behind that price is the one it has
          assert.ok(
            Math.abs(leverageBehind(instrument, direction, entry, theirs, rates) / leverage - 1) < 1e-7,
          );
          seen++;
        }
      }
      assert.ok(seen >= 9, `only ${seen} positions`);
      assert.ok(exchange.markets.some(({ listing }) => listing.instrument.inverse));
    });

test('cross, with a balance behind it: the exchange liquidates later than the engine reckons', () => {
  const [exchange, account] = openExchange(8, { USDT: '20000' });
  const [market] = exchange.markets;
  const holding = account.holding(market!);
  holding.leverage = 5;
  place(exchange, account, { market: market!, side: 'buy', size: 100 });
  const rates = { maintenanceRate: Number(tierOf(holding).maintenance), takerFee: Number(TAKER_RATE) };
  const { instrument } = market!.listing;
  const ours = engineSays(instrument, 'long', holding.position.entryPrice, 5, rates);
  assert.ok(exchangeSays(account, holding) < ours);
});
