/**
 * What a wall, or several that came and went together, looked like. All of it without a unit: shares, counts, logarithms of
 * ratios to what `MarketNull` says is ordinary, so that tick size, lot size and pace of the market cancel.
 */
export const FEATURES = [
  // how large, against the same market
  /** ln of size over large there. */
  'large',
  /** −ln of the share of stretches of 256 additions there whose largest was as large. */
  'peak',
  /** −ln of the share of the market's unfilled walls that were as large (all that went together counted as one). */
  'rare',
  /** ln of how far the market's own largest additions spread there, and its additions altogether. */
  'tail',
  'spread',
  /** What it added to the imbalance of the best 20 levels, 0…2: how far the book's skew jumped back when it went. */
  'skew',
  // where
  /** ln of distance when it came over the median distance of additions. */
  'distance',
  /** 1: it came at the best price. */
  'touch',
  /** `large`, the part of it above 0, times `distance`: large is something else far away. */
  'largerFar',
  /** Share that it had of its level when it came. */
  'share',
  // how long
  /** ln of its life over the median life of walls; the part of it above 0. */
  'life',
  'longer',
  /** 1: gone within a frame of coming. */
  'brief',
  /** 1: that, and not one of its walls went to the lot as it came. */
  'briefRough',
  /** −ln of the share of the market's walls that were gone as soon. */
  'haste',
  // how it ended
  /** Share of it that traded. */
  'traded',
  /** 1: all of it, or nearly. */
  'filled',
  /** 1 − distance at the end over distance at the beginning, at least 0. */
  'approach',
  /** 1: went with the best price nearer than ever and within a third of the first distance. */
  'retreat',
  /** 1: the best price was nearest when it went. */
  'nearest',
  /** ln of 1 + parts that went by themselves; of 1 + those as large as the part before. */
  'pulls',
  'evenPulls',
  /** Share of the walls that went exactly as they came: to the lot, at once. */
  'exact',
  // the other side
  /** 1: takers took at the other side's first best price or beyond in the frame in which it went. */
  'executed',
  /** Lots taken there before, over what stood there when it came, at most 1. */
  'executedBefore',
  /** 1: the other side's first best price gave way in the frame in which it went, or the one before. */
  'passed',
  /** 1: it had given way before, and the wall stayed: nothing was waiting there. */
  'outlasted',
  /** Where `executed`, and where `passed`: −ln of how often that happens to a side in any frame of this market. */
  'executedRare',
  'passedRare',
  /**
   * −ln of how often that happens to a side in as many frames as passed between it, or as much having been taken there as
   * stood there when the wall came, and the wall's end.
   */
  'gaveLate',
  // who came with it
  /** ln of 1 + walls of about its size that came with it on its side; of those within 2 %. */
  'beside',
  'besideEqual',
  /** ln of how many came and went together, to the lot. */
  'together',
  /** 1: three or more that came and went together, at even distances, with none of their size on the other side. */
  'even',
  /** Walls that came with it on the other side: about its size, at most 3; within 2 %, at most 2. */
  'across',
  'acrossEqual',
  // its history
  /** ln of 1 + earlier showings of the same size, after a while away; moved within a frame. */
  'returns',
  'moves',
  /** Share of them that had equals on the other side. */
  'acrossBefore',
  /** ln of 1 + how many walls of exactly its size came before, lately. */
  'familiar',
  // order counts, where the source tells them: else all 0
  /** 1: told; 1: it was one order; ln of orders. */
  'counted',
  'single',
  'orders',
] as const;

export type Feature = (typeof FEATURES)[number];

/** Where each stands. */
export const FEATURE = Object.fromEntries(FEATURES.map((name, i) => [name, i])) as Readonly<
  Record<Feature, number>
>;

/** Known only when the wall is gone. */
export const OF_THE_END: readonly Feature[] = [
  'skew',
  'haste',
  'approach',
  'retreat',
  'nearest',
  'exact',
  'executed',
  'executedRare',
  'passed',
  'passedRare',
  'together',
  'gaveLate',
  'even',
];
