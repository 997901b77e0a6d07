import { ASK, BID, type BookFrame, type BookSide } from '../core/book/frame.ts';
import { NO_PRICE } from '../core/book/ladder.ts';
import { OrderBook } from '../core/book/order-book.ts';
import type { Instrument } from '../core/instrument.ts';
import { lots, ticks } from '../core/units.ts';
import { bookChecksum, type RankedLevels } from '../venue/okx/codec/checksum.ts';
import { Sequence } from '../venue/okx/sequence.ts';

/** What became of an instrument's book messages, and what the book is at the end. */
export interface BookReport {
  readonly snapshots: number;
  /** Snapshots after the first: the book was replaced in mid-stream. */
  readonly resnapshots: number;
  readonly updates: number;
  /** Updates without a level: nothing changed. */
  readonly emptyUpdates: number;
  /** Levels in the messages that were applied. */
  readonly levelChanges: number;
  /** Deletes of levels that the book did not hold; OKX sends them, they are no fault. */
  readonly absentDeletes: number;
  readonly checksumsRight: number;
  readonly checksumsWrong: number;
  /** Messages without a checksum (not sent, or 0, as always since mid 2026). */
  readonly checksumsAbsent: number;
  /** Breaks of the chain of sequence ids. */
  readonly gaps: number;
  /** Maintenance: the numbers began again from a smaller one. */
  readonly resets: number;
  /** Messages that could not be used: before the first snapshot, or between a gap and the next one. */
  readonly unusable: number;
  /** Levels a side at the end. */
  readonly bids: number;
  readonly asks: number;
  /** Decimal text; empty when the side is. */
  readonly bestBid: string;
  readonly bestBidSize: string;
  readonly bestAsk: string;
  readonly bestAskSize: string;
  /** At the end: best bid not below best ask. */
  readonly crossed: boolean;
  /** Whether the book can be believed at the end. */
  readonly valid: boolean;
}

/** `usable`: applied; otherwise the book is not to be believed until the next snapshot, for the reason given. */
export type BookVerdict = { readonly usable: true } | { readonly usable: false; readonly reason: string };

const USABLE: BookVerdict = { usable: true };

/** Follows one instrument's book messages: checks their sequence, applies them, verifies what checksums there are. */
export class BookAudit {
  private readonly book = new OrderBook();
  private readonly top = new TopLevels();
  private readonly instrument: Instrument;
  private readonly sequence = new Sequence();
  private lastSeqId = 0;
  private snapshots = 0;
  private updates = 0;
  private emptyUpdates = 0;
  private levelChanges = 0;
  private checksumsRight = 0;
  private checksumsWrong = 0;
  private checksumsAbsent = 0;
  private gaps = 0;
  private resets = 0;
  private unusable = 0;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  apply(frame: BookFrame): BookVerdict {
    if (frame.snapshot) this.snapshots++;
    else this.updates++;
    const verdict = this.sequence.accept(frame.snapshot, frame.prevSeqId, frame.seqId);
    if (verdict === 'gap' || verdict === 'waiting') {
      this.unusable++;
      if (verdict === 'gap') this.gaps++;
      return {
        usable: false,
        reason:
          verdict === 'gap'
            ? `sequence gap: message ${frame.seqId} follows ${frame.prevSeqId}, the last one was ${this.lastSeqId}`
            : 'no snapshot yet',
      };
    }
    if (verdict === 'reset') this.resets++;
    if (!frame.snapshot && frame.count === 0) this.emptyUpdates++;
    this.levelChanges += frame.count;
    this.book.apply(frame);
    this.lastSeqId = frame.seqId;
    return this.verify(frame);
  }

  /** The book is lost for another reason: a broken message, a lost connection. */
  lose(): void {
    this.sequence.lose();
  }

  get valid(): boolean {
    return this.sequence.following;
  }

  report(): BookReport {
    const { book, instrument } = this;
    const price = (side: BookSide): string => {
      const { best } = book.ladder(side);
      return best === NO_PRICE ? '' : instrument.formatPrice(ticks(best));
    };
    const size = (side: BookSide): string => {
      const ladder = book.ladder(side);
      return ladder.best === NO_PRICE ? '' : instrument.formatSize(lots(ladder.sizeAt(ladder.best)));
    };
    return {
      snapshots: this.snapshots,
      resnapshots: Math.max(0, this.snapshots - 1),
      updates: this.updates,
      emptyUpdates: this.emptyUpdates,
      levelChanges: this.levelChanges,
      absentDeletes: book.absentDeletes,
      checksumsRight: this.checksumsRight,
      checksumsWrong: this.checksumsWrong,
      checksumsAbsent: this.checksumsAbsent,
      gaps: this.gaps,
      resets: this.resets,
      unusable: this.unusable,
      bids: book.bids.count,
      asks: book.asks.count,
      bestBid: price(BID),
      bestBidSize: size(BID),
      bestAsk: price(ASK),
      bestAskSize: size(ASK),
      crossed: book.crossed,
      valid: this.valid,
    };
  }

  private verify(frame: BookFrame): BookVerdict {
    if (frame.checksum === 0) {
      this.checksumsAbsent++;
      return USABLE;
    }
    this.top.load(this.book);
    const checksum = bookChecksum(this.instrument, this.top);
    if (checksum === frame.checksum) {
      this.checksumsRight++;
      return USABLE;
    }
    this.checksumsWrong++;
    this.unusable++;
    this.lose();
    return { usable: false, reason: `checksum ${frame.checksum}, but the book has ${checksum}` };
  }
}

/** As far down as a checksum looks. */
const DEPTH = 25;

/** The best levels of a book by rank. */
class TopLevels implements RankedLevels {
  private readonly counts = [0, 0];
  private readonly prices = [new Float64Array(DEPTH), new Float64Array(DEPTH)];
  private readonly sizes = [new Float64Array(DEPTH), new Float64Array(DEPTH)];

  load(book: OrderBook): void {
    for (const side of [BID, ASK] as const) {
      const ladder = book.ladder(side);
      let rank = 0;
      for (let price = ladder.best; price !== NO_PRICE && rank < DEPTH; price = ladder.next(price)) {
        this.prices[side]![rank] = price;
        this.sizes[side]![rank] = ladder.sizeAt(price);
        rank++;
      }
      this.counts[side] = rank;
    }
  }

  depth(side: BookSide): number {
    return this.counts[side]!;
  }

  price(side: BookSide, rank: number): number {
    return this.prices[side]![rank]!;
  }

  size(side: BookSide, rank: number): number {
    return this.sizes[side]![rank]!;
  }
}
