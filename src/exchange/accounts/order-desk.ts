import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { applyRate } from '../../core/instrument.ts';
import { ok, type Result } from '../../core/result.ts';
import { lots, NO_MONEY, opposite, type Side, signOf, ticks } from '../../core/units.ts';
import type { Market } from '../market/market.ts';
import { Kind, Outcome, Terms } from '../matching/order-book.ts';
import type { Account } from './account.ts';
import { checkAttachments, checkLimits, checkPosition, checkPrice, isTooDear, withinBand } from './checks.ts';
import type { Clearing } from './clearing.ts';
import { TAKER_RATE } from './fees.ts';
import { closes, type Holding, type MarginMode, type PositionSide } from './holding.ts';
import type { Ids } from './ids.ts';
import { type Intended, initialMargin, marginOf, sizeReached, tierOf } from './margin.ts';
import type { AccountObserver } from './observer.ts';
import { type Attachment, CANCELED, isOpen, type Order, type OrderType, type SelfTrade } from './order.ts';
import { closable, outranked, reducedBefore, reducibleNow, reducing } from './reducing.ts';
import { type Refusal, refusal } from './refusal.ts';

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
  /** Absent: cross, net, cancel the maker. */
  readonly mode?: MarginMode;
  readonly positionSide?: PositionSide;
  readonly selfTrade?: SelfTrade;
  /** A price beyond the price limit is moved to it instead of refused (`pxAmendType` 1). */
  readonly amendPrice?: boolean;
  readonly origin?: { readonly algoId: number; readonly algoClientId: string; readonly source: string };
  readonly linkedAlgoId?: number;
  readonly category?: Order['category'];
  /** Of a liquidation: its bankruptcy price. */
  readonly settledAt?: number;
}

export interface Amendment {
  /** Lots, what is filled included; 0 = as it is. */
  readonly size: number;
  /** Ticks; 0 = as it is. */
  readonly price: number;
  readonly requestId: string;
  readonly cancelOnFail: boolean;
  readonly amendPrice?: boolean;
  /** Take profits and stop losses of an entry, changed; absent = as they are. */
  readonly attachments?: readonly Attachment[];
  readonly source?: string;
}

const KINDS: Readonly<Record<OrderType, Kind>> = {
  limit: Kind.limit,
  post_only: Kind.postOnly,
  fok: Kind.fok,
  ioc: Kind.ioc,
  market: Kind.ioc,
  optimal_limit_ioc: Kind.ioc,
};

const SELF_TRADE: Readonly<Record<SelfTrade, number>> = {
  cancel_maker: Terms.cancelMaker,
  cancel_taker: Terms.cancelTaker,
  cancel_both: Terms.cancelBoth,
};

const termsOf = ({ selfTrade, reduceOnly }: Order): number =>
  SELF_TRADE[selfTrade] + (reduceOnly ? Terms.reduceOnly : 0);

/** How far from the mark a liquidation sweeps the book. */
const FORCED_REACH = 0.5;

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

  place(account: Account, asked: Placement): Result<Order, Refusal> {
    const { market, side, mode = 'cross', positionSide = 'net' } = asked;
    const no = checkPosition(account, positionSide);
    if (no !== null) return { ok: false, error: no };
    const reduceOnly = positionSide === 'net' ? asked.reduceOnly : closes(positionSide, side);
    const price = asked.amendPrice ? withinBand(market, side, asked.price) : asked.price;
    const placement = { ...asked, reduceOnly, price, mode, positionSide };
    const holding = account.holding(market, mode, positionSide);
    const refused = this.check(account, holding, placement);
    if (refused !== null) return { ok: false, error: refused };
    if (reduceOnly && !placement.category)
      for (const order of outranked(account, holding, side, isPriced(asked.type) ? price : 0, asked.size))
        this.cancel(account, order, CANCELED.outranked);
    return ok(this.enter(account, holding, placement));
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
    const wanted = amendment.price === 0 ? order.price : amendment.price;
    const price = amendment.amendPrice ? withinBand(market, order.side, wanted) : wanted;
    const no = this.checkAmendment(account, market, order, size, price, amendment.attachments);
    if (no !== null) {
      if (amendment.cancelOnFail) this.cancelUnamended(account, order, amendment.requestId);
      return { ok: false, error: no };
    }
    order.requestId = amendment.requestId;
    order.amendResult = '0';
    order.amendSource = amendment.source ?? '1';
    order.updatedAt = market.now;
    if (amendment.attachments !== undefined) order.attachments = amendment.attachments;
    if (size <= order.filled) {
      market.book.cancel(order.slot);
      order.slot = -1;
      order.size = order.filled;
      order.state = 'filled';
      this.observer.orderChanged(account, order, null);
      this.finish(account, order);
      return ok(order);
    }
    if (order.reduceOnly)
      for (const other of outranked(
        account,
        account.holdingOf(order),
        order.side,
        price,
        size - order.filled,
        order,
      ))
        this.cancel(account, other, CANCELED.outranked);
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
    order.requestId = order.amendResult = order.amendSource = '';
    return ok(order);
  }

  /** `cxlOnFail`: an order that could not be amended goes, whatever kept it from that. */
  cancelUnamended(account: Account, order: Order, requestId: string): void {
    order.requestId = requestId;
    order.amendResult = '1';
    this.cancel(account, order, CANCELED.user);
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

  /** The book took it away: it met another order of its owner's, or it had nothing left to reduce. */
  makerRemoved(account: Account, order: Order, at: number): void {
    const isIdle = order.reduceOnly && closable(account.holdingOf(order), order.side) === 0;
    this.end(account, order, isIdle ? CANCELED.reduceOnly : CANCELED.selfTrade, at);
  }

  /** For the book, which may not let a reduce-only order trade more than there is. */
  reducible(account: Account, market: Market, tag: number): number {
    return reducibleNow(account, account.orders.get(tag)!, market.book);
  }

  /** Reduce-only orders that no longer have a position to reduce are taken away, those that trade last first. */
  trim(account: Account, holding: Holding): void {
    for (const side of ['buy', 'sell'] as const) {
      let room = closable(holding, side);
      for (const order of reducing(account, holding, side)) {
        const left = order.size - order.filled;
        if (left <= room) room -= left;
        else this.cancel(account, order, CANCELED.reduceOnly);
      }
    }
  }

  /** Market orders end at the price band, liquidations take what there is. */
  bound(market: Market, side: Side, forced: boolean): number {
    if (side === 'buy') return forced ? Math.floor(market.mark * (1 + FORCED_REACH)) : market.buyLimit;
    return forced ? Math.ceil(market.mark * (1 - FORCED_REACH)) : market.sellLimit;
  }

  /** Puts a remembered order back into the book, at the back of its queue. */
  restore(order: Order, owner: number, market: Market): void {
    const side = bookSide(order.side);
    market.makeWay(side, order.price);
    const size = order.size - order.filled;
    order.slot = market.execute(owner, side, Kind.limit, order.price, size, order.id, null, termsOf(order));
  }

  private enter(account: Account, holding: Holding, placement: Placement): Order {
    const { market, side, type } = placement;
    const at = market.now;
    const order: Order = {
      id: this.ids.next(),
      owner: account.number,
      clientId: placement.clientId,
      instId: market.instrument.id,
      mode: holding.mode,
      positionSide: holding.positionSide,
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
      selfTrade: placement.selfTrade ?? 'cancel_maker',
      leverage: holding.leverage,
      tag: placement.tag,
      attachments: placement.attachments.map((attachment) => ({ ...attachment, id: this.ids.next() })),
      covered: 0,
      algoId: placement.origin?.algoId ?? 0,
      algoClientId: placement.origin?.algoClientId ?? '',
      linkedAlgoId: placement.linkedAlgoId ?? 0,
      category: placement.category ?? 'normal',
      settledAt: placement.settledAt ?? 0,
      source: placement.origin?.source ?? '',
      cancelSource: '',
      requestId: '',
      amendResult: '',
      amendSource: '',
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
      termsOf(order),
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
      case Outcome.selfTrade:
        this.end(account, order, CANCELED.selfTrade, market.now);
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
    this.moved.set(account.holdingOf(order), account);
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
    return account.holdingOf(order).market;
  }

  private check(account: Account, holding: Holding, placement: Placement): Refusal | null {
    const { market, side, type, price } = placement;
    if (placement.category !== undefined && placement.category !== 'normal') return null;
    return (
      checkLimits(account, placement) ??
      (isPriced(type) ? checkPrice(market, side, price, placement.reduceOnly) : null) ??
      checkAttachments(placement) ??
      (placement.reduceOnly
        ? this.checkReducing(account, holding, placement)
        : this.checkMargin(account, holding, placement))
    );
  }

  private checkReducing(account: Account, holding: Holding, placement: Placement): Refusal | null {
    const { side, size, type, price } = placement;
    if (holding.size === 0)
      return refusal(
        '51169',
        "Order failed because you don't have any positions in this direction for this contract to reduce or close.",
      );
    if (closable(holding, side) === 0)
      return refusal(
        '51170',
        "Failed to place order. A reduce-only order can't be the same trading direction as your existing positions.",
      );
    const before = reducedBefore(account, holding, side, isPriced(type) ? price : 0);
    return before + size <= closable(holding, side)
      ? null
      : refusal('51112', 'Close order size exceeds available size for this position.');
  }

  private checkMargin(account: Account, holding: Holding, placement: Placement): Refusal | null {
    const { market, side, size, type } = placement;
    const best = market.book.best(side === 'buy' ? ASK : BID);
    const price = isPriced(type) ? placement.price : Number.isNaN(best) ? market.mark : best;
    return this.checkIntended(account, { holding, side, size, price, replaces: 0 });
  }

  /** Whether margin and tier would let this order in. */
  isAffordable(account: Account, intended: Intended): boolean {
    return this.checkIntended(account, intended) === null;
  }

  private checkIntended(account: Account, intended: Intended): Refusal | null {
    const { holding } = intended;
    const { instrument } = holding.position;
    const most = sizeReached(account, intended);
    const tier = tierOf(holding, most);
    if (tier.leverageMax < holding.leverage || most * instrument.lotSize > tier.sizeMax)
      return refusal(
        '51004',
        `Order failed. The position would exceed the maximum at ${holding.leverage}x leverage.`,
      );
    const before = initialMargin(account, holding);
    if (initialMargin(account, holding, intended) <= before) return null;
    const fee = applyRate(instrument.value(lots(intended.size), ticks(intended.price)), TAKER_RATE);
    const figures = marginOf(account, instrument.settleCurrency, intended);
    const free = holding.mode === 'cross' ? figures.available : figures.availableCash;
    if (free - fee >= 0n) return null;
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
    attachments: readonly Attachment[] | undefined,
  ): Refusal | null {
    const { instrument } = market;
    const { side } = order;
    if (!isOpen(order)) return refusal('51503', 'Your order has already been filled or canceled.');
    if (size < instrument.sizeMin)
      return refusal(
        '51020',
        `Your order should meet or exceed the minimum order amount of ${instrument.spec.minSz}.`,
      );
    if (size > instrument.limitSizeMax)
      return refusal('51101', `Order failed, the sz can't be more than ${instrument.spec.maxLmtSz}.`);
    if (isTooDear(market, size, price))
      return refusal('51185', `The maximum value allowed per order is ${market.listing.row.maxLmtAmt} USD`);
    const no =
      (price === order.price ? null : checkPrice(market, side, price, order.reduceOnly)) ??
      (attachments === undefined
        ? null
        : checkAttachments({
            market,
            side,
            type: order.type,
            price,
            size,
            reduceOnly: order.reduceOnly,
            attachments,
          }));
    if (no !== null) return no;
    const best = market.book.best(side === 'buy' ? ASK : BID);
    if (order.type === 'post_only' && price !== order.price && (best - price) * signOf(side) <= 0)
      return refusal(
        '51511',
        'Modification failed as the order price did not meet the requirement for Post Only.',
      );
    const holding = account.holdingOf(order);
    if (order.reduceOnly) {
      const before = reducedBefore(account, holding, side, price, order);
      return before + size - order.filled <= closable(holding, side)
        ? null
        : refusal(
            '51171',
            'Failed to edit order. The edited order may execute an opposite trading direction of your existing reduce-only positions. Cancel or edit pending orders to continue.',
          );
    }
    if (size <= order.size && price === order.price) return null;
    const refused = this.checkIntended(account, {
      holding,
      side,
      size: Math.max(0, size - order.filled),
      price,
      replaces: order.id,
    });
    return refused?.code === '51008'
      ? refusal('51502', `Order failed. Insufficient ${instrument.settleCurrency} margin in account`, '1031')
      : refused;
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
    mode: holding.mode,
    positionSide: holding.positionSide,
  };
}
