import type { Instrument } from '../core/instrument.ts';
import type { RoundTrip } from '../core/position/account.ts';
import type { ClosedTrade } from '../store/records.ts';

/** A round trip as the journal keeps it: prices in quote currency. */
export const closedTrade = (instrument: Instrument, trip: RoundTrip): ClosedTrade => ({
  instrument: trip.instrument,
  direction: trip.direction,
  size: trip.size,
  openedAt: trip.openedAt,
  closedAt: trip.closedAt,
  entryPrice: instrument.priceToNumber(trip.entry),
  exitPrice: instrument.priceToNumber(trip.exit),
  realized: trip.realized,
  fees: trip.fees,
  funding: trip.funding,
  exitReason: trip.exitReason,
  clientOrderId: trip.clientOrderId,
});
