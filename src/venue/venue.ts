import type { Approved, OrderCommand } from '../core/commands.ts';
import type {
  CandleEvent,
  FillEvent,
  FundingPaymentEvent,
  MarketEvent,
  OpenOrder,
  OrderEvent,
  OrderState,
  PositionState,
  ProtectionEvent,
  SettlementEvent,
} from '../core/events.ts';
import type { Lots, Money, Ms, Us } from '../core/units.ts';

/** Our clock and a way to be woken, as `run/` gives them: real, or simulated. */
export interface VenueClock {
  now(): Us;
  /** Calls `wake` at `at` or soon after; gives the way to call it off. */
  at(at: Us, wake: () => void): () => void;
}

/** Market data of some instruments, from a socket or from a tape. */
export interface Feed {
  /**
   * Starts and keeps going: a lost connection is a `FeedEvent` with `live: false` and a line in the log, then
   * back-off and another try; the promise resolves once the first try is under way and never rejects for the network.
   * Every event is lent for the duration of the call.
   */
  start(emit: (event: MarketEvent) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Closed candles of an instrument that are asked for when its book goes live: five hours of one-minute bars. */
export const CANDLES_AT_START = 300;

/** Closed candles from before the feed began, oldest first. Throws when the source cannot be asked. */
export interface CandleHistory {
  candles(instrument: number, bar: string, count: number): Promise<CandleEvent[]>;
}

export type VenueEvent = OrderEvent | FillEvent | FundingPaymentEvent | ProtectionEvent | SettlementEvent;

/** What the venue says of one of our orders. */
export interface OrderReport {
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly state: OrderState;
  readonly filled: Lots;
  readonly reason: string;
}

/** Everything of ours that stands at the venue. */
export interface VenueState {
  readonly balance: Money;
  /** Non-zero positions, with the take profit and stop loss standing for each. */
  readonly positions: readonly PositionState[];
  readonly orders: readonly OpenOrder[];
}

/**
 * Where orders go: the paper venue, or OKX (the real one, or the embedded exchange). Passed by the same contract
 * suite, `venue.contract.ts`.
 */
export interface Venue {
  /** `paper` or `okx`. */
  readonly name: string;
  /** Connects where it must. From here on events are emitted, in order, never from within `submit`. */
  connect(emit: (event: VenueEvent) => void): Promise<void>;
  /** What stands there now. Throws a `VenueError` when it cannot be asked. */
  state(): Promise<VenueState>;
  /** The order with this client id, or null when the venue never had it (safe to say only if it really answered). */
  find(instrument: number, clientOrderId: string): Promise<OrderReport | null>;
  /** Our fills at or after `since`, oldest first: what a lost connection may have swallowed. */
  fills(since: Ms): Promise<FillEvent[]>;
  /** Funding charged or received at or after `since`, oldest first. */
  fundingPayments(since: Ms): Promise<FundingPaymentEvent[]>;
  /** What liquidations took beyond the loss, or its fund made up, at or after `since`, oldest first. */
  settlements(since: Ms): Promise<SettlementEvent[]>;
  /**
   * Sends. Never throws and never waits: what came of it arrives as events. No answer in time becomes an
   * `OrderEvent` with state `unknown`, after which the venue itself asks with `find` until it knows. An `Amend` is answered
   * by a `ProtectionEvent` (a pair's) or an `OrderEvent` with `amended` (an order's); the venue asks by itself until it can say
   * how that stands.
   */
  submit(command: Approved<OrderCommand>): void;
  stop(): Promise<void>;
}

/** A fault at the edge. `action` says what helps. */
export class VenueError extends Error {
  override readonly name = 'VenueError';
  /** The venue's own error code, or a transport one such as `ECONNREFUSED`; empty when there is none. */
  readonly code: string;
  readonly action: 'retry' | 'reconnect' | 'stop';
  constructor(message: string, code: string, action: 'retry' | 'reconnect' | 'stop', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.action = action;
  }
}
