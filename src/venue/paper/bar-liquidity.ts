import { NO_PRICE } from '../../core/book/ladder.ts';
import { type CandleEvent, EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import { assumedBid, assumedSpread } from '../../core/quote.ts';
import { type Side, type Us, us } from '../../core/units.ts';
import type { Liquidity, Reached, Strike, Take } from './liquidity.ts';
import type { PaperOrder } from './order.ts';
import { hitBy, type StandingPair } from './protection.ts';

export interface BarConfig {
  /** What is traded against: candles of `barMs`, or each trade as a bar of its own. */
  readonly of: 'candles' | 'trades';
  /** Length of a candle, ms. Not used for trades. */
  readonly barMs: number;
  /** The whole spread around every price, basis points; at least one tick, or none for 0. */
  readonly spreadBp: number;
  /** Share of a bar's volume that our order may take at the bar's price, 0…1; what is more pays the bar's worst price. */
  readonly volumeShareMax: number;
  /**
   * Which of two extremes came first where both would matter: `pessimistic`, the one against us; `nearest`, the one nearer
   * to the open.
   */
  readonly intrabar: 'pessimistic' | 'nearest';
}

/**
 * The market where only candles, or only trades, are known. A bar is known when it is over, so orders that arrived within
 * it meet what it began with:
 *
 * - The path within a bar is not known. A market order fills at the open, the spread against us. Of stop and target the
 *   stop comes first when the bar reached both. A stop that the open is already beyond fills at the open.
 * - What is larger than `volumeShareMax` of the bar's volume pays the bar's worst price for the rest; it can be less than
 *   a real book would give, or more.
 * - A resting order fills when the price went *through* it, never on a mere touch, and never more than the share. Fills
 *   too late rather than too early, and not at all where a queue would just have sufficed.
 * - In a bar without volume nothing fills: orders wait (the exchange was down, or nobody traded).
 * - What happens within a candle is stamped half-way through it.
 */
export class BarLiquidity implements Liquidity {
  readonly told = 'afterwards';
  private readonly config: BarConfig;
  private open = NO_PRICE;
  private high = NO_PRICE;
  private low = NO_PRICE;
  private close = NO_PRICE;
  private volume = 0;
  /** What is left of the share of this bar's volume. */
  private share = 0;

  constructor(config: BarConfig) {
    this.config = config;
  }

  get live(): boolean {
    return this.volume > 0;
  }

  get reference(): number {
    return this.close;
  }

  tells(event: MarketEvent): boolean {
    return this.config.of === 'candles'
      ? event.kind === EventKind.candle && event.closed
      : event.kind === EventKind.trade;
  }

  beginOf(event: MarketEvent): Us {
    return this.config.of === 'candles' ? us(event.at - this.config.barMs * 1000) : event.at;
  }

  observe(event: MarketEvent): void {
    if (!this.tells(event)) return;
    if (event.kind === EventKind.candle) this.take(event);
    else this.takeTrade(event as TradeEvent);
    this.share = Math.floor(this.volume * this.config.volumeShareMax);
  }

  touch(taker: Side): number {
    return this.around(this.open, taker);
  }

  available(taker: Side, limit: number): number {
    if (beyond(taker, this.touch(taker), limit)) return 0;
    const worst = this.around(taker === 'buy' ? this.high : this.low, taker);
    return beyond(taker, worst, limit) ? this.share : Number.MAX_SAFE_INTEGER;
  }

  walk(taker: Side, limit: number, size: number, noBetterThan: number, take: Take): void {
    const base = noBetterThan === NO_PRICE ? this.open : noBetterThan;
    const price = this.around(base, taker);
    if (beyond(taker, price, limit)) return;
    const first = Math.min(size, this.share);
    const what = this.config.of === 'candles' ? 'bar' : 'trade';
    if (first > 0) {
      this.share -= first;
      take(price, first, `at the ${what}’s price and half the assumed spread`);
    }
    if (first === size) return;
    const worst = this.around(taker === 'buy' ? this.high : this.low, taker);
    if (beyond(taker, worst, limit)) return;
    take(
      worst,
      size - first,
      `at the ${what}’s worst price: more than ${this.config.volumeShareMax * 100} % of its volume`,
    );
  }

  join(): void {
    // no queue is seen
  }

  reach({ place, filled }: PaperOrder): Reached | null {
    const through = place.side === 'buy' ? this.low < place.price : this.high > place.price;
    const size = Math.min(place.size - filled, this.share);
    if (!through || size <= 0) return null;
    this.share -= size;
    return { size, why: 'the bar went through our price' };
  }

  strike(pair: StandingPair, long: boolean): Strike | null {
    const atOpen = hitBy(pair, long, this.open);
    if (atOpen !== null) return { hit: atOpen, price: this.open, by: 'the open' };
    const stop = hitBy(pair, long, long ? this.low : this.high) === 'stopLoss';
    const target = hitBy(pair, long, long ? this.high : this.low) === 'takeProfit';
    if (!stop && !target) return null;
    if (stop && !(target && this.targetFirst(long)))
      return { hit: 'stopLoss', price: pair.stopLoss, by: long ? 'the bar’s low' : 'the bar’s high' };
    return { hit: 'takeProfit', price: pair.takeProfit, by: long ? 'the bar’s high' : 'the bar’s low' };
  }

  /** Every price and size that the last bar could have filled, in ticks and lots. */
  get allowed(): { readonly low: number; readonly high: number; readonly volume: number } {
    return { low: this.around(this.low, 'sell'), high: this.around(this.high, 'buy'), volume: this.volume };
  }

  worst(long: boolean): number {
    return long ? this.low : this.high;
  }

  private targetFirst(long: boolean): boolean {
    if (this.config.intrabar === 'pessimistic') return false;
    const up = this.high - this.open;
    const down = this.open - this.low;
    return long ? up < down : down < up;
  }

  private take(candle: CandleEvent): void {
    this.open = candle.open;
    this.high = candle.high;
    this.low = candle.low;
    this.close = candle.close;
    this.volume = candle.volume;
  }

  private takeTrade(trade: TradeEvent): void {
    this.open = trade.price;
    this.high = trade.price;
    this.low = trade.price;
    this.close = trade.price;
    this.volume = trade.size;
  }

  /** What a taker pays where `price` was traded. */
  private around(price: number, taker: Side): number {
    if (price === NO_PRICE) return NO_PRICE;
    const bid = assumedBid(price, this.config.spreadBp);
    return taker === 'buy' ? bid + assumedSpread(price, this.config.spreadBp) : bid;
  }
}

function beyond(taker: Side, price: number, limit: number): boolean {
  return limit !== NO_PRICE && (taker === 'buy' ? price > limit : price < limit);
}
