import { ASK, BID, type BookSide } from '../book/frame.ts';
import { NO_PRICE } from '../book/ladder.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';
import type { Detector } from './detector.ts';
import { DecayingMoments, DecayingSum } from './measures/decay.ts';
import { RollingSlope } from './measures/slope.ts';
import { touchFlow } from './measures/touch-flow.ts';
import { VolumeBuckets } from './measures/volume-buckets.ts';

export interface ImpactConfig {
  /** Over how long flow and move are added up for one pair of the regressions, ms. */
  readonly barMs: number;
  /** Pairs in the regressions. */
  readonly bars: number;
  /** Half-life of the flow that the score speaks of, of usual depth and of usual volume, ms. */
  readonly halfLifeMs: number;
  /** Buckets in VPIN's mean. */
  readonly buckets: number;
  /** Mean traded volume of how many seconds makes one bucket. */
  readonly bucketSeconds: number;
}

/** Sizes whose cost is shown, in multiples of the usual queue at the touch. */
const SHOWN_SIZES = [1, 5, 20] as const;

/**
 * Price impact (row B7): what trading costs now, and what trading does to the price.
 *
 * - cost of a market order of Q lots: mean fill price against the mid, walking the book as it stands, in bp. Bounded by what
 *   is visible: a larger order costs Infinity.
 * - Kyle's lambda, ticks per lot: slope of the mid's move on signed taker volume (bought − sold) over bars of `barMs`, with a
 *   95 % interval that large trades do not fool (`measures/slope.ts`). Source: Kyle, "Continuous Auctions and Insider Trading",
 *   Econometrica 53(6), 1985; ours is the regression in common use, not his equilibrium.
 * - impact of order flow imbalance, ticks per lot: the same with OFI at the touch (`measures/touch-flow.ts`), and R² of both.
 * - flow toxicity: VPIN from true taker sides (`measures/volume-buckets.ts`, with its caveat), beside the two that explain it: realised
 *   volatility (root mean square move of a bar, bp) and traded volume (lots a second).
 *
 * Score: how far the flow of late should have moved the price, lambda · Σ signed volume (forgetting) in deviations of the price
 * over that time, squashed; it explains the present more than the future. Likelihood: how far lambda is from 0 in its own
 * interval, 0 where the interval holds 0.
 */
export class Impact implements Detector {
  readonly name = 'price impact';
  score = 0;
  likelihood = 0;
  /** Ticks per lot. */
  readonly lambda: RollingSlope;
  private readonly flowSlope: RollingSlope;
  /** Bars came since it was fitted. */
  private flowIsStale = false;
  private readonly book: OrderBook;
  private readonly barUs: number;
  private readonly barsInMemory: number;
  private readonly bucketSeconds: number;
  private readonly buckets: VolumeBuckets;
  private readonly flow: DecayingSum;
  private readonly volume: DecayingSum;
  private readonly touchDepth: DecayingMoments;
  private readonly squareMoves: DecayingMoments;
  private readonly rate: number;
  private barEnds = 0;
  private barMid = 0;
  private barVolume = 0;
  private barFlow = 0;
  private volumePerSecond = 0;
  private deviationTicks = 0;

  constructor(config: ImpactConfig, book: OrderBook) {
    this.book = book;
    this.barUs = config.barMs * 1000;
    this.lambda = new RollingSlope(config.bars);
    this.flowSlope = new RollingSlope(config.bars);
    const halfLifeUs = config.halfLifeMs * 1000;
    this.barsInMemory = halfLifeUs / Math.LN2 / this.barUs;
    this.rate = Math.LN2 / (config.halfLifeMs / 1000);
    this.bucketSeconds = config.bucketSeconds;
    this.buckets = new VolumeBuckets(config.buckets);
    this.flow = new DecayingSum(halfLifeUs);
    this.volume = new DecayingSum(halfLifeUs);
    this.touchDepth = new DecayingMoments(halfLifeUs);
    this.squareMoves = new DecayingMoments(halfLifeUs * 6);
  }

  onTrade(event: TradeEvent): void {
    const bought = event.side === 'buy';
    const signed = bought ? event.size : -event.size;
    this.flow.add(signed, event.at);
    this.volume.add(event.size, event.at);
    this.barVolume += signed;
    this.buckets.add(bought, event.size, this.usualVolume(event.at) * this.bucketSeconds);
  }

  onBook(at: Us): void {
    const { book } = this;
    if (!book.twoSided) return;
    this.touchDepth.set((book.bids.sizeAt(book.bestBid) + book.asks.sizeAt(book.bestAsk)) / 2, at);
    this.barFlow += touchFlow(book);
    if (at < this.barEnds) return;
    const { mid } = book;
    // a bar that nobody saw the end of says nothing
    if (this.barEnds > 0 && at < this.barEnds + this.barUs) {
      const move = mid - this.barMid;
      this.lambda.add(this.barVolume, move);
      this.lambda.fit();
      this.flowSlope.add(this.barFlow, move);
      this.flowIsStale = true;
      this.squareMoves.set(move * move, at);
    }
    this.barMid = mid;
    this.barVolume = 0;
    this.barFlow = 0;
    this.barEnds = (Math.floor(at / this.barUs) + 1) * this.barUs;
  }

  reading(now: Us): this {
    const { lambda } = this;
    this.touchDepth.advance(now);
    this.squareMoves.advance(now);
    this.volumePerSecond = this.usualVolume(now);
    this.deviationTicks = Math.sqrt(this.squareMoves.mean);
    const usual = this.deviationTicks * Math.sqrt(this.barsInMemory);
    this.score = usual > 0 ? Math.tanh((lambda.slope * this.flow.valueAt(now)) / usual) : 0;
    this.likelihood = lambda.slope > 0 ? Math.max(0, 1 - lambda.halfWidth / lambda.slope) : 0;
    return this;
  }

  /**
   * What a market order of `size` lots pays against the mid now, basis points of the mid; Infinity where the visible book does
   * not hold as much or has one side only.
   */
  costBp(taker: 'buy' | 'sell', size: number): number {
    const { book } = this;
    if (!book.twoSided) return Number.POSITIVE_INFINITY;
    const side: BookSide = taker === 'buy' ? ASK : BID;
    const ladder = book.ladder(side);
    const { mid } = book;
    let left = size;
    let paid = 0;
    for (let price: number = ladder.best; left > 0 && price !== NO_PRICE; price = ladder.next(price)) {
      const taken = Math.min(left, ladder.sizeAt(price));
      paid += taken * Math.abs(price - mid);
      left -= taken;
    }
    return left > 0 ? Number.POSITIVE_INFINITY : (paid / size / mid) * 10_000;
  }

  /** Ticks per lot; no score depends on it, so it is fitted when somebody looks. */
  get flowImpact(): RollingSlope {
    if (this.flowIsStale) {
      this.flowSlope.fit();
      this.flowIsStale = false;
    }
    return this.flowSlope;
  }

  /** Lots that usually stand at the touch of one side; 0 while not known. */
  get usualTouchDepth(): number {
    return this.touchDepth.mean;
  }

  /** 0…1. */
  get vpin(): number {
    return this.buckets.value;
  }

  /** Root mean square of the mid's move in a bar, ticks. */
  get barDeviationTicks(): number {
    return this.deviationTicks;
  }

  /** Lots a second. */
  get volumeRate(): number {
    return this.volumePerSecond;
  }

  /** What is not known yet, or cannot be had at any price, has no figure. */
  figures(): Record<string, number> {
    const { lambda, flowImpact, book } = this;
    const all: [string, number][] = [
      ['lambdaTicksPerLot', lambda.slope],
      ['lambdaHalfWidthTicksPerLot', lambda.halfWidth],
      ['lambdaR2', lambda.explained],
      ['flowImpactTicksPerLot', flowImpact.slope],
      ['flowImpactHalfWidthTicksPerLot', flowImpact.halfWidth],
      ['flowImpactR2', flowImpact.explained],
      ['vpin', this.buckets.value],
      ['volumeLotsPerSecond', this.volumePerSecond],
      ['barDeviationTicks', this.deviationTicks],
      ['usualTouchLots', this.touchDepth.mean],
    ];
    if (book.twoSided && this.touchDepth.mean > 0)
      for (const multiple of SHOWN_SIZES) {
        const size = multiple * this.touchDepth.mean;
        all.push([`buyCost${multiple}TouchesBp`, this.costBp('buy', size)]);
        all.push([`sellCost${multiple}TouchesBp`, this.costBp('sell', size)]);
      }
    return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)));
  }

  evidence(): string {
    const { lambda, touchDepth, book } = this;
    if (!book.twoSided || !Number.isFinite(lambda.halfWidth))
      return 'too few bars yet to say what flow does to the price';
    const queue = touchDepth.mean;
    const push = lambda.slope * queue;
    const known = lambda.slope > lambda.halfWidth ? '' : ' (interval holds 0: not told apart from no impact)';
    return `buying one usual queue moves the mid ${push.toFixed(2)} ± ${(lambda.halfWidth * queue).toFixed(2)} ticks${known}, flow explains ${(lambda.explained * 100).toFixed(0)} % of the moves; five queues cost ${this.costBp('buy', 5 * queue).toFixed(2)} bp; VPIN ${this.buckets.value.toFixed(2)}`;
  }

  reset(): void {
    this.lambda.reset();
    this.flowSlope.reset();
    this.flowIsStale = false;
    this.buckets.reset();
    this.flow.reset();
    this.volume.reset();
    this.touchDepth.reset();
    this.squareMoves.reset();
    this.barEnds = 0;
    this.barMid = 0;
    this.barVolume = 0;
    this.barFlow = 0;
    this.volumePerSecond = 0;
    this.deviationTicks = 0;
    this.score = 0;
    this.likelihood = 0;
  }

  /** Lots a second of late: what is not forgotten, by how much of the memory is filled. */
  private usualVolume(at: Us): number {
    const { filled } = this.touchDepth;
    return filled > 0 ? (this.volume.valueAt(at) * this.rate) / filled : 0;
  }
}
