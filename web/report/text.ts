/** Numbers, times and names as this report writes them. All times are UTC. */
import type { Figure } from '../../src/study/metrics/figure.ts';
import { ABSENT, fixed, signed } from '../src/format.ts';

export { ABSENT, fixed, signed } from '../src/format.ts';

/** Stablecoins and dollars in cents, coins in a millionth. */
export const moneyDecimals = (currency: string): number => (/^USD/.test(currency) ? 2 : 6);

/** `10,000.00 USDT`, `5 accounts of 10,000.00 USDT`: the same sum is said once. */
export function startsText(
  accounts: readonly { readonly startBalance: string; readonly currency: string }[],
): string {
  const counts = new Map<string, number>();
  for (const { startBalance, currency } of accounts) {
    const sum = `${fixed(Number(startBalance), moneyDecimals(currency))} ${currency}`;
    counts.set(sum, (counts.get(sum) ?? 0) + 1);
  }
  return [...counts].map(([sum, count]) => (count === 1 ? sum : `${count} accounts of ${sum}`)).join(' and ');
}

/** Three digits that count: 12.3 %, 1.23 %, 0.123 %. */
const decimalsOf = (fraction: number): number => {
  const size = Math.abs(fraction * 100);
  return size >= 9.995 || size === 0 ? 1 : size >= 0.09995 ? 2 : 3;
};

export const percent = (fraction: number, decimals = decimalsOf(fraction)): string =>
  Number.isFinite(fraction) ? `${signed(fraction * 100, decimals)} %` : ABSENT;
export const share = (fraction: number, decimals = decimalsOf(fraction)): string =>
  Number.isFinite(fraction) ? `${fixed(fraction * 100, decimals)} %` : ABSENT;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const monthName = (month: number): string => MONTHS[month - 1] ?? String(month);

const two = (value: number): string => String(value).padStart(2, '0');
/** 7 May */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}
/** 2022-05-07 */
export const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** 2022-05-07 14:05 */
export const minute = (at: number): string => `${date(at)} ${new Date(at).toISOString().slice(11, 16)}`;
/** 2022-05-07 14:05:09 */
export const second = (at: number): string => `${minute(at)}:${two(new Date(at).getUTCSeconds())}`;

/** 42 s, 12 min, 3 h 07, 5 d 3 h */
export function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const BAR_UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
] as const;
/** 5m, 1h, 3d */
export function barName(ms: number): string {
  const unit = BAR_UNITS.find(([length]) => ms % length === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[0]}${unit[1]}`;
}

/** BTC-USDT of BTC-USDT-SWAP: here everything is a swap. */
export const shortSymbol = (symbol: string): string => symbol.replace(/-SWAP$/, '');

const REASONS: Readonly<Record<string, string>> = {
  takeProfit: 'Take profit',
  stopLoss: 'Stop loss',
  close: 'Closed',
  liquidation: 'Liquidation',
  timeStop: 'Time stop',
  trailingStop: 'Trailing stop',
  breakEven: 'Break-even stop',
  endOfData: 'End of data',
};
/** `takeProfit` is `Take profit`; other words of that kind are taken apart the same way. */
export function reasonName(reason: string): string {
  const known = REASONS[reason];
  if (known !== undefined) return known;
  const words = reason.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A refusal's name in words; what is already words stays as it is. */
export const refusalName = (reason: string): string =>
  /^[a-z]+([A-Z][a-z]*)*$/.test(reason) ? reasonName(reason) : reason;

/** Money whose cents count only while it is small. */
export const roughly = (value: number, decimals: number): string =>
  signed(value, decimals > 2 ? decimals : Math.abs(value) < 10 ? 2 : 0);

/** The value in its unit, or `not enough`. */
export const figureText = (figure: Figure, format: (value: number) => string): string =>
  figure.value === null
    ? figure.why.startsWith('not enough')
      ? 'not enough'
      : 'none'
    : format(figure.value);

/** `0.3 … 1.9`; empty without an interval. */
export function intervalText({ low, high }: Figure, format: (value: number) => string): string {
  if (low === null && high === null) return '';
  return `${low === null ? '−∞' : format(low)} … ${high === null ? '∞' : format(high)}`;
}

export const toneOf = (value: number | null): '' | 'gain' | 'loss' =>
  value === null || value === 0 || Number.isNaN(value) ? '' : value > 0 ? 'gain' : 'loss';
