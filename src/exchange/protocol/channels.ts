import { BARS } from '../history/candles.ts';
import type { Door } from './session.ts';

/** What a channel is: behind which door, and whether it is about the market or about an account. */
export interface Channel {
  readonly door: Exclude<Door, 'all'>;
  readonly about: 'market' | 'account' | 'house';
  /** Needs a login though it is about the market. */
  readonly login: boolean;
}

const market = (door: Channel['door'], login = false): Channel => ({ door, about: 'market', login });
const account = (door: Channel['door']): Channel => ({ door, about: 'account', login: true });
const house = (door: Channel['door']): Channel => ({ door, about: 'house', login: false });

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
  ['instruments', house('public')],
  ['liquidation-orders', house('public')],
  ['status', house('public')],
  ['adl-warning', house('public')],
  ['trades-all', market('business')],
  ...Object.keys(BARS).flatMap((bar): [string, Channel][] => [
    [`candle${bar}`, market('business')],
    [`mark-price-candle${bar}`, market('business')],
    [`index-candle${bar}`, market('business')],
  ]),
  ['orders', account('private')],
  ['account', account('private')],
  ['positions', account('private')],
  ['balance_and_position', account('private')],
  ['orders-algo', account('business')],
  ['fills', account('private')],
  ['algo-advance', account('business')],
]);
