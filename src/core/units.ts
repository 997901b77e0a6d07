/**
 * Branded numbers. A price is integer ticks, a size integer lots, from codec to codec; decimals exist only on
 * the wire and on the screen (see `instrument.ts`, the only converter).
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Price in ticks of its instrument: 65,123.4 at tick size 0.1 is 651234. */
export type Ticks = Unit<'ticks'>;
/** Size in lots of its instrument: 0.37 contracts at lot size 0.01 is 37. Signed where a direction is meant. */
export type Lots = Unit<'lots'>;
/** Unix time in milliseconds, as OKX stamps it. */
export type Ms = Unit<'ms'>;
/** Unix time in microseconds, as our own clock stamps it (fits a double until the year 2255). */
export type Us = Unit<'us'>;

/**
 * Money in units of 1e-18 of a settlement currency. A bigint, so that sums are exact: P&L, fees and funding add
 * up to the balance change to the last digit. Touched per fill, never per market event.
 */
export type Money = bigint & { readonly [moneyUnit]: 'money' };
declare const moneyUnit: unique symbol;

export const MONEY_DECIMALS = 18;

export const ticks = (value: number): Ticks => value as Ticks;
export const lots = (value: number): Lots => value as Lots;
export const ms = (value: number): Ms => value as Ms;
export const us = (value: number): Us => value as Us;
export const money = (value: bigint): Money => value as Money;
export const NO_MONEY = money(0n);

export const msToUs = (value: Ms): Us => us(value * 1000);
export const usToMs = (value: Us): Ms => ms(Math.floor(value / 1000));

/** `side` is buy or sell; `direction` (long or short) is its sign: +1 or −1. */
export type Side = 'buy' | 'sell';
export const signOf = (side: Side): 1 | -1 => (side === 'buy' ? 1 : -1);
export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
