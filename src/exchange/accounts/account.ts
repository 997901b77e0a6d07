import { Position } from '../../core/position/position.ts';
import { type Money, money, NO_MONEY } from '../../core/units.ts';
import type { Algo } from '../algos/algo.ts';
import type { Market } from '../market/market.ts';
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
  /** OKX: 2 trade, 5 liquidation, 8 funding. */
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
}

/** OKX's leverage before anybody has set one. */
const LEVERAGE_AT_FIRST = 3;
const ORDERS_KEPT = 500;
const FILLS_KEPT = 1000;

/** A position with what OKX tells about it. The sums run from the moment it opened. */
export class Holding {
  readonly market: Market;
  readonly position: Position;
  /** Stable for instrument and account. */
  readonly id: string;
  leverage = LEVERAGE_AT_FIRST;
  pnl: Money = NO_MONEY;
  fee: Money = NO_MONEY;
  funding: Money = NO_MONEY;
  penalty: Money = NO_MONEY;
  tradeId = 0;
  openedAt = 0;
  updatedAt = 0;

  constructor(market: Market, id: string) {
    this.market = market;
    this.position = new Position(market.instrument);
    this.id = id;
  }

  get size(): number {
    return this.position.size;
  }

  /** Forgets the sums of the position before. */
  begin(at: number): void {
    this.pnl = this.fee = this.funding = this.penalty = NO_MONEY;
    this.openedAt = at;
  }
}

/** A user: net mode, cross margin, futures mode. */
export class Account {
  /** Owner of its orders in the books; 1 and up. */
  readonly number: number;
  readonly uid: string;
  readonly credentials: Credentials;
  readonly cash = new Map<string, Money>();
  readonly holdings = new Map<string, Holding>();
  /** Open ones, oldest first. */
  readonly orders = new Map<number, Order>();
  readonly algos = new Map<number, Algo>();
  readonly pastOrders = new Ledger<Order>(ORDERS_KEPT, write);
  readonly pastAlgos = new Ledger<Algo>(ORDERS_KEPT, write);
  readonly fills = new Ledger<Fill>(FILLS_KEPT, write);
  readonly bills = new Ledger<Bill>(FILLS_KEPT, write);
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

  holding(market: Market): Holding {
    let holding = this.holdings.get(market.instrument.id);
    if (holding === undefined) {
      holding = new Holding(market, String(3e14 + this.number * 1e6 + market.listing.code));
      this.holdings.set(market.instrument.id, holding);
    }
    return holding;
  }

  *ordersOf(instId: string): Generator<Order> {
    for (const order of this.orders.values()) if (order.instId === instId) yield order;
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
