import { AccountEvent, OrderEvent, type PositionState } from '../core/events.ts';
import { formatMoney, type Instrument } from '../core/instrument.ts';
import { Position } from '../core/position/position.ts';
import { lots, type Money, type Ms, money, ms, NO_MONEY, type Us } from '../core/units.ts';
import type { Journal } from '../store/journal.ts';
import type { Venue, VenueState } from '../venue/venue.ts';
import type { Log } from './log.ts';

/** Journal and venue cannot be brought together by asking: a person has to look. */
export class RecoveryError extends Error {
  override readonly name = 'RecoveryError';
}

/** Fills this much older than the last journaled one are asked for again: receipt is not in the exchange's order. */
const OVERLAP_MS = 60_000;

export interface Recovered {
  readonly event: AccountEvent;
  /** `instrument/tradeId` of every fill that is in the account already: repeats of them are not to be stepped. */
  readonly knownFills: ReadonlySet<string>;
  readonly knownPayments: ReadonlySet<string>;
}

/**
 * Starting is recovering: brings the journal up to what really happened at the venue and gives the account that both
 * agree on. Every intent without an end is asked about by its client id; nothing is ever sent again. Fills and funding that
 * arrived while nobody listened are journaled. A position that the venue does not have, or has and we know nothing of, is
 * not explained away: `RecoveryError`.
 */
export async function recover(
  journal: Journal,
  venue: Venue,
  instruments: readonly Instrument[],
  now: () => Us,
  log: Log,
): Promise<Recovered> {
  const positions = instruments.map((instrument) => new Position(instrument));
  const knownFills = new Set<string>();
  const knownPayments = new Set<string>();
  let lastAt = 0;
  for (const [index, position] of positions.entries())
    for (const fill of journal.fills(index)) {
      position.fill(fill.side, fill.size, fill.price);
      knownFills.add(`${index}/${fill.tradeId}`);
      if (fill.exchangeAt > lastAt) lastAt = fill.exchangeAt;
    }

  let asked = 0;
  for (const { command } of journal.unresolvedIntents()) {
    const report = await venue.find(command.instrument, command.clientOrderId);
    asked++;
    const event =
      report === null
        ? new OrderEvent(
            now(),
            command.instrument,
            command.clientOrderId,
            '',
            'canceled',
            lots(0),
            'never reached the venue',
          )
        : new OrderEvent(
            now(),
            command.instrument,
            report.clientOrderId,
            report.venueOrderId,
            report.state,
            report.filled,
            report.reason,
          );
    journal.recordOrder(event);
    log(
      'info',
      `order ${command.clientOrderId}: ${event.state}${event.reason === '' ? '' : ` (${event.reason})`}`,
    );
  }

  const since = ms(
    lastAt === 0 ? (journal.previousSession()?.startedAt ?? now()) / 1000 : lastAt - OVERLAP_MS,
  ) as Ms;
  let missedFills = 0;
  for (const fill of await venue.fills(since)) {
    const id = `${fill.instrument}/${fill.tradeId}`;
    if (knownFills.has(id)) continue;
    knownFills.add(id);
    journal.recordFill(fill, positions[fill.instrument]!.fill(fill.side, fill.size, fill.price));
    missedFills++;
  }
  let missedPayments = 0;
  for (const payment of await venue.fundingPayments(since)) {
    knownPayments.add(`${payment.instrument}/${payment.paymentId}`);
    if (journal.recordFunding(payment)) missedPayments++;
  }
  if (asked + missedFills + missedPayments > 0)
    log(
      'info',
      `reconciled: ${asked} orders asked about, ${missedFills} fills and ${missedPayments} payments caught up`,
    );

  const state = await venue.state();
  const agreed = agree(journal, state, positions, instruments);
  const balance = balanceOf(journal, state, log);
  return {
    event: new AccountEvent(now(), balance, agreed, state.orders, journal.nextOrderNumber()),
    knownFills,
    knownPayments,
  };
}

function agree(
  journal: Journal,
  state: VenueState,
  positions: readonly Position[],
  instruments: readonly Instrument[],
): PositionState[] {
  return positions.flatMap((position, index) => {
    const there = state.positions.find(({ instrument }) => instrument === index);
    const instrument = instruments[index]!;
    const venueSize = there?.size ?? 0;
    if (venueSize !== position.size)
      throw new RecoveryError(
        `${instrument.id}: the venue holds ${instrument.formatSize(venueSize as typeof position.size)} contracts, the journal's fills add up to ${instrument.formatSize(position.size)}. ` +
          'Somebody else traded this account, or fills are older than the venue remembers. Close the position by hand, or use a fresh data_dir.',
      );
    if (there === undefined) return [];
    const opened = journal.openPosition(index);
    const trip = tripOf(journal, index);
    return [
      {
        instrument: index,
        size: position.size,
        cost: position.cost,
        leverage: opened !== null && opened.leverage > 0 ? opened.leverage : there.leverage,
        openedAt: opened?.openedAt ?? there.openedAt,
        protection: there.protection,
        trip,
      },
    ];
  });
}

/** What the open round trip has come to so far, from the journal's fills since it was flat. */
function tripOf(journal: Journal, index: number): PositionState['trip'] {
  let realized = 0n;
  let fees = 0n;
  for (const fill of journal.fills(index)) {
    realized += fill.realized;
    fees += fill.fee;
    if (fill.positionAfter === 0) {
      realized = 0n;
      fees = 0n;
    }
  }
  return { realized: money(realized), fees: money(fees), funding: NO_MONEY };
}

function balanceOf(journal: Journal, state: VenueState, log: Log): Money {
  const before = journal.accountSums();
  const start = journal.startBalance(money(state.balance - before.realized - before.fees - before.funding));
  const { balance } = journal.accountSums();
  const difference = money(state.balance - balance);
  if (difference !== 0n)
    log(
      'warn',
      `the venue's balance is ${formatMoney(state.balance)}, the journal's ${formatMoney(balance)} (began with ${formatMoney(start)}): ` +
        `${formatMoney(difference)} came by deposit, transfer or rounding`,
    );
  return state.balance;
}
