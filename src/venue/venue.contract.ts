import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Approved, Cancel, OrderCommand, Place } from '../core/commands.ts';
import { EventKind, type FillEvent, OrderEvent } from '../core/events.ts';
import type { Instrument } from '../core/instrument.ts';
import { Position } from '../core/position/position.ts';
import { lots, ms, type Side, ticks } from '../core/units.ts';
import type { Venue, VenueEvent, VenueState } from './venue.ts';

/** [price in ticks, size in lots] */
export type Level = readonly [number, number];

/** A venue and a market in front of it that does as it is told. Instrument 0 is a linear perpetual at about 60,000. */
export interface World {
  readonly venue: Venue;
  readonly instrument: Instrument;
  /** The whole book from now on, ours not in it. */
  show(bids: readonly Level[], asks: readonly Level[]): Promise<void>;
  /** Somebody's trade; `side` is the taker's. */
  print(side: Side, price: number, size: number): Promise<void>;
  /** Until everything that is on its way has arrived and been answered. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

const BID = 600_000;
const ASK = 600_002;
const BOOK: readonly [readonly Level[], readonly Level[]] = [
  [
    [BID, 50],
    [BID - 10, 100],
    [BID - 2000, 5000],
  ],
  [
    [ASK, 50],
    [ASK + 10, 100],
    [ASK + 2000, 5000],
  ],
];

/** A connected world with the book above, and everything that the venue has said. */
class Session {
  readonly world: World;
  readonly events: VenueEvent[] = [];
  start!: VenueState;
  private number = 0;

  constructor(world: World) {
    this.world = world;
  }

  async open(): Promise<this> {
    await this.world.venue.connect((event) => this.events.push(event));
    await this.world.show(...BOOK);
    await this.world.settle();
    this.start = await this.world.venue.state();
    return this;
  }

  /** Sends an order; what came of it is there when this returns. */
  async send(changes: Partial<Place>): Promise<Place> {
    const clientOrderId = `contract${++this.number}`;
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side: 'buy',
      type: 'market',
      size: lots(20),
      price: ticks(changes.side === 'sell' ? BID - 3000 : ASK + 3000),
      reduceOnly: false,
      leverage: 2,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
      ...changes,
    };
    await this.submit(place);
    return place;
  }

  close(side: Side, size: number): Promise<Place> {
    return this.send({ side, size: lots(size), price: ticks(0), reduceOnly: true, purpose: 'close' });
  }

  async cancel(clientOrderId: string, target: Cancel['target'] = 'order'): Promise<void> {
    await this.submit({ kind: 'cancel', instrument: 0, clientOrderId, target });
  }

  /** The suite stands where risk does: what it sends counts as approved. */
  private async submit(command: OrderCommand): Promise<void> {
    const before = this.events.length;
    this.world.venue.submit(command as Approved<OrderCommand>);
    assert.equal(this.events.length, before, 'events came from within submit');
    await this.world.settle();
  }

  states(id: string): string[] {
    return this.events.flatMap((event) =>
      event.kind === EventKind.order && event.clientOrderId === id ? [event.state] : [],
    );
  }

  last(id: string): OrderEvent {
    const event = this.events.findLast((each) => each.kind === EventKind.order && each.clientOrderId === id);
    assert.ok(event instanceof OrderEvent, `nothing was said of ${id}`);
    return event;
  }

  fills(id?: string): FillEvent[] {
    return this.events.filter(
      (event): event is FillEvent =>
        event.kind === EventKind.fill && (id === undefined || event.clientOrderId === id),
    );
  }

  filled(id: string): number {
    return this.fills(id).reduce((sum, { size }) => sum + size, 0);
  }

  async position() {
    return (await this.world.venue.state()).positions.find(({ instrument }) => instrument === 0) ?? null;
  }
}

const other = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
/** +1 for a buyer: prices further up are worse; −1 for a seller. */
const sign = (side: Side): number => (side === 'buy' ? 1 : -1);
const touch = (side: Side): number => (side === 'buy' ? ASK : BID);

/**
 * What must hold at every venue, stated against the `Venue` interface alone. `makeWorld` gives a fresh account and a market
 * that can be scripted.
 */
export function venueContract(name: string, makeWorld: () => Promise<World>): void {
  const check = (what: string, run: (session: Session) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const world = await makeWorld();
      try {
        await run(await new Session(world).open());
      } finally {
        await world.stop();
      }
    });
  };

  check('an accepted order is live before it is anything else', async (session) => {
    const market = await session.send({});
    const resting = await session.send({ type: 'limit', price: ticks(BID - 5) });
    for (const { clientOrderId } of [market, resting]) assert.equal(session.states(clientOrderId)[0], 'live');
    assert.deepEqual(session.states(resting.clientOrderId), ['live']);
    assert.equal(session.states(market.clientOrderId).at(-1), 'filled');
  });

  for (const side of ['buy', 'sell'] as const) {
    check(`${side}: the fills of an order add up to what it says it filled`, async (session) => {
      const through = await session.send({ side, size: lots(120) });
      assert.ok(session.fills(through.clientOrderId).length >= 2, 'one fill a level');
      const short = await session.send({ side, type: 'ioc', size: lots(9999), price: ticks(touch(side)) });
      for (const { clientOrderId } of [through, short])
        assert.equal(session.last(clientOrderId).filled, session.filled(clientOrderId));
      assert.equal(session.filled(through.clientOrderId), 120);
      for (const fill of session.fills()) {
        assert.equal(fill.side, side);
        assert.ok(fill.fee < 0n, 'a taker pays');
        assert.equal(fill.maker, false);
        assert.notEqual(fill.venueOrderId, '');
      }
    });

    check(`${side}: a market order never fills beyond its collar; the rest is canceled`, async (session) => {
      const collar = touch(side) + sign(side) * 5;
      const { clientOrderId } = await session.send({ side, size: lots(200), price: ticks(collar) });
      for (const { price } of session.fills(clientOrderId)) assert.ok(sign(side) * (collar - price) >= 0);
      assert.equal(session.filled(clientOrderId), 50);
      assert.equal(session.last(clientOrderId).state, 'canceled');
      assert.equal(session.last(clientOrderId).filled, 50);
    });

    check(`${side}: immediate-or-cancel takes what is there and cancels the rest`, async (session) => {
      const some = await session.send({ side, type: 'ioc', size: lots(70), price: ticks(touch(side)) });
      assert.deepEqual(
        [session.last(some.clientOrderId).state, session.filled(some.clientOrderId)],
        ['canceled', 50],
      );
      assert.notEqual(session.last(some.clientOrderId).reason, '');
      const none = await session.send({ side, type: 'ioc', price: ticks(touch(other(side))) });
      assert.deepEqual(
        [session.last(none.clientOrderId).state, session.filled(none.clientOrderId)],
        ['canceled', 0],
      );
    });

    check(`${side}: fill-or-kill takes all or nothing`, async (session) => {
      const price = ticks(touch(side) + sign(side) * 10);
      const tooMuch = await session.send({ side, type: 'fok', size: lots(151), price });
      assert.deepEqual(
        [session.last(tooMuch.clientOrderId).state, session.filled(tooMuch.clientOrderId)],
        ['canceled', 0],
      );
      const all = await session.send({ side, type: 'fok', size: lots(60), price });
      assert.deepEqual(
        [session.last(all.clientOrderId).state, session.filled(all.clientOrderId)],
        ['filled', 60],
      );
    });

    check(`${side}: post-only that would take is canceled; else it rests and makes`, async (session) => {
      const takes = await session.send({ side, type: 'postOnly', price: ticks(touch(side)) });
      assert.deepEqual(
        [session.last(takes.clientOrderId).state, session.filled(takes.clientOrderId)],
        ['canceled', 0],
      );
      const price = touch(side) - sign(side);
      const rests = await session.send({ side, type: 'postOnly', size: lots(10), price: ticks(price) });
      assert.equal(session.last(rests.clientOrderId).state, 'live');
      // more than there is of it at its price, and through it
      await session.world.print(other(side), price - sign(side) * 3, 400);
      await session.world.settle();
      assert.equal(session.last(rests.clientOrderId).state, 'filled');
      for (const fill of session.fills(rests.clientOrderId)) {
        assert.equal(fill.price, price);
        assert.equal(fill.maker, true);
      }
    });

    check(`${side}: reduce-only never opens, turns or enlarges`, async (session) => {
      const none = await session.close(side, 5);
      assert.equal(session.last(none.clientOrderId).state, 'rejected');
      await session.send({ side, size: lots(20) });
      for (const refused of [await session.close(side, 5), await session.close(other(side), 21)]) {
        assert.equal(session.last(refused.clientOrderId).state, 'rejected');
        assert.notEqual(session.last(refused.clientOrderId).reason, '');
      }
      const part = await session.close(other(side), 8);
      assert.equal(session.filled(part.clientOrderId), 8);
      assert.equal((await session.position())?.size, sign(side) * 12);
    });

    for (const hit of ['takeProfit', 'stopLoss'] as const)
      check(`${side}: the attached pair stands for what filled, and ${hit} closes it`, async (session) => {
        const takeProfit = ticks(touch(side) + sign(side) * 1500);
        const stopLoss = ticks(touch(side) - sign(side) * 1500);
        const protectionId = 'contractpair';
        const entry = await session.send({ side, size: lots(60), takeProfit, stopLoss, protectionId });
        assert.equal(session.filled(entry.clientOrderId), 60);
        const held = await session.position();
        assert.deepEqual(held?.protection, {
          protectionId,
          takeProfit,
          stopLoss,
          size: 60,
          ...rest(held?.protection),
        });
        assert.equal(held?.leverage, entry.leverage);

        const price = hit === 'takeProfit' ? takeProfit : stopLoss;
        // not there yet
        await session.world.print(side, price - Math.sign(price - touch(side)) * 1, 1);
        await session.world.settle();
        assert.equal((await session.position())?.size, sign(side) * 60);
        await session.world.show([[price - 1, 5000]], [[price + 1, 5000]]);
        await session.world.print(other(side), price, 1);
        await session.world.settle();
        assert.equal(await session.position(), null);
        assert.equal(session.filled(protectionId), 60);
        assert.equal(session.last(protectionId).state, 'filled');
        for (const fill of session.fills(protectionId)) {
          assert.equal(fill.purpose, hit);
          assert.equal(fill.side, other(side));
          assert.ok(Math.abs(fill.price - price) <= 1);
        }
      });
  }

  check('an entry filled in part: the pair stands for that part', async (session) => {
    const entry = await session.send({
      type: 'ioc',
      size: lots(500),
      price: ticks(ASK + 10),
      takeProfit: ticks(ASK + 1500),
      stopLoss: ticks(BID - 1500),
      protectionId: 'contractpair',
    });
    assert.equal(session.last(entry.clientOrderId).state, 'canceled');
    assert.equal(session.filled(entry.clientOrderId), 150);
    assert.equal((await session.position())?.protection?.size, 150);
  });

  check('the pair goes when the position is closed otherwise, and does not come back', async (session) => {
    const pair = { takeProfit: ticks(ASK + 1500), stopLoss: ticks(BID - 1500), protectionId: 'contractpair' };
    await session.send({ size: lots(40), ...pair });
    await session.close('sell', 40);
    assert.equal(await session.position(), null);
    assert.equal(session.last('contractpair').state, 'canceled');
    // a new position without a pair is not closed by the old one
    await session.send({ size: lots(5) });
    await session.world.show([[BID - 1600, 500]], [[BID - 1590, 500]]);
    await session.world.print('sell', BID - 1600, 1);
    await session.world.settle();
    const held = await session.position();
    assert.deepEqual([held?.size, held?.protection], [5, null]);
  });

  check('a pair can be canceled; the position stays', async (session) => {
    const pair = { takeProfit: ticks(ASK + 1500), stopLoss: ticks(BID - 1500), protectionId: 'contractpair' };
    await session.send({ size: lots(40), ...pair });
    await session.cancel('contractpair', 'protection');
    assert.equal(session.last('contractpair').state, 'canceled');
    const held = await session.position();
    assert.deepEqual([held?.size, held?.protection], [40, null]);
  });

  check('a canceled order says so, keeps its fills, and fills no more', async (session) => {
    const { clientOrderId } = await session.send({ type: 'limit', size: lots(80), price: ticks(ASK) });
    assert.equal(session.filled(clientOrderId), 50);
    assert.equal((await session.world.venue.find(0, clientOrderId))?.filled, 50);
    await session.cancel(clientOrderId);
    assert.equal(session.last(clientOrderId).state, 'canceled');
    assert.equal(session.last(clientOrderId).filled, 50);
    await session.world.print('sell', ASK - 5, 900);
    await session.world.settle();
    assert.equal(session.filled(clientOrderId), 50);
    assert.deepEqual((await session.world.venue.state()).orders, []);
  });

  check('canceling what has ended, or never was, does no harm', async (session) => {
    const { clientOrderId } = await session.send({});
    await session.cancel(clientOrderId);
    await session.cancel('contractnever');
    assert.equal(session.last(clientOrderId).state, 'filled');
    assert.equal(await session.world.venue.find(0, 'contractnever'), null);
  });

  check('find knows every order there was, and nothing of others', async (session) => {
    const filled = await session.send({});
    const canceled = await session.send({ type: 'postOnly', price: ticks(ASK) });
    const resting = await session.send({ type: 'limit', price: ticks(BID - 5) });
    const expected: [Place, string, number][] = [
      [filled, 'filled', 20],
      [canceled, 'canceled', 0],
      [resting, 'live', 0],
    ];
    for (const [{ clientOrderId }, state, amount] of expected) {
      const report = await session.world.venue.find(0, clientOrderId);
      assert.deepEqual(
        [report?.clientOrderId, report?.state, report?.filled],
        [clientOrderId, state, amount],
      );
    }
    assert.equal(await session.world.venue.find(0, 'somebodyelse'), null);
    const [order] = (await session.world.venue.state()).orders;
    assert.deepEqual(
      [order?.clientOrderId, order?.side, order?.size, order?.filled, order?.reduceOnly],
      [resting.clientOrderId, 'buy', 20, 0, false],
    );
  });

  check(
    'balance = start + realised P&L + fees, exactly; the position is the sum of its fills',
    async (session) => {
      const position = new Position(session.world.instrument);
      await session.send({ size: lots(37) });
      await session.send({ size: lots(101) });
      await session.close('sell', 59);
      await session.close('sell', 79);
      await session.send({ side: 'sell', size: lots(33) });
      let balance: bigint = session.start.balance;
      for (const { side, size, price, fee } of session.fills())
        balance += position.fill(side, size, price) + fee;
      const state = await session.world.venue.state();
      assert.equal(state.balance, balance);
      assert.equal(state.positions[0]?.size, position.size);
      assert.equal(state.positions[0]?.cost, position.cost);
    },
  );

  check('fills can be asked for again: each once, oldest first, the same as were told', async (session) => {
    await session.send({ size: lots(120) });
    await session.close('sell', 60);
    const told = session.fills();
    const asked = await session.world.venue.fills(ms(0));
    const row = ({ tradeId, clientOrderId, side, price, size, fee, exchangeAt }: FillEvent) => [
      tradeId,
      clientOrderId,
      side,
      price,
      size,
      fee,
      exchangeAt,
    ];
    assert.deepEqual(asked.map(row), told.map(row));
    assert.equal(new Set(asked.map(({ tradeId }) => tradeId)).size, asked.length);
    const later = ms(Math.max(...told.map(({ exchangeAt }) => exchangeAt)) + 1);
    assert.deepEqual(await session.world.venue.fills(later), []);
  });

  check('what is told is told in the order of its time', async (session) => {
    for (const side of ['buy', 'sell', 'sell', 'buy'] as const) await session.send({ side, size: lots(70) });
    assert.ok(session.events.length > 8);
    for (let i = 1; i < session.events.length; i++)
      assert.ok(
        session.events[i]!.at >= session.events[i - 1]!.at,
        `event ${i} is older than the one before`,
      );
  });

  check('a client order id is good for one order', async (session) => {
    const first = await session.send({});
    await session.send({ clientOrderId: first.clientOrderId });
    assert.equal(session.filled(first.clientOrderId), 20);
    assert.equal((await session.position())?.size, 20);
    assert.equal((await session.world.venue.find(0, first.clientOrderId))?.state, 'filled');
  });
}

/** Fields beyond the contract that a venue may keep on its own objects. */
const rest = (protection: object | null | undefined): object =>
  Object.fromEntries(
    Object.entries(protection ?? {}).filter(
      ([key]) => !['protectionId', 'takeProfit', 'stopLoss', 'size'].includes(key),
    ),
  );
