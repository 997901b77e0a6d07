import type { BookSide } from '../../book/frame.ts';
import { type ChainPool, FIRST_EVIDENCE, isAlike, LEAST_EVIDENCE } from './chain-pool.ts';
import type { OrderSizes } from './order-sizes.ts';
import { ORDINARY } from './queues.ts';

/** Orders lately gone from a side whose successor would be news. */
const DUE = 32;
/** How long after an order is gone the next one may be its successor, µs: twice what OKX's own algo takes, for the feed. */
const WITHIN_US = 200_000;
/** Where orders are counted few are mistaken for one: a pair that says nothing may begin a chain, what follows tells. */
const COUNTED_FIRST = 0;
/** Chains of a side that are taken up again. */
const RECENT = 16;
/** How long a chain is remembered without an order of its, µs. */
const LOST_US = 30_000_000;

/** A name of this module is a constant to the compiler, an exported one is looked up at each use. */
const TRADED_AWAY = 0;
/** Kinds of links: the order before was traded away and this one stands at its price, or at another; or it was taken out. */
export const TRADED = TRADED_AWAY;
export const TRADED_ELSEWHERE = 1;
export const MOVED = 2;
/** The orders in between were not told apart: one of its size went and another came, later than one after the other would. */
export const RESUMED = 3;

/**
 * Icebergs that follow the market, as OKX's iceberg algo does, which is a row of ordinary limit orders: one at the best price is
 * traded away, or taken out when the market has left it, and within moments another of about its size comes to the best
 * price of then, and so on. Where several come or go in one frame, one of the row is missed: the chain is taken up again.
 */
export class Following {
  readonly chains: ChainPool;
  /** A chain begins with so much evidence, natural units. */
  private leastAtFirst = COUNTED_FIRST;
  private readonly sizes: OrderSizes;
  private readonly size = new Float64Array(2 * DUE);
  private readonly chain = new Float64Array(2 * DUE);
  private readonly kind = new Uint8Array(2 * DUE);
  private readonly price = new Float64Array(2 * DUE);
  private readonly at = new Float64Array(2 * DUE);
  /** Arrivals at the side's best price when it went. */
  private readonly seenThen = new Float64Array(2 * DUE);
  private readonly next = new Int32Array(2);
  private readonly arrivals = new Float64Array(2);
  /** Orders gone on each side, and how many had when each was. */
  private readonly departures = new Float64Array(2);
  private readonly goneThen = new Float64Array(2 * DUE);
  /** Chains of each side that were lately linked, and how many orders had gone then. */
  private readonly recent = new Float64Array(2 * RECENT);
  private readonly recentGone = new Float64Array(2 * RECENT);
  private readonly nextRecent = new Int32Array(2);
  /** See `findDue`; one more than there are: what is written last may be none. */
  private readonly due = new Int32Array(DUE + 1);
  private dueCount = 0;
  // what an order that came is likeliest to be
  private foundScore = 0;
  private foundEvidence = 0;
  private foundDue = -1;
  private foundChain = -1;

  constructor(chains: ChainPool, sizes: OrderSizes) {
    this.chains = chains;
    this.sizes = sizes;
  }

  /** Whether the feed says how many orders stand at a price. */
  set counted(counted: boolean) {
    this.leastAtFirst = counted ? COUNTED_FIRST : FIRST_EVIDENCE;
  }

  /** An order of the chain `serial` is gone, or of none. */
  gone(side: BookSide, price: number, size: number, serial: number, kind: number, at: number): void {
    const chain = this.chains.find(serial);
    if (chain >= 0) {
      // an order is gone once, however often it is told
      for (let i = side * DUE; i < (side + 1) * DUE; i++)
        if (this.size[i]! > 0 && this.chain[i] === serial) this.size[i] = 0;
      if (kind === TRADED) {
        this.chains.traded[chain]! += size;
        this.chains.standing[chain] = 0;
      }
    }
    const to = side * DUE + this.next[side]!;
    this.next[side] = (this.next[side]! + 1) & (DUE - 1);
    this.size[to] = size;
    this.chain[to] = chain >= 0 ? serial : ORDINARY;
    this.kind[to] = kind;
    this.price[to] = price;
    this.at[to] = at;
    this.seenThen[to] = this.arrivals[side]!;
    this.goneThen[to] = ++this.departures[side]!;
  }

  /** An order has come to the best price; answers the serial of the chain that it continues, or `ORDINARY`. */
  arrived(side: BookSide, price: number, size: number, at: number): number {
    const { chains } = this;
    this.arrivals[side]! += 1;
    this.findDue(side, price, at);
    if (this.dueCount === 0) return ORDINARY;
    this.foundDue = -1;
    this.foundScore = LEAST_EVIDENCE;
    this.findSuccession(side, size);
    this.findResumption(side, size, at);
    const due = this.foundDue;
    if (due < 0) return ORDINARY;
    const last = this.size[due]!;
    const resumed = this.foundChain >= 0 && chains.serialOf(this.foundChain) !== this.chain[due];
    const chain = this.foundChain >= 0 ? this.foundChain : chains.begin(side, last, 0, at);
    this.size[due] = 0;
    const gone = this.kind[due]!;
    const elsewhere = gone === TRADED && this.price[due] !== price ? TRADED_ELSEWHERE : gone;
    const kind = resumed ? RESUMED : elsewhere;
    const wait = at - this.at[due]!;
    chains.link(chain, kind, this.foundEvidence, price, size, resumed ? 2 : 1, size === last, 0, at, wait);
    const serial = chains.serialOf(chain);
    this.note(side, serial);
    return serial;
  }

  reset(): void {
    this.size.fill(0);
    this.recent.fill(0);
  }

  /** The order that is gone and this one: one after the other of a chain, or the first two of a new one. */
  private findSuccession(side: BookSide, size: number): void {
    const { chains, due, dueCount } = this;
    let ordinary = -1;
    for (let n = 0; n < dueCount; n++) {
      const i = due[n]!;
      const last = this.size[i]!;
      const chain = this.chain[i] === ORDINARY ? -1 : chains.find(this.chain[i]!);
      const wanted = chain >= 0 ? chains.peak(chain) : last;
      if (!isAlike(size, wanted)) continue;
      if (ordinary < 0) ordinary = this.ordinaryDue();
      const trials = this.arrivedSince(i, side) * (chain >= 0 ? 1 : ordinary);
      const own = chain >= 0 ? chains.orders[chain]! : 1;
      const news = this.sizes.evidence(wanted, size, size === last, own, trials);
      if (news >= (chain >= 0 ? LEAST_EVIDENCE : this.leastAtFirst)) this.prefer(i, chain, news);
    }
  }

  /**
   * A chain whose latest orders were not told apart from others: one of nobody's that is gone was of its size, and so is this
   * one. Every order that went since had the chance to be so.
   */
  private findResumption(side: BookSide, size: number, at: number): void {
    const { chains, due, dueCount } = this;
    for (let r = side * RECENT; r < (side + 1) * RECENT; r++) {
      const chain = chains.find(this.recent[r]!);
      if (chain < 0 || !isAlike(size, chains.peak(chain)) || at - chains.at[chain]! > LOST_US) continue;
      const peak = chains.peak(chain);
      const own = chains.orders[chain]!;
      for (let n = 0; n < dueCount; n++) {
        const i = due[n]!;
        const last = this.size[i]!;
        const goneSince = this.goneThen[i]! - this.recentGone[r]!;
        if (!isAlike(last, peak) || goneSince <= 0) continue;
        if (chains.find(this.chain[i]!) >= 0) continue;
        const news =
          this.sizes.evidence(peak, last, false, own, goneSince) +
          this.sizes.evidence(peak, size, size === last, own, this.arrivedSince(i, side));
        if (news >= FIRST_EVIDENCE) this.prefer(i, chain, news);
      }
    }
  }

  /** The likeliest chain with this order in it is kept; `chain` −1 for a new one. */
  private prefer(due: number, chain: number, news: number): void {
    const score = news + (chain >= 0 ? this.chains.totalEvidence(chain) : 0);
    if (score <= this.foundScore) return;
    this.foundScore = score;
    this.foundEvidence = news;
    this.foundDue = due;
    this.foundChain = chain;
  }

  private arrivedSince(due: number, side: BookSide): number {
    return this.arrivals[side]! - this.seenThen[due]!;
  }

  /** Orders of nobody in particular that are due: each of them may be repeated by chance. */
  private ordinaryDue(): number {
    let count = 0;
    for (let n = 0; n < this.dueCount; n++) if (this.chains.find(this.chain[this.due[n]!]!) < 0) count += 1;
    return count;
  }

  /** A chain was linked: it may be taken up again from here. */
  private note(side: BookSide, serial: number): void {
    let to = -1;
    for (let r = side * RECENT; r < (side + 1) * RECENT; r++) if (this.recent[r] === serial) to = r;
    if (to < 0) {
      to = side * RECENT + this.nextRecent[side]!;
      this.nextRecent[side] = (this.nextRecent[side]! + 1) & (RECENT - 1);
      this.recent[to] = serial;
    }
    this.recentGone[to] = this.departures[side]!;
  }

  /**
   * Which orders are due, into `due`. What was taken out is followed only to another price. Most went too long ago, and this calls
   * nothing, for speed.
   */
  private findDue(side: BookSide, price: number, at: number): void {
    const { size, at: gone, kind, price: prices, due } = this;
    const end = (side + 1) * DUE;
    let count = 0;
    for (let i = side * DUE; i < end; i++) {
      due[count] = i;
      count +=
        Number(size[i] !== 0) &
        Number(at - gone[i]! <= WITHIN_US) &
        (Number(kind[i] === TRADED_AWAY) | Number(prices[i] !== price));
    }
    this.dueCount = count;
  }
}
