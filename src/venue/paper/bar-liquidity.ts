import { NO_PRICE } from '../../core/book/ladder.ts';
import { type CandleEvent, EventKind, type MarketEvent, type TradeEvent } from '../../core/events.ts';
import { assumedBid, assumedSpread } from '../../core/quote.ts';
import { type Ms, type Side, type Us, us } from '../../core/units.ts';
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
  /** Share of a candle's volume that our order may take at its price, 0…1; what is more pays the candle's worst price. */
  readonly volumeShareMax: number;
  /**
   * Which of two extremes came first where both would matter: `pessimistic`, the one against us; `nearest`, the one nearer
   * to the open.
   */
  readonly intrabar: 'pessimistic' | 'nearest';
}

/** Prices and size that a bar could have filled: ticks and lots; when it was, µs. */
export interface Allowed {
  readonly begin: number;
  readonly end: number;
  readonly low: number;
  readonly high: number;
  readonly volume: number;
}

/** Fills are heard of within seconds: so many bars with fills lie between never. */
const MET_KEPT = 1024;

/**
 * The market where only candles, or only trades, are known. A bar is known when it is over, so orders that arrived within
 * it meet what it began with:
 *
 * - The path within a bar is not known. A market order that arrives in its first twentieth fills at the open, the spread
 *   against us; one that arrives later at the worse of open and close. Of stop and target the stop comes first when the bar
 *   reached both. A stop that the open is already beyond fills at the open.
 * - A stop and target that come, or are moved, after the first twentieth have part of the bar still before them: the whole move
 *   against us is taken to be in it, and of the move for us only where the close is. By `nearest` they come between the two
 *   extremes: the one farther from the open is before them, and the close.
 * - What is larger than `volumeShareMax` of a candle's volume pays the candle's worst price for the rest; it can be less than
 *   a real book would give, or more. A trade fills no more than was traded: the rest of an entry is not had, the rest of an
 *   exit is sent again by the engine.
 * - A resting order fills when the price went *through* it, never on a mere touch, and never more than the share. Fills
 *   too late rather than too early, and not at all where a queue would just have sufficed. In the bar of such a fill the
 *   stop may go off, the target only where the close is beyond it: the rest may have been before.
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
  /** Whether an order meets the bar's beginning, or some moment within it. */
  private isLate = false;
  private begin = 0;
  private end = 0;
  /** The bars that something filled in, the newest last. */
  private met: Allowed[] = [];

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
    this.begin = this.beginOf(event);
    this.end = event.at;
    this.isLate = false;
    if (event.kind === EventKind.candle) this.take(event);
    else this.takeTrade(event as TradeEvent);
    this.share =
      this.config.of === 'trades' ? this.volume : Math.floor(this.volume * this.config.volumeShareMax);
  }

  touch(taker: Side): number {
    return this.around(this.base(taker), taker);
  }

  available(taker: Side, limit: number): number {
    if (beyond(taker, this.touch(taker), limit)) return 0;
    if (this.config.of === 'trades') return this.share;
    const worst = this.around(taker === 'buy' ? this.high : this.low, taker);
    return beyond(taker, worst, limit) ? this.share : Number.MAX_SAFE_INTEGER;
  }

  walk(taker: Side, limit: number, size: number, noBetterThan: number, take: Take): void {
    const base = noBetterThan === NO_PRICE ? this.base(taker) : noBetterThan;
    const price = this.around(base, taker);
    if (beyond(taker, price, limit)) return;
    const first = Math.min(size, this.share);
    const what = this.config.of === 'candles' ? 'bar' : 'trade';
    if (first > 0) {
      this.share -= first;
      this.remember();
      take(price, first, `at the ${what}’s price and half the assumed spread`);
    }
    // a trade has no other price than its own, and nobody sold more than was bought
    if (first === size || this.config.of === 'trades') return;
    const worst = this.around(taker === 'buy' ? this.high : this.low, taker);
    if (beyond(taker, worst, limit)) return;
    this.remember();
    take(
      worst,
      size - first,
      `at the bar’s worst price: more than ${this.config.volumeShareMax * 100} % of its volume`,
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
    this.remember();
    return { size, why: 'the bar went through our price' };
  }

  strike(pair: StandingPair, long: boolean, _event: MarketEvent, rested: boolean): Strike | null {
    if (this.isLate) return this.strikeLate(pair, long, rested);
    const atOpen = hitBy(pair, long, this.open);
    if (atOpen !== null && !(rested && atOpen === 'takeProfit'))
      return { hit: atOpen, price: this.open, by: 'the open' };
    const stop = hitBy(pair, long, long ? this.low : this.high) === 'stopLoss';
    // a high before the fill is no profit: then only a close beyond the target is known to have come after it
    const reached = rested ? this.close : long ? this.high : this.low;
    const target = hitBy(pair, long, reached) === 'takeProfit';
    if (!stop && !target) return null;
    if (stop && !(target && !rested && this.targetFirst(long)))
      return { hit: 'stopLoss', price: pair.stopLoss, by: long ? 'the bar’s low' : 'the bar’s high' };
    return { hit: 'takeProfit', price: pair.takeProfit, by: long ? 'the bar’s high' : 'the bar’s low' };
  }

  late(): void {
    this.isLate = true;
  }

  /** What could have filled at `at`, as fills are stamped: all bars of that millisecond; null when it is too long ago. */
  allowedAt(at: Ms): Omit<Allowed, 'begin' | 'end'> | null {
    const then = this.met.filter(({ begin, end }) => Math.floor(begin / 1000) <= at && at <= end / 1000);
    if (then.length === 0) return null;
    return {
      low: Math.min(...then.map(({ low }) => low)),
      high: Math.max(...then.map(({ high }) => high)),
      volume: then.reduce((sum, { volume }) => sum + volume, 0),
    };
  }

  worst(long: boolean): number {
    return long ? this.low : this.high;
  }

  /** What an order that arrives now meets: the open; well within the bar, the worse of open and close. */
  private base(taker: Side): number {
    if (!this.isLate) return this.open;
    return taker === 'buy' ? Math.max(this.open, this.close) : Math.min(this.open, this.close);
  }

  /**
   * A pair that came, or was moved, well within the bar: of what the bar still had before it only the close is known. Against
   * us everything came after it; by `nearest` it came between the two extremes.
   */
  private strikeLate(pair: StandingPair, long: boolean, rested: boolean): Strike | null {
    const met = this.base(long ? 'buy' : 'sell');
    const atOnce = hitBy(pair, long, met);
    if (atOnce !== null) return { hit: atOnce, price: met, by: 'the price that its order met' };
    const extreme = this.extremeToCome(long, rested);
    const atExtreme = hitBy(pair, long, extreme);
    const hit = atExtreme ?? hitBy(pair, long, this.close);
    if (hit === null) return null;
    const price = hit === 'stopLoss' ? pair.stopLoss : pair.takeProfit;
    const where = extreme === this.high ? 'high' : 'low';
    return { hit, price, by: atExtreme === null ? 'the bar’s close' : `the bar’s ${where}` };
  }

  /** What a late order has before it besides the close. */
  private extremeToCome(long: boolean, rested: boolean): number {
    if (this.config.intrabar === 'pessimistic' || rested) return long ? this.low : this.high;
    const up = this.high - this.open;
    const down = this.open - this.low;
    // the farther extreme comes second; of two as far the one against us
    if (long) return up > down ? this.high : this.low;
    return down > up ? this.low : this.high;
  }

  private remember(): void {
    if (this.met.at(-1)?.end === this.end && this.met.at(-1)?.volume === this.volume) return;
    this.met.push({
      begin: this.begin,
      end: this.end,
      low: this.around(this.low, 'sell'),
      high: this.around(this.high, 'buy'),
      volume: this.volume,
    });
    if (this.met.length > MET_KEPT) this.met = this.met.slice(-MET_KEPT / 2);
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
