import { ASK, BID, type BookSide } from '../book/frame.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';
import type { Detector } from './detector.ts';
import { NO_SUSPICION, type Suspicion } from './finding.ts';
import { DecayingMoments } from './measures/decay.ts';
import { Microprice } from './measures/microprice.ts';

export interface MicrostructureConfig {
  /** Half-life of the spread's mean and deviation, ms. */
  readonly halfLifeMs: number;
  /** Levels a side in the depth imbalance; level k weighs 1/k. */
  readonly levels: number;
}

/** A touch that is wholly suspected still is the touch. */
const SUSPECTED_MOST = 0.99;
/** Variance of what rounding to whole ticks hides, ticks². */
const GRID_VARIANCE = 1 / 12;

/**
 * Microstructure (row B5): what the book alone says about the next tick.
 *
 * - spread, in ticks, with its time-weighted mean and deviation (both forgetting), and `spreadZ`, its distance from
 *   the mean in deviations, the tick grid's own 1/√12 included: a spread that has stood at one tick for an hour has no
 *   deviation at all, and two ticks are still not infinitely unusual;
 * - depth imbalance, −1…1: (bids − asks) / (bids + asks) over the best levels, level k weighing 1/k; positive = more
 *   resting buyers;
 * - tilt, −1…1: (bidSize − askSize) / (bidSize + askSize) of the queues at the touch: how far the mid weighted by the
 *   opposite queue lies from the mid, in half spreads;
 * - microprice, in ticks: the mid plus what it is expected to move from here, estimated from this market's own transitions
 *   (`measures/microprice.ts`, Stoikov 2018); the weighted mid until it has seen enough of them.
 *
 * What is suspected of being spoofed counts neither in the imbalance nor in the tilt nor in the microprice's state.
 *
 * Score: the mean of depth imbalance and tilt. It is right about the sign of the very next mid change (about 0.85 on
 * real captures) and mechanical: not tradable by itself. Likelihood falls when the spread is unusually wide.
 */
export class Microstructure implements Detector {
  readonly name = 'microstructure';
  score = 0;
  likelihood = 0;
  depthImbalance = 0;
  microTilt = 0;
  /** Fractional ticks. */
  microprice = 0;
  spreadZ = 0;
  private readonly book: OrderBook;
  private readonly levels: number;
  private readonly suspicion: Suspicion;
  private readonly estimate = new Microprice();
  private readonly spread: DecayingMoments;
  private spreadNow = 0;

  constructor(config: MicrostructureConfig, book: OrderBook, suspicion: Suspicion = NO_SUSPICION) {
    this.book = book;
    this.suspicion = suspicion;
    this.levels = config.levels;
    this.spread = new DecayingMoments(config.halfLifeMs * 1000);
  }

  onTrade(_event: TradeEvent): void {
    // reads the book alone
  }

  onBook(at: Us): void {
    const { book } = this;
    if (!book.twoSided) {
      this.estimate.interrupt();
      return;
    }
    this.spread.set(book.spread, at);
    this.estimate.observe(this.believed(BID), this.believed(ASK), book.spread, book.mid);
  }

  reading(now: Us): this {
    const { book } = this;
    if (!book.twoSided) {
      this.score = 0;
      this.likelihood = 0;
      return this;
    }
    this.spread.advance(now);
    this.spreadNow = book.spread;
    const { mean, deviation } = this.spread;
    this.spreadZ = (this.spreadNow - mean) / Math.sqrt(deviation * deviation + GRID_VARIANCE);

    const bids = this.weightedDepth(BID);
    const asks = this.weightedDepth(ASK);
    this.depthImbalance = (bids - asks) / (bids + asks);

    const bidSize = this.believed(BID);
    const askSize = this.believed(ASK);
    this.microTilt = (bidSize - askSize) / (bidSize + askSize);
    const { estimate } = this;
    this.microprice =
      book.mid +
      (estimate.ready
        ? estimate.adjustment(bidSize, askSize, book.spread)
        : (this.microTilt * book.spread) / 2);

    this.score = (this.depthImbalance + this.microTilt) / 2;
    const wide = Math.max(0, this.spreadZ - 1);
    this.likelihood = this.spread.filled / (1 + wide);
    return this;
  }

  /** The microprice is an estimate of this market's own, not yet merely the weighted mid. */
  get estimated(): boolean {
    return this.estimate.ready;
  }

  figures(): Record<string, number> {
    return {
      spreadTicks: this.spreadNow,
      spreadMeanTicks: this.spread.mean,
      spreadDeviationTicks: this.spread.deviation,
      spreadZ: this.spreadZ,
      depthImbalance: this.depthImbalance,
      microTilt: this.microTilt,
      micropriceTicks: this.microprice,
      micropriceEstimated: this.estimate.ready ? 1 : 0,
    };
  }

  evidence(): string {
    const lean = this.depthImbalance >= 0 ? 'bids' : 'asks';
    const wide = this.spreadZ > 2 ? `, spread unusually wide (${this.spreadZ.toFixed(1)} σ)` : '';
    const off = this.book.twoSided ? this.microprice - this.book.mid : 0;
    const source = this.estimate.ready ? '' : ' (weighted mid: too few moves seen for an estimate)';
    return `${lean} outweigh by ${Math.abs(this.depthImbalance * 100).toFixed(0)} %, microprice ${Math.abs(off).toFixed(2)} ticks ${off >= 0 ? 'above' : 'below'} the mid${source}${wide}`;
  }

  reset(): void {
    this.spread.reset();
    this.estimate.reset();
    this.spreadNow = 0;
    this.spreadZ = 0;
    this.depthImbalance = 0;
    this.microTilt = 0;
    this.microprice = 0;
    this.score = 0;
    this.likelihood = 0;
  }

  private weightedDepth(side: typeof BID | typeof ASK): number {
    const ladder = this.book.ladder(side);
    const levels = ladder.top(this.levels);
    const { topPrices, topSizes } = ladder;
    const { any } = this.suspicion;
    let total = 0;
    for (let i = 0; i < levels; i++)
      total += (any ? this.meant(side, topPrices[i]!, topSizes[i]!) : topSizes[i]!) / (i + 1);
    return total;
  }

  /** Lots at the touch, less what is suspected; never wholly nothing, for something does stand there. */
  private believed(side: BookSide): number {
    const ladder = this.book.ladder(side);
    const { best } = ladder;
    const size = ladder.sizeAt(best);
    return this.suspicion.any ? this.meant(side, best, size) : size;
  }

  private meant(side: BookSide, price: number, size: number): number {
    return size * (1 - Math.min(SUSPECTED_MOST, this.suspicion.at(side, price)));
  }
}
