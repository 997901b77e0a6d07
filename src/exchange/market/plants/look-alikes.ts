import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { behindBest, Plant } from './plant.ts';
import type { Stage } from './stage.ts';

const LEVELS = 3;

/**
 * A large order that means it: as large as a spoofer's wall and as far from the best price, but alone, patient, glad to trade
 * when the price comes, and withdrawn in the end when it does not come.
 */
export class HonestLargeOrder extends Plant {
  private readonly lifeMs: number;
  private readonly size: number;
  private readonly price: number;

  constructor(stage: Stage, terms: Scenario['look_alikes']) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, 'honest_large_order', side);
    const { random } = stage;
    this.lifeMs = 3000 + random.exponential(20_000);
    this.size = stage.queues(terms.queue_multiple * (0.5 + random.uniform()));
    this.price = behindBest(stage, side, 5 + random.below(26));
    this.rest(side, this.price, this.size, 'quote');
  }

  step(): boolean {
    return this.ageMs < this.lifeMs && this.traded < this.size;
  }

  protected told() {
    return { prices: [this.price], size: this.size, parameters: { traded: this.traded } };
  }
}

/**
 * A market maker with large quotes on both sides, three levels each, who takes all of them away and places them anew every
 * 200 to 800 ms: size comes and goes as with a spoofer, but on both sides alike and whatever trades is welcome.
 */
export class RequotingMaker extends Plant {
  private readonly lifeMs: number;
  private readonly size: number;
  private nextAt = 0;
  private rounds = 0;

  constructor(stage: Stage, terms: Scenario['look_alikes']) {
    super(stage, 'requoting_maker', null);
    this.lifeMs = 5000 + stage.random.exponential(20_000);
    this.size = Math.round(stage.queues(terms.queue_multiple) / (2 * LEVELS));
  }

  step(): boolean {
    if (this.ageMs > this.lifeMs) return false;
    if (this.stage.now < this.nextAt) return true;
    this.nextAt = this.stage.now + 200 + this.stage.random.below(600);
    this.clear();
    this.rounds += 1;
    for (const side of [BID, ASK] as const)
      for (let level = 1; level <= LEVELS; level++)
        this.rest(side, behindBest(this.stage, side, level * 3), this.size, 'quote');
    return true;
  }

  protected told() {
    return {
      prices: [],
      size: this.size * 2 * LEVELS,
      parameters: { rounds: this.rounds, traded: this.traded },
    };
  }
}
