import type { BookChanges } from '../../book/changes.ts';

/** Logarithmic bins: a tenth of a natural unit wide, from one lot to e²⁸ of them. */
const BINS = 280;
const WIDTH = 0.1;
/** Orders of one frame that are counted; of more the first. */
const WAITING_MAX = 512;
/** The memory is halved after so many orders. */
const HALVE_EVERY = 4096;

/**
 * How large orders of this market are, by the orders lately seen to arrive at its best prices: the null hypothesis of every
 * repetition. Where each second order is of one contract, another of one contract says nothing.
 */
export class OrderSizes {
  private readonly bins = new Float64Array(BINS);
  private readonly repeats: Repeats;
  private readonly waitingBins = new Int32Array(WAITING_MAX);
  private waiting = 0;
  private total = 0;
  private sinceHalved = 0;

  private readonly like: OrderSizes | null;

  /** Until enough of its own were seen, orders are taken to be as large as those they are `like`. */
  constructor(repeats: Repeats, like: OrderSizes | null = null) {
    this.repeats = repeats;
    this.like = like;
  }

  /** Counts from the next `settle` on. */
  observe(size: number): void {
    if (this.waiting < WAITING_MAX) this.waitingBins[this.waiting++] = binOf(size);
  }

  /** The frame is over. */
  settle(): void {
    for (let i = 0; i < this.waiting; i++) this.bins[this.waitingBins[i]!]! += 1;
    this.total += this.waiting;
    this.sinceHalved += this.waiting;
    this.waiting = 0;
    if (this.sinceHalved < HALVE_EVERY) return;
    this.sinceHalved = 0;
    this.total /= 2;
    for (let i = 0; i < BINS; i++) this.bins[i]! /= 2;
  }

  /**
   * How much likelier `size` is as the next order of an iceberg that shows `wanted` than as one of `trials` ordinary ones:
   * logarithm of the ratio of the two densities. `same` when it equals the one before to the lot. `own` orders of about that
   * size were those under suspicion and do not count.
   */
  evidence(wanted: number, size: number, same: boolean, own: number, trials: number): number {
    const off = Math.log(size / wanted) / SPREAD;
    const near = Math.exp(-0.5 * off * off) / (SPREAD * ROOT_TAU);
    let ratio = near / this.density(Math.log(wanted) / WIDTH, own);
    if (same) ratio = Math.max(ratio, SAME_SHARE / this.repeats.chance(size, own));
    return Math.min(EVIDENCE_MAX, Math.log(ratio / trials));
  }

  /** Share of orders smaller than `size`, 0…1; a half before any was seen. */
  rank(size: number): number {
    return this.total === 0 ? 0.5 : this.massBetween(0, Math.log(size) / WIDTH) / this.total;
  }

  /** Orders remembered. */
  get seen(): number {
    return this.total;
  }

  reset(): void {
    this.bins.fill(0);
    this.waiting = 0;
    this.total = 0;
    this.sinceHalved = 0;
  }

  /**
   * Ordinary orders about a place on the scale of bins, of all, to a natural unit. Few are near a rare size, so the near ones
   * are drawn towards what the wider surroundings let expect.
   */
  private density(centre: number, own: number): number {
    const near = Math.max(0, this.massBetween(centre - NEAR, centre + NEAR) - own);
    const wide = Math.max(near, this.massBetween(centre - WIDE, centre + WIDE) - own);
    const mass = (wide * (near + (SURROUNDINGS * NEAR) / WIDE)) / (wide + SURROUNDINGS) + PRIOR_MASS;
    const borrowed = this.like === null ? 0 : BORROWED * this.like.density(centre, 0) * 2 * NEAR * WIDTH;
    const total = this.total + PRIOR_MASS * PRIOR_SPAN + (this.like === null ? 0 : BORROWED);
    return (mass + borrowed) / (total * 2 * NEAR * WIDTH);
  }

  /** Orders between two places on the scale of bins; within a bin they lie evenly. */
  private massBetween(from: number, to: number): number {
    const { bins } = this;
    const first = Math.max(0, Math.floor(from));
    const last = Math.min(BINS - 1, Math.floor(to));
    let mass = 0;
    if (first <= last) mass += bins[first]! * (Math.min(to, first + 1) - Math.max(from, first));
    for (let i = first + 1; i < last; i++) mass += bins[i]!;
    if (last > first) mass += bins[last]! * (Math.min(to, last + 1) - last);
    return mass;
  }
}

/** Standard deviation of an iceberg's orders about the mean of those before, in logarithm. */
const SPREAD = 0.08;
const ROOT_TAU = Math.sqrt(2 * Math.PI);
/** Bins either way that are near, and that are about. */
const NEAR = 1.5;
const WIDE = 6;
/** What is about counts as so many orders. */
const SURROUNDINGS = 8;
/** What the others are like counts as so many orders. */
const BORROWED = 50;
/** Before any order was seen: a few, spread over the scale. */
const PRIOR_MASS = 0.1;
const PRIOR_SPAN = 20;
/** Share of icebergs that show the same to the lot each time. */
const SAME_SHARE = 0.3;
/** No repetition counts for more: one in three thousand. */
export const EVIDENCE_MAX = 8;

const binOf = (size: number): number => Math.min(BINS - 1, Math.max(0, Math.floor(Math.log(size) / WIDTH)));

/** Exact sizes are counted by their remainder; two that share one are taken for equal, which errs on the careful side. */
const EXACT = 8192;
const HALVE_REPEATS_EVERY = 16_384;
/** Sizes that are put together before they are counted. */
const COMERS_MOST = 256;
/** An exact size nobody else had is still possible: as if a tenth of an order had been seen. */
const SAME_PRIOR = 0.1;

/**
 * How often orders of this market are of which size to the lot, wherever they stand: a maker who quotes the same size at many
 * prices makes that size common.
 */
export class Repeats {
  private readonly counts = new Float64Array(EXACT);
  /** Sizes that came and are not counted yet. */
  private readonly comers = new Float64Array(COMERS_MOST);
  private total = 0;
  private sinceHalved = 0;

  /**
   * The single orders that came with a frame, wherever they stand. Where orders are not `counted`, those that came alone to
   * their price. Calls nothing in its loop, for speed.
   */
  observeComers(changes: BookChanges, counted: boolean): void {
    const { comers } = this;
    const { oldSize, newSize, oldOrders, newOrders, count } = changes;
    let came = 0;
    for (let i = 0; i < count; i++) {
      const from = oldSize[i]!;
      const to = newSize[i]!;
      // most are none: what is written is written over by the next
      comers[came] = to - from;
      came += counted
        ? Number(to > from) & Number(newOrders[i]! - oldOrders[i]! === 1)
        : Number(from === 0) & Number(to > 0);
      if (came < COMERS_MOST) continue;
      this.count(came);
      came = 0;
    }
    this.count(came);
  }

  observe(size: number): void {
    this.comers[0] = size;
    this.count(1);
  }

  /** Chance that the next order is of that size; `own` of those seen do not count. */
  chance(size: number, own: number): number {
    return (Math.max(0, this.counts[size & (EXACT - 1)]! - own) + SAME_PRIOR) / (this.total + 1);
  }

  /** The first of `comers`, so many. */
  private count(came: number): void {
    const { comers, counts } = this;
    for (let from = 0; from < came; ) {
      const to = Math.min(came, from + HALVE_REPEATS_EVERY - this.sinceHalved);
      for (let n = from; n < to; n++) counts[comers[n]! & (EXACT - 1)]! += 1;
      this.total += to - from;
      this.sinceHalved += to - from;
      from = to;
      if (this.sinceHalved < HALVE_REPEATS_EVERY) return;
      this.sinceHalved = 0;
      this.total /= 2;
      for (let i = 0; i < EXACT; i++) counts[i]! /= 2;
    }
  }

  reset(): void {
    this.counts.fill(0);
    this.total = 0;
    this.sinceHalved = 0;
  }
}
