import type { Ms } from '../units.ts';
import { BookChanges } from './changes.ts';
import { ASK, BID, type BookFrame, type BookSide } from './frame.ts';
import { Ladder, NO_PRICE } from './ladder.ts';

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
    changes.clear();
    for (let i = 0; i < frame.count; ) i = (frame.side[i] === BID ? bids : asks).take(frame, i, changes);
    this.exchangeAt = frame.exchangeAt;
    this.seqId = frame.seqId;
  }

  /** Deletes of levels that were not there: OKX's 100 ms channel sends some; a no-op. */
  get absentDeletes(): number {
    return this.bids.absentDeletes + this.asks.absentDeletes;
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
    const count = ladder.top(levels);
    let total = 0;
    for (let i = 0; i < count; i++) total += ladder.topSizes[i]!;
    return total;
  }
}
