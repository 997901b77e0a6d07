import type { Refusal } from '../accounts/refusal.ts';
import type { Answer } from './route.ts';
import type { Door, Session } from './session.ts';

/** What becomes of one REST request on its way. */
export interface Fate {
  /** Ms before it is looked at, ms before its answer leaves. */
  readonly delayBefore: number;
  readonly delayAfter: number;
  /** Instead of being looked at: the request never reached the exchange behind the gateway. */
  readonly instead: Answer | 'silence' | null;
  /** Instead of the answer it got, after it did its work. */
  readonly afterwards: Answer | 'silence' | null;
  /** An earlier answer to the same request, where there was one. */
  readonly stale: boolean;
}

/**
 * Whoever spoils the wire: stands between the sockets and the exchange, and knows nothing of what the exchange is. Absent in
 * an exchange without faults.
 */
export interface Interference {
  /** False: the connection is refused. */
  admits(door: Door): boolean;
  opened(session: Session): void;
  closed(session: Session): void;
  /** Lets a message leave with `session.deliver`: now, later, twice, changed or never. */
  outgoing(session: Session, text: string, topic: string): void;
  /** Lets a message in with `pass`. */
  incoming(session: Session, text: string, op: string, pass: () => void): void;
  /** `endpoint` is method and path: `POST trade/order`; `client` the account that asks, empty when nobody says. */
  request(endpoint: string, client: string): Fate;
  /** Why the exchange lost this item of an account's batch; null lets it through. */
  item(operation: string, account: string, index: number, count: number): Refusal | null;
  /** Ms by which the exchange's clock is off. */
  readonly clockSkewMs: number;
}

export const UNTOUCHED: Fate = {
  delayBefore: 0,
  delayAfter: 0,
  instead: null,
  afterwards: null,
  stale: false,
};
