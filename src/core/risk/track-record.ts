import { type Instrument, moneyToNumber } from '../instrument.ts';
import type { RoundTrip } from '../position/account.ts';
import { type Money, money } from '../units.ts';

/**
 * What closed round trips came to, as far as Kelly needs it. Returns are net of fees and funding, as fractions of the
 * notional at entry, so that trades of different size and instrument add up.
 */
export interface TrackRecord {
  readonly wins: number;
  /** Trades that ended at zero or below. */
  readonly losses: number;
  /** Sum of the winning returns. */
  readonly winSum: number;
  /** Sum of the losing returns, positive. */
  readonly lossSum: number;
}

export const NO_RECORD: TrackRecord = { wins: 0, losses: 0, winSum: 0, lossSum: 0 };

export const netOf = (trip: RoundTrip): Money => money(trip.realized + trip.fees + trip.funding);

export function withTrade(record: TrackRecord, trip: RoundTrip, instrument: Instrument): TrackRecord {
  const notional = Math.abs(instrument.valueNumber(trip.size, trip.entry));
  const gained = moneyToNumber(netOf(trip)) / notional;
  return gained > 0
    ? { ...record, wins: record.wins + 1, winSum: record.winSum + gained }
    : { ...record, losses: record.losses + 1, lossSum: record.lossSum - gained };
}
