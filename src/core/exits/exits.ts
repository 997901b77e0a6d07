import type { Instrument } from '../instrument.ts';
import { ok, type Result, refuse } from '../result.ts';
import { type Ticks, ticks } from '../units.ts';
import { atr } from './atr.ts';
import type { Distances, ExitContext, ExitMethod, ExitMethodName, ExitsConfig } from './method.ts';
import { microstructure } from './microstructure.ts';
import { percentage } from './percentage.ts';
import { smart } from './smart.ts';
import { volatility } from './volatility.ts';

export type { ExitContext, ExitMethodName, ExitsConfig } from './method.ts';

export interface Exits {
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** From the entry to the stop, ticks: what leverage must keep the liquidation price behind. */
  readonly stopDistance: number;
  /** Reward to risk, before costs. */
  readonly rewardRisk: number;
  /** Reward to risk when the round trip's costs are taken from the one and added to the other. */
  readonly rewardRiskNet: number;
  readonly method: ExitMethodName;
  /** Which method and why, in words. */
  readonly note: string;
}

export type ExitRefusal =
  /** Row T6; the target's worth in round-trip costs; a price at or below zero (`limit` and `actual` in ticks). */
  | { readonly reason: 'rewardRisk' | 'costs' | 'price'; readonly limit: number; readonly actual: number }
  /** The configured method's figure is not known, and it is not `smart`, which would fall back. */
  | { readonly reason: 'data'; readonly missing: string };

const METHODS: Readonly<Record<ExitMethodName, ExitMethod>> = {
  percentage,
  atr,
  volatility,
  microstructure,
};

/**
 * Take profit and stop loss for an entry: the configured method says how far, row T6 keeps the ratio, and the target must
 * be worth its costs. Both exits lie on the tick grid at least one tick away; rounding goes outward for both, so neither
 * is nearer than asked, and the ratio holds on the grid too.
 */
export function placeExits(
  config: ExitsConfig,
  instrument: Instrument,
  context: ExitContext,
): Result<Exits, ExitRefusal> {
  const { entry, roundTripCost } = context;
  const chosen = choose(config, instrument, context);
  if (!chosen.ok) return chosen;
  const kept = keepRatio(config, chosen.value.distances);
  if (!kept.ok) return kept;
  const { reward, risk, note } = kept.value;

  const cost = roundTripCost * entry;
  if (reward < config.costMultipleMin * cost)
    return refuse({ reason: 'costs', limit: config.costMultipleMin, actual: reward / cost });

  const riskTicks = outward(risk);
  // on a coarse grid the stop's rounding would eat the ratio: the target goes out by as much
  const rewardTicks = Math.max(outward(reward), outward(config.rewardRiskMin * riskTicks));
  const sign = context.direction === 'long' ? 1 : -1;
  const takeProfit = ticks(entry + sign * rewardTicks);
  const stopLoss = ticks(entry - sign * riskTicks);
  if (takeProfit <= 0 || stopLoss <= 0)
    return refuse({ reason: 'price', limit: 1, actual: Math.min(takeProfit, stopLoss) });
  return ok({
    takeProfit,
    stopLoss,
    stopDistance: riskTicks,
    rewardRisk: rewardTicks / riskTicks,
    rewardRiskNet: (rewardTicks - cost) / (riskTicks + cost),
    method: chosen.value.method,
    note,
  });
}

/**
 * The farthest price at which an entry with these exits keeps the least ratio and its target's worth in costs: how far an order
 * may follow the market while its exits stay.
 */
export function farthestEntry(
  { rewardRiskMin, costMultipleMin }: ExitsConfig,
  { takeProfit, stopLoss }: Pick<Exits, 'takeProfit' | 'stopLoss'>,
  roundTripCost: number,
): Ticks {
  const sign = takeProfit > stopLoss ? 1 : -1;
  // (target − entry) = ratio · (entry − stop), and (target − entry) = multiple · cost · entry
  const byRatio = (takeProfit + rewardRiskMin * stopLoss) / (1 + rewardRiskMin);
  const byCosts = takeProfit / (1 + sign * costMultipleMin * roundTripCost);
  return ticks(
    sign > 0 ? Math.floor(Math.min(byRatio, byCosts) + 1e-9) : Math.ceil(Math.max(byRatio, byCosts) - 1e-9),
  );
}

/** In words, for the journal and the page. */
export function describeExitRefusal(refusal: ExitRefusal): string {
  switch (refusal.reason) {
    case 'data':
      return `no exits: ${refusal.missing} not known yet`;
    case 'price':
      return `no exits: one would lie at ${refusal.actual} ticks`;
    case 'costs':
      return `target is worth ${refusal.actual.toFixed(2)} round-trip costs, at least ${refusal.limit} wanted`;
    case 'rewardRisk':
      return `reward to risk is ${refusal.actual.toFixed(2)}, at least ${refusal.limit} wanted`;
  }
}

interface Choice {
  readonly method: ExitMethodName;
  readonly distances: Distances;
}

function choose(
  config: ExitsConfig,
  instrument: Instrument,
  context: ExitContext,
): Result<Choice, ExitRefusal> {
  const { method } = config;
  if (method === 'smart') return ok(smart(config, instrument, context));
  const placed = METHODS[method](config, instrument, context);
  if (!placed.ok) return refuse({ reason: 'data', missing: placed.error });
  return ok({ method, distances: placed.value });
}

/** Row T6: a poor ratio is mended by moving the target out, or refused. */
function keepRatio(config: ExitsConfig, asked: Distances): Result<Distances, ExitRefusal> {
  const ratio = asked.reward / asked.risk;
  if (ratio >= config.rewardRiskMin - 1e-9) return ok(asked);
  if (!config.moveTakeProfit)
    return refuse({ reason: 'rewardRisk', limit: config.rewardRiskMin, actual: ratio });
  return ok({
    reward: asked.risk * config.rewardRiskDefault,
    risk: asked.risk,
    note: `${asked.note}, take profit moved out to ${config.rewardRiskDefault} R`,
  });
}

const outward = (distance: number): number => Math.max(1, Math.ceil(distance - 1e-9));
