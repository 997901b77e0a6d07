import type { Weights } from './model.ts';

export const PATTERNS = ['wall', 'flicker', 'layering', 'slow pull'] as const;
export type Pattern = (typeof PATTERNS)[number];

/**
 * Written by `bench/fit-spoof.ts` on 2026-11-22; not to be edited by hand. One logistic model a pattern, and one for walls
 * that stand. Fitted on (`x:` played without order counts, `=n` counted n times):
 * manipulated 1
 * manipulated 2
 * x:manipulated 3
 * manipulated 4
 * manipulated 11
 * x:manipulated 11
 * manipulated 12
 * btc-like 1=2
 * btc-like 2=2
 * x:btc-like 3=2
 * btc-like 4=2
 * eth-like 1=2
 * x:eth-like 2=2
 * thin-alt 1=2
 * x:thin-alt 2=2
 * planted btc2023-1=2
 * planted btc2023-2=2
 * planted btc2023-3=2
 * planted eth2024-1=2
 * planted eth2024-2=2
 * planted eth2024-3=2
 * Kept out to look at:
 * manipulated 14
 * x:manipulated 16
 * btc-like 5
 * btc-like 6
 * x:btc-like 8
 * eth-like 3
 * thin-alt 3
 * planted btc2023-4
 * planted btc2023-5
 * planted eth2024-4
 * planted eth2024-5
 */
export const SPOOF_WEIGHTS: Readonly<Record<Pattern | 'standing', Weights>> = {
  wall: {
    intercept: -3.768,
    large: 1.934,
    larger: 0.476,
    peak: 0.133,
    rare: 0.317,
    tail: 0.756,
    spread: -0.771,
    skew: 1.722,
    distance: -0.722,
    touch: -4.17,
    life: -0.199,
    longer: -0.153,
    brief: -0.472,
    traded: 1.16,
    approach: -0.895,
    retreat: 1.236,
    nearest: -0.381,
    pulls: -2.158,
    exact: 1.656,
    executed: -0.506,
    executedBefore: -1.287,
    passed: 2.718,
    outlasted: -2.225,
    executedRare: 0.663,
    passedRare: -0.928,
    beside: -1.517,
    besideEqual: 2.549,
    together: 1.26,
    across: -0.66,
    acrossEqual: -0.925,
    returns: 1.774,
    moves: -2.135,
    acrossBefore: -0.26,
    familiar: -0.426,
    counted: 0.708,
    single: 0.311,
    orders: -0.319,
  },
  flicker: {
    intercept: -6.009,
    large: 1.861,
    larger: -0.022,
    peak: 0.378,
    rare: -0.001,
    tail: 0.465,
    spread: -0.891,
    skew: 0.797,
    distance: -1.107,
    touch: -3.52,
    life: -0.938,
    longer: -0.031,
    brief: -0.244,
    traded: 0.836,
    approach: -0.55,
    retreat: -0.726,
    nearest: 0.303,
    pulls: 1.454,
    evenPulls: -1.324,
    exact: 1.554,
    executed: -0.323,
    executedBefore: -1.263,
    passed: 0.121,
    outlasted: -0.169,
    executedRare: 0.278,
    passedRare: -0.113,
    beside: -0.886,
    besideEqual: 0.331,
    together: 0.563,
    across: -0.339,
    acrossEqual: 0.598,
    returns: 1.957,
    moves: -1.568,
    acrossBefore: -2.689,
    familiar: -0.481,
    counted: 0.5,
    single: 0.129,
    orders: -1.469,
  },
  layering: {
    intercept: 2.179,
    large: 1.516,
    larger: -0.05,
    peak: 0.23,
    rare: -0.132,
    tail: -0.287,
    spread: -0.424,
    skew: -1.101,
    distance: 0.012,
    touch: -5.909,
    life: 0.676,
    longer: -0.327,
    brief: -0.125,
    traded: 0.005,
    approach: 0.749,
    retreat: -0.15,
    nearest: -1.335,
    pulls: 0.03,
    evenPulls: 4.609,
    exact: -2.579,
    executed: -0.041,
    executedBefore: -0.376,
    passed: 1.462,
    outlasted: -1.298,
    executedRare: -0.137,
    passedRare: -0.528,
    beside: -1.851,
    besideEqual: 3.023,
    together: 3.657,
    across: -0.717,
    acrossEqual: -1.147,
    returns: -0.281,
    moves: -1.841,
    acrossBefore: -0.62,
    familiar: -0.54,
    counted: -0.067,
    single: 0.651,
    orders: -3.136,
  },
  'slow pull': {
    intercept: -8.345,
    large: 1.296,
    larger: 3.581,
    peak: -0.804,
    rare: 0.104,
    tail: 0.188,
    spread: 0.102,
    skew: 3.767,
    distance: -0.02,
    touch: -2.998,
    life: 0.083,
    longer: 0.223,
    brief: -4.714,
    traded: -2.243,
    approach: -1.45,
    retreat: 0.96,
    nearest: 1.2,
    pulls: 0.039,
    evenPulls: 3.125,
    exact: -0.345,
    executed: -0.119,
    executedBefore: -1.554,
    passed: 0.064,
    outlasted: -1.988,
    executedRare: 0.269,
    passedRare: -0.004,
    beside: 0.571,
    besideEqual: 1.218,
    together: 0.046,
    across: -0.237,
    acrossEqual: -0.6,
    returns: -2.449,
    moves: -0.774,
    acrossBefore: 0.345,
    familiar: -0.028,
    counted: 0.258,
    single: 0.692,
    orders: 0.177,
  },
  standing: {
    intercept: -2.832,
    large: 2.691,
    larger: 2.095,
    peak: -0.303,
    rare: -0.604,
    tail: -0.464,
    spread: -0.292,
    distance: -0.634,
    touch: -9.181,
    life: 0.105,
    longer: -0.09,
    traded: -9.948,
    pulls: -1.913,
    evenPulls: 4.81,
    executedBefore: -1.912,
    outlasted: -2.039,
    beside: 0.368,
    besideEqual: 4.635,
    across: -0.87,
    acrossEqual: -1.831,
    returns: 1.805,
    moves: -3.328,
    acrossBefore: -4.535,
    familiar: -0.674,
    counted: -3.76,
    single: 3.933,
    orders: 2.545,
  },
};
