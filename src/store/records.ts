import type { Place } from '../core/commands.ts';
import type { FillPurpose, OrderState } from '../core/events.ts';
import type { Lots, Money, Ms, Side, Ticks, Us } from '../core/units.ts';

/** `intended`: on disk, not known to have been sent. */
export type JournaledState = 'intended' | OrderState;

export interface SessionStart {
  readonly mode: string;
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly configHash: string;
  readonly startedAt: Us;
}

export interface PreviousSession extends SessionStart {
  readonly endedAt: Us | null;
  readonly endedHow: string | null;
  /** It never said that it ended. */
  readonly crashed: boolean;
}

export interface UnresolvedIntent {
  readonly command: Place;
  readonly intendedAt: Us;
  readonly state: JournaledState;
  readonly venueOrderId: string;
  readonly filled: Lots;
}

export interface JournaledFill {
  readonly instrument: number;
  readonly tradeId: string;
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  readonly receivedAt: Us;
  readonly exchangeAt: Ms;
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Lots;
  readonly fee: Money;
  /** Empty = the settlement currency; the journal's sums leave all others out. */
  readonly feeCurrency: string;
  readonly maker: boolean;
  readonly purpose: FillPurpose;
  readonly why: string;
  readonly realized: Money;
  /** Signed sum of all fills recorded up to this one. */
  readonly positionAfter: Lots;
}

export interface JournaledPosition {
  readonly instrument: number;
  /** Signed. */
  readonly size: Lots;
  readonly openedAt: Us;
  readonly clientOrderId: string;
  readonly leverage: number;
  /** 0 = none. */
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** Of the orders that built the position, those not known to have ended, oldest first. */
  readonly protectionIds: readonly string[];
}

export interface SignalSample {
  readonly instrument: number;
  readonly at: Us;
  readonly direction: 'long' | 'short' | 'none';
  readonly confidence: number;
  /** What the signal was made of; plain JSON. */
  readonly readings: unknown;
}

/** A position from flat to flat. Prices in quote currency, money in the settlement currency. */
export interface ClosedTrade {
  readonly instrument: number;
  readonly direction: 'long' | 'short';
  /** Largest size held. */
  readonly size: Lots;
  readonly openedAt: Us;
  readonly closedAt: Us;
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** Fees and funding not in it. */
  readonly realized: Money;
  /** Negative = paid. */
  readonly fees: Money;
  readonly funding: Money;
  readonly exitReason: string;
  /** Of the order that opened it. */
  readonly clientOrderId: string;
}

export interface AccountSums {
  readonly startBalance: Money;
  readonly realized: Money;
  /** Negative = paid. */
  readonly fees: Money;
  readonly funding: Money;
  /** Taken by liquidations beyond the loss itself (negative), or made up by the venue's fund. */
  readonly settled: Money;
  /** startBalance + realized + fees + funding + settled. */
  readonly balance: Money;
}

export interface EquityPoint {
  readonly at: Ms;
  readonly equity: number;
  /** Fraction below the highest equity seen, 0…1. */
  readonly drawdown: number;
}
