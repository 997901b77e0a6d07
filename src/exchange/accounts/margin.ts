import { applyRate, type Instrument, moneyToNumber } from '../../core/instrument.ts';
import { type Lots, lots, type Money, money, NO_MONEY, type Side, signOf, ticks } from '../../core/units.ts';
import type { Tier } from '../market/instruments.ts';
import type { Account } from './account.ts';
import { TAKER_RATE } from './fees.ts';
import type { Holding } from './holding.ts';

/** An order that is not there yet. */
export interface Intended {
  readonly holding: Holding;
  readonly side: Side;
  readonly size: number;
  /** Ticks; for a market order the price it will hardly exceed. */
  readonly price: number;
  /** The order that it would be in place of; 0 = none. */
  readonly replaces: number;
}

const larger = (one: Money, other: Money): Money => (one > other ? one : other);
const smaller = (one: Money, other: Money): Money => (one < other ? one : other);
export const unsigned = (value: Money): Money => money(value < 0n ? -value : value);

export const markValue = (holding: Holding): Money =>
  unsigned(holding.position.instrument.value(lots(holding.size), ticks(holding.market.mark)));

/** P&L at the mark price. */
export const unrealized = (holding: Holding): Money =>
  holding.position.unrealized(ticks(holding.market.mark));

/** Which tier a position of that many lots is in; the whole position has its tier's rates. */
export function tierIndex(holding: Holding, size: number = Math.abs(holding.size)): number {
  const { tiers, instrument } = holding.market.listing;
  const contracts = size * instrument.lotSize;
  const at = tiers.findIndex((tier) => contracts <= tier.sizeMax);
  return at < 0 ? tiers.length - 1 : at;
}

export const tierOf = (holding: Holding, size: number = Math.abs(holding.size)): Tier =>
  holding.market.listing.tiers[tierIndex(holding, size)]!;

/** Maintenance margin alone: what OKX calls `mmr`. */
export const maintenance = (holding: Holding): Money =>
  applyRate(markValue(holding), tierOf(holding).maintenance);

/** What has to remain of a position's equity: maintenance margin and the fee that closing would cost. */
export const required = (holding: Holding): Money =>
  money(maintenance(holding) + applyRate(markValue(holding), TAKER_RATE));

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
  for (const order of account.ordersFor(holding))
    if (order.side === side && !order.reduceOnly && order.price > 0 && order.id !== intended?.replaces)
      add(order.size - order.filled, order.price);
  if (intended !== null && intended.side === side && intended.holding === holding)
    add(intended.size, intended.price);
  return sum;
}

/** Value of the position that these orders would leave, on their side. */
function reached(size: number, value: Money, orders: Waiting): Money {
  if (size >= 0) return money(value + orders.value);
  const left = orders.size + size;
  return left <= 0 ? NO_MONEY : money((orders.value * BigInt(left)) / BigInt(orders.size));
}

/**
 * OKX, net mode: max(position + buys, sells − position) at price over leverage; the position itself at mark. In hedge
 * mode orders that close are reduce-only, so the same sum counts what opens.
 */
export function initialMargin(account: Account, holding: Holding, intended: Intended | null = null): Money {
  const value = markValue(holding);
  const long = reached(holding.size, value, waiting(account, holding, 'buy', intended));
  const short = reached(-holding.size, value, waiting(account, holding, 'sell', intended));
  return money(larger(long, short) / BigInt(holding.leverage));
}

/** Lots that the position would have at most if every order of the intended one's side filled. */
export function sizeReached(account: Account, intended: Intended): number {
  const { holding, side } = intended;
  return signOf(side) * holding.size + waiting(account, holding, side, intended).size;
}

export interface MarginFigures {
  readonly cash: Money;
  /** Of cross positions. */
  readonly unrealized: Money;
  /** Cash and the P&L of cross positions. */
  readonly equity: Money;
  /** Margin and P&L of isolated positions. */
  readonly isolatedEquity: Money;
  readonly isolatedUnrealized: Money;
  /** Bound by cross positions, and by orders of both modes. */
  readonly initial: Money;
  /** Part of `initial` that orders bind. */
  readonly frozen: Money;
  /** Of cross positions. */
  readonly maintenance: Money;
  /** Of cross positions: maintenance and closing fees. Less equity than that is liquidated. */
  readonly required: Money;
  readonly available: Money;
  /** Part of `available` that is cash: an isolated position can only be given what is really there. */
  readonly availableCash: Money;
}

/** Everything that a settlement currency carries. */
export function marginOf(
  account: Account,
  currency: string,
  intended: Intended | null = null,
): MarginFigures {
  const cash = account.balance(currency);
  let profit = NO_MONEY;
  let isolatedProfit = NO_MONEY;
  let isolatedMargin = NO_MONEY;
  let initial = NO_MONEY;
  let frozen = NO_MONEY;
  let isolatedFrozen = NO_MONEY;
  let kept = NO_MONEY;
  let needed = NO_MONEY;
  for (const holding of account.holdings.values()) {
    if (holding.position.instrument.settleCurrency !== currency) continue;
    const bound = initialMargin(account, holding, intended);
    const position = money(markValue(holding) / BigInt(holding.leverage));
    frozen = money(frozen + bound - position);
    if (holding.mode === 'cross') {
      profit = money(profit + unrealized(holding));
      initial = money(initial + bound);
      kept = money(kept + maintenance(holding));
      needed = money(needed + required(holding));
    } else {
      isolatedProfit = money(isolatedProfit + unrealized(holding));
      isolatedMargin = money(isolatedMargin + holding.margin);
      isolatedFrozen = money(isolatedFrozen + bound - position);
      initial = money(initial + bound - position);
    }
  }
  const equity = money(cash + profit);
  const available = money(equity - initial);
  return {
    cash,
    unrealized: profit,
    equity,
    isolatedEquity: money(isolatedMargin + isolatedProfit),
    isolatedUnrealized: isolatedProfit,
    initial,
    frozen,
    maintenance: kept,
    required: needed,
    available,
    availableCash: smaller(available, money(cash - isolatedFrozen)),
  };
}

/** One of the positions that a price moves together: signed value at mark, and the rate that has to remain of it. */
interface Part {
  readonly holding: Holding;
  readonly rate: number;
}

/**
 * Mark price in ticks (fractional) at which `equity`, moved by these positions of one instrument, is just the sum of
 * their values times their rates; 0 or less when no price does that.
 *
 * For one isolated position this is the formula of OKX: long (E·Q − margin) / (Q·(1 − m − f)), and for an inverse
 * contract N·(1 + m + f) / (margin + N/E), short mirrored.
 */
function priceWhere(instrument: Instrument, mark: number, parts: readonly Part[], equity: number): number {
  let signed = 0;
  let wanted = 0;
  for (const { holding, rate } of parts) {
    const value = moneyToNumber(markValue(holding));
    signed += Math.sign(holding.size) * value;
    wanted += value * rate;
  }
  const price = instrument.inverse
    ? (mark * (signed + wanted)) / (equity + signed)
    : (mark * (signed - equity)) / (signed - wanted);
  return Number.isFinite(price) ? price : 0;
}

const FEE = Number(TAKER_RATE);

/** Mark price in ticks at which the position can no longer be carried, all else standing still; 0 = never. */
export function liquidationPrice(account: Account, holding: Holding): number {
  const { instrument } = holding.position;
  const rateOf = (one: Holding): number => Number(tierOf(one).maintenance) + FEE;
  let price: number;
  if (holding.mode === 'isolated') {
    const equity = moneyToNumber(money(holding.margin + unrealized(holding)));
    price = priceWhere(instrument, holding.market.mark, [{ holding, rate: rateOf(holding) }], equity);
  } else {
    const together = [...account.holdingsOf(holding.instId)].filter(
      ({ mode, size }) => mode === 'cross' && size !== 0,
    );
    const figures = marginOf(account, instrument.settleCurrency);
    let others = figures.required;
    for (const one of together) others = money(others - required(one));
    const parts = together.map((one) => ({ holding: one, rate: rateOf(one) }));
    price = priceWhere(instrument, holding.market.mark, parts, moneyToNumber(money(figures.equity - others)));
  }
  return price > 0 ? price : 0;
}

/** Price in whole ticks at which closing, fee included, leaves nothing of `equity`. */
export function bankruptcyPrice(holding: Holding, equity: Money): number {
  const { instrument } = holding.position;
  const parts = [{ holding, rate: FEE }];
  const price = priceWhere(instrument, holding.market.mark, parts, moneyToNumber(equity));
  return Math.max(1, Math.round(price));
}
