import { BID, type BookSide } from '../../../core/book/frame.ts';
import { opposed } from '../../matching/order-book.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { behindBest, Plant } from './plant.ts';
import type { Stage } from './stage.ts';

export const SPOOFS = ['wall', 'layering', 'flicker', 'slow_pull'] as const;
export type Spoof = (typeof SPOOFS)[number];

/** Nearer than this to the best price a spoofer takes the order away, lest it trade. */
const GUARD_TICKS = 2;
/** The order that is meant, on the other side, in ordinary queues. */
const GENUINE_QUEUES = 0.02;

/**
 * Shows size that it does not mean on one side, to move others to trade with a small genuine order at the best price of
 * the other side; takes the size away when that order has traded, when the price comes near, or when its time is up.
 *
 * - wall: one order, 5 to 30 ticks behind the best, gone at once;
 * - layering: four to eight orders on levels two to six ticks apart, gone together;
 * - flicker: an order one to ten ticks behind the best that stands 30 to 150 ms and is away 30 to 150 ms, again and again; where
 *   it was filled, the next one comes when it would have gone;
 * - slow pull: a wall of eight equal orders that go one after the other over the second half of its time.
 */
export class Spoofer extends Plant {
  private readonly spoof: Spoof;
  private readonly lifeMs: number;
  private readonly size: number;
  private readonly shown: BookSide;
  /** Where the decoys stand now, and where they ever stood. */
  private readonly prices: number[] = [];
  private readonly shownAt = new Set<number>();
  private readonly decoys = new Set<number>();
  private genuine: number;
  private genuineTraded = 0;
  private readonly genuineSize: number;
  private nextAt = 0;
  private shows = 0;
  private reason = 'time';

  constructor(stage: Stage, spoof: Spoof, terms: Scenario['spoofers']) {
    const { random } = stage;
    const side: BookSide = random.chance(0.5) ? BID : opposed(BID);
    super(stage, `spoof_${spoof}`, side);
    this.spoof = spoof;
    this.shown = side;
    const longer = spoof === 'slow_pull' ? 2 : 1;
    this.lifeMs = 500 + random.exponential(terms.mean_seconds * 1000 * longer);
    this.size = stage.queues(terms.queue_multiple * (0.5 + random.uniform()));
    this.genuineSize = stage.queues(GENUINE_QUEUES);
    this.genuine = this.rest(opposed(side), stage.best(opposed(side)), this.genuineSize, 'genuine');
    if (spoof !== 'flicker') this.show();
  }

  override filled(slot: number, size: number, left: number): void {
    super.filled(slot, size, left);
    if (slot === this.genuine) {
      this.genuineTraded += size;
      if (left === 0) this.genuine = -1;
    }
    if (left === 0) this.decoys.delete(slot);
  }

  step(): boolean {
    if (this.ageMs > this.lifeMs) return false;
    if (this.genuineTraded === this.genuineSize) return this.over('filled');
    if (this.decoys.size === 0 && this.traded > this.genuineTraded && this.spoof !== 'flicker')
      return this.over('taken');
    if (this.isNear()) return this.over('price came near');
    if (this.spoof === 'flicker') this.flicker();
    else if (this.spoof === 'slow_pull') this.pull();
    return true;
  }

  protected told() {
    return {
      prices: [...this.shownAt],
      size: this.size,
      parameters: {
        orders: this.shows,
        decoyTraded: this.traded - this.genuineTraded,
        genuineSize: this.genuineSize,
        genuineTraded: this.genuineTraded,
        endedBy: this.reason,
      },
    };
  }

  private over(reason: string): false {
    this.reason = reason;
    return false;
  }

  private show(): void {
    const { random } = this.stage;
    const pieces = this.spoof === 'layering' ? 4 + random.below(5) : this.spoof === 'slow_pull' ? 8 : 1;
    const first = this.spoof === 'flicker' ? 1 + random.below(10) : 5 + random.below(26);
    const step = this.spoof === 'layering' ? 2 + random.below(5) : 0;
    for (let i = 0; i < pieces; i++) {
      const price = behindBest(this.stage, this.shown, first + i * step);
      const slot = this.rest(this.shown, price, Math.max(1, Math.round(this.size / pieces)), 'decoy');
      if (slot < 0) continue;
      this.decoys.add(slot);
      this.prices.push(price);
      this.shownAt.add(price);
      this.shows += 1;
    }
  }

  private isNear(): boolean {
    const best = this.stage.best(this.shown);
    const sign = this.shown === BID ? 1 : -1;
    const limit = this.spoof === 'flicker' ? 0 : GUARD_TICKS;
    return this.decoys.size > 0 && this.prices.some((price) => (best - price) * sign < limit);
  }

  private flicker(): void {
    if (this.stage.now < this.nextAt) return;
    this.nextAt = this.stage.now + 30 + this.stage.random.below(120);
    if (this.decoys.size === 0) {
      this.prices.length = 0;
      this.show();
    } else this.hide(this.decoys.size);
  }

  private pull(): void {
    const gone = (this.ageMs / this.lifeMs - 0.5) * 2;
    const keep = Math.ceil(8 * (1 - Math.max(0, gone)));
    this.hide(this.decoys.size - keep);
  }

  private hide(count: number): void {
    for (const slot of [...this.decoys].slice(0, Math.max(0, count))) {
      this.decoys.delete(slot);
      this.cancel(slot);
    }
  }
}
