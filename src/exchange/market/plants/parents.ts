import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Plant } from './plant.ts';
import type { Stage } from './stage.ts';

/**
 * A large order worked off over minutes: about twice a second a slice at market, as large as keeps its share of everyone's
 * volume at `participation`. Its pressure adds up slice by slice and fades when it is done.
 */
export class ParentOrder extends Plant {
  private readonly lifeMs: number;
  private readonly participation: number;
  private readonly own: BookSide;
  private readonly volumeBefore: number;
  private taken = 0;
  private slices = 0;
  private nextAt = 0;
  private readonly bestBefore: number;

  constructor(stage: Stage, terms: Scenario['parents']) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, 'parent', side);
    this.own = side;
    const { random } = stage;
    const low = Math.log(terms.participation_min);
    const high = Math.log(terms.participation_max);
    this.participation = Math.exp(low + Math.max(0, high - low) * random.uniform());
    this.lifeMs = 20_000 + random.exponential(terms.mean_seconds * 1000);
    this.volumeBefore = stage.volume;
    this.bestBefore = stage.best(side);
  }

  step(): boolean {
    const { stage } = this;
    if (this.ageMs > this.lifeMs) return false;
    if (stage.now < this.nextAt) return true;
    this.nextAt = stage.now + 100 + stage.random.exponential(400);
    const others = stage.volume - this.volumeBefore - this.taken;
    const due = (others * this.participation) / (1 - Math.min(0.99, this.participation)) - this.taken;
    if (due < 1) return true;
    const taken = this.take(this.own, Math.round(due), 12, 'slice');
    this.taken += taken;
    if (taken > 0) this.slices += 1;
    return true;
  }

  protected told() {
    return {
      prices: [this.bestBefore, this.stage.best(this.own)],
      size: this.taken,
      parameters: {
        participation: this.participation,
        reached: this.taken / Math.max(1, this.stage.volume - this.volumeBefore),
        slices: this.slices,
      },
    };
  }
}
