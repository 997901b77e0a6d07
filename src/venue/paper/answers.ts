import { type FillEvent, type FundingPaymentEvent, OrderEvent, type OrderState } from '../../core/events.ts';
import { type Lots, lots, type Ms, type Us, us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';

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

/** What the venue has said, on its way to us or arrived: told once by itself, and again to who asks. */
export class Answers {
  private readonly latencyMs: number;
  private outbox: VenueEvent[] = [];
  private reports = new Map<string, Report>();
  private fills: FillEvent[] = [];
  private payments: FundingPaymentEvent[] = [];

  constructor(latencyMs: number) {
    this.latencyMs = latencyMs;
  }

  /** When something said at `at` is heard. */
  heardAt(at: Us): Us {
    return us(at + this.latencyMs * 1000);
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
    if (this.reports.size > REPORTS_KEPT) this.reports.delete(this.reports.keys().next().value!);
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

  /** When the next answer arrives; null = none is on its way. */
  get nextAt(): Us | null {
    let earliest: Us | null = null;
    for (const { at } of this.outbox) if (earliest === null || at < earliest) earliest = at;
    return earliest;
  }

  /** Tells what has arrived by `now`, in the order of its times. */
  deliver(now: Us, emit: (event: VenueEvent) => void): void {
    if (this.outbox.length === 0) return;
    const ready = this.outbox.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.outbox = this.outbox.filter(({ at }) => at > now);
    for (const event of ready) emit(event);
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

  save(): SavedAnswers {
    const { fills, payments, outbox } = this;
    return { reports: [...this.reports.values()], fills, payments, outbox };
  }

  restore({ reports, fills, payments, outbox }: SavedAnswers): void {
    this.reports = new Map(reports.map((report) => [report.clientOrderId, report]));
    this.fills = [...fills];
    this.payments = [...payments];
    this.outbox = [...outbox];
  }
}

export interface SavedAnswers {
  readonly reports: readonly Report[];
  readonly fills: readonly FillEvent[];
  readonly payments: readonly FundingPaymentEvent[];
  readonly outbox: readonly VenueEvent[];
}
