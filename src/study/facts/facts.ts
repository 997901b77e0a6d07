import { type Recording, recordings } from './recordings.ts';
import type { Estimate } from './resampling.ts';

/** One stylised fact: what it is called, between which values a market like Bitcoin's lies, and why these. */
export interface Fact {
  readonly name: string;
  readonly title: string;
  readonly low: number;
  readonly high: number;
  /** An amount that is compared by its ratio, not by its difference: chance doubles or halves it. */
  readonly byRatio: boolean;
  readonly why: string;
}

/** What is said of a fact by hand; its range comes from the recordings. */
interface Saying {
  readonly name: string;
  readonly title: string;
  /** What the title claims, where it claims something: the range is cut there. */
  readonly above?: number;
  readonly below?: number;
  /** Recordings that alone speak of it. */
  readonly of?: readonly string[];
  /** Recordings that do not speak of it. */
  readonly not?: readonly string[];
  /** A correlation or a share, which may be negative; the others are amounts. */
  readonly signed?: true;
  /** More of it is no fault: the range goes up to here. */
  readonly upTo?: number;
  readonly note?: string;
}

/**
 * The rule for every range: it goes from the lowest to the highest end of the recordings' own intervals (each the middle 95 %
 * of what resampling that recording, or its days, gives: resampling.ts), of all recordings that measure the fact, and is cut
 * where the title would become untrue. Nothing here looks at what the simulator gives.
 */
const SAYINGS: readonly Saying[] = [
  { name: 'return_autocorrelation_1s', signed: true, title: 'returns remember nothing, 1 s' },
  { name: 'return_autocorrelation_10s', signed: true, title: 'returns remember nothing, 10 s' },
  {
    name: 'kurtosis_1s',
    title: 'heavy tails at 1 s (kurtosis)',
    above: 3,
    note: '3 is a normal distribution',
  },
  {
    name: 'kurtosis_10s',
    title: 'heavy tails at 10 s (kurtosis)',
    above: 3,
    note: '3 is a normal distribution',
  },
  { name: 'kurtosis_fall', title: 'tails thin out, 1 s to 10 s (ratio)', above: 1, note: '1 is no thinning' },
  {
    name: 'volatility_memory_1s',
    signed: true,
    title: 'volatility clusters, lag 1 s',
    above: 0,
    note: '0 is none',
  },
  { name: 'volatility_memory_10s', signed: true, title: 'volatility clusters, lag 10 s' },
  { name: 'sign_memory_1', signed: true, title: 'trade signs remember, lag 1', above: 0, note: '0 is none' },
  {
    name: 'sign_memory_10',
    signed: true,
    title: 'trade signs remember, lag 10',
    above: 0,
    note: '0 is none',
  },
  { name: 'sign_memory_100', signed: true, title: 'trade signs remember, lag 100' },
  { name: 'spread_median', title: 'spread, median (ticks)' },
  { name: 'spread_p90', title: 'spread, nine of ten (ticks)' },
  { name: 'spread_mean', title: 'spread, mean (ticks)' },
  {
    name: 'touch_to_behind',
    title: 'best level over those behind (medians)',
    of: ['okx-2025'],
    note: 'queues of the OKX swap are ten times deeper than elsewhere: it alone speaks',
  },
  { name: 'span_50_levels', title: 'fifty levels span (ticks)' },
  { name: 'level_changes_median', title: 'levels changed in 100 ms, median of the best 2 × 50' },
  { name: 'level_changes_p90', title: 'levels changed in 100 ms, nine of ten' },
  {
    name: 'orders_per_second',
    title: 'market orders per second',
    not: ['btc-2020'],
    note: 'the market of 2020, with a trade a second, is not one of today',
  },
  {
    name: 'burstiness',
    title: 'they come in bursts (variance over mean of a second’s count)',
    above: 1,
    note: '1 is Poisson',
  },
  { name: 'size_tail', title: 'sizes have a heavy tail (Hill exponent, largest 5 %)' },
  { name: 'size_p99_to_median', title: 'sizes, 99 % over median' },
  { name: 'flow_r2_same_1s', signed: true, title: 'order flow explains the move of its second (R²)' },
  { name: 'flow_next_1s', signed: true, title: 'and hardly foretells the next (correlation)' },
  {
    name: 'impact_exponent',
    signed: true,
    title: 'impact is concave (exponent of volume)',
    above: 0,
    below: 1,
    note: '1 is linear, 0 is none; btc-2023 reaches beyond 1 by chance',
  },
  { name: 'impact_kept_10s', signed: true, title: 'of a strong second’s impact stays after 10 s' },
  { name: 'impact_kept_30s', signed: true, title: 'of a strong second’s impact stays after 30 s' },
  {
    name: 'volume_volatility_1s',
    signed: true,
    title: 'volume and volatility go together (correlation)',
    above: 0,
    note: '0 is none',
  },
  { name: 'move_1s_median', title: 'move in 1 s, median (bp)' },
  { name: 'move_1s_p90', title: 'move in 1 s, nine of ten (bp)' },
  { name: 'move_10s_median', title: 'move in 10 s, median (bp)' },
  { name: 'move_60s_median', title: 'move in 60 s, median (bp)' },
  { name: 'range_to_move_60s', title: 'range of a minute over its move (means)' },
  { name: 'variance_ratio_60s', title: 'variance of 60 s over 60 × that of 1 s' },
  { name: 'bar_kurtosis_1m', title: 'minute bars: kurtosis', above: 3, note: '3 is a normal distribution' },
  { name: 'bar_range_to_move_1m', title: 'minute bars: range over move' },
  {
    name: 'bar_volatility_memory_1m',
    signed: true,
    title: 'minute bars: ranges remember',
    above: 0,
    note: '0 is none',
  },
  { name: 'bar_return_autocorrelation_1m', signed: true, title: 'minute bars: returns do not' },
  {
    name: 'day_shape',
    title: 'busiest hour over quietest (mean range)',
    above: 1,
    note: '1 is a day without hours',
  },
  {
    name: 'day_volume_shape',
    title: 'busiest hour over quietest (mean volume)',
    above: 1,
    note: '1 is a day without hours',
  },
  {
    name: 'day_profile',
    signed: true,
    title: 'the hours rise and fall as those of OKX, 2022 (correlation)',
    above: 0,
    upTo: 1,
    not: ['okx-2022-btc'],
    note: '0 is another day; okx-2022-btc is the yardstick itself',
  },
];

/** The facts, with the ranges that these recordings give; without those that none of them speaks of. */
export const factsFrom = (list: readonly Recording[]): readonly Fact[] =>
  SAYINGS.flatMap((saying) => {
    const { name, of, not } = saying;
    const speaking = list.filter(
      (each) =>
        each.intervals[name] !== undefined &&
        (of === undefined || of.includes(each.name)) &&
        not?.includes(each.name) !== true,
    );
    return speaking.length === 0 ? [] : [factOf(saying, speaking)];
  });

function factOf(
  { name, title, signed, above, below, upTo, note }: Saying,
  speaking: readonly Recording[],
): Fact {
  const lowest = Math.min(...speaking.map(({ intervals }) => intervals[name]![0]));
  const highest = Math.max(...speaking.map(({ intervals }) => intervals[name]![1]));
  const figures = speaking.map(({ figures: each }) => each[name]!);
  const shown = [...new Set([Math.min(...figures), Math.max(...figures)])].map((figure) =>
    figure.toPrecision(3),
  );
  const sources = speaking.map((each) => each.name).join(', ');
  return {
    name,
    title,
    low: above === undefined ? lowest : Math.max(above, lowest),
    high: upTo ?? (below === undefined ? highest : Math.min(below, highest)),
    byRatio: signed !== true,
    why: `${shown.join(' to ')} in ${sources}${note === undefined ? '' : `; ${note}`}`,
  };
}

export const FACTS: readonly Fact[] = factsFrom(recordings());

/**
 * How many standard deviations of the figure's own chance it may lie outside its range. One in twenty over forty facts
 * (Bonferroni: it holds however the facts hang together), one-sided, because the nearer end decides: one in 800 each. That is
 * 3.0 of a normal distribution, and about 4 of Student's with the few degrees of freedom that four windows give.
 */
const DEVIATIONS = 4;
/** What the ends of the middle 95 % are. */
const DEVIATIONS_95 = 1.96;
/** Chance is no excuse for more facts than this: of a market whose card holds it is mostly none (measured below). */
const CHANCE_MAX = 4;
/** Less than so many windows (resampling.ts) pass nothing: they prove little either way. */
export const WINDOWS_MIN = 4;

/**
 * `ok`: in the range. `chance`: outside, by no more than its own chance. `FAIL`: outside, and chance is no excuse. `short`: the
 * run was too short to say.
 */
export type Verdict = 'ok' | 'chance' | 'FAIL' | 'short';

export interface CardRow {
  readonly fact: Fact;
  /** `NaN` when the run was too short to say. */
  readonly simulated: number;
  /** The middle 95 % of what resampling the run gives. */
  readonly interval: readonly [low: number, high: number];
  readonly verdict: Verdict;
  /** By the name of the recording. */
  readonly real: Readonly<Record<string, number>>;
}

/**
 * Whether a figure contradicts the fact. The range is the standard and is not widened; what is judged is the market, of which
 * a run is a sample. It fails when its figure lies outside and the nearer end of the range lies beyond `DEVIATIONS` of the
 * figure's own chance, taken from its interval. So the longer the run, the sharper the verdict; `chance` is a doubt that a
 * longer run settles.
 *
 * False alarms, measured on 32 seeds of btc-like, 30 minutes, 1,280 figures: none of the 32 cards fails; 12 figures lie outside
 * their range, all of them `chance`. How well the intervals know their chance: against the median of their kind 0.9 % of the
 * figures lie beyond 4 deviations, either side (0.25 % would be as calculated), 2.5 % beyond 3.0, 9 % beyond 1.96, because
 * thirty minutes know little of moods that last ten. So a market with the truth of all forty figures at the very end of
 * its range would fail about one card in six, not one in twenty. Halves of the recordings against each other: 58 of 282 figures
 * lie outside the other half's range and none fails (facts.test.ts).
 *
 * Power: facts.test.ts breaks one property of the market at a time and names the facts that must then fail. What lies in a range
 * that is wide because recordings are short or unlike each other passes: so it is with impact, its decay, and whatever the
 * note of a fact cuts at "none".
 */
export function verdictOf(
  { low, high, byRatio }: Pick<Fact, 'low' | 'high' | 'byRatio'>,
  figure: number | undefined,
  interval: readonly [low: number, high: number] | undefined,
): Verdict {
  if (figure === undefined || interval === undefined || Number.isNaN(figure)) return 'short';
  if (figure >= low && figure <= high) return 'ok';
  const end = figure < low ? low : high;
  const scale = byRatio && Math.min(figure, interval[0], end) > 0 ? Math.log : Number;
  const [from, to] = interval.map(scale) as [number, number];
  return Math.abs(scale(figure) - scale(end)) > (DEVIATIONS / DEVIATIONS_95) * ((to - from) / 2)
    ? 'FAIL'
    : 'chance';
}

/** Whether the card as a whole holds: nothing fails, and no more than `CHANCE_MAX` facts plead chance. */
export const cardPassed = (card: readonly CardRow[]): boolean =>
  card.every(({ verdict }) => verdict === 'ok' || verdict === 'chance') &&
  card.filter(({ verdict }) => verdict === 'chance').length <= CHANCE_MAX;

/** The realism card: each fact in the simulated market and in the recordings, by the same code. */
export const realismCard = (simulated: Estimate, real: readonly Recording[]): readonly CardRow[] =>
  FACTS.map((fact) => {
    const figure = simulated.figures[fact.name];
    const interval = simulated.intervals[fact.name];
    return {
      fact,
      simulated: figure ?? Number.NaN,
      interval: interval ?? [Number.NaN, Number.NaN],
      verdict: verdictOf(fact, figure, interval),
      real: Object.fromEntries(
        real.flatMap(({ name, figures }) => {
          const each = figures[fact.name];
          return each === undefined ? [] : [[name, each]];
        }),
      ),
    };
  });
