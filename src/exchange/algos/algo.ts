import type { Side } from '../../core/units.ts';

/** Which price a trigger watches. */
export type TriggerPrice = 'last' | 'mark' | 'index';

export interface Trigger {
  /** Ticks. */
  readonly at: number;
  readonly watches: TriggerPrice;
  /** Limit of the order it sends, ticks; 0 = market. */
  readonly price: number;
}

export type AlgoType = 'conditional' | 'oco' | 'trigger';
export type AlgoState = 'live' | 'effective' | 'canceled' | 'order_failed';

/** An order that waits for a price. Plain data, so that it can be written down as it is. */
export interface Algo {
  readonly id: number;
  readonly clientId: string;
  readonly instId: string;
  readonly type: AlgoType;
  /** Of the order it will send. */
  readonly side: Side;
  /** Lots; 0 = the whole position, whatever it is then. */
  size: number;
  readonly takeProfit: Trigger | null;
  readonly stopLoss: Trigger | null;
  /** Of a trigger order; `rising` when the price has to come up to it. */
  readonly trigger: (Trigger & { readonly rising: boolean }) | null;
  readonly reduceOnly: boolean;
  /** Dies with the position. */
  readonly cancelOnClose: boolean;
  /** The entry it was attached to; 0 when it stands alone. */
  readonly parentId: number;
  readonly tag: string;
  state: AlgoState;
  childId: number;
  actualSide: '' | 'tp' | 'sl';
  actualSize: number;
  actualPrice: number;
  triggeredAt: number;
  failCode: string;
  readonly createdAt: number;
  updatedAt: number;
}
