import type { Approved, OrderCommand } from '../../core/commands.ts';
import type { FillEvent, FundingPaymentEvent, MarketEvent, SettlementEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, type Ms, type Us } from '../../core/units.ts';
import type { OrderReport, Venue, VenueClock, VenueEvent, VenueState } from '../venue.ts';
import { type PaperConfig, PaperMatcher } from './matcher.ts';

/**
 * The paper matcher as a venue: fed the same market events as the engine, each before the engine sees it, and woken by the
 * clock when an answer is due between two of them.
 */
export class PaperVenue implements Venue {
  readonly name = 'paper';
  readonly matcher: PaperMatcher;
  private readonly clock: VenueClock;
  private emit: ((event: VenueEvent) => void) | null = null;
  private callOff: (() => void) | null = null;

  constructor(config: PaperConfig, instruments: readonly Instrument[], clock: VenueClock) {
    this.matcher = new PaperMatcher(config, instruments);
    this.clock = clock;
  }

  connect(emit: (event: VenueEvent) => void): Promise<void> {
    this.emit = emit;
    this.arrange();
    return Promise.resolve();
  }

  /** A market event, before the engine takes it. What it does to our orders is emitted at once. */
  observe(event: MarketEvent): void {
    if (this.emit === null) return;
    this.matcher.market(event, this.emit);
    this.arrange();
  }

  submit(command: Approved<OrderCommand>): void {
    this.matcher.submit(command, this.clock.now());
    this.arrange();
  }

  state(): Promise<VenueState> {
    const { matcher } = this;
    return Promise.resolve({
      balance: matcher.balance,
      positions: matcher.positions.flatMap((position, instrument) => {
        if (position.size === 0) return [];
        const pair = matcher.standing.find((each) => each.instrument === instrument);
        return [
          {
            instrument,
            size: position.size,
            cost: position.cost,
            leverage: matcher.leverage[instrument]!,
            openedAt: 0 as Us,
            protection: pair === undefined ? null : { ...pair, size: lots(pair.size) },
            trip: null,
            stops: null,
          },
        ];
      }),
      orders: matcher.restingOrders.map(({ place, venueOrderId, filled }) => ({
        clientOrderId: place.clientOrderId,
        venueOrderId,
        instrument: place.instrument,
        side: place.side,
        size: place.size,
        filled: lots(filled),
        reduceOnly: place.reduceOnly,
        takeProfit: place.takeProfit,
        stopLoss: place.stopLoss,
      })),
    });
  }

  find(_instrument: number, clientOrderId: string): Promise<OrderReport | null> {
    return Promise.resolve(this.matcher.find(clientOrderId));
  }

  fills(since: Ms): Promise<FillEvent[]> {
    return Promise.resolve(this.matcher.fillsSince(since));
  }

  fundingPayments(since: Ms): Promise<FundingPaymentEvent[]> {
    return Promise.resolve(this.matcher.paymentsSince(since));
  }

  settlements(since: Ms): Promise<SettlementEvent[]> {
    return Promise.resolve(this.matcher.settlementsSince(since));
  }

  stop(): Promise<void> {
    this.callOff?.();
    this.callOff = null;
    this.emit = null;
    return Promise.resolve();
  }

  private arrange(): void {
    this.callOff?.();
    this.callOff = null;
    const at = this.matcher.nextAt;
    if (at === null || this.emit === null) return;
    this.callOff = this.clock.at(at, () => {
      this.callOff = null;
      if (this.emit === null) return;
      this.matcher.advance(this.clock.now(), this.emit);
      this.arrange();
    });
  }
}
