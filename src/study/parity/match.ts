import type { Decision } from '../../core/commands.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, money, type Us } from '../../core/units.ts';
import type { States } from './states.ts';
import type { OrderStory, Story, Trip } from './story.ts';

/** Round trips that are the same trade on both sides, and those that are not on the other. */
export interface Matched {
  readonly pairs: readonly { readonly venue: Trip; readonly paper: Trip }[];
  readonly venueOnly: readonly Trip[];
  readonly paperOnly: readonly Trip[];
}

/**
 * One trade for each entry: where stop or target fired while the entry still filled, what it filled afterwards is another round
 * trip of the same order.
 */
export function byEntry(trips: readonly Trip[], instruments: readonly Instrument[]): Trip[] {
  const whole: Trip[] = [];
  for (const trip of trips) {
    const place = trip.order === null ? -1 : whole.findIndex(({ order }) => order === trip.order);
    if (place < 0) whole.push(trip);
    else whole[place] = joined(whole[place]!, trip, instruments[trip.trade.instrument]!);
  }
  return whole;
}

function joined(first: Trip, then: Trip, instrument: Instrument): Trip {
  const entryValue = first.entryValue + then.entryValue;
  const exitValue = first.exitValue + then.exitValue;
  const entrySize = first.entrySize + then.entrySize;
  const size = lots(Number(entrySize));
  const { trade } = first;
  return {
    trade: {
      ...trade,
      size,
      closedAt: then.trade.closedAt,
      entry: instrument.averagePrice(size, money(entryValue)),
      exit: instrument.averagePrice(size, money(exitValue)),
      realized: money(trade.realized + then.trade.realized),
      fees: money(trade.fees + then.trade.fees),
      funding: money(trade.funding + then.trade.funding),
      exitReason: then.trade.exitReason,
    },
    entries: [...first.entries, ...then.entries],
    exits: [...first.exits, ...then.exits],
    payments: [...first.payments, ...then.payments],
    entryValue,
    entrySize,
    exitValue,
    order: first.order,
    exitOrder: then.exitOrder,
    net: money(first.net + then.net),
  };
}

/** When its entry was decided; for one that was open at the beginning, when it was opened. */
export const decidedAt = ({ order, trade }: Trip): Us => order?.decidedAt ?? trade.openedAt;

/** Same instrument, same direction, decided within `toleranceMs` of each other: the nearest first. */
export function match(venue: readonly Trip[], paper: readonly Trip[], toleranceMs: number): Matched {
  const near: { readonly there: number; readonly here: number; readonly apart: number }[] = [];
  venue.forEach((a, there) => {
    paper.forEach((b, here) => {
      if (a.trade.instrument !== b.trade.instrument || a.trade.direction !== b.trade.direction) return;
      const apart = Math.abs(decidedAt(a) - decidedAt(b));
      if (apart <= toleranceMs * 1000) near.push({ there, here, apart });
    });
  });
  near.sort((a, b) => a.apart - b.apart || a.there - b.there);
  const takenThere = new Map<number, number>();
  const takenHere = new Set<number>();
  for (const { there, here } of near) {
    if (takenThere.has(there) || takenHere.has(here)) continue;
    takenThere.set(there, here);
    takenHere.add(here);
  }
  return {
    pairs: venue.flatMap((trip, there) => {
      const here = takenThere.get(there);
      return here === undefined ? [] : [{ venue: trip, paper: paper[here]! }];
    }),
    venueOnly: venue.filter((_, there) => !takenThere.has(there)),
    paperOnly: paper.filter((_, here) => !takenHere.has(here)),
  };
}

/**
 * Why a side has no such trade:
 * - `notFilled`: it decided the same, and its order did not fill.
 * - `open`: it decided the same, and the position is still open at the end.
 * - `refused`: its limits or its checks said no.
 * - `busy`, `cooldown`: it was still in an earlier trade, or in the pause after it: a consequence of an earlier difference.
 */
export type MissReason = 'notFilled' | 'open' | 'refused' | 'busy' | 'cooldown' | 'unexplained';

export interface Miss {
  readonly reason: MissReason;
  readonly words: string;
}

export interface Side {
  readonly story: Story;
  readonly states: States;
}

/** A refusal is told again only after this long (`core/execution/trader.ts`). */
const REFUSAL_REPEAT_US = 30_000_000;

export function whyMissing(trip: Trip, side: Side, toleranceMs: number, cooldownMs: number): Miss {
  const at = decidedAt(trip);
  const { instrument, direction } = trip.trade;
  const tolerance = toleranceMs * 1000;
  const decisions = side.story.decisions.filter(
    (decision) =>
      decision.instrument === instrument &&
      decision.direction === direction &&
      decision.at <= at + tolerance &&
      decision.at >= at - REFUSAL_REPEAT_US,
  );
  const orphan = decisions
    .filter((decision) => decision.outcome === 'entered' && decision.at >= at - tolerance)
    .map(({ clientOrderId }) => side.story.orders.get(clientOrderId))
    .filter((order) => order !== undefined && !belongsToTrip(side.story, order))
    .reduce<OrderStory | null>(
      (best, order) =>
        best === null || Math.abs(order!.decidedAt - at) < Math.abs(best.decidedAt - at) ? order! : best,
      null,
    );
  if (orphan !== null)
    return orphan.fills.length > 0
      ? {
          reason: 'open',
          words: `order ${orphan.clientOrderId} filled, and its position is still open at the end`,
        }
      : { reason: 'notFilled', words: `order ${orphan.clientOrderId} did not fill: ${endOf(orphan)}` };
  const refused = decisions.findLast(({ outcome }) => outcome === 'refused');
  if (refused !== undefined && Math.abs(refused.at - at) <= tolerance) return refusal(refused, at);
  const doing = side.states.at(instrument, at);
  if (doing !== null && doing.state !== 'idle')
    return {
      reason: 'busy',
      words: `was ${doing.state} since ${clock(doing.at)}: a consequence of an earlier difference`,
    };
  if (doing !== null && at - doing.at < cooldownMs * 1000 + tolerance)
    return {
      reason: 'cooldown',
      words: `its trade before ended at ${clock(doing.at)}, a pause of ${cooldownMs} ms follows: a consequence of an earlier difference`,
    };
  if (refused !== undefined) return refusal(refused, at);
  return {
    reason: 'unexplained',
    words: 'it was idle, and neither decided nor refused anything of the kind',
  };
}

const belongsToTrip = (story: Story, order: OrderStory): boolean =>
  story.trips.some((trip) => trip.order === order);

const refusal = (decision: Decision, at: Us): Miss => ({
  reason: 'refused',
  words: `refused (${decision.refusal}): ${decision.detail}${decision.at < at - 1_000_000 ? `, told at ${clock(decision.at)}` : ''}`,
});

function endOf({ reports, place, sentAt }: OrderStory): string {
  if (sentAt === null) return 'not sent, the journal could not write';
  const last = reports.at(-1);
  if (last === undefined) return 'nothing was heard of it';
  const kind = place?.type === 'postOnly' ? 'post-only, ' : '';
  return `${kind}${last.state}${last.reason === '' ? '' : ` (${last.reason})`} after ${((last.at - sentAt) / 1000).toFixed(0)} ms`;
}

const clock = (at: Us): string => new Date(at / 1000).toISOString().slice(11, 23);
