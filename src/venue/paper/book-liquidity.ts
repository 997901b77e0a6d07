import { ASK, BID } from '../../core/book/frame.ts';
import { type Ladder, NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import type { Side, Us } from '../../core/units.ts';
import type { PaperConfig } from './config.ts';
import type { Liquidity, Reached, Strike, Take } from './liquidity.ts';
import type { PaperOrder } from './order.ts';
import { hitBy, type StandingPair } from './protection.ts';
import { followQueue, joinQueue, lateTradeInQueue, type QueueModel, tradeInQueue } from './queue.ts';

/**
 * The market as its order book and its trades show it.
 *
 * What it assumes, and which way it errs:
 * - A taker walks the displayed levels. With `selfImpact`, what we took is gone until the level is; new lots on top of it can
 *   be had. Nobody else changes his mind because of us: too kind when our size is not small against the touch.
 * - A resting order stands behind all that was displayed at its price. Trades at that price take from the front; how much of
 *   what is canceled stood before us is the queue model's guess (`queue.ts`). Where the book does not reach as far as our
 *   price, nothing is known: all that is seen there later is taken to stand before us.
 * - Nothing fills beyond what was traded, or stands on the other side, at our price or through it; what fills one of our
 *   orders does not fill another.
 * - A trade stamped no later than the book is in that book already (1 to 23 % of the trades of our recordings arrive so late).
 *   It is put where it belongs, before the book, and fills those of our orders that waited there all that time. One older
 *   than the book before (4 % of the trades of one recording of spot, none elsewhere) is left out, and sets nothing off: too
 *   late rather than too early.
 */
export class BookLiquidity implements Liquidity {
  readonly told = 'asItHappens';
  private readonly book = new OrderBook();
  private readonly queue: QueueModel;
  private readonly selfImpact: boolean;
  /** Lots that we took from standing levels, by price; bids and asks cannot stand at one price. */
  private readonly taken = new Map<number, number>();
  /** Exchange time of the book before the last: what was stamped then or before is old. */
  private previousAt = 0;
  /** Lots of the current trade that have filled orders of ours. */
  private spent = 0;

  constructor({ queue, selfImpact }: Pick<PaperConfig, 'queue' | 'selfImpact'>) {
    this.queue = queue;
    this.selfImpact = selfImpact;
  }

  get live(): boolean {
    return this.book.valid;
  }

  get reference(): number {
    return this.book.twoSided ? this.book.mid : NO_PRICE;
  }

  observe(event: MarketEvent): void {
    this.spent = 0;
    if (event.kind === EventKind.book) {
      // with the first book of a feed, what was stamped before it is all of the past
      this.previousAt = this.book.valid ? this.book.exchangeAt : event.frame.exchangeAt;
      this.book.apply(event.frame);
      if (this.taken.size > 0) this.refresh();
    } else if (event.kind === EventKind.feed) {
      if (event.live) this.book.vouch();
      else this.book.invalidate();
    }
  }

  touch(taker: Side): number {
    const ladder = this.offered(taker);
    let price = ladder.best;
    while (price !== NO_PRICE && this.left(ladder, price) === 0) price = ladder.next(price);
    return price;
  }

  available(taker: Side, limit: number): number {
    const ladder = this.offered(taker);
    let total = 0;
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
      if (beyond(taker, price, limit)) break;
      total += this.left(ladder, price);
    }
    return total;
  }

  walk(taker: Side, limit: number, size: number, noBetterThan: number, take: Take): void {
    const ladder = this.offered(taker);
    let level = 0;
    let left = size;
    for (let price = ladder.best; price !== NO_PRICE && left > 0; price = ladder.next(price)) {
      if (beyond(taker, price, limit)) break;
      level++;
      const there = this.left(ladder, price);
      const taken = Math.min(there, left);
      if (taken === 0) continue;
      let paid = price;
      if (noBetterThan !== NO_PRICE)
        paid = taker === 'buy' ? Math.max(price, noBetterThan) : Math.min(price, noBetterThan);
      left -= taken;
      if (this.selfImpact) this.note(price, taken);
      const where = level === 1 ? 'the touch' : `level ${level}`;
      take(paid, taken, `took ${where} of the book: ${taken} of ${there} lots`);
    }
  }

  join(order: PaperOrder): void {
    order.queue = joinQueue(this.shown(order));
  }

  reach(order: PaperOrder, event: MarketEvent): Reached | null {
    if (event.kind === EventKind.book) return this.afterBook(order);
    if (event.kind === EventKind.trade) return this.afterTrade(order, event);
    return null;
  }

  strike(pair: StandingPair, long: boolean, event: MarketEvent): Strike | null {
    // a feed begins with the last trade there was, which may be hours old: that one is no news
    if (event.kind !== EventKind.trade || event.exchangeAt <= this.previousAt) return null;
    const hit = hitBy(pair, long, event.price);
    return hit === null ? null : { hit, price: event.price, by: 'last trade' };
  }

  tells(): boolean {
    return false;
  }

  beginOf(event: MarketEvent): Us {
    return event.at;
  }

  worst(): number {
    return NO_PRICE;
  }

  late(): void {
    // nothing is told afterwards
  }

  private afterBook(order: PaperOrder): Reached | null {
    const { side, price, size } = order.place;
    followQueue(order.queue, this.queue, this.shown(order));
    const ladder = this.offered(side);
    if (ladder.best === NO_PRICE || beyond(side, ladder.best, price)) return null;
    const reached = Math.min(size - order.filled, this.available(side, price));
    if (reached === 0) return null;
    // there as long as it stands, but for one of us once
    let left = reached;
    for (let at = ladder.best; left > 0; at = ladder.next(at)) {
      const taken = Math.min(this.left(ladder, at), left);
      if (taken > 0) this.note(at, taken);
      left -= taken;
    }
    return { size: reached, why: `the other side of the book came through our price: ${reached} lots` };
  }

  private afterTrade(order: PaperOrder, event: TradeEvent): Reached | null {
    const { side, price, size } = order.place;
    const through = side === 'buy' ? event.price < price : event.price > price;
    if (side === event.side || (!through && event.price !== price)) return null;
    const late = this.book.valid && event.exchangeAt <= this.book.exchangeAt;
    if (late && (event.exchangeAt <= this.previousAt || (through && order.queue.books < 2))) return null;
    if (through) order.queue.ahead = 0;
    const { ahead, atFirst } = order.queue;
    let beyondQueue: number = event.size;
    if (!through)
      beyondQueue = late
        ? lateTradeInQueue(order.queue, this.queue, event.size)
        : tradeInQueue(order.queue, event.size);
    const reached = Math.min(size - order.filled, Math.floor(beyondQueue - this.spent));
    if (reached <= 0) return null;
    this.spent += reached;
    const why = through
      ? `a trade of ${event.size} lots went through our price`
      : `the queue ahead of us was traded away: ${lotsText(atFirst)} lots when we came, ${lotsText(ahead)} before this trade of ${event.size}`;
    return { size: reached, why };
  }

  /** What is displayed at an order's price, ours not in it; null where the book does not reach so far. */
  private shown({ place: { side, price } }: PaperOrder): number | null {
    const ladder = this.book.ladder(side === 'buy' ? BID : ASK);
    const size = ladder.sizeAt(price);
    return size > 0 || ladder.next(price) !== NO_PRICE ? size : null;
  }

  /** What a taker on this side takes from. */
  private offered(taker: Side): Ladder {
    return this.book.ladder(taker === 'buy' ? ASK : BID);
  }

  /** What we have not taken of a level. */
  private left(ladder: Ladder, price: number): number {
    return ladder.sizeAt(price) - (this.taken.get(price) ?? 0);
  }

  private note(price: number, size: number): void {
    this.taken.set(price, (this.taken.get(price) ?? 0) + size);
  }

  /** The book moved: no more can be missing of a level than is there. */
  private refresh(): void {
    for (const [price, size] of this.taken) {
      const there = Math.max(this.book.bids.sizeAt(price), this.book.asks.sizeAt(price));
      if (there === 0) this.taken.delete(price);
      else if (there < size) this.taken.set(price, there);
    }
  }
}

/** Lots in words, of a queue that a model may have split. */
const lotsText = (size: number): string => (Number.isInteger(size) ? `${size}` : size.toFixed(1));

/** Whether a price is worse for this taker than its limit. */
function beyond(taker: Side, price: number, limit: number): boolean {
  return limit !== NO_PRICE && (taker === 'buy' ? price > limit : price < limit);
}
