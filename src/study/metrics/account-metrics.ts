import type { AccountReport, EquityColumns, FillReport, ReportData } from '../report/report-data.ts';
import { annualTurnover, meanExposure, median, openedAtEnd, timeInMarket } from './activity.ts';
import { DAY_MS, dailyReturns, type MonthlyReturn, monthlyReturns } from './daily.ts';
import { type Drawdown, largestDrawdown, longestUnderWater, type UnderWater } from './drawdown.ts';
import {
  DAYS_MIN,
  estimated,
  type Figure,
  GROWTH_DAYS_MIN,
  plain,
  TRADES_MIN,
  tooFew,
  withheld,
} from './figure.ts';
import { type Groups, groupsOf, tradeNumbers } from './groups.ts';
import { type Histogram, histogram } from './histogram.ts';
import {
  annualGrowth,
  annualGrowthOf,
  calmar,
  kurtosis,
  mean,
  rollingSharpe,
  sharpe,
  skewness,
  sortino,
  type Values,
  volatility,
} from './returns.ts';
import { expectancy, longestStreaks, payoff, profitFactor, winRate } from './trades.ts';

/** Days that one value of the rolling Sharpe ratio looks back on. */
const ROLLING_DAYS = 30;

/** All figures of one account, as plain JSON. Fractions, not percent; money in the account's currency. */
export interface AccountMetrics {
  readonly currency: string;
  readonly days: number;
  readonly growth: GrowthFigures;
  readonly risk: RiskFigures;
  readonly trades: TradeFigures;
  readonly activity: ActivityFigures;
  readonly costs: CostFigures;
  readonly benchmark: BenchmarkFigures | null;
  readonly groups: Groups;
  /** By UTC day: its start and its return. */
  readonly daily: { readonly day: readonly number[]; readonly value: readonly number[] };
  readonly benchmarkDaily: readonly number[] | null;
  readonly months: readonly MonthlyReturn[];
  /** Of the days on which equity moved. */
  readonly histogram: Histogram | null;
  /** One for one with `daily`; null where the window is not full. */
  readonly rollingSharpe: readonly (number | null)[];
}

export interface GrowthFigures {
  /** Of the whole run, open positions at their mark: a fact, not an estimate. */
  readonly total: number;
  readonly annual: Figure;
  readonly bestDay: { readonly day: number; readonly value: number } | null;
  readonly worstDay: { readonly day: number; readonly value: number } | null;
  readonly winningDays: number;
}

export interface RiskFigures {
  readonly volatility: Figure;
  readonly sharpe: Figure;
  readonly sortino: Figure;
  readonly calmar: Figure;
  readonly skewness: Figure;
  readonly kurtosis: Figure;
  readonly drawdown: Drawdown | null;
  readonly underWater: UnderWater | null;
}

export interface TradeFigures {
  readonly count: number;
  readonly wins: number;
  readonly losses: number;
  readonly longs: number;
  readonly winRate: Figure;
  readonly profitFactor: Figure;
  readonly expectancy: Figure;
  readonly expectancyR: Figure;
  readonly payoff: Figure;
  readonly streaks: { readonly wins: number; readonly losses: number };
  readonly heldMeanMs: number | null;
  readonly heldMedianMs: number | null;
}

export interface ActivityFigures {
  readonly timeInMarket: Figure;
  readonly meanExposure: Figure;
  readonly maxExposure: number;
  readonly turnover: Figure;
}

/** Cash changes: negative = paid. */
export interface CostFigures {
  /** Value bought and sold, all fills. */
  readonly traded: number;
  readonly makerFees: number;
  readonly takerFees: number;
  readonly makerFills: number;
  readonly takerFills: number;
  /** Of trades that paid more funding than they received, and of those that received more. */
  readonly fundingPaid: number;
  readonly fundingReceived: number;
  /** Fees ÷ value traded, positive = paid, as a fraction. */
  readonly feeRate: Figure;
  /** (Fees + funding paid) ÷ profit before costs, when there was one. */
  readonly shareOfProfit: Figure;
}

export interface BenchmarkFigures {
  readonly total: number;
  readonly annual: Figure;
  readonly volatility: Figure;
  readonly sharpe: Figure;
  readonly drawdown: number;
  /** Of daily returns, strategy against benchmark. */
  readonly correlation: Figure;
  readonly beta: Figure;
}

export function accountMetrics(data: ReportData, account: AccountReport): AccountMetrics {
  const { equity } = account;
  const symbols = new Set(account.symbols);
  const trades = data.trades.filter(({ symbol }) => symbols.has(symbol)).map(tradeNumbers);
  const fills = data.fills.filter(({ symbol }) => symbols.has(symbol));
  const days = dailyReturns(equity);
  const returns = days.map(({ value }) => value);
  const ruined = equity.equity.some((value) => value <= 0);
  const drawdown = largestDrawdown(equity);
  const annual = growthOf(equity.at, equity.equity, returns);
  const best = extreme(days, 1);
  const worst = extreme(days, -1);
  const nets = trades.map(({ net }) => net);
  const multiples = trades.flatMap(({ r }) => (r === null ? [] : [r]));
  const held = trades.map(({ trade }) => trade.closedAt - trade.openedAt);
  const ofDays = (statistic: (values: Values) => number, absent: string): Figure => {
    if (ruined) return withheld('equity was gone before the end');
    if (returns.length < DAYS_MIN) return tooFew(returns.length, DAYS_MIN, 'day');
    return estimated(returns, statistic, absent);
  };
  const ofTrades = (
    values: readonly number[],
    statistic: (values: Values) => number,
    absent: string,
  ): Figure =>
    values.length < TRADES_MIN
      ? tooFew(values.length, TRADES_MIN, 'trade')
      : estimated(values, statistic, absent);
  const traded = fills.reduce((sum, { value }) => sum + Number(value), 0);
  const spans = equity.at.length > 1 && equity.at.at(-1)! > equity.at[0]!;
  return {
    currency: account.currency,
    days: returns.length,
    growth: {
      total: spans ? equity.equity.at(-1)! / equity.equity[0]! - 1 : 0,
      annual,
      bestDay: best,
      worstDay: worst,
      winningDays: returns.filter((value) => value > 0).length,
    },
    risk: {
      volatility: ofDays(volatility, 'equity never moved'),
      sharpe: ofDays(sharpe, 'daily returns do not vary'),
      sortino: ofDays(sortino, 'no losing day'),
      calmar:
        annual.value === null
          ? withheld(annual.why)
          : plain(calmar(annual.value, drawdown?.depth ?? 0), 'no drawdown'),
      skewness: ofDays(skewness, 'daily returns do not vary'),
      kurtosis: ofDays(kurtosis, 'daily returns do not vary'),
      drawdown,
      underWater: longestUnderWater(equity),
    },
    trades: {
      count: trades.length,
      wins: nets.filter((net) => net > 0).length,
      losses: nets.filter((net) => net < 0).length,
      longs: trades.filter(({ trade }) => trade.direction === 'long').length,
      winRate: ofTrades(nets, winRate, 'no trades'),
      profitFactor: ofTrades(nets, profitFactor, 'no losing trade'),
      expectancy: ofTrades(nets, expectancy, 'no trades'),
      expectancyR: ofTrades(multiples, expectancy, 'no trade had a stop'),
      payoff: ofTrades(nets, payoff, 'all won or all lost'),
      streaks: longestStreaks(nets),
      heldMeanMs: held.length === 0 ? null : mean(held),
      heldMedianMs: held.length === 0 ? null : median(held),
    },
    activity: {
      timeInMarket: plain(
        spans
          ? timeInMarket(
              trades.map(({ trade }) => trade),
              account.openPositions === 0 ? [] : openedAtEnd(data.trades, fills),
              equity,
            )
          : Number.NaN,
        'the run has no length',
      ),
      meanExposure: plain(spans ? meanExposure(equity) : Number.NaN, 'the run has no length'),
      maxExposure: equity.exposure.reduce((most, value) => Math.max(most, value), 0),
      turnover:
        returns.length < DAYS_MIN
          ? tooFew(returns.length, DAYS_MIN, 'day')
          : plain(annualTurnover(traded, equity), 'the run has no length'),
    },
    costs: costsOf(account, traded, trades, fills),
    benchmark: benchmarkOf(account, returns),
    groups: groupsOf(trades),
    daily: { day: days.map(({ day }) => day), value: returns },
    benchmarkDaily:
      account.benchmark === null
        ? null
        : dailyReturns({ at: equity.at, equity: account.benchmark.value }).map(({ value }) => value),
    months: monthlyReturns(days),
    histogram: histogram(returns.filter((value) => value !== 0)),
    rollingSharpe: rollingSharpe(returns, ROLLING_DAYS).map((value) =>
      Number.isFinite(value) ? value : null,
    ),
  };
}

function growthOf(at: readonly number[], equity: readonly number[], returns: readonly number[]): Figure {
  if (returns.length < GROWTH_DAYS_MIN) return tooFew(returns.length, GROWTH_DAYS_MIN, 'day');
  const days = (at.at(-1)! - at[0]!) / DAY_MS;
  const value = annualGrowth(equity[0]!, equity.at(-1)!, days);
  return estimated(returns, annualGrowthOf, 'no equity at the start', value);
}

function extreme<T extends { readonly value: number }>(days: readonly T[], sign: 1 | -1): T | null {
  let found: T | null = null;
  for (const day of days) if (found === null || day.value * sign > found.value * sign) found = day;
  return found;
}

function costsOf(
  account: AccountReport,
  traded: number,
  trades: readonly { readonly funding: number }[],
  fills: readonly FillReport[],
): CostFigures {
  let makerFees = 0;
  let takerFees = 0;
  let makerFills = 0;
  for (const { maker, fee } of fills) {
    if (maker) {
      makerFees += Number(fee);
      makerFills++;
    } else takerFees += Number(fee);
  }
  const fundings = trades.map(({ funding }) => funding);
  const gross = Number(account.realized);
  const cost = -(Number(account.fees) + Number(account.funding));
  return {
    traded,
    makerFees,
    takerFees,
    makerFills,
    takerFills: fills.length - makerFills,
    fundingPaid: fundings.reduce((sum, value) => sum + Math.min(0, value), 0),
    fundingReceived: fundings.reduce((sum, value) => sum + Math.max(0, value), 0),
    feeRate: plain(traded > 0 ? -Number(account.fees) / traded : Number.NaN, 'nothing was traded'),
    shareOfProfit: plain(gross > 0 ? cost / gross : Number.NaN, 'no profit before costs'),
  };
}

function benchmarkOf(
  { equity, benchmark }: { readonly equity: EquityColumns; readonly benchmark: AccountReport['benchmark'] },
  returns: readonly number[],
): BenchmarkFigures | null {
  if (benchmark === null || benchmark.value.length < 2) return null;
  const theirs = dailyReturns({ at: equity.at, equity: benchmark.value }).map(({ value }) => value);
  const enough = returns.length >= DAYS_MIN;
  const few = tooFew(returns.length, DAYS_MIN, 'day');
  const [correlation, beta] = together(returns, theirs);
  let high = 0;
  let fall = 0;
  for (const value of benchmark.value) {
    high = Math.max(high, value);
    fall = Math.max(fall, 1 - value / high);
  }
  return {
    total: benchmark.value.at(-1)! / benchmark.value[0]! - 1,
    annual: growthOf(equity.at, benchmark.value, theirs),
    volatility: enough ? plain(volatility(theirs), 'it never moved') : few,
    sharpe: enough ? plain(sharpe(theirs), 'it never moved') : few,
    drawdown: fall,
    correlation: enough ? plain(correlation, 'one of the two never moved') : few,
    beta: enough ? plain(beta, 'it never moved') : few,
  };
}

/** Pearson's correlation, and the slope of ours on theirs. */
function together(ours: readonly number[], theirs: readonly number[]): readonly [number, number] {
  const ourMean = mean(ours);
  const theirMean = mean(theirs);
  let both = 0;
  let our = 0;
  let their = 0;
  for (const [index, value] of ours.entries()) {
    both += (value - ourMean) * (theirs[index]! - theirMean);
    our += (value - ourMean) ** 2;
    their += (theirs[index]! - theirMean) ** 2;
  }
  return [both / Math.sqrt(our * their), both / their];
}
