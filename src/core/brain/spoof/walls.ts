import type { BookSide } from '../../book/frame.ts';

/** Walls followed at a time, at most. */
export const CAPACITY = 256;
const TABLE = 1024;
const NONE = -1;

export const FREE = 0;
export const STANDING = 1;
/** Gone, and not judged yet: trades that explain it may still be under way. */
export const ENDED = 2;

/**
 * Large additions to the book that are being followed, in slots of typed arrays that are used again, found by side and
 * price in a table. At most one wall is found at a price: the one that came last.
 */
export class Walls {
  readonly state = new Uint8Array(CAPACITY);
  readonly side = new Uint8Array(CAPACITY);
  /** Ticks. */
  readonly price = new Float64Array(CAPACITY);
  /** Lots that appeared, and what is thought to be left of them. */
  readonly size = new Float64Array(CAPACITY);
  readonly left = new Float64Array(CAPACITY);
  /** Size over the market's 99 % of additions at that distance. */
  readonly large = new Float64Array(CAPACITY);
  /** Orders that appeared with it; 0 where the source does not say. */
  readonly orders = new Int32Array(CAPACITY);
  /** Our clock, µs; and the number of the frame. */
  readonly bornAt = new Float64Array(CAPACITY);
  readonly bornFrame = new Float64Array(CAPACITY);
  readonly endedAt = new Float64Array(CAPACITY);
  readonly endedFrame = new Float64Array(CAPACITY);
  /** Ticks behind the best price of its side: when it came, the least since, and when it went. */
  readonly bornDistance = new Float64Array(CAPACITY);
  readonly leastDistance = new Float64Array(CAPACITY);
  readonly endDistance = new Float64Array(CAPACITY);
  /** Best price of the other side when it came. */
  readonly bornOpposite = new Float64Array(CAPACITY);
  /** Lots traded at its price while it stood; of these, how many the book has shown the effect of. */
  readonly traded = new Float64Array(CAPACITY);
  readonly settled = new Float64Array(CAPACITY);
  /** Times that a part of it went without a trade, and lots in the last of them. */
  readonly pulls = new Int32Array(CAPACITY);
  readonly lastPull = new Float64Array(CAPACITY);
  /** Walls of about its size that came with it: on its side, on the other. */
  readonly siblings = new Int32Array(CAPACITY);
  readonly twins = new Int32Array(CAPACITY);
  /** Earlier showings of the same size: taken away and shown again, or moved within a frame. */
  readonly returns = new Int32Array(CAPACITY);
  readonly moves = new Int32Array(CAPACITY);
  /** When the first of them began, lots traded of them all before this one, which of them had twins. */
  readonly since = new Float64Array(CAPACITY);
  readonly tradedBefore = new Float64Array(CAPACITY);
  readonly twinsBefore = new Int32Array(CAPACITY);
  /** Finding that it belongs to, 0 for none, and how likely that was told to be. */
  readonly finding = new Float64Array(CAPACITY);
  readonly told = new Float64Array(CAPACITY);
  /** 0…1, while it stands: how much of it is not believed. */
  readonly suspected = new Float64Array(CAPACITY);
  /** Opposite side's best was taken from in the frame in which it ended. */
  readonly opposed = new Uint8Array(CAPACITY);
  /** Slots in use, in no order, and how many. */
  readonly used = new Int16Array(CAPACITY);
  count = 0;
  private readonly place = new Int16Array(CAPACITY);
  private readonly free = new Int16Array(CAPACITY);
  private readonly table = new Int16Array(TABLE).fill(NONE);

  constructor() {
    this.clear();
  }

  /** Slot of the wall at a price, or −1. */
  find(side: BookSide, price: number): number {
    for (let at = hash(side, price); ; at = (at + 1) & (TABLE - 1)) {
      const slot = this.table[at]!;
      if (slot === NONE || (this.price[slot] === price && this.side[slot] === side)) return slot;
    }
  }

  /** A free slot, found from now on at this price; −1 when all are taken. All other fields are the caller's to set. */
  open(side: BookSide, price: number): number {
    if (this.count === CAPACITY) return NONE;
    const slot = this.free[CAPACITY - 1 - this.count]!;
    this.place[slot] = this.count;
    this.used[this.count] = slot;
    this.count += 1;
    this.state[slot] = STANDING;
    this.side[slot] = side;
    this.price[slot] = price;
    let at = hash(side, price);
    for (; this.table[at] !== NONE; at = (at + 1) & (TABLE - 1)) {
      const other = this.table[at]!;
      if (this.price[other] === price && this.side[other] === side) break;
    }
    this.table[at] = slot;
    return slot;
  }

  /** Gives a slot back. */
  close(slot: number): void {
    this.unlist(slot);
    this.state[slot] = FREE;
    this.count -= 1;
    const last = this.used[this.count]!;
    const place = this.place[slot]!;
    this.used[place] = last;
    this.place[last] = place;
    this.free[CAPACITY - 1 - this.count] = slot;
  }

  clear(): void {
    this.count = 0;
    this.state.fill(FREE);
    this.table.fill(NONE);
    for (let slot = 0; slot < CAPACITY; slot++) this.free[slot] = CAPACITY - 1 - slot;
  }

  /** Takes it out of the table and closes the gap, so that probing needs no tombstones. */
  private unlist(slot: number): void {
    const { table, price, side } = this;
    let hole = hash(side[slot] as BookSide, price[slot]!);
    while (table[hole] !== slot) {
      // another wall has come at this price: this one is not in the table any more
      if (table[hole] === NONE) return;
      hole = (hole + 1) & (TABLE - 1);
    }
    for (let at = hole; ; ) {
      at = (at + 1) & (TABLE - 1);
      const other = table[at]!;
      if (other === NONE) break;
      const home = hash(side[other] as BookSide, price[other]!);
      if (((at - home) & (TABLE - 1)) < ((at - hole) & (TABLE - 1))) continue;
      table[hole] = other;
      hole = at;
    }
    table[hole] = NONE;
  }
}

const hash = (side: BookSide, price: number): number =>
  (Math.imul((price | 0) ^ (side << 30), 0x9e3779b1) >>> 22) & (TABLE - 1);
