import type { CandleColumns } from './report-data.ts';

/** Finds candles by time. */
export class CandleIndex {
  private readonly columns: CandleColumns;

  constructor(columns: CandleColumns) {
    this.columns = columns;
  }

  /** Place of the candle whose time, its start included and its end not, holds `at`; −1 when there is none. */
  at(at: number): number {
    const { openAt, barMs } = this.columns;
    let low = 0;
    let high = openAt.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (openAt[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    const place = low - 1;
    return place >= 0 && at < openAt[place]! + barMs ? place : -1;
  }

  /** Low and high of the candle at `at`, and of the one that ends at that moment; null when there is neither. */
  around(at: number): { readonly low: number; readonly high: number } | null {
    const places = [this.at(at), this.at(at - 1)].filter((place) => place >= 0);
    if (places.length === 0) return null;
    const { low, high } = this.columns;
    return {
      low: Math.min(...places.map((place) => low[place]!)),
      high: Math.max(...places.map((place) => high[place]!)),
    };
  }
}

/** Bars that people know, ms. */
const BARS_MS = [
  1_000, 5_000, 15_000, 60_000, 180_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000,
  21_600_000, 43_200_000, 86_400_000,
];

/** The same candles in the finest known bar that makes at most `countMax` of them. */
export function thinned(columns: CandleColumns, countMax: number): CandleColumns {
  const { openAt, barMs } = columns;
  if (openAt.length <= countMax) return columns;
  const first = openAt[0]!;
  const span = openAt.at(-1)! + barMs - first;
  const fits = (bar: number): boolean => bar % barMs === 0 && bar > barMs && span / bar + 1 <= countMax;
  // beyond a day, as many whole days as it takes
  const bar = BARS_MS.find(fits) ?? Math.ceil(span / (countMax - 1) / 86_400_000) * 86_400_000;
  return merged(columns, bar);
}

/** Candles of a longer bar, cut at its multiples since 1970 (UTC). */
export function merged(columns: CandleColumns, barMs: number): CandleColumns {
  const openAt: number[] = [];
  const open: number[] = [];
  const high: number[] = [];
  const low: number[] = [];
  const close: number[] = [];
  const volume: number[] = [];
  for (const [index, at] of columns.openAt.entries()) {
    const start = Math.floor(at / barMs) * barMs;
    const last = openAt.length - 1;
    if (openAt[last] === start) {
      high[last] = Math.max(high[last]!, columns.high[index]!);
      low[last] = Math.min(low[last]!, columns.low[index]!);
      close[last] = columns.close[index]!;
      volume[last]! += columns.volume[index]!;
    } else {
      openAt.push(start);
      open.push(columns.open[index]!);
      high.push(columns.high[index]!);
      low.push(columns.low[index]!);
      close.push(columns.close[index]!);
      volume.push(columns.volume[index]!);
    }
  }
  return { ...columns, barMs, openAt, open, high, low, close, volume };
}
