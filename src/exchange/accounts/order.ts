import type { Money, Side } from '../../core/units.ts';
import type { Trailing, Trigger } from '../algos/algo.ts';
import type { MarginMode, PositionKey, PositionSide } from './holding.ts';

export type OrderType = 'market' | 'limit' | 'post_only' | 'ioc' | 'fok' | 'optimal_limit_ioc';
export type OrderState = 'live' | 'partially_filled' | 'filled' | 'canceled';

/** Whose order goes when one meets another of the same account's; the arriving order's mode decides. */
export type SelfTrade = 'cancel_maker' | 'cancel_taker' | 'cancel_both';

/** Take profit and stop loss that will stand once the entry has filled. */
export interface Attachment {
  /** Given when the order is accepted; 0 before. */
  readonly id: number;
  readonly clientId: string;
  readonly takeProfit: Trigger | null;
  readonly stopLoss: Trigger | null;
  /** Instead of both: a stop that follows the price. */
  readonly trailing: Trailing | null;
  /** Lots it covers; 0 = all of the entry. Several with a size share the entry in their order (split take profit). */
  readonly size: number;
  /** The take profit is a limit order from the beginning (`tpOrdKind` limit), not one that waits for a trigger. */
  readonly limitTakeProfit: boolean;
  /** The stop loss moves to the entry price when the first take profit fires. */
  readonly stopToCost: boolean;
}

/** One match of one order. Money as decimal text: it is never computed with again. */
export interface Fill {
  readonly tradeId: number;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly billId: number;
  /** OKX's word for what it did, as on its bill. */
  readonly subType: string;
  readonly instId: string;
  readonly side: Side;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
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
  /** Of a liquidation: what the insurance fund paid for it, decimal text. Absent where it paid nothing. */
  readonly fundPaid?: string;
  readonly at: number;
}

/** An order of a user's, from its acceptance to its end. Plain data, so that it can be written down as it is. */
export interface Order extends PositionKey {
  readonly id: number;
  /** Number of the account. */
  readonly owner: number;
  readonly clientId: string;
  readonly instId: string;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
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
  /** Asked for in net mode; in hedge mode every closing order is. */
  readonly reduceOnly: boolean;
  readonly selfTrade: SelfTrade;
  readonly leverage: number;
  readonly tag: string;
  attachments: readonly Attachment[];
  /** Lots for which attached take profits and stop losses already stand. */
  covered: number;
  /** The algo order that sent it; 0 when a person did. */
  readonly algoId: number;
  readonly algoClientId: string;
  /** The stop loss that stands beside this limit take profit; 0 = none. */
  readonly linkedAlgoId: number;
  readonly category: 'normal' | 'partial_liquidation' | 'full_liquidation';
  /** Of a liquidation: the bankruptcy price it is settled at, ticks. 0 = at the prices it trades at. */
  readonly settledAt: number;
  /** OKX: 6 from a trigger order, 7 from take profit or stop loss, 25 from a trailing stop. */
  readonly source: string;
  cancelSource: string;
  requestId: string;
  amendResult: string;
  /** OKX: 1 by the user, 5 by the system for a take profit that grows with its entry. */
  amendSource: string;
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
  stopFired: '21',
  outranked: '22',
  wouldTake: '31',
  selfTrade: '32',
} as const;

/** A take profit and a stop loss for all of an entry. */
export const attachment = (
  clientId: string,
  takeProfit: Trigger | null,
  stopLoss: Trigger | null,
): Attachment => ({
  id: 0,
  clientId,
  takeProfit,
  stopLoss,
  trailing: null,
  size: 0,
  limitTakeProfit: false,
  stopToCost: false,
});
