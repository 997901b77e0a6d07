import type { Lifetimes } from './remainder.ts';

/*
 * Written by scripts/fit-iceberg.ts. Logistic regression, ridge 2, on every link of every chain:
 * - full: manipulated-tbt 21, manipulated-tbt 22, manipulated-tbt 23, manipulated-tbt 24, btc-like-tbt 25, thin-alt-tbt 26, eth-like-tbt 27
 * - frames: manipulated 1, manipulated 2, manipulated 3, manipulated 4, manipulated 5, manipulated 6, manipulated 11, manipulated 12, manipulated 13, manipulated 14, btc-like 1, btc-like 2, btc-like 3, btc-like 4, btc-like 5, btc-like 6, thin-alt 1, eth-like 1
 * - uncounted: planted-btc-2023-0 1, planted-btc-2023-100 1, planted-eth-2024-0 1, planted-eth-2024-100 1, planted-btc-2023-0 2, planted-btc-2023-100 2, planted-eth-2024-0 2, planted-eth-2024-100 2, planted-btc-2023-0 3, planted-btc-2023-100 3, planted-eth-2024-0 3, planted-eth-2024-100 3, planted-btc-2023-0 4, planted-btc-2023-100 4, planted-eth-2024-0 4, planted-eth-2024-100 4, planted-btc-2023-0 5, planted-btc-2023-100 5, planted-eth-2024-0 5, planted-eth-2024-100 5, planted-btc-2023-0 6, planted-btc-2023-100 6, planted-eth-2024-0 6, planted-eth-2024-100 6, planted-btc-2023-0 7, planted-btc-2023-100 7, planted-eth-2024-0 7, planted-eth-2024-100 7, planted-btc-2023-0 8, planted-btc-2023-100 8, planted-eth-2024-0 8, planted-eth-2024-100 8, planted-btc-2023-0 9, planted-btc-2023-100 9, planted-eth-2024-0 9, planted-eth-2024-100 9, planted-btc-2023-0 10, planted-btc-2023-100 10, planted-eth-2024-0 10, planted-eth-2024-100 10
 */

/** What a likelihood is made of, for one kind of feed. */
export interface Weights {
  readonly staying: readonly number[];
  readonly following: readonly number[];
}

/** By kind of feed: orders counted and every change told; orders counted, ten frames a second; orders not counted. */
export const WEIGHTS: Readonly<Record<'full' | 'frames' | 'uncounted', Weights>> = {
  full: {
    // 1016 of 19364 links true
    staying: [
      -4.712, // one
      -0.113, // evidence alone
      -0.088, // evidence queued
      -0.145, // evidence presumed same
      0, // evidence presumed
      -2.429, // links alone, ln(1 + n)
      -2.692, // links queued, ln(1 + n)
      -0.202, // links presumed same, ln(1 + n)
      0, // links presumed, ln(1 + n)
      -2.419, // share of exact links
      0.56, // spread of sizes, at most 0.2
      -2.502, // rank of the peak among orders alone
      4.936, // rank of the peak among queued orders
      -0.439, // share of orders inferred
      -0.689, // evidence, at most 5
      0.936, // two links or more
      0.194, // ln of the volume at its price over its own
      -0.348, // ln of seconds to a link
      0.729, // evidence, at most 12
      0.757, // evidence to a link
      -0.281, // ln of seconds waited, mean
      -0.279, // ln of seconds waited, sum
    ],
    // 2563 of 68347 links true
    following: [
      -7.538, // one
      -0.018, // evidence at its price
      0.092, // evidence elsewhere
      0.122, // evidence after it was taken out
      0.649, // links at its price, ln(1 + n)
      1.459, // links elsewhere, ln(1 + n)
      -1.012, // links after it was taken out, ln(1 + n)
      -0.139, // share of exact links
      0.815, // spread of sizes, at most 0.2
      4.114, // rank of the peak among queued orders
      -0.334, // evidence of change of price, at most 5
      0.165, // evidence of change of price, at most 10
      0.209, // ln of seconds to a link
      0.179, // evidence to a link
      0.084, // evidence taken up again
      -1.235, // links taken up again, ln(1 + n)
      0.084, // evidence, at most 8
      0.199, // evidence, at most 16
      -0.249, // ln of seconds waited, mean
    ],
  },
  frames: {
    // 2923 of 49826 links true
    staying: [
      -6.349, // one
      -0.149, // evidence alone
      -0.085, // evidence queued
      -0.517, // evidence presumed same
      0, // evidence presumed
      -1.612, // links alone, ln(1 + n)
      -3.175, // links queued, ln(1 + n)
      0.155, // links presumed same, ln(1 + n)
      0, // links presumed, ln(1 + n)
      -2.6, // share of exact links
      1.69, // spread of sizes, at most 0.2
      0.51, // rank of the peak among orders alone
      3.048, // rank of the peak among queued orders
      0.302, // share of orders inferred
      -1.113, // evidence, at most 5
      2.612, // two links or more
      0.179, // ln of the volume at its price over its own
      -0.457, // ln of seconds to a link
      0.456, // evidence, at most 12
      1.432, // evidence to a link
      -0.341, // ln of seconds waited, mean
      -0.31, // ln of seconds waited, sum
    ],
    // 738 of 17155 links true
    following: [
      -5.179, // one
      0.09, // evidence at its price
      0.503, // evidence elsewhere
      -0.171, // evidence after it was taken out
      -0.144, // links at its price, ln(1 + n)
      1.054, // links elsewhere, ln(1 + n)
      0.357, // links after it was taken out, ln(1 + n)
      0.69, // share of exact links
      0.75, // spread of sizes, at most 0.2
      1.123, // rank of the peak among queued orders
      -0.859, // evidence of change of price, at most 5
      0.302, // evidence of change of price, at most 10
      -0.19, // ln of seconds to a link
      0.118, // evidence to a link
      -0.066, // evidence taken up again
      -0.826, // links taken up again, ln(1 + n)
      0.205, // evidence, at most 8
      0.27, // evidence, at most 16
      -0.132, // ln of seconds waited, mean
    ],
  },
  uncounted: {
    // 718 of 48674 links true
    staying: [
      -6.567, // one
      0.173, // evidence alone
      -0.057, // evidence queued
      0.306, // evidence presumed same
      -0.116, // evidence presumed
      -1.336, // links alone, ln(1 + n)
      0.121, // links queued, ln(1 + n)
      -1.407, // links presumed same, ln(1 + n)
      -0.087, // links presumed, ln(1 + n)
      -1.398, // share of exact links
      0.443, // spread of sizes, at most 0.2
      1.098, // rank of the peak among orders alone
      4.093, // rank of the peak among queued orders
      -0.145, // share of orders inferred
      -0.107, // evidence, at most 5
      0.795, // two links or more
      -0.135, // ln of the volume at its price over its own
      -0.119, // ln of seconds to a link
      0.044, // evidence, at most 12
      0.247, // evidence to a link
      -0.003, // ln of seconds waited, mean
      -0.284, // ln of seconds waited, sum
    ],
    // 886 of 16884 links true
    following: [
      -2.911, // one
      -0.014, // evidence at its price
      0.001, // evidence elsewhere
      0.168, // evidence after it was taken out
      1.483, // links at its price, ln(1 + n)
      1.018, // links elsewhere, ln(1 + n)
      -1.153, // links after it was taken out, ln(1 + n)
      -3.121, // share of exact links
      -0.876, // spread of sizes, at most 0.2
      3.83, // rank of the peak among queued orders
      -0.045, // evidence of change of price, at most 5
      -0.127, // evidence of change of price, at most 10
      -0.195, // ln of seconds to a link
      -0.733, // evidence to a link
      0.009, // evidence taken up again
      -0.616, // links taken up again, ln(1 + n)
      0.322, // evidence, at most 8
      0.164, // evidence, at most 16
      0.676, // ln of seconds waited, mean
    ],
  },
};

/** Orders of the simulated markets' icebergs from when each was found, as far as they were seen, as 50 icebergs. */
export const LIFETIMES: Lifetimes = {
  reached: [0.04, 27.67, 40.07, 82.93, 67.86, 88.7, 57.65, 76.3, 46.7, 42.97, 21.43, 15.7, 0.2],
  ended: [0.004, 0.75, 1.574, 8.363, 11.228, 10.797, 5.145, 5.067, 2.987, 2.437, 0.671, 0.946, 0.082],
};
