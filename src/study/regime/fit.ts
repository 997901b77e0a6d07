import { EVEN_NAMES, halfLifeOf, ODD_NAMES } from '../../core/brain/regime/features.ts';
import {
  type FilterTerms,
  type OddsWeights,
  RANGE,
  REGIMES,
  RegimeFilter,
  TREND_DOWN,
  TREND_UP,
  VOLATILE,
} from '../../core/brain/regime/model.ts';
import { minimize } from './minimize.ts';

/** Features of moments and what was so: to be fitted. */
export interface Moments {
  readonly count: number;
  /** `EVEN_NAMES.length` and `ODD_NAMES.length` numbers a moment. */
  readonly even: Float64Array;
  readonly odd: Float64Array;
  /** By `REGIMES`. */
  readonly truth: Int8Array;
}

/** Which features may be used. */
export type Use = (name: string) => boolean;

/** Those that remember no longer than `seconds`. */
export const within =
  (seconds: number): Use =>
  (name) =>
    halfLifeOf(name) <= seconds;

/**
 * Weights that make the odds of what was so greatest: multinomial logistic regression by maximum likelihood with a ridge on
 * standardized features. Each regime counts as much as the others however often it was, and up as much as down, because the
 * model is its own mirror image.
 */
export function fitOdds({ count, even, odd, truth }: Moments, use: Use, ridge: number): OddsWeights {
  const evens = columnsOf(EVEN_NAMES, even, count, use, true);
  const odds = columnsOf(ODD_NAMES, odd, count, use, false);
  const weight = weightsOf(truth);
  const n = evens.length;
  const size = 2 + 2 * n + odds.length;
  const trend = new Float64Array(count);
  const volatile = new Float64Array(count);
  const direction = new Float64Array(count);
  const point = minimize(new Float64Array(size), (at, gradient) => {
    trend.fill(at[0]!);
    volatile.fill(at[1]!);
    direction.fill(0);
    evens.forEach(({ values }, c) => {
      const [t, v] = [at[2 + c]!, at[2 + n + c]!];
      for (let i = 0; i < count; i++) {
        trend[i]! += t * values[i]!;
        volatile[i]! += v * values[i]!;
      }
    });
    odds.forEach(({ values }, c) => {
      const w = at[2 + 2 * n + c]!;
      for (let i = 0; i < count; i++) direction[i]! += w * values[i]!;
    });
    let loss = 0;
    gradient.fill(0);
    for (let i = 0; i < count; i++) {
      const up = trend[i]! + direction[i]!;
      const down = trend[i]! - direction[i]!;
      const storm = volatile[i]!;
      const highest = Math.max(0, up, down, storm);
      const [e0, e1, e2, e3] = [
        Math.exp(-highest),
        Math.exp(up - highest),
        Math.exp(down - highest),
        Math.exp(storm - highest),
      ];
      const total = e0 + e1 + e2 + e3;
      const is = truth[i]!;
      const said = is === RANGE ? 0 : is === TREND_UP ? up : is === TREND_DOWN ? down : storm;
      const w = weight[i]!;
      loss -= w * (said - highest - Math.log(total));
      const ofUp = w * (e1 / total - (is === TREND_UP ? 1 : 0));
      const ofDown = w * (e2 / total - (is === TREND_DOWN ? 1 : 0));
      trend[i] = ofUp + ofDown;
      direction[i] = ofUp - ofDown;
      volatile[i] = w * (e3 / total - (is === VOLATILE ? 1 : 0));
      gradient[0]! += trend[i]!;
      gradient[1]! += volatile[i]!;
    }
    evens.forEach(({ values }, c) => {
      let [t, v] = [0, 0];
      for (let i = 0; i < count; i++) {
        t += trend[i]! * values[i]!;
        v += volatile[i]! * values[i]!;
      }
      gradient[2 + c] = t;
      gradient[2 + n + c] = v;
    });
    odds.forEach(({ values }, c) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += direction[i]! * values[i]!;
      gradient[2 + 2 * n + c] = sum;
    });
    for (let j = 2; j < size; j++) {
      loss += (ridge / 2) * at[j]! ** 2;
      gradient[j]! += ridge * at[j]!;
    }
    return loss;
  });
  let trendBias = point[0]!;
  let volatileBias = point[1]!;
  const evenWeights: Record<string, readonly [number, number]> = {};
  evens.forEach(({ name, mean, deviation }, c) => {
    const [t, v] = [point[2 + c]! / deviation, point[2 + n + c]! / deviation];
    trendBias -= t * mean;
    volatileBias -= v * mean;
    evenWeights[name] = [digits(t), digits(v)];
  });
  const oddWeights: Record<string, number> = {};
  odds.forEach(({ name, deviation }, c) => {
    oddWeights[name] = digits(point[2 + 2 * n + c]! / deviation);
  });
  return {
    trendBias: digits(trendBias),
    volatileBias: digits(volatileBias),
    even: evenWeights,
    odd: oddWeights,
  };
}

/** Enough for a weight, and readable. */
export const digits = (value: number): number => Number(value.toPrecision(5));

interface Column {
  readonly name: string;
  readonly mean: number;
  readonly deviation: number;
  /** Standardized; centred unless the mirrored market changes the sign. */
  readonly values: Float64Array;
}

function columnsOf(
  names: readonly string[],
  all: Float64Array,
  count: number,
  use: Use,
  centred: boolean,
): Column[] {
  return names.flatMap((name, c): Column[] => {
    if (!use(name)) return [];
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = all[i * names.length + c]!;
    const mean = centred ? values.reduce((sum, value) => sum + value, 0) / count : 0;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    if (!(deviation > 1e-9)) return [];
    return [{ name, mean, deviation, values: values.map((value) => (value - mean) / deviation) }];
  });
}

/** Mean 1; the two trends share a weight, because each is the other in the mirror. */
function weightsOf(truth: Int8Array): Float64Array {
  const counts = new Float64Array(REGIMES.length);
  for (const is of truth) counts[is]! += 1;
  const trends = (counts[TREND_UP]! + counts[TREND_DOWN]!) / 2;
  counts[TREND_UP] = trends;
  counts[TREND_DOWN] = trends;
  return Float64Array.from(truth, (is) => truth.length / (REGIMES.length * counts[is]!));
}

/** Log odds of one market second by second, `REGIMES.length` each; truth −1 where not known. */
export interface Evidence {
  readonly odds: Float64Array;
  readonly truth: Int8Array;
}

const HAZARDS = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256];
const POWERS = [0.003, 0.006, 0.012, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8];

/** Of filters whose loss is so little above the least, the one that lets go first: it names a change soonest. */
const AS_GOOD = 1.01;

/**
 * The filter that says what was so with about the greatest likelihood, by trying; regimes count alike. Seconds before `from`
 * do not count.
 */
export function fitFilter(
  markets: readonly Evidence[],
  from: number,
): FilterTerms & { readonly loss: number } {
  const tried = HAZARDS.flatMap((hazard) =>
    POWERS.map((evidence) => ({
      hazard,
      evidence,
      loss: filterLoss(markets, { hazard, evidence }, from),
    })),
  );
  const least = Math.min(...tried.map(({ loss }) => loss));
  const good = tried.filter(({ loss }) => loss <= AS_GOOD * least);
  const first = Math.max(...good.map(({ hazard }) => hazard));
  return good.filter(({ hazard }) => hazard === first).sort((a, b) => a.loss - b.loss)[0]!;
}

/** Mean log loss of the filtered probabilities. */
export function filterLoss(markets: readonly Evidence[], terms: FilterTerms, from: number): number {
  const losses = new Float64Array(REGIMES.length);
  const counts = new Float64Array(REGIMES.length);
  for (const { odds, truth } of markets) {
    const filter = new RegimeFilter();
    for (let s = 0; s < truth.length; s++) {
      filter.step(odds.subarray(s * REGIMES.length, (s + 1) * REGIMES.length), terms);
      const is = truth[s]!;
      if (is < 0 || s < from) continue;
      losses[is]! -= Math.log(Math.max(1e-9, filter.probabilities[is]!));
      counts[is]! += 1;
    }
  }
  let sum = 0;
  for (let k = 0; k < REGIMES.length; k++) sum += losses[k]! / counts[k]!;
  return sum / REGIMES.length;
}
