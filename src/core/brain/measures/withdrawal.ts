import { BID, type BookSide } from '../../book/frame.ts';
import type { Ladder } from '../../book/ladder.ts';
import type { DecayingMeans } from './decay.ts';

/** Levels compared: the best so many. */
export const COMPARED = 20;
/** Looks back kept: a fifth of the window apart, and one window of them with room. */
const SLOTS = 7;
const APART = 1 / 5;
/** The windows, of the longer one. Two: what goes at once is in both, what goes bit by bit in the longer. */
const WINDOWS = [0.4, 1] as const;
/** Frames do not come evenly: a look so much of the distance too early is one. */
const EARLY = 0.2;
/** A level has shrunk, or grown, from a fifth on. */
const NOTABLE = 0.8;
/** σ of a normal distribution in mean absolute deviations. */
const SIGMA = Math.sqrt(Math.PI / 2);
/** A market in which nothing ever moves: one level of them is still not infinitely unusual. */
const GRID = 1 / COMPARED;
const NO_TAKER = 0;

/**
 * Liquidity taken away on one side: how many of the best 20 levels of a moment ago are smaller by a fifth now, less how many
 * are larger by a fifth, as a share of those levels; the mean over two windows. Every level counts alike, however much stands
 * there: one large order that goes is no withdrawal (it may be the spoof detector's case), a market maker who moves his quotes
 * by a tick shrinks one level and grows another, and orders that flicker are back.
 *
 * Levels at prices that takers reached since, and levels that the touch has left behind, do not count: those were taken, or
 * the price has moved. `share` −1…1, positive = taken away; `z` in deviations from what is usual here, by the mean absolute
 * deviation (`SIGMA`), which rare events of just this kind inflate less than a standard deviation.
 */
export class Withdrawal {
  share = 0;
  z = 0;
  private readonly side: BookSide;
  private readonly ladder: Ladder;
  private readonly apart: number;
  private readonly windows: readonly number[];
  private readonly usual: DecayingMeans;
  private readonly first: number;
  /** Slot-major; `head` is the slot of the next look. */
  private readonly prices = new Float64Array(SLOTS * COMPARED);
  private readonly sizes = new Float64Array(SLOTS * COMPARED);
  private readonly levels = new Int32Array(SLOTS);
  private readonly lookedAt = new Float64Array(SLOTS);
  /** The worst price that takers reached between a look and the next one. */
  private readonly reached = new Float64Array(SLOTS);
  private head = 0;
  private kept = 0;

  /** Two of the means of `usual`, the `first` and the next, are kept for it. */
  constructor(side: BookSide, ladder: Ladder, windowMs: number, usual: DecayingMeans, first: number) {
    this.side = side;
    this.ladder = ladder;
    this.usual = usual;
    this.first = first;
    this.windows = WINDOWS.map((part) => part * windowMs * 1000);
    this.apart = APART * windowMs * 1000;
  }

  /** A taker traded at `price` against this side. */
  took(price: number): void {
    if (this.kept === 0) return;
    const last = (this.head + SLOTS - 1) % SLOTS;
    const worst = this.reached[last]!;
    if (worst === NO_TAKER || this.behind(worst, price)) this.reached[last] = price;
  }

  /** Time for a look: the feed may be faster than that. */
  due(at: number): boolean {
    return (
      this.kept === 0 || at - this.lookedAt[(this.head + SLOTS - 1) % SLOTS]! >= this.apart * (1 - EARLY)
    );
  }

  /** What is usual has been advanced to `at`. */
  measure(at: number): void {
    const { head, kept, usual, first } = this;
    let sum = 0;
    let windows = 0;
    let worst = NO_TAKER;
    for (let back = 1; back <= kept && windows < this.windows.length; back++) {
      const slot = (head + SLOTS - back) % SLOTS;
      const reached = this.reached[slot]!;
      if (reached !== NO_TAKER && (worst === NO_TAKER || this.behind(worst, reached))) worst = reached;
      if (at - this.lookedAt[slot]! < this.windows[windows]! - EARLY * this.apart) continue;
      sum += this.gone(slot, worst);
      windows += 1;
    }
    this.share = windows > 0 ? sum / windows : 0;
    const off = this.share - usual.mean(first);
    const deviation = SIGMA * usual.mean(first + 1);
    this.z = (usual.filled * off) / Math.sqrt(deviation * deviation + GRID * GRID);
    usual.set(first, this.share);
    usual.set(first + 1, Math.abs(off));
    const { ladder, prices, sizes } = this;
    const levels = ladder.top(COMPARED);
    for (let i = 0; i < levels; i++) {
      prices[head * COMPARED + i] = ladder.topPrices[i]!;
      sizes[head * COMPARED + i] = ladder.topSizes[i]!;
    }
    this.levels[head] = levels;
    this.lookedAt[head] = at;
    this.reached[head] = NO_TAKER;
    this.head = (head + 1) % SLOTS;
    if (kept < SLOTS) this.kept += 1;
  }

  /** Another book: what stood in the old one was not taken away. */
  interrupt(): void {
    this.kept = 0;
  }

  reset(): void {
    this.interrupt();
    this.share = 0;
    this.z = 0;
  }

  /** Share of the levels then that have shrunk, less those that have grown. */
  private gone(slot: number, worst: number): number {
    const { ladder, prices, sizes } = this;
    const levels = this.levels[slot]!;
    const { best } = ladder;
    const sign = this.side === BID ? -1 : 1;
    // nothing counts from where the touch, or takers, came
    const nearest = worst !== NO_TAKER && this.behind(best, worst + sign) ? worst + sign : best;
    const from = slot * COMPARED;
    let balance = 0;
    for (let i = from + levels - 1; i >= from; i--) {
      const price = prices[i]!;
      if ((price - nearest) * sign < 0) break;
      const then = sizes[i]!;
      const now = ladder.sizeAt(price);
      balance += Number(now < then * NOTABLE) - Number(then < now * NOTABLE);
    }
    return levels > 0 ? balance / levels : 0;
  }

  /** `price` is farther from the touch than `from`. */
  private behind(from: number, price: number): boolean {
    return this.side === BID ? price < from : price > from;
  }
}
