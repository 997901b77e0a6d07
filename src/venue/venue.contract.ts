import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmendOrder, AmendProtection, Approved, Cancel, OrderCommand, Place } from '../core/commands.ts';
import { parseDecimal } from '../core/decimal.ts';
import {
  EventKind,
  type FillEvent,
  type FundingPaymentEvent,
  OrderEvent,
  type ProtectionEvent,
  type SettlementEvent,
} from '../core/events.ts';
import type { Instrument } from '../core/instrument.ts';
import { Account } from '../core/position/account.ts';
import { Position } from '../core/position/position.ts';
import { lots, type Money, ms, type Side, type Ticks, ticks } from '../core/units.ts';
import type { Venue, VenueEvent, VenueState } from './venue.ts';

/** [price in ticks, size in lots] */
export type Level = readonly [number, number];

/** A venue and a market in front of it that does as it is told. Instrument 0 is a linear perpetual at about 60,000. */
export interface World {
  /** Another one after each `restart`. */
  readonly venue: Venue;
  readonly instrument: Instrument;
  /** Where the market begins: its best bid, ticks. */
  readonly bid: number;
  /** The whole book from now on, ours not in it. */
  show(bids: readonly Level[], asks: readonly Level[]): Promise<void>;
  /** Somebody's trade; `side` is the taker's. Whoever of us waits at a better price meets that taker before. */
  print(side: Side, price: number, size: number): Promise<void>;
  /** Lets the mark price go there, and the market with it: 20,000 lots on either side, two ticks apart. */
  moveTo(price: number): Promise<void>;
  /** Charges funding at this rate at once; gives the mark price that it was charged on. */
  fund(rate: string): Promise<Ticks>;
  /** Until everything that is on its way has arrived and been answered. */
  settle(): Promise<void>;
  /** Our process is killed, and another one started for the same account: its venue is not connected yet. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Gives a fresh account with so much cash, and a market that can be scripted. */
export type MakeWorld = (cash: string) => Promise<World>;

const CASH = '100000';

/** A connected world with a book of three levels a side, and everything that the venue has said. */
class Session {
  readonly world: World;
  readonly bid: number;
  readonly ask: number;
  readonly events: VenueEvent[] = [];
  start!: VenueState;
  private number = 0;

  constructor(world: World) {
    this.world = world;
    this.bid = world.bid;
    this.ask = world.bid + 2;
  }

  async open(): Promise<this> {
    const { bid, ask } = this;
    await this.world.venue.connect(this.hear);
    const bids: Level[] = [
      [bid, 50],
      [bid - 10, 100],
      [bid - 2000, 5000],
    ];
    const asks: Level[] = [
      [ask, 50],
      [ask + 10, 100],
      [ask + 2000, 5000],
    ];
    await this.world.show(bids, asks);
    await this.world.settle();
    this.start = await this.world.venue.state();
    return this;
  }

  /** Killed and started again; what was said so far stays in `events`. */
  async restart(): Promise<VenueState> {
    await this.world.restart();
    await this.world.venue.connect(this.hear);
    // every start asks what stands there
    const state = await this.world.venue.state();
    await this.world.settle();
    return state;
  }

  /** The price that a taker on this side meets. */
  touch(side: Side): number {
    return side === 'buy' ? this.ask : this.bid;
  }

  /** Far from the touch, so that nothing sets it off by accident. */
  pair(side: Side = 'buy') {
    return {
      takeProfit: ticks(this.touch(side) + sign(side) * 1500),
      stopLoss: ticks(this.touch(side) - sign(side) * 1500),
      protectionId: 'contractpair',
    };
  }

  private readonly hear = (event: VenueEvent): void => {
    this.events.push(event);
  };

  /** Sends an order; what came of it is there when this returns. */
  async send(changes: Partial<Place>): Promise<Place> {
    const place = this.order(changes);
    await this.submit(place);
    return place;
  }

  order(changes: Partial<Place>): Place {
    const clientOrderId = `contract${++this.number}`;
    return {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side: 'buy',
      type: 'market',
      size: lots(20),
      // within its take profit and stop loss: OKX refuses an order whose price is beyond them
      price: ticks(this.touch(changes.side ?? 'buy') + sign(changes.side ?? 'buy') * 1000),
      reduceOnly: false,
      leverage: 2,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
      ...changes,
    };
  }

  close(side: Side, size: number): Promise<Place> {
    return this.send({ side, size: lots(size), price: ticks(0), reduceOnly: true, purpose: 'close' });
  }

  async cancel(clientOrderId: string, target: Cancel['target'] = 'order'): Promise<void> {
    await this.submit({ kind: 'cancel', instrument: 0, clientOrderId, target });
  }

  amendment(stopLoss: number, takeProfit: number, protectionId = 'contractpair'): AmendProtection {
    return {
      kind: 'amend',
      target: 'protection',
      instrument: 0,
      protectionId,
      takeProfit: ticks(takeProfit),
      stopLoss: ticks(stopLoss),
      cause: 'trailingStop',
    };
  }

  amend(...args: Parameters<Session['amendment']>): Promise<void> {
    return this.submit(this.amendment(...args));
  }

  changed({ clientOrderId }: Place, price: number, size: number): AmendOrder {
    const [kind, target] = ['amend', 'order'] as const;
    return { kind, target, instrument: 0, clientOrderId, price: ticks(price), size: lots(size) };
  }

  change(...args: Parameters<Session['changed']>): Promise<void> {
    return this.submit(this.changed(...args));
  }

  /** What was said of an order's amendments: price, size, and whether it was refused. */
  changes({ clientOrderId }: Place): (readonly [number, number, boolean])[] {
    return this.events.flatMap((event) => {
      const amended =
        event.kind === EventKind.order && event.clientOrderId === clientOrderId ? event.amended : null;
      return amended === null ? [] : [[amended.price, amended.size, amended.refusal !== ''] as const];
    });
  }

  /** What was said of a pair's triggers. */
  moves(id = 'contractpair'): ProtectionEvent[] {
    return this.events.filter(
      (event): event is ProtectionEvent => event.kind === EventKind.protection && event.protectionId === id,
    );
  }

  /** Somebody trades at this price, in a market that has gone there. */
  async trade(side: Side, price: number): Promise<void> {
    await this.world.show([[price - 1, 5000]], [[price + 1, 5000]]);
    await this.world.print(side, price, 1);
    await this.world.settle();
  }

  private async submit(command: OrderCommand): Promise<void> {
    this.submitOnly(command);
    await this.world.settle();
  }

  /** The suite stands where risk does: what it sends counts as approved. */
  submitOnly(command: OrderCommand): void {
    const before = this.events.length;
    this.world.venue.submit(command as Approved<OrderCommand>);
    assert.equal(this.events.length, before, 'events came from within submit');
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

  settlements(): SettlementEvent[] {
    return this.events.filter((event): event is SettlementEvent => event.kind === EventKind.settlement);
  }

  /** What the account comes to by all that was told, from what it began with. */
  toldBalance(): Money {
    const { settleCurrency } = this.world.instrument;
    const account = new Account([this.world.instrument]);
    account.credit(settleCurrency, this.start.balance);
    for (const event of this.events)
      if (event.kind === EventKind.fill) account.fill(event);
      else if (event.kind === EventKind.fundingPayment) account.pay(event);
      else if (event.kind === EventKind.settlement) account.settle(event);
    return account.balance;
  }

  async position() {
    return (await this.world.venue.state()).positions.find(({ instrument }) => instrument === 0) ?? null;
  }
}

const other = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
/** +1 for a buyer: prices further up are worse; −1 for a seller. */
const sign = (side: Side): number => (side === 'buy' ? 1 : -1);

/** What must hold at every venue, stated against the `Venue` interface alone. */
export function venueContract(name: string, makeWorld: MakeWorld): void {
  const check = (what: string, run: (session: Session) => Promise<void>, cash = CASH): void => {
    test(`${name}: ${what}`, async () => {
      const world = await makeWorld(cash);
      try {
        await run(await new Session(world).open());
      } finally {
        await world.stop();
      }
    });
  };

  check('an accepted order is live before it is anything else', async (session) => {
    const market = await session.send({});
    const resting = await session.send({ type: 'limit', price: ticks(session.bid - 5) });
    for (const { clientOrderId } of [market, resting]) assert.equal(session.states(clientOrderId)[0], 'live');
    assert.deepEqual(session.states(resting.clientOrderId), ['live']);
    assert.equal(session.states(market.clientOrderId).at(-1), 'filled');
  });

  for (const side of ['buy', 'sell'] as const) {
    check(`${side}: the fills of an order add up to what it says it filled`, async (session) => {
      const through = await session.send({ side, size: lots(120) });
      assert.ok(session.fills(through.clientOrderId).length >= 2, 'one fill a level');
      const short = await session.send({
        side,
        type: 'ioc',
        size: lots(9999),
        price: ticks(session.touch(side)),
      });
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
      const collar = session.touch(side) + sign(side) * 5;
      const { clientOrderId } = await session.send({ side, size: lots(200), price: ticks(collar) });
      for (const { price } of session.fills(clientOrderId)) assert.ok(sign(side) * (collar - price) >= 0);
      assert.equal(session.filled(clientOrderId), 50);
      assert.equal(session.last(clientOrderId).state, 'canceled');
      assert.equal(session.last(clientOrderId).filled, 50);
    });

    check(`${side}: immediate-or-cancel takes what is there and cancels the rest`, async (session) => {
      const some = await session.send({
        side,
        type: 'ioc',
        size: lots(70),
        price: ticks(session.touch(side)),
      });
      assert.deepEqual(
        [session.last(some.clientOrderId).state, session.filled(some.clientOrderId)],
        ['canceled', 50],
      );
      assert.notEqual(session.last(some.clientOrderId).reason, '');
      const none = await session.send({ side, type: 'ioc', price: ticks(session.touch(other(side))) });
      assert.deepEqual(
        [session.last(none.clientOrderId).state, session.filled(none.clientOrderId)],
        ['canceled', 0],
      );
    });

    check(`${side}: fill-or-kill takes all or nothing`, async (session) => {
      const price = ticks(session.touch(side) + sign(side) * 10);
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
      const takes = await session.send({ side, type: 'postOnly', price: ticks(session.touch(side)) });
      assert.deepEqual(
        [session.last(takes.clientOrderId).state, session.filled(takes.clientOrderId)],
        ['canceled', 0],
      );
      const price = session.touch(side) - sign(side);
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
        const takeProfit = ticks(session.touch(side) + sign(side) * 1500);
        const stopLoss = ticks(session.touch(side) - sign(side) * 1500);
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
        await session.world.print(side, price - Math.sign(price - session.touch(side)) * 1, 1);
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
      price: ticks(session.ask + 10),
      takeProfit: ticks(session.ask + 1500),
      stopLoss: ticks(session.bid - 1500),
      protectionId: 'contractpair',
    });
    assert.equal(session.last(entry.clientOrderId).state, 'canceled');
    assert.equal(session.filled(entry.clientOrderId), 150);
    assert.equal((await session.position())?.protection?.size, 150);
  });

  check('the pair goes when the position is closed otherwise, and does not come back', async (session) => {
    const pair = session.pair();
    await session.send({ size: lots(40), ...pair });
    await session.close('sell', 40);
    assert.equal(await session.position(), null);
    assert.equal(session.last('contractpair').state, 'canceled');
    // a new position without a pair is not closed by the old one
    await session.send({ size: lots(5) });
    await session.world.show([[session.bid - 1600, 500]], [[session.bid - 1590, 500]]);
    await session.world.print('sell', session.bid - 1600, 1);
    await session.world.settle();
    const held = await session.position();
    assert.deepEqual([held?.size, held?.protection], [5, null]);
  });

  for (const side of ['buy', 'sell'] as const) {
    /** So many ticks further into the profit of a position opened by this side. */
    const inFavour = (session: Session, by: number): number => session.touch(side) + sign(side) * by;

    check(`${side}: a pair is moved, and fires where it stands now`, async (session) => {
      await session.send({ side, size: lots(40), ...session.pair(side) });
      const [stop, target] = [inFavour(session, -600), inFavour(session, 1800)];
      await session.amend(stop, target);
      const [answer] = session.moves();
      assert.deepEqual([answer?.stopLoss, answer?.takeProfit, answer?.refusal], [stop, target, '']);
      // said again it changes nothing, and is answered
      await session.amend(stop, target);
      assert.ok(session.moves().length >= 2);
      for (const said of session.moves()) assert.deepEqual([said.stopLoss, said.refusal], [stop, '']);
      for (const state of [await session.world.venue.state(), await session.restart()]) {
        const { protection } = state.positions[0]!;
        assert.deepEqual(
          [protection?.stopLoss, protection?.takeProfit, protection?.size],
          [stop, target, 40],
        );
      }
      // the old target and a tick before the new stop are prices like others
      await session.trade(side, inFavour(session, 1500));
      await session.trade(other(side), inFavour(session, -599));
      assert.equal((await session.position())?.size, sign(side) * 40);
      await session.trade(other(side), stop);
      assert.equal(await session.position(), null);
      assert.deepEqual([session.filled('contractpair'), session.last('contractpair').state], [40, 'filled']);
      for (const { purpose } of session.fills('contractpair')) assert.equal(purpose, 'stopLoss');
    });

    check(`${side}: a stop beyond the market is refused, and the old one stands`, async (session) => {
      const pair = session.pair(side);
      await session.send({ side, size: lots(40), ...pair });
      await session.trade(other(side), inFavour(session, -500));
      await session.amend(inFavour(session, -300), pair.takeProfit);
      const said = session.moves().at(-1);
      assert.deepEqual([said?.stopLoss, said?.takeProfit], [pair.stopLoss, pair.takeProfit]);
      assert.notEqual(said?.refusal, '');
      assert.equal((await session.position())?.protection?.stopLoss, pair.stopLoss);
      await session.trade(other(side), pair.stopLoss);
      assert.equal(await session.position(), null);
      assert.equal(session.filled('contractpair'), 40);
    });
  }

  check('a pair that is moved while its entry still fills grows where it stands now', async (session) => {
    const pair = session.pair();
    const entry = await session.send({ type: 'limit', size: lots(120), price: ticks(session.ask), ...pair });
    assert.equal(session.filled(entry.clientOrderId), 50);
    const [stop, target] = [pair.stopLoss + 300, pair.takeProfit + 400];
    await session.amend(stop, target);
    await session.world.show([[session.bid, 50]], [[session.ask + 10, 100]]);
    await session.world.print('sell', session.ask - 1, 500);
    await session.world.settle();
    assert.equal(session.filled(entry.clientOrderId), 120);
    const protection = (await session.position())?.protection;
    assert.deepEqual(
      [protection?.protectionId, protection?.stopLoss, protection?.takeProfit, protection?.size],
      ['contractpair', stop, target, 120],
    );
  });

  check('a pair that has fired is not moved any more, and nothing comes of it', async (session) => {
    const pair = session.pair();
    await session.send({ size: lots(40), ...pair });
    await session.trade('sell', pair.stopLoss);
    assert.equal(await session.position(), null);
    const said = session.events.length;
    await session.amend(pair.stopLoss + 100, pair.takeProfit);
    assert.equal(session.events.length, said);
    assert.equal(session.last('contractpair').state, 'filled');
    // a new position is not closed by it
    await session.send({ size: lots(5), price: ticks(0) });
    await session.trade('buy', pair.takeProfit);
    assert.equal((await session.position())?.size, 5);
  });

  check('a pair that fires while it is being moved ends once, and the position with it', async (session) => {
    const pair = session.pair();
    await session.send({ size: lots(40), ...pair });
    session.submitOnly(session.amendment(pair.stopLoss + 400, pair.takeProfit));
    await session.trade('sell', pair.stopLoss);
    assert.equal(await session.position(), null);
    assert.equal(session.filled('contractpair'), 40);
    assert.equal(session.last('contractpair').state, 'filled');
  });

  check('of a pair that never was it is said that it is not there', async (session) => {
    await session.send({ size: lots(5) });
    await session.amend(session.bid - 700, session.ask + 700, 'contractnone');
    assert.equal(session.last('contractnone').state, 'canceled');
    assert.notEqual(session.last('contractnone').reason, '');
    assert.deepEqual(session.moves('contractnone'), []);
    const held = await session.position();
    assert.deepEqual([held?.size, held?.protection], [5, null]);
  });

  check('a moved pair goes with its position like any other', async (session) => {
    const pair = session.pair();
    await session.send({ size: lots(40), ...pair });
    await session.amend(pair.stopLoss + 300, pair.takeProfit);
    await session.close('sell', 40);
    assert.equal(session.last('contractpair').state, 'canceled');
    await session.send({ size: lots(5) });
    await session.trade('sell', pair.stopLoss);
    assert.equal((await session.position())?.size, 5);
  });

  check(
    'killed with a move on its way: there is a stop, old or new, and asking again makes it the new one',
    async (session) => {
      const { world } = session;
      const pair = session.pair();
      await session.send({ size: lots(40), ...pair });
      const moved = pair.stopLoss + 500;
      session.submitOnly(session.amendment(moved, pair.takeProfit));
      const state = await session.restart();
      const standing = state.positions[0]?.protection;
      assert.ok(standing?.stopLoss === pair.stopLoss || standing?.stopLoss === moved);
      await session.amend(moved, pair.takeProfit);
      assert.equal((await session.position())?.protection?.stopLoss, moved);
      assert.deepEqual([session.moves().at(-1)?.stopLoss, session.moves().at(-1)?.refusal], [moved, '']);
      await world.settle();
    },
  );

  for (const side of ['buy', 'sell'] as const) {
    /** So many ticks from the own side's best price, away from the market. */
    const behind = (session: Session, by: number): number => session.touch(other(side)) - sign(side) * by;
    /** A taker comes as far as this price, for so much. */
    const taker = async (session: Session, price: number, size: number): Promise<void> => {
      await session.world.print(other(side), price, size);
      await session.world.settle();
    };

    check(`${side}: an order is given another price and size, and fills there`, async (session) => {
      const order = await session.send({
        side,
        type: 'limit',
        size: lots(30),
        price: ticks(behind(session, 5)),
      });
      const price = behind(session, -1);
      await session.change(order, price, 40);
      // said again it changes nothing, and is answered
      await session.change(order, price, 40);
      assert.deepEqual(session.changes(order), [
        [price, 40, false],
        [price, 40, false],
      ]);
      assert.deepEqual(new Set(session.states(order.clientOrderId)), new Set(['live']));
      for (const { orders } of [await session.world.venue.state(), await session.restart()])
        assert.deepEqual(
          orders.map(({ clientOrderId, size, filled }) => [clientOrderId, size, filled]),
          [[order.clientOrderId, 40, 0]],
        );
      await taker(session, price, 40);
      assert.equal(session.last(order.clientOrderId).state, 'filled');
      for (const fill of session.fills(order.clientOrderId))
        assert.deepEqual([fill.price, fill.maker], [price, true]);
      assert.equal(session.filled(order.clientOrderId), 40);
    });

    check(`${side}: an order made smaller at its price fills no more than that`, async (session) => {
      const price = session.touch(other(side));
      const order = await session.send({ side, type: 'limit', size: lots(30), price: ticks(price) });
      await session.change(order, price, 12);
      assert.deepEqual(session.changes(order), [[price, 12, false]]);
      await taker(session, price - sign(side), 400);
      assert.equal(session.filled(order.clientOrderId), 12);
      assert.equal(session.last(order.clientOrderId).state, 'filled');
    });

    check(
      `${side}: post-only, a price that would take is refused, and it stands where it was`,
      async (session) => {
        const price = behind(session, 5);
        const order = await session.send({ side, type: 'postOnly', size: lots(20), price: ticks(price) });
        await session.change(order, session.touch(side), 20);
        assert.deepEqual(session.changes(order), [[price, 20, true]]);
        assert.equal(session.last(order.clientOrderId).state, 'live');
        assert.equal(session.filled(order.clientOrderId), 0);
        await session.change(order, behind(session, -1), 20);
        assert.deepEqual(session.changes(order).at(-1), [behind(session, -1), 20, false]);
        await taker(session, price, 300);
        assert.equal(session.filled(order.clientOrderId), 20);
        assert.equal(session.fills(order.clientOrderId)[0]?.price, behind(session, -1));
      },
    );

    check(
      `${side}: a limit order that is moved across takes what it reaches, and the rest waits`,
      async (session) => {
        const order = await session.send({
          side,
          type: 'limit',
          size: lots(80),
          price: ticks(behind(session, 5)),
        });
        await session.change(order, session.touch(side), 80);
        assert.deepEqual(session.changes(order)[0], [session.touch(side), 80, false]);
        assert.equal(session.filled(order.clientOrderId), 50);
        assert.equal(session.last(order.clientOrderId).state, 'partiallyFilled');
        for (const fill of session.fills(order.clientOrderId))
          assert.deepEqual([fill.price, fill.maker], [session.touch(side), false]);
      },
    );

    check(
      `${side}: an order filled in part goes on elsewhere; its size counts what has filled`,
      async (session) => {
        const near = behind(session, -1);
        const order = await session.send({
          ...{ side, type: 'postOnly', size: lots(50), price: ticks(near) },
          ...session.pair(side),
        });
        await taker(session, near, 20);
        assert.equal(session.filled(order.clientOrderId), 20);
        const far = behind(session, 3);
        await session.change(order, far, 45);
        assert.deepEqual(session.changes(order), [[far, 45, false]]);
        assert.equal(session.last(order.clientOrderId).filled, 20);
        await taker(session, behind(session, 8), 900);
        assert.equal(session.last(order.clientOrderId).state, 'filled');
        assert.deepEqual(
          session.fills(order.clientOrderId).map(({ price, size }) => [price, size]),
          [
            [near, 20],
            [far, 25],
          ],
        );
        const held = await session.position();
        assert.deepEqual([held?.size, held?.protection?.size], [sign(side) * 45, 45]);
      },
    );

    check(`${side}: with no more than has filled an order is done, as filled`, async (session) => {
      const near = behind(session, -1);
      const order = await session.send({ side, type: 'limit', size: lots(50), price: ticks(near) });
      await taker(session, near, 20);
      await session.change(order, near, 20);
      assert.deepEqual(
        [session.last(order.clientOrderId).state, session.last(order.clientOrderId).filled],
        ['filled', 20],
      );
      await taker(session, behind(session, 8), 900);
      assert.equal(session.filled(order.clientOrderId), 20);
      assert.deepEqual((await session.world.venue.state()).orders, []);
    });
  }

  check('an order that has ended is not amended any more, and nothing comes of it', async (session) => {
    const order = await session.send({ type: 'limit', price: ticks(session.bid - 5) });
    await session.cancel(order.clientOrderId);
    const said = session.events.length;
    await session.change(order, session.bid, 20);
    assert.equal(session.events.length, said);
    assert.deepEqual((await session.world.venue.state()).orders, []);
  });

  check('of an order that never was it is said that it is not there', async (session) => {
    await session.change(session.order({ clientOrderId: 'contractnever' }), session.bid - 5, 20);
    assert.equal(session.last('contractnever').state, 'canceled');
    assert.notEqual(session.last('contractnever').reason, '');
    assert.equal(await session.world.venue.find(0, 'contractnever'), null);
    assert.deepEqual((await session.world.venue.state()).orders, []);
  });

  check('more than the margin allows is refused, and the order stands as it was', async (session) => {
    const price = session.bid - 5;
    const order = await session.send({ type: 'limit', size: lots(30), price: ticks(price) });
    // 50,000 lots of 600 USDT at 2×
    await session.change(order, price, 50_000);
    assert.deepEqual(session.changes(order), [[price, 30, true]]);
    assert.deepEqual(
      (await session.world.venue.state()).orders.map(({ size }) => size),
      [30],
    );
  });

  check('an order that fills while it is being amended fills once, no more than it was', async (session) => {
    const near = session.bid + 1;
    const order = await session.send({ type: 'postOnly', size: lots(30), price: ticks(near) });
    session.submitOnly(session.changed(order, session.bid - 5, 40));
    await session.world.print('sell', near, 900);
    await session.world.settle();
    const { clientOrderId } = order;
    const filled = session.filled(clientOrderId);
    assert.equal(session.last(clientOrderId).filled, filled);
    // before, it filled where it was; after, it had gone
    if (filled === 0) assert.deepEqual(session.changes(order), [[session.bid - 5, 40, false]]);
    else assert.deepEqual([session.last(clientOrderId).state, filled], ['filled', 30]);
  });

  check(
    'killed with an amendment on its way: it stands as it was or as asked, and asking again makes it so',
    async (session) => {
      const order = await session.send({ type: 'limit', size: lots(30), price: ticks(session.bid - 5) });
      session.submitOnly(session.changed(order, session.bid - 3, 25));
      const [standing] = (await session.restart()).orders;
      assert.ok(standing?.size === 30 || standing?.size === 25, `it is of ${standing?.size}`);
      await session.change(order, session.bid - 3, 25);
      assert.deepEqual(session.changes(order).at(-1), [session.bid - 3, 25, false]);
      assert.deepEqual(
        (await session.world.venue.state()).orders.map(({ size }) => size),
        [25],
      );
    },
  );

  check('a pair can be canceled; the position stays', async (session) => {
    const pair = session.pair();
    await session.send({ size: lots(40), ...pair });
    await session.cancel('contractpair', 'protection');
    assert.equal(session.last('contractpair').state, 'canceled');
    const held = await session.position();
    assert.deepEqual([held?.size, held?.protection], [40, null]);
  });

  check('a canceled order says so, keeps its fills, and fills no more', async (session) => {
    const { clientOrderId } = await session.send({
      type: 'limit',
      size: lots(80),
      price: ticks(session.ask),
    });
    assert.equal(session.filled(clientOrderId), 50);
    assert.equal((await session.world.venue.find(0, clientOrderId))?.filled, 50);
    await session.cancel(clientOrderId);
    assert.equal(session.last(clientOrderId).state, 'canceled');
    assert.equal(session.last(clientOrderId).filled, 50);
    await session.world.print('sell', session.ask - 5, 900);
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
    const canceled = await session.send({ type: 'postOnly', price: ticks(session.ask) });
    const resting = await session.send({ type: 'limit', price: ticks(session.bid - 5) });
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
      // a venue may tell the average price instead, whose digits end somewhere
      const cost = state.positions[0]?.cost ?? 0n;
      const off = cost > position.cost ? cost - position.cost : position.cost - cost;
      assert.ok(off * 1_000_000_000_000n < -position.cost, `cost ${cost}, not ${position.cost}`);
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

  check(
    'an order that rests fills in parts; canceled, it keeps them, and the pair stands for them',
    async (session) => {
      const { world, ask } = session;
      // between the best prices: nobody is before us
      const price = ticks(ask - 1);
      const order = await session.send({ type: 'postOnly', size: lots(80), price, ...session.pair() });
      const id = order.clientOrderId;
      assert.equal((await session.position()) === null, true);
      for (const [size, filled] of [
        [20, 20],
        [15, 35],
      ] as const) {
        await world.print('sell', price, size);
        await world.settle();
        assert.deepEqual([session.last(id).state, session.filled(id)], ['partiallyFilled', filled]);
        const held = await session.position();
        assert.deepEqual([held?.size, held?.protection?.size], [filled, filled]);
      }
      await session.cancel(id);
      assert.deepEqual([session.last(id).state, session.last(id).filled], ['canceled', 35]);
      await world.print('sell', price - 5, 900);
      await world.settle();
      assert.equal(session.filled(id), 35);
      const held = await session.position();
      assert.deepEqual([held?.size, held?.protection?.size], [35, 35]);
      for (const { maker, price: paid } of session.fills(id)) assert.deepEqual([maker, paid], [true, price]);
    },
  );

  for (const side of ['buy', 'sell'] as const)
    check(
      `${side}: funding is charged once, on the mark, to the last digit, and can be asked for again`,
      async (session) => {
        const { world } = session;
        await session.send({ side, size: lots(130) });
        const before = (await world.venue.state()).balance;
        const position = new Position(world.instrument);
        for (const fill of session.fills()) position.fill(fill.side, fill.size, fill.price);
        const mark = await world.fund('0.000137');
        await world.settle();
        const expected = position.fundingPayment(mark, parseDecimal('0.000137', 18));
        assert.equal(expected < 0n, side === 'buy', 'longs pay when the rate is positive');
        const told = session.events.filter(
          (event): event is FundingPaymentEvent => event.kind === EventKind.fundingPayment,
        );
        assert.deepEqual(
          told.map(({ amount }) => amount),
          [expected],
        );
        assert.equal((await world.venue.state()).balance - before, expected);
        const row = ({ paymentId, amount, exchangeAt }: FundingPaymentEvent) => [
          paymentId,
          amount,
          exchangeAt,
        ];
        assert.deepEqual((await world.venue.fundingPayments(ms(0))).map(row), told.map(row));
      },
    );

  for (const side of ['buy', 'sell'] as const)
    check(
      `${side}: without margin the position is taken away, its orders and its pair with it`,
      async (session) => {
        const { world } = session;
        const start = session.touch(side);
        await world.moveTo(start);
        // 42,000 USDT on 1,000: gone when the market moves by about 2 %
        const entry = await session.send({ side, size: lots(7000), leverage: 50, ...session.pair(side) });
        assert.equal(session.filled(entry.clientOrderId), 7000);
        // the pair would be first: it is for the market to take the position
        await session.cancel('contractpair', 'protection');
        const resting = await session.send({
          side,
          type: 'limit',
          size: lots(10),
          leverage: 50,
          price: ticks(Math.round(start * (1 - sign(side) * 0.009))),
        });
        await world.moveTo(Math.round(start * (1 - sign(side) * 0.01)));
        assert.equal(
          (await session.position())?.size,
          sign(side) * (7000 + session.filled(resting.clientOrderId)),
        );
        for (const away of [0.018, 0.026]) {
          if ((await session.position()) === null) break;
          await world.moveTo(Math.round(start * (1 - sign(side) * away)));
        }
        assert.equal(await session.position(), null);
        const taken = session.fills().filter(({ purpose }) => purpose === 'liquidation');
        assert.equal(
          taken.reduce((sum, { size }) => sum + size, 0),
          7000 + session.filled(resting.clientOrderId),
        );
        for (const fill of taken) assert.equal(fill.side, other(side));
        assert.deepEqual((await world.venue.state()).orders, []);
        const { balance } = await world.venue.state();
        assert.ok(balance < session.start.balance / 2n);
        // to the last digit: what the venue tells is all that moved its cash, without asking it again
        assert.ok(session.settlements().length > 0);
        assert.equal(session.toldBalance(), balance);
        assert.deepEqual(
          (await world.venue.settlements(ms(0))).map(({ settlementId, amount }) => [settlementId, amount]),
          session.settlements().map(({ settlementId, amount }) => [settlementId, amount]),
        );
      },
      '1000',
    );

  check(
    'killed and started again: what stood there stands there, and the stop still works',
    async (session) => {
      const { world } = session;
      const pair = session.pair();
      const entry = await session.send({ size: lots(40), ...pair });
      const resting = await session.send({ type: 'limit', price: ticks(session.bid - 5) });
      const gone = await session.send({ type: 'ioc', price: ticks(session.bid) });
      const before = await world.venue.state();
      const fills = await world.venue.fills(ms(0));
      assert.deepEqual(await session.restart(), before);
      assert.deepEqual(
        (await world.venue.fills(ms(0))).map(({ tradeId }) => tradeId),
        fills.map(({ tradeId }) => tradeId),
      );
      for (const [{ clientOrderId }, state, filled] of [
        [entry, 'filled', 40],
        [resting, 'live', 0],
        [gone, 'canceled', 0],
      ] as const) {
        const report = await world.venue.find(0, clientOrderId);
        assert.deepEqual([report?.state, report?.filled], [state, filled]);
      }
      await session.cancel(resting.clientOrderId);
      assert.equal(session.last(resting.clientOrderId).state, 'canceled');
      await world.show([[pair.stopLoss - 1, 5000]], [[pair.stopLoss + 1, 5000]]);
      await world.print('sell', pair.stopLoss, 1);
      await world.settle();
      assert.equal(await session.position(), null);
      assert.deepEqual([session.filled('contractpair'), session.last('contractpair').state], [40, 'filled']);
      for (const { purpose } of session.fills('contractpair')) assert.equal(purpose, 'stopLoss');
    },
  );

  check(
    'killed with an order on its way: it came or it never came, and all that is asked agrees',
    async (session) => {
      const { world } = session;
      const order = session.order({ size: lots(30) });
      session.submitOnly(order);
      const state = await session.restart();
      const report = await world.venue.find(0, order.clientOrderId);
      const filled = report?.filled ?? 0;
      assert.ok(report === null || report.state === 'filled', `it is ${report?.state}`);
      assert.equal(state.positions[0]?.size ?? 0, filled);
      const fills = await world.venue.fills(ms(0));
      assert.equal(
        fills.reduce((sum, { size }) => sum + size, 0),
        filled,
      );
      // and the id may be used by who learned that it never came
      if (report !== null) return;
      session.submitOnly(order);
      await world.settle();
      assert.equal(session.filled(order.clientOrderId), 30);
    },
  );
}

/** Fields beyond the contract that a venue may keep on its own objects. */
const rest = (protection: object | null | undefined): object =>
  Object.fromEntries(
    Object.entries(protection ?? {}).filter(
      ([key]) => !['protectionId', 'takeProfit', 'stopLoss', 'size'].includes(key),
    ),
  );
