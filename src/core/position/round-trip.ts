import { shareOf } from '../decimal.ts';
import type { ExitReason, FillEvent } from '../events.ts';
import type { Instrument } from '../instrument.ts';
import { type Lots, type Money, money, type Us } from '../units.ts';

/** What one round trip (flat → position → flat) came to. Money is in the settlement currency. */
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
  /** Those in the settlement currency: a fee paid in another one is in that currency's purse of the account. */
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

/** What a fill did to a position: signed sizes before and after, and the P&L and the fee, both in the settlement currency. */
export interface Change {
  readonly before: number;
  readonly after: number;
  readonly realized: Money;
  readonly fee: Money;
}

/** A position that was found open: its average price stands for all that opened it. */
export const foundTrip = (size: Lots, cost: Money, openedAt: Us): OpenTrip => ({
  ...beginning('', size > 0 ? 'long' : 'short', openedAt),
  size: Math.abs(size),
  entryValue: cost < 0n ? -cost : cost,
  entrySize: Math.abs(size),
});

function beginning(clientOrderId: string, direction: OpenTrip['direction'], openedAt: Us): OpenTrip {
  return {
    clientOrderId,
    direction,
    size: 0,
    openedAt,
    entryValue: 0n,
    entrySize: 0,
    exitValue: 0n,
    exitSize: 0,
    realized: 0n,
    fees: 0n,
    funding: 0n,
  };
}

/**
 * Books a fill with the round trip it belongs to; one that turns the position round belongs to two, and so does its fee, each
 * with its share of the size: what is left over goes to the second, so that the two add up exactly.
 */
export function follow(
  open: OpenTrip | null,
  instrument: Instrument,
  event: FillEvent,
  { before, after, realized, fee }: Change,
): { readonly open: OpenTrip | null; readonly closed: RoundTrip | null } {
  const trip =
    before === 0 || open === null
      ? beginning(event.clientOrderId, event.side === 'buy' ? 'long' : 'short', event.at)
      : open;
  trip.realized += realized;
  if ((event.side === 'buy') === (trip.direction === 'long')) {
    trip.fees += fee;
    trip.entryValue += instrument.value(event.size, event.price);
    trip.entrySize += event.size;
    trip.size = Math.max(trip.size, Math.abs(after));
    return { open: trip, closed: null };
  }
  const flips = after !== 0 && Math.sign(after) === -Math.sign(before);
  const closing = flips ? Math.abs(before) : event.size;
  const closingFee = shareOf(fee, closing, event.size);
  trip.fees += closingFee;
  trip.exitValue += instrument.value(closing as Lots, event.price);
  trip.exitSize += closing;
  if (after !== 0 && !flips) return { open: trip, closed: null };
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
  if (!flips) return { open: null, closed };
  const opened = Math.abs(after);
  return {
    open: {
      ...beginning(event.clientOrderId, after > 0 ? 'long' : 'short', event.at),
      size: opened,
      entryValue: instrument.value(opened as Lots, event.price),
      entrySize: opened,
      fees: fee - closingFee,
    },
    closed,
  };
}
