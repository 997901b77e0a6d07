import type { Candle } from '../../candles/candle-series.ts';
import { lots, ms, ticks } from '../../units.ts';

/**
 * Candles of markets whose nature is known: driftless ones, where every entry is a false alarm, and such with a trend, a
 * range, a breakout or a reversal planted in them. All from a seed. For tests, for `scripts/measure-chance.ts` and for
 * `bench/strategies.ts`; thresholds are fitted on seeds 1 to 999, figures reported on 1000 to 1999.
 */

/** Deviation of one candle's log return: what 5-minute candles of BTC-USDT-SWAP had in 2022. */
const STEP = 0.0025;
const START_TICKS = 500_000;
const BAR_MS = 60_000;
/** Lots in an ordinary candle. */
const VOLUME = 20_000;

/** Chance from a seed: D. Blackman, S. Vigna, xoshiro128**, seeded by splitmix32. */
export class Chooser {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e37_79b9) >>> 0;
      let t = z ^ (z >>> 16);
      t = Math.imul(t, 0x21f0_aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a_2d97);
      this.state[i] = t ^ (t >>> 15);
    }
  }

  /** In (0, 1). */
  uniform(): number {
    const { state } = this;
    const five = Math.imul(state[1]!, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= t;
    state[3] = (state[3]! << 11) | (state[3]! >>> 21);
    return (result + 0.5) / 4_294_967_296;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }
}

/**
 * Grows a path candle by candle. Inside a candle the price is a Brownian bridge from open to close, whose highest and lowest
 * are drawn from their laws. Volume follows the candle's range and a slow mood of its own; the figures (0.8 correlation of
 * the logarithms, deviation of 0.9) are those of OKX's 5-minute candles.
 */
export class Path {
  readonly candles: Candle[] = [];
  readonly chance: Chooser;
  /** Logarithm of the price in ticks. */
  price = Math.log(START_TICKS);
  private mood = 0;

  constructor(seed: number) {
    this.chance = new Chooser(seed);
  }

  /** One candle to `price` + `change`; `deviation` is that of the movement inside it, `surge` multiplies its volume. */
  step(change: number, deviation: number, surge = 1): void {
    const { chance, candles } = this;
    const open = this.price;
    const spread = 2 * deviation * deviation;
    const high = open + (change + Math.sqrt(change * change - spread * Math.log(chance.uniform()))) / 2;
    const low = open + (change - Math.sqrt(change * change - spread * Math.log(chance.uniform()))) / 2;
    this.mood = 0.7 * this.mood + 0.35 * chance.normal();
    const range = Math.log(Math.max(high - low, 1e-5) / (1.6 * STEP));
    const volume = VOLUME * surge * Math.exp(1.2 * range + this.mood);
    this.price = open + change;
    const inTicks = (log: number) => ticks(Math.max(1, Math.round(Math.exp(log))));
    candles.push({
      openAt: ms(candles.length * BAR_MS),
      open: inTicks(open),
      high: inTicks(high),
      low: inTicks(low),
      close: inTicks(this.price),
      volume: lots(Math.round(volume)),
    });
  }

  /** So many candles of a random walk, `drift` in its deviations a candle. */
  walk(count: number, drift = 0, deviation = STEP): void {
    for (let i = 0; i < count; i++) this.step(deviation * (drift + this.chance.normal()), deviation);
  }
}

/** Normal steps of one deviation. */
export function gaussianWalk(seed: number, count: number): Candle[] {
  const path = new Path(seed);
  path.walk(count);
  return path.candles;
}

/**
 * Steps with fat tails that come in clusters: GARCH(1, 1), α 0.12, β 0.86, innovations of Student's t with 4 degrees of
 * freedom. Like the real candles: kurtosis above 15, autocorrelation of absolute steps about 0.3.
 */
export function clusteredWalk(seed: number, count: number): Candle[] {
  const path = new Path(seed);
  const { chance } = path;
  let variance = STEP * STEP;
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let k = 0; k < 4; k++) square += chance.normal() ** 2;
    // t with 4 degrees of freedom has a variance of 2
    const step = (Math.sqrt(variance) * chance.normal()) / Math.sqrt(square / 2);
    const bounded = Math.max(-0.1, Math.min(0.1, step));
    path.step(bounded, Math.sqrt(variance));
    variance = 0.02 * STEP * STEP + 0.12 * bounded * bounded + 0.86 * variance;
  }
  return path.candles;
}

/**
 * Real candles, each turned upside down or not by the toss of a coin: ranges, gaps, volumes and the clusters of them stay
 * as they were, in their order, but no candle says anything about the direction of another. (The wild bootstrap.)
 */
export function tossedWalk(seed: number, real: readonly Readonly<Candle>[]): Candle[] {
  const chance = new Chooser(seed);
  let level = Math.log(START_TICKS);
  let before = Math.log(real[0]!.open);
  return real.map((candle) => {
    const sign = chance.uniform() < 0.5 ? -1 : 1;
    const from = before;
    const start = level;
    const moved = (price: number) => ticks(Math.round(Math.exp(start + sign * (Math.log(price) - from))));
    const close = moved(candle.close);
    before = Math.log(candle.close);
    level = start + sign * (before - from);
    const top = moved(sign === 1 ? candle.high : candle.low);
    const bottom = moved(sign === 1 ? candle.low : candle.high);
    const { openAt, open, volume } = candle;
    return { openAt, open: moved(open), high: top, low: bottom, close, volume };
  });
}

export const PLANTS = [
  'trend up',
  'trend down',
  'range',
  'breakout',
  'false breakout',
  'reversal',
  'nothing',
] as const;
export type Plant = (typeof PLANTS)[number];

export interface Planted {
  readonly candles: readonly Candle[];
  /** The candles in which the plant is to be seen: from (inclusive) to (exclusive). */
  readonly from: number;
  readonly to: number;
  /** What a right entry would be; none where any is wrong. A range has both. */
  readonly direction: 'long' | 'short' | 'both' | 'none';
}

/** Candles of plain walk before every plant. */
const BEFORE = 250;

/**
 * A path with one thing planted after 250 candles of a random walk. Strengths vary from seed to seed within what a person
 * would call by that name on a chart: they are not tuned to what the strategies see.
 */
export function planted(plant: Plant, seed: number): Planted {
  const path = new Path(seed);
  const { chance } = path;
  path.walk(BEFORE);
  const sign = chance.uniform() < 0.5 ? -1 : 1;
  const way = sign === 1 ? 'long' : 'short';
  switch (plant) {
    case 'trend up':
    case 'trend down': {
      const up = plant === 'trend up';
      path.walk(120, (up ? 1 : -1) * chance.between(0.3, 0.6));
      return { candles: path.candles, from: BEFORE + 40, to: BEFORE + 120, direction: up ? 'long' : 'short' };
    }
    case 'range': {
      hover(path, 220);
      return { candles: path.candles, from: BEFORE + 100, to: BEFORE + 220, direction: 'both' };
    }
    case 'breakout':
    case 'false breakout': {
      const { middle, width } = hover(path, 140);
      const from = path.candles.length;
      // to just inside the edge, then through it
      const edge = middle + sign * width;
      path.step(edge - path.price, STEP);
      if (plant === 'breakout') {
        path.step(sign * STEP * chance.between(2, 4), 1.5 * STEP, chance.between(1.5, 3));
        for (let i = 0; i < 30; i++)
          path.step(1.2 * STEP * (sign * 0.4 + chance.normal()), 1.2 * STEP, i < 10 ? 1.5 : 1);
        return { candles: path.candles, from, to: path.candles.length, direction: way };
      }
      // as far and as wide, half of them with as much volume, but the next candle returns
      path.step(
        sign * STEP * chance.between(2, 4),
        1.5 * STEP,
        chance.uniform() < 0.5 ? chance.between(1.5, 3) : 1,
      );
      path.step(middle + 0.5 * sign * width - path.price, 1.2 * STEP);
      hover(path, 29, middle);
      return { candles: path.candles, from, to: path.candles.length, direction: 'none' };
    }
    case 'reversal': {
      const drift = chance.between(0.35, 0.6);
      path.walk(80, -sign * drift);
      // the leg dies away before it turns
      path.walk(6, -sign * 0.2 * drift);
      const from = path.candles.length;
      path.walk(40, sign * chance.between(0.5, 0.9));
      return { candles: path.candles, from: from + 5, to: from + 40, direction: way };
    }
    case 'nothing': {
      path.walk(120);
      return { candles: path.candles, from: BEFORE + 40, to: BEFORE + 120, direction: 'none' };
    }
  }
}

/** A price that is drawn back to a middle (Ornstein-Uhlenbeck, a third of the way a candle). */
function hover(path: Path, count: number, middle = path.price): { middle: number; width: number } {
  const pull = path.chance.between(0.25, 0.45);
  let width = 0;
  for (let i = 0; i < count; i++) {
    path.step(pull * (middle - path.price) + STEP * path.chance.normal(), STEP);
    width = Math.max(width, Math.abs(path.price - middle));
  }
  return { middle, width };
}
