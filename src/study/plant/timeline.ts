import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';

/**
 * What one instrument's tape says of the touch and of the trades, in the exchange's time: what has to be known of the future
 * to lay orders over it that nothing on it contradicts. Numbers only, so that hours of market fit into memory.
 */
export class Timeline {
  readonly frames = {
    /** ms. */
    at: [] as number[],
    /** Ticks; `NO_PRICE` where that side is empty. */
    best: [[], []] as [number[], number[]],
    /** Lots at the best price. */
    size: [[], []] as [number[], number[]],
  };
  readonly prints = {
    at: [] as number[],
    price: [] as number[],
    size: [] as number[],
    /** The side of the book that it took from. */
    hit: [] as BookSide[],
  };
  /** Stretches without an outage, ms: from the first frame to the last one before the book was lost. */
  readonly stretches: { readonly from: number; to: number }[] = [];
  private ongoing: { readonly from: number; to: number } | null = null;
  private order: Int32Array | null = null;

  addFrame(at: number, bid: number, bidSize: number, ask: number, askSize: number): void {
    const { frames } = this;
    frames.at.push(at);
    frames.best[BID].push(bid);
    frames.best[ASK].push(ask);
    frames.size[BID].push(bidSize);
    frames.size[ASK].push(askSize);
    if (this.ongoing === null) {
      this.ongoing = { from: at, to: at };
      this.stretches.push(this.ongoing);
    } else this.ongoing.to = Math.max(this.ongoing.to, at);
  }

  addPrint(at: number, price: number, size: number, hit: BookSide): void {
    const { prints } = this;
    prints.at.push(at);
    prints.price.push(price);
    prints.size.push(size);
    prints.hit.push(hit);
  }

  /** The book was lost: no order is planted across. */
  interrupt(): void {
    this.ongoing = null;
  }

  get seconds(): number {
    return this.stretches.reduce((sum, { from, to }) => sum + to - from, 0) / 1000;
  }

  /**
   * Frames and prints by time, prints before the frame of the same moment, for its state has them in it: a frame as its
   * index, a print as −1 − its index.
   */
  get moments(): Int32Array {
    if (this.order !== null) return this.order;
    const frames = this.frames.at.length;
    const prints = this.prints.at.length;
    const all = Array.from({ length: frames + prints }, (_, i) => (i < frames ? i : -1 - (i - frames)));
    all.sort(
      (a, b) => this.atOf(a) - this.atOf(b) || Number(a >= 0) - Number(b >= 0) || Math.abs(a) - Math.abs(b),
    );
    this.order = Int32Array.from(all);
    return this.order;
  }

  atOf(moment: number): number {
    return moment >= 0 ? this.frames.at[moment]! : this.prints.at[-1 - moment]!;
  }

  /** The place in `moments` of the first one after `at`. */
  after(at: number): number {
    const { moments } = this;
    let low = 0;
    let high = moments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.atOf(moments[middle]!) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The last frame stamped no later than `at`; −1 where there is none. */
  frameAt(at: number): number {
    const moments = this.frames.at;
    let low = 0;
    let high = moments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (moments[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Lots of the taker order that print `index` belongs to: its neighbours of the same moment and side. */
  runVolume(index: number): number {
    const { at, hit, size } = this.prints;
    const same = (i: number): boolean => at[i] === at[index] && hit[i] === hit[index];
    let volume = 0;
    for (let i = index; i >= 0 && same(i); i--) volume += size[i]!;
    for (let i = index + 1; i < at.length && same(i); i++) volume += size[i]!;
    return volume;
  }

  /** Lots printed against `side` in [from, to]; at `price` only, unless that is `NO_PRICE`. */
  printed(side: BookSide, from: number, to: number, price: number = NO_PRICE): number {
    const { moments, prints } = this;
    let volume = 0;
    for (let place = this.after(from); place < moments.length && this.atOf(moments[place]!) <= to; place++) {
      const index = -1 - moments[place]!;
      if (index < 0 || prints.hit[index] !== side) continue;
      if (price === NO_PRICE || prints.price[index] === price) volume += prints.size[index]!;
    }
    return volume;
  }
}
