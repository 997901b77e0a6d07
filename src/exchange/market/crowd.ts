import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { AGENTS, Kind, type OrderBook, opposed } from '../matching/order-book.ts';
import type { Random } from '../random.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Execute } from './agents.ts';
import { Herd } from './herd.ts';

export const STEP_MS = 10;
const STEP_SECONDS = STEP_MS / 1000;

/** Herds, by the tag of their orders: two sides of each, bids first. */
const MAKER = 0;
const FAST = 2;
const SLOW = 4;
/** Tags below this are herds; above, planted participants. */
export const HERDS = 6;

/** Orders queueing at each quote when opinion and quotes agree. */
const QUEUE_ORDERS = 32;
const SLOW_ORDERS = 900;
const SLOW_LIFE_SECONDS = 20;
const SLOW_DISTANCE_TICKS = 2500;
const FAST_ORDERS = 60;
const FAST_LIFE_SECONDS = 2;
const FAST_DISTANCE_TICKS = 60;
/** How far opinion may leave the quotes before they move, basis points: at least, and in the mean beyond that. */
const PATIENCE_BP = 0.2;
const PATIENCE_MORE_BP = 0.3;
/** Share of the makers' orders that is caught when they step aside: a uniform number to this power. */
const CAUGHT_POWER = 3;
/** Chance that someone takes what was caught. */
const SWEPT = 0.9;
/** A wall in the way is taken with this chance in a step, in pieces of so many units in the mean. */
const WALL_CHANCE = 0.3;
const WALL_UNITS = 70;
/** Lots of an ordinary queue at the best price, in units of an ordinary order. */
export const ORDINARY_QUEUE = 800;
/** Nobody in the crowd rests more in one order, in units: whatever is larger was planted. */
const LARGEST_UNITS = 400;

/**
 * Background liquidity and market makers.
 *
 * Makers quote the best prices with deep queues whose length they keep: orders arrive faster the shorter the queue is
 * and leave faster the longer it is (Huang, Lehalle, Rosenbaum, "The queue-reactive model", JASA 110, 2015), and the
 * queue that opinion leans against is shorter. When opinion has left the quotes far enough they step aside, someone quick takes
 * what they left behind, and the queues form anew around opinion: the price moves in jumps. Fast and slow orders fill
 * the book behind, thin, and live for seconds.
 */
export class Crowd {
  /** Best prices as the makers want them, ticks. */
  readonly quotes: [number, number] = [0, 0];
  /** What the makers think it is worth, ticks. */
  opinion: number;
  /** Ticks that the quotes moved in this step, signed. */
  moved = 0;
  private patience = 0;
  private readonly herds: readonly Herd[];
  private readonly book: OrderBook;
  private readonly random: Random;
  private readonly execute: Execute;
  private readonly unitLots: number;
  private readonly activity: number;
  private readonly queueOrders: number;
  private readonly slowOrders: number;
  private readonly fastOrders: number;
  private readonly spreadTicks: number;

  constructor(
    book: OrderBook,
    opinion: number,
    random: Random,
    execute: Execute,
    unitLots: number,
    activity: number,
    terms: Scenario['crowd'],
  ) {
    this.book = book;
    this.opinion = opinion;
    this.random = random;
    this.execute = execute;
    this.unitLots = unitLots;
    this.activity = activity;
    this.queueOrders = Math.round(QUEUE_ORDERS * terms.makers);
    this.slowOrders = Math.round(SLOW_ORDERS * terms.background);
    this.fastOrders = Math.round(FAST_ORDERS * terms.background);
    this.spreadTicks = Math.round(terms.spread_ticks);
    const places: number[] = [];
    this.herds = Array.from({ length: HERDS }, () => new Herd(places));
    this.setQuotes();
    this.open();
  }

  /** An order of theirs was filled completely. */
  gone(tag: number, slot: number): void {
    this.herds[tag].remove(slot);
  }

  step(opinion: number): void {
    this.opinion = opinion;
    this.moved = 0;
    const centre = (this.quotes[BID] + this.quotes[ASK]) / 2;
    if (Math.abs(opinion - centre) > this.patience) {
      this.requote();
      this.moved = (this.quotes[BID] + this.quotes[ASK]) / 2 - centre;
    }
    for (const side of [BID, ASK] as const) {
      if (this.queueOrders > 0) {
        this.takeWall(side);
        this.quote(side);
      }
      this.refresh(side, FAST, this.fastOrders, FAST_LIFE_SECONDS);
      this.refresh(side, SLOW, this.slowOrders, SLOW_LIFE_SECONDS);
    }
  }

  /** The queue at the quote of `side` was eaten: what stands behind it is the quote now, until opinion says otherwise. */
  eaten(side: BookSide): void {
    const now = this.book.best(side);
    const quote = this.quotes[side];
    const sign = side === ASK ? 1 : -1;
    if (Number.isNaN(now) || (now - quote) * sign <= 0 || (now - quote) * sign >= 50) return;
    this.quotes[side] = now;
    this.quotes[opposed(side)] = now - sign * this.spreadTicks;
  }

  /** The crowd cancels whatever of its orders stands in the way; others' orders stay and will be traded with. */
  withdraw(side: BookSide, limit: number): void {
    let price = this.book.best(side);
    while (side === ASK ? price <= limit : price >= limit) {
      const next = this.book.behind(side, price);
      for (let slot = this.book.firstAt(price); slot >= 0; ) {
        const after = this.book.after(slot);
        const tag = this.book.tagOf(slot);
        if (this.book.ownerOf(slot) === AGENTS && tag < HERDS) this.cancel(tag, slot);
        slot = after;
      }
      price = next;
    }
  }

  private open(): void {
    for (const side of [BID, ASK] as const) {
      for (let i = 0; i < this.queueOrders; i++) this.place(side, MAKER, this.quotes[side], this.queueSize());
      for (let i = 0; i < this.fastOrders; i++) this.scatter(side, FAST);
      for (let i = 0; i < this.slowOrders; i++) this.scatter(side, SLOW);
    }
  }

  private setQuotes(): void {
    const spread = this.spreadTicks * (this.random.chance(0.955) ? 1 : 2);
    this.quotes[BID] = Math.round(this.opinion - spread / 2);
    this.quotes[ASK] = this.quotes[BID] + spread;
    this.patience = (this.opinion / 10_000) * (PATIENCE_BP + this.random.exponential(PATIENCE_MORE_BP));
  }

  private requote(): void {
    const wasBid = this.quotes[BID];
    this.setQuotes();
    const up = this.quotes[BID] > wasBid;
    const taking = up ? BID : ASK;
    const passive = opposed(taking);
    const limit = this.quotes[taking];
    // mostly they are quicker than whoever comes to take: the price then moves on little volume
    const caught = this.random.uniform() ** CAUGHT_POWER;
    for (const slot of [...this.herds[MAKER + passive].slots])
      if (this.isBeyond(passive, slot, limit) && !this.random.chance(caught))
        this.cancel(MAKER + passive, slot);
    if (this.random.chance(SWEPT)) {
      const size = Math.floor(this.standing(passive, limit) * this.random.uniform());
      if (size > 0) this.execute(taking, Kind.ioc, limit, size, 0);
    }
    this.withdraw(passive, limit);
    if (this.queueOrders === 0) return;
    for (const side of [BID, ASK] as const)
      for (let i = 3 + this.random.below(5); i > 0; i--)
        this.place(side, MAKER, this.joined(side), this.queueSize());
  }

  /** The quote, or the tick beside it where someone else's order stands beyond it and has not been traded away yet. */
  private joined(side: BookSide): number {
    const quote = this.quotes[side];
    const wall = this.book.best(opposed(side));
    if (side === BID) return wall <= quote ? wall - 1 : quote;
    return wall >= quote ? wall + 1 : quote;
  }

  /** Someone else's order stands beyond what the makers think it is worth: it is taken, piece by piece. */
  private takeWall(side: BookSide): void {
    const wall = this.book.best(side);
    const quote = this.quotes[opposed(side)];
    if (!(side === BID ? wall >= quote : wall <= quote) || !this.random.chance(WALL_CHANCE)) return;
    const size = Math.ceil(this.random.exponential(WALL_UNITS * this.unitLots));
    this.execute(opposed(side), Kind.ioc, quote, size, 0);
  }

  /** Whether an order of `side` would stand in the way of quotes that moved to `limit`. */
  private isBeyond(side: BookSide, slot: number, limit: number): boolean {
    return side === ASK ? this.book.priceOf(slot) <= limit : this.book.priceOf(slot) >= limit;
  }

  private standing(side: BookSide, limit: number): number {
    let size = 0;
    for (
      let price = this.book.best(side);
      side === ASK ? price <= limit : price >= limit;
      price = this.book.behind(side, price)
    )
      size += this.book.sizeAt(price);
    return size;
  }

  /** Keeps the queue at the quote near its length; orders left at former quotes move on within fractions of a second. */
  private quote(side: BookSide): void {
    const { random } = this;
    const herd = this.herds[MAKER + side];
    const price = this.joined(side);
    const centre = (this.quotes[BID] + this.quotes[ASK]) / 2;
    const pressure = ((this.opinion - centre) / this.patience) * (side === BID ? 1 : -1);
    const wanted = Math.max(4, this.queueOrders * (1 + 0.8 * pressure));
    const atQuote = Math.min(herd.count, this.book.ordersAt(price));
    for (let i = random.poisson(60 * STEP_SECONDS * Math.max(0, 1 - atQuote / wanted) + 0.05); i > 0; i--)
      this.place(side, MAKER, price, this.queueSize());
    // a tenth of the herd is looked at in each step
    for (let i = Math.ceil(herd.count / 10); i > 0; i--) {
      const slot = herd.slots[random.below(herd.count)];
      if (slot === undefined) break;
      const hurry = this.book.priceOf(slot) === price ? 0.8 + 4 * Math.max(0, atQuote / wanted - 1) : 8;
      if (random.chance(hurry * STEP_SECONDS * 10)) this.cancel(MAKER + side, slot);
    }
  }

  /** Cancels some orders, rather those farther away, and places as many anew. */
  private refresh(side: BookSide, kind: number, wanted: number, life: number): void {
    if (wanted === 0) return;
    const herd = this.herds[kind + side];
    for (let i = this.random.poisson((wanted / life) * STEP_SECONDS * this.activity); i > 0; i--) {
      if (herd.count >= wanted) {
        const one = herd.slots[this.random.below(herd.count)];
        const other = herd.slots[this.random.below(herd.count)];
        const farther =
          Math.abs(this.book.priceOf(one) - this.opinion) > Math.abs(this.book.priceOf(other) - this.opinion);
        this.cancel(kind + side, farther ? one : other);
      }
      this.scatter(side, kind);
    }
    while (herd.count < wanted) this.scatter(side, kind);
  }

  private scatter(side: BookSide, kind: number): void {
    const { random } = this;
    const distance =
      1 + Math.floor(random.exponential(kind === FAST ? FAST_DISTANCE_TICKS : SLOW_DISTANCE_TICKS));
    // much of what stands in a book is hardly anything
    const size = random.chance(0.42)
      ? 1 + random.below(Math.ceil(this.unitLots / 10))
      : this.unitLots * Math.min(LARGEST_UNITS, Math.exp(1.18 + 2 * random.normal()));
    this.place(side, kind, this.quotes[side] + (side === BID ? -distance : distance), size);
  }

  private queueSize(): number {
    return this.unitLots * Math.min(LARGEST_UNITS, Math.exp(3 + 1.1 * this.random.normal()));
  }

  private place(side: BookSide, kind: number, price: number, size: number): void {
    const slot = this.execute(side, Kind.limit, price, Math.max(1, Math.round(size)), kind + side);
    if (slot >= 0) this.herds[kind + side].add(slot);
  }

  private cancel(tag: number, slot: number): void {
    this.book.cancel(slot);
    this.herds[tag].remove(slot);
  }
}
