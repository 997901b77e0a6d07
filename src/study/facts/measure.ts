import { SAMPLE_MS, type Sighting } from './observation.ts';
import {
  autocorrelation,
  correlation,
  kurtosis,
  mean,
  quantile,
  tailExponent,
  variance,
} from './statistics.ts';

/** Figures by the name of the fact; `NaN` where the recording is too short or does not say. */
export type Figures = Readonly<Record<string, number>>;

const PER_SECOND = 1000 / SAMPLE_MS;
const BASIS_POINTS = 10_000;

/** Everything that can be said of a book and its trades. Moves in basis points, times in seconds. */
export function measure(seen: Sighting): Figures {
  return { ...movesOf(seen), ...bookOf(seen), ...tradesOf(seen), ...impactOf(seen) };
}

/** Moves of the middle over `seconds`, in bp; every `step` seconds a new one begins. */
function moves({ middles }: Sighting, seconds: number, step = seconds): number[] {
  const length = seconds * PER_SECOND;
  const found: number[] = [];
  for (let at = 0; at + length < middles.length; at += step * PER_SECOND)
    found.push(BASIS_POINTS * Math.log(middles[at + length]! / middles[at]!));
  return found;
}

/** Averages over every phase of the sampling: a short recording has few whole windows, but many that overlap. */
function overPhases(seen: Sighting, seconds: number, figure: (moves: number[]) => number): number {
  const figures: number[] = [];
  for (let phase = 0; phase < seconds; phase++) {
    const shifted = { ...seen, middles: seen.middles.slice(phase * PER_SECOND) };
    figures.push(figure(moves(shifted, seconds)));
  }
  return mean(figures);
}

/**
 * Kurtosis grows with what is looked at, as rarer things come into view, and the recordings are six to eleven minutes long:
 * of a longer run it is the median of stretches of ten minutes.
 */
function tails(values: readonly number[], seconds: number): number {
  const stretches = Math.max(1, Math.round((values.length * seconds) / 600));
  const length = Math.ceil(values.length / stretches);
  const found = Array.from({ length: stretches }, (_, i) =>
    kurtosis(values.slice(i * length, (i + 1) * length)),
  );
  return quantile(found, 0.5);
}

function movesOf(seen: Sighting): Figures {
  if (seen.middles.length < 120 * PER_SECOND) return {};
  const second = moves(seen, 1);
  const sizes = second.map(Math.abs);
  const minute = moves(seen, 60, 1).map(Math.abs);
  const ten = moves(seen, 10, 1).map(Math.abs);
  const ranges: number[] = [];
  const { middles } = seen;
  for (let at = 0; at + 60 * PER_SECOND < middles.length; at += 5 * PER_SECOND) {
    let high = 0;
    let low = Number.POSITIVE_INFINITY;
    for (let i = at; i <= at + 60 * PER_SECOND; i++) {
      high = Math.max(high, middles[i]!);
      low = Math.min(low, middles[i]!);
    }
    ranges.push(BASIS_POINTS * Math.log(high / low));
  }
  return {
    return_autocorrelation_1s: autocorrelation(second, 1),
    return_autocorrelation_10s: overPhases(seen, 10, (each) => autocorrelation(each, 1)),
    kurtosis_1s: tails(second, 1),
    kurtosis_10s: overPhases(seen, 10, (each) => tails(each, 10)),
    kurtosis_fall: tails(second, 1) / overPhases(seen, 10, (each) => tails(each, 10)),
    volatility_memory_1s: autocorrelation(sizes, 1),
    volatility_memory_10s: mean([8, 9, 10, 11, 12].map((lag) => autocorrelation(sizes, lag))),
    move_1s_median: quantile(sizes, 0.5),
    move_1s_p90: quantile(sizes, 0.9),
    move_10s_median: quantile(ten, 0.5),
    move_10s_p90: quantile(ten, 0.9),
    move_60s_median: quantile(minute, 0.5),
    move_60s_p90: quantile(minute, 0.9),
    range_to_move_60s: mean(ranges) / mean(minute),
    variance_ratio_60s: mean(minute.map((x) => x * x)) / (60 * mean(second.map((x) => x * x))),
  };
}

function bookOf(seen: Sighting): Figures {
  if (seen.spreads.length === 0) return {};
  return {
    spread_median: quantile(seen.spreads, 0.5),
    spread_p90: quantile(seen.spreads, 0.9),
    spread_mean: mean(seen.spreads),
    touch_size: quantile(seen.touches, 0.5) * seen.instrument.valuePerLot,
    touch_to_behind: quantile(seen.touches, 0.5) / quantile(seen.behind, 0.5),
    span_50_levels: quantile(seen.spans, 0.5),
    level_changes_median: quantile(seen.changes, 0.5),
    level_changes_p90: quantile(seen.changes, 0.9),
  };
}

function tradesOf(seen: Sighting): Figures {
  const { orderAt, orderSign, orderSize } = seen;
  if (orderAt.length < 100) return {};
  const seconds = Math.floor((orderAt[orderAt.length - 1]! - orderAt[0]!) / 1000);
  const counts = new Array<number>(seconds).fill(0);
  for (const at of orderAt) {
    const second = Math.floor((at - orderAt[0]!) / 1000);
    if (second < seconds) counts[second]! += 1;
  }
  return {
    sign_memory_1: autocorrelation(orderSign, 1),
    sign_memory_10: autocorrelation(orderSign, 10),
    sign_memory_100: autocorrelation(orderSign, 100),
    orders_per_second: orderAt.length / seconds,
    burstiness: variance(counts) / mean(counts),
    size_tail: tailExponent(orderSize, 0.05),
    size_p99_to_median: quantile(orderSize, 0.99) / quantile(orderSize, 0.5),
  };
}

/** What order flow does to the price: windows of one second, net volume of market orders against the move. */
function impactOf(seen: Sighting): Figures {
  const { middles, from } = seen;
  const windows = Math.floor((middles.length - 1) / PER_SECOND);
  if (seen.orderAt.length < 100 || windows < 100) return {};
  const net = new Array<number>(windows).fill(0);
  const volume = new Array<number>(windows).fill(0);
  seen.orderAt.forEach((at, i) => {
    const window = Math.floor((at - from) / 1000);
    if (window < 0 || window >= windows) return;
    net[window]! += seen.orderSign[i]! * seen.orderSize[i]!;
    volume[window]! += seen.orderSize[i]!;
  });
  const middle = (second: number): number => middles[Math.min(middles.length - 1, second * PER_SECOND)]!;
  const move = (from: number, to: number): number => BASIS_POINTS * Math.log(middle(to) / middle(from));
  const second = net.map((_, i) => move(i, i + 1));
  const root = net.map((value) => Math.sign(value) * Math.sqrt(Math.abs(value)));

  const traded = net.map((_, i) => i).filter((i) => net[i] !== 0 && i + 31 <= windows);
  traded.sort((one, other) => Math.abs(net[one]!) - Math.abs(net[other]!));
  const along = (i: number, to: number): number => Math.sign(net[i]!) * move(i, i + to);
  // in the weaker half there is hardly any impact to speak of
  const group = (from: number, to: number) => {
    const members = traded.slice(Math.floor(from * traded.length), Math.floor(to * traded.length));
    return {
      size: mean(members.map((i) => Math.abs(net[i]!))),
      impact: mean(members.map((i) => along(i, 1))),
    };
  };
  const middling = group(0.5, 0.9);
  const largest = group(0.9, 1);
  const strong = traded.slice(Math.floor(traded.length * 0.75));
  const initial = mean(strong.map((i) => along(i, 1)));
  const volatility = second.map(Math.abs);
  return {
    flow_r2_same_1s: correlation(root, second) ** 2,
    flow_next_1s: correlation(root.slice(0, -1), second.slice(1)),
    impact_exponent: Math.log(largest.impact / middling.impact) / Math.log(largest.size / middling.size),
    impact_kept_10s: mean(strong.map((i) => along(i, 11))) / initial,
    impact_kept_30s: mean(strong.map((i) => along(i, 31))) / initial,
    volume_volatility_1s: correlation(volume.map(Math.sqrt), volatility),
  };
}
