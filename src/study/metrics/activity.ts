import type { EquityColumns, FillReport, TradeReport } from '../report/report-data.ts';
import { DAYS_A_YEAR } from './returns.ts';

/**
 * Share of the run during which something was held: the union of the trades' times and of what was never closed, from its
 * first fill to the end.
 *
 * @param openSince - when what is still open at the end was opened, ms
 */
export function timeInMarket(
  trades: readonly Pick<TradeReport, 'openedAt' | 'closedAt'>[],
  openSince: readonly number[],
  { at }: Pick<EquityColumns, 'at'>,
): number {
  const span = at.at(-1)! - at[0]!;
  if (!(span > 0)) return Number.NaN;
  const held: [number, number][] = trades.map(({ openedAt, closedAt }) => [openedAt, closedAt]);
  for (const openedAt of openSince) held.push([openedAt, at.at(-1)!]);
  held.sort((a, b) => a[0] - b[0]);
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [from, to] of held) {
    if (to <= until) continue;
    total += to - Math.max(from, until);
    until = to;
  }
  return Math.min(1, total / span);
}

/** For each symbol that ends with a position, when that was opened: its first fill after its last closing, ms. */
export function openedAtEnd(
  trades: readonly Pick<TradeReport, 'symbol' | 'closedAt'>[],
  fills: readonly Pick<FillReport, 'symbol' | 'at'>[],
): number[] {
  const closed = new Map<string, number>();
  for (const { symbol, closedAt } of trades)
    closed.set(symbol, Math.max(closedAt, closed.get(symbol) ?? Number.NEGATIVE_INFINITY));
  const opened = new Map<string, number>();
  for (const { symbol, at } of fills)
    if (at > (closed.get(symbol) ?? Number.NEGATIVE_INFINITY))
      opened.set(symbol, Math.min(at, opened.get(symbol) ?? Number.POSITIVE_INFINITY));
  return [...opened.values()];
}

/** Mean over time of gross position value ÷ equity: each sample stands for the time since the one before. */
export function meanExposure({ at, exposure }: Pick<EquityColumns, 'at' | 'exposure'>): number {
  let sum = 0;
  for (let index = 1; index < at.length; index++) sum += exposure[index]! * (at[index]! - at[index - 1]!);
  return sum / (at.at(-1)! - at[0]!);
}

/**
 * Value bought and sold a year, in multiples of mean equity: Σ value of fills ÷ mean equity × 365 ÷ days. Both sides
 * count: one round trip of all the equity is 2.
 */
export function annualTurnover(traded: number, { at, equity }: Pick<EquityColumns, 'at' | 'equity'>): number {
  let sum = 0;
  for (let index = 1; index < at.length; index++) sum += equity[index]! * (at[index]! - at[index - 1]!);
  const span = at.at(-1)! - at[0]!;
  const days = span / 86_400_000;
  return (traded / (sum / span)) * (DAYS_A_YEAR / days);
}

/** The middle of the values; of two middles their mean. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
