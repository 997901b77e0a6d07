import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command } from '../commands.ts';
import { BookEvent, OrderEvent, type OrderState } from '../events.ts';
import { frameOf } from '../testing/books.ts';
import { cancelsIn, DESK_CONFIG, Desk, orderAmendsIn } from '../testing/desk.ts';
import { type Lots, lots, type Side, ticks, us } from '../units.ts';
import type { FollowConfig } from './entry-follow.ts';

const FOLLOW: FollowConfig = { ticks: 2, intervalMs: 1000, movesMax: 3 };
type Way = 'long' | 'short';
const WAYS: readonly Way[] = ['long', 'short'];
/** Exits of which any ratio will do: only the slippage bounds how far an entry follows. */
const LOOSE = { ...DESK_CONFIG.exits, rewardRiskMin: 0.01, moveTakeProfit: false, costMultipleMin: 0 };

/** A desk whose post-only entry rests at its side's best price, live. Prices are told as ticks in favour of the market. */
class Waiting {
  readonly desk: Desk;
  readonly id: string;
  readonly side: Side;
  readonly start: number;
  readonly size: Lots;
  private readonly sign: number;

  constructor(way: Way, follow: Partial<FollowConfig> = {}, slippageBpMax = 5, exits = LOOSE) {
    const execution = {
      ...DESK_CONFIG.execution,
      ...{
        entry: 'postOnly' as const,
        follow: { ...FOLLOW, ...follow },
        slippageBpMax,
        entryTimeoutMs: 60_000,
      },
    };
    this.desk = new Desk({ execution, exits });
    this.desk.open();
    const place = this.desk.enter(way);
    this.id = place.clientOrderId;
    this.side = place.side;
    this.size = place.size;
    this.start = place.price;
    this.sign = way === 'long' ? 1 : -1;
    assert.equal(place.price, way === 'long' ? 600_000 : 600_002);
    this.desk.order(this.id, 'live');
  }

  /** So many ticks from where the entry was placed, towards the market. */
  at(by: number): number {
    return this.start + this.sign * by;
  }

  /** The own side's best price is there now, the other side's two ticks on. */
  touch(by: number, afterMs = 100): Command[] {
    const { desk } = this;
    desk.pass(afterMs);
    const [own, other] = [this.at(by), this.at(by + 2)];
    const [bid, ask] = this.sign > 0 ? [own, other] : [other, own];
    return desk.step(
      new BookEvent(us(desk.now), 0, frameOf(true, [[bid, 50]], [[ask, 50]], desk.now / 1000)),
    );
  }

  moves(commands: readonly Command[] = this.desk.commands): number[] {
    return orderAmendsIn(commands).map(({ clientOrderId, price, size }) => {
      assert.deepEqual([clientOrderId, size], [this.id, this.size]);
      return this.sign * (price - this.start);
    });
  }

  /** The venue says where the entry stands. */
  stands(by: number, state: OrderState = 'live', filled = 0, refusal = ''): Command[] {
    const { desk, id, size } = this;
    const amended = { price: ticks(this.at(by)), size, refusal };
    return desk.step(new OrderEvent(us(desk.now), 0, id, `v${id}`, state, lots(filled), '', amended));
  }
}

for (const way of WAYS) {
  test(`${way}: off, an entry stays where it was placed`, () => {
    const waiting = new Waiting(way, { ticks: 0 });
    for (const by of [1, 5, 20, 100]) waiting.touch(by, 1000);
    assert.deepEqual(waiting.moves(), []);
  });

  test(`${way}: it goes to its side's best price once that is more than so many ticks better, and never back`, () => {
    const waiting = new Waiting(way);
    for (const by of [1, 2, -1, -50]) assert.deepEqual(waiting.moves(waiting.touch(by, 1000)), []);
    assert.deepEqual(waiting.moves(waiting.touch(3, 1000)), [3]);
    waiting.stands(3);
    for (const by of [5, 3, -3, -50]) assert.deepEqual(waiting.moves(waiting.touch(by, 1000)), []);
    assert.deepEqual(waiting.moves(waiting.touch(6, 1000)), [6]);
    assert.equal(waiting.desk.trader.state, 'entering');
  });

  test(`${way}: never beyond the worst price that it was sized for; where the market is, there it does not chase`, () => {
    // 5 bp of 600,000 are 300 ticks
    const waiting = new Waiting(way);
    assert.deepEqual(waiting.moves(waiting.touch(301, 1000)), []);
    assert.deepEqual(waiting.moves(waiting.touch(300, 1000)), [300]);
  });

  test(`${way}: at most so many moves, so far apart`, () => {
    const waiting = new Waiting(way);
    for (let tenth = 1; tenth <= 100; tenth++) {
      const moves = waiting.moves(waiting.touch(3 * tenth));
      for (const by of moves) waiting.stands(by);
    }
    assert.equal(waiting.moves().length, FOLLOW.movesMax);
    const [first, second] = waiting.moves();
    assert.ok((second! - first!) / 3 >= 10, 'ten books of 100 ms lie between');
  });
}

test('wherever it goes, the least ratio and the worth of its target in costs are kept (T6)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...WAYS),
      fc.record({
        rewardRiskMin: fc.double({ min: 0.5, max: 2, noNaN: true }),
        costMultipleMin: fc.double({ min: 0, max: 2.5, noNaN: true }),
        takeProfitAtr: fc.double({ min: 2, max: 6, noNaN: true }),
      }),
      fc.integer({ min: 1, max: 60 }),
      (way, terms, step) => {
        const exits = { ...DESK_CONFIG.exits, ...terms, moveTakeProfit: true, rewardRiskDefault: 2 };
        const waiting = new Waiting(way, { ticks: 0, intervalMs: 100, movesMax: 100 }, 50, exits);
        const { takeProfit, stopLoss } = waiting.desk.trader.entry!.place;
        const follower = new Waiting(way, { ticks: 1, intervalMs: 100, movesMax: 100 }, 50, exits);
        // the market runs to the target and beyond
        for (let by = step; by < 2 * Math.abs(takeProfit - waiting.start); by += step)
          for (const moved of follower.moves(follower.touch(by, 1000))) {
            const price = follower.at(moved);
            const [reward, risk] = [Math.abs(takeProfit - price), Math.abs(price - stopLoss)];
            assert.ok(reward >= terms.rewardRiskMin * risk - 1e-6, `${reward} : ${risk}`);
            // two taker fees of 5 bp and a spread of two ticks
            const costs = price * 0.001 + 2;
            assert.ok(reward >= terms.costMultipleMin * costs * 0.9999, `${reward} for costs of ${costs}`);
            follower.stands(moved);
          }
      },
    ),
    { seed: 20261122, numRuns: 60 },
  );
});

test('its size is that of the worst price that it may come to: no more is lost at the stop there', () => {
  const kelly = { ...DESK_CONFIG.sizing.kelly, riskMin: 0.0005, riskMax: 0.0005 };
  const sizing = { ...DESK_CONFIG.sizing, mode: 'kelly' as const, baseSize: 0.05, kelly };
  const placed = (follow: number) => {
    const execution = {
      ...DESK_CONFIG.execution,
      ...{ entry: 'postOnly' as const, follow: { ...FOLLOW, ticks: follow }, slippageBpMax: 10 },
    };
    const desk = new Desk({ execution, sizing, exits: LOOSE });
    desk.open();
    return desk.enter('long');
  };
  const [stays, follows] = [placed(0), placed(2)];
  assert.deepEqual([follows.price, follows.stopLoss], [stays.price, stays.stopLoss]);
  // 10 bp of 600,000 ticks; a lot is 0.0001 BTC and a tick of it 0.00001 USDT; two taker fees of 5 bp
  const lossOfALot = (price: number, stop: number) => (price - stop + 0.0005 * (price + stop)) * 0.00001;
  const allowed = 10_000 * 0.0005;
  const worst = lossOfALot(stays.price + 600, stays.stopLoss);
  assert.equal(stays.size, Math.floor(allowed / lossOfALot(stays.price, stays.stopLoss)));
  assert.equal(follows.size, Math.floor(allowed / worst));
  assert.ok(follows.size < stays.size);
});

test('until the venue has answered nothing more is asked; unheard, it is asked again', () => {
  const waiting = new Waiting('long', { intervalMs: 100 });
  assert.deepEqual(waiting.moves(waiting.touch(5)), [5]);
  // `exitRetryMs` is a second
  for (const by of [10, 20]) assert.deepEqual(waiting.moves(waiting.touch(by, 400)), []);
  assert.deepEqual(waiting.moves(waiting.touch(20, 400)), [20]);
  waiting.stands(20);
  assert.equal(waiting.desk.trader.entry!.place.price, waiting.at(20));
});

test('what the venue refuses leaves it where the venue says; it counts as a move, and is tried again', () => {
  const waiting = new Waiting('long');
  assert.deepEqual(waiting.moves(waiting.touch(5)), [5]);
  waiting.stands(0, 'live', 0, '51511 would take');
  assert.equal(waiting.desk.trader.entry!.place.price, waiting.at(0));
  assert.deepEqual(waiting.moves(waiting.touch(5)), []);
  assert.deepEqual(waiting.moves(waiting.touch(5, 1000)), [5]);
});

test('filled in part it goes on with the rest, and the position is protected for what has filled', () => {
  const waiting = new Waiting('long');
  const { desk, id, size } = waiting;
  desk.fill(id, 'buy', 20, waiting.at(0));
  desk.order(id, 'partiallyFilled', 20);
  assert.deepEqual(waiting.moves(waiting.touch(5)), [5]);
  waiting.stands(5, 'partiallyFilled', 20);
  desk.fill(id, 'buy', size - 20, waiting.at(5));
  desk.order(id, 'filled', size);
  assert.equal(desk.trader.state, 'open');
  assert.equal(desk.trader.protection?.size, size);
  assert.deepEqual(waiting.moves(waiting.touch(50, 1000)), []);
});

test('a fill that crosses the amendment ends the entry as ever; the late answer changes nothing', () => {
  const waiting = new Waiting('long');
  const { desk, id, size } = waiting;
  waiting.touch(5);
  desk.fill(id, 'buy', size, waiting.at(0));
  desk.order(id, 'filled', size);
  assert.equal(desk.trader.state, 'open');
  assert.deepEqual(waiting.stands(5), []);
  assert.equal(desk.trader.state, 'open');
});

test('once its cancel is on the way it is not moved any more', () => {
  for (const end of ['time', 'kill'] as const) {
    const waiting = new Waiting('long');
    const out = end === 'time' ? waiting.touch(0, 60_000) : waiting.desk.operate('kill');
    assert.equal(cancelsIn(out).length, 1);
    assert.deepEqual(waiting.moves(waiting.touch(50, 100)), []);
    assert.deepEqual(waiting.moves(waiting.touch(60, 1000)), []);
  }
});

test('while nobody knows whether the venue has it, and while entries are paused, it is not moved', () => {
  const waiting = new Waiting('long');
  waiting.desk.order(waiting.id, 'unknown');
  assert.deepEqual(waiting.moves(waiting.touch(5)), []);
  waiting.desk.order(waiting.id, 'live');
  waiting.desk.operate('pause');
  assert.deepEqual(waiting.moves(waiting.touch(5)), []);
  assert.match(waiting.desk.trader.note, /entry stays where it is: entries are paused/);
  waiting.desk.operate('resume');
  assert.deepEqual(waiting.moves(waiting.touch(5)), []);
  assert.deepEqual(waiting.moves(waiting.touch(5, 1000)), [5]);
  assert.equal(waiting.desk.trader.note, '');
});

test('when the time between two moves is over it looks again, though the book is still', () => {
  const waiting = new Waiting('long');
  waiting.touch(5);
  waiting.stands(5);
  const { desk } = waiting;
  const again = desk.timers.filter((at) => at > desk.now && at <= desk.now + 1_000_000);
  assert.ok(again.length > 0);
  waiting.touch(20);
  desk.now = Math.max(...again);
  assert.deepEqual(waiting.moves(desk.timer()), [20]);
});

test('whatever the market does: at the touch when sent, towards the market, within its bound, few and apart', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...WAYS),
      fc.integer({ min: 1, max: 20 }),
      fc.array(
        fc.record({
          step: fc.integer({ min: -40, max: 60 }),
          afterMs: fc.integer({ min: 10, max: 1500 }),
          answer: fc.constantFrom('yes' as const, 'no' as const, 'silence' as const),
        }),
        { minLength: 5, maxLength: 40 },
      ),
      (way, n, steps) => {
        const waiting = new Waiting(way, { ticks: n });
        let touch = 0;
        let standing = 0;
        let lastAt = Number.NEGATIVE_INFINITY;
        for (const { step, afterMs, answer } of steps) {
          touch += step;
          const [by] = waiting.moves(waiting.touch(touch, afterMs));
          if (by === undefined) continue;
          assert.equal(by, touch);
          assert.ok(by - standing > n && by <= 300);
          assert.ok(waiting.desk.now - lastAt >= FOLLOW.intervalMs * 1000);
          lastAt = waiting.desk.now;
          if (answer === 'yes') {
            waiting.stands(by);
            standing = by;
          } else if (answer === 'no') waiting.stands(standing, 'live', 0, 'no');
        }
        assert.ok(waiting.moves().length <= FOLLOW.movesMax);
      },
    ),
    { seed: 20261122, numRuns: 300 },
  );
});
