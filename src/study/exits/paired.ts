import type { Exits } from '../../core/exits/exits.ts';
import { type BootstrapOptions, type Interval, meanOf, pairedInterval } from '../statistics/bootstrap.ts';

/** Bars one after the other, in ticks; parallel arrays. */
export interface Bars {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/** One entry at a bar's open, which every way of placing exits gets. */
export interface Entry {
  readonly bar: number;
  readonly direction: 'long' | 'short';
}

/** Distances from the entry, ticks. */
export interface Plan {
  readonly reward: number;
  readonly risk: number;
}

export interface Terms {
  /** Fraction of the notional, each side. */
  readonly takerFee: number;
  /** What every fill is worse than its price, ticks: entry, stop, target and time-out are all market orders. */
  readonly slippage: number;
  /** A trade that has touched neither exit ends at the close of its so many-th bar. */
  readonly barsMax: number;
}

export interface Outcome {
  readonly reason: 'target' | 'stop' | 'time';
  /** Basis points of the entry's notional, after fees and slippage. */
  readonly net: number;
  /** Fees and slippage, same unit. */
  readonly costs: number;
  /** Begun bars from the entry to the exit. */
  readonly bars: number;
  /** Both exits lay within the bar that ended the trade: the stop was believed. */
  readonly ambiguous: boolean;
}

/**
 * Follows one trade through its bars, pessimistically: a bar that holds both exits stopped first; a bar that opens beyond
 * the stop fills at its open, one that opens beyond the target at the target. Funding is not counted.
 */
export function follow(bars: Bars, { bar, direction }: Entry, { reward, risk }: Plan, terms: Terms): Outcome {
  const sign = direction === 'long' ? 1 : -1;
  const reference = bars.open[bar]!;
  const target = reference + sign * reward;
  const stop = reference - sign * risk;
  const end = bar + terms.barsMax - 1;
  for (let at = bar; at <= end; at++) {
    const worst = sign > 0 ? bars.low[at]! : bars.high[at]!;
    const best = sign > 0 ? bars.high[at]! : bars.low[at]!;
    const targeted = sign * (best - target) >= 0;
    if (sign * (worst - stop) <= 0) {
      const open = bars.open[at]!;
      const price = sign * (open - stop) < 0 ? open : stop;
      return settle(sign, reference, price, terms, 'stop', at - bar + 1, targeted);
    }
    if (targeted) return settle(sign, reference, target, terms, 'target', at - bar + 1, false);
  }
  return settle(sign, reference, bars.close[end]!, terms, 'time', terms.barsMax, false);
}

function settle(
  sign: 1 | -1,
  reference: number,
  price: number,
  { takerFee, slippage }: Terms,
  reason: Outcome['reason'],
  bars: number,
  ambiguous: boolean,
): Outcome {
  const gross = sign * (price - reference);
  const fees = takerFee * (reference + price);
  const costs = ((fees + 2 * slippage) / reference) * 10_000;
  return { reason, net: (gross / reference) * 10_000 - costs, costs, bars, ambiguous };
}

export const planOf = (entry: number, { takeProfit, stopLoss }: Exits): Plan => ({
  reward: Math.abs(takeProfit - entry),
  risk: Math.abs(stopLoss - entry),
});

/** The deepest fall of the running sum below its highest point so far, from zero on; in the values' own unit. */
export function drawdownOf(results: Float64Array): number {
  let sum = 0;
  let peak = 0;
  let deepest = 0;
  for (let i = 0; i < results.length; i++) {
    sum += results[i]!;
    if (sum > peak) peak = sum;
    else if (peak - sum > deepest) deepest = peak - sum;
  }
  return deepest;
}

/** Permutes the plans among the entries that have one: the same distances, no longer those of their own moment. */
export function shuffled(plans: readonly (Plan | null)[], below: (bound: number) => number): (Plan | null)[] {
  const places = plans.flatMap((plan, at) => (plan === null ? [] : [at]));
  const result = [...plans];
  for (let i = places.length - 1; i > 0; i--) {
    const one = places[i]!;
    const other = places[below(i + 1)]!;
    [result[one], result[other]] = [result[other]!, result[one]!];
  }
  return result;
}

export interface Comparison {
  /** Entries that both ways took. */
  readonly pairs: number;
  /** Difference of the mean net result per trade, basis points; positive = the first earns more. */
  readonly net: Interval;
  /** Difference of the drawdown, basis points of one trade's notional; negative = the first falls less deep. */
  readonly drawdown: Interval;
}

/** The same entries, in their order of time, with two ways of placing exits; only those that both took count. */
export function compare(
  first: readonly (Outcome | null)[],
  second: readonly (Outcome | null)[],
  options: BootstrapOptions,
): Comparison {
  const one: number[] = [];
  const other: number[] = [];
  for (let at = 0; at < first.length; at++) {
    const left = first[at];
    const right = second[at];
    if (left == null || right == null) continue;
    one.push(left.net);
    other.push(right.net);
  }
  return {
    pairs: one.length,
    net: pairedInterval(one, other, meanOf, options),
    drawdown: pairedInterval(one, other, drawdownOf, options),
  };
}
