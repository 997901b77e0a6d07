import { Random } from '../../exchange/random.ts';
import { blockLength } from './block-length.ts';

export interface BootstrapOptions {
  /** How many samples are drawn. */
  readonly resamples: number;
  /**
   * Mean length of the blocks that are drawn together, in values. 1: values that know nothing of each other. Longer: what
   * neighbours share (trades of one crash) stays together; about the lag at which their correlation has gone. `auto`: what
   * the values themselves ask for (`block-length.ts`); of pairs, their differences.
   */
  readonly block: number | 'auto';
  /** 0.95: the interval leaves out 2.5 % at either end. */
  readonly level: number;
  readonly seed: number;
}

export interface Interval {
  /** The statistic of the values themselves. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** The mean length that the samples were drawn with. */
  readonly block: number;
  /** How many of the samples had a value: a profit factor has none where nothing was lost. */
  readonly resamples: number;
}

/** Lent for the call. */
export type Statistic = (sample: Float64Array) => number;

/**
 * Percentile interval of any statistic, by the stationary bootstrap: samples as long as the original, made of blocks that
 * begin anywhere, wrap around the end, and have geometric lengths of mean `block`. Same seed, same interval.
 *
 * Source: Politis and Romano, "The Stationary Bootstrap", Journal of the American Statistical Association 89, 1994; the
 * percentile interval is Efron's. It is a little narrow with few values, and more so with a long memory: the tests print
 * what share of intervals holds the truth. All bounds are `NaN` where there are fewer than two values.
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
): Interval {
  const source = Float64Array.from(values);
  const sample = new Float64Array(source.length);
  const block = options.block === 'auto' ? blockLength(source) : options.block;
  return interval(source.length, statistic(source), { ...options, block }, (drawn) => {
    for (let i = 0; i < drawn.length; i++) sample[i] = source[drawn[i]!]!;
    return statistic(sample);
  });
}

/**
 * Interval of `statistic(first) − statistic(second)` where the two belong together value by value (the same entries with
 * other exits): both are drawn with the same indices, so what they share cancels as it does in the estimate.
 */
export function pairedInterval(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  statistic: Statistic,
  options: BootstrapOptions,
): Interval {
  if (first.length !== second.length)
    throw new RangeError(`pairs wanted: ${first.length} values against ${second.length}`);
  const one = Float64Array.from(first);
  const other = Float64Array.from(second);
  const sample = new Float64Array(one.length);
  const of = (source: Float64Array, drawn: Uint32Array): number => {
    for (let i = 0; i < drawn.length; i++) sample[i] = source[drawn[i]!]!;
    return statistic(sample);
  };
  const block =
    options.block === 'auto' ? blockLength(one.map((value, at) => value - other[at]!)) : options.block;
  return interval(
    one.length,
    statistic(one) - statistic(other),
    { ...options, block },
    (drawn) => of(one, drawn) - of(other, drawn),
  );
}

/** The mean, as a statistic. */
export function meanOf(sample: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < sample.length; i++) sum += sample[i]!;
  return sum / sample.length;
}

function interval(
  count: number,
  estimate: number,
  options: BootstrapOptions & { readonly block: number },
  of: (drawn: Uint32Array) => number,
): Interval {
  const { resamples, block, level, seed } = options;
  if (!(block >= 1)) throw new RangeError(`block ${block}: at least 1 value wanted`);
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: between 0 and 1 wanted`);
  if (!(Number.isInteger(resamples) && resamples >= 1))
    throw new RangeError(`resamples ${resamples}: a whole number from 1 wanted`);
  const found = new Float64Array(resamples);
  let kept = 0;
  if (count >= 2) {
    const random = new Random(seed);
    const drawn = new Uint32Array(count);
    for (let i = 0; i < resamples; i++) {
      draw(drawn, block, random);
      const value = of(drawn);
      if (!Number.isNaN(value)) found[kept++] = value;
    }
  }
  const sorted = found.subarray(0, kept).sort();
  const tail = (1 - level) / 2;
  return {
    estimate,
    low: quantile(sorted, tail),
    high: quantile(sorted, 1 - tail),
    level,
    block,
    resamples: kept,
  };
}

/** Indices of one sample. */
function draw(drawn: Uint32Array, block: number, random: Random): void {
  const { length } = drawn;
  const scale = block > 1 ? 1 / Math.log(1 - 1 / block) : 0;
  for (let i = 0; i < length; ) {
    let at = random.below(length);
    // geometric, at least 1, of mean `block`
    let left = 1 + Math.floor(Math.log(1 - random.uniform()) * scale);
    while (left-- > 0 && i < length) {
      drawn[i++] = at;
      if (++at === length) at = 0;
    }
  }
}

/** Between the two nearest where the rank is not whole. */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = share * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (rank - below) * (high - low);
}
