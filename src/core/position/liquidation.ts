import type { Instrument } from '../instrument.ts';

export interface MarginRates {
  /** Maintenance margin, fraction of the notional. */
  readonly maintenanceRate: number;
  /** Fee of the closing order, fraction of the notional. */
  readonly takerFee: number;
}

/** These rates, or those of the tier that so many lots (unsigned) are in where that asks for more. */
export function ratesAt(instrument: Instrument, size: number, rates: MarginRates): MarginRates {
  const tier = instrument.tierOf(size);
  if (tier === null || tier.maintenanceRate <= rates.maintenanceRate) return rates;
  return { maintenanceRate: tier.maintenanceRate, takerFee: rates.takerFee };
}

/**
 * Mark price (fractional ticks) at which a position opened at `entry` with `leverage` and no margin but its own is
 * liquidated: what is left of the margin is then just maintenance margin and closing fee. 0 for a long and Infinity for a
 * short that no price can liquidate.
 *
 * With cross margin the rest of the balance stands behind the position as well and the true price lies further away: this
 * one errs to the safe side as long as other positions do not eat that balance.
 *
 * Source: OKX, "isolated margin mode": long (entry − margin a coin) / (1 − m − f), short (entry + margin a coin) / (1 + m + f); inverse
 * contracts the same in 1 / price.
 */
export function liquidationPrice(
  instrument: Instrument,
  direction: 'long' | 'short',
  entry: number,
  leverage: number,
  rates: MarginRates,
): number {
  const kept = rates.maintenanceRate + rates.takerFee;
  const margin = 1 / leverage;
  if (direction === 'long')
    return instrument.inverse
      ? (entry * (1 + kept)) / (1 + margin)
      : Math.max(0, (entry * (1 - margin)) / (1 - kept));
  if (!instrument.inverse) return (entry * (1 + margin)) / (1 + kept);
  return margin >= 1 ? Infinity : (entry * (1 - kept)) / (1 - margin);
}

/**
 * The largest leverage (fractional) at which that price does not come nearer than `bound`, which lies on the losing side of
 * the entry; Infinity when none does, less than 1 when no leverage helps.
 */
export function leverageBehind(
  instrument: Instrument,
  direction: 'long' | 'short',
  entry: number,
  bound: number,
  rates: MarginRates,
): number {
  const kept = rates.maintenanceRate + rates.takerFee;
  const ratio = bound / entry;
  let marginMin: number;
  if (instrument.inverse) marginMin = direction === 'long' ? (1 + kept) / ratio - 1 : 1 - (1 - kept) / ratio;
  else marginMin = direction === 'long' ? 1 - ratio * (1 - kept) : ratio * (1 + kept) - 1;
  return marginMin > 0 ? 1 / marginMin : Infinity;
}

/** A position that stands or falls with others of its instrument. */
export interface Carried {
  /** Signed lots. */
  readonly size: number;
  /** What has to remain of its value: maintenance margin and the fee of closing, fraction of the notional. */
  readonly rate: number;
}

/**
 * Mark price (fractional ticks) at which `equity`, as it moves with these positions of one instrument, is just what has to
 * remain of them; `mark` is where the equity was counted. 0 where no price does that.
 *
 * An isolated position is carried by its own margin and P&L. A cross position is carried by all the equity of its settlement
 * currency, less what other instruments have to keep; in hedge mode both legs move it, and they have this price in common.
 *
 * Source: OKX v5, maintenance margin ratio 100 %: equity = Σ value × (maintenance rate + taker rate). All other marks stand still.
 */
export function exhaustionPrice(
  instrument: Instrument,
  positions: readonly Carried[],
  mark: number,
  equity: number,
): number {
  const unit = instrument.valueNumber(1, 1);
  let net = 0;
  let kept = 0;
  for (const { size, rate } of positions) {
    net += size * unit;
    kept += Math.abs(size) * unit * rate;
  }
  const price = instrument.inverse
    ? (net + kept) / (equity + net / mark)
    : (net * mark - equity) / (net - kept);
  return Number.isFinite(price) && price > 0 ? price : 0;
}
