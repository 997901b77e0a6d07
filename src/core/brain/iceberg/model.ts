import type { ChainPool } from './chain-pool.ts';
import { MOVED, RESUMED, TRADED, TRADED_ELSEWHERE } from './following.ts';
import type { OrderSizes } from './order-sizes.ts';
import { ALONE, PRESUMED, PRESUMED_SAME, QUEUED } from './staying.ts';

/** Figures of a chain that stays, in the order in which `stayingFeatures` writes them. All without a scale of price or size. */
export const STAYING_FEATURES = [
  'one',
  'evidence alone',
  'evidence queued',
  'evidence presumed same',
  'evidence presumed',
  'links alone, ln(1 + n)',
  'links queued, ln(1 + n)',
  'links presumed same, ln(1 + n)',
  'links presumed, ln(1 + n)',
  'share of exact links',
  'spread of sizes, at most 0.2',
  'rank of the peak among orders alone',
  'rank of the peak among queued orders',
  'share of orders inferred',
  'evidence, at most 5',
  'two links or more',
  'ln of the volume at its price over its own',
  'ln of seconds to a link',
  'evidence, at most 12',
  'evidence to a link',
  'ln of seconds waited, mean',
  'ln of seconds waited, sum',
] as const;

export const FOLLOWING_FEATURES = [
  'one',
  'evidence at its price',
  'evidence elsewhere',
  'evidence after it was taken out',
  'links at its price, ln(1 + n)',
  'links elsewhere, ln(1 + n)',
  'links after it was taken out, ln(1 + n)',
  'share of exact links',
  'spread of sizes, at most 0.2',
  'rank of the peak among queued orders',
  'evidence of change of price, at most 5',
  'evidence of change of price, at most 10',
  'ln of seconds to a link',
  'evidence to a link',
  'evidence taken up again',
  'links taken up again, ln(1 + n)',
  'evidence, at most 8',
  'evidence, at most 16',
  'ln of seconds waited, mean',
] as const;

/** Spreads beyond are as good as any, in logarithm of size. */
const SPREAD_MAX = 0.2;
/** Links within this time came at once, s. */
const AT_ONCE_S = 0.05;

/** `alone` and `queued`: sizes of the market's ordinary orders. */
export function stayingFeatures(
  chains: ChainPool,
  chain: number,
  alone: OrderSizes,
  queued: OrderSizes,
  to: Float64Array,
): void {
  const links = chains.totalLinks(chain);
  const peak = chains.peak(chain);
  const orders = chains.orders[chain]!;
  const several = links > 1;
  const volume = chains.volumeLast[chain]! - chains.volumeFirst[chain]!;
  to[0] = 1;
  to[1] = chains.evidenceOf(chain, ALONE);
  to[2] = chains.evidenceOf(chain, QUEUED);
  to[3] = chains.evidenceOf(chain, PRESUMED_SAME);
  to[4] = chains.evidenceOf(chain, PRESUMED);
  to[5] = Math.log1p(chains.linksOf(chain, ALONE));
  to[6] = Math.log1p(chains.linksOf(chain, QUEUED));
  to[7] = Math.log1p(chains.linksOf(chain, PRESUMED_SAME));
  to[8] = Math.log1p(chains.linksOf(chain, PRESUMED));
  to[9] = chains.exact[chain]! / links;
  to[10] = several ? Math.min(SPREAD_MAX, chains.spread(chain)) / SPREAD_MAX : 0;
  to[11] = alone.rank(peak);
  to[12] = queued.rank(peak);
  to[13] = 1 - links / (orders - 1);
  to[14] = Math.min(5, chains.totalEvidence(chain));
  to[15] = several ? 1 : 0;
  to[16] = Math.log(Math.max(0.1, volume / (peak * (orders - 1))));
  to[17] = several ? secondsToLink(chains, chain, links) : 0;
  to[18] = Math.min(12, chains.totalEvidence(chain));
  to[19] = chains.totalEvidence(chain) / links;
  to[20] = chains.waited[chain]! > 0 ? chains.waits[chain]! / chains.waited[chain]! : 0;
  to[21] = chains.waits[chain]!;
}

export function followingFeatures(
  chains: ChainPool,
  chain: number,
  queued: OrderSizes,
  to: Float64Array,
): void {
  const links = chains.totalLinks(chain);
  const change = chains.evidenceOf(chain, TRADED_ELSEWHERE) + chains.evidenceOf(chain, MOVED);
  const several = links > 1;
  to[0] = 1;
  to[1] = chains.evidenceOf(chain, TRADED);
  to[2] = chains.evidenceOf(chain, TRADED_ELSEWHERE);
  to[3] = chains.evidenceOf(chain, MOVED);
  to[4] = Math.log1p(chains.linksOf(chain, TRADED));
  to[5] = Math.log1p(chains.linksOf(chain, TRADED_ELSEWHERE));
  to[6] = Math.log1p(chains.linksOf(chain, MOVED));
  to[7] = chains.exact[chain]! / links;
  to[8] = several ? Math.min(SPREAD_MAX, chains.spread(chain)) / SPREAD_MAX : 0;
  to[9] = queued.rank(chains.peak(chain));
  to[10] = Math.min(5, change);
  to[11] = Math.min(10, change);
  to[12] = several ? secondsToLink(chains, chain, links) : 0;
  to[13] = chains.totalEvidence(chain) / links;
  to[14] = chains.evidenceOf(chain, RESUMED);
  to[15] = Math.log1p(chains.linksOf(chain, RESUMED));
  to[16] = Math.min(8, chains.totalEvidence(chain));
  to[17] = Math.min(16, chains.totalEvidence(chain));
  to[18] = chains.waits[chain]! / links;
}

/** Logistic regression. */
export function likelihoodOf(features: Float64Array, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * features[i]!;
  return 1 / (1 + Math.exp(-sum));
}

const secondsToLink = (chains: ChainPool, chain: number, links: number): number =>
  Math.log((chains.at[chain]! - chains.since[chain]!) / 1e6 / links + AT_ONCE_S);
