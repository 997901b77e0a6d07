import type { BookSide } from '../../../core/book/frame.ts';
import { ASK, BID } from '../../../core/book/frame.ts';
import type { OrderBook } from '../../../core/book/order-book.ts';
import type { Detector } from '../../../core/brain/detector.ts';
import type { Finding, FindingSink } from '../../../core/brain/finding.ts';
import type { TradeEvent } from '../../../core/events.ts';
import { type Us, us } from '../../../core/units.ts';
import { RunningQuantile } from './running-quantile.ts';

export interface WallVanishesConfig {
  /** A wall lies within this of the middle price, basis points. */
  readonly reachBp: number;
  /** Its level is as large as only 1 − this of the level changes there left one. */
  readonly quantile: number;
  /** It is gone when so much of its size is. */
  readonly gone: number;
  /** Within so long of its appearance. */
  readonly withinMs: number;
  /** With less than this share of its size traded. */
  readonly tradedMax: number;
}

export const WALL_VANISHES: WallVanishesConfig = {
  reachBp: 10,
  quantile: 0.99,
  gone: 0.8,
  withinMs: 2000,
  tradedMax: 0.1,
};

/** So many level changes before a hundredth of them means anything. */
const CHANGES_MIN = 1000;

interface Wall {
  readonly side: BookSide;
  readonly price: number;
  readonly at: Us;
  size: number;
  traded: number;
}

/**
 * The rule that bots ship as spoof detection: a large level near the touch vanishes soon after it came, hardly traded. On
 * the real capture of Binance BTCUSDT, 2024-08-08, it fires 265 times a minute with the quantile of the whole capture
 * (the test says so), nearly always on market making. Here the quantile is that of what was seen so far.
 *
 * Likelihood: size / (size + threshold): how far beyond the threshold the wall was. Not a probability; it ranks.
 */
export class WallVanishes implements Detector {
  readonly name = 'wall vanishes';
  readonly score = 0;
  likelihood = 0;
  /** Walls seen, and those that vanished. */
  walls = 0;
  vanished = 0;
  private readonly config: WallVanishesConfig;
  private readonly book: OrderBook;
  private readonly tell: FindingSink;
  private readonly sizes: RunningQuantile;
  private readonly threshold: () => number;
  /** By price·2 + side. */
  private readonly standing = new Map<number, Wall>();

  /** `threshold` in lots instead of the running quantile: to be used where the sizes of the whole are known. */
  constructor(
    config: WallVanishesConfig,
    book: OrderBook,
    tell: FindingSink,
    threshold: number | null = null,
  ) {
    this.config = config;
    this.book = book;
    this.tell = tell;
    this.sizes = new RunningQuantile(config.quantile);
    this.threshold = () => {
      if (threshold !== null) return threshold;
      return this.sizes.count >= CHANGES_MIN ? this.sizes.value : Number.POSITIVE_INFINITY;
    };
  }

  onTrade({ price, side, size }: TradeEvent): void {
    const wall = this.standing.get(keyOf(price, side === 'buy' ? ASK : BID));
    if (wall !== undefined) wall.traded += size;
  }

  onBook(at: Us): void {
    const { book, config, standing } = this;
    const { changes } = book;
    if (changes.snapshot || !book.twoSided) return standing.clear();
    const mid = book.mid;
    const reach = (mid * config.reachBp) / 10_000;
    const threshold = this.threshold();
    for (let i = 0; i < changes.count; i++) {
      const side = changes.side[i] as BookSide;
      const price = changes.price[i]!;
      const size = changes.newSize[i]!;
      const key = keyOf(price, side);
      const wall = standing.get(key);
      const near = Math.abs(price - mid) <= reach;
      if (wall !== undefined) {
        if (size > wall.size) wall.size = size;
        if (size <= (1 - config.gone) * wall.size) {
          standing.delete(key);
          if (at - wall.at <= config.withinMs * 1000 && wall.traded < config.tradedMax * wall.size)
            this.fire(wall, at, threshold);
        }
      } else if (near && size >= threshold && changes.oldSize[i]! < threshold) {
        this.walls += 1;
        standing.set(key, { side, price, at, size, traded: 0 });
      }
      if (near && size > 0) this.sizes.add(size);
    }
  }

  private fire({ side, price, size, at: since }: Wall, at: Us, threshold: number): void {
    this.vanished += 1;
    this.likelihood = size / (size + threshold);
    this.tell({
      ...{ kind: 'spoof', id: this.vanished, pattern: 'wall', side, low: price, high: price, size },
      ...{ since, at: us(at), likelihood: this.likelihood },
    } satisfies Finding);
  }

  reading(): this {
    return this;
  }

  figures(): Record<string, number> {
    return { walls: this.walls, vanished: this.vanished };
  }

  evidence(): string {
    return `${this.vanished} of ${this.walls} walls vanished`;
  }

  reset(): void {
    this.standing.clear();
    this.sizes.reset();
    this.likelihood = 0;
  }
}

const keyOf = (price: number, side: BookSide): number => price * 2 + side;
