import type { Figures } from './measure.ts';
import { autocorrelation, correlation, kurtosis, mean } from './statistics.ts';

/** A bar, in any unit of price. `openAt` in ms. */
export interface Bar {
  readonly openAt: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** In any unit. */
  readonly volume: number;
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

/**
 * Mean range of an hour's bars over that of all, by the hour of the day (UTC): OKX BTC-USDT-SWAP, five-minute bars, May to
 * September 2022.
 */
const PROFILE_2022: readonly number[] = [
  1.09, 0.93, 0.92, 0.84, 0.79, 0.83, 0.9, 0.92, 0.92, 0.83, 0.85, 0.9, 1.16, 1.29, 1.25, 1.15, 1.16, 1.08,
  1.17, 1.08, 1.01, 0.97, 1.0, 0.97,
];

/** Hours of the day: the busiest over the quietest, in range and in volume, and whether they are those of a real day. */
export function dayShape(bars: readonly Bar[]): Figures {
  const ranges = byHour(bars, ({ high, low }) => Math.log(high / low));
  const volumes = byHour(bars, ({ volume }) => volume);
  return {
    day_shape: Math.max(...ranges) / Math.min(...ranges),
    day_volume_shape: Math.max(...volumes) / Math.min(...volumes),
    day_profile: correlation(ranges, PROFILE_2022),
  };
}

/** The mean of a figure in each hour of the day. */
function byHour(bars: readonly Bar[], figure: (bar: Bar) => number): number[] {
  const hours = Array.from({ length: 24 }, (): number[] => []);
  for (const bar of bars) hours[Math.floor(bar.openAt / HOUR_MS) % 24]!.push(figure(bar));
  return hours.map(mean);
}
