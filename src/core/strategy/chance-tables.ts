import type { ChanceTable } from './chance.ts';

/** Written by `scripts/measure-chance.ts`: not to be edited. */
export const TREND_CHANCE: ChanceTable = {
  first: 1,
  step: 0.2,
  logEntries: [
    -0.623, -0.789, -1.013, -1.269, -1.561, -1.872, -2.252, -2.648, -3.066, -3.504, -3.995, -4.535, -5.025,
    -5.407,
  ],
};
export const RANGE_CHANCE: ChanceTable = {
  first: 1.1,
  step: 0.1,
  logEntries: [
    0.823, 0.608, 0.337, 0.009, -0.375, -0.809, -1.301, -1.841, -2.435, -3.066, -3.818, -4.493, -5.365,
  ],
};
export const BREAKOUT_CHANCE: ChanceTable = {
  first: 1.2,
  step: 0.5,
  logEntries: [
    -0.512, -0.671, -0.887, -1.143, -1.436, -1.771, -2.108, -2.485, -2.907, -3.302, -3.706, -3.983, -4.348,
    -4.668,
  ],
};
export const REVERSAL_CHANCE: ChanceTable = {
  first: 1.9,
  step: 0.2,
  logEntries: [-1.362, -1.586, -1.892, -2.225, -2.625, -3.034, -3.515, -4.123, -4.62, -5.212, -5.725],
};
