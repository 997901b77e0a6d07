import type { Account } from '../accounts/account.ts';
import type { Holding } from '../accounts/holding.ts';
import type { BalanceReason } from '../accounts/observer.ts';
import type { Fill, Order } from '../accounts/order.ts';
import type { Algo } from '../algos/algo.ts';
import type { Exchange, ExchangeObserver } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import type { Trade } from '../market/trade.ts';
import { Hub } from './hub.ts';
import type { Interference } from './interference.ts';
import { type Key, Keys } from './keys.ts';
import { PrivateFeed } from './private-feed.ts';
import { PublicFeed } from './public-feed.ts';
import { type Maintenance, SystemStatus } from './system-status.ts';

/** How far a client's clock may be off. */
const SKEW_MAX_MS = 30_000;

const nextMinute = (at: number): number => (Math.floor(at / 60_000) + 1) * 60_000;

/** A request was carried out, but its outcome could not be written down: whoever asked must be told that he cannot know. */
export class Unsaved extends Error {
  override readonly name = 'Unsaved';
}

/**
 * Between the exchange and its doors. Keeps the one order that matters: change, save, answer, tell. What has been
 * acknowledged is on disk before anybody reads of it. While the state cannot be written nothing private is accepted, shown
 * or told; what was under way is told once it is written, or was never heard of if we die before.
 */
export class Gateway implements ExchangeObserver {
  readonly exchange: Exchange;
  readonly hub = new Hub();
  readonly feeds: readonly PublicFeed[];
  readonly privateFeed: PrivateFeed;
  readonly keys = new Keys();
  readonly status: SystemStatus;
  readonly interference: Interference | null;
  private readonly write: () => void;
  private minuteEnds: number;
  private outage: Maintenance | null = null;

  /** `write` puts the state where it outlives us, or throws. */
  constructor(exchange: Exchange, write: () => void, interference: Interference | null = null) {
    this.exchange = exchange;
    this.write = write;
    this.interference = interference;
    this.status = new SystemStatus(this.hub);
    for (const account of exchange.accounts)
      this.keys.add(account, account.credentials, ['read_only', 'trade']);
    this.feeds = exchange.markets.map((market) => new PublicFeed(market, this.hub));
    this.privateFeed = new PrivateFeed(exchange, this.hub);
    this.minuteEnds = nextMinute(exchange.now);
    exchange.observe(this);
  }

  get now(): number {
    return this.exchange.now;
  }

  feedOf(instId: string): PublicFeed | undefined {
    return this.feeds.find(({ market }) => market.instrument.id === instId);
  }

  keyOf(apiKey: string): Key | undefined {
    return this.keys.find(apiKey);
  }

  /** What this exchange says the time is, ms: the market's, unless its clock is off. */
  get clock(): number {
    return this.now + this.skew;
  }

  /** Whether a time (ms) is near the wall's clock or, when the market runs at another speed, near the market's. */
  isTimely(at: number): boolean {
    const { skew } = this;
    return Math.abs(at - Date.now() - skew) <= SKEW_MAX_MS || Math.abs(at - this.now - skew) <= SKEW_MAX_MS;
  }

  /** Whether an `expTime` (ms) lies in the past. */
  isPast(at: number): boolean {
    return at < Math.min(this.now, Date.now()) + this.skew;
  }

  private get skew(): number {
    return this.interference?.clockSkewMs ?? 0;
  }

  /** Whether the state can be written, and so whether anything may be promised. */
  get isSound(): boolean {
    return this.outage === null;
  }

  /** Runs a request that may change something; the caller answers, then calls `tell`. Throws `Unsaved`. */
  change<T>(request: () => T): T {
    const result = request();
    this.exchange.followUp();
    this.commit();
    if (!this.isSound) throw new Unsaved('the state cannot be written');
    return result;
  }

  /** Something was changed that no observer hears of: leverage, a dead man's switch. */
  touch(): void {
    this.privateFeed.dirty = true;
  }

  tell(): void {
    if (this.isSound) this.privateFeed.drain();
  }

  /** Writes the state, whether or not it changed; tells what waited for that. */
  save(): void {
    try {
      this.write();
    } catch (error) {
      if (!this.isSound) return;
      console.warn(
        `the exchange's state cannot be written (${(error as Error).message}): the market stands still and nothing is accepted until it can`,
      );
      this.outage = this.status.plan(this.clock, 0, 'State cannot be written');
      this.status.change(this.outage, 'ongoing', this.clock);
      return;
    }
    this.privateFeed.dirty = false;
    if (this.outage === null) return;
    console.warn("the exchange's state is written again");
    this.status.change(this.outage, 'completed', this.clock);
    this.outage = null;
    this.tell();
  }

  private commit(): void {
    if (this.privateFeed.dirty) this.save();
  }

  traded(market: Market, trade: Trade, fills: readonly number[]): void {
    this.feedOf(market.instrument.id)!.traded(trade, fills);
  }

  stepped(now: number): void {
    // bars that are told as closed, and funding that is settled, must outlive us
    if (now >= this.minuteEnds) {
      this.minuteEnds = nextMinute(now);
      this.save();
    }
    for (const feed of this.feeds) feed.step(now);
    this.privateFeed.step(now);
    this.commit();
    this.tell();
  }

  orderChanged(account: Account, order: Order, fill: Fill | null): void {
    this.privateFeed.orderChanged(account, order, fill);
    if (fill !== null && order.category !== 'normal') this.feedOf(order.instId)!.liquidated(order, fill);
  }

  algoChanged(account: Account, algo: Algo): void {
    this.privateFeed.algoChanged(account, algo);
  }

  balanceChanged(account: Account, holding: Holding, reason: BalanceReason): void {
    this.privateFeed.balanceChanged(account, holding, reason);
  }
}
