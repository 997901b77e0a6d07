import type { Market } from '../market.ts';
import type { Ticks } from '../units.ts';
import { bookLevels, type LevelRule } from './levels.ts';
import type { ExitContext } from './method.ts';

/**
 * What is known now for the exits of an entry at `entry`. Looks at the book's levels: for the moment of an entry, or once a
 * second, not for every frame. `takerFee` as a fraction.
 */
export const exitContextOf = (
  market: Market,
  rule: LevelRule,
  direction: 'long' | 'short',
  entry: Ticks,
  takerFee: number,
): ExitContext => ({
  direction,
  entry,
  atr: market.atr.value,
  sigma: market.volatility.perBar,
  sigmaLong: market.volatilityLong.perBar,
  spread: market.quote.spread,
  imbalance: market.depthImbalance,
  ...levelsOf(market, rule),
  roundTripCost: 2 * takerFee + market.quote.spread / market.quote.mid,
});

/** Support and resistance: what rests in the book where there is one, and what the candles turned at. */
function levelsOf(
  { book, strategies }: Market,
  rule: LevelRule,
): { supports: readonly Ticks[]; resistances: readonly Ticks[] } {
  const { supports, resistances } = book.valid ? bookLevels(book, rule) : { supports: [], resistances: [] };
  return {
    supports: strategies.support === null ? supports : [...supports, strategies.support],
    resistances: strategies.resistance === null ? resistances : [...resistances, strategies.resistance],
  };
}
