import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Plant } from './plant.ts';
import type { Stage } from './stage.ts';

/**
 * An order that shows only its peak. Native: the exchange refills at once, at the back of the queue, with the same size.
 * Sliced: its owner refills by hand after 20 to 400 ms, with a size that varies by a tenth. Both join the best price
 * of the moment, stay there and do not follow.
 */
export class Iceberg extends Plant {
  private readonly native: boolean;
  private readonly lifeMs: number;
  private readonly total: number;
  private readonly peak: number;
  private readonly price: number;
  private readonly own: BookSide;
  private refills = -1;
  private refillAt = 0;

  constructor(stage: Stage, native: boolean, terms: Scenario['icebergs']) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, native ? 'iceberg_native' : 'iceberg_sliced', side);
    const { random } = stage;
    this.native = native;
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
    const { random, now } = this.stage;
    this.refillAt = this.native ? now : now + 20 + random.below(380);
  }

  step(): boolean {
    if (this.ageMs > this.lifeMs || this.traded >= this.total) return false;
    if (this.resting.size === 0 && this.stage.now >= this.refillAt) this.refill();
    return true;
  }

  protected told() {
    return {
      prices: [this.price],
      size: this.total,
      parameters: { peak: this.peak, refills: Math.max(0, this.refills), traded: this.traded },
    };
  }

  private refill(): void {
    const size = this.native ? this.peak : Math.round(this.peak * (0.9 + 0.2 * this.stage.random.uniform()));
    // where the price has gone through its own, the exchange would trade; this one waits for it to come back
    if (this.rest(this.own, this.price, Math.max(1, Math.min(size, this.total - this.traded))) >= 0)
      this.refills += 1;
  }
}
