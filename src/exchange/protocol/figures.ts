import { moneyToNumber } from '../../core/instrument.ts';
import { lots, ticks } from '../../core/units.ts';
import type { Trigger } from '../algos/algo.ts';
import type { Market } from '../market/market.ts';
import { plain } from './text.ts';

/** Ticks, lots, times and triggers as OKX writes them; what is absent is empty text. */

export const priceText = (market: Market, value: number): string =>
  value === 0 ? '' : market.instrument.formatPrice(ticks(value));
export const sizeText = (market: Market, value: number): string => market.instrument.formatSize(lots(value));
export const timeText = (at: number): string => (at === 0 ? '' : String(at));

/** Average price, up to nine digits below the tick. */
export const averageText = (market: Market, averageTicks: number): string =>
  averageTicks === 0
    ? ''
    : plain(averageTicks * market.instrument.tickSize, market.instrument.priceDecimals + 9);

/** Value in dollars of some money of the market's settlement currency. */
export function dollars(market: Market, value: number): number {
  return market.instrument.inverse ? value * market.instrument.priceToNumber(market.mark) : value;
}

/** Dollars for one unit of a settlement currency; 0 where nothing here is priced in it. */
export function dollarPrice(currency: string, markets: readonly Market[]): number {
  if (currency === 'USDT') return 1;
  const market = markets.find(({ listing }) => listing.asset === currency);
  return market === undefined ? 0 : market.instrument.priceToNumber(market.index);
}

/** Dollars that an order or a fill is worth; an inverse contract is worth dollars by itself. */
export function orderValueText(market: Market, size: number, price: number): string {
  const { instrument } = market;
  if (instrument.inverse) return plain(size * instrument.valuePerLot);
  return plain(moneyToNumber(instrument.value(lots(size), ticks(price === 0 ? market.last : price))));
}

export const triggerText = (market: Market, trigger: Trigger | null): string =>
  trigger === null ? '' : market.instrument.formatPrice(ticks(trigger.at));
export const triggeredPriceText = (market: Market, trigger: Trigger | null): string =>
  trigger === null ? '' : trigger.price === 0 ? '-1' : market.instrument.formatPrice(ticks(trigger.price));
