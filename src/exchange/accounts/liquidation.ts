import { money } from '../../core/units.ts';
import type { Account } from './account.ts';
import type { Clearing } from './clearing.ts';
import type { Holding } from './holding.ts';
import { bankruptcyPrice, marginOf, markValue, required, tierIndex, unrealized } from './margin.ts';
import { CANCELED } from './order.ts';
import { closing, type OrderDesk } from './order-desk.ts';

/** From the third tier on a position is cut by this many tiers before all of it is taken. */
const TIERS_CUT = 2;

/**
 * Takes positions away from who can no longer carry them, as OKX does it: orders first; a position of a high tier is
 * cut by two tiers, and what is left is looked at anew; otherwise all of it goes. The user is settled at his bankruptcy
 * price, the insurance fund takes what the market pays beyond it or makes up what is missing. Profitable positions are
 * never reduced for that (no ADL): the fund may go below zero, see docs/decisions.
 */
export class Liquidator {
  private readonly clearing: Clearing;
  private readonly orders: OrderDesk;
  private readonly followUp: () => void;

  /** `followUp` is to bring about what trades bring about: stops that end with their position. */
  constructor(clearing: Clearing, orders: OrderDesk, followUp: () => void) {
    this.clearing = clearing;
    this.orders = orders;
    this.followUp = followUp;
  }

  check(account: Account): void {
    if (![...account.holdings.values()].some(({ size }) => size !== 0)) return;
    for (const holding of account.holdings.values())
      if (holding.mode === 'isolated' && holding.size !== 0 && !this.isCarried(holding))
        this.takeIsolated(account, holding);
    for (const currency of account.cash.keys())
      if (this.clearing.isExhausted(account, currency)) this.takeCross(account, currency);
  }

  private isCarried(holding: Holding): boolean {
    return holding.margin + unrealized(holding) >= required(holding);
  }

  private takeIsolated(account: Account, holding: Holding): void {
    for (const order of [...account.ordersFor(holding)]) this.orders.cancel(account, order, CANCELED.risk);
    const equity = money(holding.margin + unrealized(holding));
    this.take(account, holding, bankruptcyPrice(holding, equity), tierIndex(holding) >= TIERS_CUT);
    this.followUp();
  }

  /** Equity is shared among the positions by their value: each is settled where its share is used up. */
  private takeCross(account: Account, currency: string): void {
    const holdings = [...account.holdings.values()].filter(
      ({ mode, position }) =>
        mode === 'cross' && position.size !== 0 && position.instrument.settleCurrency === currency,
    );
    for (const order of [...account.orders.values()])
      if (order.mode === 'cross' && account.holdingOf(order).position.instrument.settleCurrency === currency)
        this.orders.cancel(account, order, CANCELED.risk);
    const { equity } = marginOf(account, currency);
    let value = 0n;
    for (const holding of holdings) value += markValue(holding);
    const prices = holdings.map((holding) =>
      bankruptcyPrice(holding, money((equity * markValue(holding)) / value)),
    );
    const isCut = holdings.some((holding) => tierIndex(holding) >= TIERS_CUT);
    holdings.forEach((holding, at) => {
      if (!isCut || tierIndex(holding) >= TIERS_CUT) this.take(account, holding, prices[at]!, isCut);
    });
    this.followUp();
    if (holdings.every(({ size }) => size === 0)) this.clearing.sweep(account, holdings[0]!);
  }

  private take(account: Account, holding: Holding, settledAt: number, cut: boolean): void {
    const all = Math.abs(holding.size);
    const { tiers, instrument } = holding.market.listing;
    const kept = cut ? Math.floor(tiers[tierIndex(holding) - TIERS_CUT]!.sizeMax / instrument.lotSize) : 0;
    this.orders.place(account, {
      ...closing(holding, '', ''),
      size: all - kept,
      category: cut ? 'partial_liquidation' : 'full_liquidation',
      settledAt,
    });
  }
}
