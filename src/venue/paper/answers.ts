import {
  type Amended,
  type FillEvent,
  type FundingPaymentEvent,
  OrderEvent,
  type OrderState,
  ProtectionEvent,
  type SettlementEvent,
} from '../../core/events.ts';
import { type Lots, lots, type Ms, type Ticks, type Us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import type { Way } from './latency.ts';

/** The last that was said of an order. */
export interface Report {
  readonly clientOrderId: string;
  readonly instrument: number;
  readonly venueOrderId: string;
  readonly state: OrderState;
  readonly filled: Lots;
  readonly reason: string;
}

const REPORTS_KEPT = 500;
const FILLS_KEPT = 500;

/**
 * What the venue has said, on its way to us or arrived: told once by itself, and again to who asks. The last 500 orders that
 * ended and the last 500 fills can be asked for (OKX keeps canceled orders two hours, fills three days).
 */
export class Answers {
  private readonly way: Way;
  private outbox: VenueEvent[] = [];
  private reports = new Map<string, Report>();
  private fills: FillEvent[] = [];
  private payments: FundingPaymentEvent[] = [];
  private settlements: SettlementEvent[] = [];

  constructor(way: Way) {
    this.way = way;
  }

  /** When something said at `at` is heard. */
  heardAt(at: Us): Us {
    return this.way.arrival(at);
  }

  order(
    instrument: number,
    clientOrderId: string,
    venueOrderId: string,
    state: OrderState,
    filled: number,
    reason: string,
    at: Us,
  ): void {
    this.outbox.push(
      new OrderEvent(this.heardAt(at), instrument, clientOrderId, venueOrderId, state, lots(filled), reason),
    );
    const known = this.reports.get(clientOrderId);
    // a second order under a used id is refused; what is known of the first one stays
    if (known !== undefined && state === 'rejected') return;
    this.reports.delete(clientOrderId);
    this.reports.set(clientOrderId, {
      clientOrderId,
      instrument,
      venueOrderId,
      state,
      filled: lots(filled),
      reason,
    });
    if (this.reports.size > REPORTS_KEPT) this.forgetOne();
  }

  /** The order that ended longest ago. One that has not ended must be found, however old it is. */
  private forgetOne(): void {
    for (const { clientOrderId, state } of this.reports.values())
      if (state !== 'live' && state !== 'partiallyFilled') {
        this.reports.delete(clientOrderId);
        return;
      }
  }

  /** How a resting order stands after an amendment. What is known of it otherwise has not changed. */
  amended(
    { instrument, clientOrderId, venueOrderId, state, filled }: Report,
    amended: Amended,
    at: Us,
  ): void {
    this.outbox.push(
      new OrderEvent(this.heardAt(at), instrument, clientOrderId, venueOrderId, state, filled, '', amended),
    );
  }

  /** There is no such order: told, and not remembered, for its id was never used. */
  unknownOrder(instrument: number, clientOrderId: string, reason: string, at: Us): void {
    this.outbox.push(
      new OrderEvent(this.heardAt(at), instrument, clientOrderId, '', 'canceled', lots(0), reason),
    );
  }

  /** Where the triggers of a pair are. */
  protection(
    instrument: number,
    protectionId: string,
    takeProfit: Ticks,
    stopLoss: Ticks,
    refusal: string,
    at: Us,
  ): void {
    this.outbox.push(
      new ProtectionEvent(this.heardAt(at), instrument, protectionId, takeProfit, stopLoss, refusal),
    );
  }

  fill(event: FillEvent): void {
    this.outbox.push(event);
    this.fills.push(event);
    if (this.fills.length > FILLS_KEPT) this.fills.shift();
  }

  payment(event: FundingPaymentEvent): void {
    this.outbox.push(event);
    this.payments.push(event);
    if (this.payments.length > FILLS_KEPT) this.payments.shift();
  }

  settlement(event: SettlementEvent): void {
    this.outbox.push(event);
    this.settlements.push(event);
    if (this.settlements.length > FILLS_KEPT) this.settlements.shift();
  }

  /** When the next answer arrives; null = none is on its way. */
  get nextAt(): Us | null {
    return this.outbox[0]?.at ?? null;
  }

  /** Tells what has arrived by `now`, in the order in which it was said. */
  deliver(now: Us, emit: (event: VenueEvent) => void): void {
    let ready = 0;
    while (ready < this.outbox.length && this.outbox[ready]!.at <= now) ready++;
    if (ready === 0) return;
    for (const event of this.outbox.splice(0, ready)) emit(event);
  }

  find(clientOrderId: string): Report | null {
    return this.reports.get(clientOrderId) ?? null;
  }

  filledOf(clientOrderId: string): number {
    return this.reports.get(clientOrderId)?.filled ?? 0;
  }

  fillsSince(since: Ms): FillEvent[] {
    return this.fills.filter(({ exchangeAt }) => exchangeAt >= since);
  }

  paymentsSince(since: Ms): FundingPaymentEvent[] {
    return this.payments.filter(({ exchangeAt }) => exchangeAt >= since);
  }

  settlementsSince(since: Ms): SettlementEvent[] {
    return this.settlements.filter(({ exchangeAt }) => exchangeAt >= since);
  }

  save(): SavedAnswers {
    const { fills, payments, settlements, outbox } = this;
    return { reports: [...this.reports.values()], fills, payments, settlements, outbox };
  }

  restore({ reports, fills, payments, settlements, outbox }: SavedAnswers): void {
    this.reports = new Map(reports.map((report) => [report.clientOrderId, report]));
    this.fills = [...fills];
    this.payments = [...payments];
    this.settlements = [...settlements];
    this.outbox = [...outbox];
  }
}

export interface SavedAnswers {
  readonly reports: readonly Report[];
  readonly fills: readonly FillEvent[];
  readonly payments: readonly FundingPaymentEvent[];
  readonly settlements: readonly SettlementEvent[];
  readonly outbox: readonly VenueEvent[];
}
