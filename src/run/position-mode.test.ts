/** Our client at an exchange whose account is, or is put, in hedge mode. See docs/decisions/0013-position-mode.md. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Approved, Place } from '../core/commands.ts';
import { EventKind } from '../core/events.ts';
import { lots, type Side, ticks } from '../core/units.ts';
import type { PositionSide } from '../exchange/accounts/holding.ts';
import { loadScenario } from '../exchange/scenarios/load.ts';
import { startExchange } from '../exchange/server.ts';
import { HEDGED } from '../venue/okx/position-mode.ts';
import { OkxVenue } from '../venue/okx/venue.ts';
import { RealClock } from './clock.ts';

const SWAP = 'BTC-USDT-SWAP';
const WITHIN_MS = 20_000;

async function world(context: TestContext) {
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
    ...{ exchange, us: us!, venue, told, live, logs, price },
    /** Somebody who takes the other side of what is traded at this price. */
    offer: (side: Side) => trade(maker, side, 1000, price, 'net'),
    byHand: (side: Side, size: number, positionSide: PositionSide) =>
      trade(us, side, size, price, positionSide),
    connect: () =>
      venue.connect((event) => {
        if (event.kind === EventKind.order)
          told.push(`${event.clientOrderId} ${event.state} ${event.filled} ${event.reason}`);
      }),
    buy: (clientOrderId: string) =>
      venue.submit({
        ...{ kind: 'place', instrument: 0, clientOrderId, side: 'buy', type: 'ioc', size: lots(10) },
        ...{ price: ticks(price), reduceOnly: false, leverage: 3, takeProfit: ticks(0), stopLoss: ticks(0) },
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

test('an account in hedge mode with a leg open is refused and left as it is; closed, it is put in net mode', async (context) => {
  const { exchange, us, venue, offer, byHand, logs } = await world(context);
  assert.ok(exchange.settings.setPositionMode(us, 'long_short_mode').ok);
  offer('sell');
  byHand('buy', 100, 'long');
  offer('buy');
  byHand('sell', 40, 'short');
  await assert.rejects(venue.checkPermissions(), {
    name: 'VenueError',
    action: 'stop',
    message: /hedge mode .* with 2 positions, 0 orders and 0 algo orders open.*close them.*sub-account/,
  });
  await assert.rejects(venue.state(), {
    name: 'VenueError',
    action: 'stop',
    message: /position in hedge mode/,
  });
  const sizes = [...us.holdings.values()].map(({ size }) => size).filter((size) => size !== 0);
  assert.deepEqual([us.positionMode, ...sizes], ['long_short_mode', 100, -40]);

  byHand('sell', 100, 'long');
  offer('sell');
  byHand('buy', 40, 'short');
  await venue.checkPermissions();
  assert.equal(us.positionMode, 'net_mode');
  assert.ok(logs.some((line) => line.startsWith('warn the account was in hedge mode with nothing open')));
  assert.deepEqual((await venue.state()).positions, []);
});

test('put in hedge mode while flat: entries are refused in words, nothing more is sent, and it goes on when put back', async (context) => {
  const { exchange, us, connect, buy, told, live, until, offer } = await world(context);
  await connect();
  assert.ok(exchange.settings.setPositionMode(us, 'long_short_mode').ok);
  offer('sell');
  buy('a1');
  await until('the refusal', () => told.some((line) => line.startsWith('a1 rejected')));
  assert.ok(told[0]!.includes(HEDGED), told[0]);
  buy('a2');
  await until('the second', () => told.some((line) => line.startsWith('a2 rejected')));
  assert.equal(us.fills.items.length, 0);

  assert.ok(exchange.settings.setPositionMode(us, 'net_mode').ok);
  await until('net mode noticed', () => live.at(-1) === 'true the account is in net mode again');
  buy('a3');
  await until('the fill', () => told.some((line) => line.startsWith('a3 filled 10')));
  // and now OKX itself keeps anybody from changing the mode
  assert.equal(exchange.settings.setPositionMode(us, 'long_short_mode').ok, false);
});
