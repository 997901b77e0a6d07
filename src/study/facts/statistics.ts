/** The few statistics that the facts are made of. All take plain arrays and give `NaN` where there is too little. */

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

export function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

/** The value below which a share of the others lies. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  return ofRank(values, Math.min(values.length - 1, Math.floor(share * values.length)));
}

/**
 * What would stand at `rank` if the values were sorted, `NaN` last. Source: Hoare, "Algorithm 65: find", Communications of
 * the ACM 4, 1961. A card asks for it tens of thousands of times; sorting took a fifth of its time.
 */
function ofRank(values: readonly number[], rank: number): number {
  const left = new Float64Array(values.length);
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) left[count++] = value;
  if (rank >= count) return Number.NaN;
  for (let low = 0, high = count - 1; low < high; ) {
    const pivot = left[(low + high) >> 1]!;
    let up = low;
    let down = high;
    while (up <= down) {
      while (left[up]! < pivot) up += 1;
      while (left[down]! > pivot) down -= 1;
      if (up > down) break;
      const kept = left[up]!;
      left[up] = left[down]!;
      left[down] = kept;
      up += 1;
      down -= 1;
    }
    if (rank <= down) high = down;
    else if (rank >= up) low = up;
    else break;
  }
  return left[rank]!;
}

/** The middle one, or the mean of the two. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Fourth moment over the squared second: 3 for a normal distribution. */
export function kurtosis(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 4)) / variance(values) ** 2;
}

export function correlation(one: readonly number[], other: readonly number[]): number {
  const n = Math.min(one.length, other.length);
  if (n < 8) return Number.NaN;
  const first = one.slice(0, n);
  const second = other.slice(0, n);
  const firstMean = mean(first);
  const secondMean = mean(second);
  let product = 0;
  for (let i = 0; i < n; i++) product += (first[i]! - firstMean) * (second[i]! - secondMean);
  return product / n / Math.sqrt(variance(first) * variance(second));
}

export const autocorrelation = (values: readonly number[], lag: number): number =>
  correlation(values.slice(0, values.length - lag), values.slice(lag));

/**
 * Exponent of the power law that the largest values follow (Hill, Annals of Statistics 3, 1975); `share` of the values
 * count as the tail. Smaller is heavier.
 */
export function tailExponent(values: readonly number[], share: number): number {
  const count = Math.floor(values.length * share);
  if (count < 10) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const threshold = sorted[sorted.length - count - 1]!;
  let sum = 0;
  for (let i = sorted.length - count; i < sorted.length; i++) sum += Math.log(sorted[i]! / threshold);
  return count / sum;
}
