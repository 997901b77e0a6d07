import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Approved, Place } from '../../core/commands.ts';
import { EventKind } from '../../core/events.ts';
import { lots, type Side, ticks } from '../../core/units.ts';
import type { PositionSide } from '../../exchange/accounts/holding.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { startExchange } from '../../exchange/server.ts';
import { OkxVenue } from '../../venue/okx/venue.ts';
import type { VenueEvent } from '../../venue/venue.ts';
import { RealClock } from '../clock.ts';

const SWAP = 'BTC-USDT-SWAP';
const WITHIN_MS = 20_000;

/** Our client as it ships, over real sockets, at an exchange where nothing trades but what a test lets trade. */
export async function quietMarket(context: TestContext) {
  const rich = { cash: { USDT: '1000000000' } };
  const handle = await startExchange({
    port: 0,
    seed: 12,
    scenario: { ...loadScenario('empty'), instruments: [SWAP] },
    accounts: [{ cash: { USDT: '100000' } }, rich],
    rateLimits: false,
  });
  const { exchange, rest, ws, apiKey, secret, passphrase } = handle;
  const [us, maker] = exchange.accounts;
  const market = exchange.market(SWAP)!;
  const told: string[] = [];
  const live: string[] = [];
  const logs: string[] = [];
  const venue = new OkxVenue({
    ...{ rest, ws, credentials: { apiKey, secret, passphrase }, demo: false, random: Math.random },
    clock: new RealClock(),
    log: (level, message) => logs.push(`${level} ${message}`),
    instruments: [market.instrument],
    auditEveryMs: 100,
    onLive: (isLive, reason) => live.push(`${isLive} ${reason}`),
  });
  context.after(async () => {
    await venue.stop();
    await handle.close();
  });
  const trade = (account: typeof us, side: Side, size: number, price: number, positionSide: PositionSide) => {
    const order = { market, side, size, price, positionSide, type: 'limit' } as const;
    const rest = { clientId: '', tag: '', reduceOnly: false, attachments: [] };
    const placed = exchange.orders.place(account!, { ...order, ...rest });
    assert.ok(placed.ok);
    exchange.followUp();
  };
  const price = market.last;
  return {
    ...{ exchange, us: us!, market, venue, told, live, logs, price },
    /** Somebody who stands ready to trade, so many ticks above the price. */
    offer: (side: Side, size = 1000, above = 0) => trade(maker, side, size, price + above, 'net'),
    byHand: (side: Side, size: number, positionSide: PositionSide) =>
      trade(us, side, size, price, positionSide),
    connect: (heard: (event: VenueEvent) => void = () => undefined) =>
      venue.connect((event) => {
        heard(event);
        if (event.kind === EventKind.order)
          told.push(`${event.clientOrderId} ${event.state} ${event.filled} ${event.reason}`);
      }),
    /** Immediate or cancel, at most so many ticks above the price. */
    send: (clientOrderId: string, side: Side = 'buy', size = 10, above = 0) =>
      venue.submit({
        ...{ kind: 'place', instrument: 0, clientOrderId, side, type: 'ioc', size: lots(size) },
        ...{
          price: ticks(price + above),
          reduceOnly: false,
          leverage: 3,
          takeProfit: ticks(0),
          stopLoss: ticks(0),
        },
        ...{ protectionId: '', purpose: 'entry' },
      } as Place as Approved<Place>),
    until: async (what: string, isSo: () => boolean) => {
      const end = performance.now() + WITHIN_MS;
      while (!isSo()) {
        if (performance.now() > end)
          throw new Error(`waited in vain for ${what}\n${[...told, ...live, ...logs.slice(-10)].join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}
