import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Plant } from './plant.ts';
import type { Stage } from './stage.ts';

export const ICEBERGS = ['native', 'sliced', 'following'] as const;
export type IcebergKind = (typeof ICEBERGS)[number];

/** The best price may go so far from a following iceberg's order before that is placed anew, ticks. */
const FOLLOW_TICKS = 5;

/**
 * An order that shows only its peak. It joins the best price of the moment.
 *
 * - native: an exchange's own kind; refilled at once, at the back of the queue, with the same size. Stays at its price.
 *   OKX has no such order; other exchanges do, and makers with fast quotes look the same;
 * - sliced: its owner refills by hand after 20 to 400 ms, with a size that varies by a tenth. Stays at its price;
 * - following: as OKX's iceberg algo, which is a row of ordinary limit orders: when one is filled, or the best price has
 *   left it, the next is placed at the best price of that moment, within 10 to 100 ms; sizes vary by a tenth.
 */
export class Iceberg extends Plant {
  private readonly way: IcebergKind;
  private readonly lifeMs: number;
  private readonly total: number;
  private readonly peak: number;
  private price: number;
  private readonly prices = new Set<number>();
  private readonly own: BookSide;
  private showings = 0;
  /** Showings that came after the one before was filled. */
  private refills = 0;
  private emptied = false;
  private refillAt = 0;

  constructor(stage: Stage, way: IcebergKind, terms: Scenario['icebergs']) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, `iceberg_${way}`, side);
    const { random } = stage;
    this.way = way;
    this.own = side;
    this.lifeMs = 10_000 + random.exponential(terms.mean_seconds * 1000);
    this.total = stage.queues(terms.queue_multiple * (0.3 + random.exponential(0.7)));
    const share = terms.peak_min + (terms.peak_max - terms.peak_min) * random.uniform();
    this.peak = Math.max(1, Math.round(this.total * share));
    this.price = stage.best(side);
    this.refill();
  }

  override filled(slot: number, size: number, left: number): void {
    super.filled(slot, size, left);
    if (left > 0) return;
    this.emptied = true;
    this.refillAt = this.stage.now + this.pause();
  }

  step(): boolean {
    if (this.ageMs > this.lifeMs || this.traded >= this.total) return false;
    if (this.way === 'following') this.follow();
    if (this.resting.size === 0 && this.stage.now >= this.refillAt) this.refill();
    return true;
  }

  protected told() {
    return {
      prices: [...this.prices],
      size: this.total,
      parameters: {
        peak: this.peak,
        showings: this.showings,
        refills: this.refills,
        traded: this.traded,
        hidden: this.total - this.traded,
      },
    };
  }

  private pause(): number {
    const { random } = this.stage;
    if (this.way === 'native') return 0;
    return this.way === 'sliced' ? 20 + random.below(380) : 10 + random.below(90);
  }

  private follow(): void {
    const best = this.stage.best(this.own);
    if (Number.isNaN(best)) return;
    if (Math.abs(best - this.price) > FOLLOW_TICKS && this.resting.size > 0) {
      this.clear();
      this.refillAt = this.stage.now + this.pause();
    }
    if (this.resting.size === 0) this.price = best;
  }

  private refill(): void {
    const vary = this.way === 'native' ? 1 : 0.9 + 0.2 * this.stage.random.uniform();
    const size = Math.max(1, Math.min(Math.round(this.peak * vary), this.total - this.traded));
    // where the price has gone through its own, the exchange would trade; this one waits for it to come back
    if (this.rest(this.own, this.price, size, 'peak') < 0) return;
    this.prices.add(this.price);
    this.showings += 1;
    if (this.emptied) this.refills += 1;
    this.emptied = false;
  }
}
