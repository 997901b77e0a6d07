import type { Second } from './second.ts';

/** Half-lives of the levels, seconds. The middle one is what the reference is taken from. */
const LEVEL_HALF_LIVES = [15, 60, 240] as const;
const MIDDLE = 1;
/** Half-lives of trend and flow, seconds. */
export const TREND_HALF_LIVES = [15, 30, 60, 120, 240, 480] as const;
/** How long what is usual is remembered: half-life, seconds. */
const USUAL_HALF_LIFE = 7200;
/** Share of the usual that is added before a logarithm is taken, so that a quiet minute is not −∞. */
const FLOOR = 0.02;
/** Nothing ever moved or traded: such a level says nothing. */
const NOTHING = 1e-9;
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

/** Names of the features that a mirrored market leaves as they are, in order; the number is the half-life in seconds. */
export const EVEN_NAMES: readonly string[] = [
  ...LEVELS.flatMap((level) => LEVEL_HALF_LIVES.map((seconds) => `${level} ${seconds}`)),
  ...TREND_HALF_LIVES.map((seconds) => `|trend| ${seconds}`),
  ...TREND_HALF_LIVES.map((seconds) => `|flow| ${seconds}`),
];
/** And of those that change their sign in it. */
export const ODD_NAMES: readonly string[] = [
  ...TREND_HALF_LIVES.map((seconds) => `trend ${seconds}`),
  ...TREND_HALF_LIVES.map((seconds) => `flow ${seconds}`),
];

/** Half-life of a feature, seconds: the number its name ends with. */
export const halfLifeOf = (name: string): number => Number(name.slice(name.lastIndexOf(' ') + 1));

const gainOf = (halfLife: number): number => 1 - 0.5 ** (1 / halfLife);

/**
 * What of a market's seconds tells its regime, without a unit: nothing in here knows a tick, a lot or a usual size.
 *
 * - levels: logarithms of means (exponential, without bias at the start), each less its own usual value: a mean over hours
 *   of the level at the middle half-life, less what a volatile regime adds as far as one is believed in (`shift`);
 * - trend: sum of the moves with exponential forgetting over its standard error: the t-statistic of a regression of the moves
 *   on a constant, squashed by tanh(t / 2). Of a random walk with drift nothing else in the prices knows more of the drift;
 * - flow: (bought − sold) / (bought + sold) in market orders, not in lots: sizes have so heavy a tail that one drowns a minute.
 *
 * Order and meaning: `EVEN_NAMES`, `ODD_NAMES`. O(1) a second, no allocation.
 */
export class RegimeFeatures {
  readonly even = new Float64Array(EVEN_NAMES.length);
  readonly odd = new Float64Array(ODD_NAMES.length);
  /** t-statistics of the trend, by `TREND_HALF_LIVES`. */
  readonly trend = new Float64Array(TRENDS);
  /** Logarithms at the middle half-life, by `LEVELS`: what the fit learns `shift` from. */
  readonly middle = new Float64Array(LEVELS.length);
  /** Standard deviation of the mid's move in a second, ticks. */
  deviation = 0;
  /** Seconds seen. */
  count = 0;

  private readonly shift: Float64Array;
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
  private readonly sums = new Float64Array(TRENDS);
  /** Variance of each sum, in variances of a second's move. */
  private readonly sumVariances = new Float64Array(TRENDS);
  private readonly boughtMeans = new Float64Array(TRENDS);
  private readonly soldMeans = new Float64Array(TRENDS);
  /** The last seconds' moves, a ring. */
  private readonly recent = new Float64Array(LONG_MOVE);

  /** `shift`: what a volatile regime adds to each level, by `LEVELS`. */
  constructor(shift: ArrayLike<number>) {
    this.shift = Float64Array.from(shift);
  }

  /** A second is over; `volatile`: how probable a volatile regime was before it, 0…1. */
  step(second: Second, volatile: number): void {
    this.count += 1;
    this.average(second);
    this.level(volatile);
    this.follow(second);
  }

  reset(): void {
    const { even, odd, trend, middle, means, usualMeans, reference } = this;
    const { referenceFilled, levelFilled, trendFilled, sums, sumVariances, boughtMeans, soldMeans, recent } =
      this;
    for (const all of [even, odd, trend, middle, means, usualMeans, reference]) all.fill(0);
    for (const all of [
      referenceFilled,
      levelFilled,
      trendFilled,
      sums,
      sumVariances,
      boughtMeans,
      soldMeans,
      recent,
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

  private level(volatile: number): void {
    const { even, middle, reference, referenceFilled, usualMeans, shift, usualGain } = this;
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
      const now = even[i * WITH_MEMORY + MIDDLE]!;
      middle[i] = now;
      reference[i]! += usualGain * (now - volatile * shift[i]! - reference[i]!);
      referenceFilled[i]! += usualGain * (1 - referenceFilled[i]!);
      const usual = reference[i]! / referenceFilled[i]!;
      for (let h = 0; h < WITH_MEMORY; h++) even[i * WITH_MEMORY + h]! -= usual;
    }
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
}
