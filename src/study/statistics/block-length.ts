/**
 * The mean block length, in values, that makes the stationary bootstrap's error for the variance of a mean least: 1 for values
 * that know nothing of each other, longer the longer they remember. For a choice that nobody has to argue about; two means
 * to be compared want one length for both.
 *
 * Source: Politis and White, "Automatic Block-Length Selection for the Dependent Bootstrap", Econometric Reviews 23, 2004,
 * with the correction of Patton, Politis and White, Econometric Reviews 28, 2009.
 */
export function blockLength(values: ArrayLike<number>): number {
  const count = values.length;
  // fewer, or all the same, have no correlation to go by; what rounding makes of the latter is none
  if (count < 10 || isConstant(values)) return 1;
  const covariance = autocovariances(values, Math.min(count - 1, Math.ceil(Math.sqrt(count)) + 5));
  const variance = covariance[0]!;

  // the memory ends where so many correlations in a row are no larger than chance makes them
  const quiet = Math.max(5, Math.ceil(Math.sqrt(Math.log10(count))));
  const chance = 2 * Math.sqrt(Math.log10(count) / count) * variance;
  let memory = 0;
  for (let lag = 1; lag < covariance.length && lag - memory <= quiet; lag++)
    if (Math.abs(covariance[lag]!) >= chance) memory = lag;
  if (memory === 0) return 1;

  const window = Math.min(2 * memory, covariance.length - 1);
  let spectrum = variance;
  let slope = 0;
  for (let lag = 1; lag <= window; lag++) {
    // a window that is flat up to half of its width, then falls to zero
    const weight = Math.min(1, 2 * (1 - lag / window));
    spectrum += 2 * weight * covariance[lag]!;
    slope += 2 * weight * lag * covariance[lag]!;
  }
  const length = ((slope / spectrum) ** 2 * count) ** (1 / 3);
  const most = Math.ceil(Math.min(3 * Math.sqrt(count), count / 3));
  return Math.min(most, Math.max(1, length));
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function autocovariances(values: ArrayLike<number>, lags: number): Float64Array {
  const count = values.length;
  let mean = 0;
  for (let i = 0; i < count; i++) mean += values[i]! / count;
  const result = new Float64Array(lags + 1);
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0;
    for (let i = lag; i < count; i++) sum += (values[i]! - mean) * (values[i - lag]! - mean);
    result[lag] = sum / count;
  }
  return result;
}
