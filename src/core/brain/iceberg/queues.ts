import type { BookChanges } from '../../book/changes.ts';
import type { BookSide } from '../../book/frame.ts';

/** Prices of a side that are remembered; each lies at its remainder, a newer one at the same takes its place. */
export const PLACES = 512;
/** Orders kept in order at one price; what comes beyond is one lump at the back. OKX's BTC swap shows 15 to 70 at its best. */
const QUEUE = 64;
const MASK = QUEUE - 1;

/** An order that is no chain's. */
export const ORDINARY = 0;
/** Not one order but several, or nobody knows how many. */
const LUMP = -1;

/** Hears what happens in the queues while a frame is taken. Sizes in lots; chains as `QueueWatch.arrived` left them. */
export interface QueueWatch {
  /** An order of `size` that was known has been traded away. */
  consumed(place: number, size: number, staying: number, following: number): void;
  /** A known order was taken out untraded, or what was left of it; or the market has left it. */
  withdrawn(place: number, size: number, following: number): void;
  /**
   * One order has come; `alone` when nothing else stands at its price, `seen` when it came since the last frame and did not
   * stand unseen among others. Sets `staying` and `following`.
   */
  arrived(place: number, size: number, alone: boolean, seen: boolean, traded: boolean): void;
  /**
   * More was traded in one frame than stood there, and at most one order is left, of which `left` stands: `added` came in
   * between. Sets `staying`, and `size`, the full size of what is left.
   */
  turnedOver(place: number, added: number, left: number): void;
  staying: number;
  following: number;
  size: number;
}

/**
 * Who stands at a price, in what order, as far as frames and trades tell: first come, first traded. An order that comes or
 * goes alone between two frames is known by its size; where several do, they are a lump. A level that is down to one order
 * is known again. The coarser the feed, the more is lump.
 *
 * Accounting is exact: orders and lumps of a queue add up to what the book shows, after every frame.
 */
export class Queues {
  /** Ticks, 0 where the place is free. */
  readonly price = new Float64Array(PLACES * 2);
  private readonly shown = new Float64Array(PLACES * 2);
  private readonly orders = new Int32Array(PLACES * 2);
  private readonly traded = new Float64Array(PLACES * 2);
  private readonly head = new Uint8Array(PLACES * 2);
  private readonly length = new Uint8Array(PLACES * 2);
  private readonly size = new Float64Array(PLACES * 2 * QUEUE);
  private readonly left = new Float64Array(PLACES * 2 * QUEUE);
  private readonly staying = new Int32Array(PLACES * 2 * QUEUE);
  private readonly following = new Int32Array(PLACES * 2 * QUEUE);
  private readonly watch: QueueWatch;

  constructor(watch: QueueWatch) {
    this.watch = watch;
  }

  /** Where a price is remembered; −1 where it is not. */
  find(side: BookSide, price: number): number {
    const place = side * PLACES + (price & (PLACES - 1));
    return this.price[place] === price ? place : -1;
  }

  /**
   * Writes the entries of a frame's changes that are at remembered prices into `watched` and gives how many. Without calls and
   * branches, for speed: most are not.
   */
  sift(changes: BookChanges, watched: Int32Array): number {
    const { price: remembered } = this;
    const { side, price, count } = changes;
    const places = PLACES;
    let found = 0;
    for (let i = 0; i < count; i++) {
      const at = price[i]!;
      watched[found] = i;
      found += Number(remembered[side[i]! * places + (at & (places - 1))] === at);
    }
    return found;
  }

  sideOf(place: number): BookSide {
    return place < PLACES ? 0 : 1;
  }

  /** Begins to remember a price where `size` has stood, in so many orders; nobody knows since when. */
  begin(side: BookSide, price: number, size: number, orders: number): number {
    const place = side * PLACES + (price & (PLACES - 1));
    this.price[place] = price;
    this.shown[place] = size;
    this.orders[place] = orders;
    this.traded[place] = 0;
    this.length[place] = 0;
    if (size > 0) this.push(place, size, size, orders === 1 ? ORDINARY : LUMP, ORDINARY);
    return place;
  }

  /** Traded against the orders at a place since the last frame. */
  trade(place: number, size: number): void {
    this.traded[place]! += size;
  }

  tradedAt(place: number): number {
    return this.traded[place]!;
  }

  shownAt(place: number): number {
    return this.shown[place]!;
  }

  /** The book shows `size` in so many orders; `counted` where it tells how many. */
  update(place: number, size: number, orders: number, counted: boolean): void {
    const { watch } = this;
    const ordersBefore = this.orders[place]!;
    let stood = this.shown[place]!;
    let taken = this.traded[place]!;
    const traded = taken > 0;
    let knownGone = 0;
    let lumpTaken = false;
    this.traded[place] = 0;
    this.shown[place] = size;
    this.orders[place] = orders;
    while (taken > 0 && this.length[place]! > 0) {
      const first = place * QUEUE + this.head[place]!;
      const part = Math.min(taken, this.left[first]!);
      this.left[first]! -= part;
      taken -= part;
      stood -= part;
      if (this.staying[first] === LUMP) lumpTaken = true;
      if (this.left[first]! > 0) break;
      this.head[place] = (this.head[place]! + 1) & MASK;
      this.length[place]! -= 1;
      const staying = this.staying[first]!;
      if (staying === LUMP) continue;
      knownGone += 1;
      watch.consumed(place, this.size[first]!, staying, this.following[first]!);
    }
    const added = size + taken - stood;
    if (taken > 0 && (!counted || orders <= 1)) {
      watch.turnedOver(place, added, size);
      if (size > 0)
        this.push(place, watch.staying === ORDINARY ? size : watch.size, size, watch.staying, ORDINARY);
    } else if (counted && orders === 1) this.settleOn(place, size, traded);
    else if (added > 0) {
      const more = orders - (ordersBefore - knownGone);
      if (taken === 0 && (!counted || more === 1 || (lumpTaken && more < 1)))
        this.arrive(place, added, stood === 0, true, traded);
      else this.push(place, size - stood, size - stood, LUMP, ORDINARY);
    } else if (added < 0)
      this.remove(place, -added, counted && !lumpTaken ? ordersBefore - knownGone - orders : 0);
  }

  /** The market has left a price: who followed it there is told as withdrawn, and stays in the queue until gone. */
  leaveBehind(place: number): void {
    for (let i = 0; i < this.length[place]!; i++) {
      const at = this.at(place, i);
      if (this.following[at]! > 0) this.watch.withdrawn(place, this.size[at]!, this.following[at]!);
    }
  }

  /** Lots that the queue holds: equal to what is shown. */
  total(place: number): number {
    let total = 0;
    for (let i = 0; i < this.length[place]!; i++) total += this.left[this.at(place, i)]!;
    return total;
  }

  reset(): void {
    this.price.fill(0);
    this.traded.fill(0);
    this.length.fill(0);
  }

  private at(place: number, index: number): number {
    return place * QUEUE + ((this.head[place]! + index) & MASK);
  }

  private arrive(place: number, size: number, alone: boolean, seen: boolean, traded: boolean): void {
    const { watch } = this;
    watch.arrived(place, size, alone, seen, traded);
    this.push(place, size, size, watch.staying, watch.following);
  }

  private push(place: number, size: number, left: number, staying: number, following: number): void {
    const { length } = this;
    const last = this.at(place, length[place]! - 1);
    if (
      length[place]! > 0 &&
      (length[place] === QUEUE || (staying === LUMP && this.staying[last] === LUMP))
    ) {
      this.staying[last] = LUMP;
      this.following[last] = ORDINARY;
      this.size[last]! += left;
      this.left[last]! += left;
      return;
    }
    const at = this.at(place, length[place]!);
    length[place]! += 1;
    this.size[at] = size;
    this.left[at] = left;
    this.staying[at] = staying;
    this.following[at] = following;
  }

  /**
   * So much went untraded, `count` orders where that is known, else 0: an order of that very size, else out of the lumps, else
   * the last to come.
   */
  private remove(place: number, gone: number, count: number): void {
    const { watch, length } = this;
    const whole = gone;
    for (let i = length[place]! - 1; i >= 0; i--) {
      const at = this.at(place, i);
      if (this.left[at] !== gone || this.staying[at] === LUMP) continue;
      watch.withdrawn(place, this.size[at]!, this.following[at]!);
      this.drop(place, i);
      return;
    }
    // several: any that follows the market may be among them
    if (count > 1)
      for (let i = 0; i < length[place]!; i++) {
        const at = this.at(place, i);
        if (this.following[at]! > 0 && this.left[at]! < gone)
          watch.withdrawn(place, this.size[at]!, this.following[at]!);
      }
    for (let i = length[place]! - 1; i >= 0 && gone > 0; i--) {
      const at = this.at(place, i);
      if (this.staying[at] !== LUMP) continue;
      const part = Math.min(gone, this.left[at]!);
      gone -= part;
      this.left[at]! -= part;
      if (this.left[at] === 0) this.drop(place, i);
    }
    // the count says that it was one, of that size, though nobody saw it come
    if (count === 1 && gone < whole) watch.withdrawn(place, whole, ORDINARY);
    for (let i = length[place]! - 1; i >= 0 && gone > 0; i--) {
      const at = this.at(place, i);
      const left = this.left[at]!;
      watch.withdrawn(place, this.size[at]!, this.following[at]!);
      if (left <= gone) this.drop(place, i);
      else {
        this.left[at] = left - gone;
        this.staying[at] = LUMP;
        this.following[at] = ORDINARY;
      }
      gone -= Math.min(gone, left);
    }
  }

  /** One order is left: if it is one that was known, that one; else it came unseen. */
  private settleOn(place: number, size: number, traded: boolean): void {
    const { length } = this;
    for (let i = 0; i < length[place]!; i++) {
      const at = this.at(place, i);
      if (this.left[at] !== size || this.staying[at] === LUMP) continue;
      const full = this.size[at]!;
      const staying = this.staying[at]!;
      const following = this.following[at]!;
      length[place] = 0;
      this.push(place, full, size, staying, following);
      return;
    }
    const seen = length[place] === 0;
    length[place] = 0;
    this.arrive(place, size, true, seen, traded);
  }

  private drop(place: number, index: number): void {
    for (let i = index; i + 1 < this.length[place]!; i++) {
      const to = this.at(place, i);
      const from = this.at(place, i + 1);
      this.size[to] = this.size[from]!;
      this.left[to] = this.left[from]!;
      this.staying[to] = this.staying[from]!;
      this.following[to] = this.following[from]!;
    }
    this.length[place]! -= 1;
  }
}
