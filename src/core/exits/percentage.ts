import { ok } from '../result.ts';
import type { Ticks } from '../units.ts';
import type { Distances, ExitMethod, ExitsConfig } from './method.ts';

/** Row T1: fixed fractions of the entry price. Needs nothing, and knows nothing of the market. */
export const percentage: ExitMethod = (config, _instrument, { entry }) => ok(percentages(config, entry));

export const percentages = (config: ExitsConfig, entry: Ticks): Distances => ({
  reward: config.takeProfitFraction * entry,
  risk: config.stopLossFraction * entry,
  note: `${percent(config.takeProfitFraction)} / ${percent(config.stopLossFraction)}`,
});

const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(6))} %`;
