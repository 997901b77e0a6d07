import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, type BookSide } from '../core/book/frame.ts';
import type { Approved, OrderCommand, OrderType, Place } from '../core/commands.ts';
import { BookEvent, EventKind, TradeEvent } from '../core/events.ts';
import { parseMoney } from '../core/instrument.ts';
import { frameOf, generator, type Level } from '../core/testing/books.ts';
import { lots, ms, opposite, type Side, signOf, ticks, us } from '../core/units.ts';
import type { Account } from '../exchange/accounts/account.ts';
import type { Order, OrderType as WireType } from '../exchange/accounts/order.ts';
import { Exchange } from '../exchange/exchange.ts';
import { loadScenario } from '../exchange/scenarios/load.ts';
import { localCredentials } from '../exchange/server.ts';
import { PaperMatcher } from '../venue/paper/matcher.ts';
import type { VenueEvent } from '../venue/venue.ts';

/**
 * The paper venue beside a matching engine that knows every order: the same orders of ours, really in the exchange's book and
 * on paper in front of what the public sees of it. Where whoever cancels stood behind us, nothing may differ.
 */

const START = 1_795_348_800_000;
const CASH = '10000000';
const WIRE: Readonly<Record<OrderType, WireType>> = {
  market: 'market',
  limit: 'limit',
  postOnly: 'post_only',
  ioc: 'ioc',
  fok: 'fok',
};
const SIDES: readonly Side[] = ['buy', 'sell'];
const bookSide = (side: Side): BookSide => (side === 'buy' ? BID : ASK);

/** One market for all rounds: its past takes longer to make up than a round. */
const exchange = new Exchange(5, START, null, { ...loadScenario('empty'), instruments: ['BTC-USDT-SWAP'] });
const market = exchange.markets[0]!;
const open = (): Account => {
  const account = exchange.open(`${exchange.accounts.length}`, localCredentials(exchange.accounts.length));
  account.credit('USDT', parseMoney(CASH));
  return account;
};
const maker = open();
const taker = open();
const traded: { side: Side; price: number; size: number }[] = [];
exchange.observe({
  traded: (_market, { side, price, size }) => {
    traded.push({ side, price, size });
  },
  stepped: () => {},
  orderChanged: () => {},
  algoChanged: () => {},
  balanceChanged: () => {},
});

function place(account: Account, side: Side, type: OrderType, price: number, size: number, id = ''): Order {
  const placed = exchange.orders.place(account, {
    market,
    side,
    type: WIRE[type],
    size,
    price,
    clientId: id,
    tag: '',
    reduceOnly: false,
    attachments: [],
  });
  exchange.followUp();
  assert.ok(placed.ok, placed.ok ? '' : JSON.stringify(placed.error));
  return placed.value;
}

class Round {
  readonly paper: PaperMatcher;
  readonly events: VenueEvent[] = [];
  readonly us = open();
  private readonly random: () => number;
  private number = 0;

  constructor(chance: number) {
    this.random = generator(chance);
    this.paper = new PaperMatcher(
      {
        startBalance: parseMoney(CASH),
        fees: { maker: '0.0002', taker: '0.0005' },
        orderLatency: { kind: 'constant', ms: 0 },
        answerLatency: { kind: 'constant', ms: 0 },
        seed: 1,
        queue: { kind: 'behindFirst' },
        // the book is shown without what we took of it
        selfImpact: false,
        maintenanceRate: 0,
      },
      [market.instrument],
    );
  }

  run(steps: number): void {
    const middle = market.last;
    for (const side of SIDES) {
      // so deep and so much that nobody comes to its end
      place(maker, side, 'limit', middle - signOf(side) * 400, 100_000);
      for (let i = 1; i < 6; i++) this.quote(side, middle);
    }
    this.show();
    for (let i = 0; i < steps; i++) {
      exchange.advance(exchange.now + 10);
      const chance = this.random();
      if (chance < 0.35) this.order(middle);
      else if (chance < 0.42) this.cancelOurs();
      else {
        traded.length = 0;
        const side = SIDES[this.whole(2)]!;
        if (chance < 0.62) this.quote(side, middle);
        else if (chance < 0.72) this.cancelBehindUs();
        else place(taker, side, 'ioc', this.around(side, 6), 1 + this.whole(90));
        for (const { side: takes, price, size } of traded)
          this.paper.market(
            new TradeEvent(this.now, 0, ms(exchange.now), ticks(price), lots(size), takes),
            this.hear,
          );
      }
      this.show();
    }
  }

  end(): void {
    for (const account of [maker, taker, this.us])
      for (const order of [...account.orders.values()]) exchange.orders.cancel(account, order, '1');
    // the next round begins with nobody's positions being short of anything
    for (const account of [maker, taker]) account.credit('USDT', parseMoney(CASH));
  }

  private readonly hear = (event: VenueEvent): void => void this.events.push(event);

  private get now() {
    return us(exchange.now * 1000);
  }

  private whole(below: number): number {
    return Math.floor(this.random() * below);
  }

  /** A price some ticks before or beyond the touch that this side meets. */
  private around(side: Side, reach: number): number {
    const touch = market.book.best(bookSide(opposite(side)));
    return touch + signOf(side) * (this.whole(2 * reach) - reach);
  }

  /** A maker's order that does not meet another maker's; ours it may meet. */
  private quote(side: Side, middle: number): void {
    const met = this.levels(opposite(side))[0]?.[0] ?? middle + signOf(side) * 3;
    const price = met - signOf(side) * (1 + this.whole(12));
    place(maker, side, 'limit', price, 1 + this.whole(60));
  }

  private cancelBehindUs(): void {
    const newest = (side: Side): number =>
      Math.max(0, ...[...this.us.orders.values()].filter((order) => order.side === side).map(({ id }) => id));
    const behind = [...maker.orders.values()].filter(
      (order) => order.id > newest(order.side) && order.size < 100_000,
    );
    const chosen = behind[this.whole(behind.length)];
    if (chosen !== undefined) exchange.orders.cancel(maker, chosen, '1');
  }

  private order(middle: number): void {
    const side = SIDES[this.whole(2)]!;
    const type = (['market', 'limit', 'limit', 'postOnly', 'postOnly', 'ioc', 'fok'] as const)[
      this.whole(7)
    ]!;
    const price = type === 'market' ? 0 : this.around(side, 5);
    // an order that would meet our own is another story: what the exchange does then is a setting
    const worst = price === 0 ? middle + signOf(side) * 400 : price;
    for (const own of this.us.orders.values())
      if (own.side !== side && signOf(side) * (worst - own.price) >= 0) return;
    const clientOrderId = `p${++this.number}`;
    const size = 1 + this.whole(70);
    const command: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side,
      type,
      size: lots(size),
      price: ticks(price),
      reduceOnly: false,
      leverage: 3,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'entry',
    };
    place(this.us, side, type, price, size, clientOrderId);
    this.submit(command);
  }

  private cancelOurs(): void {
    const order = [...this.us.orders.values()][0];
    if (order === undefined) return;
    exchange.orders.cancel(this.us, order, '1');
    this.submit({ kind: 'cancel', instrument: 0, clientOrderId: order.clientId, target: 'order' });
  }

  private submit(command: OrderCommand): void {
    this.paper.submit(command as Approved<OrderCommand>, this.now);
    this.paper.advance(this.now, this.hear);
  }

  /** What the public sees, ours left out, best first. */
  private levels(side: Side): Level[] {
    const { book } = market;
    const levels: Level[] = [];
    for (
      let price = book.best(bookSide(side));
      !Number.isNaN(price);
      price = book.behind(bookSide(side), price)
    ) {
      let size = 0;
      for (let slot = book.firstAt(price); slot >= 0; slot = book.after(slot))
        if (book.ownerOf(slot) !== this.us.number) size += book.sizeOf(slot);
      if (size > 0) levels.push([price, size]);
    }
    return levels;
  }

  private show(): void {
    const frame = frameOf(true, this.levels('buy'), this.levels('sell'), exchange.now);
    this.paper.market(new BookEvent(this.now, 0, frame), this.hear);
  }
}

/** By order: what it filled at each price as maker or taker, what that cost, and how it stands. */
interface Told {
  fills: Record<string, number>;
  fees: bigint;
  state: string;
}

function onPaper({ events }: Round): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const event of events) {
    if (event.kind !== EventKind.order && event.kind !== EventKind.fill) continue;
    const order = told.get(event.clientOrderId) ?? { fills: {}, fees: 0n, state: '' };
    told.set(event.clientOrderId, order);
    if (event.kind === EventKind.order) order.state = event.state;
    else {
      const key = `${event.price} ${event.maker ? 'maker' : 'taker'}`;
      order.fills[key] = (order.fills[key] ?? 0) + event.size;
      order.fees += event.fee;
    }
  }
  return told;
}

function atTheExchange({ us }: Round): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const order of [...us.pastOrders.items, ...us.orders.values()])
    told.set(order.clientId, {
      fills: {},
      fees: order.fee,
      state: order.state === 'partially_filled' ? 'partiallyFilled' : order.state,
    });
  for (const { clientOrderId, price, size, maker } of us.fills.items) {
    const { fills } = told.get(clientOrderId)!;
    const key = `${price} ${maker ? 'maker' : 'taker'}`;
    fills[key] = (fills[key] ?? 0) + size;
  }
  return told;
}

test('order by order, paper tells what a matching engine with our orders in it tells', () => {
  const count = { orders: 0, maker: 0, taker: 0 };
  for (let chance = 1; chance <= 40; chance++) {
    const round = new Round(chance * 7919);
    round.run(150);
    const paper = onPaper(round);
    const real = atTheExchange(round);
    const sorted = (told: Map<string, Told>) =>
      [...told].sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));
    assert.deepEqual(sorted(paper), sorted(real), `round ${chance}`);
    // the exchange books a fill for each maker met: a share of the cost may be rounded more often, at 1e-18
    const off = round.paper.balance - round.us.balance('USDT');
    assert.ok((off < 0n ? -off : off) < 1000n, `round ${chance}: balance off by ${off}e-18`);
    count.orders += paper.size;
    for (const { fills } of paper.values())
      for (const key of Object.keys(fills)) count[key.endsWith('maker') ? 'maker' : 'taker'] += 1;
    round.end();
  }
  assert.ok(count.orders > 1000 && count.maker > 200 && count.taker > 500, JSON.stringify(count));
});
