/** Our client at an exchange whose account is, or is put, in hedge mode. See docs/decisions/0013-position-mode.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEDGED } from '../venue/okx/position-mode.ts';
import { quietMarket } from './testing/quiet-market.ts';

test('an account in hedge mode with a leg open is refused and left as it is; closed, it is put in net mode', async (context) => {
  const { exchange, us, venue, offer, byHand, logs } = await quietMarket(context);
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
  const { exchange, us, connect, send, told, live, until, offer } = await quietMarket(context);
  await connect();
  assert.ok(exchange.settings.setPositionMode(us, 'long_short_mode').ok);
  offer('sell');
  send('a1');
  await until('the refusal', () => told.some((line) => line.startsWith('a1 rejected')));
  assert.ok(told[0]!.includes(HEDGED), told[0]);
  send('a2');
  await until('the second', () => told.some((line) => line.startsWith('a2 rejected')));
  assert.equal(us.fills.items.length, 0);

  assert.ok(exchange.settings.setPositionMode(us, 'net_mode').ok);
  await until('net mode noticed', () => live.at(-1) === 'true the account is in net mode again');
  send('a3');
  await until('the fill', () => told.some((line) => line.startsWith('a3 filled 10')));
  // and now OKX itself keeps anybody from changing the mode
  assert.equal(exchange.settings.setPositionMode(us, 'long_short_mode').ok, false);
});
