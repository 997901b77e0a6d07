import { ASK, BID, type BookSide } from '../book/frame.ts';
import { NO_PRICE } from '../book/ladder.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import { type Us, us } from '../units.ts';
import type { Detector } from './detector.ts';
import type { Finding, FindingSink } from './finding.ts';
import { ChainPool } from './iceberg/chain-pool.ts';
import { Following, MOVED, TRADED, TRADED_ELSEWHERE } from './iceberg/following.ts';
import {
  FOLLOWING_FEATURES,
  followingFeatures,
  likelihoodOf,
  STAYING_FEATURES,
  stayingFeatures,
} from './iceberg/model.ts';
import { OrderSizes, Repeats } from './iceberg/order-sizes.ts';
import { ORDINARY, Queues, type QueueWatch } from './iceberg/queues.ts';
import { Remainder } from './iceberg/remainder.ts';
import { ALONE, QUEUED, Staying } from './iceberg/staying.ts';
import { LIFETIMES, WEIGHTS, type Weights } from './iceberg/weights.ts';

export interface IcebergConfig {
  /** Less likely ones are not told of, 0…1. */
  readonly toldFrom: number;
  /** Half-life of what a finding says about the present, ms. */
  readonly halfLifeMs: number;
}

/** What the fitting of the weights is shown at each link of a chain. Lent for the call. */
export type LinkSink = (
  pattern: 'staying' | 'following',
  chains: ChainPool,
  chain: number,
  features: Float64Array,
) => void;

/** Places traded at in one frame; trades at more are not seen. */
const TOUCHED_MAX = 64;
/** Icebergs that are in the reading at a time; a likelier one takes the place of the least likely. */
const ACTIVE_MAX = 16;
/** A likelihood is told again when it has risen by this much. */
const NEWS = 0.02;
/** A chain without a new order for so long is over, or lost, µs. */
const SILENT_US = 120_000_000;
/** Frames nearer to each other than this are not those of a feed that sends ten a second, µs. */
const FULL_GAP_US = 50_000;
/** Former best prices of a side that are remembered, a power of two. */
const REMEMBERED = 64;
/** Frames over which the feed's kind is judged. */
const FRAMES_TO_JUDGE = 100;

/**
 * Icebergs (row B4): orders that show only part of themselves. One is known by what comes back: an order at the best price is
 * traded away and another of about its size comes to its place, again and again.
 *
 * - who stands where: a queue at each price near the touch, told apart as far as frames and trades allow (`Queues`): a frame
 *   of trades T at a price that showed d0 and shows d1 has had d1 − d0 + T added; one order more is one order of that size,
 *   none more with T beyond d0 is what was refilled within the frame.
 * - chains: `staying` at a price (refilled by the exchange, or by hand) and `following` the best price (OKX's own iceberg
 *   algo). Each new link adds evidence, the logarithm of how much likelier that order is as the chain's next than as one of
 *   the ordinary ones that came since; ordinary sizes are those of this market, lately (`OrderSizes`): makers refill too.
 * - likelihood: a logistic regression over the chain's figures, none of which has a scale of price or size, fitted on
 *   simulated markets and, where orders are not counted, on icebergs laid over recordings (`weights.ts` says which).
 * - what is left: further orders by Kaplan and Meier over whole / peak (`Remainder`), times the mean of those seen, with
 *   the interval that holds four of five.
 *
 * Score: Σ ± likelihood · lots left, bids positive, over itself and the depth at the touch; each weighs half after
 * `halfLifeMs` without news. Likelihood: that of the likeliest, likewise forgotten.
 *
 * Source: Zotikov, Antonov, "CME iceberg order detection and prediction", Quantitative Finance 21(11), 2021. Theirs reads
 * messages of single orders; ours has levels, 10 or 100 ms apart. What merges within a frame of the best price's busy queue
 * is not told apart: at 100 ms icebergs are found where the market has left them or they stand nearly alone.
 */
export class Iceberg implements Detector, QueueWatch {
  readonly name = 'iceberg';
  score = 0;
  likelihood = 0;
  /** What the queues ask: whose the order is that they told of, and its full size. */
  staying = ORDINARY;
  following = ORDINARY;
  size = 0;
  private readonly config: IcebergConfig;
  private readonly book: OrderBook;
  private readonly tell: FindingSink;
  private readonly links: LinkSink | null;
  protected readonly queues = new Queues(this);
  private readonly repeats = new Repeats();
  private readonly queued = new OrderSizes(this.repeats);
  /** Of orders that stand alone at their price, and of those that queue. */
  private readonly sizes = [new OrderSizes(this.repeats, this.queued), this.queued] as const;
  private readonly stayers = new ChainPool();
  private readonly followers = new ChainPool();
  private readonly stay: Staying;
  private readonly follow: Following;
  private readonly stayingFeatures = new Float64Array(STAYING_FEATURES.length);
  private readonly followingFeatures = new Float64Array(FOLLOWING_FEATURES.length);
  private readonly remainder = new Remainder(LIFETIMES);
  private readonly finding = new Told();
  private found = 0;
  private readonly active: readonly Active[];
  /** Of likelihoods, per µs. */
  private readonly forgetting: number;
  private readonly touched = new Int32Array(TOUCHED_MAX);
  private touchedCount = 0;
  /** Of the frame's changes: those at remembered prices. */
  private watched = new Int32Array(1024);
  private watchedCount = 0;
  /** Best price of each side, ticks. */
  private readonly best = new Float64Array(2);
  /** Best prices that were, and until when. */
  private readonly bestWas = new Float64Array(2 * REMEMBERED);
  private readonly bestUntil = new Float64Array(2 * REMEMBERED);
  private readonly moves = new Int32Array(2);
  private counted = true;
  private now: Us = us(0);
  /** Share of the latest frames that came sooner than ten a second would. */
  private full = 0;
  private weights: Weights = WEIGHTS.frames;
  /** Lots at the touch, mean of both sides. */
  private depth = 0;

  constructor(config: IcebergConfig, book: OrderBook, tell: FindingSink, links: LinkSink | null = null) {
    this.config = config;
    this.book = book;
    this.tell = tell;
    this.links = links;
    this.stay = new Staying(this.stayers, this.queues.price, this.sizes, (side, price) =>
      this.openSince(side, price),
    );
    this.follow = new Following(this.followers, this.sizes[QUEUED]);
    this.forgetting = Math.LN2 / (config.halfLifeMs * 1000);
    this.active = Array.from({ length: ACTIVE_MAX }, () => new Active(this.stayers));
  }

  onTrade(event: TradeEvent): void {
    const { queues } = this;
    const place = queues.find(event.side === 'buy' ? ASK : BID, event.price);
    if (place < 0) return;
    if (queues.tradedAt(place) === 0) {
      if (this.touchedCount === TOUCHED_MAX) return;
      this.touched[this.touchedCount++] = place;
    }
    queues.trade(place, event.size);
    this.stay.traded(place, event.size, event.at);
  }

  onBook(at: Us): void {
    const { book, best } = this;
    const lastBid = best[BID]!;
    const lastAsk = best[ASK]!;
    this.judgeFeed(at);
    this.now = at;
    best[BID] = book.bestBid;
    best[ASK] = book.bestAsk;
    if (best[BID] !== lastBid) this.remember(BID, lastBid, at);
    if (best[ASK] !== lastAsk) this.remember(ASK, lastAsk, at);
    if (book.changes.snapshot) {
      this.forget();
      this.counted = book.bids.ordersAt(book.bestBid) > 0;
      this.stay.counted = this.counted;
      this.follow.counted = this.counted;
    } else {
      // what goes is taken first: an order gone from one price may be the one that comes at another
      this.takeLosses();
      this.takeTrades();
      this.leave(BID, lastBid);
      this.leave(ASK, lastAsk);
      this.takeGains();
    }
    this.watchBest(BID);
    this.watchBest(ASK);
    // one side's orders are no news to the other's before the next frame, or the mirrored market would read otherwise
    this.sizes[ALONE].settle();
    this.sizes[QUEUED].settle();
    this.depth = book.twoSided ? (book.bids.sizeAt(book.bestBid) + book.asks.sizeAt(book.bestAsk)) / 2 : 0;
  }

  consumed(place: number, size: number, staying: number, following: number): void {
    this.stay.consumed(place, size, staying, this.now);
    this.follow.gone(this.queues.sideOf(place), this.queues.price[place]!, size, following, TRADED, this.now);
  }

  withdrawn(place: number, size: number, following: number): void {
    this.follow.gone(this.queues.sideOf(place), this.queues.price[place]!, size, following, MOVED, this.now);
  }

  arrived(place: number, size: number, alone: boolean, seen: boolean, traded: boolean): void {
    const side = this.queues.sideOf(place);
    const price = this.queues.price[place]!;
    const atBest = price === this.best[side];
    this.staying = this.stay.arrived(place, size, alone, traded, this.now);
    this.following = seen && atBest ? this.follow.arrived(side, price, size, this.now) : ORDINARY;
    this.sizes[alone ? ALONE : QUEUED].observe(size);
    if (this.staying > 0) this.judgeStaying(this.stayers.find(this.staying));
    if (this.following > 0) this.judgeFollowing(this.followers.find(this.following));
  }

  turnedOver(place: number, added: number, left: number): void {
    this.staying = this.stay.turnedOver(place, added, left, this.now);
    this.size = this.stay.lastSize;
    if (this.staying > 0) this.judgeStaying(this.stayers.find(this.staying));
  }

  reading(now: Us): this {
    let balance = 0;
    let likelihood = 0;
    for (const one of this.active) {
      if (one.serial === 0) continue;
      const age = now - one.chains.at[one.chain]!;
      const known = one.chains.serialOf(one.chain) === one.serial;
      if (!known || age > SILENT_US) {
        if (known)
          this.remainder.observe(
            one.chains.orders[one.chain]!,
            one.chains.standing[one.chain] === 0,
            one.told,
          );
        one.serial = 0;
        continue;
      }
      one.likelihood = one.told * Math.exp(-Math.max(0, age) * this.forgetting);
      balance += (one.side === BID ? one.likelihood : -one.likelihood) * one.left;
      if (one.likelihood > likelihood) likelihood = one.likelihood;
    }
    this.score = balance === 0 ? 0 : balance / (Math.abs(balance) + this.depth);
    this.likelihood = likelihood;
    return this;
  }

  figures(): Record<string, number> {
    const likeliest = this.likeliest();
    return {
      suspected: this.active.filter(({ serial }) => serial > 0).length,
      side: likeliest === null ? 0 : likeliest.side === BID ? 1 : -1,
      priceTicks: likeliest?.price ?? 0,
      peakLots: likeliest?.peak ?? 0,
      orders: likeliest?.orders ?? 0,
      remainingLots: likeliest?.left ?? 0,
      remainingLotsLow: likeliest?.leftLow ?? 0,
      remainingLotsHigh: likeliest?.leftHigh ?? 0,
    };
  }

  evidence(): string {
    const one = this.likeliest();
    if (one === null) return 'no order comes back';
    const lots = (value: number): string => value.toFixed(0);
    return `${one.side === BID ? 'a bid' : 'an ask'} came back ${one.orders - 1} times with about ${lots(one.peak)} lots${one.follows ? ', following the market' : ''}; about ${lots(one.left)} lots not shown yet (four of five: ${lots(one.leftLow)} to ${lots(one.leftHigh)})`;
  }

  reset(): void {
    this.forget();
    this.best.fill(0);
    this.full = 0;
    this.depth = 0;
    this.score = 0;
    this.likelihood = 0;
    this.remainder.reset();
  }

  private forget(): void {
    this.queues.reset();
    this.stay.reset();
    this.follow.reset();
    this.stayers.reset();
    this.followers.reset();
    this.repeats.reset();
    for (const sizes of this.sizes) sizes.reset();
    for (const one of this.active) one.serial = 0;
    this.touchedCount = 0;
    this.bestWas.fill(NO_PRICE);
  }

  /** What goes from prices that are remembered; notes what changed at them. */
  private takeLosses(): void {
    const { queues, book, counted } = this;
    const { changes } = book;
    const { oldSize, newSize, newOrders, count } = changes;
    if (count > this.watched.length) this.watched = new Int32Array(2 * count);
    const { watched } = this;
    const watchedCount = queues.sift(changes, watched);
    this.watchedCount = watchedCount;
    for (let n = 0; n < watchedCount; n++) {
      const i = watched[n]!;
      const place = queues.find(changes.side[i] as BookSide, changes.price[i]!);
      if (newSize[i]! < oldSize[i]! || queues.tradedAt(place) > 0)
        queues.update(place, newSize[i]!, newOrders[i]!, counted);
    }
  }

  /** Prices that traded and show the same as before. */
  private takeTrades(): void {
    const { queues, book } = this;
    for (let i = 0; i < this.touchedCount; i++) {
      const place = this.touched[i]!;
      if (queues.tradedAt(place) === 0) continue;
      const ladder = book.ladder(queues.sideOf(place));
      const price = queues.price[place]!;
      queues.update(place, ladder.sizeAt(price), ladder.ordersAt(price), this.counted);
    }
    this.touchedCount = 0;
  }

  private takeGains(): void {
    const { queues, book, watched } = this;
    const { changes } = book;
    for (let n = 0; n < this.watchedCount; n++) {
      const i = watched[n]!;
      const place = queues.find(changes.side[i] as BookSide, changes.price[i]!);
      if (queues.shownAt(place) !== changes.newSize[i])
        queues.update(place, changes.newSize[i]!, changes.newOrders[i]!, this.counted);
    }
    this.repeats.observeComers(changes, this.counted);
  }

  private leave(side: BookSide, price: number): void {
    if (price === NO_PRICE || price === this.best[side]) return;
    const place = this.queues.find(side, price);
    if (place >= 0) this.queues.leaveBehind(place);
  }

  /** The best price is remembered from now on, as it was before this frame where that is known. */
  private watchBest(side: BookSide): void {
    const { book, queues } = this;
    const best = this.best[side]!;
    if (best === NO_PRICE || queues.find(side, best) >= 0) return;
    const { changes } = book;
    const ladder = book.ladder(side);
    const size = ladder.sizeAt(best);
    const orders = ladder.ordersAt(best);
    if (changes.snapshot) {
      this.stay.begin(queues.begin(side, best, size, orders));
      return;
    }
    changes.seek(side, best, best);
    const { from } = changes;
    let changed = changes.to - 1;
    while (changed >= from && (changes.price[changed] !== best || changes.side[changed] !== side)) changed--;
    const known = changed >= from;
    const place = known
      ? queues.begin(side, best, changes.oldSize[changed]!, changes.oldOrders[changed]!)
      : queues.begin(side, best, size, orders);
    this.stay.begin(place);
    if (known) queues.update(place, size, orders, this.counted);
  }

  private remember(side: BookSide, was: number, at: Us): void {
    const i = side * REMEMBERED + (++this.moves[side]! & (REMEMBERED - 1));
    this.bestWas[i] = was;
    this.bestUntil[i] = at;
  }

  /** Since when an order could have stood there: the other side's best price was beyond, as far as remembered. */
  private openSince(side: BookSide, price: number): number {
    const other = side === BID ? ASK : BID;
    for (let back = 0; back < REMEMBERED; back++) {
      const i = other * REMEMBERED + ((this.moves[other]! - back) & (REMEMBERED - 1));
      const best = this.bestWas[i]!;
      if (best === NO_PRICE) return 0;
      if (side === BID ? best <= price : best >= price) return this.bestUntil[i]!;
    }
    return 0;
  }

  private judgeFeed(at: Us): void {
    const soon = at - this.now < FULL_GAP_US ? 1 : 0;
    this.full += (soon - this.full) / FRAMES_TO_JUDGE;
    this.weights = !this.counted ? WEIGHTS.uncounted : this.full > 0.5 ? WEIGHTS.full : WEIGHTS.frames;
  }

  private judgeStaying(chain: number): void {
    const { stayers, stayingFeatures: features } = this;
    stayingFeatures(stayers, chain, this.sizes[ALONE], this.sizes[QUEUED], features);
    this.links?.('staying', stayers, chain, features);
    this.judge(stayers, chain, likelihoodOf(features, this.weights.staying));
  }

  private judgeFollowing(chain: number): void {
    const { followers, followingFeatures: features } = this;
    followingFeatures(followers, chain, this.sizes[QUEUED], features);
    this.links?.('following', followers, chain, features);
    this.judge(followers, chain, likelihoodOf(features, this.weights.following));
  }

  private judge(chains: ChainPool, chain: number, likelihood: number): void {
    if (likelihood < this.config.toldFrom || likelihood < chains.told[chain]! + NEWS) {
      if (chains.finding[chain]! > 0) this.refresh(chains, chain);
      return;
    }
    chains.told[chain] = likelihood;
    if (chains.finding[chain] === 0) chains.finding[chain] = ++this.found;
    const one = this.refresh(chains, chain);
    const { finding } = this;
    finding.id = chains.finding[chain]!;
    finding.pattern = one.follows ? 'following' : one.exact ? 'native' : 'sliced';
    finding.side = one.side;
    finding.low = one.price;
    finding.high = one.price;
    finding.size = one.left;
    finding.sizeLow = one.leftLow;
    finding.sizeHigh = one.leftHigh;
    finding.since = us(chains.since[chain]!);
    finding.at = this.now;
    finding.likelihood = likelihood;
    this.tell(finding);
  }

  /** Takes a chain into the reading, or brings its place there up to date. */
  private refresh(chains: ChainPool, chain: number): Active {
    const serial = chains.serialOf(chain);
    let one = this.active[0]!;
    for (const each of this.active) {
      if (each.serial === serial && each.chains === chains) {
        one = each;
        break;
      }
      if (each.serial === 0 ? one.serial !== 0 : one.serial !== 0 && each.likelihood < one.likelihood)
        one = each;
    }
    one.chains = chains;
    one.chain = chain;
    one.serial = serial;
    one.told = chains.told[chain]!;
    one.likelihood = one.told;
    one.follows =
      chains === this.followers && chains.linksOf(chain, TRADED_ELSEWHERE) + chains.linksOf(chain, MOVED) > 0;
    one.exact = chains.exact[chain]! * 2 > chains.totalLinks(chain);
    one.side = chains.side[chain] as BookSide;
    one.price = chains.price[chain]!;
    one.peak = chains.peak(chain);
    one.orders = chains.orders[chain]!;
    one.leftLow = this.remainder.quantile(one.orders, 0.1) * one.peak;
    one.left = this.remainder.quantile(one.orders, 0.5) * one.peak;
    one.leftHigh = this.remainder.quantile(one.orders, 0.9) * one.peak;
    return one;
  }

  private likeliest(): Active | null {
    let found: Active | null = null;
    for (const one of this.active)
      if (one.serial > 0 && (found === null || one.likelihood > found.likelihood)) found = one;
    return found;
  }
}

/** An iceberg that is in the reading. */
class Active {
  chains: ChainPool;
  chain = 0;
  /** 0: free. */
  serial = 0;
  told = 0;
  likelihood = 0;
  follows = false;
  exact = false;
  side: BookSide = BID;
  price = 0;
  peak = 0;
  orders = 0;
  left = 0;
  leftLow = 0;
  leftHigh = 0;

  constructor(chains: ChainPool) {
    this.chains = chains;
  }
}
/** The finding that is lent. */
class Told implements Finding {
  readonly kind = 'iceberg';
  id = 0;
  pattern = '';
  side: BookSide = BID;
  low = 0;
  high = 0;
  size = 0;
  sizeLow = 0;
  sizeHigh = 0;
  since: Us = us(0);
  at: Us = us(0);
  likelihood = 0;
}
