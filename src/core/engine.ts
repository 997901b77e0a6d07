import type { Command } from './commands.ts';
import { type Event, EventKind, type OperatorEvent } from './events.ts';
import { type ExecutionConfig, Trader } from './execution/trader.ts';
import type { ExitsConfig } from './exits/exits.ts';
import type { Instrument } from './instrument.ts';
import { Market, type MarketConfig } from './market.ts';
import { Account } from './position/account.ts';
import type { SizingConfig } from './position/sizing.ts';
import { describeRefusal, type Refusal, Risk, type RiskConfig } from './risk/risk.ts';
import type { Us } from './units.ts';

export interface EngineConfig {
  readonly market: MarketConfig;
  readonly execution: ExecutionConfig;
  readonly exits: ExitsConfig;
  readonly sizing: SizingConfig;
  readonly risk: RiskConfig;
  /** Starts every client order id: letters and digits, unique to the journal. */
  readonly idPrefix: string;
}

/**
 * Same events, same commands: no waiting, no clock, no chance, no I/O in here. Everything it may know arrives as an
 * event; everything it may do leaves as a command.
 *
 * market data → book, candles → detectors → signal → risk → size, leverage, exits → order → fills → account
 */
export class Engine {
  /** Our clock as the events tell it; never goes back. */
  now = 0 as Us;
  readonly account: Account;
  readonly risk: Risk;
  readonly markets: readonly Market[];
  readonly traders: readonly Trader[];
  private readonly numbers: Numbers;

  constructor(config: EngineConfig, instruments: readonly Instrument[]) {
    this.account = new Account(instruments);
    this.risk = new Risk(config.risk, instruments);
    this.numbers = new Numbers(config.idPrefix);
    this.markets = instruments.map((instrument) => new Market(config.market, instrument));
    this.traders = this.markets.map(
      (market, index) => new Trader(index, market, this.account, this.risk, config, this.numbers),
    );
  }

  step(event: Event, out: Command[]): void {
    if (event.at > this.now) this.now = event.at;
    const { now } = this;
    switch (event.kind) {
      case EventKind.book: {
        const market = this.markets[event.instrument]!;
        market.onBook(event);
        this.value(event.instrument, now, out);
        this.traders[event.instrument]!.pursue(market.proposalOfSignal, now, out);
        return;
      }
      case EventKind.trade: {
        this.markets[event.instrument]!.onTrade(event);
        this.value(event.instrument, now, out);
        this.traders[event.instrument]!.see(event.price, event.price, now, out);
        this.propose(event.instrument, now, out);
        return;
      }
      case EventKind.candle: {
        this.markets[event.instrument]!.onCandle(event);
        this.value(event.instrument, now, out);
        this.traders[event.instrument]!.seeCandle(event, now, out);
        this.propose(event.instrument, now, out);
        return;
      }
      case EventKind.mark:
        this.markets[event.instrument]!.onMark(event);
        return this.value(event.instrument, now, out);
      case EventKind.funding:
        return this.markets[event.instrument]!.onFunding(event);
      case EventKind.feed:
        return this.markets[event.instrument]!.onFeed(event);
      case EventKind.order:
        return this.traders[event.instrument]!.onOrder(event, now, out);
      case EventKind.protection:
        return this.traders[event.instrument]!.onProtection(event, now, out);
      case EventKind.fill: {
        const taken = this.account.fill(event);
        if (taken === null) return;
        const reached = this.risk.booked(this.account, taken.closed, now);
        this.traders[event.instrument]!.onFill(event, taken.closed, now, out);
        return this.stopAt(reached, now, out);
      }
      case EventKind.fundingPayment: {
        if (!this.account.pay(event)) return;
        return this.stopAt(this.risk.booked(this.account, null, now), now, out);
      }
      case EventKind.settlement: {
        if (!this.account.settle(event)) return;
        return this.stopAt(this.risk.booked(this.account, null, now), now, out);
      }
      case EventKind.account: {
        this.account.take(event);
        this.risk.restore(event, this.account, now);
        this.numbers.continueFrom(event.nextOrderNumber);
        for (const trader of this.traders) trader.onAccount(event, now, out);
        return;
      }
      case EventKind.timer: {
        for (let i = 0; i < this.traders.length; i++)
          this.traders[i]!.pursue(this.markets[i]!.proposalOfSignal, now, out);
        return;
      }
      case EventKind.hold:
        this.risk.held = event.reason;
        return;
      case EventKind.operator:
        return this.obey(event, now, out);
    }
  }

  /** A candle may have closed, and the strategies may have something to say of it. */
  private propose(instrument: number, now: Us, out: Command[]): void {
    const proposal = this.markets[instrument]!.takeProposalOfStrategies(now);
    if (proposal !== null) this.traders[instrument]!.pursue(proposal, now, out);
  }

  /** The price of an instrument may have moved, and with it what a position is worth. */
  private value(instrument: number, now: Us, out: Command[]): void {
    const reached = this.risk.valued(instrument, this.markets[instrument]!.valuationPrice, now);
    if (reached !== null) this.stopAt(reached, now, out);
  }

  /** A limit was reached that ends entries: those under way are taken back, and where it is so configured all is closed. */
  private stopAt(reached: Refusal | null, now: Us, out: Command[]): void {
    if (reached !== null) this.stop(this.risk.breachFlattens, describeRefusal(reached), now, out);
  }

  private stop(flatten: boolean, reason: string, now: Us, out: Command[]): void {
    for (const trader of this.traders) {
      if (flatten) trader.flatten(reason, now, out);
      else trader.withdraw(now, out);
    }
  }

  private obey({ action, flatten }: OperatorEvent, now: Us, out: Command[]): void {
    switch (action) {
      case 'pause':
        this.risk.paused = true;
        return;
      case 'resume':
        this.risk.paused = false;
        return;
      case 'arm':
        this.risk.arm();
        for (const trader of this.traders) trader.arm();
        return;
      case 'close':
        return this.stop(true, 'close by a person', now, out);
      case 'kill':
        this.risk.kill(flatten);
        return this.stop(flatten, 'the kill switch is on', now, out);
    }
  }
}

/** Client order ids: the prefix and a number in base 36. The number only ever grows, over restarts too. */
class Numbers {
  private readonly prefix: string;
  private number = 1;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  peek(): string {
    return orderId(this.prefix, this.number);
  }

  take(): string {
    return orderId(this.prefix, this.number++);
  }

  continueFrom(number: number): void {
    this.number = Math.max(this.number, number);
  }
}

export const orderId = (prefix: string, number: number): string =>
  `${prefix}${number.toString(36).padStart(6, '0')}`;

/** The number in a client order id of this prefix, or null when it is not one of ours. */
export function orderNumber(prefix: string, clientOrderId: string): number | null {
  if (!clientOrderId.startsWith(prefix)) return null;
  const digits = clientOrderId.slice(prefix.length);
  return /^[0-9a-z]{6,}$/.test(digits) ? Number.parseInt(digits, 36) : null;
}
