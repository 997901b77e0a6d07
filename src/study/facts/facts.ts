import type { Figures } from './measure.ts';
import { type Recording, recordings } from './recordings.ts';

/** One stylised fact: what it is called, between which values a market like Bitcoin's lies, and why these. */
export interface Fact {
  readonly name: string;
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly why: string;
}

/** What is said of a fact by hand; its range comes from the recordings. */
interface Saying {
  readonly name: string;
  readonly title: string;
  /** What the title claims, where it claims something: the range is cut there, and the ends themselves fail. */
  readonly above?: number;
  readonly below?: number;
  /** Recordings that alone speak of it. */
  readonly of?: readonly string[];
  /** Recordings that do not speak of it. */
  readonly not?: readonly string[];
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
  { name: 'return_autocorrelation_1s', title: 'returns remember nothing, 1 s' },
  { name: 'return_autocorrelation_10s', title: 'returns remember nothing, 10 s' },
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
  { name: 'volatility_memory_1s', title: 'volatility clusters, lag 1 s', above: 0, note: '0 is none' },
  { name: 'volatility_memory_10s', title: 'volatility clusters, lag 10 s' },
  { name: 'sign_memory_1', title: 'trade signs remember, lag 1', above: 0, note: '0 is none' },
  { name: 'sign_memory_10', title: 'trade signs remember, lag 10', above: 0, note: '0 is none' },
  { name: 'sign_memory_100', title: 'trade signs remember, lag 100' },
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
  { name: 'flow_r2_same_1s', title: 'order flow explains the move of its second (R²)' },
  { name: 'flow_next_1s', title: 'and hardly foretells the next (correlation)' },
  {
    name: 'impact_exponent',
    title: 'impact is concave (exponent of volume)',
    above: 0,
    below: 1,
    note: '1 is linear, 0 is none; btc-2023 reaches beyond 1 by chance',
  },
  { name: 'impact_kept_10s', title: 'of a strong second’s impact stays after 10 s' },
  { name: 'impact_kept_30s', title: 'of a strong second’s impact stays after 30 s' },
  {
    name: 'volume_volatility_1s',
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
  { name: 'bar_volatility_memory_1m', title: 'minute bars: ranges remember', above: 0, note: '0 is none' },
  { name: 'bar_return_autocorrelation_1m', title: 'minute bars: returns do not' },
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
    title: 'the hours rise and fall as those of OKX, 2022 (correlation)',
    above: 0,
    upTo: 1,
    not: ['okx-2022-btc'],
    note: '0 is another day; okx-2022-btc is the yardstick itself',
  },
];

function factOf({ name, title, above, below, of, not, upTo, note }: Saying): Fact {
  const speaking = recordings().filter(
    (each) =>
      each.intervals[name] !== undefined &&
      (of === undefined || of.includes(each.name)) &&
      not?.includes(each.name) !== true,
  );
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
    why: `${shown.join(' to ')} in ${sources}${note === undefined ? '' : `; ${note}`}`,
  };
}

/** The facts, with the ranges that the recordings give. */
export const FACTS: readonly Fact[] = SAYINGS.map(factOf);

export interface CardRow {
  readonly fact: Fact;
  /** `NaN` when the run was too short to say. */
  readonly simulated: number;
  readonly passed: boolean;
  /** By the name of the recording. */
  readonly real: Readonly<Record<string, number>>;
}

/** The realism card: each fact in the simulated market and in the recordings, by the same code. */
export const realismCard = (simulated: Figures, real: readonly Recording[]): readonly CardRow[] =>
  FACTS.map((each) => {
    const value = simulated[each.name] ?? Number.NaN;
    return {
      fact: each,
      simulated: value,
      passed: value >= each.low && value <= each.high,
      real: Object.fromEntries(
        real.flatMap(({ name, figures }) => {
          const figure = figures[each.name];
          return figure === undefined ? [] : [[name, figure]];
        }),
      ),
    };
  });
