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
    // 784 of 14882 links true
    staying: [
      -4.898, // one
      0.017, // evidence alone
      -0.139, // evidence queued
      -0.336, // evidence presumed same
      0.000, // evidence presumed
      -2.768, // links alone, ln(1 + n)
      -2.176, // links queued, ln(1 + n)
      -0.113, // links presumed same, ln(1 + n)
      0.000, // links presumed, ln(1 + n)
      -2.528, // share of exact links
      1.278, // spread of sizes, at most 0.2
      -1.353, // rank of the peak among orders alone
      4.896, // rank of the peak among queued orders
      -0.060, // share of orders inferred
      -0.890, // evidence, at most 5
      1.266, // two links or more
      0.104, // ln of the volume at its price over its own
      -0.477, // ln of seconds to a link
      1.061, // evidence, at most 12
      0.550, // evidence to a link
    ],
    // 1253 of 22647 links true
    following: [
      -7.459, // one
      0.007, // evidence at its price
      0.059, // evidence elsewhere
      0.071, // evidence after it was taken out
      0.988, // links at its price, ln(1 + n)
      2.266, // links elsewhere, ln(1 + n)
      -0.879, // links after it was taken out, ln(1 + n)
      -0.459, // share of exact links
      0.820, // spread of sizes, at most 0.2
      4.892, // rank of the peak among queued orders
      -0.541, // evidence of change of price, at most 5
      0.436, // evidence of change of price, at most 10
      -0.218, // ln of seconds to a link
      0.522, // evidence to a link
    ],
  },
  frames: {
    // 2847 of 46885 links true
    staying: [
      -7.484, // one
      0.024, // evidence alone
      -0.338, // evidence queued
      -0.547, // evidence presumed same
      0.000, // evidence presumed
      -2.424, // links alone, ln(1 + n)
      -2.949, // links queued, ln(1 + n)
      0.206, // links presumed same, ln(1 + n)
      0.000, // links presumed, ln(1 + n)
      -2.626, // share of exact links
      2.613, // spread of sizes, at most 0.2
      2.260, // rank of the peak among orders alone
      2.954, // rank of the peak among queued orders
      0.745, // share of orders inferred
      -0.850, // evidence, at most 5
      2.408, // two links or more
      -0.001, // ln of the volume at its price over its own
      -0.661, // ln of seconds to a link
      0.815, // evidence, at most 12
      0.964, // evidence to a link
    ],
    // 560 of 10059 links true
    following: [
      -3.706, // one
      0.383, // evidence at its price
      0.446, // evidence elsewhere
      -0.142, // evidence after it was taken out
      -1.492, // links at its price, ln(1 + n)
      0.873, // links elsewhere, ln(1 + n)
      -0.522, // links after it was taken out, ln(1 + n)
      0.202, // share of exact links
      1.114, // spread of sizes, at most 0.2
      0.615, // rank of the peak among queued orders
      -0.862, // evidence of change of price, at most 5
      0.260, // evidence of change of price, at most 10
      -1.292, // ln of seconds to a link
      0.558, // evidence to a link
    ],
  },
  uncounted: {
    // 869 of 30695 links true
    staying: [
      -6.341, // one
      0.058, // evidence alone
      -0.080, // evidence queued
      0.142, // evidence presumed same
      -0.312, // evidence presumed
      -2.222, // links alone, ln(1 + n)
      -1.172, // links queued, ln(1 + n)
      -0.654, // links presumed same, ln(1 + n)
      0.375, // links presumed, ln(1 + n)
      -1.934, // share of exact links
      0.217, // spread of sizes, at most 0.2
      0.664, // rank of the peak among orders alone
      4.840, // rank of the peak among queued orders
      0.746, // share of orders inferred
      0.011, // evidence, at most 5
      0.924, // two links or more
      -0.232, // ln of the volume at its price over its own
      -0.430, // ln of seconds to a link
      0.425, // evidence, at most 12
      0.010, // evidence to a link
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
