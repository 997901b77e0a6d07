import type { Side } from '../../core/units.ts';

/** A trade as the public sees it: one taker order's fills at one price, merged. */
export interface Trade {
  /** That of the last fill. */
  readonly tradeId: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly size: number;
  /** The taker's. */
  readonly side: Side;
  readonly at: number;
  /** Fills in it. */
  readonly count: number;
  readonly sequence: number;
}
