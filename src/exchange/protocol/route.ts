import type { Account } from '../accounts/account.ts';
import type { Fields } from './fields.ts';
import type { Gateway } from './gateway.ts';
import type { Key } from './keys.ts';
import type { RateLimits } from './rate-limits.ts';

/** One REST request, its signature already verified. */
export interface Call {
  readonly gateway: Gateway;
  readonly limits: RateLimits;
  /** Null on public endpoints. */
  readonly key: Key | null;
  /** Query of a GET, body of a POST. */
  readonly fields: Fields;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly msg: string;
  readonly data: readonly unknown[];
}

export interface Limit {
  readonly most: number;
  /** ms */
  readonly window: number;
}

export interface PublicRoute {
  readonly access: 'public';
  readonly limit: Limit;
  readonly answer: (call: Call) => Answer;
}

export interface PrivateRoute {
  readonly access: 'private';
  /** Null where the operation counts by itself, per instrument. */
  readonly limit: Limit | null;
  /** Trading answers carry `inTime` and `outTime`. */
  readonly timed: boolean;
  readonly answer: (call: Call, account: Account) => Answer;
}

export type Route = PublicRoute | PrivateRoute;
/** By method and path below `/api/v5/`: `GET market/books`. */
export type Routes = Readonly<Record<string, Route>>;

export const rows = (...data: readonly unknown[]): Answer => ({ status: 200, code: '0', msg: '', data });
export const no = (code: string, msg: string, status = 200): Answer => ({ status, code, msg, data: [] });
export const wrongParameter = (name: string): Answer => no('51000', `Parameter ${name}  error`, 400);
export const missing = (name: string): Answer => no('50014', `Parameter ${name} can not be empty`, 400);

export const perTwoSeconds = (most: number): Limit => ({ most, window: 2000 });

const WHOLE = /^\d{1,19}$/;

/** The parameter of a list that cannot be read, or null. */
export function unreadable(fields: Fields): Answer | null {
  for (const name of ['after', 'before', 'limit', 'begin', 'end']) {
    const text = fields.text(name);
    if (text !== '' && !WHOLE.test(text)) return wrongParameter(name);
  }
  return null;
}

/**
 * Newest first, in pages: `after` = older than, `before` = newer than, both exclusive. `before` alone gives the page next to
 * it, or, for candles, the newest; both give what lies between, nearest `after`. The parameters are whole numbers:
 * `unreadable` says so before.
 */
export function page<T>(
  items: readonly T[],
  fields: Fields,
  idOf: (item: T) => number,
  most = 100,
  usual = most,
  newestBefore = false,
): T[] {
  const after = Number(fields.text('after') || Number.POSITIVE_INFINITY);
  const before = Number(fields.text('before') || Number.NEGATIVE_INFINITY);
  const limit = Math.max(1, Math.min(most, Number(fields.text('limit') || usual)));
  const inside = items.filter((item) => idOf(item) < after && idOf(item) > before);
  const nextToBefore = fields.text('before') !== '' && fields.text('after') === '' && !newestBefore;
  return nextToBefore ? inside.slice(Math.max(0, inside.length - limit)) : inside.slice(0, limit);
}
