import { ASK, BID } from '../../core/book/frame.ts';
import { type Ladder, NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import { opposite, type Side, signOf, type Us } from '../../core/units.ts';
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
 * - What a trade sets off (a stop, a target) meets the market where that trade was, and not the book, which is older: see
 *   `standingAfter`. Prices that a taker's order reached later in its sweep are not waited for: too kind to stops, too harsh to
 *   targets.
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
  /** What a trade set off last. */
  private struck: Strike['hit'] = 'stopLoss';
  /** Taker of the last trade. */
  private lastTaker: Side = 'buy';
  /** Lots that sellers, and buyers, took at a price since the last book, where they took last. */
  private readonly lastTaken = { buy: { price: NO_PRICE, size: 0 }, sell: { price: NO_PRICE, size: 0 } };

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
      this.lastTaken.buy.price = NO_PRICE;
      this.lastTaken.sell.price = NO_PRICE;
      if (this.taken.size > 0) this.refresh();
    } else if (event.kind === EventKind.trade) {
      this.follow(event);
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

  available(taker: Side, limit: number, { from, gone }: Standing = AS_SHOWN): number {
    const ladder = this.offered(taker);
    let total = 0;
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
      if (beyond(taker, price, limit)) break;
      if (from !== NO_PRICE && beyond(taker, from, price)) continue;
      total += Math.max(0, this.left(ladder, price) - (price === from ? gone : 0));
    }
    return total;
  }

  walk(taker: Side, limit: number, size: number, noBetterThan: number, take: Take): void {
    const ladder = this.offered(taker);
    const { from, offset, gone } = this.standingAfter(taker, limit, size, noBetterThan);
    let level = 0;
    let left = size;
    for (let price = ladder.best; price !== NO_PRICE && left > 0; price = ladder.next(price)) {
      if (beyond(taker, price + offset, limit)) break;
      if (from !== NO_PRICE && beyond(taker, from, price)) continue;
      level++;
      const there = Math.max(0, this.left(ladder, price) - (price === from ? gone : 0));
      const taken = Math.min(there, left);
      if (taken === 0) continue;
      left -= taken;
      if (this.selfImpact) this.note(price, taken);
      const where = level === 1 ? 'the touch' : `level ${level}`;
      const moved = offset === 0 ? '' : ', moved to where that trade was';
      take(price + offset, taken, `took ${where} of the book${moved}: ${taken} of ${there} lots`);
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
    if (hit === null) return null;
    this.struck = hit;
    return { hit, price: event.price, by: 'last trade' };
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

  /**
   * What is left of the side that a taker takes from, after the trade at `trade` that set it off.
   *
   * That trade is the newest word of the market; the book is up to its interval older. What it proves: levels better than its
   * price are gone, and of the level at its price what takers took; if its taker was on the other side, that level is the
   * other side's now, and gone as well. Where the book has too little left beyond it, the book is moved there as a whole:
   * who is shown few levels does not stay in his position for that.
   *
   * A trade that sets off a target has often come from beyond what the book shows: then the market has moved our way. The
   * level at its price stood there (taker on our side), or the other side's best did, and ours is taken to be as far behind
   * it as in the book. For a stop such a trade proves no more than the lots that are gone with it: it takes what is shown.
   */
  private standingAfter(taker: Side, limit: number, size: number, trade: number): Standing {
    if (trade === NO_PRICE) return AS_SHOWN;
    const same = this.lastTaker === taker;
    const anchor = same ? this.offered(taker).best : this.offered(opposite(taker)).best;
    const offset = anchor === NO_PRICE ? 0 : trade - anchor;
    const moved: Standing = { from: NO_PRICE, offset, gone: 0 };
    const better = signOf(taker) * offset < 0;
    if (better && this.struck === 'takeProfit') return moved;
    const last = this.lastTaken[taker];
    const left: Standing = {
      from: same ? trade : trade + signOf(taker),
      offset: 0,
      gone: last.price === trade ? last.size : 0,
    };
    return better || this.available(taker, limit, left) >= size ? left : moved;
  }

  private follow({ exchangeAt, price, size, side }: TradeEvent): void {
    this.lastTaker = side;
    if (this.book.valid && exchangeAt <= this.book.exchangeAt) return;
    const run = this.lastTaken[side];
    run.size = run.price === price ? run.size + size : size;
    run.price = price;
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

/** Where a taker's side stands. */
interface Standing {
  /** Nothing better than this price is there any more; `NO_PRICE` = no such bound. */
  readonly from: number;
  /** Ticks to be added to every level. */
  readonly offset: number;
  /** Lots that are gone of the level at `from`. */
  readonly gone: number;
}

const AS_SHOWN: Standing = { from: NO_PRICE, offset: 0, gone: 0 };

/** Lots in words, of a queue that a model may have split. */
const lotsText = (size: number): string => (Number.isInteger(size) ? `${size}` : size.toFixed(1));

/** Whether a price is worse for this taker than its limit. */
function beyond(taker: Side, price: number, limit: number): boolean {
  return limit !== NO_PRICE && (taker === 'buy' ? price > limit : price < limit);
}
