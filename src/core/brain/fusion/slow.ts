import type { Us } from '../../units.ts';
import type { Brain } from '../brain.ts';
import { DecayingMeans } from '../measures/decay.ts';

/**
 * About as long as a trade lasts, and as a market keeps its mood; the detectors remember seconds. On tuning seeds two
 * memories, of two and of eight minutes, told no more than this one.
 */
const HALF_LIFE_US = 240_000_000;
const EVERY_US = 1_000_000;
/** Share of the memory that must be filled before its mean is one. */
const FILLED_MIN = 0.4;

const TAKERS = 0;
const TOUCH_FLOW = 1;
const DEPTH = 2;
const COMING = 3;

/**
 * What fast readings were over the last minutes: means with forgetting (half-life of four minutes), each looked at once a
 * second. A trade lasts minutes, and a reading of seconds is mostly news that is over when its exits are met. Each −1…1;
 * `NaN` while too little is remembered.
 */
export class SlowReadings {
  private readonly brain: Brain;
  private readonly means = new DecayingMeans(HALF_LIFE_US, 4);
  private nextAt = 0;

  constructor(brain: Brain) {
    this.brain = brain;
  }

  look(now: Us): void {
    if (now < this.nextAt) return;
    this.nextAt = now + EVERY_US;
    const { means } = this;
    const { orderFlow, microstructure } = this.brain;
    means.advance(now);
    means.set(TAKERS, orderFlow.volumeImbalance);
    means.set(TOUCH_FLOW, orderFlow.bookImbalance);
    means.set(DEPTH, microstructure.depthImbalance);
    means.set(COMING, orderFlow.parentImbalance);
  }

  get takers(): number {
    return this.known(TAKERS);
  }

  get touchFlow(): number {
    return this.known(TOUCH_FLOW);
  }

  get depth(): number {
    return this.known(DEPTH);
  }

  get coming(): number {
    return this.known(COMING);
  }

  reset(): void {
    this.nextAt = 0;
    this.means.reset();
  }

  private known(which: number): number {
    return this.means.filled < FILLED_MIN ? Number.NaN : this.means.mean(which);
  }
}
