import type { MarketEvent } from '../../core/events.ts';
import type { Side, Us } from '../../core/units.ts';
import type { PaperOrder } from './order.ts';
import type { StandingPair } from './protection.ts';

/**
 * What the matcher must know of one instrument's market to fill orders in it: what a taker can take, and what happens to
 * who waits. Prices in ticks, sizes in lots; a `limit` of `NO_PRICE` is no limit.
 */
export interface Liquidity {
  /**
   * `asItHappens`: an order meets the market as it stands when it arrives. `afterwards`: a stretch of time is told when it
   * is over, and an order that arrived within it waits to be told what it met.
   */
  readonly told: 'asItHappens' | 'afterwards';
  /** Whether an order can be filled honestly right now. */
  readonly live: boolean;
  /** A price for margin where no mark price is known, possibly half a tick; `NO_PRICE` when there is none. */
  readonly reference: number;
  /** The market moved: called once for every event, before anything is filled by it. */
  observe(event: MarketEvent): void;
  /** Told afterwards: whether the event tells of a stretch of the market, and when that began. */
  tells(event: MarketEvent): boolean;
  beginOf(event: MarketEvent): Us;
  /** The best price that a taker on this side meets; `NO_PRICE` when there is none. */
  touch(taker: Side): number;
  /** All that a taker could take within its limit. */
  available(taker: Side, limit: number): number;
  /**
   * Takes up to `size` within `limit`, best price first. `noBetterThan` (`NO_PRICE` = none) is the price of what set the
   * order off: a market seen before that must not give a better one.
   */
  walk(taker: Side, limit: number, size: number, noBetterThan: number, take: Take): void;
  /** An order comes to rest: it is given its place among those who wait. */
  join(order: PaperOrder): void;
  /**
   * What the event, already observed, does to a resting order: moves it in its queue, and says what fills of it. To be asked
   * for one order after the other as price and time have it: what fills the first is not there for the second.
   */
  reach(order: PaperOrder, event: MarketEvent): Reached | null;
  /**
   * Which of a pair the event, already observed, sets off on a long (or short) position. `rested`: a waiting order of ours
   * filled within the same stretch, so what came before that is not known to be after it.
   */
  strike(pair: StandingPair, long: boolean, event: MarketEvent, rested: boolean): Strike | null;
  /** Told afterwards: what arrives from now on arrived well within the stretch, and did not meet its beginning. */
  late(): void;
  /** Told afterwards: the worst price for a long (or short) position in the stretch; `NO_PRICE` otherwise. */
  worst(long: boolean): number;
}

/** One piece of what a taker takes. `why` says where it came from. */
export type Take = (price: number, size: number, why: string) => void;

/** A take profit or stop loss was set off at `price`, by what. */
export interface Strike {
  readonly hit: 'takeProfit' | 'stopLoss';
  readonly price: number;
  readonly by: string;
}

/** So much of a resting order fills, at its own price. */
export interface Reached {
  readonly size: number;
  readonly why: string;
}
