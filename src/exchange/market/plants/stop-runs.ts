import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { Plant } from './plant.ts';
import type { Stage } from './stage.ts';

const PUSH_EVERY_MS = 50;
const PUSH_MS_MAX = 6000;
const CASCADE_MS = 800;

/**
 * Someone pushes the price through the extreme of the last minute, where stops are thought to lie; when it is crossed, stops
 * go off as market orders in the same direction, within a second. Nothing was known: the pressure fades and the price
 * comes back.
 */
export class StopRun extends Plant {
  private readonly own: BookSide;
  private readonly extreme: number;
  private readonly budget: number;
  private spent = 0;
  private stops = 0;
  private stopLots = 0;
  private nextAt = 0;
  private crossedAt = 0;

  constructor(stage: Stage, terms: Scenario['stop_runs']) {
    const { high, low } = stage.extremes;
    // towards the nearer extreme
    const up = high - stage.best(ASK) <= stage.best(BID) - low;
    super(stage, 'stop_run', up ? BID : ASK);
    this.own = up ? BID : ASK;
    this.extreme = up ? high : low;
    this.budget = stage.queues(terms.queue_multiple * (0.5 + stage.random.uniform()));
  }

  step(): boolean {
    const { stage } = this;
    if (this.crossedAt === 0) {
      if (this.ageMs > PUSH_MS_MAX || this.spent >= this.budget) return false;
      if (stage.now < this.nextAt) return true;
      this.nextAt = stage.now + PUSH_EVERY_MS;
      this.spent += this.take(this.own, Math.ceil(this.budget / 40), 40, 'push');
      const best = stage.best(this.own);
      if (this.own === BID ? best > this.extreme : best < this.extreme) this.crossedAt = stage.now;
      return true;
    }
    if (stage.now - this.crossedAt > CASCADE_MS) return false;
    for (let i = stage.random.poisson(0.25); i > 0; i--) {
      this.stops += 1;
      this.stopLots += this.take(
        this.own,
        Math.ceil(stage.queues(0.02) * (0.2 + stage.random.exponential(1))),
        40,
        'stop',
      );
    }
    return true;
  }

  protected told() {
    return {
      prices: [this.extreme],
      size: this.spent,
      parameters: {
        crossed: this.crossedAt > 0,
        crossedAt: this.crossedAt,
        stops: this.stops,
        stopLots: this.stopLots,
      },
    };
  }
}
