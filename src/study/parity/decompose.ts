import { divRound } from '../../core/decimal.ts';
import { type Money, money } from '../../core/units.ts';

/** What a closed round trip came to, in sums that are exact. Values are positive; fees and funding are cash changes. */
export interface TripFigures {
  /** Of all that was opened, lots. */
  readonly size: bigint;
  readonly entryValue: bigint;
  readonly exitValue: bigint;
  readonly realized: bigint;
  readonly fees: bigint;
  readonly funding: bigint;
}

export const PARTS = ['size', 'entry', 'exit', 'fee', 'funding'] as const;
export type Part = (typeof PARTS)[number];

/** Why the venue's net P&L is not paper's: the parts sum up to the difference, to the last digit. Positive: the venue did better. */
export type Decomposition = Readonly<Record<Part, Money>>;

export const netOf = ({ realized, fees, funding }: TripFigures): Money => money(realized + fees + funding);

/**
 * Takes `venue − paper` apart. First paper's trip is scaled to the venue's size (`size`: what that changes); from there on
 * both have one size, and what is left is another entry price, another exit price, other fees, other funding.
 * `gain`: +1 where a higher exit value earns (long linear, short inverse), −1 where it costs.
 */
export function decompose(venue: TripFigures, paper: TripFigures, gain: 1n | -1n): Decomposition {
  const scaled = scale(paper, venue.size);
  const entry = -gain * (venue.entryValue - scaled.entryValue);
  return {
    size: money(netOf(scaled) - netOf(paper)),
    entry: money(entry),
    // with it goes what rounds at 1e-18: realised P&L is kept to that digit, scaled values are not
    exit: money(venue.realized - scaled.realized - entry),
    fee: money(venue.fees - scaled.fees),
    funding: money(venue.funding - scaled.funding),
  };
}

/** The same trip, had it been `size` lots at the same prices. */
export function scale(trip: TripFigures, size: bigint): TripFigures {
  if (trip.size === size) return trip;
  const to = (value: bigint): bigint => divRound(value * size, trip.size);
  return {
    size,
    entryValue: to(trip.entryValue),
    exitValue: to(trip.exitValue),
    realized: to(trip.realized),
    fees: to(trip.fees),
    funding: to(trip.funding),
  };
}

export const sumOf = (amounts: Iterable<bigint>): Money => {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return money(sum);
};
