import type { Side } from '../../core/units.ts';
import type { PositionKey } from '../accounts/holding.ts';
import type { Attachment } from '../accounts/order.ts';

/** Which price a trigger watches. */
export type TriggerPrice = 'last' | 'mark' | 'index';

export interface Trigger {
  /** Ticks. */
  readonly at: number;
  readonly watches: TriggerPrice;
  /** Limit of the order it sends, ticks; 0 = market. */
  readonly price: number;
}

/** A stop that follows the last price at a distance: `ratio` of it, or a fixed `spread`. */
export interface Trailing {
  /** Decimal text such as `"0.01"`; empty when `spread` says it. */
  readonly ratio: string;
  /** Ticks; 0 when `ratio` says it. */
  readonly spread: number;
  /** The price where it begins to follow, ticks; 0 = at once. */
  readonly activeAt: number;
}

/** How far a trailing stop has followed. */
export interface Followed extends Trailing {
  /** The best price since it began, ticks; 0 until then. */
  extreme: number;
}

/** Where it would fire now, ticks; 0 when it does not follow yet. `side` is that of the order it sends. */
export function triggerOf({ ratio, spread, extreme }: Followed, side: Side): number {
  if (extreme === 0) return 0;
  const distance = ratio === '' ? spread : extreme * Number(ratio);
  return Math.round(side === 'sell' ? extreme - distance : extreme + distance);
}

export type AlgoType = 'conditional' | 'oco' | 'trigger' | 'move_order_stop';
export type AlgoState = 'live' | 'effective' | 'canceled' | 'order_failed';

/** An order that waits for a price. Plain data, so that it can be written down as it is. */
export interface Algo extends PositionKey {
  readonly id: number;
  readonly clientId: string;
  readonly type: AlgoType;
  /** Of the order it will send. */
  readonly side: Side;
  /** Lots; 0 = the whole position, whatever it is then. */
  size: number;
  takeProfit: Trigger | null;
  stopLoss: Trigger | null;
  /** Of a trigger order; `rising` when the price has to come up to it. */
  trigger: (Trigger & { readonly rising: boolean }) | null;
  trailing: Followed | null;
  /** What the order that a trigger order sends carries with it. */
  readonly attachments: readonly Attachment[];
  readonly reduceOnly: boolean;
  /** Of its position, when it was placed. */
  readonly leverage: number;
  /** Dies with the position. */
  readonly cancelOnClose: boolean;
  /** The entry it was attached to; 0 when it stands alone. */
  readonly parentId: number;
  /** Take profit of the attachment that it came with, ticks, wherever it has been moved since; 0 = none. */
  attachedTakeProfit: number;
  /** Where its stop loss moves when a take profit of the same entry fires, ticks; 0 = nowhere. */
  stopToCostAt: number;
  /** A resting limit take profit that stands beside this stop loss; 0 = none. */
  linkedOrderId: number;
  readonly tag: string;
  state: AlgoState;
  childId: number;
  actualSide: '' | 'tp' | 'sl';
  actualSize: number;
  actualPrice: number;
  triggeredAt: number;
  failCode: string;
  requestId: string;
  amendResult: string;
  readonly createdAt: number;
  updatedAt: number;
}
