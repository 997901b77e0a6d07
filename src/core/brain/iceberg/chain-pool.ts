import type { BookSide } from '../../book/frame.ts';

/** Chains remembered, a power of two; the one begun longest ago makes way. */
const CHAINS = 1024;
/** Kinds of links; the evidence of each kind is summed by itself. */
export const KINDS = 4;

/** What came within this time came at once, s. */
const AT_ONCE_S = 0.02;

/** Two sizes are alike when they differ by less, in logarithm: each may be a tenth off what was meant. */
export const ALIKE = 0.22;
const UP = Math.exp(ALIKE);
const DOWN = Math.exp(-ALIKE);
export const isAlike = (one: number, other: number): boolean => one < other * UP && one > other * DOWN;

/** A new chain needs this much evidence, natural units: what chance brings every second time begins nothing. */
export const FIRST_EVIDENCE = 0.7;
/** A link may speak against its chain by so much; beyond that it is none. */
export const LEAST_EVIDENCE = -1;

/**
 * Chains of orders that came back, in parallel arrays. A chain is known by its serial, which counts from 1 and is never
 * used again; where it lies is the serial's remainder. Sizes in lots, times in µs, prices in ticks.
 */
export class ChainPool {
  private readonly serials = new Float64Array(CHAINS);
  readonly side = new Uint8Array(CHAINS);
  /** Of its latest order. */
  readonly price = new Float64Array(CHAINS);
  /** Of its first link and its latest. */
  readonly since = new Float64Array(CHAINS);
  readonly at = new Float64Array(CHAINS);
  /** Orders in it, with those that were only inferred. */
  readonly orders = new Float64Array(CHAINS);
  /** Lots of its orders that traded, as far as they were seen to. */
  readonly traded = new Float64Array(CHAINS);
  /** 1 while its latest order is not known to be gone. */
  readonly standing = new Uint8Array(CHAINS);
  /** Links whose order is to the lot as large as the one before. */
  readonly exact = new Float64Array(CHAINS);
  /** Lots traded by all at its place when it began and at its latest link: what its own are a share of. */
  readonly volumeFirst = new Float64Array(CHAINS);
  readonly volumeLast = new Float64Array(CHAINS);
  /** The likelihood that was told, and the number it was told under; 0 for none. */
  readonly told = new Float64Array(CHAINS);
  readonly finding = new Float64Array(CHAINS);
  /** Links of which it is known how long the order took to come, and the sum of the logarithms of that, s. */
  readonly waited = new Float64Array(CHAINS);
  readonly waits = new Float64Array(CHAINS);
  private readonly sampled = new Float64Array(CHAINS);
  private readonly peaks = new Float64Array(CHAINS);
  private readonly logs = new Float64Array(CHAINS);
  private readonly squares = new Float64Array(CHAINS);
  private readonly links = new Float64Array(CHAINS * KINDS);
  private readonly evidence = new Float64Array(CHAINS * KINDS);
  private last = 0;

  /** Where a chain lies; −1 where there is none (any more). */
  find(serial: number): number {
    if (serial <= 0) return -1;
    const chain = serial & (CHAINS - 1);
    return this.serials[chain] === serial ? chain : -1;
  }

  serialOf(chain: number): number {
    return this.serials[chain]!;
  }

  /** Begins a chain with an order of `size` that is gone. */
  begin(side: BookSide, size: number, volume: number, at: number): number {
    const chain = ++this.last & (CHAINS - 1);
    this.serials[chain] = this.last;
    this.side[chain] = side;
    this.since[chain] = at;
    this.orders[chain] = 1;
    this.sampled[chain] = 1;
    this.logs[chain] = Math.log(size);
    this.peaks[chain] = size;
    this.squares[chain] = 0;
    this.waited[chain] = 0;
    this.waits[chain] = 0;
    this.exact[chain] = 0;
    this.links.fill(0, chain * KINDS, (chain + 1) * KINDS);
    this.evidence.fill(0, chain * KINDS, (chain + 1) * KINDS);
    this.traded[chain] = size;
    this.volumeFirst[chain] = volume;
    this.told[chain] = 0;
    this.finding[chain] = 0;
    return chain;
  }

  /** Its next order, `size` lots; `times` orders where some came and went unseen, of `size` each. */
  link(
    chain: number,
    kind: number,
    evidence: number,
    price: number,
    size: number,
    times: number,
    same: boolean,
    volume: number,
    at: number,
    wait: number,
  ): void {
    const log = Math.log(size);
    const off = log - this.logs[chain]! / this.sampled[chain]!;
    this.squares[chain]! += off * off;
    this.logs[chain]! += log;
    this.sampled[chain]! += 1;
    this.peaks[chain] = Math.exp(this.logs[chain]! / this.sampled[chain]!);
    this.orders[chain]! += times;
    if (same) this.exact[chain]! += 1;
    this.links[chain * KINDS + kind]! += 1;
    this.evidence[chain * KINDS + kind]! += evidence;
    this.price[chain] = price;
    this.standing[chain] = 1;
    this.volumeLast[chain] = volume;
    this.at[chain] = at;
    if (wait >= 0) {
      this.waited[chain]! += 1;
      this.waits[chain]! += Math.log(wait / 1e6 + AT_ONCE_S);
    }
  }

  linksOf(chain: number, kind: number): number {
    return this.links[chain * KINDS + kind]!;
  }

  evidenceOf(chain: number, kind: number): number {
    return this.evidence[chain * KINDS + kind]!;
  }

  /** Evidence of all kinds, natural units. */
  totalEvidence(chain: number): number {
    let total = 0;
    for (let i = chain * KINDS; i < (chain + 1) * KINDS; i++) total += this.evidence[i]!;
    return total;
  }

  totalLinks(chain: number): number {
    let total = 0;
    for (let i = chain * KINDS; i < (chain + 1) * KINDS; i++) total += this.links[i]!;
    return total;
  }

  /** Geometric mean of its orders. */
  peak(chain: number): number {
    return this.peaks[chain]!;
  }

  /** Standard deviation of its orders about their mean, in logarithm. */
  spread(chain: number): number {
    return Math.sqrt(this.squares[chain]! / Math.max(1, this.sampled[chain]! - 1));
  }

  reset(): void {
    this.serials.fill(0);
  }
}
