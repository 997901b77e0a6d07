import type { Money, Side } from '../../core/units.ts';
import type { Trigger } from '../algos/algo.ts';

export type OrderType = 'market' | 'limit' | 'post_only' | 'ioc' | 'fok' | 'optimal_limit_ioc';
export type OrderState = 'live' | 'partially_filled' | 'filled' | 'canceled';

/** Take profit and stop loss that will stand once the entry has filled. */
export interface Attachment {
  readonly clientId: string;
  readonly takeProfit: Trigger | null;
  readonly stopLoss: Trigger | null;
}

/** One match of one order. Money as decimal text: it is never computed with again. */
export interface Fill {
  readonly tradeId: number;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly billId: number;
  readonly instId: string;
  readonly side: Side;
  /** Ticks and lots. */
  readonly price: number;
  readonly size: number;
  readonly maker: boolean;
  /** Cash change: negative = paid. */
  readonly fee: string;
  readonly feeRate: string;
  readonly pnl: string;
  readonly markPrice: number;
  readonly indexPrice: number;
  readonly tag: string;
  readonly at: number;
}

/** An order of a user's, from its acceptance to its end. Plain data, so that it can be written down as it is. */
export interface Order {
  readonly id: number;
  /** Number of the account. */
  readonly owner: number;
  readonly clientId: string;
  readonly instId: string;
  readonly side: Side;
  readonly type: OrderType;
  /** Ticks; 0 for a market order. */
  price: number;
  /** Lots, all of it. */
  size: number;
  filled: number;
  /** Of what was filled, unsigned. */
  value: Money;
  fee: Money;
  pnl: Money;
  state: OrderState;
  readonly reduceOnly: boolean;
  readonly leverage: number;
  readonly tag: string;
  readonly attachments: readonly Attachment[];
  /** Lots for which attached take profits and stop losses already stand. */
  covered: number;
  /** The algo order that sent it; 0 when a person did. */
  readonly algoId: number;
  readonly algoClientId: string;
  readonly category: 'normal' | 'full_liquidation';
  /** OKX: 6 from a trigger order, 7 from take profit or stop loss. */
  readonly source: string;
  cancelSource: string;
  requestId: string;
  amendResult: string;
  lastFill: Fill | null;
  /** Its slot in the order book; −1 when it does not rest. */
  slot: number;
  readonly createdAt: number;
  updatedAt: number;
}

export const isOpen = (order: Order): boolean => order.state === 'live' || order.state === 'partially_filled';

/** OKX's words for why the system, or a person, took an order away. */
export const CANCELED = {
  user: '1',
  reduceOnly: '2',
  risk: '3',
  fillOrKill: '13',
  immediateOrCancel: '14',
  priceLimit: '15',
  positionClosed: '17',
  deadMansSwitch: '20',
  wouldTake: '31',
  selfTrade: '32',
} as const;
