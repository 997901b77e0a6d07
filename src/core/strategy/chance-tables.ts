import type { ChanceTable } from './chance.ts';

/** Written by `scripts/measure-chance.ts`: not to be edited. */
export const TREND_CHANCE: ChanceTable = { first: 0.5, step: 2.5, logEntries: [0, -3] };
export const RANGE_CHANCE: ChanceTable = { first: 0.5, step: 1.5, logEntries: [0, -3] };
export const BREAKOUT_CHANCE: ChanceTable = { first: 0.5, step: 2.5, logEntries: [0, -3] };
export const REVERSAL_CHANCE: ChanceTable = { first: 0.5, step: 2.5, logEntries: [0, -3] };
