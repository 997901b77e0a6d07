import type { Instrument } from '../instrument.ts';
import { type KellyConfig, kellyRisk } from '../risk/kelly.ts';
import type { TrackRecord } from '../risk/track-record.ts';
import { type Lots, lots, type Side, signOf } from '../units.ts';

export interface SizingConfig {
  /**
   * `auto`: row P1 alone. `kelly`: row P1, but never more than Kelly allows for the record so far. A cap and not a size of
   * its own: an estimated edge may take risk away, it never adds any.
   */
  readonly mode: 'auto' | 'kelly';
  readonly kelly: KellyConfig;
  /** Row P1, in units of `baseUnit`: 0.01 is 0.01 BTC. */
  readonly baseSize: number;
  /** `coin`: the base coin; `quote`: quote currency, the same for every instrument whatever its price. */
  readonly baseUnit: 'coin' | 'quote';
  /** Row P1: size at confidence 1 is `baseSize × multiplier`, before volatility. */
  readonly multiplier: number;
  /** Row P2. */
  readonly leverageMin: number;
  readonly leverageMax: number;
  readonly leverageCurve: number;
  /** Row R2: the k of 1 / (1 + k·σ). */
  readonly volatilityFactor: number;
}

/** An entry that is being sized. Prices in ticks. */
export interface SizeContext {
  readonly side: Side;
  readonly price: number;
  readonly stopLoss: number;
  readonly confidence: number;
  /** Daily volatility, a fraction. */
  readonly sigma: number;
  /** Settlement currency. */
  readonly equity: number;
  readonly record: TrackRecord;
  readonly takerFee: number;
}

export interface Size {
  readonly size: Lots;
  /** Empty, or how Kelly cut it, in words. */
  readonly note: string;
}

/** Rows P1 and R1: whole lots, rounded down; may be less than the venue takes, which risk then refuses. */
export function entrySize(config: SizingConfig, instrument: Instrument, context: SizeContext): Size {
  const { side, price, stopLoss, confidence, sigma, equity, record, takerFee } = context;
  const amount = autoSize(config, confidence, sigma);
  const coins = config.baseUnit === 'coin' ? amount : amount / instrument.priceToNumber(price);
  const auto = sizeToLots(instrument, coins, price);
  if (config.mode === 'auto') return { size: auto, note: '' };
  const risk = kellyRisk(config.kelly, record);
  const perLot = lossAtStop(instrument, side, 1, price, stopLoss, takerFee);
  const most = Math.max(0, Math.floor((risk * equity) / perLot + 1e-9));
  if (!(most < auto)) return { size: auto, note: '' };
  const trades = record.wins + record.losses;
  const share = `${Math.round(risk * 1e5) / 1e3} %`;
  return {
    size: lots(most),
    note: `Kelly over ${trades} trades risks ${share} of equity: size ${instrument.formatSize(lots(most))} instead of ${instrument.formatSize(auto)}`,
  };
}

/** What an entry at `price` loses when its stop fills at its trigger, both taker fees in it; settlement currency, positive. */
export function lossAtStop(
  instrument: Instrument,
  side: Side,
  size: number,
  price: number,
  stopLoss: number,
  takerFee: number,
): number {
  const moved = instrument.profitNumber(signOf(side) * size, price, stopLoss);
  return (instrument.valueNumber(size, price) + instrument.valueNumber(size, stopLoss)) * takerFee - moved;
}

/** Row R2: 1 / (1 + k·σ), σ a fraction a day (0.018 = 1.8 %). */
export const volatilityAdjustment = (factor: number, sigma: number): number => 1 / (1 + factor * sigma);

/** Row P1, in the unit of the base: base · (1 + confidence · (multiplier − 1)) · adjustment. */
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
