/**
 * Figures of a series of daily returns. A day is a UTC day, markets never close: a year has 365 of them. The risk-free
 * rate is taken as zero throughout. Fractions, not percent: 0.01 is 1 %.
 *
 * Loops count rather than iterate: the bootstrap calls these functions on arrays of both kinds some ten thousand times, and
 * this took a report of 4,500 trades from 3.0 s to 2.0 s.
 *
 * Every function gives NaN where the figure does not exist (no variation, too few values); who shows it says why.
 */
export const DAYS_A_YEAR = 365;

/** Numbers to take a figure of; the bootstrap lends a `Float64Array`. */
export type Values = readonly number[] | Float64Array;

export const mean = (values: Values): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Standard deviation of a sample: divides by n − 1. */
export function deviation(values: Values): number {
  const middle = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - middle) ** 2;
  const result = Math.sqrt(squares / (values.length - 1));
  // equal values leave rounding dust in their mean, which is no variation
  return result <= Math.abs(middle) * 1e-12 ? 0 : result;
}

/** What the returns compound to: Π(1 + r) − 1. */
export function compounded(returns: Values): number {
  let growth = 1;
  for (let i = 0; i < returns.length; i++) growth *= 1 + returns[i]!;
  return growth - 1;
}

/** Compound annual growth rate from the two ends: (end ÷ start)^(365 ÷ days) − 1. −1 when nothing is left. */
export function annualGrowth(start: number, end: number, days: number): number {
  if (!(start > 0) || !(days > 0)) return Number.NaN;
  if (end <= 0) return -1;
  return (end / start) ** (DAYS_A_YEAR / days) - 1;
}

/** The same from daily returns, for resampled histories. */
export const annualGrowthOf = (returns: Values): number =>
  annualGrowth(1, 1 + compounded(returns), returns.length);

/** Annualised volatility: standard deviation of daily returns × √365. */
export const volatility = (returns: Values): number => deviation(returns) * Math.sqrt(DAYS_A_YEAR);

/**
 * Annualised Sharpe ratio: mean ÷ standard deviation of daily returns × √365.
 * Source: Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994. The √365 holds for returns without
 * memory only (Lo, "The Statistics of Sharpe Ratios", 2002); the block bootstrap's interval does not assume it.
 */
export function sharpe(returns: Values): number {
  const spread = deviation(returns);
  return spread > 0 ? (mean(returns) / spread) * Math.sqrt(DAYS_A_YEAR) : Number.NaN;
}

/**
 * Annualised Sortino ratio: mean ÷ downside deviation × √365, with target 0 and downside deviation √(mean of min(r, 0)²)
 * over all days, days of gain counting as zero.
 * Source: Sortino, Price, "Performance Measurement in a Downside Risk Framework", Journal of Investing 3(3), 1994.
 */
export function sortino(returns: Values): number {
  let squares = 0;
  for (let i = 0; i < returns.length; i++) if (returns[i]! < 0) squares += returns[i]! * returns[i]!;
  const downside = Math.sqrt(squares / returns.length);
  return downside > 0 ? (mean(returns) / downside) * Math.sqrt(DAYS_A_YEAR) : Number.NaN;
}

/**
 * Calmar ratio: annual growth ÷ largest drawdown, both over the whole run.
 * Source: Young, "Calmar Ratio: A Smoother Tool", Futures, October 1991; he takes the last 36 months.
 */
export const calmar = (growth: number, drawdown: number): number =>
  drawdown > 0 ? growth / drawdown : Number.NaN;

/** Sample skewness, corrected for bias (G1 of Joanes and Gill, The Statistician 47(1), 1998): negative = long tail of losses. */
export function skewness(values: Values): number {
  const n = values.length;
  const [second, third] = moments(values);
  if (n < 3 || !(second > 0)) return Number.NaN;
  return ((third / second ** 1.5) * Math.sqrt(n * (n - 1))) / (n - 2);
}

/** Excess kurtosis, corrected for bias (G2 of Joanes and Gill): 0 for a normal distribution, positive = fat tails. */
export function kurtosis(values: Values): number {
  const n = values.length;
  const [second, , fourth] = moments(values);
  if (n < 4 || !(second > 0)) return Number.NaN;
  const excess = fourth / second ** 2 - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6);
}

/** Second, third and fourth central moment, each ÷ n. */
function moments(values: Values): readonly [number, number, number] {
  const middle = mean(values);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const away = value - middle;
    second += away ** 2;
    third += away ** 3;
    fourth += away ** 4;
  }
  const n = values.length;
  return [deviation(values) === 0 ? 0 : second / n, third / n, fourth / n];
}

/** The Sharpe ratio of the last `window` returns at each place; NaN before there are as many, and where nothing varies. */
export function rollingSharpe(returns: readonly number[], window: number): number[] {
  return returns.map((_, index) =>
    index + 1 < window ? Number.NaN : sharpe(returns.slice(index + 1 - window, index + 1)),
  );
}
