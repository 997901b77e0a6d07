import { assert } from '../../core/assert.ts';
import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { Occupancy } from './occupancy.ts';

/** How long an order may wait. A market order is `ioc` at the price band. */
export const Kind = { limit: 0, postOnly: 1, ioc: 2, fok: 3 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What became of the order that was just placed. */
export const Outcome = {
  filled: 0,
  resting: 1,
  expired: 2,
  wouldTake: 3,
  unfillable: 4,
  selfTrade: 5,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/**
 * What happens when an order meets another of its owner's (the arriving one decides), and `reduceOnly`: a resting order
 * that trades no more than the book's `reducible` allows at that moment. One of the first three, plus the last.
 */
export const Terms = { cancelMaker: 0, cancelTaker: 1, cancelBoth: 2, reduceOnly: 4 } as const;
const SELF_TRADE_MASK = 3;

/** Lots that a resting reduce-only order may still trade; `matches` already holds what this sweep traded before it. */
export type Reducible = (owner: number, tag: number) => number;

/** Orders of this owner may trade with each other: the agents, who are many behind one number. */
export const AGENTS = 0;

/** What the last order did to resting ones, in order; reused from order to order. */
export class Matches {
  count = 0;
  slot = new Int32Array(64);
  owner = new Int32Array(64);
  tag = new Float64Array(64);
  price = new Float64Array(64);
  /** 0: the resting order was taken away, by self-trade prevention or because it had nothing left to reduce. */
  size = new Float64Array(64);
  /** What remains of the resting order. */
  remaining = new Float64Array(64);

  push(slot: number, owner: number, tag: number, price: number, size: number, remaining: number): void {
    if (this.count === this.slot.length) this.grow();
    const at = this.count++;
    this.slot[at] = slot;
    this.owner[at] = owner;
    this.tag[at] = tag;
    this.price[at] = price;
    this.size[at] = size;
    this.remaining[at] = remaining;
  }

  private grow(): void {
    const capacity = this.slot.length * 2;
    this.slot = copyInto(new Int32Array(capacity), this.slot);
    this.owner = copyInto(new Int32Array(capacity), this.owner);
    this.tag = copyInto(new Float64Array(capacity), this.tag);
    this.price = copyInto(new Float64Array(capacity), this.price);
    this.size = copyInto(new Float64Array(capacity), this.size);
    this.remaining = copyInto(new Float64Array(capacity), this.remaining);
  }
}

const INITIAL_WIDTH = 1 << 17;
/** 20 bytes a tick: 20 MB at most. The exchange refuses prices that would need more. */
const WIDTH_MAX = 1 << 20;
const NONE = -1;

/**
 * Price-time priority, order by order. Prices are ticks, sizes lots, both whole numbers.
 *
 * A level is a queue of orders linked through typed arrays; levels lie in a window of ticks around the market, so a
 * level is one index away and the next occupied one is found in a bitmap. A price is bid or ask, never both, hence one
 * window serves both sides. An order is named by its slot until it is filled or canceled; slots are used again.
 */
export class OrderBook {
  /** Grows with every change of the book; never the same for two states. */
  sequence = 0;
  readonly matches = new Matches();
  outcome: Outcome = Outcome.filled;
  /** What the last placed order left unfilled. */
  remaining = 0;
  /** Asked before a resting reduce-only order trades. Without anybody to ask, it trades in full. */
  reducible: Reducible | null = null;

  // orders, by slot
  private price: Float64Array = new Float64Array(4096);
  private size: Float64Array = new Float64Array(4096);
  private owner: Int32Array = new Int32Array(4096);
  private tag: Float64Array = new Float64Array(4096);
  private side: Uint8Array = new Uint8Array(4096);
  private terms: Uint8Array = new Uint8Array(4096);
  private next: Int32Array = new Int32Array(4096);
  private previous: Int32Array = new Int32Array(4096);
  private free = NONE;
  private used = 0;

  // levels, by price − base
  private base = 0;
  private width = INITIAL_WIDTH;
  private head: Int32Array = new Int32Array(INITIAL_WIDTH).fill(NONE);
  private tail: Int32Array = new Int32Array(INITIAL_WIDTH).fill(NONE);
  private total: Float64Array = new Float64Array(INITIAL_WIDTH);
  private count: Int32Array = new Int32Array(INITIAL_WIDTH);
  private occupied = new Occupancy(INITIAL_WIDTH);
  private bid = NONE;
  private ask = NONE;

  constructor(around: number) {
    this.base = Math.round(around) - INITIAL_WIDTH / 2;
  }

  /** Best price of a side in ticks; `NaN` when there is none. */
  best(side: BookSide): number {
    const at = side === BID ? this.bid : this.ask;
    return at === NONE ? Number.NaN : at + this.base;
  }

  /** The level behind `price` on `side`, `NaN` when there is none. */
  behind(side: BookSide, price: number): number {
    const at = side === BID ? this.occupied.below(price - this.base) : this.occupied.above(price - this.base);
    return at === NONE ? Number.NaN : at + this.base;
  }

  /** Lots standing at a price. */
  sizeAt(price: number): number {
    const at = price - this.base;
    return at >= 0 && at < this.width ? this.total[at] : 0;
  }

  ordersAt(price: number): number {
    const at = price - this.base;
    return at >= 0 && at < this.width ? this.count[at] : 0;
  }

  /** Slot at the head of the queue, −1 when the level is empty. */
  firstAt(price: number): number {
    const at = price - this.base;
    return at >= 0 && at < this.width ? this.head[at] : NONE;
  }

  after(slot: number): number {
    return this.next[slot];
  }

  priceOf(slot: number): number {
    return this.price[slot];
  }

  sizeOf(slot: number): number {
    return this.size[slot];
  }

  ownerOf(slot: number): number {
    return this.owner[slot];
  }

  tagOf(slot: number): number {
    return this.tag[slot];
  }

  /**
   * Takes what it may, then rests if it may. Gives the slot of the resting order or −1; `matches`, `remaining` and
   * `outcome` tell the rest.
   */
  place(
    owner: number,
    side: BookSide,
    kind: Kind,
    price: number,
    size: number,
    tag: number,
    terms = 0,
  ): number {
    assert(size > 0 && Number.isInteger(size), `order size ${size} is not a positive number of lots`);
    this.matches.count = 0;
    this.remaining = size;
    if (kind === Kind.postOnly && this.crosses(side, price)) {
      this.outcome = Outcome.wouldTake;
      return NONE;
    }
    if (kind === Kind.fok && !this.couldFill(owner, side, price, size, terms)) {
      this.outcome = Outcome.unfillable;
      return NONE;
    }
    const mayGoOn = this.take(owner, side, price, terms);
    if (this.remaining === 0) {
      this.outcome = Outcome.filled;
      return NONE;
    }
    if (!mayGoOn) {
      this.outcome = Outcome.selfTrade;
      return NONE;
    }
    if (kind === Kind.ioc || kind === Kind.fok) {
      this.outcome = Outcome.expired;
      return NONE;
    }
    this.outcome = Outcome.resting;
    return this.rest(owner, side, price, this.remaining, tag, terms);
  }

  cancel(slot: number): void {
    this.sequence += 1;
    this.unlink(slot);
  }

  /** Makes a resting order smaller; it keeps its place in the queue. */
  reduce(slot: number, size: number): void {
    assert(size > 0 && size <= this.size[slot], `cannot reduce an order of ${this.size[slot]} to ${size}`);
    this.sequence += 1;
    this.total[this.price[slot] - this.base] -= this.size[slot] - size;
    this.size[slot] = size;
  }

  /** Same price and not larger: keeps its place. Otherwise it goes to the back of the queue, or trades. */
  amend(slot: number, kind: Kind, price: number, size: number): number {
    if (price === this.price[slot] && size <= this.size[slot]) {
      this.matches.count = 0;
      this.remaining = size;
      this.outcome = Outcome.resting;
      this.reduce(slot, size);
      return slot;
    }
    const owner = this.owner[slot];
    const side = this.side[slot] as BookSide;
    const tag = this.tag[slot];
    const terms = this.terms[slot];
    this.cancel(slot);
    return this.place(owner, side, kind, price, size, tag, terms);
  }

  private crosses(side: BookSide, price: number): boolean {
    if (side === BID) return this.ask !== NONE && price >= this.ask + this.base;
    return this.bid !== NONE && price <= this.bid + this.base;
  }

  /** Whether all of `wanted` would trade at once: what `take` would do, without doing it. */
  private couldFill(owner: number, side: BookSide, price: number, wanted: number, terms: number): boolean {
    let found = 0;
    let at = side === BID ? this.ask : this.bid;
    search: while (at !== NONE && found < wanted) {
      if (side === BID ? at + this.base > price : at + this.base < price) break;
      for (let slot = this.head[at]; slot !== NONE; slot = this.next[slot]) {
        if (owner !== AGENTS && this.owner[slot] === owner) {
          if ((terms & SELF_TRADE_MASK) !== Terms.cancelMaker) break search;
          continue;
        }
        const size = this.offered(slot);
        // noted, so that a later reduce-only order of the same owner is offered only what this one leaves
        if (this.owner[slot] !== AGENTS)
          this.matches.push(slot, this.owner[slot], this.tag[slot], at + this.base, size, 0);
        found += size;
        if (found >= wanted) break;
      }
      at = side === BID ? this.occupied.above(at) : this.occupied.below(at);
    }
    this.matches.count = 0;
    return found >= wanted;
  }

  /** Lots of a resting order that may trade just now. */
  private offered(slot: number): number {
    const size = this.size[slot];
    if ((this.terms[slot] & Terms.reduceOnly) === 0 || this.reducible === null) return size;
    return Math.min(size, this.reducible(this.owner[slot], this.tag[slot]));
  }

  /** False when self-trade prevention ended the order that takes. */
  private take(owner: number, side: BookSide, price: number, terms: number): boolean {
    while (this.remaining > 0 && this.crosses(side, price)) {
      const at = side === BID ? this.ask : this.bid;
      const slot = this.head[at];
      const isOwn = owner !== AGENTS && this.owner[slot] === owner;
      if (isOwn && (terms & SELF_TRADE_MASK) === Terms.cancelTaker) return false;
      this.sequence += 1;
      if (isOwn) {
        this.remove(slot);
        if ((terms & SELF_TRADE_MASK) === Terms.cancelBoth) return false;
        continue;
      }
      const size = Math.min(this.remaining, this.offered(slot));
      if (size > 0) {
        const left = this.size[slot] - size;
        this.remaining -= size;
        this.matches.push(slot, this.owner[slot], this.tag[slot], at + this.base, size, left);
        if (left === 0) {
          this.unlink(slot);
          continue;
        }
        this.size[slot] = left;
        this.total[at] -= size;
      }
      // what is left and may not trade goes; whoever takes has more to take
      if (this.remaining > 0) this.remove(slot);
    }
    return true;
  }

  /** Takes a resting order away instead of trading with it, and says so in `matches`. */
  private remove(slot: number): void {
    this.matches.push(slot, this.owner[slot], this.tag[slot], this.price[slot], 0, this.size[slot]);
    this.unlink(slot);
  }

  private rest(
    owner: number,
    side: BookSide,
    price: number,
    size: number,
    tag: number,
    terms: number,
  ): number {
    if (price < this.base || price >= this.base + this.width) this.makeRoom(price);
    this.sequence += 1;
    const slot = this.allocate();
    this.price[slot] = price;
    this.size[slot] = size;
    this.owner[slot] = owner;
    this.tag[slot] = tag;
    this.side[slot] = side;
    this.terms[slot] = terms;
    this.append(slot);
    return slot;
  }

  /** Links an order to the back of its level's queue. */
  private append(slot: number): void {
    const at = this.price[slot] - this.base;
    const last = this.tail[at];
    this.next[slot] = NONE;
    this.previous[slot] = last;
    this.tail[at] = slot;
    if (last === NONE) {
      this.head[at] = slot;
      this.occupied.set(at);
      if (this.side[slot] === BID) this.bid = Math.max(this.bid, at);
      else this.ask = this.ask === NONE ? at : Math.min(this.ask, at);
    } else this.next[last] = slot;
    this.total[at] += this.size[slot];
    this.count[at] += 1;
  }

  private unlink(slot: number): void {
    const at = this.price[slot] - this.base;
    const before = this.previous[slot];
    const after = this.next[slot];
    if (before === NONE) this.head[at] = after;
    else this.next[before] = after;
    if (after === NONE) this.tail[at] = before;
    else this.previous[after] = before;
    this.total[at] -= this.size[slot];
    this.count[at] -= 1;
    if (this.count[at] === 0) {
      if (at === this.bid) this.bid = this.occupied.below(at);
      else if (at === this.ask) this.ask = this.occupied.above(at);
      this.occupied.clear(at);
    }
    this.next[slot] = this.free;
    this.free = slot;
  }

  private allocate(): number {
    if (this.free !== NONE) {
      const slot = this.free;
      this.free = this.next[slot];
      return slot;
    }
    if (this.used === this.price.length) this.growOrders();
    return this.used++;
  }

  private growOrders(): void {
    const capacity = this.price.length * 2;
    this.price = copyInto(new Float64Array(capacity), this.price);
    this.size = copyInto(new Float64Array(capacity), this.size);
    this.owner = copyInto(new Int32Array(capacity), this.owner);
    this.tag = copyInto(new Float64Array(capacity), this.tag);
    this.side = copyInto(new Uint8Array(capacity), this.side);
    this.terms = copyInto(new Uint8Array(capacity), this.terms);
    this.next = copyInto(new Int32Array(capacity), this.next);
    this.previous = copyInto(new Int32Array(capacity), this.previous);
  }

  /** Moves the window, and widens it if it must, so that every order and `price` lie in it. */
  private makeRoom(price: number): void {
    const levels: number[] = [];
    for (let at = this.lowest(); at !== NONE; at = this.occupied.above(at)) levels.push(at);
    const bottom = Math.min(price, levels.length > 0 ? levels[0] + this.base : price);
    const top = Math.max(price, levels.length > 0 ? levels[levels.length - 1] + this.base : price);
    let width = this.width;
    while (width < 2 * (top - bottom + 1) && width < WIDTH_MAX) width *= 2;
    assert(top - bottom < width, `prices from ${bottom} to ${top} ticks do not fit in one book`);

    const heads = levels.map((at) => this.head[at]);
    this.base = Math.floor((bottom + top) / 2) - width / 2;
    this.width = width;
    this.head = new Int32Array(width).fill(NONE);
    this.tail = new Int32Array(width).fill(NONE);
    this.total = new Float64Array(width);
    this.count = new Int32Array(width);
    this.occupied = new Occupancy(width);
    this.bid = NONE;
    this.ask = NONE;
    for (const first of heads)
      for (let slot = first; slot !== NONE; ) {
        const after = this.next[slot];
        this.append(slot);
        slot = after;
      }
  }

  private lowest(): number {
    if (this.head[0] !== NONE) return 0;
    return this.occupied.above(0);
  }
}

export const opposed = (side: BookSide): BookSide => (side === BID ? ASK : BID);

function copyInto<A extends Int32Array | Float64Array | Uint8Array>(target: A, source: A): A {
  target.set(source);
  return target;
}
