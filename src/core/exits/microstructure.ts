import { ok, refuse } from '../result.ts';
import { ticks } from '../units.ts';
import { atr } from './atr.ts';
import type { ExitMethod } from './method.ts';
import { volatility } from './volatility.ts';

/**
 * Row T4: the distances of T3 (of T2 while no volatility is known), then three steps, each with a direction:
 *
 * 1. shifted by the book: both exits move the way that the book leans, by `imbalanceShift` of the stop distance at an
 *    imbalance of ±1. Leaning our way: the target further, the stop nearer (when price goes against such a book, the
 *    reason for the entry is gone). Leaning against us: the target nearer, the stop with more room.
 * 2. widened by the spread: both exits go out by `spreadMultiple` spreads. A stop is filled at the other side of the
 *    book, and a bounce between bid and ask must not trigger it.
 * 3. behind a level: the nearest support (long) or resistance (short) that, with its buffer, lies beyond the stop but within
 *    `levelReach` times its distance moves the stop behind it; of those nearer, the stop is behind as it is. It is never
 *    drawn in to a level: what rests in a book may be gone in a second, and this way a false level can cost a bounded
 *    widening and nothing else.
 *
 * Imbalance speaks of the next ticks, not of the minutes that a trade lasts, so the default shift is small.
 */
export const microstructure: ExitMethod = (config, instrument, context) => {
  const { direction, entry, imbalance } = context;
  if (imbalance === null || !Number.isFinite(imbalance)) return refuse('book imbalance');
  const byVolatility = volatility(config, instrument, context);
  const base = byVolatility.ok ? byVolatility : atr(config, instrument, context);
  if (!base.ok) return base;

  const sign = direction === 'long' ? 1 : -1;
  const lean = sign * Math.min(1, Math.max(-1, imbalance));
  const shift = config.imbalanceShift * lean * base.value.risk;
  const spread = Math.max(0, context.spread);
  const reward = base.value.reward + shift + config.spreadMultiple * spread;
  let risk = base.value.risk - shift + config.spreadMultiple * spread;
  let note = `${base.value.note}, book leans ${(lean * 100).toFixed(0)} % our way, spread ${instrument.priceToNumber(spread)}`;

  const levels = direction === 'long' ? context.supports : context.resistances;
  const buffer = Math.max(1, config.levelBuffer * risk);
  let hidden = Number.POSITIVE_INFINITY;
  for (const level of levels) {
    const behind = sign * (entry - level) + buffer;
    if (level > 0 && behind > risk && behind <= config.levelReach * risk) hidden = Math.min(hidden, behind);
  }
  if (hidden < Number.POSITIVE_INFINITY) {
    const level = instrument.formatPrice(ticks(Math.round(entry - sign * (hidden - buffer))));
    note += `, stop behind ${direction === 'long' ? 'support' : 'resistance'} ${level}`;
    risk = hidden;
  }
  return ok({ reward, risk, note });
};
