import { divRound } from '../decimal.ts';
import type { AccountEvent, ExitReason, FillEvent, FundingPaymentEvent } from '../events.ts';
import type { Instrument } from '../instrument.ts';
import { type Lots, type Money, money, NO_MONEY, type Us } from '../units.ts';
import { Position } from './position.ts';

/** What one round trip (flat → position → flat) came to. */
export interface RoundTrip {
  readonly instrument: number;
  readonly direction: 'long' | 'short';
  /** Largest size held, lots. */
  readonly size: Lots;
  readonly openedAt: Us;
  readonly closedAt: Us;
  /** Size-weighted average prices, fractional ticks. */
  readonly entry: number;
  readonly exit: number;
  /** Before fees and funding. */
  readonly realized: Money;
  readonly fees: Money;
  readonly funding: Money;
  readonly exitReason: ExitReason;
  /** Of the order that opened it; empty when it was found open. */
  readonly clientOrderId: string;
}

/**
 * A round trip that has not ended: what it has come to so far. Kept over restarts, so that the trade's record covers all of it.
 */
export interface OpenTrip {
  clientOrderId: string;
  direction: 'long' | 'short';
  size: number;
  openedAt: Us;
  entryValue: bigint;
  entrySize: number;
  exitValue: bigint;
  exitSize: number;
  realized: bigint;
  fees: bigint;
  funding: bigint;
}

/** Trade ids kept for spotting repeats; a venue repeats itself within seconds, not after thousands of fills. */
const IDS_KEPT = 4096;

/**
 * Cash and positions, exactly: balance = start + realised P&L + fees + funding, to the last digit, at all times. A fill or
 * payment seen twice counts once.
 */
export class Account {
  balance: Money = NO_MONEY;
  /** Since the last `take`. */
  realized: Money = NO_MONEY;
  fees: Money = NO_MONEY;
  funding: Money = NO_MONEY;
  readonly positions: readonly Position[];
  private readonly trips: (OpenTrip | null)[];
  private readonly seen = new Set<string>();

  constructor(instruments: readonly Instrument[]) {
    this.positions = instruments.map((instrument) => new Position(instrument));
    this.trips = instruments.map(() => null);
  }

  /** Takes what the venue and the journal agree on as the truth. */
  take(event: AccountEvent): void {
    this.balance = event.balance;
    this.realized = NO_MONEY;
    this.fees = NO_MONEY;
    this.funding = NO_MONEY;
    for (const position of this.positions) {
      position.size = 0 as Lots;
      position.cost = NO_MONEY;
    }
    this.trips.fill(null);
    for (const state of event.positions) {
      const position = this.positions[state.instrument]!;
      position.size = state.size;
      position.cost = state.cost;
      if (state.size !== 0)
        this.trips[state.instrument] =
          state.trip !== null
            ? { ...state.trip }
            : {
                clientOrderId: '',
                direction: state.size > 0 ? 'long' : 'short',
                size: Math.abs(state.size),
                openedAt: state.openedAt,
                entryValue: state.cost < 0n ? -state.cost : state.cost,
                entrySize: Math.abs(state.size),
                exitValue: 0n,
                exitSize: 0,
                realized: 0n,
                fees: 0n,
                funding: 0n,
              };
    }
  }

  /** Applies a fill; null if it was seen before. `closed` is the round trip it ended, if it did. */
  fill(event: FillEvent): { realized: Money; closed: RoundTrip | null } | null {
    if (!this.first(`${event.instrument}/${event.tradeId}`)) return null;
    const position = this.positions[event.instrument]!;
    const before = position.size;
    const realized = position.fill(event.side, event.size, event.price);
    this.balance = money(this.balance + realized + event.fee);
    this.realized = money(this.realized + realized);
    this.fees = money(this.fees + event.fee);
    return { realized, closed: this.followTrip(event, before, realized) };
  }

  /** Applies a funding payment; false if it was seen before. */
  pay(event: FundingPaymentEvent): boolean {
    if (!this.first(`${event.instrument}/funding/${event.paymentId}`)) return false;
    this.balance = money(this.balance + event.amount);
    this.funding = money(this.funding + event.amount);
    const trip = this.trips[event.instrument];
    if (trip) trip.funding += event.amount;
    return true;
  }

  /** The open round trip of an instrument; null when flat. */
  trip(instrument: number): Readonly<OpenTrip> | null {
    const trip = this.trips[instrument];
    return trip ? { ...trip } : null;
  }

  /** When the open position of an instrument was opened; 0 when flat. */
  openedAt(instrument: number): Us {
    return this.trips[instrument]?.openedAt ?? (0 as Us);
  }

  /** Positions that are not flat. */
  get openPositions(): number {
    let count = 0;
    for (const position of this.positions) if (position.size !== 0) count++;
    return count;
  }

  private first(id: string): boolean {
    if (this.seen.has(id)) return false;
    this.seen.add(id);
    if (this.seen.size > IDS_KEPT) this.seen.delete(this.seen.values().next().value!);
    return true;
  }

  private followTrip(event: FillEvent, before: Lots, realized: Money): RoundTrip | null {
    const { instrument } = this.positions[event.instrument]!;
    const after = this.positions[event.instrument]!.size;
    const value = instrument.value(event.size, event.price);
    let trip = this.trips[event.instrument]!;
    if (before === 0 || trip === null) {
      trip = {
        clientOrderId: event.clientOrderId,
        direction: event.side === 'buy' ? 'long' : 'short',
        size: 0,
        openedAt: event.at,
        entryValue: 0n,
        entrySize: 0,
        exitValue: 0n,
        exitSize: 0,
        realized: 0n,
        fees: 0n,
        funding: 0n,
      };
      this.trips[event.instrument] = trip;
    }
    trip.realized += realized;
    const opens = (event.side === 'buy') === (trip.direction === 'long');
    if (opens) {
      trip.fees += event.fee;
      trip.entryValue += value;
      trip.entrySize += event.size;
      trip.size = Math.max(trip.size, Math.abs(after));
      return null;
    }
    const flips = after !== 0 && Math.sign(after) === -Math.sign(before);
    const closing = flips ? Math.abs(before) : event.size;
    // a fill that flips belongs to two trips, and so does its fee
    const closingFee = flips ? divRound(event.fee * BigInt(closing), BigInt(event.size)) : event.fee;
    trip.fees += closingFee;
    trip.exitValue += instrument.value(closing as Lots, event.price);
    trip.exitSize += closing;
    if (after !== 0 && !flips) return null;
    const closed: RoundTrip = {
      instrument: event.instrument,
      direction: trip.direction,
      size: trip.size as Lots,
      openedAt: trip.openedAt,
      closedAt: event.at,
      entry: instrument.averagePrice(trip.entrySize as Lots, money(trip.entryValue)),
      exit: instrument.averagePrice(trip.exitSize as Lots, money(trip.exitValue)),
      realized: money(trip.realized),
      fees: money(trip.fees),
      funding: money(trip.funding),
      exitReason: event.purpose,
      clientOrderId: trip.clientOrderId,
    };
    this.trips[event.instrument] = flips
      ? {
          clientOrderId: event.clientOrderId,
          direction: after > 0 ? 'long' : 'short',
          size: Math.abs(after),
          openedAt: event.at,
          entryValue: instrument.value(Math.abs(after) as Lots, event.price),
          entrySize: Math.abs(after),
          exitValue: 0n,
          exitSize: 0,
          realized: 0n,
          fees: event.fee - closingFee,
          funding: 0n,
        }
      : null;
    return closed;
  }
}
