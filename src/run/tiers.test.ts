/** Position tiers as our client reads them over the wire, held against the exchange's own. Only here may both be seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liquidationPrice, ratesAt } from '../core/position/liquidation.ts';
import { TAKER_RATE } from '../exchange/accounts/fees.ts';
import { tierIndex, tierOf } from '../exchange/accounts/margin.ts';
import { startExchange } from '../exchange/server.ts';
import { fetchInstruments } from '../venue/okx/instruments.ts';
import { OkxRest } from '../venue/okx/rest.ts';
import { RealClock } from './clock.ts';

test('every size is in the tier that the exchange puts it in, and has its maintenance margin', async (context) => {
  const handle = await startExchange({ port: 0, seed: 3, rateLimits: false });
  context.after(() => handle.close());
  const { exchange, rest, ws } = handle;
  const client = new OkxRest({
    ...{ rest, ws, demo: false, random: Math.random, clock: new RealClock() },
    log: () => undefined,
  });
  const { markets } = exchange;
  const instruments = await fetchInstruments(
    client,
    markets.map(({ instrument }) => instrument.id),
  );
  let seen = 0;
  for (const [at, market] of markets.entries()) {
    const instrument = instruments[at]!;
    const holding = exchange.accounts[0]!.holding(market);
    assert.equal(instrument.tiers.length, market.listing.tiers.length);
    for (const { sizeMax } of instrument.tiers)
      for (const size of [1, sizeMax - 1, sizeMax, sizeMax + 1, sizeMax * 3]) {
        const theirs = tierOf(holding, size);
        assert.equal(instrument.tierIndex(size), tierIndex(holding, size), `${instrument.id} ${size}`);
        assert.equal(instrument.tierOf(size)!.maintenance, theirs.maintenance);
        const takerFee = Number(TAKER_RATE);
        const rates = ratesAt(instrument, size, { maintenanceRate: 0.01, takerFee });
        assert.equal(rates.maintenanceRate, Math.max(0.01, Number(theirs.maintenance)));
        const price = liquidationPrice(instrument, 'long', market.last, 5, rates);
        const first = liquidationPrice(instrument, 'long', market.last, 5, {
          maintenanceRate: 0.01,
          takerFee,
        });
        assert.ok(rates.maintenanceRate > 0.01 ? price > first : price === first, 'never further away');
        seen++;
      }
  }
  assert.ok(seen >= 60, `${seen} sizes`);
});
