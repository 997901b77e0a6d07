import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command, Place } from './commands.ts';
import { orderId, orderNumber } from './engine.ts';
import { AccountEvent, type Event, FillEvent, OrderEvent, type OrderState } from './events.ts';
import { parseMoney } from './instrument.ts';
import { generator } from './testing/books.ts';
import { DESK_CONFIG, Desk, OPEN_AT } from './testing/desk.ts';
import { BTC, ETH } from './testing/specs.ts';
import { lots, ms, NO_MONEY, ticks, us } from './units.ts';

const seed = 20261122;

interface VenueOrder {
  readonly place: Place;
  filled: number;
  ended: boolean;
}

/**
 * A venue whose every answer is true and whose answers arrive in any order, some of them twice: it decides by lot what
 * fills, ends, is rejected, triggers, or goes unanswered for a while.
 */
class UnrulyVenue {
  readonly orders = new Map<string, VenueOrder>();
  readonly positions = [0, 0];
  /** Stops that stand, by protection id. */
  readonly pairs = new Map<string, { instrument: number; size: number }>();
  pending: Event[] = [];
  private readonly random: () => number;
  private trades = 0;
  private readonly at: () => number;

  constructor(random: () => number, at: () => number) {
    this.random = random;
    this.at = at;
  }

  take(command: Command): void {
    if (command.kind === 'place') {
      assert.ok(!this.orders.has(command.clientOrderId), `id ${command.clientOrderId} used twice`);
      const order = { place: command, filled: 0, ended: false };
      this.orders.set(command.clientOrderId, order);
      const position = this.positions[command.instrument]!;
      const reduces = position !== 0 && Math.sign(position) !== (command.side === 'buy' ? 1 : -1);
      if (this.random() < 0.1 || (command.reduceOnly && (!reduces || command.size > Math.abs(position))))
        this.end(order, 'rejected');
      else this.tell(order, this.random() < 0.1 ? 'unknown' : 'live');
    } else if (command.kind === 'cancel' && command.target === 'order') {
      const order = this.orders.get(command.clientOrderId);
      // some cancels get lost
      if (order !== undefined && !order.ended && this.random() < 0.8) this.end(order, 'canceled');
    }
  }

  /** Something happens there. */
  act(): void {
    for (const order of this.orders.values()) {
      if (order.ended || this.random() > 0.3) continue;
      const left = order.place.size - order.filled;
      const chance = this.random();
      if (chance < 0.7) this.fill(order, chance < 0.4 ? left : Math.ceil(left * this.random()));
      else if (order.place.type === 'market') this.end(order, 'canceled');
    }
    for (const [id, pair] of this.pairs) {
      if (this.random() > 0.1) continue;
      const held = this.positions[pair.instrument]!;
      this.pairs.delete(id);
      const size = Math.min(Math.abs(held), pair.size);
      if (this.random() < 0.2 || size === 0) this.say(id, pair.instrument, 'canceled', 0);
      else {
        this.move(id, pair.instrument, held > 0 ? -size : size, 'stopLoss');
        this.say(id, pair.instrument, 'filled', size);
      }
    }
  }

  /** Everything ends: what is open fills or is canceled. */
  finish(): void {
    for (const order of this.orders.values())
      if (!order.ended) {
        const position = this.positions[order.place.instrument]!;
        const left = order.place.size - order.filled;
        if (order.place.reduceOnly && left <= Math.abs(position)) this.fill(order, left);
        else this.end(order, 'canceled');
      }
  }

  private fill(order: VenueOrder, size: number): void {
    const { place } = order;
    const held = this.positions[place.instrument]!;
    if (place.reduceOnly && Math.abs(held) < size) return this.end(order, 'canceled');
    order.filled += size;
    this.move(place.clientOrderId, place.instrument, place.side === 'buy' ? size : -size, place.purpose);
    if (!place.reduceOnly) {
      const pair = this.pairs.get(place.protectionId);
      this.pairs.set(place.protectionId, { instrument: place.instrument, size: size + (pair?.size ?? 0) });
    }
    if (order.filled === place.size) this.end(order, 'filled');
    else this.tell(order, 'partiallyFilled');
  }

  private move(
    id: string,
    instrument: number,
    signed: number,
    purpose: 'entry' | 'close' | 'stopLoss',
  ): void {
    this.positions[instrument]! += signed;
    this.pending.push(
      new FillEvent(
        us(this.at()),
        instrument,
        id,
        `v${id}`,
        `t${this.trades++}`,
        ms(0),
        signed > 0 ? 'buy' : 'sell',
        ticks(600_000),
        lots(Math.abs(signed)),
        NO_MONEY,
        false,
        purpose,
        '',
      ),
    );
    if (this.positions[instrument] !== 0) return;
    for (const [other, pair] of this.pairs)
      if (pair.instrument === instrument && other !== id) {
        this.pairs.delete(other);
        this.say(other, instrument, 'canceled', 0);
      }
  }

  private end(order: VenueOrder, state: OrderState): void {
    order.ended = true;
    this.tell(order, state);
  }

  private tell(order: VenueOrder, state: OrderState): void {
    this.say(order.place.clientOrderId, order.place.instrument, state, order.filled);
  }

  private say(id: string, instrument: number, state: OrderState, filled: number): void {
    this.pending.push(new OrderEvent(us(this.at()), instrument, id, `v${id}`, state, lots(filled), state));
  }
}

/** A session of random market leans, venue events and operator words; every step is checked. */
class Session {
  readonly desk: Desk;
  readonly venue: UnrulyVenue;
  private readonly random: () => number;

  constructor(lot: number, entry: 'market' | 'postOnly') {
    this.random = generator(lot);
    this.desk = new Desk({ execution: { ...DESK_CONFIG.execution, entry } }, [BTC, ETH]);
    this.venue = new UnrulyVenue(this.random, () => this.desk.now);
    this.desk.open();
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      const chance = this.random();
      const instrument = this.random() < 0.7 ? 0 : 1;
      if (chance < 0.35)
        this.check(() =>
          this.desk.lean((['long', 'short', 'none'] as const)[Math.floor(this.random() * 3)]!, instrument),
        );
      else if (chance < 0.5) this.venue.act();
      else if (chance < 0.9) this.deliver();
      else if (chance < 0.97) {
        this.desk.pass(Math.floor(this.random() * 6000));
        this.check(() => this.desk.timer());
      } else {
        const words = ['pause', 'resume', 'close', 'kill', 'arm', 'arm', 'resume'] as const;
        this.check(() => this.desk.operate(words[Math.floor(this.random() * words.length)]!));
      }
    }
  }

  /** One pending answer, any of them, now and then twice. */
  deliver(): void {
    const { pending } = this.venue;
    if (pending.length === 0) return;
    const at = Math.floor(this.random() * pending.length);
    const event = pending[at]!;
    if (this.random() > 0.15) pending.splice(at, 1);
    this.check(() => this.desk.step(event));
  }

  /** Kills, lets the venue end everything and answer everything: nothing may be left. */
  settle(): void {
    this.check(() => this.desk.operate('kill'));
    for (let round = 0; round < 60; round++) {
      this.venue.finish();
      for (let i = 0; this.venue.pending.length > 0 && i < 2000; i++) this.deliver();
      this.desk.pass(1000);
      this.check(() => this.desk.timer());
    }
  }

  private check(act: () => Command[]): void {
    const { engine } = this.desk;
    const before = engine.account.positions.map(({ size }) => size);
    for (const command of act()) {
      if (command.kind === 'place') {
        const { instrument, reduceOnly, size } = command;
        if (reduceOnly) {
          assert.ok(
            size <= Math.abs(engine.account.positions[instrument]!.size),
            'reduces more than there is',
          );
        } else {
          for (const held of before) assert.equal(held, 0, 'an entry while a position is open');
          for (const held of this.venue.positions)
            assert.equal(held, 0, 'an entry while the venue holds a position');
          for (const { place, ended } of this.venue.orders.values())
            assert.ok(
              place.reduceOnly || ended,
              `two live entries: ${place.clientOrderId} and ${command.clientOrderId}`,
            );
          assert.equal(engine.risk.killed || engine.risk.paused, false);
          assert.ok(command.stopLoss > 0 && command.takeProfit > 0);
        }
      }
      this.venue.take(command);
    }
  }
}

for (const entry of ['market', 'postOnly'] as const)
  test(`random interleavings (${entry}): never two entries, none beside a position, no exit larger than it; a kill ends flat`, () => {
    let entries = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (lot) => {
        const session = new Session(lot, entry);
        session.run(400);
        session.settle();
        const { engine } = session.desk;
        assert.deepEqual(session.venue.positions, [0, 0]);
        for (const trader of engine.traders) assert.equal(trader.state, 'halted', trader.note);
        for (const { size } of engine.account.positions) assert.equal(size, 0);
        for (const { place } of session.venue.orders.values()) if (!place.reduceOnly) entries++;
      }),
      { seed, numRuns: 250 },
    );
    assert.ok(entries > 500, `only ${entries} entries were seen`);
  });

test('time never goes back, whatever the events say', () => {
  const desk = new Desk();
  desk.open();
  const { now } = desk.engine;
  desk.step(new AccountEvent(us(OPEN_AT - 5_000_000), parseMoney('1'), [], [], 1));
  assert.equal(desk.engine.now, now);
});

test('order ids: letters and digits, unique, in order, and their number can be read back', () => {
  let before = '';
  for (const number of [1, 35, 36, 46_655, 2_176_782_335]) {
    const id = orderId('h7', number);
    assert.match(id, /^[A-Za-z0-9]{1,31}$/);
    assert.equal(orderNumber('h7', id), number);
    assert.ok(id > before);
    before = id;
  }
  assert.equal(orderNumber('h7', 'g7000001'), null);
  assert.equal(orderNumber('h7', 'h7000001-'), null);
  assert.equal(orderNumber('h7', 'h7'), null);
});

test('after a restart ids begin past every id that was ever journaled', () => {
  const desk = new Desk();
  desk.market();
  desk.step(new AccountEvent(us(desk.now), parseMoney('10000'), [], [], 77));
  assert.equal(orderNumber('h', desk.enter().clientOrderId), 77);
  // a number that went back is not believed
  desk.step(new AccountEvent(us(desk.now), parseMoney('10000'), [], [], 3));
  assert.equal(orderNumber('h', desk.enter().clientOrderId), 78);
});
