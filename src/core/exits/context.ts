import type { Market } from '../market.ts';
import type { Ticks } from '../units.ts';
import type { ExitContext } from './method.ts';

/** Support and resistance that the book shows (`levels.ts`); none where there is no book. */
export interface ShownLevels {
  readonly supports: readonly Ticks[];
  readonly resistances: readonly Ticks[];
}

/** What is known now for the exits of an entry at `entry`. `takerFee` as a fraction. */
export function exitContextOf(
  market: Market,
  shown: ShownLevels,
  direction: 'long' | 'short',
  entry: Ticks,
  takerFee: number,
): ExitContext {
  // and what the candles turned at
  const { support, resistance } = market.strategies;
  return {
    direction,
    entry,
    atr: market.atr.value,
    sigma: market.volatility.perBar,
    sigmaLong: market.volatilityLong.perBar,
    spread: market.quote.spread,
    imbalance: market.depthImbalance,
    supports: support === null ? shown.supports : [...shown.supports, support],
    resistances: resistance === null ? shown.resistances : [...shown.resistances, resistance],
    roundTripCost: 2 * takerFee + market.quote.spread / market.quote.mid,
  };
}
