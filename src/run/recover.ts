import {
  AccountEvent,
  EventKind,
  type ExitReason,
  FillEvent,
  type FundingPaymentEvent,
  OrderEvent,
  type PositionState,
  type SettlementEvent,
} from '../core/events.ts';
import { stopCause } from '../core/execution/moving-stop.ts';
import { formatMoney, type Instrument, moneyToNumber } from '../core/instrument.ts';
import { Account, type RoundTrip } from '../core/position/account.ts';
import { type RiskState, withTransfer } from '../core/risk/history.ts';
import { type Lots, lots, type Money, type Ms, money, ms, NO_MONEY, type Us, usToMs } from '../core/units.ts';
import type { Journal } from '../store/journal.ts';
import type { Venue, VenueState } from '../venue/venue.ts';
import { closedTrade } from './closed-trade.ts';
import type { Log } from './log.ts';

/** Journal and venue cannot be brought together by asking: a person has to look. */
export class RecoveryError extends Error {
  override readonly name = 'RecoveryError';
}

/** Fills this much older than what must be explained are asked for again: receipt is not in the exchange's order. */
const OVERLAP_MS = 60_000;
/** Waits before each further try: a stop may fire between two questions, and OKX's lists lag its positions. */
const RETRY_MS = [200, 500, 1_000, 2_000, 4_000] as const;

export interface Recovered {
  readonly event: AccountEvent;
  /** `instrument/tradeId` of every fill that is in the account already: repeats of them are not to be stepped. */
  readonly knownFills: ReadonlySet<string>;
  readonly knownPayments: ReadonlySet<string>;
  readonly knownSettlements: ReadonlySet<string>;
}

export interface RecoverOptions {
  readonly journal: Journal;
  readonly venue: Venue;
  readonly instruments: readonly Instrument[];
  readonly now: () => Us;
  /** Resolves after so many milliseconds; simulated in tests. */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly log: Log;
}

/**
 * Starting is recovering: brings the journal up to what really happened at the venue and gives the account that both
 * agree on. Every intent without an end is asked about by its client id; nothing is ever sent again. Fills and funding that
 * arrived while nobody listened are journaled, in one transaction with the ends of their orders. Where the positions of
 * the two differ, everything is asked again a few times; a difference that stays is not explained away: `RecoveryError`.
 */
export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { journal, venue, instruments, now, pause, log } = options;
  const known = readJournal(journal, instruments);
  known.limits = journal.riskState(now());
  for (let attempt = 0; ; attempt++) {
    await catchUp(options, known);
    const state = await venue.state();
    const differences = differencesOf(known.account, state, instruments);
    if (differences.length === 0) {
      const balance = balanceOf(journal, state, log);
      return {
        event: new AccountEvent(
          now(),
          balance,
          agreed(known.account, state, journal),
          state.orders,
          journal.nextOrderNumber(),
          known.limits === null ? null : carriedOn(known.limits, balance),
        ),
        knownFills: known.fills,
        knownPayments: known.payments,
        knownSettlements: known.settlements,
      };
    }
    const wait = RETRY_MS[attempt];
    if (wait === undefined)
      throw new RecoveryError(
        `${differences.join('; ')}. Somebody else traded this account, or fills are older than the venue remembers. ` +
          'Close the position by hand, or use a fresh data_dir.',
      );
    await pause(wait);
  }
}

interface Known {
  /** The journal's fills and payments, booked: positions with exact cost, and what the open round trips came to. */
  readonly account: Account;
  readonly fills: Set<string>;
  readonly payments: Set<string>;
  readonly settlements: Set<string>;
  /** Exchange time of the newest fill; 0 when there is none. */
  lastFillAt: number;
  /** What the limits remember; null in a new journal. */
  limits: RiskState | null;
}

function readJournal(journal: Journal, instruments: readonly Instrument[]): Known {
  const known: Known = {
    account: new Account(instruments),
    fills: new Set(),
    payments: new Set(),
    settlements: new Set(),
    lastFillAt: 0,
    limits: null,
  };
  for (const index of instruments.keys()) {
    const fills = journal
      .fills(index)
      .map(
        (fill) =>
          new FillEvent(
            fill.receivedAt,
            index,
            fill.clientOrderId,
            fill.venueOrderId,
            fill.tradeId,
            fill.exchangeAt,
            fill.side,
            fill.price,
            fill.size,
            fill.fee,
            fill.maker,
            fill.purpose,
            fill.why,
            'net',
            fill.feeCurrency,
          ),
      );
    for (const event of asTheyHappened(fills, journal.fundingPayments(index), journal.settlements(index)))
      if (event.kind === EventKind.fill) bookFill(known, event);
      else if (event.kind === EventKind.fundingPayment) bookPayment(known, event);
      else bookSettlement(known, event);
  }
  return known;
}

type Booked = FillEvent | FundingPaymentEvent | SettlementEvent;

/**
 * At the exchange, not as they were heard: a payment belongs to the round trip that it was charged in, a settlement to the one
 * that the fill of its time took part of.
 */
function asTheyHappened(
  fills: readonly FillEvent[],
  payments: readonly FundingPaymentEvent[],
  settlements: readonly SettlementEvent[],
): Booked[] {
  const all: Booked[] = [];
  let paid = 0;
  let settled = 0;
  for (const fill of fills) {
    while (paid < payments.length && payments[paid]!.exchangeAt <= fill.exchangeAt)
      all.push(payments[paid++]!);
    while (settled < settlements.length && settlements[settled]!.exchangeAt < fill.exchangeAt)
      all.push(settlements[settled++]!);
    all.push(fill);
  }
  return [...all, ...payments.slice(paid), ...settlements.slice(settled)];
}

const fillId = ({ instrument, tradeId }: FillEvent): string => `${instrument}/${tradeId}`;
const paymentId = ({ instrument, paymentId: id }: FundingPaymentEvent): string => `${instrument}/${id}`;

function bookFill(known: Known, fill: FillEvent): ReturnType<Account['fill']> {
  known.fills.add(fillId(fill));
  if (fill.exchangeAt > known.lastFillAt) known.lastFillAt = fill.exchangeAt;
  return known.account.fill(fill);
}

const settlementId = ({ instrument, settlementId: id }: SettlementEvent): string => `${instrument}/${id}`;

function bookSettlement(known: Known, settlement: SettlementEvent): void {
  known.settlements.add(settlementId(settlement));
  known.account.settle(settlement);
}

function bookPayment(known: Known, payment: FundingPaymentEvent): void {
  known.payments.add(paymentId(payment));
  known.account.pay(payment);
}

/** Asks what happened since, and journals it together. */
async function catchUp(
  { journal, venue, instruments, now, log }: RecoverOptions,
  known: Known,
): Promise<void> {
  const unresolved = journal.unresolvedIntents();
  const ends: OrderEvent[] = [];
  for (const { command } of unresolved) {
    const report = await venue.find(command.instrument, command.clientOrderId);
    ends.push(
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
          ),
    );
  }
  const since = sinceWhen(
    journal,
    known,
    unresolved.map(({ intendedAt }) => intendedAt),
    now(),
  );
  const fills = (await venue.fills(since)).filter((fill) => !known.fills.has(fillId(fill)));
  const payments = (await venue.fundingPayments(since)).filter(
    (payment) => !known.payments.has(paymentId(payment)),
  );
  const settlements = (await venue.settlements(since)).filter(
    (settlement) => !known.settlements.has(settlementId(settlement)),
  );
  journal.transaction(() => {
    const ended: RoundTrip[] = [];
    let traded = 0n;
    for (const event of asTheyHappened(fills, payments, settlements)) {
      if (event.kind === EventKind.settlement) {
        bookSettlement(known, event);
        journal.recordSettlement(event);
        traded += event.amount;
        continue;
      }
      if (event.kind === EventKind.fundingPayment) {
        bookPayment(known, event);
        journal.recordFunding(event);
        traded += event.amount;
        continue;
      }
      const fill = event;
      const taken = bookFill(known, fill);
      const realized = taken?.realized ?? NO_MONEY;
      journal.recordFill(fill, realized);
      traded += realized + (fill.feeCurrency === '' ? fill.fee : NO_MONEY);
      if (taken === null || taken.closed === null) continue;
      ended.push(taken.closed);
      const trade = { ...taken.closed, exitReason: exitReasonOf(journal, fill) };
      journal.recordTrade(closedTrade(instruments[fill.instrument]!, trade));
    }
    for (const end of ends) journal.recordOrder(end);
    if (known.limits === null) return;
    // together with what they follow from: a start that dies here leaves nothing uncounted
    const { balance, ended: before } = known.limits;
    known.limits = { ...known.limits, balance: money(balance + traded), ended: [...before, ...ended] };
    journal.recordRisk(known.limits);
  });
  for (const end of ends)
    log('info', `order ${end.clientOrderId}: ${end.state}${end.reason === '' ? '' : ` (${end.reason})`}`);
  if (unresolved.length + fills.length + payments.length + settlements.length > 0)
    log(
      'info',
      `reconciled: ${unresolved.length} orders asked about, ${fills.length} fills, ${payments.length} payments and ${settlements.length} settlements caught up`,
    );
}

/** Finer than the venue knows it: why the stop was where it fired. */
function exitReasonOf(
  journal: Journal,
  { instrument, clientOrderId, purpose, price }: FillEvent,
): ExitReason {
  if (purpose !== 'stopLoss') return purpose;
  const { first, moves, said } = journal.stops(instrument, clientOrderId);
  const standing = said === 0 ? first : said;
  const last = moves.at(-1);
  return stopCause(price, standing, moves, last === undefined || last.stopLoss === standing ? null : last);
}

/** The earliest moment that something unheard of can be from. */
function sinceWhen(journal: Journal, known: Known, intendedAt: readonly Us[], now: Us): Ms {
  const candidates = intendedAt.map((at) => usToMs(at) as number);
  if (known.lastFillAt > 0) candidates.push(known.lastFillAt);
  else candidates.push(usToMs(journal.firstSessionAt() ?? now));
  return ms(Math.min(...candidates) - OVERLAP_MS);
}

function differencesOf(account: Account, state: VenueState, instruments: readonly Instrument[]): string[] {
  return instruments.flatMap((instrument, index) => {
    const there = state.positions.find((position) => position.instrument === index)?.size ?? lots(0);
    const here = account.positions[index]!.size;
    const show = (size: Lots): string => instrument.formatSize(size);
    return there === here
      ? []
      : [
          `${instrument.id}: the venue holds ${show(there)} contracts, the journal's fills add up to ${show(here)}`,
        ];
  });
}

function agreed(account: Account, state: VenueState, journal: Journal): PositionState[] {
  return state.positions.map((there) => {
    const position = account.positions[there.instrument]!;
    const opened = journal.openPosition(there.instrument);
    return {
      instrument: there.instrument,
      size: position.size,
      cost: position.cost,
      leverage: opened !== null && opened.leverage > 0 ? opened.leverage : there.leverage,
      openedAt: opened?.openedAt ?? there.openedAt,
      protection: there.protection,
      trip: account.trip(there.instrument),
      stops:
        there.protection === null ? null : journal.stops(there.instrument, there.protection.protectionId),
    };
  });
}

/** What was neither there before nor traded for since is a deposit or a withdrawal: no gain, and no loss that a limit counts. */
const carriedOn = (limits: RiskState, balance: Money): RiskState =>
  withTransfer(limits, balance, moneyToNumber(money(balance - limits.balance)));

function balanceOf(journal: Journal, state: VenueState, log: Log): Money {
  const before = journal.accountSums();
  const start = journal.startBalance(
    money(state.balance - before.realized - before.fees - before.funding - before.settled),
  );
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
