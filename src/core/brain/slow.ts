import type { Us } from '../units.ts';
import type { Brain } from './brain.ts';
import { DecayingMoments } from './decay.ts';

/** Minutes, as the trades last that are asked about; the detectors remember seconds. */
const HALF_LIFE_US = 120_000_000;
const EVERY_US = 1_000_000;
/** Share of the memory that must be filled before its mean is one. */
const FILLED_MIN = 0.5;

/**
 * What the fast readings were over the last minutes: means with forgetting (half-life two minutes), each looked at once a
 * second. A trade lasts minutes, and a reading of seconds is mostly news that is over when its exits are met.
 */
export class SlowReadings {
  private readonly brain: Brain;
  private readonly means = {
    takers: new DecayingMoments(HALF_LIFE_US),
    touchFlow: new DecayingMoments(HALF_LIFE_US),
    depth: new DecayingMoments(HALF_LIFE_US),
    coming: new DecayingMoments(HALF_LIFE_US),
  };
  private nextAt = 0;

  constructor(brain: Brain) {
    this.brain = brain;
  }

  look(now: Us): void {
    if (now < this.nextAt) return;
    this.nextAt = now + EVERY_US;
    const { orderFlow, microstructure } = this.brain;
    this.means.takers.set(orderFlow.volumeImbalance, now);
    this.means.touchFlow.set(orderFlow.bookImbalance, now);
    this.means.depth.set(microstructure.depthImbalance, now);
    this.means.coming.set(orderFlow.parentImbalance, now);
  }

  /** −1…1; `NaN` while too little is remembered. */
  of(reading: 'takers' | 'touchFlow' | 'depth' | 'coming'): number {
    const memory = this.means[reading];
    return memory.filled < FILLED_MIN ? Number.NaN : memory.mean;
  }

  reset(): void {
    this.nextAt = 0;
    this.means.takers.reset();
    this.means.touchFlow.reset();
    this.means.depth.reset();
    this.means.coming.reset();
  }
}
