import type { Ms } from '../units.ts';
import { ASK, BID, type BookFrame, type BookSide } from './frame.ts';
import { Ladder, NO_PRICE } from './ladder.ts';

/**
 * What the last frame really changed, in the frame's order: the detectors walk this instead of the book. After a
 * snapshot it lists every level of the new book with `oldSize` 0: that is a new book, not order flow.
 */
export class BookChanges {
  snapshot = false;
  count = 0;
  side: Uint8Array;
  /** Ticks. */
  price: Float64Array;
  /** Lots. */
  oldSize: Float64Array;
  newSize: Float64Array;
  oldOrders: Int32Array;
  newOrders: Int32Array;

  constructor(capacity = 1024) {
    this.side = new Uint8Array(capacity);
    this.price = new Float64Array(capacity);
    this.oldSize = new Float64Array(capacity);
    this.newSize = new Float64Array(capacity);
    this.oldOrders = new Int32Array(capacity);
    this.newOrders = new Int32Array(capacity);
  }
}

/**
 * The order book of one instrument as the exchange's messages give it, at full depth, order counts kept. It believes
 * its frames: sequence and checksum are the feed's business (`venue/okx/sequence.ts`), which feeds it nothing doubtful.
 */
export class OrderBook {
  readonly bids = new Ladder(BID);
  readonly asks = new Ladder(ASK);
  changes = new BookChanges();
  exchangeAt: Ms = 0 as Ms;
  seqId = 0;
  /** False until the first snapshot and after `invalidate`. */
  valid = false;
  private seenSnapshot = false;
  /** Deletes of levels that were not there: OKX's 100 ms channel sends some; a no-op. */
  absentDeletes = 0;
  /** Best prices before the last frame, for order-flow imbalance at the touch. */
  previousBid: number = NO_PRICE;
  previousAsk: number = NO_PRICE;
  previousBidSize = 0;
  previousAskSize = 0;

  apply(frame: BookFrame): void {
    const { bids, asks } = this;
    this.previousBid = bids.best;
    this.previousAsk = asks.best;
    this.previousBidSize = bids.best === NO_PRICE ? 0 : bids.sizeAt(bids.best);
    this.previousAskSize = asks.best === NO_PRICE ? 0 : asks.sizeAt(asks.best);
    if (frame.snapshot) {
      bids.clear();
      asks.clear();
      this.valid = true;
      this.seenSnapshot = true;
    }
    if (this.changes.price.length < frame.count) this.changes = new BookChanges(frame.count * 2);
    const changes = this.changes;
    changes.snapshot = frame.snapshot;
    let changed = 0;
    for (let i = 0; i < frame.count; i++) {
      const side = frame.side[i]!;
      const price = frame.price[i]!;
      const size = frame.size[i]!;
      const orders = frame.orders[i]!;
      const ladder = side === BID ? bids : asks;
      ladder.set(price, size, orders);
      const oldSize = ladder.previousSize;
      const oldOrders = ladder.previousOrders;
      if (oldSize === size) {
        if (size === 0) {
          this.absentDeletes++;
          continue;
        }
        if (oldOrders === orders) continue;
      }
      changes.side[changed] = side;
      changes.price[changed] = price;
      changes.oldSize[changed] = oldSize;
      changes.newSize[changed] = size;
      changes.oldOrders[changed] = oldOrders;
      changes.newOrders[changed] = orders;
      changed++;
    }
    changes.count = changed;
    this.exchangeAt = frame.exchangeAt;
    this.seqId = frame.seqId;
  }

  /** Not to be believed until a snapshot, or until the feed vouches for it again: a gap, a stale or lost feed. */
  invalidate(): void {
    this.valid = false;
  }

  /** The feed says that nothing is missing: it was only silent, or a snapshot has come. */
  vouch(): void {
    if (this.seenSnapshot) this.valid = true;
  }

  ladder(side: BookSide): Ladder {
    return side === BID ? this.bids : this.asks;
  }

  get bestBid(): number {
    return this.bids.best;
  }

  get bestAsk(): number {
    return this.asks.best;
  }

  /** Both sides present and not crossed: a mid price exists. */
  get twoSided(): boolean {
    return this.bids.best !== NO_PRICE && this.asks.best !== NO_PRICE && this.bids.best < this.asks.best;
  }

  get crossed(): boolean {
    return this.bids.best !== NO_PRICE && this.asks.best !== NO_PRICE && this.bids.best >= this.asks.best;
  }

  /** In ticks, possibly half a tick. Call only when `twoSided`. */
  get mid(): number {
    return (this.bids.best + this.asks.best) / 2;
  }

  /** In ticks. Call only when `twoSided`. */
  get spread(): number {
    return this.asks.best - this.bids.best;
  }

  /** Lots in the best `levels` levels of a side. */
  depth(side: BookSide, levels: number): number {
    const ladder = this.ladder(side);
    let total = 0;
    let price = ladder.best;
    for (let i = 0; i < levels && price !== NO_PRICE; i++) {
      total += ladder.sizeAt(price);
      price = ladder.next(price);
    }
    return total;
  }
}
