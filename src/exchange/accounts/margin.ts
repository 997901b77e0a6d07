import { applyRate } from '../../core/instrument.ts';
import { type Lots, lots, type Money, money, NO_MONEY, type Side, ticks } from '../../core/units.ts';
import type { Tier } from '../market/instruments.ts';
import type { Account, Holding } from './account.ts';
import { TAKER_RATE } from './fees.ts';

/** An order that is not there yet. */
export interface Intended {
  readonly instId: string;
  readonly side: Side;
  readonly size: number;
  /** Ticks; for a market order the price it will hardly exceed. */
  readonly price: number;
  /** The order that it would be in place of; 0 = none. */
  readonly replaces: number;
}

const larger = (one: Money, other: Money): Money => (one > other ? one : other);
const unsigned = (value: Money): Money => money(value < 0n ? -value : value);

export const markValue = (holding: Holding): Money =>
  unsigned(holding.position.instrument.value(lots(holding.size), ticks(holding.market.mark)));

/** Tier of a position of that many lots; the whole position has its tier's rates. */
export function tierOf(holding: Holding, size: number = Math.abs(holding.size)): Tier {
  const { tiers, instrument } = holding.market.listing;
  const contracts = size * instrument.lotSize;
  return tiers.find((tier) => contracts <= tier.sizeMax) ?? tiers[tiers.length - 1]!;
}

/** Maintenance margin and the fee that closing would cost. */
export function maintenance(holding: Holding): Money {
  const value = markValue(holding);
  return money(applyRate(value, tierOf(holding).maintenance) + applyRate(value, TAKER_RATE));
}

interface Waiting {
  size: Lots;
  value: Money;
}

/** Open orders of one side that could add to a position. Reduce-only ones bind nothing. */
function waiting(account: Account, holding: Holding, side: Side, intended: Intended | null): Waiting {
  const { instrument } = holding.position;
  const sum: Waiting = { size: lots(0), value: NO_MONEY };
  const add = (size: number, price: number): void => {
    sum.size = lots(sum.size + size);
    sum.value = money(sum.value + instrument.value(lots(size), ticks(price)));
  };
  for (const order of account.ordersOf(instrument.id))
    if (order.side === side && !order.reduceOnly && order.price > 0)
      add(order.size - order.filled, order.price);
  if (intended !== null && intended.side === side && intended.instId === instrument.id)
    add(intended.size, intended.price);
  return sum;
}

/** Value of the position that these orders would leave, on their side. */
function reached(size: number, value: Money, orders: Waiting): Money {
  if (size >= 0) return money(value + orders.value);
  const left = orders.size + size;
  return left <= 0 ? NO_MONEY : money((orders.value * BigInt(left)) / BigInt(orders.size));
}

/** OKX, net mode: max(position + buys, sells − position) at price over leverage; the position itself at mark. */
export function initialMargin(account: Account, holding: Holding, intended: Intended | null = null): Money {
  const value = markValue(holding);
  const long = reached(holding.size, value, waiting(account, holding, 'buy', intended));
  const short = reached(-holding.size, value, waiting(account, holding, 'sell', intended));
  return money(larger(larger(long, short), value) / BigInt(holding.leverage));
}

/** Lots that the position would have at most if every order of `side` filled. */
export function sizeReached(account: Account, holding: Holding, intended: Intended): number {
  const sign = intended.side === 'buy' ? 1 : -1;
  return sign * holding.size + waiting(account, holding, intended.side, intended).size;
}

export interface MarginFigures {
  readonly cash: Money;
  readonly unrealized: Money;
  readonly equity: Money;
  readonly initial: Money;
  /** Part of `initial` that orders bind. */
  readonly frozen: Money;
  readonly maintenance: Money;
  readonly available: Money;
}

/** Everything that a settlement currency carries. */
export function marginOf(
  account: Account,
  currency: string,
  intended: Intended | null = null,
): MarginFigures {
  const cash = account.balance(currency);
  let unrealized = NO_MONEY;
  let initial = NO_MONEY;
  let positions = NO_MONEY;
  let kept = NO_MONEY;
  for (const holding of account.holdings.values()) {
    if (holding.position.instrument.settleCurrency !== currency) continue;
    unrealized = money(unrealized + holding.position.unrealized(ticks(holding.market.mark)));
    initial = money(initial + initialMargin(account, holding, intended));
    positions = money(positions + markValue(holding) / BigInt(holding.leverage));
    kept = money(kept + maintenance(holding));
  }
  const equity = money(cash + unrealized);
  return {
    cash,
    unrealized,
    equity,
    initial,
    frozen: money(initial - positions),
    maintenance: kept,
    available: money(equity - initial),
  };
}
