import type { BookSide } from '../../book/frame.ts';
import { ALIKE, type ChainPool, FIRST_EVIDENCE, isAlike, LEAST_EVIDENCE } from './chain-pool.ts';
import { EVIDENCE_MAX, type OrderSizes } from './order-sizes.ts';
import { ORDINARY, PLACES } from './queues.ts';

/** Orders remembered at a place, whose return would be news. */
const DUE = 16;
/** Less traded since an order came than this share of it: it is still there, and the next of its size is another's. */
const TRADED_LEAST = 0.9;
/** Where an order is only presumed gone, the next comes so soon after a trade at its price, µs: by hand, not by chance. */
const SOON_US = 450_000;
/** A print of an order's very size is that order, unless the size is so small that many have it, lots. */
const PRINT_LEAST = 5;

/** As in `isAlike`: names of this module are constants to the compiler, those of another are looked up at each use. */
const UP = Math.exp(ALIKE);
const DOWN = Math.exp(-ALIKE);
const ORDINARY_ORDER = ORDINARY;

/** Kinds of links: the new order stands alone at its price, or behind others. */
export const ALONE = 0;
export const QUEUED = 1;
/** The order before was not seen to go, but enough was traded for that; the new one came with a trade and is the same, or is like it. */
export const PRESUMED_SAME = 2;
export const PRESUMED = 3;

/**
 * Icebergs that stay at their price: an order is traded away, and another of about its size comes to the same price, and so
 * on. Which order a trade takes is told by the queue; where the feed does not count orders the queue is doubtful, and
 * enough volume since it came, or a print of its very size, will do.
 */
export class Staying {
  readonly chains: ChainPool;
  /** Full size of the order that `turnedOver` answered for. */
  lastSize = 0;
  /** Whether the feed says how many orders stand at a price. */
  counted = true;
  private readonly sizes: readonly OrderSizes[];
  private readonly prices: Float64Array;
  // orders remembered at each place
  private readonly size = new Float64Array(PLACES * 2 * DUE);
  private readonly chain = new Float64Array(PLACES * 2 * DUE);
  /** When it came, or went. */
  private readonly since = new Float64Array(PLACES * 2 * DUE);
  /** 1 where it was not seen to go. */
  private readonly standing = new Uint8Array(PLACES * 2 * DUE);
  /** Volume and arrivals of either kind at the place when it came, or went. */
  private readonly volumeThen = new Float64Array(PLACES * 2 * DUE);
  private readonly seenThen = [
    new Float64Array(PLACES * 2 * DUE),
    new Float64Array(PLACES * 2 * DUE),
  ] as const;
  // each place
  private readonly volume = new Float64Array(PLACES * 2);
  private readonly tradedAt = new Float64Array(PLACES * 2);
  private readonly arrivals = [new Float64Array(PLACES * 2), new Float64Array(PLACES * 2)] as const;
  /** Whether orders that went are remembered; where the next one is written. */
  private readonly anyGone = new Uint8Array(PLACES * 2);
  private readonly next = new Uint8Array(PLACES * 2);
  /** See `findCandidates`: indices of orders. One more than there are: what is written last may be none. */
  private readonly candidates = new Int32Array(DUE + 1);
  private readonly openSince: (side: BookSide, price: number) => number;

  /** `prices` of the places; `sizes` of ordinary orders that stand alone, and of those that queue. */
  constructor(
    chains: ChainPool,
    prices: Float64Array,
    sizes: readonly OrderSizes[],
    openSince: (side: BookSide, price: number) => number,
  ) {
    this.openSince = openSince;
    this.chains = chains;
    this.prices = prices;
    this.sizes = sizes;
  }

  /** The place is another price's now. */
  begin(place: number): void {
    this.size.fill(0, place * DUE, (place + 1) * DUE);
    this.anyGone[place] = 0;
    this.arrivals[ALONE][place] = 0;
    this.arrivals[QUEUED][place] = 0;
    this.volume[place] = 0;
    this.tradedAt[place] = 0;
  }

  traded(place: number, size: number, at: number): void {
    this.volume[place]! += size;
    this.tradedAt[place] = at;
    if (this.counted || size < PRINT_LEAST) return;
    for (let i = place * DUE; i < (place + 1) * DUE; i++) {
      if (this.size[i] !== size || this.standing[i] === 0) continue;
      this.standing[i] = 0;
      this.anyGone[place] = 1;
      this.seenThen[ALONE][i] = this.arrivals[ALONE][place]!;
      this.seenThen[QUEUED][i] = this.arrivals[QUEUED][place]!;
      return;
    }
  }

  consumed(place: number, size: number, serial: number, at: number): void {
    const chain = this.chains.find(serial);
    if (chain >= 0) {
      this.chains.traded[chain]! += size;
      this.chains.standing[chain] = 0;
    }
    for (let i = place * DUE; i < (place + 1) * DUE; i++) {
      if (this.size[i] !== size || this.standing[i] === 0 || this.chain[i] !== serial) continue;
      this.size[i] = 0;
      break;
    }
    this.remember(place, size, chain >= 0 ? serial : ORDINARY, 0, at);
  }

  /**
   * An order has come, in a frame in which its price `traded` or not; answers the serial of the chain that it continues, or
   * `ORDINARY`.
   */
  arrived(place: number, size: number, alone: boolean, traded: boolean, at: number): number {
    const { chains } = this;
    const kind = alone ? ALONE : QUEUED;
    const seen = ++this.arrivals[kind][place]!;
    // whose return would be news went, or may have in a trade just now
    if (this.anyGone[place] === 0 && !(this.counted ? traded : at - this.tradedAt[place]! < SOON_US)) {
      this.remember(place, size, ORDINARY, 1, at);
      return ORDINARY;
    }
    let ordinary = -1;
    let best = LEAST_EVIDENCE;
    let evidence = 0;
    let found = -1;
    const { candidates } = this;
    const count = this.findCandidates(place, size, traded, at);
    for (let n = 0; n < count; n++) {
      const i = candidates[n]!;
      const last = this.size[i]!;
      const chain = this.chain[i] === ORDINARY ? -1 : chains.find(this.chain[i]!);
      const wanted = chain >= 0 ? chains.peak(chain) : last;
      if (!isAlike(size, wanted)) continue;
      const presumed = this.standing[i] === 1;
      if (presumed && !this.mayBeGone(i, place, size, traded, at)) continue;
      if (ordinary < 0) ordinary = this.ordinaryGone(place);
      const trials = (seen - this.seenThen[kind][i]!) * (chain >= 0 || presumed ? 1 : ordinary);
      const news = this.evidenceOf(i, chain, wanted, size, trials, kind);
      const score = news + (chain >= 0 ? chains.totalEvidence(chain) : 0);
      if (news < (chain >= 0 ? LEAST_EVIDENCE : FIRST_EVIDENCE) || score <= best) continue;
      best = score;
      evidence = news;
      found = i;
    }
    let serial = ORDINARY;
    if (found >= 0) {
      const presumed = traded && this.size[found] === size ? PRESUMED_SAME : PRESUMED;
      serial = this.continue(
        place,
        found,
        this.standing[found] === 1 ? presumed : kind,
        evidence,
        size,
        1,
        at,
      );
    }
    this.remember(place, size, serial, 1, at);
    return serial;
  }

  /**
   * Of the orders remembered at a place those that one of `size` may continue, into `candidates`; gives how many. Those of
   * chains are left to be looked at, a chain's own size is not the last order's. Most are none, and this calls nothing, for speed.
   */
  private findCandidates(place: number, size: number, traded: boolean, at: number): number {
    const { size: sizes, chain, standing, candidates } = this;
    const presumed = Number(this.counted ? traded : at - this.tradedAt[place]! < SOON_US);
    const end = (place + 1) * DUE;
    let count = 0;
    for (let i = place * DUE; i < end; i++) {
      const last = sizes[i]!;
      candidates[count] = i;
      count +=
        Number(last > 0) &
        (Number(chain[i] !== ORDINARY_ORDER) | (Number(size < last * UP) & Number(size > last * DOWN))) &
        (Number(standing[i] === 0) | presumed);
    }
    return count;
  }

  /** See `QueueWatch`. */
  turnedOver(place: number, added: number, left: number, at: number): number {
    const { chains } = this;
    this.arrivals[ALONE][place]! += 1;
    const ordinary = Math.max(1, this.ordinaryGone(place));
    let best = LEAST_EVIDENCE;
    let evidence = 0;
    let found = -1;
    for (let i = place * DUE; i < (place + 1) * DUE; i++) {
      const last = this.size[i]!;
      if (last === 0 || this.standing[i] === 1) continue;
      const chain = chains.find(this.chain[i]!);
      const wanted = chain >= 0 ? chains.peak(chain) : last;
      if (left > wanted * (1 + ALIKE)) continue;
      const times = Math.max(1, Math.round(added / last));
      const trials = chain >= 0 ? 1 : ordinary;
      let news = 0;
      if (times === 1) {
        if (!isAlike(added, wanted)) continue;
        news = this.evidenceOf(i, chain, wanted, added, trials, ALONE);
      } else if (added === times * last) news = Math.min(EVIDENCE_MAX, Math.log(last / trials));
      else {
        // several that differ a little: how near their sum comes to a whole number of them
        const off = Math.abs(added / wanted - times);
        if (off > times * (ALIKE / 2)) continue;
        news = Math.max(0, -Math.log(2 * off * trials));
      }
      const score = news + (chain >= 0 ? chains.totalEvidence(chain) : 0);
      if (news < FIRST_EVIDENCE || score <= best) continue;
      best = score;
      evidence = news;
      found = i;
    }
    if (found < 0) return ORDINARY;
    const last = this.size[found]!;
    const times = Math.max(1, Math.round(added / last));
    const each = times === 1 ? added : last;
    const serial = this.continue(place, found, ALONE, evidence, each, times, at);
    const chain = chains.find(serial);
    this.lastSize = each;
    chains.traded[chain]! += each * (left > 0 ? times - 1 : times);
    if (left === 0) chains.standing[chain] = 0;
    this.remember(place, each, serial, left > 0 ? 1 : 0, at);
    return serial;
  }

  reset(): void {
    this.size.fill(0);
  }

  /** Orders of nobody in particular that were seen to go: each of them may be repeated by chance. */
  private ordinaryGone(place: number): number {
    let count = 0;
    for (let i = place * DUE; i < (place + 1) * DUE; i++)
      if (this.size[i]! > 0 && this.standing[i] === 0 && this.chains.find(this.chain[i]!) < 0) count += 1;
    return count;
  }

  private mayBeGone(due: number, place: number, size: number, traded: boolean, at: number): boolean {
    if (this.volume[place]! - this.volumeThen[due]! < this.size[due]! * TRADED_LEAST) return false;
    return this.counted ? traded && this.size[due] === size : at - this.tradedAt[place]! < SOON_US;
  }

  private evidenceOf(
    due: number,
    chain: number,
    wanted: number,
    size: number,
    trials: number,
    kind: number,
  ): number {
    const own = chain >= 0 ? this.chains.orders[chain]! : 1;
    return this.sizes[kind]!.evidence(wanted, size, size === this.size[due], own, trials);
  }

  private continue(
    place: number,
    due: number,
    kind: number,
    evidence: number,
    size: number,
    times: number,
    at: number,
  ): number {
    const { chains } = this;
    const last = this.size[due]!;
    const side: BookSide = place < PLACES ? 0 : 1;
    let chain = chains.find(this.chain[due]!);
    if (chain < 0) chain = chains.begin(side, last, this.volumeThen[due]!, at);
    const wait =
      this.standing[due] === 1
        ? -1
        : at - Math.max(this.since[due]!, this.openSince(side, this.prices[place]!));
    this.size[due] = 0;
    const volume = this.volume[place]!;
    chains.link(chain, kind, evidence, this.prices[place]!, size, times, size === last, volume, at, wait);
    return chains.serialOf(chain);
  }

  private remember(place: number, size: number, serial: number, standing: 0 | 1, at: number): void {
    // round and round; what belongs to a chain is passed over, while there is anything else
    let to = place * DUE + this.next[place]!;
    for (let tried = 1; tried < DUE && this.size[to]! > 0 && this.chain[to]! > 0; tried++)
      to = place * DUE + ((this.next[place]! + tried) & (DUE - 1));
    this.next[place] = (to + 1) & (DUE - 1);
    if (standing === 0) this.anyGone[place] = 1;
    this.size[to] = size;
    this.chain[to] = serial;
    this.since[to] = at;
    this.standing[to] = standing;
    this.volumeThen[to] = this.volume[place]!;
    this.seenThen[ALONE][to] = this.arrivals[ALONE][place]!;
    this.seenThen[QUEUED][to] = this.arrivals[QUEUED][place]!;
  }
}
