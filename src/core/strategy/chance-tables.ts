import type { ChanceTable } from './chance.ts';

/** Written by `scripts/measure-chance.ts`: not to be edited. */
export const TREND_CHANCE: ChanceTable = {
  first: 1,
  step: 0.2,
  logEntries: [
    -0.408, -0.602, -0.852, -1.136, -1.458, -1.799, -2.193, -2.597, -3.038, -3.481, -3.976, -4.526, -4.997,
    -5.386,
  ],
};
export const RANGE_CHANCE: ChanceTable = {
  first: 1.1,
  step: 0.1,
  logEntries: [
    0.823, 0.61, 0.338, 0.006, -0.37, -0.807, -1.302, -1.84, -2.447, -3.058, -3.802, -4.493, -5.365,
  ],
};
export const BREAKOUT_CHANCE: ChanceTable = {
  first: 1.2,
  step: 0.5,
  logEntries: [
    -2.066, -2.226, -2.49, -2.836, -3.196, -3.557, -3.899, -4.249, -4.618, -4.957, -5.405, -5.632, -5.953,
  ],
};
export const REVERSAL_CHANCE: ChanceTable = {
  first: 1.9,
  step: 0.2,
  logEntries: [-1.376, -1.616, -1.929, -2.267, -2.678, -3.091, -3.564, -4.139, -4.717, -5.354, -5.836],
};
