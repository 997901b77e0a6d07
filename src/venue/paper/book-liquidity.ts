import { ASK, BID } from '../../core/book/frame.ts';
import { type Ladder, NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import type { Side, Us } from '../../core/units.ts';
import type { Liquidity, Reached, Strike, Take } from './liquidity.ts';
import type { PaperOrder } from './order.ts';
import { hitBy, type StandingPair } from './protection.ts';

/**
 * The market as its order book and its trades show it.
 *
 * What it assumes, and which way it errs:
 * - A taker walks the displayed levels and leaves them as they are: too kind when our size is not small against the touch.
 * - A resting order stands behind all that was displayed at its price. Trades at that price take from the front;
 *   cancellations are taken from behind us as long as they can be: fills too late rather than too early. Nothing fills
 *   beyond what was traded, or stands on the other side, at our price or through it. A trade stamped no later than the
 *   book is in the book already (about 4 % arrive so late on OKX's feed) and fills nothing a second time.
 */
export class BookLiquidity implements Liquidity {
  readonly told = 'asItHappens';
  private readonly book = new OrderBook();

  get live(): boolean {
    return this.book.valid;
  }

  get reference(): number {
    return this.book.twoSided ? this.book.mid : NO_PRICE;
  }

  observe(event: MarketEvent): void {
    if (event.kind === EventKind.book) this.book.apply(event.frame);
    else if (event.kind === EventKind.feed) {
      if (event.live) this.book.vouch();
      else this.book.invalidate();
    }
  }

  touch(taker: Side): number {
    return this.offered(taker).best;
  }

  available(taker: Side, limit: number): number {
    const ladder = this.offered(taker);
    let total = 0;
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
      if (beyond(taker, price, limit)) break;
      total += ladder.sizeAt(price);
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
      const taken = Math.min(ladder.sizeAt(price), left);
      let paid = price;
      if (noBetterThan !== NO_PRICE)
        paid = taker === 'buy' ? Math.max(price, noBetterThan) : Math.min(price, noBetterThan);
      left -= taken;
      take(paid, taken, `took ${level === 1 ? 'the touch' : `level ${level}`} of the book`);
    }
  }

  queueAhead(maker: Side, price: number): number {
    return this.book.ladder(maker === 'buy' ? BID : ASK).sizeAt(price);
  }

  reach(order: PaperOrder, event: MarketEvent): Reached | null {
    if (event.kind === EventKind.book) return this.afterBook(order);
    if (event.kind === EventKind.trade) return this.afterTrade(order, event);
    return null;
  }

  strike(pair: StandingPair, long: boolean, event: MarketEvent): Strike | null {
    if (event.kind !== EventKind.trade) return null;
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

  private afterBook(order: PaperOrder): Reached | null {
    const { side, price, size } = order.place;
    order.ahead = Math.min(order.ahead, this.queueAhead(side, price));
    const touch = this.touch(side);
    if (touch === NO_PRICE || beyond(side, touch, price)) return null;
    const reached = Math.min(size - order.filled, this.available(side, price));
    return { size: reached, why: 'the other side of the book came through our price' };
  }

  private afterTrade(order: PaperOrder, event: TradeEvent): Reached | null {
    const { side, price, size } = order.place;
    if (side === event.side || (this.book.valid && event.exchangeAt <= this.book.exchangeAt)) return null;
    const left = size - order.filled;
    if (side === 'buy' ? event.price < price : event.price > price) {
      order.ahead = 0;
      return { size: Math.min(left, event.size), why: 'traded through our price' };
    }
    if (event.price !== price) return null;
    const reached = event.size - order.ahead;
    order.ahead = Math.max(0, order.ahead - event.size);
    return reached > 0
      ? { size: Math.min(left, reached), why: 'the queue ahead of us was traded away' }
      : null;
  }

  /** What a taker on this side takes from. */
  private offered(taker: Side): Ladder {
    return this.book.ladder(taker === 'buy' ? ASK : BID);
  }
}

/** Whether a price is worse for this taker than its limit. */
function beyond(taker: Side, price: number, limit: number): boolean {
  return limit !== NO_PRICE && (taker === 'buy' ? price > limit : price < limit);
}
