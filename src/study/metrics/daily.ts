import type { EquityColumns } from '../report/report-data.ts';
import { compounded } from './returns.ts';

export const DAY_MS = 86_400_000;

export interface DailyReturn {
  /** Start of the UTC day, ms. */
  readonly day: number;
  /** Equity at the end of the day ÷ equity at the end of the day before − 1. */
  readonly value: number;
}

/**
 * Returns by UTC day. A value at midnight exactly belongs to the day that ends. The first day starts from the first
 * point; a first or last day that is cut short counts as a day; a day without any point (a hole in the data) has
 * return 0. Once equity is gone, every day after returns 0.
 */
export function dailyReturns({ at, equity }: Pick<EquityColumns, 'at' | 'equity'>): DailyReturn[] {
  const days: DailyReturn[] = [];
  if (at.length < 2) return days;
  let before = equity[0]!;
  let index = 1;
  const dayOf = (time: number): number => (Math.ceil(time / DAY_MS) - 1) * DAY_MS;
  const last = dayOf(at.at(-1)!);
  for (let day = dayOf(at[1]!); day <= last; day += DAY_MS) {
    let end = before;
    while (index < at.length && dayOf(at[index]!) <= day) end = equity[index++]!;
    days.push({ day, value: before > 0 ? Math.max(0, end) / before - 1 : 0 });
    before = end;
  }
  return days;
}

export interface MonthlyReturn {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly value: number;
  /** Days in it that the run covers. */
  readonly days: number;
}

/** Daily returns compounded by UTC month, by time. */
export function monthlyReturns(days: readonly DailyReturn[]): MonthlyReturn[] {
  const months = new Map<string, number[]>();
  for (const { day, value } of days) {
    const key = new Date(day).toISOString().slice(0, 7);
    const known = months.get(key);
    if (known === undefined) months.set(key, [value]);
    else known.push(value);
  }
  return [...months].map(([key, values]) => ({
    year: Number(key.slice(0, 4)),
    month: Number(key.slice(5)),
    value: compounded(values),
    days: values.length,
  }));
}
