import type { Approved, OrderCommand } from '../../core/commands.ts';
import { FillEvent, FundingPaymentEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { type Ms } from '../../core/units.ts';
import { type OrderReport, type Venue, type VenueEvent, type VenueState } from '../venue.ts';
import { type Credentials, type OkxOptions, type RawTap } from './options.ts';
import { OkxRest } from './rest.ts';
import { type SocketTiming } from './socket.ts';
export interface OkxVenueOptions extends OkxOptions, SocketTiming {
  readonly credentials: Credentials;
  /** Commands and events carry the index in this list. All settle in one currency. */
  readonly instruments: readonly Instrument[];
  /** Default `cross`. */
  readonly marginMode?: 'cross' | 'isolated';
  /** Which price fires take profit and stop loss. Default `last`. */
  readonly triggerPriceType?: 'last' | 'mark' | 'index';
  /** An order operation without an answer for so long is of unknown fate, and asked about. Default 3 s. */
  readonly orderTimeoutMs?: number;
  /** OKX refuses an order that reaches it later than this after it was sent (`expTime`). Default 5 s. */
  readonly expireAfterMs?: number;
  /** How often what we know is compared with what OKX says, against pushes that were lost. Default 30 s; 0 = never. */
  readonly auditEveryMs?: number;
  /** How long `connect` tries. Default 20 s. */
  readonly connectWithinMs?: number;
  /** Told when orders can be sent and all is known, and when not. */
  readonly onLive?: (live: boolean, reason: string) => void;
  readonly rawTap?: RawTap;
  /** Default: one of our own; give one to share its clock offset and its limits. */
  readonly restClient?: OkxRest;
}
/**
 * Orders at OKX, or at whatever speaks like it. Orders go by WebSocket, everything that is asked goes by REST.
 *
 * A market order that carries a price collar is sent as an immediate-or-cancel limit at the collar: OKX's own market
 * order runs to its price band, several per cent away. Without a collar it is OKX's market order.
 *
 * An order is sent once. Refused is `rejected`; without an answer it is `unknown`, and asked about by its client id until
 * OKX has said what became of it. "Never had it" is believed only after the order's `expTime`, when it can no longer arrive.
 */
export declare class OkxVenue implements Venue {
  readonly name = 'okx';
  readonly rest: OkxRest;
  private readonly options;
  private readonly timers;
  private readonly indexes;
  private readonly privateSocket;
  private readonly businessSocket;
  private readonly ledger;
  private readonly limits;
  private readonly pending;
  /** Leverage in force at OKX, by instrument; the promise is the request for it under way. */
  private readonly leverage;
  /** Algo orders being asked about before their child's fills can be named. */
  private readonly learning;
  private readonly fundingTold;
  private emit;
  private onUp;
  private onFailed;
  private isLive;
  private stopped;
  private connectedAtMs;
  private heardAtMs;
  private fundingSinceMs;
  private requests;
  private catchUps;
  private cancelAudit;
  constructor(options: OkxVenueOptions);
  /** Whether orders can be sent and nothing is left to catch up with. */
  get live(): boolean;
  /** Refuses keys and accounts that would end badly: call it before the first live start. */
  checkPermissions(): Promise<void>;
  connect(emit: (event: VenueEvent) => void): Promise<void>;
  stop(): Promise<void>;
  submit(command: Approved<OrderCommand>): void;
  state(): Promise<VenueState>;
  find(instrument: number, clientOrderId: string): Promise<OrderReport | null>;
  fills(since: Ms): Promise<FillEvent[]>;
  fundingPayments(since: Ms): Promise<FundingPaymentEvent[]>;
  private place;
  private placeArgs;
  private cancel;
  /** Take profit and stop loss pairs can be canceled by REST only. */
  private cancelProtection;
  /** Sends an order operation and awaits its answer as an event. False when it was certainly not sent. */
  private operate;
  private instrumentKey;
  private ensureLeverage;
  private leverageInForce;
  private answer;
  private unanswered;
  private unknown;
  /** OKX finishes these at once: if no push says so, it was lost. */
  private expectEnd;
  /** Asks by client id until OKX has said what became of the order. */
  private ask;
  private askUntilKnown;
  private applyFound;
  /** By client id: the order, or the pair and, once it fired, its child order. Null: OKX answered that it has neither. */
  private lookUp;
  private sinceOf;
  private push;
  private orderPushed;
  private orderUpdated;
  private learnAlgo;
  private algoPushed;
  /** The bill may be written a moment after the push. */
  private fundingPushed;
  private up;
  private down;
  private setLive;
  /** Compares with OKX's lists until that has succeeded once; only then is the venue live (again). */
  private catchUp;
  private reconcile;
  private scheduleAudit;
  private tellFillsSince;
  /** The orders that these fills belong to, by OKX's id: from the lists, else one by one. */
  private ordersOf;
  private tellFillsOf;
  private tellFills;
  private tellFunding;
  private instrumentAt;
  /** Rows of our instruments, decoded; others are not ours to read. */
  private decoded;
  /** The newest pair that closes this position. */
  private protectionOf;
}
