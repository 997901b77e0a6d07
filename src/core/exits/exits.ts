import type { Instrument } from '../instrument.ts';
import { ok, type Result, refuse } from '../result.ts';
import { type Ticks, ticks } from '../units.ts';

export interface ExitsConfig {
  /** Row T2: take profit at so many ATR. */
  readonly takeProfitAtr: number;
  /** Row T2: stop loss at so many ATR. */
  readonly stopLossAtr: number;
  /** Row T1, while no ATR is known: fractions of the entry price. */
  readonly takeProfitFraction: number;
  readonly stopLossFraction: number;
  /** Row T6: reward to risk below this is mended or refused. */
  readonly rewardRiskMin: number;
  /** Row T6: what it is mended to. */
  readonly rewardRiskDefault: number;
  /** True: move the take profit out to keep the ratio; false: refuse the trade. */
  readonly moveTakeProfit: boolean;
  /** The take profit must lie at least this many round-trip costs (two taker fees and the spread) away. */
  readonly costMultipleMin: number;
}

export interface Exits {
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** Reward to risk, before costs. */
  readonly rewardRisk: number;
  readonly method: 'atr' | 'percentage';
  /** Which method and why, in words. */
  readonly note: string;
}

export interface ExitRefusal {
  readonly reason: 'rewardRisk' | 'costs';
  readonly limit: number;
  readonly actual: number;
}

/**
 * Take profit and stop loss for an entry at `entry` (ticks). `atr` in ticks, null while unknown: then the percentages
 * serve. `roundTripCost` is a fraction of the price. Both exits lie on the tick grid at least one tick away; rounding
 * goes outward for both, so neither is nearer than asked, and the ratio holds on the grid too.
 */
export function placeExits(
  config: ExitsConfig,
  instrument: Instrument,
  direction: 'long' | 'short',
  entry: Ticks,
  atr: number | null,
  roundTripCost: number,
): Result<Exits, ExitRefusal> {
  const sign = direction === 'long' ? 1 : -1;
  const method = atr === null || atr <= 0 ? 'percentage' : 'atr';
  const risk = method === 'atr' ? config.stopLossAtr * (atr as number) : config.stopLossFraction * entry;
  let reward = method === 'atr' ? config.takeProfitAtr * (atr as number) : config.takeProfitFraction * entry;
  let note =
    method === 'atr'
      ? `${config.takeProfitAtr} / ${config.stopLossAtr} × ATR ${instrument.priceToNumber(atr as number).toPrecision(4)}`
      : `${percent(config.takeProfitFraction)} / ${percent(config.stopLossFraction)}, no ATR yet`;

  const ratio = reward / risk;
  if (ratio < config.rewardRiskMin - 1e-9) {
    if (!config.moveTakeProfit)
      return refuse({ reason: 'rewardRisk', limit: config.rewardRiskMin, actual: ratio });
    reward = risk * config.rewardRiskDefault;
    note += `, take profit moved out to ${config.rewardRiskDefault} R`;
  }
  if (reward < config.costMultipleMin * roundTripCost * entry)
    return refuse({
      reason: 'costs',
      limit: config.costMultipleMin,
      actual: reward / (roundTripCost * entry),
    });
  const riskTicks = outward(risk);
  // on a coarse grid the stop's rounding would eat the ratio: the target goes out by as much
  const rewardTicks = Math.max(outward(reward), outward(config.rewardRiskMin * riskTicks));
  const takeProfit = ticks(entry + sign * rewardTicks);
  const stopLoss = ticks(entry - sign * riskTicks);
  // a stop at or below zero cannot be placed: the risk is larger than the price
  if (takeProfit <= 0 || stopLoss <= 0)
    return refuse({ reason: 'rewardRisk', limit: config.rewardRiskMin, actual: 0 });
  return ok({ takeProfit, stopLoss, rewardRisk: rewardTicks / riskTicks, method, note });
}

const outward = (distance: number): number => Math.max(1, Math.ceil(distance - 1e-9));

const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(6))} %`;
