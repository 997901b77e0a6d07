import type { Lifetimes } from './remainder.ts';

/*
 * Written by scripts/fit-iceberg.ts. Logistic regression, ridge 2, on every link of every chain:
 * - full: manipulated-tbt 21, manipulated-tbt 22, manipulated-tbt 23, btc-like-tbt 25
 * - frames: manipulated 1, manipulated 2, manipulated 3, manipulated 4, manipulated 5, manipulated 6, manipulated 11, manipulated 12, manipulated 13, manipulated 14, btc-like 1, btc-like 2, btc-like 3, btc-like 4, btc-like 5, btc-like 6, thin-alt 1
 * - uncounted: planted-btc 1, planted-eth 1, planted-btc 2, planted-eth 2, planted-btc 3, planted-eth 3, planted-btc 4, planted-eth 4, planted-btc 5, planted-eth 5, planted-btc 6, planted-eth 6
 */

/** What a likelihood is made of, for one kind of feed. */
export interface Weights {
  readonly staying: readonly number[];
  readonly following: readonly number[];
}

/** By kind of feed: orders counted and every change told; orders counted, ten frames a second; orders not counted. */
export const WEIGHTS: Readonly<Record<'full' | 'frames' | 'uncounted', Weights>> = {
  full: {
    // 794 of 15034 links true
    staying: [
      -5.426, // one
      0.254, // evidence alone
      0.109, // evidence queued
      0.185, // evidence presumed same
      0.000, // evidence presumed
      -2.578, // links alone, ln(1 + n)
      -2.253, // links queued, ln(1 + n)
      -0.472, // links presumed same, ln(1 + n)
      0.000, // links presumed, ln(1 + n)
      -1.595, // share of exact links
      0.819, // spread of sizes, at most 0.2
      -1.362, // rank of the peak among orders alone
      4.900, // rank of the peak among queued orders
      -0.500, // share of orders inferred
      0.668, // evidence, at most 5
      1.208, // two links or more
      0.066, // ln of the volume at its price over its own
      -0.315, // ln of seconds to a link
    ],
    // 1255 of 22704 links true
    following: [
      -6.895, // one
      0.057, // evidence at its price
      0.067, // evidence elsewhere
      0.103, // evidence after it was taken out
      1.026, // links at its price, ln(1 + n)
      1.720, // links elsewhere, ln(1 + n)
      -1.620, // links after it was taken out, ln(1 + n)
      0.995, // share of exact links
      0.684, // spread of sizes, at most 0.2
      5.255, // rank of the peak among queued orders
      -0.366, // evidence of change of price, at most 5
      0.502, // evidence of change of price, at most 10
      -0.207, // ln of seconds to a link
    ],
  },
  frames: {
    // 2852 of 46858 links true
    staying: [
      -7.498, // one
      0.371, // evidence alone
      -0.029, // evidence queued
      -0.061, // evidence presumed same
      0.000, // evidence presumed
      -3.486, // links alone, ln(1 + n)
      -3.694, // links queued, ln(1 + n)
      -0.383, // links presumed same, ln(1 + n)
      0.000, // links presumed, ln(1 + n)
      -1.427, // share of exact links
      1.822, // spread of sizes, at most 0.2
      2.564, // rank of the peak among orders alone
      2.345, // rank of the peak among queued orders
      0.248, // share of orders inferred
      0.912, // evidence, at most 5
      1.392, // two links or more
      -0.013, // ln of the volume at its price over its own
      -0.543, // ln of seconds to a link
    ],
    // 560 of 10059 links true
    following: [
      -3.396, // one
      0.884, // evidence at its price
      0.488, // evidence elsewhere
      -0.053, // evidence after it was taken out
      -1.813, // links at its price, ln(1 + n)
      0.521, // links elsewhere, ln(1 + n)
      -0.976, // links after it was taken out, ln(1 + n)
      0.357, // share of exact links
      0.681, // spread of sizes, at most 0.2
      0.677, // rank of the peak among queued orders
      -0.564, // evidence of change of price, at most 5
      0.410, // evidence of change of price, at most 10
      -0.901, // ln of seconds to a link
    ],
  },
  uncounted: {
    // 759 of 21172 links true
    staying: [
      -5.962, // one
      -0.060, // evidence alone
      0.107, // evidence queued
      0.138, // evidence presumed same
      -0.133, // evidence presumed
      -1.733, // links alone, ln(1 + n)
      -1.206, // links queued, ln(1 + n)
      0.647, // links presumed same, ln(1 + n)
      0.361, // links presumed, ln(1 + n)
      -1.704, // share of exact links
      0.032, // spread of sizes, at most 0.2
      0.767, // rank of the peak among orders alone
      4.515, // rank of the peak among queued orders
      0.544, // share of orders inferred
      0.366, // evidence, at most 5
      0.947, // two links or more
      -0.258, // ln of the volume at its price over its own
      -0.277, // ln of seconds to a link
    ],
    // 243 of 5579 links true
    following: [
      -4.065, // one
      0.216, // evidence at its price
      0.356, // evidence elsewhere
      -0.109, // evidence after it was taken out
      0.556, // links at its price, ln(1 + n)
      0.819, // links elsewhere, ln(1 + n)
      -0.006, // links after it was taken out, ln(1 + n)
      -2.320, // share of exact links
      1.349, // spread of sizes, at most 0.2
      2.421, // rank of the peak among queued orders
      -0.462, // evidence of change of price, at most 5
      0.187, // evidence of change of price, at most 10
      0.097, // ln of seconds to a link
    ],
  },
};

/** Whole over peak of the simulated markets' icebergs that were refilled twice, as 50 icebergs. */
export const LIFETIMES: Lifetimes = {
  reached: [50.03, 50.03, 50.03, 100.03, 91.33, 116.26, 73.72, 94.42, 58.44, 63.15, 34.04, 22.24, 0.36],
  ended: [0.003, 0.003, 0.003, 0.003, 14.865, 13.716, 6.621, 5.948, 3.228, 2.891, 1.349, 1.265, 0.143],
};
