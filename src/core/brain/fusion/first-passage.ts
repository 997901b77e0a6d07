/** Beyond this the terms are smaller than anything that is asked of the sum. */
const EXPONENT_MAX = 40;
const TERMS_MAX = 400;

/**
 * Probability, 0…1, that a driftless Brownian path meets a barrier `up` above it before one `down` below it, and within the
 * time in which its standard deviation grows to `deviation`; all three in the same unit. Infinity for no time limit: then it
 * is down / (up + down). What a trade's target is worth where nothing is known but where target and stop lie.
 *
 * Source: Borodin and Salminen, "Handbook of Brownian Motion", 2002, part II, 1.3.0.4; the Fourier series of the heat
 * equation between two absorbing walls.
 */
export function firstPassage(up: number, down: number, deviation: number): number {
  if (!(down > 0)) return 0;
  if (!(up > 0)) return 1;
  const width = up + down;
  const share = down / width;
  const decay = ((Math.PI * deviation) / width) ** 2 / 2;
  if (!(decay > 0)) return 0;
  let sum = 0;
  for (let n = 1; n <= TERMS_MAX && n * n * decay < EXPONENT_MAX; n++)
    sum += ((n % 2 === 0 ? 1 : -1) / n) * Math.sin(n * Math.PI * share) * Math.exp(-n * n * decay);
  return Math.min(1, Math.max(0, share + (2 / Math.PI) * sum));
}

export const logitOf = (probability: number): number => Math.log(probability / (1 - probability));

export const probabilityOf = (logit: number): number => 1 / (1 + Math.exp(-logit));
