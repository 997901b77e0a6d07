import type { Instrument } from '../instrument.ts';
import { type Lots, lots } from '../units.ts';

export interface SizingConfig {
  /** Row P1, in base coin: 0.01 is 0.01 BTC. */
  readonly baseSize: number;
  /** Row P1: size at confidence 1 is `baseSize × multiplier`, before volatility. */
  readonly multiplier: number;
  /** Row P2. */
  readonly leverageMin: number;
  readonly leverageMax: number;
  readonly leverageCurve: number;
  /** Row R2: the k of 1 / (1 + k·σ). */
  readonly volatilityFactor: number;
}

/** Row R2: 1 / (1 + k·σ), σ a fraction a day (0.018 = 1.8 %). */
export const volatilityAdjustment = (factor: number, sigma: number): number => 1 / (1 + factor * sigma);

/** Row P1, in base coin: base · (1 + confidence · (multiplier − 1)) · adjustment. */
export function autoSize(config: SizingConfig, confidence: number, sigma: number): number {
  return (
    config.baseSize *
    (1 + confidence * (config.multiplier - 1)) *
    volatilityAdjustment(config.volatilityFactor, sigma)
  );
}

/** Row P2: min + (max − min) · confidence^curve · adjustment. */
export function autoLeverage(config: SizingConfig, confidence: number, sigma: number): number {
  return (
    config.leverageMin +
    (config.leverageMax - config.leverageMin) *
      confidence ** config.leverageCurve *
      volatilityAdjustment(config.volatilityFactor, sigma)
  );
}

/** Base coin to whole lots, rounded down; `price` in ticks (an inverse contract is worth quote currency). */
export function sizeToLots(instrument: Instrument, baseCoin: number, price: number): Lots {
  const perLot = instrument.inverse
    ? instrument.valuePerLot / instrument.priceToNumber(price)
    : instrument.valuePerLot;
  return lots(Math.floor(baseCoin / perLot + 1e-9));
}
