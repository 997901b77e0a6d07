import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import { LevelFlow } from '../../core/brain/measures/level-flow.ts';
import { touchFlow } from '../../core/brain/measures/touch-flow.ts';
import type { TradeEvent } from '../../core/events.ts';
import { signOf, type Us } from '../../core/units.ts';
import type { Observer } from './play.ts';

/** Length of a bin, µs. */
export const BIN_US = 100_000;
/** Levels in the multi-level flow that is compared with the touch. */
const LEVELS = 10;
/** Prints of one side within so long are one taker order, µs. */
const ONE_ORDER_US = 1000;

/**
 * What went through one market in each tenth of a second, in lots and signed, the middle price at its end (`NaN` where it is
 * not known, ticks) and what the order flow detector said by then.
 */
export class FlowTrack implements Observer {
  /** Beginning of the first bin, µs. */
  from = 0;
  readonly mid: number[] = [];
  readonly touch: number[] = [];
  readonly levels: number[] = [];
  readonly volume: number[] = [];
  readonly orders: number[] = [];
  readonly parent: number[] = [];
  readonly score: number[] = [];
  readonly pressure: number[] = [];
  private readonly levelFlow = new LevelFlow(LEVELS);
  private last = Number.NaN;
  /** Trades come before the frame that shows what they did: they belong to its bin. */
  private readonly since = { volume: 0, orders: 0 };
  private lastOrderAt = { buy: 0, sell: 0 };
  private said = { parent: 0, score: 0, pressure: 0 };

  trade(event: TradeEvent): void {
    const sign = signOf(event.side);
    this.since.volume += sign * event.size;
    if (event.at - this.lastOrderAt[event.side] >= ONE_ORDER_US) this.since.orders += sign;
    this.lastOrderAt[event.side] = event.at;
  }

  frame({ orderFlow }: Brain, book: OrderBook, at: Us): void {
    const deep = this.levelFlow.take(book);
    const known = book.valid && book.twoSided;
    if (this.from === 0) {
      if (!known) return;
      this.from = Math.floor(at / BIN_US) * BIN_US;
    }
    const bin = this.at(at);
    if (bin < 0) return;
    this.last = known ? book.mid : Number.NaN;
    this.mid[bin] = this.last;
    this.volume[bin]! += this.since.volume;
    this.orders[bin]! += this.since.orders;
    this.since.volume = 0;
    this.since.orders = 0;
    if (known) {
      this.touch[bin]! += touchFlow(book);
      this.levels[bin]! += deep;
    }
    this.said = {
      parent: orderFlow.parentImbalance,
      score: orderFlow.score,
      pressure: orderFlow.volumeImbalance,
    };
    this.parent[bin] = this.said.parent;
    this.score[bin] = this.said.score;
    this.pressure[bin] = this.said.pressure;
  }

  lost(): void {
    this.last = Number.NaN;
    this.levelFlow.reset();
  }

  /** The bin of a time in µs; −1 where nothing is known of it. */
  binOf(at: number): number {
    const bin = Math.floor((at - this.from) / BIN_US);
    return this.from > 0 && bin >= 0 && bin < this.mid.length ? bin : -1;
  }

  /** Opens the bins up to `at`; what stood goes on standing in those that nothing fell in. −1 before the first frame. */
  private at(at: number): number {
    if (this.from === 0) return -1;
    const bin = Math.floor((at - this.from) / BIN_US);
    while (this.mid.length <= bin) {
      this.mid.push(this.last);
      for (const sums of [this.touch, this.levels, this.volume, this.orders]) sums.push(0);
      this.parent.push(this.said.parent);
      this.score.push(this.said.score);
      this.pressure.push(this.said.pressure);
    }
    // a clock that stepped back by a little: the bin is still there
    return bin;
  }
}

/**
 * R²: the squared correlation of what flowed in windows of `bins` bins with the move of the middle price in the same window,
 * or, `ahead`, in the next one. `NaN` where there are fewer than three windows or nothing changed.
 */
export function explained(
  flow: readonly number[],
  mid: readonly number[],
  bins: number,
  ahead: boolean,
): number {
  const x: number[] = [];
  const y: number[] = [];
  const move = (window: number): number => mid[(window + 1) * bins]! - mid[window * bins]!;
  // window w holds the bins after the one whose end is its beginning; the last bin is not over
  const windows = Math.floor((mid.length - 2) / bins);
  for (let window = 0; window + (ahead ? 1 : 0) < windows; window++) {
    const moved = move(ahead ? window + 1 : window);
    if (Number.isNaN(moved)) continue;
    let sum = 0;
    for (let bin = window * bins + 1; bin <= (window + 1) * bins; bin++) sum += flow[bin]!;
    x.push(sum);
    y.push(moved);
  }
  return squaredCorrelation(x, y);
}

export function squaredCorrelation(x: readonly number[], y: readonly number[]): number {
  const count = x.length;
  if (count < 3) return Number.NaN;
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / count;
  const [mx, my] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? (xy * xy) / (xx * yy) : Number.NaN;
}
