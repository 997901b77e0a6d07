import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtectionEvent } from '../../core/events.ts';
import { Desk } from '../../core/testing/desk.ts';
import { BTC, ETH } from '../../core/testing/specs.ts';
import { ticks, us } from '../../core/units.ts';
import { Trips } from './trips.ts';

test('a trade is told with every place that its stop has really been, once each', () => {
  const desk = new Desk();
  desk.open();
  const trips = new Trips([BTC]);
  const place = desk.enter('long');
  for (const command of desk.commands) trips.command(command);
  const step = (fill: ReturnType<Desk['fillEvent']>): void => {
    trips.fill(fill, null);
    for (const command of desk.step(fill)) trips.command(command);
  };
  const { protectionId, takeProfit, stopLoss, size } = place;
  const said = (at: number, stop: number, refusal = ''): void =>
    trips.moved(
      new ProtectionEvent(us(desk.now + at * 1000), 0, protectionId, takeProfit, ticks(stop), refusal),
    );
  said(0, 1); // of nobody's trade
  step(desk.fillEvent(place.clientOrderId, 'buy', size, 600_000));
  desk.order(place.clientOrderId, 'filled', size);
  said(10, stopLoss, '51280 the market is beyond it');
  said(20, 600_700);
  said(30, 600_700);
  said(40, 601_500);
  step(desk.fillEvent(protectionId, 'sell', size, 601_490, 'stopLoss'));
  const at = desk.now / 1000;
  const price = (value: number): number => value / 10;
  assert.deepEqual(trips.trades[0]!.moves, [
    { at: at + 20, stop: price(600_700), target: price(takeProfit) },
    { at: at + 40, stop: price(601_500), target: price(takeProfit) },
  ]);
  assert.equal(trips.trades[0]!.stop, price(stopLoss));
  // the next one begins anew
  const next = desk.pass(10_000).enter('long');
  step(desk.fillEvent(next.clientOrderId, 'buy', next.size, 600_000));
  desk.order(next.clientOrderId, 'filled', next.size);
  step(desk.fillEvent(next.protectionId, 'sell', next.size, 599_000, 'stopLoss'));
  assert.deepEqual(trips.trades[1]!.moves, []);
});

test('refusals are counted by symbol and reason, each with the words of its first', () => {
  const trips = new Trips([BTC, ETH]);
  const refuse = (instrument: number, refusal: string, detail: string): void =>
    trips.command({
      kind: 'decision',
      instrument,
      at: us(0),
      proposer: 'signal',
      direction: 'long',
      confidence: 1,
      reasons: [],
      outcome: 'refused',
      refusal,
      detail,
      clientOrderId: '',
    });
  refuse(1, 'size', 'size 0 lots, the venue takes at least 1');
  refuse(0, 'size', 'size 900 lots, the venue takes at most 800');
  refuse(1, 'size', 'size 0.5 lots, the venue takes at least 1');
  refuse(1, 'openPositions', '1 positions open, limit 1');
  assert.deepEqual(trips.refused, [
    { symbol: ETH.id, reason: 'size', count: 2, example: 'size 0 lots, the venue takes at least 1' },
    { symbol: BTC.id, reason: 'size', count: 1, example: 'size 900 lots, the venue takes at most 800' },
    { symbol: ETH.id, reason: 'openPositions', count: 1, example: '1 positions open, limit 1' },
  ]);
  assert.equal(trips.entered, 0);
});
