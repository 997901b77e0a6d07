import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';

/** How often the book is looked at, ms: the pace of OKX's `books`. */
export const SAMPLE_MS = 100;
/** Levels a side that are looked at. */
const DEPTH = 50;
/** The levels behind the best change slowly enough to be counted once a second. */
const PROFILE_EVERY = 10;

/** What was seen of a market; the fields are told of at `Observation`. */
export type Sighting = Readonly<
  Pick<
    Observation,
    | 'instrument'
    | 'from'
    | 'middles'
    | 'spreads'
    | 'changes'
    | 'touches'
    | 'behind'
    | 'spans'
    | 'orderAt'
    | 'orderSize'
    | 'orderSign'
  >
>;

/**
 * What the facts are computed from: one instrument's market, real or simulated, seen in the exchange's own time. The
 * book is sampled ten times a second; rows of trades with the same millisecond and side are one market order, because
 * Binance tells of every fill and OKX of every price.
 */
export class Observation {
  readonly instrument: Instrument;
  /** Exchange time of the first sample, ms. */
  from = 0;
  /** Ten times a second, in ticks: the middle, the spread, levels of the best fifty a side that changed since. */
  readonly middles: number[] = [];
  readonly spreads: number[] = [];
  readonly changes: number[] = [];
  /** Lots at the best price, and in the levels 2 to 50 behind it. */
  readonly touches: number[] = [];
  readonly behind: number[] = [];
  /** Ticks between the best price and the fiftieth. */
  readonly spans: number[] = [];
  /** Market orders: exchange time, lots, +1 buy or −1 sell. */
  readonly orderAt: number[] = [];
  readonly orderSize: number[] = [];
  readonly orderSign: number[] = [];
  private readonly book = new OrderBook();
  private next = 0;
  private before: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  private lookedAt = false;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  take(event: MarketEvent): void {
    if (event.kind === EventKind.trade)
      this.traded(event.exchangeAt, event.size, event.side === 'buy' ? 1 : -1);
    else if (event.kind === EventKind.book) {
      const at = event.frame.exchangeAt as number;
      if (this.from === 0) {
        this.from = Math.ceil((at + 1) / SAMPLE_MS) * SAMPLE_MS;
        this.next = this.from;
      }
      // a sample is the state after everything stamped up to it
      for (; at > this.next; this.next += SAMPLE_MS) this.sample();
      this.book.apply(event.frame);
    }
  }

  private traded(at: number, size: number, sign: number): void {
    const last = this.orderAt.length - 1;
    if (last >= 0 && this.orderAt[last] === at && this.orderSign[last] === sign) {
      this.orderSize[last]! += size;
      return;
    }
    this.orderAt.push(at);
    this.orderSize.push(size);
    this.orderSign.push(sign);
  }

  private sample(): void {
    const { book } = this;
    // a book that is one-sided or crossed for a moment stands where it stood
    const usable = book.twoSided;
    const last = this.middles.length - 1;
    if (!usable && last < 0) {
      this.from = this.next + SAMPLE_MS;
      return;
    }
    this.middles.push(usable ? book.mid : this.middles[last]!);
    this.spreads.push(usable ? book.spread : this.spreads[last]!);
    const profile = this.middles.length % PROFILE_EVERY === 1;
    const now = [this.levels(BID, profile), this.levels(ASK, profile)] as const;
    if (this.lookedAt)
      this.changes.push(differences(this.before[BID], now[BID]) + differences(this.before[ASK], now[ASK]));
    this.before = now;
    this.lookedAt = true;
  }

  /** Lots by price of the best levels; on the way the profile is noted. */
  private levels(side: BookSide, profile: boolean): Map<number, number> {
    const ladder = this.book.ladder(side);
    const levels = new Map<number, number>();
    let price = ladder.best;
    for (let rank = 0; rank < DEPTH && price !== NO_PRICE; rank++) {
      const size = ladder.sizeAt(price);
      levels.set(price, size);
      if (rank === 0) this.touches.push(size);
      else if (profile) this.behind.push(size);
      if (rank === DEPTH - 1 && profile) this.spans.push(Math.abs(price - ladder.best));
      price = ladder.next(price);
    }
    return levels;
  }
}

function differences(before: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): number {
  let count = 0;
  for (const [price, size] of now) if (before.get(price) !== size) count += 1;
  for (const price of before.keys()) if (!now.has(price)) count += 1;
  return count;
}
