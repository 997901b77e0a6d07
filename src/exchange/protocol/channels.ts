import { BARS } from '../history/candles.ts';
import type { Door } from './session.ts';

/** What a channel is: behind which door, and whether it is about the market or about an account. */
export interface Channel {
  readonly door: Exclude<Door, 'all'>;
  readonly about: 'market' | 'account' | 'house';
  /** Needs a login though it is about the market. */
  readonly login: boolean;
  /** Wants to be told an `instType`. */
  readonly typed: boolean;
}

/** What an `instType` may be; only swaps are traded here. */
export const INSTRUMENT_TYPES: readonly string[] = ['SWAP', 'ANY', 'SPOT', 'MARGIN', 'FUTURES', 'OPTION'];
export const isAboutSwaps = (instType: string): boolean => ['', 'SWAP', 'ANY'].includes(instType);

const market = (door: Channel['door'], login = false): Channel => ({
  door,
  about: 'market',
  login,
  typed: false,
});
const account = (door: Channel['door'], typed: boolean): Channel => ({
  door,
  about: 'account',
  login: true,
  typed,
});
const house = (door: Channel['door'], typed: boolean): Channel => ({
  door,
  about: 'house',
  login: false,
  typed,
});

export const CHANNELS: ReadonlyMap<string, Channel> = new Map<string, Channel>([
  ['books', market('public')],
  ['books5', market('public')],
  ['bbo-tbt', market('public')],
  ['books-l2-tbt', market('public', true)],
  ['books50-l2-tbt', market('public', true)],
  ['trades', market('public')],
  ['tickers', market('public')],
  ['mark-price', market('public')],
  ['index-tickers', market('public')],
  ['funding-rate', market('public')],
  ['open-interest', market('public')],
  ['price-limit', market('public')],
  ['instruments', house('public', true)],
  ['liquidation-orders', house('public', true)],
  ['status', house('public', false)],
  ['adl-warning', house('public', true)],
  ['trades-all', market('business')],
  ...Object.keys(BARS).flatMap((bar): [string, Channel][] => [
    [`candle${bar}`, market('business')],
    [`mark-price-candle${bar}`, market('business')],
    [`index-candle${bar}`, market('business')],
  ]),
  ['orders', account('private', true)],
  ['account', account('private', false)],
  ['positions', account('private', true)],
  ['balance_and_position', account('private', false)],
  ['orders-algo', account('business', true)],
  ['fills', account('private', false)],
  ['algo-advance', account('business', true)],
]);
