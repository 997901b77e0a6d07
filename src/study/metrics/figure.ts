import { blockLength } from '../statistics/block-length.ts';
import { bootstrapInterval } from '../statistics/bootstrap.ts';
import type { Values } from './returns.ts';

/** A figure with its uncertainty, or the reason why there is none. Plain JSON. */
export interface Figure {
  readonly value: number | null;
  /** 95 % interval by bootstrap; null where none is given. */
  readonly low: number | null;
  readonly high: number | null;
  /** Why there is no value, or no interval of one where it was asked for; empty otherwise. */
  readonly why: string;
}

/** Fewer than these say nothing: the figure is withheld. Thirty is the usual least for a mean to be near normal. */
export const DAYS_MIN = 30;
export const TRADES_MIN = 30;
/** A year's growth is not told from less than a quarter of it. */
export const GROWTH_DAYS_MIN = 90;

const RESAMPLES = 2000;
const LEVEL = 0.95;
/** Intervals are drawn by chance, the same on every run. */
const SEED = 20_261_122;

export const withheld = (why: string): Figure => ({ value: null, low: null, high: null, why });

/** A figure without an interval; `absent` says what it means that it does not exist. */
export const plain = (value: number, absent: string): Figure =>
  Number.isFinite(value) ? { value, low: null, high: null, why: '' } : withheld(absent);

/**
 * `statistic` of the values with its interval. Neighbours are drawn together, because days and trades that follow one
 * another are alike; `value` where the whole is known better than through the statistic.
 */
export function estimated(
  values: Values,
  statistic: (values: Values) => number,
  absent: string,
  value = statistic(values),
): Figure {
  if (!Number.isFinite(value)) return withheld(absent);
  const { low, high } = bootstrapInterval(values, statistic, {
    resamples: RESAMPLES,
    block: memoryOf(values),
    level: LEVEL,
    seed: SEED,
  });
  const known = (bound: number): number | null => (Number.isFinite(bound) ? bound : null);
  return { value, low: known(low), high: known(high), why: '' };
}

/** `what` in the singular. */
export const tooFew = (count: number, least: number, what: string): Figure =>
  withheld(`not enough: ${count} ${what}${count === 1 ? '' : 's'}, at least ${least} needed`);

/** Block length: that of the values or that of their squares, whichever remember longer, because volatility clusters. */
function memoryOf(values: Values): number {
  const squares = Float64Array.from(values, (value) => value * value);
  return Math.max(blockLength(values), blockLength(squares));
}
