import type { BookChanges } from '../../book/changes.ts';
import { BID, type BookSide } from '../../book/frame.ts';
import { stepOf } from './scale.ts';

/** Walls followed at a time, at most: about four times what the busiest capture at hand asks for. */
export const CAPACITY = 512;
const TABLE = 2048;
/** Low bits of side and price: most of the prices that change have no wall, and this says so without a search. */
const MARKS = 8192;
/** Gone walls are counted by size, in steps of about a hundredth. */
const SIZE_STEPS = 4096;
const NONE = -1;

export const STANDING = 0;
/** Gone, and not judged yet: trades that explain it may still be under way. */
export const ENDED = 1;
/** Judged, and remembered for a moment: the same size may be shown again. */
export const JUDGED = 2;

/**
 * Large additions to the book that are being followed, in slots of typed arrays that are used again; found by side and price
 * in a table with open addressing. Where another wall comes to the price of one that is gone, the new one is found there.
 */
export class Walls {
  readonly state = new Uint8Array(CAPACITY);
  readonly side = new Uint8Array(CAPACITY);
  /** Ticks. */
  readonly price = new Float64Array(CAPACITY);
  /** Lots that came, and what is thought to be left of them. */
  readonly size = new Float64Array(CAPACITY);
  readonly left = new Float64Array(CAPACITY);
  /** As `MarketNull` has it: band of distance, size over what is large there, earlier walls of exactly this size. */
  readonly band = new Uint8Array(CAPACITY);
  readonly largeness = new Float64Array(CAPACITY);
  readonly familiar = new Float64Array(CAPACITY);
  /** Orders that came with it; 0 where the source does not say. */
  readonly orders = new Int32Array(CAPACITY);
  /** Our clock, µs; and the number of the frame. */
  readonly bornAt = new Float64Array(CAPACITY);
  readonly bornFrame = new Float64Array(CAPACITY);
  readonly endedAt = new Float64Array(CAPACITY);
  readonly endedFrame = new Float64Array(CAPACITY);
  /** Until when a judged one is remembered. */
  readonly forgetAt = new Float64Array(CAPACITY);
  /** Ticks behind the best price of its side: when it came, the least while it stood, and when it went. */
  readonly bornDistance = new Float64Array(CAPACITY);
  readonly leastDistance = new Float64Array(CAPACITY);
  readonly endDistance = new Float64Array(CAPACITY);
  /** Lots traded at its price; of these, how many the book has shown the effect of. */
  readonly traded = new Float64Array(CAPACITY);
  readonly settled = new Float64Array(CAPACITY);
  /** Times that a part of it went without a trade, lots in the last one, and times that it was as much as the time before. */
  readonly pulls = new Int32Array(CAPACITY);
  readonly lastPull = new Float64Array(CAPACITY);
  readonly evenPulls = new Int32Array(CAPACITY);
  /** Walls that came with it, within a factor of two of its size and within 2 %: on its side, and on the other. */
  readonly beside = new Int32Array(CAPACITY);
  readonly besideEqual = new Int32Array(CAPACITY);
  readonly across = new Int32Array(CAPACITY);
  readonly acrossEqual = new Int32Array(CAPACITY);
  /** The other side when it came: best price, lots there; lots taken there or beyond since, the last of them, their frame. */
  readonly otherBest = new Float64Array(CAPACITY);
  readonly otherQueue = new Float64Array(CAPACITY);
  readonly otherTaken = new Float64Array(CAPACITY);
  readonly otherTakenLast = new Float64Array(CAPACITY);
  readonly otherTakenFrame = new Float64Array(CAPACITY);
  /** Frame in which as much had been taken there as stood there when it came; 0 = not yet. */
  readonly otherEaten = new Float64Array(CAPACITY);
  /** Lots at its level when it came, its own included. */
  readonly level = new Float64Array(CAPACITY);
  /** Frame in which the other side's best price first gave way beyond that; 0 = not yet. */
  readonly otherPassed = new Float64Array(CAPACITY);
  /** Earlier showings of the same size: taken away and shown again later, moved within a frame; those with equals across. */
  readonly returns = new Int32Array(CAPACITY);
  readonly moves = new Int32Array(CAPACITY);
  readonly acrossBefore = new Int32Array(CAPACITY);
  /** 1: a later showing continues it. */
  readonly continued = new Uint8Array(CAPACITY);
  /** When the first showing began. */
  readonly since = new Float64Array(CAPACITY);
  /** Finding that its showings belong to, 0 for none, and the most that was told of it. */
  readonly finding = new Float64Array(CAPACITY);
  readonly told = new Float64Array(CAPACITY);
  /** 0…1, while it stands: how likely it is not meant. */
  readonly suspected = new Float64Array(CAPACITY);
  /** Slots of those that stand, and of those that are gone but not forgotten; in no order; and how many of each. */
  readonly standing = new Int16Array(CAPACITY);
  standingCount = 0;
  readonly gone = new Int16Array(CAPACITY);
  goneCount = 0;
  /** Sizes of those in `gone`, beside them, for whoever looks for one. */
  readonly goneLots = new Float64Array(CAPACITY);
  private readonly place = new Int16Array(CAPACITY);
  private readonly free = new Int16Array(CAPACITY);
  private readonly table = new Int16Array(TABLE);
  /** See `sift`. */
  shrank = 0;
  private readonly marks = new Int16Array(MARKS);
  private readonly goneSizes = new Int16Array(SIZE_STEPS);

  constructor() {
    this.clear();
  }

  get count(): number {
    return this.standingCount + this.goneCount;
  }

  /**
   * Sorts a frame's changes: entries of levels that grew into `grown`, and of those that shrank where a wall may be into
   * `shrunk`; gives how many of both, the second in `shrank`. Without calls and branches, for speed: most changes are neither.
   */
  sift(changes: BookChanges, grown: Int32Array, shrunk: Int32Array): number {
    const { marks } = this;
    const { side, price, oldSize, newSize, count } = changes;
    let grew = 0;
    let shrank = 0;
    for (let i = 0; i < count; i++) {
      const before = oldSize[i]!;
      const after = newSize[i]!;
      grown[grew] = i;
      grew += Number(after > before);
      shrunk[shrank] = i;
      shrank += Number(after < before) & Number(marks[(2 * price[i]! + side[i]!) & (MARKS - 1)] !== 0);
    }
    this.shrank = shrank;
    return grew;
  }

  /** Slot of the newest wall at a price, or −1. */
  find(side: BookSide, price: number): number {
    if (this.marks[markOf(side, price)] === 0) return NONE;
    for (let at = homeOf(side, price); ; at = (at + 1) & (TABLE - 1)) {
      const slot = this.table[at]!;
      if (slot === NONE || (this.price[slot] === price && this.side[slot] === side)) return slot;
    }
  }

  /** A slot for a wall that is found at this price from now on; −1 when all are taken. Everything else is 0. */
  open(side: BookSide, price: number): number {
    if (this.count === CAPACITY) return NONE;
    const slot = this.free[CAPACITY - 1 - this.count]!;
    this.place[slot] = this.standingCount;
    this.standing[this.standingCount] = slot;
    this.standingCount += 1;
    this.state[slot] = STANDING;
    this.side[slot] = side;
    this.price[slot] = price;
    this.pulls[slot] = 0;
    this.lastPull[slot] = 0;
    this.evenPulls[slot] = 0;
    this.traded[slot] = 0;
    this.settled[slot] = 0;
    this.beside[slot] = 0;
    this.besideEqual[slot] = 0;
    this.across[slot] = 0;
    this.acrossEqual[slot] = 0;
    this.otherTaken[slot] = 0;
    this.otherTakenLast[slot] = 0;
    this.otherTakenFrame[slot] = 0;
    this.otherPassed[slot] = 0;
    this.otherEaten[slot] = 0;
    this.returns[slot] = 0;
    this.moves[slot] = 0;
    this.acrossBefore[slot] = 0;
    this.continued[slot] = 0;
    this.finding[slot] = 0;
    this.told[slot] = 0;
    this.suspected[slot] = 0;
    let at = homeOf(side, price);
    for (; this.table[at] !== NONE; at = (at + 1) & (TABLE - 1)) {
      const other = this.table[at]!;
      if (this.price[other] === price && this.side[other] === side) break;
    }
    if (this.table[at] === NONE) this.marks[markOf(side, price)]! += 1;
    this.table[at] = slot;
    return slot;
  }

  /** A standing one is gone. */
  end(slot: number): void {
    this.leave(slot);
    this.state[slot] = ENDED;
    this.place[slot] = this.goneCount;
    this.gone[this.goneCount] = slot;
    this.goneLots[this.goneCount] = this.size[slot]!;
    this.goneCount += 1;
    this.goneSizes[stepOf(this.size[slot]!) & (SIZE_STEPS - 1)]! += 1;
  }

  /** Gives a slot back. */
  close(slot: number): void {
    this.unlist(slot);
    this.leave(slot);
    this.free[CAPACITY - 1 - this.count] = slot;
  }

  /** Whether one that is gone may be of this size, give or take half a hundredth. */
  mayReturn(size: number): boolean {
    const { goneSizes } = this;
    const step = stepOf(size);
    return (
      goneSizes[(step - 1) & (SIZE_STEPS - 1)]! > 0 ||
      goneSizes[step & (SIZE_STEPS - 1)]! > 0 ||
      goneSizes[(step + 1) & (SIZE_STEPS - 1)]! > 0
    );
  }

  clear(): void {
    this.marks.fill(0);
    this.goneSizes.fill(0);
    this.standingCount = 0;
    this.goneCount = 0;
    this.table.fill(NONE);
    for (let slot = 0; slot < CAPACITY; slot++) this.free[slot] = CAPACITY - 1 - slot;
  }

  /** Ticks behind the best prices given. */
  distance(slot: number, bid: number, ask: number): number {
    return this.side[slot] === BID ? bid - this.price[slot]! : this.price[slot]! - ask;
  }

  /** Out of its list: the last one takes its place. */
  private leave(slot: number): void {
    const place = this.place[slot]!;
    const stands = this.state[slot] === STANDING;
    const list = stands ? this.standing : this.gone;
    if (stands) this.standingCount -= 1;
    else {
      this.goneCount -= 1;
      this.goneSizes[stepOf(this.size[slot]!) & (SIZE_STEPS - 1)]! -= 1;
    }
    if (!stands) this.goneLots[place] = this.goneLots[this.goneCount]!;
    const last = list[stands ? this.standingCount : this.goneCount]!;
    list[place] = last;
    this.place[last] = place;
  }

  /** Takes it out of the table and closes the gap, so that no tombstones are needed. */
  private unlist(slot: number): void {
    const { table, price, side } = this;
    let hole = homeOf(side[slot] as BookSide, price[slot]!);
    while (table[hole] !== slot) {
      // another wall has come at this price: this one is not in the table any more
      if (table[hole] === NONE) return;
      hole = (hole + 1) & (TABLE - 1);
    }
    this.marks[markOf(side[slot] as BookSide, price[slot]!)]! -= 1;
    for (let at = (hole + 1) & (TABLE - 1); table[at] !== NONE; at = (at + 1) & (TABLE - 1)) {
      const other = table[at]!;
      const home = homeOf(side[other] as BookSide, price[other]!);
      if (((at - home) & (TABLE - 1)) < ((at - hole) & (TABLE - 1))) continue;
      table[hole] = other;
      hole = at;
    }
    table[hole] = NONE;
  }
}

const markOf = (side: BookSide, price: number): number => (2 * price + side) & (MARKS - 1);

/** Where the search for a wall begins: Fibonacci hashing, the side in the lowest bit. */
const homeOf = (side: BookSide, price: number): number =>
  (Math.imul(2 * price + side, 0x9e3779b1) >>> 21) & (TABLE - 1);
