import { Random } from '../../exchange/random.ts';
import type { Bar } from './candles.ts';
import type { Figures } from './measure.ts';
import { SAMPLE_MS, type Sighting } from './observation.ts';
import { median, quantile } from './statistics.ts';

/** Lower and upper end by the name of the fact. */
export type Intervals = Readonly<Record<string, readonly [low: number, high: number]>>;

/** Figures, and how far each could have come out otherwise. */
export interface Estimate {
  readonly figures: Figures;
  readonly intervals: Intervals;
}

const PER_SECOND = 1000 / SAMPLE_MS;
const DRAWS = 400;
/** Longer than what the figures look back on (a minute at most), as far as a recording of minutes allows. */
const BLOCK_SECONDS = 60;
/** A recording is cut into at least so many blocks. */
const BLOCKS_MIN = 5;
const COVERAGE = 0.95;
const DAY_MS = 86_400_000;
/** The recordings of a book are 345 to 647 s long: figures that grow with what is looked at are compared like with like. */
export const WINDOW_SECONDS = 450;
/** How often each window is put together anew; the draws combine these. */
const RESAMPLED = 25;
const COMBINED = 1000;

/**
 * How far a figure could have come out otherwise on the same market: the recording is put together anew from stretches of
 * its own, drawn with replacement, and measured again; the middle 95 % of the outcomes.
 *
 * Source: Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics 17, 1989
 * (moving blocks). Knows only what lies in the recording: of minutes, it understates what other days would show.
 */
export function intervalsOf(seen: Sighting, figures: (one: Sighting) => Figures): Intervals {
  const random = new Random(1);
  return spread(DRAWS, () => figures(redrawn(seen, random)));
}

/** The same market once more, as far as the recording knows it. */
function redrawn(seen: Sighting, random: Random): Sighting {
  const seconds = secondsOf(seen);
  const length = Math.max(2, Math.min(BLOCK_SECONDS, Math.floor(seconds / BLOCKS_MIN)));
  const starts = Array.from({ length: Math.ceil(seconds / length) }, () =>
    random.below(seconds - length + 1),
  );
  return joined(seen, starts, length, seconds);
}

/**
 * A long observation, cut into windows as long as a recording: of each figure the median of the windows. The interval is
 * that of windows drawn with replacement, each put together anew as in `intervalsOf`: what differs between windows (the
 * mood of ten minutes) counts as chance too.
 *
 * Source: Davison, Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8 (hierarchical data).
 */
export function estimateOf(seen: Sighting, figures: (one: Sighting) => Figures): Estimate {
  const seconds = secondsOf(seen);
  const count = windowsIn(seconds);
  const length = Math.floor(seconds / count);
  const windows = Array.from({ length: count }, (_, i) => joined(seen, [i * length], length, seconds));
  const random = new Random(2);
  const anew = windows.map((window) =>
    Array.from({ length: RESAMPLED }, () => figures(redrawn(window, random))),
  );
  return {
    figures: medians(windows.map(figures)),
    intervals: spread(COMBINED, () =>
      medians(windows.map(() => anew[random.below(count)]![random.below(RESAMPLED)]!)),
    ),
  };
}

/** A recording as two: its odd and its even stretches of `length` seconds (of a quarter of it where it is shorter). */
export function halvesOf(seen: Sighting, length: number): readonly [Sighting, Sighting] {
  const seconds = secondsOf(seen);
  const stretch = Math.min(length, Math.floor(seconds / 4));
  const starts = Array.from({ length: Math.floor(seconds / stretch) }, (_, i) => i * stretch);
  const half = (rest: number): Sighting =>
    joined(
      seen,
      starts.filter((_, i) => i % 2 === rest),
      stretch,
      seconds,
    );
  return [half(0), half(1)];
}

/** Windows that so many seconds are cut into. */
export const windowsIn = (seconds: number): number => Math.max(1, Math.round(seconds / WINDOW_SECONDS));

function medians(all: readonly Figures[]): Figures {
  const names = new Set(all.flatMap((each) => Object.keys(each)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      median(all.map((each) => each[name]!).filter((value) => Number.isFinite(value))),
    ]),
  );
}

/** A market's bars and what their figures would be if stretches of so many bars had come in another choice. */
export function estimateOfBars(
  bars: readonly Bar[],
  block: number,
  figures: (some: readonly Bar[]) => Figures,
): Estimate {
  const whole = bars.slice(bars.length % block);
  const blocks = Array.from({ length: whole.length / block }, (_, i) =>
    whole.slice(i * block, (i + 1) * block),
  );
  const random = new Random(3);
  return {
    figures: figures(bars),
    intervals: spread(DRAWS, () => figures(blocks.flatMap(() => blocks[random.below(blocks.length)]!))),
  };
}

/**
 * The same for bars, of which there are many days: what stretches of `days`, as long as what is simulated, show each for
 * itself.
 */
export function intervalsOfBars(
  bars: readonly Bar[],
  days: number,
  figures: (some: readonly Bar[]) => Figures,
): Intervals {
  const length = days * DAY_MS;
  const begin = bars[0]!.openAt;
  const stretches = [...Map.groupBy(bars, ({ openAt }) => Math.floor((openAt - begin) / length)).values()];
  // the last one is mostly a rest
  const whole = stretches.length > 1 ? stretches.slice(0, -1) : stretches;
  let at = 0;
  return spread(whole.length, () => figures(whole[at++]!));
}

function spread(draws: number, draw: () => Figures): Intervals {
  const seen = new Map<string, number[]>();
  for (let i = 0; i < draws; i++)
    for (const [name, value] of Object.entries(draw())) {
      if (!Number.isFinite(value)) continue;
      const values = seen.get(name);
      if (values === undefined) seen.set(name, [value]);
      else values.push(value);
    }
  const edge = (1 - COVERAGE) / 2;
  return Object.fromEntries(
    [...seen].map(([name, values]) => [name, [quantile(values, edge), quantile(values, 1 - edge)] as const]),
  );
}

const secondsOf = ({ middles, orderAt }: Sighting): number =>
  middles.length > 0
    ? Math.floor((middles.length - 1) / PER_SECOND)
    : Math.floor((orderAt.at(-1)! - orderAt[0]!) / 1000);

/** Stretches of `length` seconds that begin at `starts`, one after the other; the price goes on where the last one left it. */
export function joined(seen: Sighting, starts: readonly number[], length: number, seconds: number): Sighting {
  const from = seen.middles.length > 0 ? seen.from : seen.orderAt[0]!;
  const middles = seen.middles.slice(0, 1);
  const orderAt: number[] = [];
  const orderSize: number[] = [];
  const orderSign: number[] = [];
  const parts = { spreads: [], changes: [], touches: [], behind: [], spans: [] } as Record<
    'spreads' | 'changes' | 'touches' | 'behind' | 'spans',
    number[]
  >;
  for (const [rank, start] of starts.entries()) {
    if (middles.length > 0) {
      const scale = middles.at(-1)! / seen.middles[start * PER_SECOND]!;
      for (let i = start * PER_SECOND + 1; i <= (start + length) * PER_SECOND; i++)
        middles.push(seen.middles[i]! * scale);
    }
    for (const [name, part] of Object.entries(parts) as [keyof typeof parts, number[]][]) {
      const whole = seen[name];
      const begin = Math.floor((whole.length * start) / seconds);
      for (const value of whole.slice(begin, Math.floor((whole.length * (start + length)) / seconds)))
        part.push(value);
    }
    const shift = (rank * length - start) * 1000;
    for (let i = 0; i < seen.orderAt.length; i++) {
      const at = seen.orderAt[i]! - from;
      if (at < start * 1000 || at >= (start + length) * 1000) continue;
      orderAt.push(seen.orderAt[i]! + shift);
      orderSize.push(seen.orderSize[i]!);
      orderSign.push(seen.orderSign[i]!);
    }
  }
  return { instrument: seen.instrument, from, middles, ...parts, orderAt, orderSize, orderSign };
}
