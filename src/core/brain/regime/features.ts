import type { Second } from './second.ts';

/** Half-lives of the levels, seconds. The middle one is what the reference is taken from. */
const LEVEL_HALF_LIVES = [15, 60, 240] as const;
const MIDDLE = 1;
/** How long candles are remembered: half-life, ms. Long enough for many regimes, short enough to follow the time of day. */
const PAST_HALF_LIFE_MS = 9_000_000;
/** Candles over less time than this say less of what is usual than the seconds seen, ms. */
const PAST_LEAST_MS = 14_400_000;
/** Half-lives of trend and flow, seconds. */
export const TREND_HALF_LIVES = [15, 30, 60, 120, 240, 480] as const;
/** How long what is usual is remembered: half-life, seconds. */
const USUAL_HALF_LIFE = 7200;
/** Share of the usual that is added before a logarithm is taken, so that a quiet minute is not −∞. */
const FLOOR = 0.02;
/** Nothing ever moved or traded: such a level says nothing. */
const NOTHING = 1e-9;
/** Half-lives of the trends whose reach is averaged, by their place in `TREND_HALF_LIVES`, and of these averages, seconds. */
const REACH_TRENDS = [2, 3, 4] as const;
const REACH_HALF_LIVES = [120, 240, 480] as const;
/** Seconds of the longer move that volatility is taken from: bounces between bid and ask cancel in it. */
const LONG_MOVE = 5;

/** What is averaged; a level is the logarithm of the mean. */
const SUMS = ['five-second move²', 'move²', 'path', 'moves', 'orders', 'orders²', 'orders · move²'] as const;
/** The sums, and how unevenly orders come: their variance beyond Poisson's, over the squared mean. */
export const LEVELS = [...SUMS, 'burstiness'] as const;
const LONG = 0;
const ORDERS = 4;
const ORDERS_SQUARED = 5;
const BURSTINESS = 7;

const WITH_MEMORY = LEVEL_HALF_LIVES.length;
const TRENDS = TREND_HALF_LIVES.length;

/** How volatile what was seen has been, against candles that go back further; 0 without them. It has no half-life. */
export const USUAL_AGAINST_PAST = 'usual against the past 0';

/** Names of the features that a mirrored market leaves as they are, in order; the number is the half-life in seconds. */
export const EVEN_NAMES: readonly string[] = [
  ...LEVELS.flatMap((level) => LEVEL_HALF_LIVES.map((seconds) => `${level} ${seconds}`)),
  ...TREND_HALF_LIVES.map((seconds) => `|trend| ${seconds}`),
  ...TREND_HALF_LIVES.map((seconds) => `|flow| ${seconds}`),
  ...REACH_TRENDS.flatMap((h) =>
    REACH_HALF_LIVES.map((seconds) => `reach of ${TREND_HALF_LIVES[h]} s ${seconds}`),
  ),
  USUAL_AGAINST_PAST,
];
/** And of those that change their sign in it. */
export const ODD_NAMES: readonly string[] = [
  ...TREND_HALF_LIVES.map((seconds) => `trend ${seconds}`),
  ...TREND_HALF_LIVES.map((seconds) => `flow ${seconds}`),
];

const REACH = EVEN_NAMES.indexOf(`reach of 60 s ${REACH_HALF_LIVES[0]}`);
const REACH_MEMORIES = REACH_HALF_LIVES.length;
const AGAINST_PAST = EVEN_NAMES.indexOf(USUAL_AGAINST_PAST);

/** Half-life of a feature, seconds: the number its name ends with. */
export const halfLifeOf = (name: string): number => Number(name.slice(name.lastIndexOf(' ') + 1));

const gainOf = (halfLife: number): number => 1 - 0.5 ** (1 / halfLife);

/**
 * What of a market's seconds tells its regime, without a unit: nothing in here knows a tick, a lot or a usual size.
 *
 * - levels: logarithms of means (exponential, without bias at the start), each less its own usual value: a mean over hours
 *   of the level at the middle half-life, as far as hours were seen;
 * - usual against the past: the usual value of the five-second moves less what candles say that it is, which reach back to
 *   before anything was seen: mean logarithm of their ranges². A first hour in a storm is not what is usual. Weights can add it
 *   to any level, to have that against the past instead of against what was seen;
 * - trend: sum of the moves with exponential forgetting over its standard error: the t-statistic of a regression of the moves
 *   on a constant, squashed by tanh(t / 2). Of a random walk with drift nothing else in the prices knows more of the drift;
 * - reach: logarithm of the mean square of such a sum against what a random walk with the same five-second moves would have: a
 *   variance ratio (Lo and MacKinlay, Review of Financial Studies 1(1), 1988), below 0 where the price comes back, above 0 where
 *   it goes on;
 * - flow: (bought − sold) / (bought + sold) in market orders, not in lots: sizes have so heavy a tail that one drowns a minute.
 *
 * Order and meaning: `EVEN_NAMES`, `ODD_NAMES`. O(1) a second, no allocation.
 */
export class RegimeFeatures {
  readonly even = new Float64Array(EVEN_NAMES.length);
  readonly odd = new Float64Array(ODD_NAMES.length);
  /** t-statistics of the trend, by `TREND_HALF_LIVES`. */
  readonly trend = new Float64Array(TRENDS);
  /** Standard deviation of the mid's move in a second, ticks. */
  deviation = 0;
  /** Seconds seen. */
  count = 0;

  private readonly values = new Float64Array(SUMS.length);
  private readonly means = new Float64Array(SUMS.length * WITH_MEMORY);
  private readonly usualMeans = new Float64Array(SUMS.length);
  private readonly reference = new Float64Array(LEVELS.length);
  /** How much of each reference's memory is filled: none before its level was known. */
  private readonly referenceFilled = new Float64Array(LEVELS.length);
  private readonly levelGains = Float64Array.from(LEVEL_HALF_LIVES, gainOf);
  private readonly trendGains = Float64Array.from(TREND_HALF_LIVES, gainOf);
  private readonly usualGain = gainOf(USUAL_HALF_LIFE);
  /** How much of each memory is filled, 0…1. */
  private readonly levelFilled = new Float64Array(WITH_MEMORY);
  private readonly trendFilled = new Float64Array(TRENDS);
  private usualFilled = 0;
  /** Of candles: mean logarithm of range² over length, ticks² a ms; how much of its memory is filled; their length, ms. */
  private past = 0;
  private pastFilled = 0;
  private pastMs = 0;
  private readonly sums = new Float64Array(TRENDS);
  /** Means of the sums' squares, in variances of a second's move but for its size, and of the five-second moves². */
  private readonly reaches = new Float64Array(REACH_TRENDS.length * REACH_MEMORIES);
  private readonly longMeans = new Float64Array(REACH_MEMORIES);
  private readonly reachGains = Float64Array.from(REACH_HALF_LIVES, gainOf);
  private readonly reachFilled = new Float64Array(REACH_MEMORIES);
  /** Variance of each sum, in variances of a second's move. */
  private readonly sumVariances = new Float64Array(TRENDS);
  private readonly boughtMeans = new Float64Array(TRENDS);
  private readonly soldMeans = new Float64Array(TRENDS);
  /** The last seconds' moves, a ring. */
  private readonly recent = new Float64Array(LONG_MOVE);

  /** A second is over. */
  step(second: Second): void {
    this.count += 1;
    this.average(second);
    this.level();
    this.follow(second);
    this.reach();
  }

  /** A candle closed, or is told of from the past, in order: its highest less its lowest price, ticks, and its length, ms. */
  candle(range: number, lengthMs: number): void {
    const gain = 1 - 0.5 ** (lengthMs / PAST_HALF_LIFE_MS);
    // where nothing moved it moved by less than a tick
    this.past += gain * (Math.log(Math.max(range, 1) ** 2 / lengthMs) - this.past);
    this.pastFilled += gain * (1 - this.pastFilled);
    this.pastMs += lengthMs;
  }

  /** All candles will be told again. */
  forgetCandles(): void {
    this.past = 0;
    this.pastFilled = 0;
    this.pastMs = 0;
  }

  /** Candles go back far enough to say what is usual. */
  get knowsPast(): boolean {
    return this.pastMs >= PAST_LEAST_MS;
  }

  /** Forgets what was seen, not the candles: what is usual here outlives a lost connection. */
  reset(): void {
    const { even, odd, trend, means, usualMeans, reference } = this;
    const { referenceFilled, levelFilled, trendFilled, sums, sumVariances, boughtMeans, soldMeans, recent } =
      this;
    const { reaches, longMeans, reachFilled } = this;
    for (const all of [even, odd, trend, means, usualMeans, reference]) all.fill(0);
    for (const all of [
      referenceFilled,
      levelFilled,
      trendFilled,
      sums,
      sumVariances,
      boughtMeans,
      soldMeans,
      recent,
      reaches,
      longMeans,
      reachFilled,
    ])
      all.fill(0);
    this.usualFilled = 0;
    this.deviation = 0;
    this.count = 0;
  }

  private average({ net, squares, path, moves, bought, sold }: Second): void {
    const { values, means, usualMeans, levelGains, levelFilled, usualGain, recent } = this;
    recent[this.count % LONG_MOVE] = net;
    let long = 0;
    for (let i = 0; i < LONG_MOVE; i++) long += recent[i]!;
    const orders = bought + sold;
    values[0] = long * long;
    values[1] = squares;
    values[2] = path;
    values[3] = moves;
    values[4] = orders;
    values[5] = orders * orders;
    values[6] = orders * squares;
    for (let h = 0; h < WITH_MEMORY; h++) levelFilled[h]! += levelGains[h]! * (1 - levelFilled[h]!);
    this.usualFilled += usualGain * (1 - this.usualFilled);
    for (let i = 0; i < values.length; i++) {
      usualMeans[i]! += usualGain * (values[i]! - usualMeans[i]!);
      for (let h = 0; h < WITH_MEMORY; h++) {
        const at = i * WITH_MEMORY + h;
        means[at]! += levelGains[h]! * (values[i]! - means[at]!);
      }
    }
  }

  private level(): void {
    const { even, reference, referenceFilled, usualMeans, usualGain } = this;
    for (let h = 0; h < WITH_MEMORY; h++) {
      for (let i = 0; i < SUMS.length; i++) even[i * WITH_MEMORY + h] = Math.log(this.floored(i, h));
      const mean = this.floored(ORDERS, h);
      const beyond = this.floored(ORDERS_SQUARED, h) - mean * mean - mean;
      even[BURSTINESS * WITH_MEMORY + h] = Math.log(Math.max(beyond / (mean * mean), 0.05));
    }
    this.deviation = Math.sqrt(this.floored(LONG, MIDDLE) / LONG_MOVE);
    for (let i = 0; i < LEVELS.length; i++) {
      // of what never was nobody knows how much is usual, and the logarithm of nothing would be remembered for hours
      if (usualMeans[i === BURSTINESS ? ORDERS : i] === 0) {
        for (let h = 0; h < WITH_MEMORY; h++) even[i * WITH_MEMORY + h] = 0;
        continue;
      }
      reference[i]! += usualGain * (even[i * WITH_MEMORY + MIDDLE]! - reference[i]!);
      referenceFilled[i]! += usualGain * (1 - referenceFilled[i]!);
      const usual = reference[i]! / referenceFilled[i]!;
      for (let h = 0; h < WITH_MEMORY; h++) even[i * WITH_MEMORY + h]! -= usual;
    }
    even[AGAINST_PAST] =
      this.knowsPast && referenceFilled[LONG]! > 0
        ? reference[LONG]! / referenceFilled[LONG]! - this.past / this.pastFilled
        : 0;
  }

  /** Mean of a sum, a little of the usual added. */
  private floored(sum: number, h: number): number {
    const usual = this.usualMeans[sum]! / this.usualFilled;
    return this.means[sum * WITH_MEMORY + h]! / this.levelFilled[h]! + FLOOR * usual + NOTHING;
  }

  private follow({ net, bought, sold }: Second): void {
    const { even, odd, trend, trendGains, trendFilled, sums, sumVariances, boughtMeans, soldMeans } = this;
    const least = (FLOOR * this.usualMeans[ORDERS]!) / this.usualFilled + NOTHING;
    const trendAt = LEVELS.length * WITH_MEMORY;
    for (let h = 0; h < TRENDS; h++) {
      const gain = trendGains[h]!;
      const keep = 1 - gain;
      trendFilled[h]! += gain * (1 - trendFilled[h]!);
      sums[h] = (sums[h]! + net) * keep;
      sumVariances[h] = (sumVariances[h]! + 1) * keep * keep;
      trend[h] = sums[h]! / (this.deviation * Math.sqrt(sumVariances[h]!));
      boughtMeans[h]! += gain * (bought - boughtMeans[h]!);
      soldMeans[h]! += gain * (sold - soldMeans[h]!);
      const traded = (boughtMeans[h]! + soldMeans[h]!) / trendFilled[h]! + least;
      const flow = (boughtMeans[h]! - soldMeans[h]!) / trendFilled[h]! / traded;
      const squashed = Math.tanh(trend[h]! / 2);
      odd[h] = squashed;
      odd[TRENDS + h] = flow;
      even[trendAt + h] = Math.abs(squashed);
      even[trendAt + TRENDS + h] = Math.abs(flow);
    }
  }

  private reach(): void {
    const { even, values, usualMeans, sums, sumVariances, reaches, longMeans, reachGains, reachFilled } =
      this;
    const least = (FLOOR * usualMeans[LONG]!) / this.usualFilled + NOTHING;
    for (let m = 0; m < REACH_MEMORIES; m++) {
      const gain = reachGains[m]!;
      reachFilled[m]! += gain * (1 - reachFilled[m]!);
      longMeans[m]! += gain * (values[LONG]! - longMeans[m]!);
      const variance = (longMeans[m]! / reachFilled[m]! + least) / LONG_MOVE;
      for (let r = 0; r < REACH_TRENDS.length; r++) {
        const h = REACH_TRENDS[r]!;
        const at = r * REACH_MEMORIES + m;
        reaches[at]! += gain * (sums[h]! ** 2 / sumVariances[h]! - reaches[at]!);
        even[REACH + at] = Math.log(reaches[at]! / reachFilled[m]! / variance + FLOOR);
      }
    }
  }
}
