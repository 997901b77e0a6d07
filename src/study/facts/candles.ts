import type { Figures } from './measure.ts';
import { autocorrelation, kurtosis, mean } from './statistics.ts';

/** A bar, in any unit of price. `openAt` in ms. */
export interface Bar {
  readonly openAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

const HOUR_MS = 3_600_000;

/** What days of one-minute bars say, that minutes of a book cannot. */
export function measureBars(minutes: readonly Bar[]): Figures {
  const moves = minutes.map(({ open, close }) => Math.log(close / open));
  const ranges = minutes.map(({ high, low }) => Math.log(high / low));
  const sizes = moves.map(Math.abs);
  return {
    bar_kurtosis_1m: kurtosis(moves),
    bar_range_to_move_1m: mean(ranges) / mean(sizes),
    bar_volatility_memory_1m: autocorrelation(ranges, 1),
    bar_return_autocorrelation_1m: autocorrelation(moves, 1),
  };
}

/** The mean range of the busiest hour of the day over that of the quietest, from bars of an hour or less. */
export function dayShape(bars: readonly Bar[]): Figures {
  const byHour = Array.from({ length: 24 }, (): number[] => []);
  for (const { openAt, high, low } of bars)
    byHour[Math.floor(openAt / HOUR_MS) % 24]!.push(Math.log(high / low));
  const means = byHour.map(mean);
  return { day_shape: Math.max(...means) / Math.min(...means) };
}
