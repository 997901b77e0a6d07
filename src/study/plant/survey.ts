import { ASK, BID } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { Random } from '../../exchange/random.ts';
import { LevelSizes, Sample } from './sizes.ts';
import type { Ground } from './stage.ts';
import { Timeline } from './timeline.ts';

/** Every so often, ms of exchange time, the sizes of the levels are taken down, so far behind the best. */
const LOOK_MS = 1000;
const LOOK_BP = 12;
const LOOK_TICKS = 12;
/** Depths, levels a side, to which OKX cuts the books it sends. */
const DEPTHS = [400, 50, 5];

/** The first reading of a tape: what one instrument's book and trades are, and what can be planted over them. */
export class Survey implements Ground {
  readonly timeline = new Timeline();
  readonly levels: LevelSizes;
  readonly takers: Sample;
  /** Whether the tape tells how many orders stand at a level. */
  countsOrders = false;
  /** Whether a taker's fills at one price are one print, as on OKX; else there is one for each order that it met. */
  mergesPrints = true;
  private readonly book = new OrderBook();
  private deepest = 0;
  private lookedAt = 0;
  private sameAsBefore = 0;
  private prints = 0;
  private lastAt = 0;
  private lastPrice = 0;
  private lastSide = '';
  private run = 0;

  constructor() {
    // which levels are remembered of a long tape is no part of the seed: the market is the same for all of them
    this.levels = new LevelSizes(new Random(1));
    this.takers = new Sample(new Random(2));
  }

  /** Levels a side that the feed shows; infinite where it shows all that it knows. */
  get depth(): number {
    return DEPTHS.includes(this.deepest) ? this.deepest : Number.POSITIVE_INFINITY;
  }

  take(event: MarketEvent): void {
    if (event.kind === EventKind.book) {
      const { book, timeline } = this;
      book.apply(event.frame);
      for (let i = 0; i < event.frame.count && !this.countsOrders; i++)
        this.countsOrders = event.frame.orders[i]! > 0;
      this.deepest = Math.max(this.deepest, book.bids.count, book.asks.count);
      const { bestBid, bestAsk, exchangeAt } = book;
      timeline.addFrame(exchangeAt, bestBid, book.depth(BID, 1), bestAsk, book.depth(ASK, 1));
      if (exchangeAt - this.lookedAt >= LOOK_MS && book.twoSided) this.look(exchangeAt);
    } else if (event.kind === EventKind.trade) {
      const { exchangeAt, price, size, side } = event;
      this.timeline.addPrint(exchangeAt, price, size, side === 'buy' ? ASK : BID);
      this.prints += 1;
      if (exchangeAt === this.lastAt && side === this.lastSide) {
        if (price === this.lastPrice) this.sameAsBefore += 1;
        this.run += size;
      } else {
        this.closeRun();
        this.run = size;
      }
      this.lastAt = exchangeAt;
      this.lastPrice = price;
      this.lastSide = side;
    } else if (event.kind === EventKind.feed && !event.live) this.timeline.interrupt();
  }

  finish(): void {
    this.closeRun();
    this.mergesPrints = this.sameAsBefore <= 0.1 * this.prints;
  }

  /** Whether there is anything to plant over. */
  get usable(): boolean {
    return this.levels.known && this.takers.count > 0 && this.timeline.seconds > 0;
  }

  private closeRun(): void {
    if (this.run > 0) this.takers.see(this.run);
    this.run = 0;
  }

  private look(at: number): void {
    this.lookedAt = at;
    const { book, levels } = this;
    const far = Math.max(LOOK_TICKS, book.mid * LOOK_BP * 1e-4);
    for (const side of [BID, ASK] as const) {
      const ladder = book.ladder(side);
      for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
        const distance = Math.abs(price - ladder.best);
        if (distance > far) break;
        levels.see(distance, ladder.sizeAt(price));
      }
    }
  }
}
