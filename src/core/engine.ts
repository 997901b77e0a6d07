import type { Command } from './commands.ts';
import { type Event, EventKind } from './events.ts';
import { type ExecutionConfig, Trader } from './execution/trader.ts';
import type { ExitsConfig } from './exits/exits.ts';
import type { Instrument } from './instrument.ts';
import { Market, type MarketConfig } from './market.ts';
import { Account } from './position/account.ts';
import type { SizingConfig } from './position/sizing.ts';
import { Risk, type RiskConfig } from './risk/risk.ts';
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
        this.traders[event.instrument]!.pursue(market.proposalOfSignal, now, out);
        return;
      }
      case EventKind.trade: {
        this.markets[event.instrument]!.onTrade(event);
        this.propose(event.instrument, now, out);
        return;
      }
      case EventKind.candle: {
        this.markets[event.instrument]!.onCandle(event);
        this.propose(event.instrument, now, out);
        return;
      }
      case EventKind.mark:
        return this.markets[event.instrument]!.onMark(event);
      case EventKind.funding:
        return this.markets[event.instrument]!.onFunding(event);
      case EventKind.feed:
        return this.markets[event.instrument]!.onFeed(event);
      case EventKind.order:
        return this.traders[event.instrument]!.onOrder(event, now, out);
      case EventKind.fill: {
        const taken = this.account.fill(event);
        if (taken !== null) this.traders[event.instrument]!.onFill(event, taken.closed, now, out);
        return;
      }
      case EventKind.fundingPayment:
        this.account.pay(event);
        return;
      case EventKind.account: {
        this.account.take(event);
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
        return this.obey(event.action, now, out);
    }
  }

  /** A candle may have closed, and the strategies may have something to say of it. */
  private propose(instrument: number, now: Us, out: Command[]): void {
    const proposal = this.markets[instrument]!.takeProposalOfStrategies(now);
    if (proposal !== null) this.traders[instrument]!.pursue(proposal, now, out);
  }

  private obey(action: 'pause' | 'resume' | 'close' | 'kill' | 'arm', now: Us, out: Command[]): void {
    if (action === 'pause') this.risk.paused = true;
    else if (action === 'resume') this.risk.paused = false;
    else if (action === 'arm') {
      this.risk.killed = false;
      for (const trader of this.traders) trader.arm();
    } else {
      if (action === 'kill') this.risk.killed = true;
      for (const trader of this.traders) trader.flatten(`${action} by a person`, now, out);
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
