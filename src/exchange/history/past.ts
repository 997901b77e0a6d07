import type { Random } from '../random.ts';
import type { Candle } from './candles.ts';

/** Length of one step of the past, ms; every bar of a minute and more is made of whole steps. */
export const PAST_STEP_MS = 10_000;
const STEP_SECONDS = PAST_STEP_MS / 1000;

/**
 * Share of the deviation that shows within a step: the traded price follows the value smoothly, so its bars are less tall than
 * a free random walk's. Set so that the past's one-minute bars are about as tall as the live market's (5.8 bp in the six
 * hours before the seam, 6.6 in the hour after it, mean of 8 seeds).
 */
const WITHIN_STEP = 0.4;

/** Where the logarithm of a price was at the ends of successive steps, and how restless it was within each. */
export interface Path {
  readonly from: number;
  /** One more than there are steps. */
  readonly logs: readonly number[];
  /** Standard deviation over each step. */
  readonly deviations: readonly number[];
}

/** What an asset is worth at a moment: natural logarithm, and its deviation per √second. */
export interface Worth {
  readonly log: number;
  readonly deviation: number;
}

/** Assets that live on together. */
export interface Living {
  readonly worth: readonly [Worth, Worth];
  /** `at` is the time when the stretch begins, ms. */
  advance(seconds: number, at: number): void;
}

/**
 * Lets the assets live from `from` to `to` (ms). Their paths end where the values stand, so that a market opened there
 * continues them without a seam.
 */
export function liveThrough(living: Living, from: number, to: number): readonly [Path, Path] {
  const first = living.worth;
  const logs: readonly [number[], number[]] = [[first[0].log], [first[1].log]];
  const deviations: readonly [number[], number[]] = [[], []];
  for (let at = from; at + PAST_STEP_MS <= to; at += PAST_STEP_MS) {
    living.advance(STEP_SECONDS, at);
    living.worth.forEach(({ log, deviation }, asset) => {
      logs[asset]!.push(log);
      deviations[asset]!.push(deviation * Math.sqrt(STEP_SECONDS));
    });
  }
  return [
    { from, logs: logs[0], deviations: deviations[0] },
    { from, logs: logs[1], deviations: deviations[1] },
  ];
}

/**
 * A time when nobody ran the market: a path that leaves `price` and comes back to it, because positions and stops were
 * left at that price and nothing may happen to them behind their owner's back. Its steps lie on the clock's, as bars do.
 */
export function bridge(price: number, from: number, to: number, volatility: number, random: Random): Path {
  const first = Math.ceil(from / PAST_STEP_MS) * PAST_STEP_MS;
  const count = Math.max(0, Math.floor((to - first) / PAST_STEP_MS));
  const deviation = volatility * Math.sqrt(STEP_SECONDS);
  const home = Math.log(price);
  const logs = [home];
  let log = home;
  for (let left = count; left > 0; left--) {
    log =
      left === 1
        ? home
        : log + (home - log) / left + deviation * Math.sqrt((left - 1) / left) * random.normal();
    logs.push(log);
  }
  return { from: first, logs, deviations: new Array<number>(count).fill(deviation) };
}

/** The stretches that trading along a path would have left, in ticks and lots. */
export function* tradedAlong(
  path: Path,
  tickSize: number,
  lotsPerSecond: number,
  random: Random,
): Generator<Candle> {
  const usual = Math.sqrt(
    path.deviations.reduce((sum, each) => sum + each * each, 0) / Math.max(1, path.deviations.length),
  );
  const toTicks = (log: number): number => Math.round(Math.exp(log) / tickSize);
  for (let i = 0; i < path.deviations.length; i++) {
    const from = path.logs[i];
    const to = path.logs[i + 1];
    const deviation = path.deviations[i];
    const open = toTicks(from);
    const close = toTicks(to);
    // volume follows the size of the move and how busy the hour is, and is skewed, as traded volume is
    const move = Math.abs(to - from) / deviation;
    const busy = (deviation / usual) ** 2;
    const mean = lotsPerSecond * STEP_SECONDS * (0.5 + 0.7 * move) * busy;
    const volume = Math.max(1, Math.round(mean * Math.exp(0.6 * random.normal() - 0.18)));
    yield {
      openAt: path.from + i * PAST_STEP_MS,
      open,
      high: Math.max(open, close, toTicks(highest(from, to, deviation * WITHIN_STEP, random))),
      low: Math.min(open, close, toTicks(-highest(-from, -to, deviation * WITHIN_STEP, random))),
      close,
      volume,
      notional: volume * Math.round((open + close) / 2),
    };
  }
}

/** A Brownian path seen only at its ends still has a maximum: this draws it exactly (Brownian bridge). */
function highest(start: number, end: number, deviation: number, random: Random): number {
  const span = end - start;
  return (
    (start + end + Math.sqrt(span * span - 2 * deviation * deviation * Math.log(1 - random.uniform()))) / 2
  );
}
