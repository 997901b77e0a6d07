import { type Money, money, NO_MONEY } from '../../core/units.ts';
import type { Algo } from '../algos/algo.ts';
import type { Market } from '../market/market.ts';
import {
  type ClosedPosition,
  type Gearing,
  Holding,
  keyText,
  type MarginMode,
  type PositionKey,
  type PositionSide,
} from './holding.ts';
import { Ledger } from './ledger.ts';
import type { Fill, Order } from './order.ts';
import { write } from './written.ts';

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

/** One change of a balance. Money as decimal text. */
export interface Bill {
  readonly id: number;
  /** OKX: 2 trade, 5 liquidation, 6 margin moved by hand, 8 funding. */
  readonly type: string;
  readonly subType: string;
  readonly at: number;
  readonly currency: string;
  readonly change: string;
  readonly balance: string;
  readonly pnl: string;
  readonly fee: string;
  readonly instId: string;
  readonly size: string;
  readonly price: string;
  readonly orderId: string;
  readonly tradeId: string;
  readonly maker: boolean | null;
  /** Of the order that traded; empty where nothing did. */
  readonly clientOrderId: string;
  readonly tag: string;
  /** Decimal text, when it traded; empty otherwise. */
  readonly markPrice: string;
  readonly indexPrice: string;
  readonly mode: MarginMode;
  /** Change and balance of an isolated position's own margin. */
  readonly marginChange: string;
  readonly margin: string;
}

/** OKX's leverage before anybody has set one. */
const LEVERAGE_AT_FIRST = 3;
const ORDERS_KEPT = 500;
const FILLS_KEPT = 1000;
const POSITIONS_KEPT = 200;

export type PositionMode = 'net_mode' | 'long_short_mode';

/** Last digit of a position's id. */
const DIGITS: Readonly<Record<MarginMode, Readonly<Record<PositionSide, number>>>> = {
  cross: { net: 0, long: 1, short: 2 },
  isolated: { net: 3, long: 4, short: 5 },
};

/** A user in OKX's futures mode. */
export class Account {
  /** Owner of its orders in the books; 1 and up. */
  readonly number: number;
  readonly uid: string;
  readonly credentials: Credentials;
  positionMode: PositionMode = 'net_mode';
  /** What is free or stands behind cross positions; the margin of isolated ones is in them. */
  readonly cash = new Map<string, Money>();
  readonly holdings = new Map<string, Holding>();
  /** Open ones, oldest first. */
  readonly orders = new Map<number, Order>();
  readonly algos = new Map<number, Algo>();
  readonly pastOrders = new Ledger<Order>(ORDERS_KEPT, write);
  readonly pastAlgos = new Ledger<Algo>(ORDERS_KEPT, write);
  readonly fills = new Ledger<Fill>(FILLS_KEPT, write);
  readonly bills = new Ledger<Bill>(FILLS_KEPT, write);
  readonly pastPositions = new Ledger<ClosedPosition>(POSITIONS_KEPT, write);
  /** Dead man's switches: when the orders with a tag (empty = all) are canceled. */
  readonly switches = new Map<string, number>();

  constructor(number: number, uid: string, credentials: Credentials) {
    this.number = number;
    this.uid = uid;
    this.credentials = credentials;
  }

  balance(currency: string): Money {
    return this.cash.get(currency) ?? NO_MONEY;
  }

  credit(currency: string, amount: Money): void {
    this.cash.set(currency, money(this.balance(currency) + amount));
  }

  /** The position, open or not, that an order of this kind would change. */
  holding(market: Market, mode: MarginMode = 'cross', positionSide: PositionSide = 'net'): Holding {
    const key = keyText({ instId: market.instrument.id, mode, positionSide });
    let holding = this.holdings.get(key);
    if (holding === undefined) {
      const digits = market.listing.code * 10 + DIGITS[mode][positionSide];
      const gearing = this.gearing(market.instrument.id, mode, positionSide);
      holding = new Holding(market, String(3e14 + this.number * 1e7 + digits), mode, positionSide, gearing);
      this.holdings.set(key, holding);
    }
    return holding;
  }

  /** Of a position that has been asked for before: each open order and algo has one. */
  holdingOf(key: PositionKey): Holding {
    return this.holdings.get(keyText(key))!;
  }

  *holdingsOf(instId: string): Generator<Holding> {
    for (const holding of this.holdings.values()) if (holding.instId === instId) yield holding;
  }

  private readonly gearings = new Map<string, Gearing>();

  private gearing(instId: string, mode: MarginMode, positionSide: PositionSide): Gearing {
    const key = mode === 'cross' ? `${instId}|cross` : `${instId}|isolated|${positionSide}`;
    let gearing = this.gearings.get(key);
    if (gearing === undefined) {
      gearing = { leverage: LEVERAGE_AT_FIRST };
      this.gearings.set(key, gearing);
    }
    return gearing;
  }

  *ordersOf(instId: string): Generator<Order> {
    for (const order of this.orders.values()) if (order.instId === instId) yield order;
  }

  /** Open orders that would change this position. */
  *ordersFor({ instId, mode, positionSide }: PositionKey): Generator<Order> {
    for (const order of this.orders.values())
      if (order.instId === instId && order.mode === mode && order.positionSide === positionSide) yield order;
  }

  findOrder(instId: string, id: string, clientId: string): Order | undefined {
    if (id !== '') {
      const order = this.orders.get(Number(id));
      return order?.instId === instId ? order : undefined;
    }
    for (const order of this.ordersOf(instId)) if (order.clientId === clientId) return order;
    return undefined;
  }
}
