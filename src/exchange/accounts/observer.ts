import type { Algo } from '../algos/algo.ts';
import type { Account } from './account.ts';
import type { Holding } from './holding.ts';
import type { Fill, Order } from './order.ts';

/** Why a balance or a position changed, in OKX's words. */
export type BalanceReason = 'filled' | 'liquidation' | 'funding_fee' | 'set_leverage' | 'adjust_margin';

/** Who is told what happens to accounts; called in the order of the events, with the state as it is just then. */
export interface AccountObserver {
  /** `fill` is the match this change came from, if it did. */
  orderChanged(account: Account, order: Order, fill: Fill | null): void;
  algoChanged(account: Account, algo: Algo): void;
  balanceChanged(account: Account, holding: Holding, reason: BalanceReason): void;
}
