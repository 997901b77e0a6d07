import type { BookChanges } from '../book/changes.ts';
import { ASK, BID, type BookSide } from '../book/frame.ts';
import type { Ladder } from '../book/ladder.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';
import type { Detector } from './detector.ts';
import type { Suspicion } from './finding.ts';
import { DecayingMeans } from './measures/decay.ts';
import { StandingLevels } from './measures/standing.ts';
import { COMPARED, Withdrawal } from './measures/withdrawal.ts';

export interface LiquidityConfig {
  /** Half-life of what is usual: depth, size of a level, withdrawal, ms. */
  readonly halfLifeMs: number;
  /** A withdrawal is what has gone within so long, ms. */
  readonly withdrawalMs: number;
  /** A level is large from so many times the usual one on. */
  readonly levelMultiple: number;
}

const NEAR = 3;
const MIDDLE = 10;
const FAR = COMPARED;
/** Support and resistance are looked for within so many times the usual reach of the best 20 levels. */
const REACHES = 3;
/** A level is followed, so that its age is known, within so many. */
const FOLLOWED = 6;
/** Deviations of withdrawal at which its part of the score is tanh(1). */
const UNUSUAL = 4;

/**
 * Liquidity (row B2): what stands in the book, how it is spread, since when, and what is being taken away.
 *
 * - depth of the best 3, 10 and 20 levels of each side, lots, less what is suspected of being spoofed; imbalance of each,
 *   (bids − asks) / (bids + asks);
 * - concentration: Herfindahl index of the best 20 levels, both sides' mean, 1/20 (even) … 1 (all in one);
 * - support and resistance: on each side the largest level, with neighbours within a usual gap, that holds at least
 *   `levelMultiple` times the usual level and stands within reach; since when it has been large, and how far it is;
 * - withdrawal: how many of the best 20 levels have shrunk within `withdrawalMs` without a taker, less those that have grown, in
 *   deviations from what is usual for this side (`measures/withdrawal.ts`).
 *
 * What is usual forgets over `halfLifeMs`, so every figure but the depths is free of tick, lot and price.
 *
 * Score: half the imbalance of 20 levels, half the withdrawal of asks against that of bids (a side that is being taken away
 * gives way). Likelihood: how full the memory is, less the share of the depth that is suspected.
 */
export class Liquidity implements Detector {
  readonly name = 'liquidity';
  score = 0;
  likelihood = 0;
  readonly bids: SideOfLiquidity;
  readonly asks: SideOfLiquidity;
  private readonly book: OrderBook;
  private readonly usual: DecayingMeans;

  constructor(config: LiquidityConfig, book: OrderBook, suspicion: Suspicion) {
    this.book = book;
    this.usual = new DecayingMeans(config.halfLifeMs * 1000, 2 * USUALS);
    this.bids = new SideOfLiquidity(config, BID, book.bids, suspicion, this.usual);
    this.asks = new SideOfLiquidity(config, ASK, book.asks, suspicion, this.usual);
  }

  onTrade(event: TradeEvent): void {
    // who sells takes from the bids
    (event.side === 'sell' ? this.bids : this.asks).withdrawal.took(event.price);
  }

  onBook(at: Us): void {
    const { book, bids, asks } = this;
    const { changes } = book;
    if (changes.snapshot || !book.twoSided) {
      bids.interrupt();
      asks.interrupt();
    }
    if (!book.twoSided) return;
    bids.take(changes, at);
    asks.take(changes, at);
  }

  reading(now: Us): this {
    const { book, bids, asks } = this;
    if (!book.twoSided) {
      this.score = 0;
      this.likelihood = 0;
      return this;
    }
    this.usual.advance(now);
    bids.read(now);
    asks.read(now);
    const withdrawal = Math.tanh((asks.withdrawalZ - bids.withdrawalZ) / UNUSUAL);
    this.score = (balance(bids.depth20, asks.depth20) + withdrawal) / 2;
    const shown = bids.depth20 + bids.suspected + asks.depth20 + asks.suspected;
    const suspected = shown > 0 ? (bids.suspected + asks.suspected) / shown : 0;
    this.likelihood = this.usual.filled * (1 - suspected);
    return this;
  }

  /** What is not there, such as a support, has no figure. */
  figures(): Record<string, number> {
    const { bids, asks } = this;
    const all: [string, number][] = [
      ['bidDepth3Lots', bids.depth3],
      ['askDepth3Lots', asks.depth3],
      ['bidDepth10Lots', bids.depth10],
      ['askDepth10Lots', asks.depth10],
      ['bidDepth20Lots', bids.depth20],
      ['askDepth20Lots', asks.depth20],
      ['imbalance3', balance(bids.depth3, asks.depth3)],
      ['imbalance10', balance(bids.depth10, asks.depth10)],
      ['imbalance20', balance(bids.depth20, asks.depth20)],
      ['concentration', (bids.concentration + asks.concentration) / 2],
      ['suspectedLots', bids.suspected + asks.suspected],
      ['bidWithdrawalZ', bids.withdrawalZ],
      ['askWithdrawalZ', asks.withdrawalZ],
    ];
    for (const [name, side] of [
      ['support', bids],
      ['resistance', asks],
    ] as const) {
      const strongest = side.strongest();
      if (strongest === null) continue;
      all.push([`${name}Ticks`, strongest.price], [`${name}Lots`, strongest.size]);
      all.push([`${name}AgeSeconds`, strongest.ageSeconds]);
    }
    return Object.fromEntries(all);
  }

  evidence(): string {
    const { bids, asks } = this;
    const lean = balance(bids.depth20, asks.depth20);
    const parts = [
      `20 levels: ${lean >= 0 ? 'bids' : 'asks'} outweigh by ${Math.abs(lean * 100).toFixed(0)} %`,
    ];
    const support = bids.strongest();
    const resistance = asks.strongest();
    const { mid } = this.book;
    const bp = (price: number): string => ((Math.abs(price - mid) / mid) * 10_000).toFixed(1);
    if (support !== null)
      parts.push(`support ${bp(support.price)} bp below for ${support.ageSeconds.toFixed(0)} s`);
    if (resistance !== null)
      parts.push(`resistance ${bp(resistance.price)} bp above for ${resistance.ageSeconds.toFixed(0)} s`);
    const worst = Math.max(bids.withdrawalZ, asks.withdrawalZ);
    if (worst > UNUSUAL)
      parts.push(
        `${bids.withdrawalZ >= asks.withdrawalZ ? 'bids' : 'asks'} are being withdrawn (${worst.toFixed(1)} σ)`,
      );
    return parts.join(', ');
  }

  reset(): void {
    this.usual.reset();
    this.bids.reset();
    this.asks.reset();
    this.score = 0;
    this.likelihood = 0;
  }
}

const balance = (bids: number, asks: number): number => (bids + asks > 0 ? (bids - asks) / (bids + asks) : 0);

export interface StrongLevel {
  /** Ticks; of the cluster's largest level. */
  readonly price: number;
  /** Lots of the cluster. */
  readonly size: number;
  readonly ageSeconds: number;
}

/** Means kept of a side: distance from the best to the 20th level, ticks; lots of a level behind the touch; two of withdrawal. */
const USUALS = 4;
const REACH = 0;
const LEVEL = 1;
const GONE = 2;

class SideOfLiquidity {
  /** Lots of the best levels, less what is suspected; as of the last reading. */
  depth3 = 0;
  depth10 = 0;
  depth20 = 0;
  /** Lots of the best 20 levels that are suspected. */
  suspected = 0;
  /** Herfindahl index of the best 20 levels. */
  concentration = 0;
  /** What is being taken away. */
  readonly withdrawal: Withdrawal;
  /** Lots from which on a level is large; out of reach until something is usual. */
  large = Number.POSITIVE_INFINITY;
  /** Ticks; large levels are followed up to here. */
  farthest = 0;
  readonly standing = new StandingLevels();
  private readonly side: BookSide;
  private readonly ladder: Ladder;
  private readonly suspicion: Suspicion;
  private readonly multiple: number;
  private readonly usual: DecayingMeans;
  /** Where its means begin. */
  private readonly first: number;
  private stale = false;
  private now = 0;

  constructor(
    config: LiquidityConfig,
    side: BookSide,
    ladder: Ladder,
    suspicion: Suspicion,
    usual: DecayingMeans,
  ) {
    this.side = side;
    this.ladder = ladder;
    this.suspicion = suspicion;
    this.multiple = config.levelMultiple;
    this.usual = usual;
    this.first = side === BID ? 0 : USUALS;
    this.withdrawal = new Withdrawal(side, ladder, config.withdrawalMs, usual, this.first + GONE);
  }

  /** Deviations from the usual; positive = more is taken away than put in. */
  get withdrawalZ(): number {
    return this.withdrawal.z;
  }

  /** The changes told of are not all that there were, or not of this book. */
  interrupt(): void {
    this.withdrawal.interrupt();
    this.stale = true;
  }

  /** What the frame changed within the distance that large levels are followed to. */
  take(changes: BookChanges, at: number): void {
    const { side, farthest, large, standing } = this;
    const isBid = side === BID;
    if (isBid) changes.seek(BID, farthest, Number.POSITIVE_INFINITY);
    else changes.seek(ASK, 0, farthest);
    const { side: sides, price, oldSize, newSize, from, to } = changes;
    for (let i = from; i < to; i++) {
      const size = newSize[i]!;
      // most changes are to ordinary levels
      if (size < large && oldSize[i]! < standing.floor) continue;
      const where = price[i]!;
      if (sides[i] !== side || (isBid ? where < farthest : where > farthest)) continue;
      if (size >= large) standing.stands(where, size, at, large);
      else standing.changed(where, size);
    }
  }

  read(now: number): void {
    const { ladder, suspicion, withdrawal } = this;
    const { any } = suspicion;
    this.now = now;
    if (this.stale) this.standing.check(ladder);
    this.stale = false;
    let depth = 0;
    let squares = 0;
    let suspected = 0;
    const levels = ladder.top(FAR);
    const { topPrices, topSizes, best } = ladder;
    let depth3 = 0;
    let depth10 = 0;
    for (let i = 0; i < levels; i++) {
      const size = topSizes[i]!;
      const doubted = any ? size * suspicion.at(this.side, topPrices[i]!) : 0;
      depth += size - doubted;
      squares += size * size;
      suspected += doubted;
      if (i === NEAR - 1) depth3 = depth;
      if (i === MIDDLE - 1) depth10 = depth;
    }
    this.depth3 = levels < NEAR ? depth : depth3;
    this.depth10 = levels < MIDDLE ? depth : depth10;
    this.depth20 = depth;
    this.suspected = suspected;
    const all = depth + suspected;
    this.concentration = all > 0 ? squares / (all * all) : 0;
    const { usual, first } = this;
    usual.set(first + REACH, Math.abs(topPrices[levels - 1]! - best));
    // the queue at the touch is another thing than the levels behind it
    if (levels > 1) usual.set(first + LEVEL, (all - topSizes[0]!) / (levels - 1));
    const usualLevel = usual.mean(first + LEVEL);
    this.large = usualLevel > 0 ? this.multiple * usualLevel : Number.POSITIVE_INFINITY;
    const sign = this.side === BID ? -1 : 1;
    this.farthest = best + sign * FOLLOWED * usual.mean(first + REACH);
    this.standing.keepWithin(this.farthest, sign);
    if (withdrawal.due(now)) withdrawal.measure(now);
  }

  /** The largest cluster within reach; null when no level is large. */
  strongest(): StrongLevel | null {
    const { standing, ladder } = this;
    const reach = this.usual.mean(this.first + REACH);
    const farthest = REACHES * reach;
    const gap = reach / FAR;
    let best = -1;
    let most = 0;
    for (let i = 0; i < standing.count; i++) {
      if (Math.abs(standing.price[i]! - ladder.best) > farthest) continue;
      const size = this.cluster(i, gap);
      if (size > most) {
        most = size;
        best = i;
      }
    }
    if (best < 0) return null;
    return {
      price: standing.price[best]!,
      size: most,
      ageSeconds: (this.now - standing.since[best]!) / 1_000_000,
    };
  }

  reset(): void {
    this.standing.clear();
    this.stale = false;
    this.withdrawal.reset();
    this.depth3 = 0;
    this.depth10 = 0;
    this.depth20 = 0;
    this.suspected = 0;
    this.concentration = 0;
    this.large = Number.POSITIVE_INFINITY;
  }

  /** Believed lots of a large level with the large ones within `gap` ticks of it, if it is the largest of them; else 0. */
  private cluster(index: number, gap: number): number {
    const { standing, suspicion } = this;
    let total = 0;
    for (let i = 0; i < standing.count; i++) {
      if (Math.abs(standing.price[i]! - standing.price[index]!) > gap) continue;
      if (standing.size[i]! > standing.size[index]!) return 0;
      const doubt = suspicion.any ? suspicion.at(this.side, standing.price[i]!) : 0;
      total += standing.size[i]! * (1 - doubt);
    }
    return total;
  }
}
