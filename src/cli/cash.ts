import { InvalidArgumentError } from 'commander';
import { parseMoney } from '../core/instrument.ts';
import { listings } from '../exchange/market/instruments.ts';

/** Cash by currency, decimal text. */
export type Cash = Readonly<Record<string, string>>;

/** Enough for both kinds of contract: the linear ones settle in USDT, the inverse one in BTC. */
export const DEFAULT_CASH: Cash = { USDT: '10000', BTC: '1' };

/** `USDT=10000,BTC=1`, which replaces the default rather than adding to it. */
export function parseCash(text: string): Cash {
  const currencies = [...new Set(listings().map(({ instrument }) => instrument.settleCurrency))];
  const cash: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [, currency, amount] = /^\s*([A-Za-z]+)=(\d+(?:\.\d{1,18})?)\s*$/.exec(part) ?? [];
    if (currency === undefined || amount === undefined)
      throw new InvalidArgumentError(`"${part}": expected amounts by currency such as USDT=10000,BTC=1`);
    if (!currencies.includes(currency))
      throw new InvalidArgumentError(
        `nothing here settles in ${currency}: expected ${currencies.join(' or ')}`,
      );
    if (currency in cash) throw new InvalidArgumentError(`${currency} is named twice`);
    if (parseMoney(amount) === 0n)
      throw new InvalidArgumentError(`${currency}=${amount}: leave out what there is none of`);
    cash[currency] = amount;
  }
  return cash;
}

export function cashText(cash: Cash): string {
  return Object.entries(cash)
    .map(([currency, amount]) => `${currency}=${amount}`)
    .join(',');
}
