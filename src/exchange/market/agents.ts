import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { AGENTS, Kind, type OrderBook, opposed } from '../matching/order-book.ts';
import type { Random } from '../random.ts';
import { Herd } from './herd.ts';
import type { LatentValue } from './latent-value.ts';

/** Length of one step of the market, ms. */
export const STEP_MS = 10;
const STEP_SECONDS = STEP_MS / 1000;

/** How an agent's order reaches the book: the market numbers the trades and tells whom it concerns. */
export type Execute = (side: BookSide, kind: Kind, price: number, size: number, tag: number) => number;

/** Herds, by the tag of their orders: two sides of each, bids first. */
const MAKER = 0;
const FAST = 2;
const SLOW = 4;

/** Seconds in which the makers' opinion follows the latent value: what the informed earn their living from. */
const OPINION_LAG_SECONDS = 0.4;
/** Orders queueing at each quote when opinion and quotes agree. */
const QUEUE_ORDERS = 32;
const SLOW_ORDERS = 900;
const SLOW_LIFE_SECONDS = 20;
const SLOW_DISTANCE_TICKS = 2500;
const FAST_ORDERS = 60;
const FAST_LIFE_SECONDS = 2;
const FAST_DISTANCE_TICKS = 60;
const METAORDERS = 8;
/** Takers per second at activity 1 in an ordinary regime. */
const TAKERS_PER_SECOND = 4;
/** What informed takers look ahead, seconds, when they feel the drift. */
const FORESIGHT_SECONDS = 20;

interface Metaorder {
  side: BookSide;
  left: number;
}

/**
 * The crowd behind one order book.
 *
 * Makers quote the touch with deep queues and re-quote in jumps, when their opinion has left the quotes far enough;
 * fast and slow orders fill the book behind, thin; takers work off metaorders whose lengths have a heavy tail (so that
 * the signs of trades have a long memory), or are informed and trade towards where the latent value is and goes. The
 * makers learn late. Order flow therefore carries information for seconds, a little for a minute, and no more.
 *
 * Sources of the traits: Lillo, Mike, Farmer, "Theory for long memory in supply and demand", Physical Review E 71
 * (2005); Huang, Lehalle, Rosenbaum, "The queue-reactive model", JASA 110 (2015).
 */
export class Agents {
  private readonly book: OrderBook;
  private readonly latent: LatentValue;
  private readonly random: Random;
  private readonly execute: Execute;
  private readonly tickSize: number;
  private readonly unitLots: number;
  private readonly activity: number;
  private readonly herds: readonly Herd[];
  private readonly metaorders: Metaorder[] = [];
  /** What the makers think it is worth, ticks. */
  private opinion: number;
  private readonly quotes: [number, number] = [0, 0];
  /** How far opinion may leave the quotes before they move, ticks. */
  private patience = 0;
  /** Takers call takers: adds to their rate, fades within a second. */
  private excitement = 0;

  constructor(
    book: OrderBook,
    latent: LatentValue,
    random: Random,
    execute: Execute,
    tickSize: number,
    unitLots: number,
    activity: number,
  ) {
    this.book = book;
    this.latent = latent;
    this.random = random;
    this.execute = execute;
    this.tickSize = tickSize;
    this.unitLots = unitLots;
    this.activity = activity;
    const places: number[] = [];
    this.herds = Array.from({ length: 6 }, () => new Herd(places));
    this.opinion = latent.price / tickSize;
    this.open();
  }

  /** An order of theirs was filled completely. */
  gone(tag: number, slot: number): void {
    this.herds[tag].remove(slot);
  }

  step(): void {
    const worth = this.latent.price / this.tickSize;
    this.opinion += (worth - this.opinion) * (1 - Math.exp(-STEP_SECONDS / OPINION_LAG_SECONDS));
    const centre = (this.quotes[BID] + this.quotes[ASK]) / 2;
    if (Math.abs(this.opinion - centre) > this.patience) this.requote();
    for (const side of [BID, ASK] as const) {
      this.quote(side);
      this.refresh(side, FAST, FAST_ORDERS, FAST_LIFE_SECONDS);
      this.refresh(side, SLOW, SLOW_ORDERS, SLOW_LIFE_SECONDS);
    }
    this.take(worth);
  }

  private open(): void {
    this.setQuotes();
    for (let i = 0; i < METAORDERS; i++) this.metaorders.push(this.conceive());
    for (const side of [BID, ASK] as const) {
      for (let i = 0; i < QUEUE_ORDERS; i++) this.place(side, MAKER, this.quotes[side], this.queueSize());
      for (let i = 0; i < FAST_ORDERS; i++) this.scatter(side, FAST);
      for (let i = 0; i < SLOW_ORDERS; i++) this.scatter(side, SLOW);
    }
  }

  private setQuotes(): void {
    const spread = this.random.chance(0.85) ? 1 : 2;
    this.quotes[BID] = Math.round(this.opinion - spread / 2);
    this.quotes[ASK] = this.quotes[BID] + spread;
    this.patience = 12 + this.random.exponential(18);
  }

  /** The makers step aside, someone quick takes what they left behind, and the queues form anew around opinion. */
  private requote(): void {
    const wasBid = this.quotes[BID];
    this.setQuotes();
    const up = this.quotes[BID] > wasBid;
    const taking = up ? BID : ASK;
    const passive = opposed(taking);
    const limit = this.quotes[taking];
    for (const slot of [...this.herds[MAKER + passive].slots])
      if (this.isBeyond(passive, slot, limit) && this.random.chance(0.85)) this.cancel(MAKER + passive, slot);
    if (this.random.chance(0.7)) {
      const size = Math.floor(this.standing(passive, limit) * this.random.uniform());
      if (size > 0) this.execute(taking, Kind.ioc, limit, size, 0);
    }
    this.withdraw(passive, limit);
    for (const side of [BID, ASK] as const)
      for (let i = 3 + this.random.below(5); i > 0; i--)
        this.place(side, MAKER, this.quotes[side], this.queueSize());
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

  /** Agents cancel whatever of theirs stands in the way; orders of users stay and will be traded with. */
  withdraw(side: BookSide, limit: number): void {
    let price = this.book.best(side);
    while (side === ASK ? price <= limit : price >= limit) {
      const next = this.book.behind(side, price);
      for (let slot = this.book.firstAt(price); slot >= 0; ) {
        const after = this.book.after(slot);
        if (this.book.ownerOf(slot) === AGENTS) this.cancel(this.book.tagOf(slot), slot);
        slot = after;
      }
      price = next;
    }
  }

  /** Keeps the queue at the quote near its length; orders left at former quotes move on within fractions of a second. */
  private quote(side: BookSide): void {
    const { random } = this;
    const herd = this.herds[MAKER + side];
    const price = this.quotes[side];
    const centre = (this.quotes[BID] + this.quotes[ASK]) / 2;
    const pressure = ((this.opinion - centre) / this.patience) * (side === BID ? 1 : -1);
    const wanted = Math.max(4, QUEUE_ORDERS * (1 + 0.8 * pressure));
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
    // half of what stands in a book is hardly anything
    const size = random.chance(0.45)
      ? 1 + random.below(Math.ceil(this.unitLots / 10))
      : this.unitLots * Math.min(400, Math.exp(1 + 2 * random.normal()));
    this.place(side, kind, this.quotes[side] + (side === BID ? -distance : distance), size);
  }

  private take(worth: number): void {
    const { random } = this;
    this.excitement *= Math.exp(-STEP_SECONDS);
    const restless = this.latent.volatility / 1.1e-4;
    const rate = (TAKERS_PER_SECOND * restless + this.excitement) * this.activity;
    for (let i = random.poisson(rate * STEP_SECONDS); i > 0; i--) {
      const centre = (this.quotes[BID] + this.quotes[ASK]) / 2;
      const gap = worth * (1 + this.latent.drift * FORESIGHT_SECONDS) - centre;
      const informed = random.chance(Math.min(0.6, 0.2 + Math.abs(gap) / 400));
      const side = informed
        ? random.chance(1 / (1 + Math.exp(-gap / 40)))
          ? BID
          : ASK
        : this.nextOfMetaorder();
      this.takeOnce(side);
      this.excitement = Math.min(12, this.excitement + 0.3);
    }
  }

  private takeOnce(side: BookSide): void {
    const { book, random } = this;
    const best = book.best(opposed(side));
    if (Number.isNaN(best)) return;
    const size = Math.max(
      1,
      Math.round(Math.min(400, Math.exp(0.8 + 1.9 * random.normal())) * this.unitLots),
    );
    const reach = random.below(12);
    this.execute(side, Kind.ioc, side === BID ? best + reach : best - reach, size, 0);
    const sign = side === BID ? 1 : -1;
    this.opinion += sign * Math.min(6, size / this.unitLots / 25);
    const now = book.best(opposed(side));
    const quote = this.quotes[opposed(side)];
    // the queue was eaten: what stood behind it is the quote now, until opinion says otherwise
    if (!Number.isNaN(now) && (now - quote) * sign > 0 && (now - quote) * sign < 50) {
      this.quotes[opposed(side)] = now;
      this.quotes[side] = now - sign;
    }
  }

  private nextOfMetaorder(): BookSide {
    const at = this.random.below(METAORDERS);
    const metaorder = this.metaorders[at];
    metaorder.left -= 1;
    if (metaorder.left <= 0) this.metaorders[at] = this.conceive();
    return metaorder.side;
  }

  /** A new metaorder; funds trade with the drift somewhat more often than against it. */
  private conceive(): Metaorder {
    const lean = 0.25 * Math.tanh((this.latent.drift * 60) / 3e-4);
    return {
      side: this.random.chance(0.5 + lean) ? BID : ASK,
      left: Math.min(400, Math.round(4 * this.random.pareto(1.5))),
    };
  }

  private queueSize(): number {
    return this.unitLots * Math.exp(3 + 1.1 * this.random.normal());
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
