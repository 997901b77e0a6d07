import type { Lifetimes } from './remainder.ts';

/*
 * Written by scripts/fit-iceberg.ts. Logistic regression, ridge 2, on every link of every chain:
 * - full: manipulated-tbt 21, manipulated-tbt 22, manipulated-tbt 23, btc-like-tbt 25
 * - frames: manipulated 1, manipulated 2, manipulated 3, manipulated 4, manipulated 5, manipulated 6, manipulated 11, manipulated 12, manipulated 13, manipulated 14, btc-like 1, btc-like 2, btc-like 3, btc-like 4, btc-like 5, btc-like 6, thin-alt 1
 * - uncounted: planted-btc 1, planted-eth 1, planted-btc-100ms 1, planted-eth-100ms 1, planted-btc 2, planted-eth 2, planted-btc-100ms 2, planted-eth-100ms 2, planted-btc 3, planted-eth 3, planted-btc-100ms 3, planted-eth-100ms 3, planted-btc 4, planted-eth 4, planted-btc-100ms 4, planted-eth-100ms 4, planted-btc 5, planted-eth 5, planted-btc-100ms 5, planted-eth-100ms 5, planted-btc 6, planted-eth 6, planted-btc-100ms 6, planted-eth-100ms 6
 */

/** What a likelihood is made of, for one kind of feed. */
export interface Weights {
  readonly staying: readonly number[];
  readonly following: readonly number[];
}

/** By kind of feed: orders counted and every change told; orders counted, ten frames a second; orders not counted. */
export const WEIGHTS: Readonly<Record<'full' | 'frames' | 'uncounted', Weights>> = {
  full: {
    // 785 of 14967 links true
    staying: [
      -4.926, // one
      0.017, // evidence alone
      -0.147, // evidence queued
      -0.357, // evidence presumed same
      0, // evidence presumed
      -2.698, // links alone, ln(1 + n)
      -2.08, // links queued, ln(1 + n)
      -0.151, // links presumed same, ln(1 + n)
      0, // links presumed, ln(1 + n)
      -2.566, // share of exact links
      1.162, // spread of sizes, at most 0.2
      -1.424, // rank of the peak among orders alone
      4.956, // rank of the peak among queued orders
      -0.071, // share of orders inferred
      -0.883, // evidence, at most 5
      1.251, // two links or more
      0.111, // ln of the volume at its price over its own
      -0.478, // ln of seconds to a link
      1.066, // evidence, at most 12
      0.541, // evidence to a link
    ],
    // 1258 of 22746 links true
    following: [
      -7.437, // one
      0.011, // evidence at its price
      0.026, // evidence elsewhere
      0.034, // evidence after it was taken out
      0.896, // links at its price, ln(1 + n)
      2.161, // links elsewhere, ln(1 + n)
      -0.892, // links after it was taken out, ln(1 + n)
      -0.505, // share of exact links
      0.856, // spread of sizes, at most 0.2
      4.902, // rank of the peak among queued orders
      -0.571, // evidence of change of price, at most 5
      0.498, // evidence of change of price, at most 10
      -0.199, // ln of seconds to a link
      0.523, // evidence to a link
    ],
  },
  frames: {
    // 2883 of 48217 links true
    staying: [
      -7.462, // one
      0.021, // evidence alone
      -0.091, // evidence queued
      -0.549, // evidence presumed same
      0, // evidence presumed
      -1.849, // links alone, ln(1 + n)
      -3.289, // links queued, ln(1 + n)
      0.248, // links presumed same, ln(1 + n)
      0, // links presumed, ln(1 + n)
      -2.629, // share of exact links
      2.564, // spread of sizes, at most 0.2
      1.625, // rank of the peak among orders alone
      3.398, // rank of the peak among queued orders
      0.73, // share of orders inferred
      -0.9, // evidence, at most 5
      2.408, // two links or more
      0.016, // ln of the volume at its price over its own
      -0.676, // ln of seconds to a link
      0.754, // evidence, at most 12
      1.02, // evidence to a link
    ],
    // 615 of 12623 links true
    following: [
      -4.186, // one
      0.467, // evidence at its price
      0.535, // evidence elsewhere
      -0.135, // evidence after it was taken out
      -1.512, // links at its price, ln(1 + n)
      0.647, // links elsewhere, ln(1 + n)
      -0.383, // links after it was taken out, ln(1 + n)
      0.32, // share of exact links
      0.982, // spread of sizes, at most 0.2
      1, // rank of the peak among queued orders
      -0.848, // evidence of change of price, at most 5
      0.361, // evidence of change of price, at most 10
      -1.073, // ln of seconds to a link
      0.449, // evidence to a link
    ],
  },
  uncounted: {
    // 869 of 30695 links true
    staying: [
      -6.341, // one
      0.058, // evidence alone
      -0.08, // evidence queued
      0.142, // evidence presumed same
      -0.312, // evidence presumed
      -2.222, // links alone, ln(1 + n)
      -1.172, // links queued, ln(1 + n)
      -0.654, // links presumed same, ln(1 + n)
      0.375, // links presumed, ln(1 + n)
      -1.934, // share of exact links
      0.217, // spread of sizes, at most 0.2
      0.664, // rank of the peak among orders alone
      4.84, // rank of the peak among queued orders
      0.746, // share of orders inferred
      0.011, // evidence, at most 5
      0.924, // two links or more
      -0.232, // ln of the volume at its price over its own
      -0.43, // ln of seconds to a link
      0.425, // evidence, at most 12
      0.01, // evidence to a link
    ],
    // 306 of 8624 links true
    following: [
      -4.195, // one
      0.452, // evidence at its price
      0.276, // evidence elsewhere
      0.049, // evidence after it was taken out
      0.463, // links at its price, ln(1 + n)
      1.056, // links elsewhere, ln(1 + n)
      -0.704, // links after it was taken out, ln(1 + n)
      -2.183, // share of exact links
      1.042, // spread of sizes, at most 0.2
      2.757, // rank of the peak among queued orders
      -0.277, // evidence of change of price, at most 5
      0.161, // evidence of change of price, at most 10
      0.055, // ln of seconds to a link
      -0.337, // evidence to a link
    ],
  },
};

/** Whole over peak of the simulated markets' icebergs that were refilled twice, as 50 icebergs. */
export const LIFETIMES: Lifetimes = {
  reached: [50.03, 50.03, 50.03, 100.03, 91.33, 116.26, 73.72, 94.42, 58.44, 63.15, 34.04, 22.24, 0.36],
  ended: [0.003, 0.003, 0.003, 0.003, 14.865, 13.716, 6.621, 5.948, 3.228, 2.891, 1.349, 1.265, 0.143],
};
