import { decimalsOf, divRound, formatDecimal, parseDecimal } from './decimal.ts';
import { type Lots, lots, MONEY_DECIMALS, type Money, money, type Ticks, ticks } from './units.ts';

/** What OKX's `public/instruments` says of an instrument, as decimal strings. */
export interface InstrumentSpec {
  readonly instId: string;
  readonly instType: string;
  /** `linear` settles in the quote currency, `inverse` in the base coin; spot counts as linear with ctVal 1. */
  readonly ctType: 'linear' | 'inverse';
  readonly tickSz: string;
  readonly lotSz: string;
  readonly minSz: string;
  readonly ctVal: string;
  readonly ctMult: string;
  readonly settleCcy: string;
  /** Largest leverage the venue grants; `""` where there is none. */
  readonly lever?: string;
  readonly maxLmtSz?: string;
  readonly maxMktSz?: string;
  /** OKX's integer id, wanted by WebSocket order operations. */
  readonly instIdCode?: number;
  /** From `public/position-tiers`, lowest first; absent where nobody asked. */
  readonly tiers?: readonly TierSpec[];
}

/** A position tier in OKX's words: up to `maxSz` contracts, all of a position has this maintenance margin rate. */
export interface TierSpec {
  readonly maxSz: string;
  readonly mmr: string;
}

/** Up to `sizeMax` lots. */
export interface Tier {
  readonly sizeMax: Lots;
  /** Maintenance margin, fraction of the notional: as told, and as a plain number. */
  readonly maintenance: string;
  readonly maintenanceRate: number;
}

/**
 * One tradable instrument: knows tick size, lot size, contract value and multiplier, and whether it is linear or
 * inverse. The only place where integers become decimals and prices become money.
 */
export class Instrument {
  readonly id: string;
  readonly type: string;
  readonly inverse: boolean;
  readonly settleCurrency: string;
  readonly code: number;
  readonly leverageMax: number;
  readonly sizeMin: Lots;
  readonly limitSizeMax: Lots;
  readonly marketSizeMax: Lots;
  /** Lowest first; empty where they are not known. */
  readonly tiers: readonly Tier[];
  /** Tick size and lot size as plain numbers, for display and for statistics, never for money. */
  readonly tickSize: number;
  readonly lotSize: number;
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  /** Base coin (linear) or quote currency (inverse) per lot, as a plain number for statistics. */
  readonly valuePerLot: number;
  private readonly tickUnits: bigint;
  private readonly tickNumerator: number;
  private readonly tickDenominator: number;
  private readonly lotUnits: bigint;
  /** linear: money per lot·tick; inverse: money·ticks per lot × `divisor` (divide by the price in ticks and by it). */
  private readonly quantum: bigint;
  /** 1 for linear contracts. Kept apart from `quantum` so that the one rounding is the last step. */
  private readonly divisor: bigint;
  readonly spec: InstrumentSpec;

  constructor(spec: InstrumentSpec) {
    this.spec = spec;
    this.id = spec.instId;
    this.type = spec.instType;
    this.inverse = spec.ctType === 'inverse';
    this.settleCurrency = spec.settleCcy;
    this.code = spec.instIdCode ?? 0;
    this.leverageMax = spec.lever ? Number(spec.lever) : 1;
    this.tickSize = Number(spec.tickSz);
    this.lotSize = Number(spec.lotSz);
    this.valuePerLot = Number(spec.ctVal) * Number(spec.ctMult) * this.lotSize;
    const tick = this.positive('tick size (tickSz)', spec.tickSz);
    const lot = this.positive('lot size (lotSz)', spec.lotSz);
    const value = this.positive('contract value (ctVal)', spec.ctVal);
    const multiplier = this.positive('contract multiplier (ctMult)', spec.ctMult);
    this.priceDecimals = tick.decimals;
    this.sizeDecimals = lot.decimals;
    this.tickUnits = tick.units;
    this.tickNumerator = Number(tick.units);
    this.tickDenominator = 10 ** tick.decimals;
    this.lotUnits = lot.units;

    // one lot is worth perLot / perLotScale of the contract's value currency, exactly
    const perLot = value.units * multiplier.units * lot.units;
    const perLotScale = 10n ** BigInt(value.decimals + multiplier.decimals + lot.decimals);
    const tickScale = 10n ** BigInt(tick.decimals);
    const one = 10n ** BigInt(MONEY_DECIMALS);
    if (this.inverse) {
      this.quantum = one * perLot * tickScale;
      this.divisor = perLotScale * tick.units;
    } else {
      const product = one * perLot * tick.units;
      if (product % (perLotScale * tickScale) !== 0n)
        throw new RangeError(
          `${spec.instId}: one lot × one tick is finer than 1e-${MONEY_DECIMALS} ${spec.settleCcy}`,
        );
      this.quantum = product / (perLotScale * tickScale);
      this.divisor = 1n;
    }
    this.sizeMin = this.leastSize(spec.minSz || spec.lotSz);
    this.limitSizeMax = this.ceiling(spec.maxLmtSz);
    this.marketSizeMax = this.ceiling(spec.maxMktSz);
    this.tiers = this.tiersOf(spec.tiers ?? []);
  }

  /** Where a position of so many lots (unsigned) is in `tiers`, beyond the last in the last; −1 where none is known. */
  tierIndex(size: number): number {
    const { tiers } = this;
    for (let at = 0; at < tiers.length; at++) if (size <= tiers[at]!.sizeMax) return at;
    return tiers.length - 1;
  }

  /** The tier of a position of so many lots (unsigned); null where none is known. */
  tierOf(size: number): Tier | null {
    return this.tiers[this.tierIndex(size)] ?? null;
  }

  private tiersOf(specs: readonly TierSpec[]): Tier[] {
    let before = 0;
    return specs.map(({ maxSz, mmr }) => {
      // OKX counts contracts, whole ones: a part of a lot more is the next tier's
      const sizeMax = Math.floor(Number(maxSz) / this.lotSize + 1e-9);
      const maintenanceRate = Number(mmr);
      if (!(sizeMax > before && maintenanceRate > 0 && maintenanceRate < 1))
        throw new RangeError(
          `${this.id}: position tier up to ${maxSz} contracts at ${mmr}: not above the one before`,
        );
      before = sizeMax;
      return { sizeMax: lots(sizeMax), maintenance: mmr, maintenanceRate };
    });
  }

  private positive(what: string, text: string): { readonly units: bigint; readonly decimals: number } {
    let decimals: number;
    let units: bigint;
    try {
      decimals = decimalsOf(text);
      units = parseDecimal(text, decimals);
    } catch (error) {
      throw new RangeError(`${this.id}: ${what}: ${(error as Error).message}`);
    }
    if (units <= 0n) throw new RangeError(`${this.id}: ${what} ${text} is not positive`);
    return { units, decimals };
  }

  /** OKX lists instruments whose minimum is finer than their lot (WBTC-BTC in 2022): then one lot is the least. */
  private leastSize(text: string): Lots {
    const minimum = this.positive('minimum size (minSz)', text);
    const wanted = minimum.units * 10n ** BigInt(this.sizeDecimals);
    const step = this.lotUnits * 10n ** BigInt(minimum.decimals);
    return lots(Number((wanted + step - 1n) / step));
  }

  private ceiling(text: string | undefined): Lots {
    if (text === undefined || text === '') return lots(Number.MAX_SAFE_INTEGER);
    return lots(Math.min(Number.MAX_SAFE_INTEGER, Math.floor(Number(text) / this.lotSize + 1e-9)));
  }

  /** Decimal price text to ticks. Throws `RangeError` when it is not a multiple of the tick size. */
  parsePrice(text: string): Ticks {
    return ticks(toUnits(text, this.priceDecimals, this.tickUnits, `price of ${this.id}`, this.spec.tickSz));
  }

  /** Decimal size text (contracts; base coin for spot) to lots. Throws `RangeError` when it is not a multiple. */
  parseSize(text: string): Lots {
    return lots(toUnits(text, this.sizeDecimals, this.lotUnits, `size of ${this.id}`, this.spec.lotSz));
  }

  formatPrice(price: Ticks): string {
    return formatDecimal(BigInt(price) * this.tickUnits, this.priceDecimals);
  }

  formatSize(size: Lots): string {
    return formatDecimal(BigInt(size) * this.lotUnits, this.sizeDecimals);
  }

  /** Price as a plain number in quote currency: for statistics and the screen only. `price` may be fractional. */
  priceToNumber(price: number): number {
    // dividing rounds once, to the double nearest the decimal: 553421 ticks are 55342.1, not 55342.100000000006
    return (price * this.tickNumerator) / this.tickDenominator;
  }

  /** Nearest tick to a plain-number price; `direction` rounds down (−1) or up (+1) instead. */
  priceFromNumber(price: number, direction: -1 | 0 | 1 = 0): Ticks {
    const raw = price / this.tickSize;
    if (direction < 0) return ticks(Math.floor(raw + 1e-9));
    if (direction > 0) return ticks(Math.ceil(raw - 1e-9));
    return ticks(Math.round(raw));
  }

  /**
   * Value of `size` lots at `price`, in settlement currency: q·K·P (linear, exact) or q·K/P (inverse, rounded
   * half away from zero at 1e-18). Signed as `size` is.
   */
  value(size: Lots, price: Ticks): Money {
    if (this.inverse) return money(divRound(BigInt(size) * this.quantum, BigInt(price) * this.divisor));
    return money(BigInt(size) * BigInt(price) * this.quantum);
  }

  /** The price in ticks (fractional) at which `size` lots are worth `value`: an average entry price. */
  averagePrice(size: Lots, value: Money): number {
    if (size === 0) return 0;
    if (this.inverse) return Number(BigInt(size) * this.quantum) / Number(value * this.divisor);
    // keeps 9 digits below the tick, exactly
    return (
      Number(divRound(value * 1_000_000_000n, BigInt(Math.abs(size)) * this.quantum)) / 1e9 / Math.sign(size)
    );
  }

  /** Value of `size` lots at a (possibly fractional) price as a plain number: for risk checks and the screen. */
  valueNumber(size: number, price: number): number {
    const plain = price * this.tickSize;
    return this.inverse ? (size * this.valuePerLot) / plain : size * this.valuePerLot * plain;
  }

  /** P&L of a signed position of `size` lots from `entry` to `exit` (fractional ticks), plain number, settle currency. */
  profitNumber(size: number, entry: number, exit: number): number {
    const change = this.valueNumber(size, exit) - this.valueNumber(size, entry);
    return this.inverse ? -change : change;
  }
}

function toUnits(text: string, decimals: number, step: bigint, what: string, stepText: string): number {
  let units: bigint;
  try {
    units = parseDecimal(text, decimals);
  } catch (error) {
    throw new RangeError(`${what}: ${(error as Error).message} (step ${stepText})`);
  }
  if (units % step !== 0n) throw new RangeError(`${what}: "${text}" is not a multiple of ${stepText}`);
  const value = Number(units / step);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${what}: "${text}" is too large (step ${stepText})`);
  return value;
}

/** Money as decimal text without trailing zeros: `"-12.5"`. */
export const formatMoney = (value: Money): string => formatDecimal(value, MONEY_DECIMALS);
/** Decimal text to money, exactly. Throws `RangeError` when it is not a decimal of at most 18 places. */
export const parseMoney = (text: string): Money => money(parseDecimal(text, MONEY_DECIMALS));
/** Money as a plain number: for the screen and for limits, never summed up into a balance. */
export const moneyToNumber = (value: Money): number => Number(value) / 1e18;

/**
 * `value × rate`, rounded half away from zero at 1e-18. `rate` is a decimal such as `"0.0005"`.
 * Fees: `charge(value, rate)`; the sign convention of a cash change (negative = paid) is the caller's.
 */
export function applyRate(value: Money, rate: string): Money {
  return money(divRound(value * parseDecimal(rate, MONEY_DECIMALS), 10n ** BigInt(MONEY_DECIMALS)));
}
