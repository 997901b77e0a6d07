import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmendProtection, Command, Place } from '../commands.ts';
import { CandleEvent, type PositionState, TradeEvent } from '../events.ts';
import { amendsIn, closedIn, DESK_CONFIG, Desk, placesIn, positionOf } from '../testing/desk.ts';
import { lots, ms, ticks, us } from '../units.ts';
import type { StopsConfig } from './moving-stop.ts';

// Entries at 600,002 with an ATR of 1,000 ticks: stop and R are about 1,000 ticks, the target twice that.

const FEE = 0.0005;
const opened = (stops: Partial<StopsConfig>): Desk => {
  const { execution, exits } = DESK_CONFIG;
  const desk = new Desk({
    execution: { ...execution, stops: { ...execution.stops, ...stops } },
    // room for the stop to go a long way
    exits: { ...exits, takeProfitAtr: 20 },
  });
  desk.open();
  return desk;
};

/** A position of the desk's, told in its own direction: `at(250)` is a price 250 ticks in its favour. */
class Held {
  readonly desk: Desk;
  readonly place: Place;
  readonly sign: 1 | -1;
  readonly entry = 600_000;

  constructor(stops: Partial<StopsConfig>, way: 'long' | 'short' = 'long') {
    this.desk = opened(stops);
    this.sign = way === 'long' ? 1 : -1;
    this.place = this.desk.enter(way);
    this.desk.order(this.place.clientOrderId, 'live');
    this.desk.fill(this.place.clientOrderId, this.place.side, this.place.size, this.entry);
    this.desk.order(this.place.clientOrderId, 'filled', this.place.size);
    assert.equal(this.desk.trader.state, 'open');
  }

  /** From the entry to the first stop. */
  get risk(): number {
    return this.sign * (this.entry - this.place.stopLoss);
  }

  at(inFavour: number): number {
    return this.entry + this.sign * inFavour;
  }

  /** How far in favour a stop lies. */
  of({ stopLoss }: Pick<AmendProtection, 'stopLoss'>): number {
    return this.sign * (stopLoss - this.entry);
  }

  goTo(inFavour: number): Command[] {
    return this.desk.goTo(this.at(inFavour));
  }

  /** The market goes there, and the stop is asked to go where it should: there it is. */
  moved(inFavour: number): AmendProtection {
    const [amend] = amendsIn(this.goTo(inFavour));
    assert.ok(amend !== undefined, `no move at ${inFavour}`);
    this.says(amend);
    return amend;
  }

  says({ takeProfit, stopLoss }: Pick<AmendProtection, 'takeProfit' | 'stopLoss'>, refusal = ''): Command[] {
    return this.desk.stands(this.place.protectionId, takeProfit, stopLoss, refusal);
  }

  /** The venue's stop closes it. */
  fires(price: number): string {
    const { desk, place, sign } = this;
    const side = sign > 0 ? 'sell' : 'buy';
    const [closed] = closedIn(desk.fill(place.protectionId, side, place.size, price, 'stopLoss'));
    return closed!.trade.exitReason;
  }
}

for (const way of ['long', 'short'] as const) {
  test(`${way}: at one R the stop goes to where closing costs nothing, not before and not again`, () => {
    const held = new Held({ breakEvenR: 1 }, way);
    for (const inFavour of [0, 500, held.risk - 1]) assert.deepEqual(amendsIn(held.goTo(inFavour)), []);
    const [amend] = amendsIn(held.goTo(held.risk));
    assert.equal(amend!.cause, 'breakEven');
    assert.equal(amend!.protectionId, held.place.protectionId);
    assert.equal(amend!.takeProfit, held.place.takeProfit);
    // by the accounts of one who pays the taker's fee twice: no loss at this tick, a loss at the one before
    const net = (exit: number): number => held.sign * (exit - held.entry) - FEE * (held.entry + exit);
    assert.ok(net(amend!.stopLoss) >= 0);
    assert.ok(net(amend!.stopLoss - held.sign) < 0);
    held.says(amend!);
    assert.equal(held.desk.trader.protection?.stopLoss, amend!.stopLoss);
    for (const inFavour of [held.risk, 3000, 900]) assert.deepEqual(amendsIn(held.goTo(inFavour)), []);
    assert.equal(held.fires(amend!.stopLoss), 'breakEven');
  });

  test(`${way}: a trailing stop follows the best price at its distance, and never turns back`, () => {
    const held = new Held({ trailingStop: 1, trailingStep: 0.1, trailingIntervalMs: 0 }, way);
    const { risk } = held;
    // the tenth of a step is not worth a move
    assert.deepEqual(amendsIn(held.goTo(Math.floor(risk / 10) - 2)), []);
    let best = 0;
    for (const inFavour of [200, 900, 850, 901, 2500, 2000, 2600, 4000]) {
      const [amend] = amendsIn(held.goTo(inFavour));
      if (inFavour < best + risk / 10) {
        assert.equal(amend, undefined, `moved at ${inFavour}`);
        continue;
      }
      best = inFavour;
      assert.equal(amend!.cause, 'trailingStop');
      assert.ok(Math.abs(held.of(amend!) - (inFavour - risk)) <= 1, `${held.of(amend!)} at ${inFavour}`);
      held.says(amend!);
    }
    assert.equal(held.fires(held.at(4000 - risk)), 'trailingStop');
  });

  test(`${way}: told by trades and by candles as by books; the candle of the entry counts for nothing`, () => {
    const held = new Held({ trailingStop: 1, trailingIntervalMs: 0 }, way);
    const { desk, sign } = held;
    const candle = (openedAgoMs: number, best: number): Command[] => {
      const [near, far] = [held.at(0), held.at(best)];
      const [low, high] = sign > 0 ? [near, far] : [far, near];
      const openAt = ms(Math.ceil(desk.now / 1000) - openedAgoMs);
      return desk.step(
        new CandleEvent(
          us(desk.now),
          0,
          openAt,
          ticks(near),
          ticks(high),
          ticks(low),
          ticks(near),
          lots(9),
          true,
        ),
      );
    };
    desk.pass(30_000);
    held.goTo(0);
    assert.deepEqual(amendsIn(candle(60_000, 700)), []);
    const out = desk.step(
      new TradeEvent(us(desk.now), 0, ms(desk.now / 1000), ticks(held.at(500)), lots(1), 'buy'),
    );
    const [byTrade] = amendsIn(out);
    assert.ok(Math.abs(held.of(byTrade!) - (500 - held.risk)) <= 1);
    held.says(byTrade!);
    const [byCandle] = amendsIn(candle(20_000, 900));
    assert.ok(Math.abs(held.of(byCandle!) - (900 - held.risk)) <= 1);
  });

  test(`${way}: a market that is beyond where the stop ought to be is left at once`, () => {
    const held = new Held({ trailingStop: 0.5, trailingIntervalMs: 60_000 }, way);
    // nearer than the first stop was: it is moved as soon as the position is open
    const [first] = amendsIn(held.desk.commands);
    assert.ok(Math.abs(held.of(first!) + held.risk / 2) <= 1);
    held.says(first!);
    // in favour, but too soon for another step; then back through where the stop would be by now
    assert.deepEqual(held.goTo(2000), []);
    const [exit] = placesIn(held.goTo(1400));
    assert.deepEqual([exit?.type, exit?.size, exit?.reduceOnly], ['market', held.place.size, true]);
    held.desk.order(exit!.clientOrderId, 'filled', held.place.size);
    const side = held.place.side === 'buy' ? 'sell' : 'buy';
    const [closed] = closedIn(
      held.desk.fill(exit!.clientOrderId, side, held.place.size, held.at(1400), 'close'),
    );
    assert.equal(closed!.trade.exitReason, 'trailingStop');
  });
}

test('the distance may be counted in ATR, and no trailing stop is moved while that is not known', () => {
  const held = new Held({ trailingStop: 2, trailingUnit: 'atr', trailingIntervalMs: 0 });
  const atr = held.desk.engine.markets[0]!.atr.value!;
  const amend = held.moved(5000);
  assert.ok(Math.abs(held.of(amend) - (5000 - 2 * atr)) <= 1);
});

test('what the market was before the position was open moves no stop', () => {
  const desk = opened({ trailingStop: 1, trailingIntervalMs: 0 });
  const { clientOrderId, size } = desk.enter('long');
  desk.order(clientOrderId, 'live');
  desk.goTo(604_000);
  desk.pass(50).fill(clientOrderId, 'buy', size, 600_000);
  assert.deepEqual(amendsIn(desk.order(clientOrderId, 'filled', size)), []);
  assert.deepEqual(amendsIn(desk.goTo(600_050)), []);
});

test('… nor does it close one: the price went up, and the position was bought there', () => {
  const desk = opened({ trailingStop: 0.5, trailingIntervalMs: 0 });
  const { clientOrderId, size } = desk.enter('long');
  desk.order(clientOrderId, 'live');
  desk.pass(50).fill(clientOrderId, 'buy', size, 604_000);
  const out = desk.order(clientOrderId, 'filled', size);
  assert.deepEqual(placesIn(out), []);
  assert.equal(amendsIn(out).length, 1);
});

test('steps keep their distance in time', () => {
  const held = new Held({ trailingStop: 1, trailingIntervalMs: 10_000 });
  held.moved(500);
  for (let i = 0; i < 90; i++) assert.deepEqual(amendsIn(held.goTo(600 + 10 * i)), []);
  held.desk.pass(1000);
  assert.equal(amendsIn(held.goTo(1500)).length, 1);
});

test('where the costs are more than the gain so far, the break-even stop waits', () => {
  // two fees are 600 ticks
  const held = new Held({ breakEvenR: 0.3 });
  for (const inFavour of [400, 500, 300, 590]) assert.deepEqual(held.goTo(inFavour), []);
  const [amend] = amendsIn(held.goTo(800));
  assert.equal(amend?.cause, 'breakEven');
});

// --- the venue’s word -----------------------------------------------------------------------------------------------

test('until the venue says so the old stop is believed, and the move is asked for again, waiting longer each time', () => {
  const held = new Held({ breakEvenR: 1 });
  const { desk } = held;
  const [amend] = amendsIn(held.goTo(1200));
  const askedAt = [desk.now];
  while (askedAt.length < 8) {
    desk.pass(100);
    const again = amendsIn(desk.timer());
    if (again.length === 0) continue;
    assert.deepEqual(again, [amend]);
    askedAt.push(desk.now);
  }
  const waits = askedAt.slice(1).map((at, i) => (at - askedAt[i]!) / 1000);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(desk.trader.protection?.stopLoss, held.place.stopLoss);
  assert.deepEqual(placesIn(desk.commands).slice(1), [], 'and nothing else was done about it');
  held.says(amend!);
  assert.equal(desk.trader.protection?.stopLoss, amend!.stopLoss);
  desk.pass(60_000);
  assert.deepEqual(desk.timer(), []);
});

test('each time to ask again is a timer that was asked for', () => {
  const held = new Held({ breakEvenR: 1 });
  const { desk } = held;
  const [amend] = amendsIn(held.goTo(1200));
  for (let i = 0; i < 5; i++) {
    const next = Math.min(...desk.timers.filter((at) => at > desk.now));
    desk.now = next;
    assert.deepEqual(amendsIn(desk.timer()), [amend]);
  }
});

test('a refused move leaves the old stop, and is asked for again after a pause', () => {
  const held = new Held({ breakEvenR: 1 });
  const [amend] = amendsIn(held.goTo(1200));
  const refused = held.says(held.place, '51280 SL trigger price cannot be higher than the last price');
  assert.deepEqual(amendsIn(refused), []);
  assert.equal(held.desk.trader.protection?.stopLoss, held.place.stopLoss);
  assert.equal(held.desk.trader.state, 'open');
  const again = Math.max(...held.desk.timers);
  assert.deepEqual(amendsIn(held.goTo(1200)), []);
  held.desk.now = again;
  assert.deepEqual(amendsIn(held.desk.timer()), [amend]);
});

test('refused because the market went through where the trailing stop was to be: closed at market', () => {
  const held = new Held({ trailingStop: 0.5, trailingIntervalMs: 0 });
  held.goTo(1500);
  // the move is on its way; the market is quicker
  assert.deepEqual(placesIn(held.goTo(700)), []);
  const [exit] = placesIn(held.says(held.place, '51280 SL trigger price cannot be higher'));
  assert.deepEqual([exit?.side, exit?.reduceOnly], ['sell', true]);
});

test('while an answer is awaited a better price is not asked for on top', () => {
  const held = new Held({ trailingStop: 1, trailingIntervalMs: 0 });
  const [first] = amendsIn(held.goTo(500));
  assert.deepEqual(amendsIn(held.goTo(900)), []);
  const [second] = amendsIn(held.says(first!));
  assert.ok(held.of(second!) > held.of(first!));
});

for (const state of ['canceled', 'rejected'] as const)
  test(`a pair that turns out to be ${state} when it is to be moved: closed at market`, () => {
    const held = new Held({ breakEvenR: 1 });
    held.goTo(1200);
    const [exit] = placesIn(held.desk.order(held.place.protectionId, state, 0, '51527 does not exist'));
    assert.deepEqual([exit?.side, exit?.size, exit?.reduceOnly], ['sell', held.place.size, true]);
    for (let i = 0; i < 50; i++) assert.deepEqual(amendsIn(held.goTo(1200 + i)), []);
  });

test('a stop that somebody took away closes the position; one that he moved is believed', () => {
  const held = new Held({ breakEvenR: 1 });
  const moved = { takeProfit: held.place.takeProfit, stopLoss: ticks(held.at(-400)) };
  assert.deepEqual(held.says(moved), []);
  assert.equal(held.desk.trader.protection?.stopLoss, moved.stopLoss);
  const [exit] = placesIn(held.says({ ...moved, stopLoss: ticks(0) }));
  assert.equal(exit?.size, held.place.size);
});

test('a stop that an older move has set back is believed to be there, and moved again', () => {
  const held = new Held({ trailingStop: 1, trailingIntervalMs: 0 });
  const older = held.moved(500);
  const newer = held.moved(1500);
  const [again] = amendsIn(held.says(older));
  assert.equal(held.desk.trader.protection?.stopLoss, older.stopLoss);
  assert.equal(again?.stopLoss, newer.stopLoss);
});

test('what is said of another pair is not said of this one', () => {
  const held = new Held({ breakEvenR: 1 });
  held.desk.stands('somebody', 1, 2);
  assert.equal(held.desk.trader.protection?.stopLoss, held.place.stopLoss);
});

test('a position that is being closed is not looked after any more', () => {
  const held = new Held({ trailingStop: 1, trailingIntervalMs: 0 });
  const [exit] = placesIn(held.desk.operate('close'));
  for (const inFavour of [500, 1500]) assert.deepEqual(amendsIn(held.goTo(inFavour)), []);
  // nor while a failed exit waits to be sent again
  held.desk.order(exit!.clientOrderId, 'canceled', 0, '14 nothing left');
  assert.deepEqual(amendsIn(held.goTo(2500)), []);
});

// --- why it ended ---------------------------------------------------------------------------------------------------

test('a stop that was never moved is a stop loss; one that fired with a move on its way, what is nearer', () => {
  const still = new Held({ breakEvenR: 1 });
  assert.equal(still.fires(still.place.stopLoss - 3), 'stopLoss');
  for (const [price, reason] of [
    [(amend: AmendProtection, _: Held) => amend.stopLoss - 20, 'breakEven'],
    [(_: AmendProtection, held: Held) => held.place.stopLoss + 20, 'stopLoss'],
  ] as const) {
    const held = new Held({ breakEvenR: 1 });
    const [amend] = amendsIn(held.goTo(1200));
    assert.equal(held.fires(price(amend!, held)), reason);
  }
});

test('the next position begins with a stop of its own', () => {
  const held = new Held({ breakEvenR: 1 });
  const amend = held.moved(1200);
  held.fires(amend.stopLoss);
  held.desk.pass(5000);
  for (let i = 0; i < 5; i++) assert.deepEqual(amendsIn(held.desk.timer()), []);
  const next = held.desk.enter('long');
  held.desk.order(next.clientOrderId, 'live');
  held.desk.fill(next.clientOrderId, 'buy', next.size, 600_002);
  assert.deepEqual(amendsIn(held.desk.order(next.clientOrderId, 'filled', next.size)), []);
  const [closed] = closedIn(held.desk.fill(next.protectionId, 'sell', next.size, 599_000, 'stopLoss'));
  assert.equal(closed!.trade.exitReason, 'stopLoss');
});

// --- time -----------------------------------------------------------------------------------------------------------

test('a position that lasts too long is closed at market, by a timer of its own, and says why', () => {
  const held = new Held({ timeStopMs: 60_000 });
  const { desk, place } = held;
  const openedAt = desk.now;
  for (let i = 0; i < 590; i++) assert.deepEqual(placesIn(held.goTo(5)), []);
  const due = desk.timers.filter((at) => at > desk.now);
  assert.deepEqual(due, [openedAt + 60_000_000]);
  desk.now = due[0]!;
  const [exit] = placesIn(desk.timer());
  assert.deepEqual([exit!.type, exit!.size, exit!.reduceOnly], ['market', place.size, true]);
  // half of it fills; the rest is sent again, and it is still the time stop
  desk.fill(exit!.clientOrderId, 'sell', place.size - 4, 600_000, 'close');
  desk.order(exit!.clientOrderId, 'canceled', place.size - 4, '14 nothing left');
  desk.pass(1000);
  const [again] = placesIn(desk.timer());
  assert.deepEqual([again!.type, again!.size, again!.reduceOnly], ['market', 4, true]);
  desk.order(again!.clientOrderId, 'filled', 4);
  const [closed] = closedIn(desk.fill(again!.clientOrderId, 'sell', 4, 600_000, 'close'));
  assert.equal(closed!.trade.exitReason, 'timeStop');
});

test('a person’s close is a close, whatever the position’s age', () => {
  const held = new Held({ timeStopMs: 60_000 });
  const [exit] = placesIn(held.desk.operate('close'));
  held.desk.order(exit!.clientOrderId, 'filled', held.place.size);
  const [closed] = closedIn(held.desk.fill(exit!.clientOrderId, 'sell', held.place.size, 600_000, 'close'));
  assert.equal(closed!.trade.exitReason, 'close');
});

// --- after a restart ------------------------------------------------------------------------------------------------

/** Long 40 from 600,000, first stop at 599,000. */
const recovered = (stop: number, moves: NonNullable<PositionState['stops']>['moves']): PositionState => {
  const found = positionOf(40);
  return {
    ...found,
    protection: { ...found.protection!, takeProfit: ticks(620_000), stopLoss: ticks(stop) },
    stops: { first: ticks(599_000), moves },
  };
};
const restarted = (
  stops: Partial<StopsConfig>,
  position: PositionState,
  market = 601_500,
): [Desk, Command[]] => {
  const { execution } = DESK_CONFIG;
  const desk = new Desk({ execution: { ...execution, stops: { ...execution.stops, ...stops } } });
  desk.market();
  desk.goTo(market);
  return [desk, desk.account([position])];
};

test('a move that was on its way when the process died is asked for again', () => {
  const move = { stopLoss: ticks(600_601), cause: 'breakEven' } as const;
  const [desk, out] = restarted({ breakEvenR: 1 }, recovered(599_000, [move]));
  const ask = [...amendsIn(out), ...amendsIn(desk.goTo(602_000))];
  assert.deepEqual(
    ask.map(({ stopLoss, cause, protectionId }) => [stopLoss, cause, protectionId]),
    [[600_601, 'breakEven', 'h000001x']],
  );
  desk.stands('h000001x', 620_000, 600_601);
  assert.equal(desk.trader.protection?.stopLoss, 600_601);
});

test('… and where the market went beyond it meanwhile, the position is closed as that stop would have done it', () => {
  const move = { stopLoss: ticks(600_601), cause: 'breakEven' } as const;
  const [desk, out] = restarted({ breakEvenR: 1 }, recovered(599_000, [move]), 600_400);
  assert.deepEqual(amendsIn(out), []);
  const [exit] = placesIn(out);
  assert.deepEqual([exit?.side, exit?.size, exit?.reduceOnly], ['sell', 40, true]);
  desk.order(exit!.clientOrderId, 'filled', 40);
  const [closed] = closedIn(desk.fill(exit!.clientOrderId, 'sell', 40, 600_390, 'close'));
  assert.equal(closed!.trade.exitReason, 'breakEven');
});

test('one that had arrived is not, and the exit still says why the stop was there', () => {
  const moves = [
    { stopLoss: ticks(600_601), cause: 'breakEven' },
    { stopLoss: ticks(601_000), cause: 'trailingStop' },
  ] as const;
  const [desk, out] = restarted({ breakEvenR: 1 }, recovered(601_000, moves));
  assert.deepEqual([...amendsIn(out), ...amendsIn(desk.goTo(603_000))], []);
  const [closed] = closedIn(desk.fill('h000001x', 'sell', 40, 600_990, 'stopLoss'));
  assert.equal(closed!.trade.exitReason, 'trailingStop');
});

test('R is the first one’s, and the stop goes on from where it stands', () => {
  const moves = [{ stopLoss: ticks(600_900), cause: 'trailingStop' }] as const;
  const [desk] = restarted({ trailingStop: 1, trailingIntervalMs: 0 }, recovered(600_900, moves));
  // the best before the restart was 601,900: not reached again, not moved; never back
  for (const mid of [601_000, 601_500, 601_900]) assert.deepEqual(amendsIn(desk.goTo(mid)), []);
  const [amend] = amendsIn(desk.goTo(602_100));
  assert.equal(amend!.stopLoss, 601_100);
});

test('a position whose time ran out while nobody looked is closed at once', () => {
  const { execution } = DESK_CONFIG;
  const desk = new Desk({ execution: { ...execution, stops: { ...execution.stops, timeStopMs: 60_000 } } });
  const position = { ...positionOf(40), openedAt: us(desk.now - 61_000_000) };
  assert.equal(placesIn(desk.open([position])).length, 1);
  const young = new Desk({ execution: { ...execution, stops: { ...execution.stops, timeStopMs: 60_000 } } });
  const out = young.open([{ ...positionOf(40), openedAt: us(young.now - 20_000_000) }]);
  assert.deepEqual(placesIn(out), []);
  assert.ok(young.timers.some((at) => at > young.now + 39_000_000 && at <= young.now + 40_000_000));
});

test('the account told again while running: what was seen of the position stays seen', () => {
  const held = new Held({ trailingStop: 1, trailingIntervalMs: 0 });
  const { desk, place } = held;
  const amend = held.moved(2000);
  held.goTo(1500);
  const found = positionOf(place.size);
  const { takeProfit, protectionId } = place;
  const protection = { protectionId, takeProfit, stopLoss: amend.stopLoss, size: place.size };
  desk.account([{ ...found, cost: desk.engine.account.positions[0]!.cost, protection }]);
  assert.deepEqual(amendsIn(held.goTo(2050)), []);
  const [next] = amendsIn(held.goTo(2200));
  assert.ok(Math.abs(held.of(next!) - (2200 - held.risk)) <= 1);
});

test('nothing of this is done unless it is asked for', () => {
  const held = new Held({});
  for (const inFavour of [3000, 9000, -500, 15_000]) assert.deepEqual(held.goTo(inFavour), []);
  held.desk.pass(10 ** 9);
  assert.deepEqual(held.desk.timer(), []);
});
