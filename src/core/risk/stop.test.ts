/** What an engine does when it is told to stop: by a person, or by a limit that is reached. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountEvent, type Event, MarkEvent, OperatorEvent } from '../events.ts';
import { parseMoney } from '../instrument.ts';
import { cancelsIn, DESK_CONFIG, Desk, placesIn, positionOf } from '../testing/desk.ts';
import { ms, ticks, us } from '../units.ts';
import type { RiskConfig } from './limits.ts';

const deskWith = (risk: Partial<RiskConfig>): Desk => {
  const desk = new Desk({ risk: { ...DESK_CONFIG.risk, ...risk } });
  desk.open();
  return desk;
};
const kill = (desk: Desk, flatten: boolean): Event => new OperatorEvent(us(desk.now), 'kill', flatten);
const mark = (desk: Desk, price: number): Event =>
  new MarkEvent(us(desk.now), 0, ms(Math.floor(desk.now / 1000)), ticks(price));

test('a kill that keeps positions sends no exit; the stop ends it, and then it is off until armed', () => {
  const desk = new Desk();
  desk.open();
  const place = desk.hold();
  assert.deepEqual(placesIn(desk.step(kill(desk, false))), []);
  assert.equal(desk.trader.state, 'open');
  assert.equal(desk.trader.protection?.protectionId, place.protectionId);
  desk.pass(60_000);
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.fill(place.protectionId, 'sell', place.size, 595_000, 'stopLoss');
  assert.equal(desk.trader.state, 'halted');
  desk.pass(60_000);
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.operate('arm');
  assert.equal(desk.trader.state, 'idle');
  desk.enter('long');
});

test('a kill that closes positions, after one that kept them, closes them', () => {
  const desk = new Desk();
  desk.open();
  const place = desk.hold();
  desk.step(kill(desk, false));
  const [exit] = placesIn(desk.step(kill(desk, true)));
  assert.equal(exit?.reduceOnly, true);
  assert.equal(exit?.size, place.size);
});

for (const flatten of [false, true])
  test(`an entry that fills in part before the kill reaches it is ${flatten ? 'closed' : 'kept under its stop'}`, () => {
    const desk = new Desk();
    desk.open();
    const place = desk.enter();
    desk.order(place.clientOrderId, 'live');
    desk.fill(place.clientOrderId, place.side, 10);
    const told = desk.step(kill(desk, flatten));
    assert.deepEqual(
      cancelsIn(told).map(({ clientOrderId }) => clientOrderId),
      [place.clientOrderId],
    );
    const after = desk.order(place.clientOrderId, 'canceled', 10);
    assert.equal(placesIn(after).length, flatten ? 1 : 0);
    assert.equal(desk.trader.state, flatten ? 'exiting' : 'open');
    assert.equal(desk.trader.protection?.size, 10);
  });

test('armed with a position still open, it goes on as if nothing had been', () => {
  const desk = new Desk();
  desk.open();
  const place = desk.hold();
  desk.step(kill(desk, false));
  desk.operate('arm');
  assert.equal(desk.trader.state, 'open');
  desk.fill(place.protectionId, 'sell', place.size, 610_000, 'takeProfit');
  assert.equal(desk.trader.state, 'idle');
});

for (const flatten of [false, true])
  test(`after a restart a killed position is ${flatten ? 'closed' : 'kept under its stop'}`, () => {
    const desk = new Desk();
    desk.market();
    desk.step(kill(desk, flatten));
    const out = desk.account([positionOf(50)]);
    assert.equal(placesIn(out).length, flatten ? 1 : 0);
    assert.equal(desk.trader.state, flatten ? 'exiting' : 'open');
  });

test('a kill of an idle engine halts it, whatever it says about positions', () => {
  for (const flatten of [false, true]) {
    const desk = new Desk();
    desk.open();
    desk.step(kill(desk, flatten));
    assert.equal(desk.trader.state, 'halted');
  }
});

test('the day’s loss ends entries and leaves the position its stop', () => {
  const desk = deskWith({ dailyLossMax: 0.01 });
  const place = desk.hold();
  const perTick = place.size * 1e-5;
  const out = desk.step(mark(desk, 600_002 - Math.ceil(100 / perTick)));
  assert.deepEqual(out, []);
  assert.equal(desk.trader.state, 'open');
  desk.fill(place.protectionId, 'sell', place.size, 595_000, 'stopLoss');
  assert.equal(desk.trader.state, 'idle');
  desk.pass(60_000);
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  // 12:00 to midnight
  desk.pass(12 * 3_600_000);
  desk.enter('long');
});

test('where it is so configured the day’s loss closes the position, once', () => {
  const desk = deskWith({ dailyLossMax: 0.01, breachFlattens: true });
  const place = desk.hold();
  const price = 600_002 - Math.ceil(100 / (place.size * 1e-5));
  const [exit] = placesIn(desk.step(mark(desk, price)));
  assert.equal(exit?.reduceOnly, true);
  assert.match(desk.trader.note, /lost 1 % since 00:00 UTC/);
  assert.deepEqual(placesIn(desk.step(mark(desk, price - 1000))), []);
  // and again after a restart that found it still open
  const next = deskWith({ dailyLossMax: 0.01, breachFlattens: true });
  const state = desk.engine.risk.state(us(desk.now));
  const event = new AccountEvent(us(desk.now), parseMoney('10000'), [positionOf(place.size)], [], 77, state);
  assert.equal(placesIn(next.step(event)).length, 1);
});

test('a limit that is reached while an entry is under way takes the entry back', () => {
  const desk = deskWith({ dailyLossMax: 0.01 });
  const place = desk.enter();
  desk.order(place.clientOrderId, 'live');
  desk.fill(place.clientOrderId, place.side, 50);
  const out = desk.step(mark(desk, 600_002 - Math.ceil(100 / (50 * 1e-5))));
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  desk.order(place.clientOrderId, 'canceled', 50);
  assert.equal(desk.trader.state, 'open');
});
