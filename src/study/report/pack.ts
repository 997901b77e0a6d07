/**
 * The report as it lies in the page: columns as differences of integers, which compress well and lose nothing that a
 * screen could show. Runs in node and in the page: no node in here.
 */
import type { AccountMetrics } from '../metrics/account-metrics.ts';
import type { AccountReport, CandleColumns, EquityColumns, ReportData } from './report-data.ts';
import type { Finding } from './sanity.ts';

/** All that the page is given. */
export interface Report {
  readonly data: ReportData;
  /** One for one with `data.accounts`. */
  readonly metrics: readonly AccountMetrics[];
  readonly findings: readonly Finding[];
}

/** A column: each value is the sum of the steps up to it ÷ 10^decimals. */
export interface Packed {
  readonly decimals: number;
  readonly steps: readonly number[];
}

interface PackedEquity {
  readonly everyMs: number;
  readonly at: Packed;
  readonly equity: Packed;
  readonly drawdown: Packed;
  readonly exposure: Packed;
}

type PackedAccount = Omit<AccountReport, 'equity' | 'benchmark'> & {
  readonly equity: PackedEquity;
  readonly benchmark: { readonly description: string; readonly value: Packed } | null;
};

interface PackedCandles {
  readonly symbol: string;
  readonly barMs: number;
  readonly runBarMs: number;
  readonly openAt: Packed;
  readonly decimals: number;
  /** Close − close before, open − close before, distance of high and low from the body; × 10^decimals. */
  readonly close: readonly number[];
  readonly open: readonly number[];
  readonly above: readonly number[];
  readonly below: readonly number[];
  readonly volume: Packed;
}

export interface PackedReport {
  readonly data: Omit<ReportData, 'accounts' | 'candles'>;
  readonly accounts: readonly PackedAccount[];
  readonly candles: readonly PackedCandles[];
  readonly metrics: readonly AccountMetrics[];
  readonly findings: readonly Finding[];
}

/** Digits that a curve keeps: more than a screen has pixels. */
const CURVE_DIGITS = 8;
const VOLUME_DIGITS = 5;
const FRACTION_DECIMALS = 6;
const DECIMALS_MAX = 12;

export function packed({ data, metrics, findings }: Report): PackedReport {
  const { accounts, candles, ...rest } = data;
  return {
    data: rest,
    accounts: accounts.map(({ equity, benchmark, ...account }) => ({
      ...account,
      equity: {
        everyMs: equity.everyMs,
        at: pack(equity.at, 0),
        equity: pack(equity.equity, decimalsFor(equity.equity, CURVE_DIGITS)),
        drawdown: pack(equity.drawdown, FRACTION_DECIMALS),
        exposure: pack(equity.exposure, FRACTION_DECIMALS),
      },
      benchmark:
        benchmark === null
          ? null
          : {
              description: benchmark.description,
              value: pack(benchmark.value, decimalsFor(benchmark.value, CURVE_DIGITS)),
            },
    })),
    candles: candles.map(packCandles),
    metrics,
    findings,
  };
}

export function unpacked({ data, accounts, candles, metrics, findings }: PackedReport): Report {
  return {
    data: {
      ...data,
      accounts: accounts.map(({ equity, benchmark, ...account }) => ({
        ...account,
        equity: unpackEquity(equity),
        benchmark: benchmark === null ? null : { ...benchmark, value: unpack(benchmark.value) },
      })),
      candles: candles.map(unpackCandles),
    },
    metrics,
    findings,
  };
}

const unpackEquity = ({ everyMs, at, equity, drawdown, exposure }: PackedEquity): EquityColumns => ({
  everyMs,
  at: unpack(at),
  equity: unpack(equity),
  drawdown: unpack(drawdown),
  exposure: unpack(exposure),
});

/** Values rounded to `decimals`, as steps from one to the next. */
export function pack(values: readonly number[], decimals: number): Packed {
  const scale = 10 ** decimals;
  let before = 0;
  const steps = values.map((value) => {
    const now = Math.round(value * scale);
    const step = now - before;
    before = now;
    return step;
  });
  return { decimals, steps };
}

export function unpack({ decimals, steps }: Packed): number[] {
  const scale = 10 ** decimals;
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum / scale;
  });
}

/** Decimals at which the largest value has `digits` significant digits. */
function decimalsFor(values: readonly number[], digits: number): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  if (most === 0) return 0;
  return Math.min(DECIMALS_MAX, Math.max(0, digits - 1 - Math.floor(Math.log10(most))));
}

/** The fewest decimals that write all values exactly: prices lie on a grid of ticks. */
function decimalsOfGrid(columns: readonly (readonly number[])[]): number {
  let decimals = 0;
  for (const column of columns)
    for (const value of column)
      while (decimals < DECIMALS_MAX && !isOnGrid(value, 10 ** decimals)) decimals++;
  return decimals;
}

const isOnGrid = (value: number, scale: number): boolean => Math.round(value * scale) / scale === value;

function packCandles(candles: CandleColumns): PackedCandles {
  const { symbol, barMs, runBarMs, openAt, volume } = candles;
  const decimals = decimalsOfGrid([candles.open, candles.high, candles.low, candles.close]);
  const scale = 10 ** decimals;
  const whole = (value: number): number => Math.round(value * scale);
  const close: number[] = [];
  const open: number[] = [];
  const above: number[] = [];
  const below: number[] = [];
  let before = 0;
  for (let index = 0; index < openAt.length; index++) {
    const first = whole(candles.open[index]!);
    const last = whole(candles.close[index]!);
    close.push(last - before);
    open.push(first - before);
    above.push(whole(candles.high[index]!) - Math.max(first, last));
    below.push(Math.min(first, last) - whole(candles.low[index]!));
    before = last;
  }
  return {
    symbol,
    barMs,
    runBarMs,
    openAt: pack(openAt, 0),
    decimals,
    close,
    open,
    above,
    below,
    volume: pack(volume, decimalsFor(volume, VOLUME_DIGITS)),
  };
}

function unpackCandles(candles: PackedCandles): CandleColumns {
  const { symbol, barMs, runBarMs } = candles;
  const scale = 10 ** candles.decimals;
  const open: number[] = [];
  const high: number[] = [];
  const low: number[] = [];
  const close: number[] = [];
  let before = 0;
  for (const [index, step] of candles.close.entries()) {
    const first = before + candles.open[index]!;
    const last = before + step;
    open.push(first / scale);
    close.push(last / scale);
    high.push((Math.max(first, last) + candles.above[index]!) / scale);
    low.push((Math.min(first, last) - candles.below[index]!) / scale);
    before = last;
  }
  return {
    symbol,
    barMs,
    runBarMs,
    openAt: unpack(candles.openAt),
    open,
    high,
    low,
    close,
    volume: unpack(candles.volume),
  };
}
