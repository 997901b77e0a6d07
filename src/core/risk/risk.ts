import type { Approved, Cancel, Place } from '../commands.ts';
import type { Instrument } from '../instrument.ts';
import { moneyToNumber } from '../instrument.ts';
import type { Account } from '../position/account.ts';
import type { Quote } from '../quote.ts';
import { ok, type Result, refuse } from '../result.ts';
import { type Us, usToMs } from '../units.ts';

export interface RiskConfig {
  /** Positions open at the same time, over all instruments. */
  readonly openPositionsMax: number;
  /** Notional of one position, in settlement currency. */
  readonly notionalMax: number;
  readonly leverageMax: number;
  /** The worst price an order may reach, in basis points from the mid. */
  readonly priceCollarBp: number;
  /** New orders a minute, over all instruments. */
  readonly ordersPerMinuteMax: number;
  /** A book older than this is not traded on, ms. */
  readonly bookAgeMsMax: number;
  /** Share of the balance that one position's margin may take, 0…1. */
  readonly marginShareMax: number;
}

export interface Refusal {
  readonly reason:
    | 'killed'
    | 'paused'
    | 'held'
    | 'recovering'
    | 'feed'
    | 'staleBook'
    | 'openPositions'
    | 'notional'
    | 'leverage'
    | 'margin'
    | 'priceCollar'
    | 'orderRate'
    | 'size';
  readonly limit: number;
  readonly actual: number;
}

/** What risk has to know besides the order. */
export interface RiskContext {
  readonly now: Us;
  readonly account: Account;
  readonly quote: Quote;
  readonly feedLive: boolean;
}

export const describeRefusal = ({ reason, limit, actual }: Refusal): string => {
  const show = (value: number): string => `${Math.round(value * 1e6) / 1e6}`;
  switch (reason) {
    case 'killed':
      return 'the kill switch is on';
    case 'paused':
      return 'entries are paused';
    case 'held':
      return 'the process cannot vouch for new risk now';
    case 'recovering':
      return 'state not yet reconciled';
    case 'feed':
      return 'market data is not live';
    case 'staleBook':
      return `book is ${show(actual)} ms old, limit ${show(limit)}`;
    case 'openPositions':
      return `${show(actual)} positions open, limit ${show(limit)}`;
    case 'notional':
      return `notional ${show(actual)} over the limit of ${show(limit)}`;
    case 'leverage':
      return `leverage ${show(actual)} over the limit of ${show(limit)}`;
    case 'margin':
      return `margin ${show(actual)} over the allowed ${show(limit)}`;
    case 'priceCollar':
      return `price ${show(actual)} bp from the mid, limit ${show(limit)}`;
    case 'orderRate':
      return `${show(actual)} orders in the last minute, limit ${show(limit)}`;
    case 'size':
      return `size ${show(actual)} lots, the venue takes ${actual < limit ? 'at least' : 'at most'} ${show(limit)}`;
  }
};

/**
 * The last gate (row R3, the limits that need no history): every order passes every check before it is sent, and only
 * what passed has the type a venue accepts. Reducing and cancelling stay possible whatever happens to the market data
 * (fail closed means no *new* risk).
 */
export class Risk {
  killed = false;
  paused = false;
  /** Why the process itself wants no new risk; empty when all is well. */
  held = '';
  private readonly config: RiskConfig;
  private readonly instruments: readonly Instrument[];
  private readonly sentAt: number[] = [];
  /** Instruments with an entry on its way or working: a position to be. */
  private readonly entering = new Set<number>();

  constructor(config: RiskConfig, instruments: readonly Instrument[]) {
    this.config = config;
    this.instruments = instruments;
  }

  /** Whether a new position may be thought of at all; the same checks are made again on the order itself. */
  entryAllowed(context: RiskContext): Refusal | null {
    if (this.killed) return { reason: 'killed', limit: 0, actual: 1 };
    if (this.paused) return { reason: 'paused', limit: 0, actual: 1 };
    if (this.held !== '') return { reason: 'held', limit: 0, actual: 1 };
    const { quote } = context;
    if (!context.feedLive || !quote.firm) return { reason: 'feed', limit: 1, actual: 0 };
    const age = usToMs(context.now) - usToMs(quote.at) + quote.lagMs;
    if (!(age <= this.config.bookAgeMsMax))
      return { reason: 'staleBook', limit: this.config.bookAgeMsMax, actual: age };
    const open = this.openOrEntering(context.account);
    if (open >= this.config.openPositionsMax)
      return { reason: 'openPositions', limit: this.config.openPositionsMax, actual: open };
    const sent = this.sentInLastMinute(context.now);
    if (sent >= this.config.ordersPerMinuteMax)
      return { reason: 'orderRate', limit: this.config.ordersPerMinuteMax, actual: sent };
    return null;
  }

  approve(order: Place, context: RiskContext): Result<Approved<Place>, Refusal> {
    const refusal = order.reduceOnly ? this.checkSize(order) : this.checkEntry(order, context);
    if (refusal !== null) return refuse(refusal);
    this.sentAt.push(context.now);
    if (!order.reduceOnly) this.entering.add(order.instrument);
    return ok(order as Approved<Place>);
  }

  /** Cancelling takes risk away, or hands it to `approve` of what replaces it. */
  approveCancel(order: Cancel): Approved<Cancel> {
    return order as Approved<Cancel>;
  }

  /** Whether an approved entry may still fill: until it has ended it counts as an open position. */
  entryUnderWay(instrument: number, underWay: boolean): void {
    if (underWay) this.entering.add(instrument);
    else this.entering.delete(instrument);
  }

  private openOrEntering({ positions }: Account): number {
    let count = 0;
    for (let i = 0; i < positions.length; i++) if (positions[i]!.size !== 0 || this.entering.has(i)) count++;
    return count;
  }

  private checkEntry(order: Place, context: RiskContext): Refusal | null {
    const general = this.entryAllowed(context) ?? this.checkSize(order);
    if (general !== null) return general;
    const { config } = this;
    const instrument = this.instruments[order.instrument]!;
    // every limit is asked as "is it inside?", so that what is not a number is outside
    if (!(order.leverage <= config.leverageMax))
      return { reason: 'leverage', limit: config.leverageMax, actual: order.leverage };
    const { mid } = context.quote;
    const collar = (Math.abs(order.price - mid) / mid) * 10_000;
    if (!(collar <= config.priceCollarBp))
      return { reason: 'priceCollar', limit: config.priceCollarBp, actual: collar };
    const notional = instrument.valueNumber(order.size, order.price);
    if (!(notional <= config.notionalMax))
      return { reason: 'notional', limit: config.notionalMax, actual: notional };
    const allowed = moneyToNumber(context.account.balance) * config.marginShareMax;
    const margin = notional / order.leverage;
    if (!(margin <= allowed)) return { reason: 'margin', limit: allowed, actual: margin };
    return null;
  }

  private checkSize(order: Place): Refusal | null {
    const instrument = this.instruments[order.instrument]!;
    if (!(order.size >= instrument.sizeMin) || !Number.isInteger(order.size))
      return { reason: 'size', limit: instrument.sizeMin, actual: order.size };
    const largest = order.type === 'market' ? instrument.marketSizeMax : instrument.limitSizeMax;
    if (order.size > largest) return { reason: 'size', limit: largest, actual: order.size };
    return null;
  }

  private sentInLastMinute(now: Us): number {
    const since = now - 60_000_000;
    while (this.sentAt.length > 0 && this.sentAt[0]! <= since) this.sentAt.shift();
    return this.sentAt.length;
  }
}
