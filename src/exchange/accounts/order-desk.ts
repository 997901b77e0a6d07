import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { applyRate } from '../../core/instrument.ts';
import { ok, type Result } from '../../core/result.ts';
import { lots, NO_MONEY, opposite, type Side, signOf, ticks } from '../../core/units.ts';
import type { Market } from '../market/market.ts';
import { Kind, Outcome } from '../matching/order-book.ts';
import type { Account, Holding } from './account.ts';
import type { Clearing } from './clearing.ts';
import { TAKER_RATE } from './fees.ts';
import type { Ids } from './ids.ts';
import { type Intended, initialMargin, marginOf, sizeReached, tierOf } from './margin.ts';
import type { AccountObserver } from './observer.ts';
import { type Attachment, CANCELED, isOpen, type Order, type OrderType } from './order.ts';
import { type Refusal, refusal, refuse } from './refusal.ts';

/** What somebody wants; already in ticks and lots. */
export interface Placement {
  readonly market: Market;
  readonly side: Side;
  readonly type: OrderType;
  readonly size: number;
  /** Ticks; 0 for a market order. */
  readonly price: number;
  readonly clientId: string;
  readonly tag: string;
  readonly reduceOnly: boolean;
  readonly attachments: readonly Attachment[];
  readonly origin?: { readonly algoId: number; readonly algoClientId: string; readonly source: string };
  readonly category?: Order['category'];
}

export interface Amendment {
  /** Lots, what is filled included; 0 = as it is. */
  readonly size: number;
  /** Ticks; 0 = as it is. */
  readonly price: number;
  readonly requestId: string;
  readonly cancelOnFail: boolean;
}

const KINDS: Readonly<Record<OrderType, Kind>> = {
  limit: Kind.limit,
  post_only: Kind.postOnly,
  fok: Kind.fok,
  ioc: Kind.ioc,
  market: Kind.ioc,
  optimal_limit_ioc: Kind.ioc,
};

const PER_INSTRUMENT_MAX = 500;
/** Farther from the mark than this, an order book window cannot hold a price; OKX has no such limit on the far side. */
const FARTHEST = 0.5;

const bookSide = (side: Side): BookSide => (side === 'buy' ? BID : ASK);
const isPriced = (type: OrderType): boolean => type !== 'market' && type !== 'optimal_limit_ioc';

/** Where orders of users enter, change and leave. */
export class OrderDesk {
  private readonly clearing: Clearing;
  private readonly ids: Ids;
  private readonly observer: AccountObserver;
  /** Orders that traded and positions that moved since the last follow-up. */
  readonly traded = new Set<Order>();
  readonly moved = new Map<Holding, Account>();

  constructor(clearing: Clearing, ids: Ids, observer: AccountObserver) {
    this.clearing = clearing;
    this.ids = ids;
    this.observer = observer;
  }

  place(account: Account, placement: Placement): Result<Order, Refusal> {
    const no = this.check(account, placement);
    if (no !== null) return { ok: false, error: no };
    return ok(this.enter(account, placement));
  }

  cancel(account: Account, order: Order, source: string): void {
    const market = this.marketOf(account, order);
    if (order.slot >= 0) market.book.cancel(order.slot);
    this.end(account, order, source, market.now);
  }

  /** Size counts what is filled: at or below it the order is done. */
  amend(account: Account, order: Order, amendment: Amendment): Result<Order, Refusal> {
    const market = this.marketOf(account, order);
    const size = amendment.size === 0 ? order.size : amendment.size;
    const price = amendment.price === 0 ? order.price : amendment.price;
    const no = this.checkAmendment(account, market, order, size, price);
    if (no !== null) {
      if (amendment.cancelOnFail) {
        order.requestId = amendment.requestId;
        order.amendResult = '1';
        this.cancel(account, order, CANCELED.user);
      }
      return { ok: false, error: no };
    }
    order.requestId = amendment.requestId;
    order.amendResult = '0';
    order.updatedAt = market.now;
    if (size <= order.filled) {
      market.book.cancel(order.slot);
      order.slot = -1;
      order.size = order.filled;
      order.state = 'filled';
      this.observer.orderChanged(account, order, null);
      this.finish(account, order);
      return ok(order);
    }
    order.size = size;
    order.price = price;
    this.observer.orderChanged(account, order, null);
    const kind = order.type === 'post_only' ? Kind.postOnly : Kind.limit;
    const slot = order.slot;
    order.slot = -1;
    const after = market.amend(
      slot,
      bookSide(order.side),
      kind,
      price,
      size - order.filled,
      (at, traded, tradeId) => this.filled(account, order, market, at, traded, false, tradeId),
    );
    this.conclude(account, order, market, after);
    order.requestId = order.amendResult = '';
    return ok(order);
  }

  /** A resting order met a taker. */
  makerFilled(
    account: Account,
    order: Order,
    market: Market,
    price: number,
    size: number,
    tradeId: number,
  ): void {
    this.filled(account, order, market, price, size, true, tradeId);
    if (order.state === 'filled') this.finish(account, order);
  }

  makerRemoved(account: Account, order: Order, at: number): void {
    this.end(account, order, CANCELED.selfTrade, at);
  }

  /** Reduce-only orders that no longer have a position to reduce are taken away, the youngest first. */
  trim(account: Account, holding: Holding): void {
    const closing: Side = holding.size > 0 ? 'sell' : 'buy';
    let room = Math.abs(holding.size);
    for (const order of [...account.ordersOf(holding.market.instrument.id)]) {
      if (!order.reduceOnly) continue;
      const left = order.size - order.filled;
      if (order.side === closing && left <= room) room -= left;
      else this.cancel(account, order, CANCELED.reduceOnly);
    }
  }

  /** Market orders end at the price band, liquidations take what there is. */
  bound(market: Market, side: Side, forced: boolean): number {
    if (side === 'buy') return forced ? Math.floor(market.mark * (1 + FARTHEST)) : market.buyLimit;
    return forced ? Math.ceil(market.mark * (1 - FARTHEST)) : market.sellLimit;
  }

  /** Puts a remembered order back into the book, at the back of its queue. */
  restore(order: Order, owner: number, market: Market): void {
    const side = bookSide(order.side);
    market.makeWay(side, order.price);
    order.slot = market.execute(owner, side, Kind.limit, order.price, order.size - order.filled, order.id);
  }

  private enter(account: Account, placement: Placement): Order {
    const { market, side, type } = placement;
    const at = market.now;
    const order: Order = {
      id: this.ids.next(),
      owner: account.number,
      clientId: placement.clientId,
      instId: market.instrument.id,
      side,
      type,
      price: isPriced(type) ? placement.price : 0,
      size: placement.size,
      filled: 0,
      value: NO_MONEY,
      fee: NO_MONEY,
      pnl: NO_MONEY,
      state: 'live',
      reduceOnly: placement.reduceOnly,
      leverage: account.holding(market).leverage,
      tag: placement.tag,
      attachments: placement.attachments,
      covered: 0,
      algoId: placement.origin?.algoId ?? 0,
      algoClientId: placement.origin?.algoClientId ?? '',
      category: placement.category ?? 'normal',
      source: placement.origin?.source ?? '',
      cancelSource: '',
      requestId: '',
      amendResult: '',
      lastFill: null,
      slot: -1,
      createdAt: at,
      updatedAt: at,
    };
    account.orders.set(order.id, order);
    this.observer.orderChanged(account, order, null);
    const price = isPriced(type) ? order.price : this.bound(market, side, order.category !== 'normal');
    const slot = market.execute(
      account.number,
      bookSide(side),
      KINDS[type],
      price,
      order.size,
      order.id,
      (traded, size, tradeId) => this.filled(account, order, market, traded, size, false, tradeId),
    );
    this.conclude(account, order, market, slot);
    return order;
  }

  /** What the book made of an order that was just sent to it. */
  private conclude(account: Account, order: Order, market: Market, slot: number): void {
    order.slot = slot;
    switch (market.book.outcome) {
      case Outcome.resting:
        return;
      case Outcome.filled:
        this.finish(account, order);
        return;
      case Outcome.wouldTake:
        this.end(account, order, CANCELED.wouldTake, market.now);
        return;
      case Outcome.unfillable:
        this.end(account, order, CANCELED.fillOrKill, market.now);
        return;
      case Outcome.expired: {
        const source = isPriced(order.type) ? CANCELED.immediateOrCancel : CANCELED.priceLimit;
        this.end(account, order, source, market.now);
      }
    }
  }

  private filled(
    account: Account,
    order: Order,
    market: Market,
    price: number,
    size: number,
    maker: boolean,
    tradeId: number,
  ): void {
    this.clearing.fill(account, order, market, price, size, maker, tradeId);
    this.traded.add(order);
    this.moved.set(account.holding(market), account);
  }

  private end(account: Account, order: Order, source: string, at: number): void {
    order.state = 'canceled';
    order.cancelSource = source;
    order.updatedAt = at;
    this.observer.orderChanged(account, order, null);
    this.finish(account, order);
  }

  private finish(account: Account, order: Order): void {
    order.slot = -1;
    account.orders.delete(order.id);
    account.pastOrders.add(order);
  }

  private marketOf(account: Account, order: Order): Market {
    return account.holdings.get(order.instId)!.market;
  }

  private check(account: Account, placement: Placement): Refusal | null {
    const { market, side, type, size } = placement;
    const { instrument } = market;
    if (placement.category !== undefined && placement.category !== 'normal') return null;
    let count = 0;
    for (const order of account.ordersOf(instrument.id)) {
      count += 1;
      if (placement.clientId !== '' && order.clientId === placement.clientId)
        return refusal('51016', 'Client order ID already exists.');
    }
    if (count >= PER_INSTRUMENT_MAX)
      return refusal(
        '51107',
        `The number of pending orders of ${instrument.id} exceeds ${PER_INSTRUMENT_MAX}`,
      );
    if (size < instrument.sizeMin)
      return refusal(
        '51020',
        `Your order should meet or exceed the minimum order amount of ${instrument.spec.minSz}.`,
      );
    if (isPriced(type) && size > instrument.limitSizeMax)
      return refusal('51101', 'Order amount should not exceed the maximum for limit orders.');
    if (!isPriced(type) && size > instrument.marketSizeMax)
      return refusal('51202', 'Market order amount exceeds the maximum amount.');
    return (
      this.checkPrice(market, side, type, placement.price) ??
      this.checkAttachments(placement) ??
      (placement.reduceOnly ? this.checkReducing(account, placement) : this.checkMargin(account, placement))
    );
  }

  private checkPrice(market: Market, side: Side, type: OrderType, price: number): Refusal | null {
    if (!isPriced(type)) return null;
    const { instrument, buyLimit, sellLimit, mark } = market;
    const outside =
      side === 'buy'
        ? price > buyLimit || price < mark * (1 - FARTHEST)
        : price < sellLimit || price > mark * (1 + FARTHEST);
    if (!outside) return null;
    const text = (at: number): string => instrument.formatPrice(ticks(at));
    return refusal(
      '51006',
      `Order price is not within the price limit (max buy price: ${text(buyLimit)} min sell price: ${text(sellLimit)}).`,
    );
  }

  /** Long: take profit above and stop loss below the order's price, or the best price of a market order. */
  private checkAttachments(placement: Placement): Refusal | null {
    const { market, side, attachments } = placement;
    if (attachments.length === 0) return null;
    if (placement.reduceOnly) return refusal('51333', 'TP/SL cannot be attached to a reduce-only order.');
    const priced = isPriced(placement.type);
    const best = market.book.best(side === 'buy' ? ASK : BID);
    const reference = priced ? placement.price : Number.isNaN(best) ? market.last : best;
    const against = priced ? 'order price' : side === 'buy' ? 'best ask price' : 'best bid price';
    const sign = signOf(side);
    const codes = priced
      ? side === 'buy'
        ? (['51046', '51047'] as const)
        : (['51048', '51049'] as const)
      : side === 'buy'
        ? (['51050', '51051'] as const)
        : (['51052', '51053'] as const);
    for (const { takeProfit, stopLoss } of attachments) {
      if (takeProfit !== null && (takeProfit.at - reference) * sign <= 0)
        return refusal(
          codes[0],
          `Your TP price should be ${sign > 0 ? 'higher' : 'lower'} than the ${against}.`,
        );
      if (stopLoss !== null && (stopLoss.at - reference) * sign >= 0)
        return refusal(
          codes[1],
          `Your SL price should be ${sign > 0 ? 'lower' : 'higher'} than the ${against}.`,
        );
    }
    return null;
  }

  private checkReducing(account: Account, placement: Placement): Refusal | null {
    const { market, side, size } = placement;
    const holding = account.holding(market);
    if (holding.size === 0)
      return refusal(
        '51169',
        "Order failed because you don't have any positions in this direction to reduce or close.",
      );
    if (Math.sign(holding.size) === signOf(side))
      return refusal(
        '51170',
        'Order failed because a reduce-only order must be in the opposite direction of the position.',
      );
    let ahead = 0;
    for (const order of account.ordersOf(market.instrument.id))
      if (order.reduceOnly && order.side === side) ahead += order.size - order.filled;
    if (ahead + size > Math.abs(holding.size))
      return refusal('51112', 'Close order size exceeds your available size for the position.');
    return null;
  }

  private checkMargin(account: Account, placement: Placement): Refusal | null {
    const { market, side, size, type } = placement;
    const best = market.book.best(side === 'buy' ? ASK : BID);
    const price = isPriced(type) ? placement.price : Number.isNaN(best) ? market.mark : best;
    return this.checkIntended(account, market, {
      instId: market.instrument.id,
      side,
      size,
      price,
      replaces: 0,
    });
  }

  private checkIntended(account: Account, market: Market, intended: Intended): Refusal | null {
    const { instrument } = market;
    const holding = account.holding(market);
    const tier = tierOf(holding, sizeReached(account, holding, intended));
    if (
      tier.leverageMax < holding.leverage ||
      sizeReached(account, holding, intended) * instrument.lotSize > tier.sizeMax
    )
      return refusal(
        '51004',
        `Order failed. The position would exceed the maximum at ${holding.leverage}x leverage.`,
      );
    const before = initialMargin(account, holding);
    if (initialMargin(account, holding, intended) <= before) return null;
    const fee = applyRate(instrument.value(lots(intended.size), ticks(intended.price)), TAKER_RATE);
    const { available } = marginOf(account, instrument.settleCurrency, intended);
    if (available - fee >= 0n) return null;
    return refusal(
      '51008',
      `Order failed. Insufficient ${instrument.settleCurrency} margin in account`,
      '1001',
    );
  }

  private checkAmendment(
    account: Account,
    market: Market,
    order: Order,
    size: number,
    price: number,
  ): Refusal | null {
    const { instrument } = market;
    if (!isOpen(order)) return refusal('51503', 'Your order has already been filled or canceled.');
    if (size > instrument.limitSizeMax)
      return refusal('51101', 'Order amount should not exceed the maximum for limit orders.');
    const no = this.checkPrice(market, order.side, order.type, price);
    if (no !== null) return no;
    if (order.reduceOnly) {
      const holding = account.holding(market);
      let ahead = size - order.filled;
      for (const other of account.ordersOf(instrument.id))
        if (other !== order && other.reduceOnly && other.side === order.side)
          ahead += other.size - other.filled;
      return ahead > Math.abs(holding.size)
        ? refusal('51112', 'Close order size exceeds your available size for the position.')
        : null;
    }
    const more = size - order.size;
    if (more <= 0 && price === order.price) return null;
    return this.checkIntended(account, market, {
      instId: instrument.id,
      side: order.side,
      size: Math.max(0, size - order.filled),
      price,
      replaces: order.id,
    });
  }
}

/** Market, reduce-only, the whole position: what `close-position` and a liquidation send. */
export function closing(holding: Holding, clientId: string, tag: string): Placement {
  return {
    market: holding.market,
    side: opposite(holding.size > 0 ? 'buy' : 'sell'),
    type: 'market',
    size: Math.abs(holding.size),
    price: 0,
    clientId,
    tag,
    reduceOnly: true,
    attachments: [],
  };
}

export const noPosition = (): ReturnType<typeof refuse> => refuse('51023', 'Position does not exist.');
