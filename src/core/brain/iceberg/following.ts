import type { BookSide } from '../../book/frame.ts';
import { type ChainPool, FIRST_EVIDENCE, isAlike, LEAST_EVIDENCE } from './chain-pool.ts';
import type { OrderSizes } from './order-sizes.ts';
import { ORDINARY } from './queues.ts';

/** Orders lately gone from a side whose successor would be news. */
const DUE = 32;
/** How long after an order is gone the next one may be its successor, µs: twice what OKX's own algo takes, for the feed. */
const WITHIN_US = 200_000;

/** Kinds of links: the order before was traded away and this one stands at its price, or at another; or it was taken out. */
export const TRADED = 0;
export const TRADED_ELSEWHERE = 1;
export const MOVED = 2;

/**
 * Icebergs that follow the market, as OKX's iceberg algo does, which is a row of ordinary limit orders: one at the best price is
 * traded away, or taken out when the market has left it, and within moments another of about its size comes to the best
 * price of then, and so on.
 */
export class Following {
  readonly chains: ChainPool;
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

  constructor(chains: ChainPool, sizes: OrderSizes) {
    this.chains = chains;
    this.sizes = sizes;
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
  }

  /** An order has come to the best price; answers the serial of the chain that it continues, or `ORDINARY`. */
  arrived(side: BookSide, price: number, size: number, at: number): number {
    const { chains } = this;
    const seen = ++this.arrivals[side]!;
    let ordinary = 0;
    for (let i = side * DUE; i < (side + 1) * DUE; i++)
      if (this.isDue(i, price, at) && chains.find(this.chain[i]!) < 0) ordinary += 1;
    let best = LEAST_EVIDENCE;
    let evidence = 0;
    let found = -1;
    for (let i = side * DUE; i < (side + 1) * DUE; i++) {
      if (!this.isDue(i, price, at)) continue;
      const chain = chains.find(this.chain[i]!);
      const last = this.size[i]!;
      const wanted = chain >= 0 ? chains.peak(chain) : last;
      if (!isAlike(size, wanted)) continue;
      const trials = (seen - this.seenThen[i]!) * (chain >= 0 ? 1 : ordinary);
      const own = chain >= 0 ? chains.orders[chain]! : 1;
      const news = this.sizes.evidence(wanted, size, size === last, own, trials);
      const score = news + (chain >= 0 ? chains.totalEvidence(chain) : 0);
      if (news < (chain >= 0 ? LEAST_EVIDENCE : FIRST_EVIDENCE) || score <= best) continue;
      best = score;
      evidence = news;
      found = i;
    }
    if (found < 0) return ORDINARY;
    const last = this.size[found]!;
    let chain = chains.find(this.chain[found]!);
    if (chain < 0) chain = chains.begin(side, last, 0, at);
    this.size[found] = 0;
    const gone = this.kind[found]!;
    const kind = gone === TRADED && this.price[found] !== price ? TRADED_ELSEWHERE : gone;
    chains.link(chain, kind, evidence, price, size, 1, size === last, 0, at);
    return chains.serialOf(chain);
  }

  reset(): void {
    this.size.fill(0);
  }

  /** What was taken out is followed only to another price. */
  private isDue(due: number, price: number, at: number): boolean {
    if (this.size[due] === 0 || at - this.at[due]! > WITHIN_US) return false;
    return this.kind[due] === TRADED || this.price[due] !== price;
  }
}
