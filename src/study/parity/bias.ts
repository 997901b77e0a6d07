import { bootstrapInterval, meanOf } from '../statistics/bootstrap.ts';
import { type Quantiles, quantiles } from './latencies.ts';
import type { OrderKind, OrderParity } from './orders.ts';

/** Resamples of an interval; neighbours share their market, so blocks as long as they ask for are drawn. */
const BOOTSTRAP = { resamples: 2_000, block: 'auto', level: 0.95, seed: 1 } as const;

/** A mean over orders, and between what it would lie in 95 of 100 such sessions; both null with fewer than two orders. */
export interface Mean {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What the paper venue gets wrong on average with one kind of order: paper − venue. */
export interface OrderSummary {
  readonly kind: OrderKind;
  readonly maker: boolean;
  /** The kind for a person. */
  readonly name: string;
  readonly orders: number;
  readonly both: number;
  readonly venueOnly: number;
  readonly paperOnly: number;
  readonly neither: number;
  /** Better price for us on paper, basis points, of orders filled on both sides. Positive: paper is too kind. */
  readonly priceBp: (Quantiles & Mean) | null;
  /** Later first fill on paper, ms, of the same. */
  readonly laterMs: (Quantiles & Mean) | null;
  /** Share of orders that filled, wholly or in part. */
  readonly fillRate: { readonly venue: number; readonly paper: number; readonly difference: Mean };
  /** What it comes to for results on paper, in a sentence. */
  readonly meaning: string;
}

export function summarize(orders: readonly OrderParity[]): OrderSummary[] {
  const groups = new Map<string, OrderParity[]>();
  for (const order of orders) {
    const name = nameOf(order);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [order]);
    else group.push(order);
  }
  return [...groups].map(([name, group]) => summaryOf(name, group));
}

function summaryOf(name: string, group: readonly OrderParity[]): OrderSummary {
  const { kind, maker } = group[0]!;
  const there = group.map(({ venue }) => (venue.filled > 0 ? 1 : 0));
  const here = group.map(({ paper }) => (paper.filled > 0 ? 1 : 0));
  const count = (venue: 0 | 1, paper: 0 | 1): number =>
    group.filter((_, index) => there[index] === venue && here[index] === paper).length;
  const figures = {
    kind,
    maker,
    name,
    orders: group.length,
    both: count(1, 1),
    venueOnly: count(1, 0),
    paperOnly: count(0, 1),
    neither: count(0, 0),
    priceBp: spreadOf(group.flatMap(({ priceBp }) => (priceBp === null ? [] : [priceBp]))),
    laterMs: spreadOf(group.flatMap(({ laterMs }) => (laterMs === null ? [] : [laterMs]))),
    fillRate: {
      venue: meanOf(Float64Array.from(there)),
      paper: meanOf(Float64Array.from(here)),
      difference: meanWithInterval(here.map((filled, index) => filled - there[index]!)),
    },
  };
  return { ...figures, meaning: meaningOf(figures) };
}

function nameOf({ kind, maker }: OrderParity): string {
  switch (kind) {
    case 'entry':
      return maker ? 'post-only entry' : 'market entry';
    case 'close':
      return maker ? 'post-only close' : 'market close';
    case 'stopLoss':
      return 'stop';
    case 'takeProfit':
      return 'target';
    case 'liquidation':
      return 'liquidation';
  }
}

function spreadOf(values: readonly number[]): (Quantiles & Mean) | null {
  const spread = quantiles(values);
  return spread === null ? null : { ...spread, ...meanWithInterval(values) };
}

function meanWithInterval(values: readonly number[]): Mean {
  const { estimate, low, high } = bootstrapInterval(values, meanOf, BOOTSTRAP);
  const known = (bound: number): number | null => (Number.isNaN(bound) ? null : bound);
  return { mean: estimate, low: known(low), high: known(high) };
}

function meaningOf({
  name,
  orders,
  both,
  priceBp,
  fillRate: { difference },
}: Omit<OrderSummary, 'meaning'>): string {
  const price =
    priceBp === null
      ? 'no price to compare'
      : sayBias(priceBp, both, 'price', (mean) =>
          mean > 0
            ? `too kind: on paper each ${name} is ${mean.toFixed(2)} bp of its value better than there`
            : `too harsh: on paper each ${name} is ${(-mean).toFixed(2)} bp of its value worse than there`,
        );
  const fills = sayBias(difference, orders, 'fills', (mean) =>
    mean > 0
      ? `too kind to who waits: ${percent(mean)} more of the orders fill on paper`
      : `too harsh to who waits: ${percent(-mean)} fewer of the orders fill on paper`,
  );
  return `${price}; ${fills}`;
}

/** What an interval says: nothing about so few, no bias, none that can be seen, or which. */
function sayBias(
  { mean, low, high }: Mean,
  count: number,
  what: string,
  words: (mean: number) => string,
): string {
  if (low === null || high === null) return `${what}: one order says nothing of a bias`;
  if (low === 0 && high === 0) return `${what}: the same in all ${count}`;
  if (low <= 0 && high >= 0) return `${what}: no bias that ${count} orders can show`;
  return `${what} ${words(mean)}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
