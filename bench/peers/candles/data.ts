/**
 * What every runner is handed: a seeded walk of one-minute candles, and signals with absolute stop and target, made in one
 * place. A peer that would treat a case differently would make other trades, and then comparing times means nothing; so the
 * signals are chosen such that no such case arises:
 *
 * - only while flat, and never on the candle of an exit (grademark is deaf there);
 * - the candle of the entry touches neither stop nor target (grademark and vectorbt do not look);
 * - a stop or target is crossed, never met to the digit (fractions of a price are not exact).
 *
 * Exits on candles that cross both are kept, unless jesse takes part: it fills the target first where the candle's colour
 * says so, all others the stop.
 */
import { generator } from '../../../src/core/testing/books.ts';

export const MINUTE = 60_000;
export const START = Date.UTC(2024, 0, 1);
/** Prices are whole tenths. */
export const TICK = 0.1;
const STOP = 0.003;
const TARGET = 0.006;
/** Candles before the first signal: nothing of ours is warm before. */
const WARM = 200;

/** Columns, ticks. */
export interface Walk {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

export interface Signal {
  /** The candle after whose close it is told; the entry is the open of the next one. */
  readonly bar: number;
  readonly long: boolean;
  /** Ticks. */
  readonly stop: number;
  readonly target: number;
}

/** Every candle opens where the one before closed; quiet and loud hours. */
export function walkOf(count: number, seed: number): Walk {
  const random = generator(seed);
  const column = () => new Float64Array(count);
  const walk = { open: column(), high: column(), low: column(), close: column(), volume: column() };
  let price = 600_000;
  let scale = 0.0005;
  for (let i = 0; i < count; i++) {
    if (i % 60 === 0) scale = 0.0002 + random() * 0.001;
    const close = Math.max(1000, Math.round(price * (1 + (random() + random() + random() - 1.5) * scale)));
    walk.open[i] = price;
    walk.close[i] = close;
    // one in a thousand goes far both ways: it may cross a stop and a target
    const wick = random() < 0.001 ? 0.01 : scale * 0.5;
    walk.high[i] = Math.max(price, close) + Math.round(random() * price * wick);
    walk.low[i] = Math.min(price, close) - Math.round(random() * price * wick);
    walk.volume[i] = 1000 + Math.floor(random() * 9000);
    price = close;
  }
  return walk;
}

export function signalsOf({ open, high, low, close }: Walk, seed: number, both: boolean): Signal[] {
  const random = generator(seed);
  const signals: Signal[] = [];
  for (let bar = WARM; bar < open.length - 1; ) {
    const long = random() < 0.5;
    const way = long ? 1 : -1;
    const price = close[bar]!;
    const stop = price - way * Math.ceil(price * STOP - 1e-9);
    const target = price + way * Math.ceil(price * TARGET - 1e-9);
    const against = (i: number): number => (long ? stop - low[i]! : high[i]! - stop);
    const towards = (i: number): number => (long ? high[i]! - target : target - low[i]!);
    let exit = bar + 1;
    while (exit < open.length && against(exit) < 0 && towards(exit) < 0) exit++;
    if (exit === open.length) break;
    const unclear = against(exit) === 0 || towards(exit) === 0;
    const crossesBoth = against(exit) > 0 && towards(exit) > 0;
    if (exit === bar + 1 || unclear || (crossesBoth && !both)) {
      bar++;
      continue;
    }
    signals.push({ bar, long, stop, target });
    bar = exit + 1 + Math.floor(random() * 60);
  }
  return signals;
}
