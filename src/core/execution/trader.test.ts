import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeedEvent } from '../events.ts';
import { Instrument } from '../instrument.ts';
import {
  cancelsIn,
  closedIn,
  DESK_CONFIG,
  Desk,
  decisionsIn,
  openOrder,
  placesIn,
  positionOf,
} from '../testing/desk.ts';
import { BTC, ETH, SPECS } from '../testing/specs.ts';
import { ticks, us } from '../units.ts';

const opened = (changes: ConstructorParameters<typeof Desk>[0] = {}): Desk => {
  const desk = new Desk(changes);
  desk.open();
  return desk;
};
const postOnly = { execution: { ...DESK_CONFIG.execution, entry: 'postOnly' as const } };
const killed = (desk: Desk): boolean => desk.engine.risk.killed;

// --- entering -------------------------------------------------------------------------------------------------------

test('nothing is sent before the account is reconciled', () => {
  const desk = new Desk();
  desk.market();
  for (let i = 0; i < 20; i++) assert.deepEqual(desk.lean('long'), []);
  assert.equal(desk.trader.state, 'recovering');
  desk.account();
  assert.notEqual(desk.enter('long'), undefined);
});

test('a long entry: within its collar, stop below, target above, leverage in bounds, told with its reasons', () => {
  const desk = opened();
  const place = desk.enter('long');
  assert.equal(desk.trader.state, 'entering');
  assert.equal(place.type, 'market');
  assert.equal(place.side, 'buy');
  assert.equal(place.reduceOnly, false);
  assert.ok(place.price >= 600_002 && place.price <= 600_002 * 1.0005);
  assert.ok(place.stopLoss < 600_002 && place.takeProfit > 600_002);
  assert.ok(place.leverage >= 1 && place.leverage <= 5);
  assert.match(place.clientOrderId, /^[A-Za-z0-9]{1,32}$/);
  assert.match(place.protectionId, /^[A-Za-z0-9]{1,32}$/);
  const [decision] = decisionsIn(desk.commands).filter(({ outcome }) => outcome === 'entered');
  assert.equal(decision!.clientOrderId, place.clientOrderId);
  assert.equal(decision!.direction, 'long');
  assert.ok(decision!.reasons.length > 0);
});

test('a short entry is the mirror image of the long one', () => {
  const [long, short] = [opened().enter('long'), opened().enter('short')];
  assert.equal(short.side, 'sell');
  const mirror = (price: number): number => 1_200_002 - price;
  assert.equal(mirror(short.takeProfit), long.takeProfit);
  assert.equal(mirror(short.stopLoss), long.stopLoss);
  assert.equal(short.size, long.size);
  assert.equal(short.leverage, long.leverage);
});

test('one entry at a time: however strong the signal stays, no second one leaves', () => {
  const desk = opened();
  const place = desk.enter('long');
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.order(place.clientOrderId, 'live');
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
});

test('a refused signal is told once, then again after half a minute', () => {
  const desk = opened();
  desk.operate('pause');
  let told = 0;
  for (let i = 0; i < 250; i++) told += decisionsIn(desk.lean('long')).length;
  assert.equal(told, 1);
  for (let i = 0; i < 250; i++) told += decisionsIn(desk.lean('long')).length;
  assert.equal(told, 2);
  const [decision] = decisionsIn(desk.commands);
  assert.deepEqual([decision!.outcome, decision!.detail], ['refused', 'entries are paused']);
});

// --- the life of a trade --------------------------------------------------------------------------------------------

for (const fillFirst of [true, false])
  test(`entry, target, cooldown, next entry; the fill comes ${fillFirst ? 'before' : 'after'} the order's end`, () => {
    const desk = opened();
    const place = desk.enter('long');
    const { clientOrderId: id, size } = place;
    desk.order(id, 'live');
    if (fillFirst) desk.fill(id, 'buy', size);
    else desk.order(id, 'filled', size);
    // one half of the truth is not enough
    assert.equal(desk.trader.state, 'entering');
    if (fillFirst) desk.order(id, 'filled', size);
    else desk.fill(id, 'buy', size);
    assert.equal(desk.trader.state, 'open');
    assert.equal(desk.trader.protection?.protectionId, place.protectionId);
    assert.equal(desk.trader.protection?.size, size);
    for (let i = 0; i < 20; i++) assert.deepEqual(placesIn(desk.lean('long')), []);

    const out = desk.fill(place.protectionId, 'sell', size, 602_000, 'takeProfit');
    const [closed] = closedIn(out);
    assert.equal(closed!.trade.exitReason, 'takeProfit');
    assert.equal(closed!.trade.size, size);
    assert.equal(closed!.trade.clientOrderId, id);
    assert.equal(desk.trader.state, 'idle');
    assert.equal(desk.trader.protection, null);
    desk.order(place.protectionId, 'filled', size);

    const closedAt = desk.now;
    const next = desk.enter('long');
    assert.ok(desk.now - closedAt >= DESK_CONFIG.execution.cooldownMs * 1000);
    assert.notEqual(next.clientOrderId, id);
  });

test('an entry filled in part and canceled is a position of that part', () => {
  const desk = opened();
  const place = desk.enter('short');
  desk.order(place.clientOrderId, 'live');
  desk.fill(place.clientOrderId, 'sell', 7, 600_000);
  desk.order(place.clientOrderId, 'canceled', 7, '14 the rest found nothing within its price');
  assert.equal(desk.trader.state, 'open');
  assert.equal(desk.trader.protection?.size, 7);
  const [exit] = placesIn(desk.operate('close'));
  assert.deepEqual([exit!.side, exit!.size, exit!.reduceOnly], ['buy', 7, true]);
});

test('a rejected entry says why, cools down, and is tried again under a new id', () => {
  const desk = opened();
  const place = desk.enter();
  desk.order(place.clientOrderId, 'rejected', 0, '51008 insufficient balance');
  assert.equal(desk.trader.state, 'idle');
  assert.equal(desk.trader.note, '51008 insufficient balance');
  const at = desk.now;
  assert.notEqual(desk.enter().clientOrderId, place.clientOrderId);
  assert.ok(desk.now - at >= 3_000_000);
});

test('an order without an answer blocks new entries until the venue has been asked', () => {
  const desk = opened();
  const place = desk.enter();
  desk.order(place.clientOrderId, 'unknown');
  for (let i = 0; i < 300; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.fill(place.clientOrderId, 'buy', place.size);
  desk.order(place.clientOrderId, 'filled', place.size);
  assert.equal(desk.trader.state, 'open');
});

test('a fill after its order was given up is closed at once and ends flat', () => {
  const desk = opened();
  const place = desk.enter();
  desk.order(place.clientOrderId, 'canceled', 0);
  assert.equal(desk.trader.state, 'idle');
  const [exit] = placesIn(desk.fill(place.clientOrderId, 'buy', 5));
  assert.deepEqual([exit!.side, exit!.size, exit!.reduceOnly, exit!.type], ['sell', 5, true, 'market']);
  desk.fill(exit!.clientOrderId, 'sell', 5, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'filled', 5);
  assert.equal(desk.trader.state, 'idle');
  assert.equal(desk.engine.account.positions[0]!.size, 0);
});

test('a fill of an older order during an entry that itself never fills is not taken for a protected position', () => {
  const desk = opened();
  const first = desk.enter();
  desk.order(first.clientOrderId, 'canceled', 0);
  const second = desk.enter();
  desk.fill(first.clientOrderId, 'buy', 5);
  const [exit] = placesIn(desk.order(second.clientOrderId, 'canceled', 0));
  assert.deepEqual([exit?.side, exit?.size], ['sell', 5]);
});

test('a fill that leaves more than the stop covers closes the position', () => {
  const desk = opened();
  const first = desk.enter();
  desk.order(first.clientOrderId, 'canceled', 0);
  const second = desk.hold();
  const [exit] = placesIn(desk.fill(first.clientOrderId, 'buy', 5));
  assert.deepEqual([exit?.side, exit?.size], ['sell', second.size + 5]);
  assert.match(desk.trader.note, /more than the stop covers/);
});

test('a position turned round has no stop that fits', () => {
  const desk = opened();
  const first = desk.enter('short');
  desk.order(first.clientOrderId, 'canceled', 0);
  const second = desk.hold('long');
  const [exit] = placesIn(desk.fill(first.clientOrderId, 'sell', second.size + 3));
  assert.deepEqual([exit?.side, exit?.size], ['buy', 3]);
});

// --- protection -----------------------------------------------------------------------------------------------------

for (const state of ['canceled', 'rejected'] as const)
  test(`a protection that is ${state} while the position is open closes it`, () => {
    const desk = opened();
    const place = desk.hold();
    const [exit] = placesIn(desk.order(place.protectionId, state, 0, '51277 wrong side'));
    assert.deepEqual([exit!.side, exit!.size, exit!.reduceOnly], ['sell', place.size, true]);
    assert.match(desk.trader.note, /51277 wrong side/);
  });

test('a protection that is lost before its entry has ended is not forgotten', () => {
  const desk = opened();
  const place = desk.enter();
  desk.fill(place.clientOrderId, 'buy', place.size);
  const out = desk.order(place.protectionId, 'rejected', 0, '51277 wrong side');
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  const [exit] = placesIn(desk.order(place.clientOrderId, 'filled', place.size));
  assert.deepEqual([exit?.side, exit?.size], ['sell', place.size]);
});

test('a target that could close only in part: the rest is closed by us', () => {
  const desk = opened();
  const place = desk.hold();
  desk.fill(place.protectionId, 'sell', place.size - 3, 602_000, 'takeProfit');
  assert.equal(desk.trader.state, 'open');
  const [exit] = placesIn(
    desk.order(place.protectionId, 'canceled', place.size - 3, '14 the book was too thin'),
  );
  assert.equal(exit!.size, 3);
});

test('a liquidation ends the trade like any other close', () => {
  const desk = opened();
  const place = desk.hold();
  const [closed] = closedIn(desk.fill('liquidation7', 'sell', place.size, 550_000, 'liquidation'));
  assert.equal(closed!.trade.exitReason, 'liquidation');
  assert.equal(desk.trader.state, 'idle');
});

// --- getting out ----------------------------------------------------------------------------------------------------

test('close: one reduce-only order of the whole position, then idle; a standing pair is cleared away', () => {
  const desk = opened();
  const place = desk.hold();
  const [exit] = placesIn(desk.operate('close'));
  assert.deepEqual([exit!.type, exit!.size, exit!.reduceOnly], ['market', place.size, true]);
  assert.equal(desk.trader.state, 'exiting');
  assert.deepEqual(placesIn(desk.operate('close')), [], 'said twice, sent once');
  desk.fill(exit!.clientOrderId, 'sell', place.size, 600_000, 'close');
  const out = desk.order(exit!.clientOrderId, 'filled', place.size);
  assert.equal(desk.trader.state, 'idle');
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId, target }) => [clientOrderId, target]),
    [[place.protectionId, 'protection']],
  );
});

test('an exit that failed is tried again after the pause, for what is left', () => {
  const desk = opened();
  const place = desk.hold();
  const [exit] = placesIn(desk.operate('close'));
  desk.fill(exit!.clientOrderId, 'sell', 2, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'canceled', 2, '14 nothing left');
  assert.equal(desk.trader.state, 'open');
  assert.deepEqual(placesIn(desk.lean('none')), []);
  desk.pass(1000);
  const [again] = placesIn(desk.timer());
  assert.equal(again!.size, place.size - 2);
  assert.notEqual(again!.clientOrderId, exit!.clientOrderId);
});

test('the stop firing while our exit is on its way: both ends are waited for', () => {
  const desk = opened();
  const place = desk.hold();
  const [exit] = placesIn(desk.operate('close'));
  desk.fill(place.protectionId, 'sell', place.size, 595_000, 'stopLoss');
  assert.equal(desk.trader.state, 'exiting');
  desk.order(exit!.clientOrderId, 'rejected', 0, '51169 reduce-only without a position');
  assert.equal(desk.trader.state, 'idle');
});

test('what is larger than the venue takes at once goes in parts', () => {
  const small = new Instrument({ ...SPECS.btc, maxMktSz: '0.5' });
  const desk = new Desk({}, [small]);
  desk.market();
  const [exit] = placesIn(desk.account([{ ...positionOf(120, 0) }]));
  assert.equal(exit!.size, 50);
  desk.fill(exit!.clientOrderId, 'sell', 50, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'filled', 50);
  desk.pass(1000);
  assert.equal(placesIn(desk.timer())[0]!.size, 50);
});

test('an exit that keeps failing is sent again at market, reduce-only, under a new id, waiting longer each time', () => {
  const desk = opened();
  const place = desk.hold();
  const exits = placesIn(desk.operate('close'));
  const sentAt = [desk.now];
  while (exits.length < 8) {
    const { clientOrderId } = exits.at(-1)!;
    if (desk.trader.state === 'exiting')
      desk.order(clientOrderId, exits.length % 2 === 0 ? 'rejected' : 'canceled', 0, '50026 system error');
    // only the timers that were asked for: nothing else may be needed to go on
    desk.now = Math.min(...desk.timers.filter((at) => at > desk.now));
    const again = placesIn(desk.timer());
    if (again.length === 0) continue;
    exits.push(...again);
    sentAt.push(desk.now);
  }
  for (const exit of exits)
    assert.deepEqual(
      [exit.type, exit.reduceOnly, exit.side, exit.size, exit.purpose],
      ['market', true, 'sell', place.size, 'close'],
    );
  assert.equal(new Set(exits.map(({ clientOrderId }) => clientOrderId)).size, 8);
  const waits = sentAt.slice(1).map((at, i) => (at - sentAt[i]!) / 1000);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('an entry that fills in pieces is protected for what it has filled, whatever comes of the rest', () => {
  const desk = opened(postOnly);
  const place = desk.enter('long');
  desk.order(place.clientOrderId, 'live');
  desk.fill(place.clientOrderId, 'buy', 3);
  desk.order(place.clientOrderId, 'partiallyFilled', 3);
  desk.fill(place.clientOrderId, 'buy', 2);
  assert.equal(desk.trader.state, 'entering');
  // the end comes before the last fill: the size of the stop is not settled until both are there
  desk.order(place.clientOrderId, 'canceled', 9, '1 by the user');
  assert.equal(desk.trader.state, 'entering');
  assert.deepEqual(placesIn(desk.fill(place.clientOrderId, 'buy', 4)), []);
  const { protectionId, takeProfit, stopLoss } = place;
  assert.deepEqual(desk.trader.protection, { protectionId, takeProfit, stopLoss, size: 9 });
  // and what comes beyond that has no stop
  const [exit] = placesIn(desk.fill(place.clientOrderId, 'buy', 1));
  assert.deepEqual([exit?.side, exit?.size], ['sell', 10]);
});

test('a stop that fires while its entry still fills: the rest is withdrawn, and what it filled is closed', () => {
  const desk = opened(postOnly);
  const place = desk.enter('long');
  desk.order(place.clientOrderId, 'live');
  desk.fill(place.clientOrderId, 'buy', 3);
  const out = desk.fill(place.protectionId, 'sell', 3, 599_000, 'stopLoss');
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  desk.order(place.protectionId, 'filled', 3);
  desk.fill(place.clientOrderId, 'buy', 2);
  const [exit] = placesIn(desk.order(place.clientOrderId, 'canceled', 5));
  assert.deepEqual([exit?.side, exit?.size, exit?.reduceOnly], ['sell', 2, true]);
  // and where nothing more filled, that was it
  const other = opened(postOnly);
  const entry = other.enter('long');
  other.fill(entry.clientOrderId, 'buy', 3);
  other.fill(entry.protectionId, 'sell', 3, 599_000, 'stopLoss');
  assert.deepEqual(placesIn(other.order(entry.clientOrderId, 'canceled', 3)), []);
  assert.equal(other.trader.state, 'idle');
});

test('a position found with a target and no stop is closed', () => {
  const desk = new Desk();
  const found = positionOf(40);
  const protection = { ...found.protection!, stopLoss: ticks(0) };
  const [exit] = placesIn(desk.open([{ ...found, protection }]));
  assert.deepEqual([exit?.side, exit?.size], ['sell', 40]);
});

// --- a person’s word ------------------------------------------------------------------------------------------------

test('kill while idle: off until armed', () => {
  const desk = opened();
  desk.operate('kill');
  assert.equal(desk.trader.state, 'halted');
  for (let i = 0; i < 100; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.operate('resume');
  for (let i = 0; i < 100; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  desk.operate('arm');
  assert.equal(desk.trader.state, 'idle');
  assert.notEqual(desk.enter(), undefined);
});

test('kill while open: flat, then off', () => {
  const desk = opened();
  const place = desk.hold();
  const [exit] = placesIn(desk.operate('kill'));
  desk.order(exit!.clientOrderId, 'filled', place.size);
  desk.fill(exit!.clientOrderId, 'sell', place.size, 600_000, 'close');
  assert.equal(desk.trader.state, 'halted');
});

test('kill while entering: canceled; what had filled is closed; then off', () => {
  const desk = opened();
  const place = desk.enter();
  const out = desk.operate('kill');
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  desk.fill(place.clientOrderId, 'buy', 4);
  const [exit] = placesIn(desk.order(place.clientOrderId, 'canceled', 4));
  assert.deepEqual([exit!.side, exit!.size], ['sell', 4]);
  desk.fill(exit!.clientOrderId, 'sell', 4, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'filled', 4);
  assert.equal(desk.trader.state, 'halted');
});

test('kill while entering, nothing filled: off', () => {
  const desk = opened();
  const place = desk.enter();
  desk.operate('kill');
  desk.order(place.clientOrderId, 'canceled', 0);
  assert.equal(desk.trader.state, 'halted');
});

test('a cancel that got lost is said again until the order ends', () => {
  const desk = opened(postOnly);
  const place = desk.enter();
  desk.order(place.clientOrderId, 'live');
  desk.operate('close');
  assert.deepEqual(cancelsIn(desk.lean('none')), []);
  desk.pass(1000);
  assert.deepEqual(
    cancelsIn(desk.timer()).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  desk.order(place.clientOrderId, 'canceled', 0);
  desk.pass(1000);
  assert.deepEqual(cancelsIn(desk.timer()), []);
});

test('armed again while the exit of a kill is under way: goes on afterwards', () => {
  const desk = opened();
  const place = desk.hold();
  const [exit] = placesIn(desk.operate('kill'));
  desk.operate('arm');
  assert.equal(killed(desk), false);
  desk.fill(exit!.clientOrderId, 'sell', place.size, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'filled', place.size);
  assert.equal(desk.trader.state, 'idle');
});

test('pause stops entries and leaves a position alone', () => {
  const desk = opened();
  desk.hold();
  assert.deepEqual(desk.operate('pause'), []);
  assert.equal(desk.trader.state, 'open');
  const idle = opened();
  idle.operate('pause');
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(idle.lean('long')), []);
  idle.operate('resume');
  assert.notEqual(idle.enter(), undefined);
});

// --- post-only ------------------------------------------------------------------------------------------------------

test('a post-only entry joins the near price and is canceled when its time is up', () => {
  const desk = opened(postOnly);
  const place = desk.enter('long');
  assert.deepEqual([place.type, place.price], ['postOnly', 600_000]);
  const sentAt = desk.now;
  assert.ok(desk.timers.includes(sentAt + 5_000_000));
  desk.order(place.clientOrderId, 'live');
  desk.pass(4999);
  assert.deepEqual(cancelsIn(desk.timer()), []);
  desk.pass(1);
  assert.deepEqual(
    cancelsIn(desk.timer()).map(({ clientOrderId }) => clientOrderId),
    [place.clientOrderId],
  );
  assert.deepEqual(cancelsIn(desk.timer()), [], 'asked once');
  // the fill won the race
  desk.fill(place.clientOrderId, 'buy', place.size, 600_000);
  desk.order(place.clientOrderId, 'filled', place.size);
  assert.equal(desk.trader.state, 'open');
});

test('a short post-only entry joins the ask', () => {
  assert.equal(opened(postOnly).enter('short').price, 600_002);
});

// --- the reconciled account -----------------------------------------------------------------------------------------

test('a position found without its stop is closed at once', () => {
  const desk = new Desk();
  const [exit] = placesIn(desk.open([positionOf(40, 0)]));
  assert.deepEqual([exit!.side, exit!.size, exit!.reduceOnly], ['sell', 40, true]);
  const partly = new Desk();
  assert.equal(placesIn(partly.open([positionOf(-40, 39)]))[0]!.size, 40, 'a stop for a part of it is none');
});

test('a position found with its stop is kept; nothing is entered beside it', () => {
  const desk = new Desk();
  assert.deepEqual(desk.open([positionOf(40)]), []);
  assert.equal(desk.trader.state, 'open');
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  const [closed] = closedIn(desk.fill('h000001x', 'sell', 40, 610_000, 'takeProfit'));
  assert.equal(closed!.trade.exitReason, 'takeProfit');
  assert.equal(desk.trader.state, 'idle');
});

test('an entry found working is canceled; what it fills meanwhile is kept or closed as ever', () => {
  const desk = new Desk();
  const out = desk.open([], [openOrder({ filled: 0 as never })]);
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId }) => clientOrderId),
    ['h000009'],
  );
  assert.equal(desk.trader.state, 'entering');
  desk.fill('h000009', 'buy', 30);
  desk.order('h000009', 'canceled', 30);
  assert.equal(desk.trader.state, 'open');
  assert.deepEqual([desk.trader.protection?.protectionId, desk.trader.protection?.size], ['h000009x', 30]);
});

test('a cancel lost with the connection is sent again after the reconnect', () => {
  const desk = opened(postOnly);
  const place = desk.enter();
  desk.order(place.clientOrderId, 'live');
  assert.equal(cancelsIn(desk.operate('close')).length, 1);
  const { clientOrderId, side, size, takeProfit, stopLoss } = place;
  const out = desk.account([], [openOrder({ clientOrderId, side, size, takeProfit, stopLoss })]);
  assert.deepEqual(
    cancelsIn(out).map(({ clientOrderId: id }) => id),
    [clientOrderId],
  );
});

test('a kill survives a reconnect: whatever the order then turns out to be, it ends flat and off', () => {
  for (const filled of [0, 12]) {
    const desk = opened();
    const place = desk.enter();
    desk.operate('kill');
    const { clientOrderId, side, size, takeProfit, stopLoss } = place;
    desk.account([], [openOrder({ clientOrderId, side, size, takeProfit, stopLoss })]);
    if (filled > 0) desk.fill(clientOrderId, side, filled);
    const [exit] = placesIn(desk.order(clientOrderId, 'canceled', filled));
    if (filled > 0) {
      desk.fill(exit!.clientOrderId, 'sell', filled, 600_000, 'close');
      desk.order(exit!.clientOrderId, 'filled', filled);
    }
    assert.equal(desk.trader.state, 'halted');
  }
});

test('a close survives a reconnect, and one said before the first reconciliation is heard', () => {
  const desk = opened();
  desk.hold();
  desk.operate('close');
  assert.equal(placesIn(desk.account([positionOf(40)]))[0]!.size, 40);
  const early = new Desk();
  early.market();
  early.operate('close');
  assert.equal(placesIn(early.account([positionOf(40)])).length, 1);
});

test('an exit found working is waited for, and tried again when it fails', () => {
  const desk = new Desk();
  assert.deepEqual(
    placesIn(desk.open([positionOf(40)], [openOrder({ side: 'sell', size: 40 as never, reduceOnly: true })])),
    [],
  );
  assert.equal(desk.trader.state, 'exiting');
  desk.order('h000009', 'canceled', 0);
  desk.pass(1000);
  assert.equal(placesIn(desk.timer())[0]!.size, 40);
});

// --- doubtful markets -----------------------------------------------------------------------------------------------

test('no entry on a book that is not live; the exit of a position does not wait for it', () => {
  const desk = opened();
  desk.step(new FeedEvent(us(desk.now), 0, false, 'gap'));
  desk.pass(5000);
  assert.deepEqual(placesIn(desk.timer()), []);
  const holding = opened();
  const place = holding.hold();
  holding.step(new FeedEvent(us(holding.now), 0, false, 'gap'));
  const [exit] = placesIn(holding.operate('close'));
  assert.equal(exit!.size, place.size);
});

test('no entry on a stale book, by the engine’s own clock', () => {
  const desk = opened({ execution: { ...DESK_CONFIG.execution, confidenceThreshold: 0 } });
  desk.operate('pause');
  for (let i = 0; i < 10; i++) desk.lean('long');
  desk.operate('resume');
  desk.pass(2001);
  assert.deepEqual(placesIn(desk.timer()), []);
  assert.match(decisionsIn(desk.commands).at(-1)!.detail, /book is 2001 ms old/);
});

test('no entry while volatility is unknown', () => {
  const desk = new Desk();
  desk.step(new FeedEvent(us(desk.now), 0, true, ''));
  desk.account();
  for (let i = 0; i < 20; i++) assert.deepEqual(placesIn(desk.lean('long')), []);
  assert.match(decisionsIn(desk.commands).at(-1)!.detail, /volatility not known/);
});

// --- two instruments, repeats ---------------------------------------------------------------------------------------

test('two instruments share one limit on positions, from the moment the first entry leaves', () => {
  const desk = new Desk({}, [BTC, ETH]);
  desk.open();
  const place = desk.enter('long', 0);
  for (let i = 0; i < 50; i++) assert.deepEqual(placesIn(desk.lean('long', 1)), []);
  assert.match(decisionsIn(desk.commands).at(-1)!.detail, /1 positions open, limit 1/);
  desk.order(place.clientOrderId, 'canceled', 0);
  assert.equal(desk.enter('long', 1).instrument, 1);
});

test('a repeat of any event of a whole trade changes nothing', () => {
  const once = opened();
  const twice = opened();
  const tell = (desk: Desk, times: number): void => {
    const place = desk.enter('long');
    const { clientOrderId: id, protectionId, size } = place;
    const both = (send: () => void): void => {
      for (let i = 0; i < times; i++) send();
    };
    const half = desk.fillEvent(id, 'buy', 3, 600_002);
    const rest = desk.fillEvent(id, 'buy', size - 3, 600_002);
    const target = desk.fillEvent(protectionId, 'sell', size, 602_000, 'takeProfit');
    both(() => desk.order(id, 'live'));
    both(() => desk.step(half));
    both(() => desk.order(id, 'partiallyFilled', 3));
    both(() => desk.step(rest));
    both(() => desk.order(id, 'filled', size));
    both(() => desk.order(id, 'live'));
    both(() => desk.order(protectionId, 'live'));
    both(() => desk.step(target));
    both(() => desk.order(protectionId, 'filled', size));
    desk.enter('short');
  };
  tell(once, 1);
  tell(twice, 3);
  assert.deepEqual(twice.commands, once.commands);
  assert.equal(twice.engine.account.balance, once.engine.account.balance);
  assert.equal(twice.trader.state, once.trader.state);
});

test('the same events give the same commands', () => {
  const play = (): unknown => {
    const desk = opened();
    desk.hold('short');
    desk.operate('close');
    return desk.commands;
  };
  assert.deepEqual(play(), play());
});
