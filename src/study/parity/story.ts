import type { AmendOrder, AmendProtection, Decision, Place } from '../../core/commands.ts';
import {
  type AccountEvent,
  type Amended,
  type Event,
  EventKind,
  type FillEvent,
  type FundingPaymentEvent,
  type OrderState,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { Account, type RoundTrip } from '../../core/position/account.ts';
import { type Money, money, NO_MONEY, signOf, type Us } from '../../core/units.ts';
import type { OwnCommand } from '../../run/session/format.ts';

/** What became of one order, ours or the venue's own (a stop or target). */
export interface OrderStory {
  readonly clientOrderId: string;
  /** Null for an order of the venue's own. */
  readonly place: Place | null;
  readonly decidedAt: Us;
  /** Null when it was not sent. */
  readonly sentAt: Us | null;
  readonly decision: Decision | null;
  cancelSentAt: Us | null;
  /** How it was given another price or size. */
  readonly amends: { readonly command: AmendOrder; readonly sentAt: Us }[];
  /** Of an entry: how its stop and target were moved. */
  readonly moves: { readonly command: AmendProtection; readonly sentAt: Us }[];
  readonly reports: {
    readonly at: Us;
    readonly state: OrderState;
    readonly filled: number;
    readonly reason: string;
    /** What it is now, where it was amended. */
    readonly amended: Amended | null;
  }[];
  readonly fills: FillEvent[];
}

/** A round trip with all that made it. */
export interface Trip {
  readonly trade: RoundTrip;
  readonly entries: readonly FillEvent[];
  readonly exits: readonly FillEvent[];
  readonly payments: readonly FundingPaymentEvent[];
  /** Values of all that was opened and closed; what was open at the beginning is in them. */
  readonly entryValue: bigint;
  readonly entrySize: bigint;
  readonly exitValue: bigint;
  /** The order that opened it; null when it was open at the beginning. */
  readonly order: OrderStory | null;
  /** The order of ours that closed the last of it; null when the venue's own stop or target did. */
  readonly exitOrder: OrderStory | null;
  readonly net: Money;
}

interface Open {
  entries: FillEvent[];
  exits: FillEvent[];
  payments: FundingPaymentEvent[];
  entryValue: bigint;
  entrySize: bigint;
  exitValue: bigint;
}

/** All that an account went through in a run, of the session or of its replay: the same figures for both. */
export class Story {
  readonly decisions: Decision[] = [];
  readonly orders = new Map<string, OrderStory>();
  readonly trips: Trip[] = [];
  readonly payments: FundingPaymentEvent[] = [];
  readonly account: Account;
  startBalance: Money = NO_MONEY;
  private readonly instruments: readonly Instrument[];
  private readonly open: (Open | null)[];
  private readonly entered = new Map<string, Decision>();

  constructor(instruments: readonly Instrument[]) {
    this.instruments = instruments;
    this.account = new Account(instruments);
    this.open = instruments.map(() => null);
  }

  /** What the engine was told besides the market. Kept where it must be: it may be lent. */
  event(event: Event): void {
    switch (event.kind) {
      case EventKind.account:
        return this.begin(event);
      case EventKind.order:
        this.order(event.clientOrderId, event.at).reports.push({
          at: event.at,
          state: event.state,
          filled: event.filled,
          reason: event.reason,
          amended: event.amended,
        });
        return;
      case EventKind.fill:
        return this.fill({ ...event });
      case EventKind.fundingPayment:
        this.payments.push({ ...event });
        this.account.pay(event);
        this.open[event.instrument]?.payments.push({ ...event });
        return;
      case EventKind.settlement:
        this.account.settle(event);
        return;
    }
  }

  command(command: OwnCommand, decidedAt: Us, sentAt: Us | null): void {
    switch (command.kind) {
      case 'decision':
        this.decisions.push(command);
        if (command.outcome === 'entered') this.entered.set(command.clientOrderId, command);
        return;
      case 'place': {
        const { clientOrderId } = command;
        const decision = this.entered.get(clientOrderId) ?? null;
        this.orders.set(clientOrderId, {
          clientOrderId,
          place: command,
          decidedAt,
          sentAt,
          decision,
          cancelSentAt: null,
          amends: [],
          moves: [],
          reports: [],
          fills: [],
        });
        return;
      }
      case 'cancel': {
        const order = this.orders.get(command.clientOrderId);
        if (order !== undefined) order.cancelSentAt ??= sentAt;
        return;
      }
      case 'tradeClosed': {
        // the engine knows more finely what ended it than the venue's fill says
        const last = this.trips.at(-1);
        const { clientOrderId, exitReason } = command.trade;
        if (last?.trade.clientOrderId === clientOrderId)
          this.trips[this.trips.length - 1] = { ...last, trade: { ...last.trade, exitReason } };
        return;
      }
      case 'amend': {
        if (command.target === 'order') {
          if (sentAt !== null) this.orders.get(command.clientOrderId)?.amends.push({ command, sentAt });
          return;
        }
        const entry = this.entryOf(command.protectionId);
        if (entry !== null && sentAt !== null) entry.moves.push({ command, sentAt });
      }
    }
  }

  /** The entry that a stop and target came with; null when it is not on record. */
  entryOf(protectionId: string): OrderStory | null {
    for (const order of this.orders.values()) if (order.place?.protectionId === protectionId) return order;
    return null;
  }

  /** P&L, fees and funding of the run so far. */
  get change(): Money {
    return money(this.account.balance - this.startBalance);
  }

  private begin(event: AccountEvent): void {
    this.account.take(event);
    this.startBalance = event.balance;
    for (const { instrument } of event.positions) {
      const trip = this.account.trip(instrument);
      this.open[instrument] =
        trip === null
          ? null
          : {
              ...newTrip(),
              entryValue: trip.entryValue,
              entrySize: BigInt(trip.entrySize),
              exitValue: trip.exitValue,
            };
    }
  }

  private fill(event: FillEvent): void {
    this.order(event.clientOrderId, event.at).fills.push(event);
    const before = this.account.positions[event.instrument]!.size;
    const taken = this.account.fill(event);
    if (taken === null) return;
    const instrument = this.instruments[event.instrument]!;
    const value = instrument.value(event.size, event.price);
    const trip = this.open[event.instrument] ?? newTrip();
    this.open[event.instrument] = trip;
    if (before === 0 || Math.sign(before) === signOf(event.side)) {
      trip.entries.push(event);
      trip.entryValue += value;
      trip.entrySize += BigInt(event.size);
    } else {
      trip.exits.push(event);
      trip.exitValue += value;
    }
    const { closed } = taken;
    if (closed === null) return;
    this.open[event.instrument] = null;
    this.trips.push({
      trade: closed,
      ...trip,
      order: this.orders.get(closed.clientOrderId) ?? null,
      exitOrder: this.ours(event.clientOrderId),
      net: money(closed.realized + closed.fees + closed.funding),
    });
  }

  private ours(clientOrderId: string): OrderStory | null {
    const order = this.orders.get(clientOrderId);
    return order === undefined || order.place === null ? null : order;
  }

  private order(clientOrderId: string, at: Us): OrderStory {
    const known = this.orders.get(clientOrderId);
    if (known !== undefined) return known;
    const story: OrderStory = {
      clientOrderId,
      place: null,
      decidedAt: at,
      sentAt: null,
      decision: null,
      cancelSentAt: null,
      amends: [],
      moves: [],
      reports: [],
      fills: [],
    };
    this.orders.set(clientOrderId, story);
    return story;
  }
}

const newTrip = (): Open => ({
  entries: [],
  exits: [],
  payments: [],
  entryValue: 0n,
  entrySize: 0n,
  exitValue: 0n,
});
