import type { RoundTrip } from './position/account.ts';
import type { Lots, Side, Ticks, Us } from './units.ts';

/** All that may leave the engine. */
export type Command =
  | Approved<Place>
  | Approved<Cancel>
  | Approved<Amend>
  | SetTimer
  | Decision
  | TradeClosed;
/** What a venue is given. */
export type OrderCommand = Place | Cancel | Amend;

export type OrderType = 'market' | 'limit' | 'postOnly' | 'ioc' | 'fok';

export interface Place {
  readonly kind: 'place';
  readonly instrument: number;
  /** Derived, 1 to 32 of [A-Za-z0-9]: asking the venue for it again is always safe. */
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly size: Lots;
  /** Limit price; for a market order the price collar it was approved against (the worst price risk accepts). */
  readonly price: Ticks;
  readonly reduceOnly: boolean;
  /** Position leverage to be in force before the order is sent. */
  readonly leverage: number;
  /** Trigger prices attached to the entry, executed at market by the venue; 0 = none. */
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** Client id of the attached take profit / stop loss pair; empty = none. */
  readonly protectionId: string;
  readonly purpose: 'entry' | 'close';
}

/** Cancels an order by its client id, or a standing take profit / stop loss pair by its protection id. */
export interface Cancel {
  readonly kind: 'cancel';
  readonly instrument: number;
  readonly clientOrderId: string;
  readonly target: 'order' | 'protection';
}

/** Changes what stands at the venue. It says how all of it is to be from now on, so that saying it again changes nothing. */
export type Amend = AmendProtection | AmendOrder;

/**
 * Moves the triggers of a standing take profit / stop loss pair. Answered by a `ProtectionEvent`; where the pair has ended, by
 * the pair's own `OrderEvent`.
 */
export interface AmendProtection {
  readonly kind: 'amend';
  readonly target: 'protection';
  readonly instrument: number;
  readonly protectionId: string;
  /** 0 where the pair has none: a trigger is neither added nor taken away. */
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  readonly cause: StopCause;
}

/**
 * Gives a resting order another price, another size, or both. What the venue refuses leaves it as it was. Answered by an
 * `OrderEvent` with `amended`; where the order has ended, by its end.
 */
export interface AmendOrder {
  readonly kind: 'amend';
  readonly target: 'order';
  readonly instrument: number;
  readonly clientOrderId: string;
  readonly price: Ticks;
  /** All of it, what has filled included: with no more than that the order is done, as filled. */
  readonly size: Lots;
}

/** Why a stop is no longer where it was placed first. */
export type StopCause = 'breakEven' | 'trailingStop';

/** Asks for a `TimerEvent` at `fireAt` or soon after. */
export interface SetTimer {
  readonly kind: 'timer';
  readonly fireAt: Us;
}

/** What the engine made of a signal that crossed the threshold: for the journal and the page. */
export interface Decision {
  readonly kind: 'decision';
  readonly instrument: number;
  readonly at: Us;
  /** Whose opinion it was: `signal`, or a strategy's name. */
  readonly proposer: string;
  readonly direction: 'long' | 'short';
  readonly confidence: number;
  /** Reasons in words and numbers, from whoever proposed it. */
  readonly reasons: readonly string[];
  /** `entered` with the client order id, or `refused` with the reason. */
  readonly outcome: 'entered' | 'refused';
  /** The kind of refusal, without its numbers; empty when entered. */
  readonly refusal: string;
  readonly detail: string;
  readonly clientOrderId: string;
}

/** A round trip ended: for the journal, the page and, later, learning. */
export interface TradeClosed {
  readonly kind: 'tradeClosed';
  readonly trade: RoundTrip;
}

/** A private member goes with the object and not with a copy: what was changed after approval is not approved any more. */
declare class Approval {
  private readonly approval: true;
}
/** Only risk can make one: a venue accepts nothing else. */
export type Approved<C extends OrderCommand = OrderCommand> = C & Approval;
