import type { BookFrame } from './book/frame.ts';
import type { StopCause } from './commands.ts';
import type { OpenTrip } from './position/account.ts';
import type { PositionSide } from './position/holding.ts';
import type { RiskState } from './risk/risk.ts';
import type { Lots, Money, Ms, Side, Ticks, Us } from './units.ts';

/**
 * All that may enter the engine. `at` is when we received it (our own clock, µs); the engine knows no other time.
 * `instrument` is an index into the engine's instruments. A market event is lent for one `step`: whoever keeps
 * something copies the numbers.
 */
export const EventKind = {
  book: 1,
  trade: 2,
  candle: 3,
  mark: 4,
  funding: 5,
  feed: 6,
  order: 7,
  fill: 8,
  account: 9,
  timer: 10,
  operator: 11,
  fundingPayment: 12,
  hold: 13,
  protection: 14,
  settlement: 15,
} as const;

export type Event =
  | BookEvent
  | TradeEvent
  | CandleEvent
  | MarkEvent
  | FundingEvent
  | FeedEvent
  | OrderEvent
  | FillEvent
  | AccountEvent
  | TimerEvent
  | OperatorEvent
  | FundingPaymentEvent
  | HoldEvent
  | ProtectionEvent
  | SettlementEvent;

export type MarketEvent = BookEvent | TradeEvent | CandleEvent | MarkEvent | FundingEvent | FeedEvent;

export class BookEvent {
  readonly kind = EventKind.book;
  at: Us;
  instrument: number;
  frame: BookFrame;
  constructor(at: Us, instrument: number, frame: BookFrame) {
    this.at = at;
    this.instrument = instrument;
    this.frame = frame;
  }
}

/** A trade of the market's: one taker order's fills at one price, merged. `side` is the taker's. */
export class TradeEvent {
  readonly kind = EventKind.trade;
  at: Us;
  instrument: number;
  exchangeAt: Ms;
  price: Ticks;
  size: Lots;
  side: Side;
  constructor(at: Us, instrument: number, exchangeAt: Ms, price: Ticks, size: Lots, side: Side) {
    this.at = at;
    this.instrument = instrument;
    this.exchangeAt = exchangeAt;
    this.price = price;
    this.size = size;
    this.side = side;
  }
}

/** A candle as the exchange gives it. `openAt` is its opening time; `closed` false while it is building. */
export class CandleEvent {
  readonly kind = EventKind.candle;
  at: Us;
  instrument: number;
  openAt: Ms;
  open: Ticks;
  high: Ticks;
  low: Ticks;
  close: Ticks;
  volume: Lots;
  closed: boolean;
  constructor(
    at: Us,
    instrument: number,
    openAt: Ms,
    open: Ticks,
    high: Ticks,
    low: Ticks,
    close: Ticks,
    volume: Lots,
    closed: boolean,
  ) {
    this.at = at;
    this.instrument = instrument;
    this.openAt = openAt;
    this.open = open;
    this.high = high;
    this.low = low;
    this.close = close;
    this.volume = volume;
    this.closed = closed;
  }
}

/** Mark price; drives unrealised P&L, margin and liquidation. */
export class MarkEvent {
  readonly kind = EventKind.mark;
  at: Us;
  instrument: number;
  exchangeAt: Ms;
  price: Ticks;
  constructor(at: Us, instrument: number, exchangeAt: Ms, price: Ticks) {
    this.at = at;
    this.instrument = instrument;
    this.exchangeAt = exchangeAt;
    this.price = price;
  }
}

/** The forecast of the current period's funding rate (decimal text, positive: longs pay) and when it is charged. */
export class FundingEvent {
  readonly kind = EventKind.funding;
  at: Us;
  instrument: number;
  rate: string;
  fundingAt: Ms;
  constructor(at: Us, instrument: number, rate: string, fundingAt: Ms) {
    this.at = at;
    this.instrument = instrument;
    this.rate = rate;
    this.fundingAt = fundingAt;
  }
}

/** Whether the market data of an instrument can be trusted right now. `live` false: book gapped, stale or offline. */
export class FeedEvent {
  readonly kind = EventKind.feed;
  at: Us;
  instrument: number;
  live: boolean;
  reason: string;
  constructor(at: Us, instrument: number, live: boolean, reason: string) {
    this.at = at;
    this.instrument = instrument;
    this.live = live;
    this.reason = reason;
  }
}

/** `unknown`: no answer came; the venue is being asked. Terminal: filled, canceled, rejected. */
export type OrderState = 'live' | 'partiallyFilled' | 'filled' | 'canceled' | 'rejected' | 'unknown';

/** How an order of ours stands after an `AmendOrder`, by the venue's word. */
export interface Amended {
  /** 0 = the venue did not say. */
  readonly price: Ticks;
  /** What has filled included. */
  readonly size: Lots;
  /** Why it is not as was asked, in the venue's words with its code; empty when it is. */
  readonly refusal: string;
}

/**
 * What became of one of our orders. For the child order of an attached take profit or stop loss, `clientOrderId` is
 * the protection's id (`Place.protectionId`).
 */
export class OrderEvent {
  readonly kind = EventKind.order;
  at: Us;
  instrument: number;
  clientOrderId: string;
  venueOrderId: string;
  state: OrderState;
  /** Cumulative. */
  filled: Lots;
  /** Why it was canceled or rejected, in the venue's words with its code; empty otherwise. */
  reason: string;
  /** Set where this answers an `AmendOrder`. */
  amended: Amended | null;
  constructor(
    at: Us,
    instrument: number,
    clientOrderId: string,
    venueOrderId: string,
    state: OrderState,
    filled: Lots,
    reason: string,
    amended: Amended | null = null,
  ) {
    this.at = at;
    this.instrument = instrument;
    this.clientOrderId = clientOrderId;
    this.venueOrderId = venueOrderId;
    this.state = state;
    this.filled = filled;
    this.reason = reason;
    this.amended = amended;
  }
}

export class FillEvent {
  readonly kind = EventKind.fill;
  at: Us;
  instrument: number;
  clientOrderId: string;
  venueOrderId: string;
  /** Unique per instrument: fills are deduplicated by it. */
  tradeId: string;
  exchangeAt: Ms;
  side: Side;
  price: Ticks;
  size: Lots;
  /** Cash change: negative = paid, positive = rebate. */
  fee: Money;
  maker: boolean;
  /** `entry`, or what closed: `takeProfit`, `stopLoss`, `close`, `liquidation`. */
  purpose: FillPurpose;
  /** Why it filled, in words (paper venue), or empty. */
  why: string;
  /** Which of the instrument's positions it changed. */
  positionSide: PositionSide;
  /** Empty = the settlement currency. */
  feeCurrency: string;
  constructor(
    at: Us,
    instrument: number,
    clientOrderId: string,
    venueOrderId: string,
    tradeId: string,
    exchangeAt: Ms,
    side: Side,
    price: Ticks,
    size: Lots,
    fee: Money,
    maker: boolean,
    purpose: FillPurpose,
    why: string,
    positionSide: PositionSide = 'net',
    feeCurrency = '',
  ) {
    this.at = at;
    this.instrument = instrument;
    this.clientOrderId = clientOrderId;
    this.venueOrderId = venueOrderId;
    this.tradeId = tradeId;
    this.exchangeAt = exchangeAt;
    this.side = side;
    this.price = price;
    this.size = size;
    this.fee = fee;
    this.maker = maker;
    this.purpose = purpose;
    this.why = why;
    this.positionSide = positionSide;
    this.feeCurrency = feeCurrency;
  }
}

export type FillPurpose = 'entry' | 'takeProfit' | 'stopLoss' | 'close' | 'liquidation';

/** What ended a round trip: the purpose of the fill that closed it, or finer where we know it. */
export type ExitReason = FillPurpose | StopCause | 'timeStop';

/** Funding charged (negative) or received on a position held at the funding time. */
export class FundingPaymentEvent {
  readonly kind = EventKind.fundingPayment;
  at: Us;
  instrument: number;
  /** Unique per instrument: the bill or the funding time; payments are deduplicated by it. */
  paymentId: string;
  exchangeAt: Ms;
  amount: Money;
  positionSide: PositionSide;
  constructor(
    at: Us,
    instrument: number,
    paymentId: string,
    exchangeAt: Ms,
    amount: Money,
    positionSide: PositionSide = 'net',
  ) {
    this.at = at;
    this.instrument = instrument;
    this.paymentId = paymentId;
    this.exchangeAt = exchangeAt;
    this.amount = amount;
    this.positionSide = positionSide;
  }
}

/**
 * What a liquidation took beyond the loss and the fee of its fills (negative), or what the venue's insurance fund made up
 * (positive). The fills say nothing of it.
 */
export class SettlementEvent {
  readonly kind = EventKind.settlement;
  at: Us;
  instrument: number;
  /** Unique per instrument: the bill; settlements are deduplicated by it. */
  settlementId: string;
  exchangeAt: Ms;
  amount: Money;
  /** The fill that it came with; empty where it came after all of them. */
  tradeId: string;
  positionSide: PositionSide;
  constructor(
    at: Us,
    instrument: number,
    settlementId: string,
    exchangeAt: Ms,
    amount: Money,
    tradeId = '',
    positionSide: PositionSide = 'net',
  ) {
    this.at = at;
    this.instrument = instrument;
    this.settlementId = settlementId;
    this.exchangeAt = exchangeAt;
    this.amount = amount;
    this.tradeId = tradeId;
    this.positionSide = positionSide;
  }
}

/**
 * Where the triggers of a standing take profit / stop loss pair are, by the venue's word: the answer to an `Amend`, or news
 * of somebody else's. A pair that has ended says so by an `OrderEvent` under its id.
 */
export class ProtectionEvent {
  readonly kind = EventKind.protection;
  at: Us;
  instrument: number;
  protectionId: string;
  /** 0 = none. */
  takeProfit: Ticks;
  stopLoss: Ticks;
  /** Why the amend changed nothing, in the venue's words with its code; empty when this is what was asked for. */
  refusal: string;
  constructor(
    at: Us,
    instrument: number,
    protectionId: string,
    takeProfit: Ticks,
    stopLoss: Ticks,
    refusal: string,
  ) {
    this.at = at;
    this.instrument = instrument;
    this.protectionId = protectionId;
    this.takeProfit = takeProfit;
    this.stopLoss = stopLoss;
    this.refusal = refusal;
  }
}

/** One open order as the venue or the journal has it. */
export interface OpenOrder {
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly instrument: number;
  readonly side: Side;
  readonly size: Lots;
  readonly filled: Lots;
  readonly reduceOnly: boolean;
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
}

/** Take profit and stop loss standing at the venue for the open position. */
export interface Protection {
  readonly protectionId: string;
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  readonly size: Lots;
}

/** What was asked of a position's stop, from the journal. */
export interface StopHistory {
  /** As first placed; 0 = not known. */
  readonly first: Ticks;
  /** Oldest first. The last one may not have arrived. */
  readonly moves: readonly StopMove[];
}

export interface StopMove {
  readonly stopLoss: Ticks;
  readonly cause: StopCause;
}

export interface PositionState {
  readonly instrument: number;
  /** Absent: net. */
  readonly positionSide?: PositionSide;
  readonly size: Lots;
  readonly cost: Money;
  readonly leverage: number;
  readonly openedAt: Us;
  readonly protection: Protection | null;
  /** What its round trip has come to so far, from the journal; null where only the venue was asked. */
  readonly trip: Readonly<OpenTrip> | null;
  /** How its stop came to be where it is; null where only the venue was asked. */
  readonly stops: StopHistory | null;
}

/**
 * The account after reconciliation, at every start: what the venue and the journal agree on.
 * The engine takes it as the truth and leaves `recovering`.
 */
export class AccountEvent {
  readonly kind = EventKind.account;
  at: Us;
  balance: Money;
  positions: readonly PositionState[];
  orders: readonly OpenOrder[];
  /** The next number for a client order id: one past every id that was ever journaled. */
  nextOrderNumber: number;
  /** What the limits remember, as the journal kept it; null in a new journal. */
  risk: RiskState | null;
  constructor(
    at: Us,
    balance: Money,
    positions: readonly PositionState[],
    orders: readonly OpenOrder[],
    nextOrderNumber: number,
    risk: RiskState | null = null,
  ) {
    this.at = at;
    this.balance = balance;
    this.positions = positions;
    this.orders = orders;
    this.nextOrderNumber = nextOrderNumber;
    this.risk = risk;
  }
}

/** A timer that the engine asked for. Which one is all it says: the engine looks at its own state when it fires. */
export class TimerEvent {
  readonly kind = EventKind.timer;
  at: Us;
  constructor(at: Us) {
    this.at = at;
  }
}

/** The process itself says: no new risk (a reason), or go on (empty). Closing stays possible. */
export class HoldEvent {
  readonly kind = EventKind.hold;
  at: Us;
  reason: string;
  constructor(at: Us, reason: string) {
    this.at = at;
    this.reason = reason;
  }
}

export type OperatorAction = 'pause' | 'resume' | 'close' | 'kill' | 'arm';

/** A person's word: pause (no new entries), resume, close (flatten and go on), kill (cancel entries, stay off), arm. */
export class OperatorEvent {
  readonly kind = EventKind.operator;
  at: Us;
  action: OperatorAction;
  /** Of a kill: whether it closes positions too; otherwise they keep their stops. */
  flatten: boolean;
  constructor(at: Us, action: OperatorAction, flatten = true) {
    this.at = at;
    this.action = action;
    this.flatten = flatten;
  }
}
