import type { Figures } from './measure.ts';
import type { Recording } from './recordings.ts';

/** One stylised fact: what it is called, between which values a market like Bitcoin's lies, and why these. */
export interface Fact {
  readonly name: string;
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly why: string;
}

/**
 * The facts. The real captures are six to eleven minutes long, so a figure of theirs is itself uncertain: a range spans what the
 * recordings show, widened where a sampling error of theirs, or a difference between the venues, asks for it.
 * `recordings.json` has the figures; a test holds every recording that a range speaks of inside it.
 */
export const FACTS: readonly Fact[] = [
  fact(
    'return_autocorrelation_1s',
    'returns remember nothing, 1 s',
    -0.15,
    0.15,
    'an error of 0.05 around 0; ETH shows 0.14',
  ),
  fact(
    'return_autocorrelation_10s',
    'returns remember nothing, 10 s',
    -0.33,
    0.33,
    '35 to 65 windows of 10 s: ±0.3 is chance',
  ),
  fact(
    'kurtosis_1s',
    'heavy tails at 1 s (kurtosis)',
    7,
    45,
    'recordings 10 to 24; one jump more or less makes that much',
  ),
  fact(
    'kurtosis_10s',
    'heavy tails at 10 s (kurtosis)',
    3,
    12,
    'recordings 3.4 to 4.4; one big news in an hour adds several',
  ),
  fact(
    'kurtosis_fall',
    'tails thin out, 1 s to 10 s (ratio)',
    1.3,
    8,
    'recordings 2.8 to 5.5; one big news in the run stays in the 10 s figure',
  ),
  fact(
    'volatility_memory_1s',
    'volatility clusters, lag 1 s',
    0.02,
    0.3,
    'recordings 0.05 to 0.22, error 0.04',
  ),
  fact(
    'volatility_memory_10s',
    'volatility clusters, lag 10 s',
    -0.03,
    0.2,
    'recordings 0.04 to 0.14, error 0.04',
  ),
  fact('sign_memory_1', 'trade signs remember, lag 1', 0.13, 0.55, 'recordings 0.20 to 0.51, error 0.05'),
  fact(
    'sign_memory_10',
    'trade signs remember, lag 10',
    0.05,
    0.28,
    'recordings 0.09 to 0.16, error 0.05; a large parent in view adds 0.1',
  ),
  fact(
    'sign_memory_100',
    'trade signs remember, lag 100',
    -0.03,
    0.09,
    'recordings 0.006 to 0.036, error 0.03: one large parent in view adds that much',
  ),
  fact('spread_median', 'spread, median (ticks)', 1, 1, 'all recordings'),
  fact('spread_p90', 'spread, nine of ten (ticks)', 1, 2, 'all recordings 1'),
  fact('spread_mean', 'spread, mean (ticks)', 1, 1.4, 'recordings 1.00 to 1.18; sweeps widen it for moments'),
  fact(
    'touch_to_behind',
    'best level over those behind (medians)',
    20,
    900,
    'OKX 436, Binance 21 to 65: queues of the OKX swap are deeper',
  ),
  fact('span_50_levels', 'fifty levels span (ticks)', 50, 240, 'recordings 56 to 231, OKX 117'),
  fact(
    'level_changes_median',
    'levels changed in 100 ms, median of the best 2 × 50',
    6,
    20,
    'recordings 7 to 18, OKX 9',
  ),
  fact('level_changes_p90', 'levels changed in 100 ms, nine of ten', 15, 60, 'recordings 27 to 57, OKX 23'),
  fact(
    'orders_per_second',
    'market orders per second',
    2.5,
    21,
    'recordings of 2023 and later 2.8 to 15.8; a volatile regime is a third more',
  ),
  fact(
    'burstiness',
    'they come in bursts (variance over mean of a second’s count)',
    3.5,
    30,
    'recordings 3.8 to 25.6; 1 is Poisson',
  ),
  fact(
    'size_tail',
    'sizes have a heavy tail (Hill exponent, largest 5 %)',
    0.85,
    1.75,
    'recordings 0.93 to 1.69',
  ),
  fact('size_p99_to_median', 'sizes, 99 % over median', 35, 400, 'recordings 37 to 324, error a fifth'),
  fact(
    'flow_r2_same_1s',
    'order flow explains the move of its second (R²)',
    0.25,
    0.6,
    'recordings 0.34 to 0.50, error 0.05',
  ),
  fact(
    'flow_next_1s',
    'and hardly foretells the next (correlation)',
    -0.06,
    0.15,
    'recordings −0.04 to 0.10, error 0.04',
  ),
  fact(
    'impact_exponent',
    'impact is concave (exponent of volume)',
    0.2,
    1.05,
    'recordings 0.22 to 0.99, error 0.15; 1 is linear',
  ),
  fact(
    'impact_kept_10s',
    'of a strong second’s impact stays after 10 s',
    0.1,
    1.8,
    'recordings 0.2 to 1.6: error 0.4',
  ),
  fact(
    'impact_kept_30s',
    'of a strong second’s impact stays after 30 s',
    -0.3,
    2,
    'recordings −0.2 to 1.0: error 0.6',
  ),
  fact(
    'volume_volatility_1s',
    'volume and volatility go together (correlation)',
    0.45,
    0.8,
    'recordings 0.52 to 0.76',
  ),
  fact('move_1s_median', 'move in 1 s, median (bp)', 0, 0.4, 'recordings 0 to 0.13: the price stands still'),
  fact(
    'move_1s_p90',
    'move in 1 s, nine of ten (bp)',
    0.55,
    3,
    'recordings 0.6 to 2.1; a volatile regime is half as much again',
  ),
  fact(
    'move_10s_median',
    'move in 10 s, median (bp)',
    0.55,
    3,
    'recordings 0.6 to 2.25; a volatile regime is half as much again',
  ),
  fact(
    'move_60s_median',
    'move in 60 s, median (bp)',
    1.3,
    9.5,
    'recordings 1.3 to 7.4; an active day is 5 to 8',
  ),
  fact(
    'range_to_move_60s',
    'range of a minute over its move (means)',
    1.4,
    2.25,
    'recordings 1.55 to 1.98, error 0.2; 2 is a random walk',
  ),
  fact(
    'variance_ratio_60s',
    'variance of 60 s over 60 × that of 1 s',
    0.5,
    2.2,
    'recordings 0.5 to 2.1; 1 is a random walk',
  ),
  fact(
    'bar_kurtosis_1m',
    'minute bars: kurtosis',
    3.7,
    30,
    'OKX 13 over nine days; depends on the largest few',
  ),
  fact('bar_range_to_move_1m', 'minute bars: range over move', 1.5, 2.1, 'OKX 1.57; 2 is a random walk'),
  fact(
    'bar_volatility_memory_1m',
    'minute bars: ranges remember',
    0.2,
    0.7,
    'OKX 0.58, holidays and news included',
  ),
  fact(
    'bar_return_autocorrelation_1m',
    'minute bars: returns do not',
    -0.1,
    0.1,
    'OKX −0.02; a day has an error of 0.03',
  ),
  fact(
    'day_shape',
    'busiest hour over quietest (mean range)',
    1.4,
    4,
    'OKX 1.63 over five months, 3.6 over nine days',
  ),
];

function fact(name: string, title: string, low: number, high: number, why: string): Fact {
  return { name, title, low, high, why };
}

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
