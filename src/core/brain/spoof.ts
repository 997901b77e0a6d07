import { ASK, BID, type BookSide } from '../book/frame.ts';
import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import { type Us, us } from '../units.ts';
import type { Detector } from './detector.ts';
import type { Finding, FindingSink, Suspicion } from './finding.ts';
import { DecayingSum } from './measures/decay.ts';
import { FEATURE, FEATURES } from './spoof/features.ts';
import { MarketNull } from './spoof/market-null.ts';
import { Model } from './spoof/model.ts';
import { CAPACITY, ENDED, JUDGED, STANDING, Walls } from './spoof/walls.ts';
import { type Pattern, SPOOF_WEIGHTS } from './spoof/weights.ts';

export interface SpoofConfig {
  /** Half-life of the memory of what was found, ms. */
  readonly halfLifeMs: number;
  /** Less likely findings are not told, 0…1. */
  readonly tellFrom: number;
}

/** A wall described, for those who fit the weights. Lent for the call. */
export interface Described {
  readonly features: Float64Array;
  readonly pattern: Pattern;
  /** Still there: described for the discount. */
  readonly standing: boolean;
  readonly side: BookSide;
  readonly low: number;
  readonly high: number;
  /** When it came, and when it went or now. */
  readonly from: Us;
  readonly to: Us;
  /** Showings of one size have one number. */
  readonly finding: number;
  readonly likelihood: number;
}

/** Judged so long after it went, and one frame at the least: trades may come a few ms after the book that shows them. */
const GRACE_US = 50_000;
/** A wall has ended when so little of it is left. */
const ENDED_LEFT = 0.2;
/** A part that goes is its own when it is at least so much of it. */
const PART = 0.05;
/** A wall that traded to this share was meant, whatever else. */
const MEANT = 0.95;
/** How long a size that went is waited for: in lives of the wall, within bounds. */
const AWAY_LIVES = 3;
const AWAY_LEAST_US = 300_000;
const AWAY_MOST_US = 5_000_000;
/** Whoever stands longer is furniture. */
const STANDING_MOST_US = 300_000_000;
/** Sizes of those that are judged as one differ by this factor at most. */
const LIKE = 0.5;
const SAME_SIZE = 0.005;
const EQUAL_SIZE = 0.02;
const EVEN_PULL = 0.03;
/** Share of a frame in the memory of how often takers come and best prices give way. */
const FRAME_SHARE = 0.002;
/** Waiting to be judged at a time, at most. */
const FRESH_MOST = CAPACITY;
/** Frames between two looks at which of the judged ones are to be forgotten. */
const FORGET_FRAMES = 8;
/** Smaller walls, over what is large there, are not suspected while they stand. */
const SUSPECT_LARGENESS = 0.7;
/** A wall that came alone and was shown once is told from this on, over what is large there. */
const LONE_LARGENESS = 0.5;
/** Levels a side in the skew. */
const SKEW_LEVELS = 20;
/** Powers of two that are powers of four: ages in frames at which those that stand are looked at. */
const FOURS = 0x55555555;
/** Less is not worth a discount. */
const SUSPECT_FROM = 0.05;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Spoofing (row B3): size that is shown and not meant. A wall is an addition to a level that is large for this market at
 * that distance; it is followed from its coming to its going, with who came with it, what traded, what the other side did.
 * When it has gone it is described by numbers without a unit, each held against what `MarketNull` says is ordinary here,
 * and a logistic model of its pattern gives the likelihood; there is no threshold in it. Likelihoods are calibrated on the
 * mixture that the weights were fitted on (`spoof/weights.ts` says which): where spoofers are rarer it says too much.
 *
 * - wall: one order or several, gone at once; `pulled on approach` where it went with the price nearer than ever;
 * - layering: three or more walls that came together and went together, to the lot;
 * - flicker: the same size shown again and again;
 * - slow pull: gone in parts, without trades.
 *
 * What tells a manipulator from somebody who changed his mind: the wall goes when the other side's first best price has been
 * taken (the small order that is meant has traded), or when the price comes near; and it does not stay afterwards. What is
 * re-quoted on both sides, stays, trades, or is of a size that this market shows all the time, speaks for innocence.
 *
 * While walls stand, a model of the same features without those of the end says how much of a level is not to be believed
 * (`Suspicion`), at ages of 1, 4, 16, 64 … frames.
 *
 * Score: likelihoods of what was found lately, asks minus bids, over 1 + their sum: what pressed down was not meant, so up.
 * Likelihood: of the surest of them, fading.
 *
 * Source of the ideas: Fabre and Challet, "Learning the Spoofability of Limit Order Books With Interpretable Probabilistic
 * Neural Networks", 2025 (distance from the touch is essential), for single orders of an order-by-order feed. Ours differs:
 * 100 ms of levels, no order ids; what came and went within a frame is not seen; labels are of planted manipulators.
 */
export class Spoof implements Detector, Suspicion {
  readonly name = 'spoof';
  score = 0;
  likelihood = 0;
  /** Standing walls that are suspected. */
  suspects = 0;
  private readonly config: SpoofConfig;
  private readonly book: OrderBook;
  private readonly tell: FindingSink;
  private readonly study: ((described: Described) => void) | null;
  private readonly walls = new Walls();
  private readonly ordinary = new MarketNull();
  private readonly models: Readonly<Record<Pattern | 'standing', Model>> = {
    wall: new Model(SPOOF_WEIGHTS.wall),
    flicker: new Model(SPOOF_WEIGHTS.flicker),
    layering: new Model(SPOOF_WEIGHTS.layering),
    'slow pull': new Model(SPOOF_WEIGHTS['slow pull']),
    standing: new Model(SPOOF_WEIGHTS.standing),
  };
  private readonly features = new Float64Array(FEATURES.length);
  /** Slots of the walls that are judged as one. */
  private readonly group = new Int16Array(CAPACITY);
  private grouped = 0;
  private readonly sorted = new Float64Array(CAPACITY);
  /** Slots of the walls that came in this frame and in the last. */
  private newest = new Int16Array(CAPACITY);
  private newestCount = 0;
  private newer = new Int16Array(CAPACITY);
  private newerCount = 0;
  /** Slots of the walls that are gone and not judged yet, in the order in which they went. */
  private readonly fresh = new Int16Array(FRESH_MOST);
  private freshCount = 0;
  /** Changes of the frame in which a level grew. */
  private grown = new Int32Array(1024);
  /** And those in which one shrank that may have a wall. */
  private shrunk = new Int32Array(1024);
  private grew = 0;
  /** Depth of the best levels, bids and asks, and the frame they are of. */
  private readonly depths = new Float64Array(2);
  private depthsFrame = -1;
  private frame = 0;
  private findings = 0;
  /** Of them, those before everything was last forgotten. */
  private findingsBefore = 0;
  /** Takers since the last frame, by the side they took from: lots, and the farthest price. */
  private readonly taken = new Float64Array(2);
  private readonly farthest = new Float64Array(2);
  /** How often a side is taken from in a frame, and its best price gives way: decaying means over both sides. */
  private takenShare = 0;
  private passedShare = 0;
  /** Since the last frame: the best prices did, and anybody did. */
  private moved = false;
  private traded = false;
  private bid = 0;
  private ask = 0;
  private readonly found: readonly [DecayingSum, DecayingSum];
  private surest: DecayingSum;
  private lastPattern = '';
  private readonly finding: Mutable<Finding> = {
    kind: 'spoof',
    id: 0,
    pattern: 'wall',
    side: BID,
    low: 0,
    high: 0,
    size: 0,
    since: us(0),
    at: us(0),
    likelihood: 0,
  };

  constructor(
    config: SpoofConfig,
    book: OrderBook,
    tell: FindingSink = () => undefined,
    study: ((described: Described) => void) | null = null,
  ) {
    this.config = config;
    this.book = book;
    this.tell = tell;
    this.study = study;
    const halfLifeUs = config.halfLifeMs * 1000;
    this.found = [new DecayingSum(halfLifeUs), new DecayingSum(halfLifeUs)];
    this.surest = new DecayingSum(halfLifeUs);
  }

  onTrade(event: TradeEvent): void {
    const side = event.side === 'buy' ? ASK : BID;
    const { price } = event;
    const farthest = this.farthest[side]!;
    if (this.taken[side] === 0 || (side === ASK ? price > farthest : price < farthest))
      this.farthest[side] = price;
    this.taken[side]! += event.size;
    if (this.walls.count === 0) return;
    const slot = this.walls.find(side, price);
    if (slot >= 0) this.walls.traded[slot]! += event.size;
  }

  onBook(at: Us): void {
    const { book } = this;
    if (book.changes.snapshot) {
      // a new book: what stood in the old one was not taken away
      this.clear();
    } else if (book.twoSided) {
      this.frame += 1;
      this.turn();
      this.moved = book.bestBid !== this.bid || book.bestAsk !== this.ask;
      this.traded = this.taken[BID]! > 0 || this.taken[ASK]! > 0;
      this.takeAway(at);
      this.takeIn(at);
      this.follow(at);
      this.judge(at);
      this.remember();
      this.ordinary.frame();
    }
    this.taken.fill(0);
    this.bid = book.bestBid;
    this.ask = book.bestAsk;
  }

  reading(now: Us): this {
    const bids = this.found[BID].valueAt(now);
    const asks = this.found[ASK].valueAt(now);
    this.score = (asks - bids) / (1 + asks + bids);
    this.likelihood = this.surest.valueAt(now);
    return this;
  }

  get any(): boolean {
    return this.suspects > 0;
  }

  at(side: BookSide, price: number): number {
    const { walls } = this;
    const slot = walls.find(side, price);
    if (slot < 0 || walls.state[slot] !== STANDING || walls.suspected[slot]! < SUSPECT_FROM) return 0;
    const size = this.book.ladder(side).sizeAt(price);
    return size > 0 ? walls.suspected[slot]! * Math.min(1, walls.left[slot]! / size) : 0;
  }

  figures(): Record<string, number> {
    const lots = [0, 0];
    const { walls } = this;
    for (let i = 0; i < walls.standingCount; i++) {
      const slot = walls.standing[i]!;
      lots[walls.side[slot]!]! += walls.suspected[slot]! * walls.left[slot]!;
    }
    return {
      walls: walls.standingCount,
      suspects: this.suspects,
      suspectedBidLots: lots[BID]!,
      suspectedAskLots: lots[ASK]!,
      findings: this.findings - this.findingsBefore,
      typicalLifeMs: this.ordinary.life,
    };
  }

  evidence(): string {
    const standing = `${this.suspects} of ${this.walls.standingCount} walls suspected`;
    if (this.likelihood < this.config.tellFrom) return standing;
    return `${standing}; lately ${this.lastPattern}, ${(this.likelihood * 100).toFixed(0)} % likely`;
  }

  reset(): void {
    this.clear();
    this.ordinary.reset();
    this.frame = 0;
    this.depthsFrame = -1;
    // ids are never used again: whoever keeps findings knows them by these
    this.findingsBefore = this.findings;
    this.bid = 0;
    this.ask = 0;
    this.taken.fill(0);
    this.takenShare = 0;
    this.passedShare = 0;
    for (const found of this.found) found.reset();
    this.surest.reset();
    this.lastPattern = '';
    this.score = 0;
    this.likelihood = 0;
  }

  private clear(): void {
    this.walls.clear();
    this.suspects = 0;
    this.newestCount = 0;
    this.newerCount = 0;
    this.freshCount = 0;
  }

  /** What was newest is so no more. */
  private turn(): void {
    const { newer } = this;
    this.newer = this.newest;
    this.newerCount = this.newestCount;
    this.newest = newer;
    this.newestCount = 0;
  }

  /** Levels with walls shrank: by trades as far as they explain it, else by somebody taking size away. */
  private takeAway(at: Us): void {
    const { walls, book } = this;
    const { changes } = book;
    const { count, oldSize, newSize } = changes;
    if (this.grown.length < count) {
      this.grown = new Int32Array(2 * count);
      this.shrunk = new Int32Array(2 * count);
    }
    const { shrunk } = this;
    this.grew = walls.sift(changes, this.grown, shrunk);
    const { shrank } = walls;
    for (let n = 0; n < shrank; n++) {
      const i = shrunk[n]!;
      const lost = oldSize[i]! - newSize[i]!;
      const slot = walls.find(changes.side[i] as BookSide, changes.price[i]!);
      if (slot < 0 || walls.state[slot] !== STANDING) continue;
      const byTrade = Math.min(lost, walls.traded[slot]! - walls.settled[slot]!);
      walls.settled[slot]! += byTrade;
      const size = walls.size[slot]!;
      const gone = lost - byTrade;
      let left = walls.left[slot]! - byTrade;
      if (gone >= PART * size || gone >= 0.9 * left) {
        left -= gone;
        if (walls.pulls[slot]! > 0 && Math.abs(gone / walls.lastPull[slot]! - 1) < EVEN_PULL)
          walls.evenPulls[slot]! += 1;
        walls.pulls[slot]! += 1;
        walls.lastPull[slot] = gone;
      }
      left = Math.min(left, changes.newSize[i]!);
      walls.left[slot] = left;
      if (left > ENDED_LEFT * size) continue;
      this.unsuspect(slot);
      this.fresh[this.freshCount++] = slot;
      this.witness(this.fresh, this.freshCount - 1, this.freshCount);
      walls.end(slot);
      walls.endedAt[slot] = at;
      walls.endedFrame[slot] = this.frame;
      walls.endDistance[slot] = walls.distance(slot, book.bestBid, book.bestAsk);
    }
  }

  private takeIn(at: Us): void {
    const { book, ordinary } = this;
    const { changes, bestBid, bestAsk } = book;
    const { grown } = this;
    const large = ordinary.addAll(changes, grown, this.grew, bestBid, bestAsk);
    const { bands } = ordinary;
    for (let n = 0; n < large; n++) {
      const i = grown[n]!;
      const added = changes.newSize[i]! - changes.oldSize[i]!;
      const side = changes.side[i] as BookSide;
      const price = changes.price[i]!;
      const distance = side === BID ? bestBid - price : price - bestAsk;
      const orders =
        changes.newOrders[i]! === 0 ? 0 : Math.max(1, changes.newOrders[i]! - changes.oldOrders[i]!);
      this.come(side, price, added, changes.newSize[i]!, distance, bands[n]!, orders, at);
    }
  }

  private come(
    side: BookSide,
    price: number,
    size: number,
    level: number,
    distance: number,
    band: number,
    orders: number,
    at: Us,
  ): void {
    const { walls, book } = this;
    const here = walls.find(side, price);
    if (here >= 0 && walls.state[here] === STANDING) {
      // the larger of two at one price is followed
      if (walls.left[here]! >= size) return;
      this.unsuspect(here);
      walls.close(here);
    }
    if (walls.count === CAPACITY) this.makeRoom();
    const slot = walls.open(side, price);
    walls.size[slot] = size;
    walls.left[slot] = size;
    walls.band[slot] = band;
    walls.largeness[slot] = this.ordinary.largeness(size, band);
    walls.familiar[slot] = this.ordinary.show(size);
    walls.level[slot] = level;
    walls.orders[slot] = orders;
    walls.bornAt[slot] = at;
    walls.since[slot] = at;
    walls.bornFrame[slot] = this.frame;
    walls.bornDistance[slot] = distance;
    walls.leastDistance[slot] = distance;
    const otherBest = side === BID ? book.bestAsk : book.bestBid;
    walls.otherBest[slot] = otherBest;
    walls.otherQueue[slot] = book.ladder(side === BID ? ASK : BID).sizeAt(otherBest);
    this.relate(slot);
  }

  /** Who came with it, in this frame or the last, and which that is gone it continues. */
  private relate(slot: number): void {
    const { walls, frame, newest } = this;
    this.meet(slot, newest, this.newestCount, frame);
    this.meet(slot, this.newer, this.newerCount, frame - 1);
    if (this.newestCount < CAPACITY) newest[this.newestCount++] = slot;
    const side = walls.side[slot]!;
    const size = walls.size[slot]!;
    if (!walls.mayReturn(size)) return;
    let before = -1;
    let nearest = Number.POSITIVE_INFINITY;
    const { goneLots, goneCount } = walls;
    const about = size * (SAME_SIZE * 1.01);
    for (let i = 0; i < goneCount; i++) {
      // most are of another size
      if (Math.abs(goneLots[i]! - size) > about) continue;
      const other = walls.gone[i]!;
      const off = Math.abs(walls.size[other]! / size - 1);
      if (off >= SAME_SIZE || walls.side[other] !== side || walls.continued[other] === 1) continue;
      const away = off + (frame - walls.endedFrame[other]!) * SAME_SIZE;
      if (away >= nearest) continue;
      nearest = away;
      before = other;
    }
    if (before >= 0) this.succeed(slot, before);
  }

  /** Counts those of a list that came in that frame, of about its size, for both: a slot may have been given to another since. */
  private meet(slot: number, list: Int16Array, count: number, frame: number): void {
    const { size, side, bornFrame, beside, besideEqual, across, acrossEqual } = this.walls;
    const own = size[slot]!;
    const ownSide = side[slot]!;
    const half = own / 2;
    const twice = own * 2;
    // calls nothing, for speed: when many come, each meets all
    for (let i = 0; i < count; i++) {
      const other = list[i]!;
      const theirs = size[other]!;
      if (theirs <= half || theirs >= twice || bornFrame[other] !== frame || other === slot) continue;
      const equal = Number(Math.abs(theirs / own - 1) < EQUAL_SIZE);
      if (side[other] === ownSide) {
        beside[slot]! += 1;
        beside[other]! += 1;
        besideEqual[slot]! += equal;
        besideEqual[other]! += equal;
      } else {
        across[slot]! += 1;
        across[other]! += 1;
        acrossEqual[slot]! += equal;
        acrossEqual[other]! += equal;
      }
    }
  }

  private succeed(slot: number, before: number): void {
    const { walls } = this;
    const moved = walls.endedFrame[before] === this.frame;
    walls.returns[slot] = walls.returns[before]! + (moved ? 0 : 1);
    walls.moves[slot] = walls.moves[before]! + (moved ? 1 : 0);
    walls.acrossBefore[slot] = walls.acrossBefore[before]! + (walls.acrossEqual[before]! > 0 ? 1 : 0);
    walls.since[slot] = walls.since[before]!;
    walls.familiar[slot] = walls.familiar[before]!;
    if (walls.finding[before] === 0) walls.finding[before] = ++this.findings;
    walls.finding[slot] = walls.finding[before]!;
    walls.told[slot] = walls.told[before]!;
    walls.continued[before] = 1;
  }

  /** Gives up the least of the walls, gone ones first. */
  private makeRoom(): void {
    const { walls } = this;
    const list = walls.goneCount > 0 ? walls.gone : walls.standing;
    const count = walls.goneCount > 0 ? walls.goneCount : walls.standingCount;
    let least = list[0]!;
    for (let i = 1; i < count; i++)
      if (walls.largeness[list[i]!]! < walls.largeness[least]!) least = list[i]!;
    this.unsuspect(least);
    for (let i = 0; i < this.freshCount; i++)
      if (this.fresh[i] === least) this.fresh[i] = this.fresh[--this.freshCount]!;
    walls.close(least);
  }

  private follow(at: Us): void {
    const { walls, frame } = this;
    this.witness(walls.standing, 0, walls.standingCount);
    const { standing, bornFrame } = walls;
    for (let i = 0; i < walls.standingCount; i++) {
      const slot = standing[i]!;
      const age = frame - bornFrame[slot]!;
      if ((age & (age - 1)) !== 0 || (age & FOURS) === 0) continue;
      if (at - walls.bornAt[slot]! <= STANDING_MOST_US) {
        if (walls.largeness[slot]! >= SUSPECT_LARGENESS) this.suspect(slot, at);
      } else {
        this.unsuspect(slot);
        walls.close(slot);
        i -= 1;
      }
    }
  }

  /** What the frame's takers and touch mean to the walls of a list, from `from` to before `to`. Without calls, for speed. */
  private witness(list: Int16Array, from: number, to: number): void {
    if (this.traded) this.countTaken(list, from, to);
    if (!this.moved) return;
    const { frame, book } = this;
    const { bestBid, bestAsk } = book;
    const { side, price, otherBest, otherPassed, leastDistance } = this.walls;
    for (let i = from; i < to; i++) {
      const slot = list[i]!;
      const bid = side[slot] === BID;
      const other = otherBest[slot]!;
      if ((bid ? bestAsk > other : bestBid < other) && otherPassed[slot] === 0) otherPassed[slot] = frame;
      const distance = bid ? bestBid - price[slot]! : price[slot]! - bestAsk;
      if (distance < leastDistance[slot]!) leastDistance[slot] = distance;
    }
  }

  /** Takers at the other side's first best price or beyond. */
  private countTaken(list: Int16Array, from: number, to: number): void {
    const { frame, taken, farthest } = this;
    const { side, bornFrame, otherBest, otherQueue, otherTaken } = this.walls;
    const { otherTakenLast, otherTakenFrame, otherEaten } = this.walls;
    const bids = taken[BID]!;
    const asks = taken[ASK]!;
    const lowest = farthest[BID]!;
    const highest = farthest[ASK]!;
    for (let i = from; i < to; i++) {
      const slot = list[i]!;
      const bid = side[slot] === BID;
      const lots = bid ? asks : bids;
      const first = otherBest[slot]!;
      if (lots === 0 || (bid ? highest < first : lowest > first) || bornFrame[slot]! >= frame) continue;
      otherTaken[slot]! += lots;
      otherTakenLast[slot] = lots;
      otherTakenFrame[slot] = frame;
      if (otherEaten[slot] === 0 && otherTaken[slot]! >= otherQueue[slot]!) otherEaten[slot] = frame;
    }
  }

  private suspect(slot: number, at: Us): void {
    const { walls } = this;
    this.unsuspect(slot);
    this.group[0] = slot;
    this.grouped = 1;
    this.describe(slot, at);
    const likelihood = this.models.standing.likelihood(this.features);
    walls.suspected[slot] = likelihood;
    if (likelihood >= SUSPECT_FROM) this.suspects += 1;
    this.show(slot, at, 'wall', true, walls.price[slot]!, walls.price[slot]!, 0, likelihood);
  }

  private unsuspect(slot: number): void {
    const { suspected } = this.walls;
    if (suspected[slot]! >= SUSPECT_FROM) this.suspects -= 1;
    suspected[slot] = 0;
  }

  private judge(at: Us): void {
    const { walls, frame } = this;
    const { fresh } = this;
    for (let i = 0; i < this.freshCount; i++) {
      const slot = fresh[i]!;
      // judged with another
      if (walls.state[slot] !== ENDED) continue;
      if (walls.endedFrame[slot]! < frame && at - walls.endedAt[slot]! >= GRACE_US) this.conclude(slot, at);
    }
    let kept = 0;
    for (let i = 0; i < this.freshCount; i++) if (walls.state[fresh[i]!] === ENDED) fresh[kept++] = fresh[i]!;
    this.freshCount = kept;
    if (frame % FORGET_FRAMES !== 0) return;
    for (let i = 0; i < walls.goneCount; i++) {
      const slot = walls.gone[i]!;
      if (walls.state[slot] !== JUDGED || at <= walls.forgetAt[slot]!) continue;
      walls.close(slot);
      i -= 1;
    }
  }

  /** Judges a wall that is gone, together with those that came and went with it. */
  private conclude(slot: number, at: Us): void {
    const { walls, ordinary, group } = this;
    this.gather(slot);
    let low = Number.POSITIVE_INFINITY;
    let high = 0;
    let size = 0;
    let traded = 0;
    let id = 0;
    let told = 0;
    let since = Number.POSITIVE_INFINITY;
    let largest = 0;
    for (let i = 0; i < this.grouped; i++) {
      const each = group[i]!;
      low = Math.min(low, walls.price[each]!);
      high = Math.max(high, walls.price[each]!);
      size += walls.size[each]!;
      traded += Math.min(walls.size[each]!, walls.traded[each]!);
      id = Math.max(id, walls.finding[each]!);
      told = Math.max(told, walls.told[each]!);
      since = Math.min(since, walls.since[each]!);
      largest = Math.max(largest, walls.largeness[each]!);
      walls.state[each] = JUDGED;
      const memory = AWAY_LIVES * (walls.endedAt[each]! - walls.bornAt[each]!);
      walls.forgetAt[each] = walls.endedAt[each]! + Math.min(AWAY_MOST_US, Math.max(AWAY_LEAST_US, memory));
    }
    const lifeMs = (walls.endedAt[slot]! - walls.bornAt[slot]!) / 1000;
    ordinary.ended(lifeMs, largest * this.grouped, traded < size / 2);
    if (id === 0) id = ++this.findings;
    for (let i = 0; i < this.grouped; i++) {
      walls.finding[group[i]!] = id;
      walls.told[group[i]!] = told;
    }
    if (this.grouped === 1 && (traded >= MEANT * size || this.isNoise(slot))) return;
    this.describe(slot, us(walls.endedAt[slot]!));
    const { features } = this;
    const pattern = this.patternOf();
    // an addition that nobody counted the orders of and that is gone with the next frame may have been anybody's, and many's
    if (pattern === 'wall' && features[FEATURE.brief] === 1 && features[FEATURE.counted] === 0) return;
    const likelihood = this.models[pattern].likelihood(features);
    this.show(slot, us(walls.endedAt[slot]!), pattern, false, low, high, id, likelihood);
    const risen = Math.max(told, likelihood);
    // what was told as a wall, or two, has turned out to flicker: told again, no less sure, by its name
    const renamed = pattern === 'flicker' && features[FEATURE.returns] === LN_3;
    if (risen < this.config.tellFrom || (likelihood <= told && !renamed)) return;
    const side = walls.side[slot] as BookSide;
    for (let i = 0; i < walls.standingCount; i++) this.hear(walls.standing[i]!, id, risen);
    for (let i = 0; i < walls.goneCount; i++) this.hear(walls.gone[i]!, id, risen);
    const retreat = pattern === 'wall' && features[FEATURE.retreat] === 1;
    this.found[side].add(risen - told, at);
    const surest = this.surest.valueAt(at);
    if (risen >= surest) {
      this.surest.add(risen - surest, at);
      this.lastPattern = retreat ? 'pulled on approach' : pattern;
    }
    const { finding } = this;
    finding.id = id;
    finding.pattern = retreat ? 'pulled on approach' : pattern;
    finding.side = side;
    finding.low = low;
    finding.high = high;
    finding.size = size;
    finding.since = us(since);
    finding.at = at;
    finding.likelihood = risen;
    this.tell(finding);
  }

  /** A lone wall of which nothing will be told, seen before the work of describing it. */
  private isNoise(slot: number): boolean {
    const { walls } = this;
    if (walls.returns[slot]! > 1 || walls.evenPulls[slot]! > 0 || walls.pulls[slot]! > 2) return false;
    if (walls.orders[slot] === 0 && walls.endedFrame[slot]! - walls.bornFrame[slot]! <= 1) return true;
    return walls.largeness[slot]! < LONE_LARGENESS;
  }

  /** All showings of a finding know what was told of it. */
  private hear(slot: number, id: number, likelihood: number): void {
    if (this.walls.finding[slot] === id) this.walls.told[slot] = likelihood;
  }

  /** Those not judged yet that came and went with it, a frame more or less, on its side and of about its size. */
  private gather(slot: number): void {
    const { walls, group } = this;
    this.grouped = 0;
    for (let i = 0; i < this.freshCount; i++) {
      const other = this.fresh[i]!;
      if (walls.state[other] !== ENDED || walls.side[other] !== walls.side[slot]) continue;
      if (Math.abs(walls.bornFrame[other]! - walls.bornFrame[slot]!) > 1) continue;
      if (Math.abs(walls.endedFrame[other]! - walls.endedFrame[slot]!) > 1) continue;
      const ratio = walls.size[other]! / walls.size[slot]!;
      if (ratio < LIKE || ratio > 1 / LIKE) continue;
      group[this.grouped++] = other;
    }
  }

  private patternOf(): Pattern {
    const { features } = this;
    if (features[FEATURE.returns]! >= LN_3) return 'flicker';
    if (features[FEATURE.together]! >= LN_3) return 'layering';
    if (features[FEATURE.evenPulls]! > 0 || features[FEATURE.pulls]! > LN_3) return 'slow pull';
    return 'wall';
  }

  /** Fills the features of the walls in `group`, of which `slot` is the one that stands for all. */
  private describe(slot: number, at: Us): void {
    const { walls, ordinary, group, grouped, features: f } = this;
    const ended = walls.state[slot] !== STANDING;
    let size = 0;
    let traded = 0;
    let largest = 0;
    let pulls = 0;
    let evenPulls = 0;
    let beside = 0;
    let besideEqual = 0;
    let across = 0;
    let acrossEqual = 0;
    let returns = 0;
    let moves = 0;
    let acrossBefore = 0;
    let familiar = Number.POSITIVE_INFINITY;
    let exact = 0;
    let orders = 0;
    let counted = 1;
    let approach = 0;
    let nearest = 0;
    for (let i = 0; i < grouped; i++) {
      const each = group[i]!;
      size += walls.size[each]!;
      traded += walls.traded[each]!;
      largest = Math.max(largest, walls.largeness[each]!);
      pulls = Math.max(pulls, walls.pulls[each]!);
      evenPulls = Math.max(evenPulls, walls.evenPulls[each]!);
      beside = Math.max(beside, walls.beside[each]!);
      besideEqual = Math.max(besideEqual, walls.besideEqual[each]!);
      across = Math.max(across, walls.across[each]!);
      acrossEqual = Math.max(acrossEqual, walls.acrossEqual[each]!);
      returns = Math.max(returns, walls.returns[each]!);
      moves = Math.max(moves, walls.moves[each]!);
      acrossBefore = Math.max(acrossBefore, walls.acrossBefore[each]!);
      familiar = Math.min(familiar, walls.familiar[each]!);
      if (walls.lastPull[each] === walls.size[each]) exact += 1;
      orders += walls.orders[each]!;
      if (walls.orders[each] === 0) counted = 0;
      if (!ended) continue;
      const distance = Math.max(0, walls.endDistance[each]!);
      approach = Math.max(approach, 1 - distance / Math.max(1, walls.bornDistance[each]!));
      if (walls.endDistance[each]! <= walls.leastDistance[each]!) nearest = 1;
    }
    const band = walls.band[slot]!;
    const born = walls.bornDistance[slot]!;
    const large = Math.log(largest);
    const lifeMs = (at - walls.bornAt[slot]!) / 1000;
    const life = Math.log((1 + lifeMs) / Math.max(1, ordinary.life));
    const brief = ended && walls.endedFrame[slot]! - walls.bornFrame[slot]! <= 1;
    const end = ended ? walls.endedFrame[slot]! : this.frame;
    const passed = walls.otherPassed[slot]!;
    const recurred = returns + moves;
    f[FEATURE.large] = large;
    f[FEATURE.peak] = -Math.log(ordinary.peakShare(largest, band));
    f[FEATURE.rare] = -Math.log(ordinary.commonness(largest * grouped));
    f[FEATURE.tail] = ordinary.tailOf(band);
    f[FEATURE.spread] = ordinary.spreadOf(band);
    f[FEATURE.skew] = ended ? this.skewOf(walls.side[slot] as BookSide, size) : 0;
    f[FEATURE.distance] = Math.log(ordinary.farness(born));
    f[FEATURE.touch] = born === 0 ? 1 : 0;
    f[FEATURE.largerFar] = Math.max(0, large) * f[FEATURE.distance]!;
    f[FEATURE.life] = life;
    f[FEATURE.longer] = Math.max(0, life);
    f[FEATURE.brief] = brief ? 1 : 0;
    f[FEATURE.briefRough] = brief && exact === 0 ? 1 : 0;
    f[FEATURE.haste] = ended ? -Math.log(ordinary.shortness(lifeMs)) : 0;
    f[FEATURE.traded] = Math.min(1, traded / size);
    f[FEATURE.filled] = traded >= MEANT * size ? 1 : 0;
    f[FEATURE.approach] = approach;
    f[FEATURE.retreat] = nearest === 1 && walls.endDistance[slot]! < born / 3 ? 1 : 0;
    f[FEATURE.nearest] = nearest;
    f[FEATURE.pulls] = logAfter(pulls);
    f[FEATURE.evenPulls] = logAfter(evenPulls);
    f[FEATURE.exact] = exact / grouped;
    const executed = ended && walls.otherTaken[slot]! > 0 && walls.otherTakenFrame[slot] === end;
    const executedBefore = walls.otherTaken[slot]! - (executed ? walls.otherTakenLast[slot]! : 0);
    const gaveWay = ended && passed > 0 && passed >= end - 1;
    f[FEATURE.executed] = executed ? 1 : 0;
    f[FEATURE.executedBefore] = Math.min(1, executedBefore / Math.max(1, walls.otherQueue[slot]!));
    f[FEATURE.passed] = gaveWay ? 1 : 0;
    f[FEATURE.outlasted] = passed > 0 && passed < end - 1 ? 1 : 0;
    f[FEATURE.executedRare] = executed ? -Math.log(Math.max(FRAME_SHARE, this.takenShare)) : 0;
    f[FEATURE.passedRare] = gaveWay ? -Math.log(Math.max(FRAME_SHARE, this.passedShare)) : 0;
    const gave = Math.max(passed, walls.otherEaten[slot]!);
    f[FEATURE.gaveLate] = ended && gave > 0 ? surprise(this.passedShare, end - gave) : 0;
    f[FEATURE.share] = walls.size[slot]! / walls.level[slot]!;
    f[FEATURE.even] = ended && grouped >= 3 && acrossEqual === 0 && this.evenly() ? 1 : 0;
    f[FEATURE.beside] = logAfter(beside);
    f[FEATURE.besideEqual] = logAfter(besideEqual);
    f[FEATURE.together] = logAfter(Math.max(1, exact) - 1);
    f[FEATURE.across] = Math.min(3, across);
    f[FEATURE.acrossEqual] = Math.min(2, acrossEqual);
    f[FEATURE.returns] = logAfter(returns);
    f[FEATURE.moves] = logAfter(moves);
    f[FEATURE.acrossBefore] = recurred > 0 ? Math.min(1, acrossBefore / recurred) : 0;
    f[FEATURE.familiar] = logAfter(familiar);
    f[FEATURE.counted] = counted;
    f[FEATURE.single] = counted === 1 && orders === grouped ? 1 : 0;
    f[FEATURE.orders] = counted === 1 && orders !== grouped ? Math.log(orders / grouped) : 0;
  }

  /** The walls in `group` are at even distances. */
  private evenly(): boolean {
    const { walls, group, grouped, sorted } = this;
    for (let i = 0; i < grouped; i++) {
      const price = walls.price[group[i]!]!;
      let at = i;
      for (; at > 0 && sorted[at - 1]! > price; at--) sorted[at] = sorted[at - 1]!;
      sorted[at] = price;
    }
    const step = sorted[1]! - sorted[0]!;
    for (let i = 2; i < grouped; i++) if (sorted[i]! - sorted[i - 1]! !== step) return false;
    return true;
  }

  /** How much `size` more on a side would lean the best levels, 0…2. */
  private skewOf(side: BookSide, size: number): number {
    const { depths } = this;
    if (this.depthsFrame !== this.frame) {
      this.depthsFrame = this.frame;
      depths[BID] = this.book.depth(BID, SKEW_LEVELS);
      depths[ASK] = this.book.depth(ASK, SKEW_LEVELS);
    }
    const same = depths[side]!;
    const other = depths[side === BID ? ASK : BID]!;
    return (same + size - other) / (same + size + other) - (same - other) / (same + other);
  }

  /** To whoever fits the weights. */
  private show(
    slot: number,
    to: Us,
    pattern: Pattern,
    standing: boolean,
    low: number,
    high: number,
    finding: number,
    likelihood: number,
  ): void {
    if (this.study === null) return;
    const { walls, features } = this;
    const side = walls.side[slot] as BookSide;
    const from = us(walls.bornAt[slot]!);
    this.study({ features, pattern, standing, side, low, high, from, to, finding, likelihood });
  }

  private remember(): void {
    const { book, taken } = this;
    const takers = ((taken[BID]! > 0 ? 1 : 0) + (taken[ASK]! > 0 ? 1 : 0)) / 2;
    const gaveWay =
      ((book.bestBid < this.bid ? 1 : 0) + (this.ask > 0 && book.bestAsk > this.ask ? 1 : 0)) / 2;
    this.takenShare += (takers - this.takenShare) * FRAME_SHARE;
    this.passedShare += (gaveWay - this.passedShare) * FRAME_SHARE;
  }
}

/** −ln of how often what comes in a share of the frames comes in `frames` + 1 of them. */
const surprise = (share: number, frames: number): number =>
  -Math.log(1 - (1 - Math.max(FRAME_SHARE, share)) ** (frames + 1));

const LN_3 = Math.log(3);

const LOGS = Float64Array.from({ length: 256 }, (_, n) => Math.log(1 + n));
/** ln(1 + n) of a whole number. */
const logAfter = (n: number): number => (n < LOGS.length ? LOGS[n]! : Math.log(1 + n));
