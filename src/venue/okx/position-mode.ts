import { type Row, textOf } from './codec/fields.ts';

/** OKX's position mode, from `account/config`: what is not said to be hedge mode is net mode. */
export const isHedged = (config: Row): boolean => textOf(config, 'posMode') === 'long_short_mode';

/** What is said while the account is in hedge mode. See docs/decisions/0013-position-mode.md. */
export const HEDGED =
  'the account is in hedge mode (long_short_mode), orders here need net mode: put it back in net mode, or use a sub-account';

/** OKX's answer to an order that names no position side, in hedge mode: 51000, "Parameter posSide error". */
export const wantsPositionSide = (code: string, message: string): boolean =>
  code === '51000' && /posSide/i.test(message);
