import type { AccountReport, EquityColumns } from './report-data.ts';

const DAY_MS = 86_400_000;
/** Sampling distances that people know, ms. */
const EVERY_MS = [60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, DAY_MS];

/**
 * The same curves with at most about `countMax` points: the last of each interval, with the worst drawdown in it. Start and
 * end stay. Beyond a point a day, as many whole days as it takes.
 */
export function thinnedAccount(account: AccountReport, countMax: number): AccountReport {
  const { equity, benchmark } = account;
  const { at } = equity;
  if (at.length <= countMax) return account;
  const span = at.at(-1)! - at[0]!;
  const everyMs =
    EVERY_MS.find((every) => every > equity.everyMs && span / every <= countMax) ??
    Math.ceil(span / countMax / DAY_MS) * DAY_MS;
  const interval = (index: number): number => Math.ceil(at[index]! / everyMs);
  const places: number[] = [];
  for (let index = 0; index < at.length; index++)
    if (index === 0 || index + 1 === at.length || interval(index) !== interval(index + 1)) places.push(index);
  const take = (values: readonly number[]): number[] => places.map((index) => values[index]!);
  const worst = places.map((index, place) => {
    const from = place === 0 ? 0 : places[place - 1]! + 1;
    return equity.drawdown.slice(from, index + 1).reduce((most, value) => Math.max(most, value), 0);
  });
  const columns: EquityColumns = {
    everyMs,
    at: take(at),
    equity: take(equity.equity),
    drawdown: worst,
    exposure: take(equity.exposure),
  };
  return {
    ...account,
    equity: columns,
    benchmark: benchmark === null ? null : { ...benchmark, value: take(benchmark.value) },
  };
}
