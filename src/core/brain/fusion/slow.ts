import type { Us } from '../../units.ts';
import type { Brain } from '../brain.ts';
import { DecayingMoments } from '../measures/decay.ts';

/** About as long as a trade lasts, and as long as a market keeps its mood; the detectors remember seconds. */
const HALF_LIVES_US = { minutes: 120_000_000, longer: 600_000_000 };
const EVERY_US = 1_000_000;
/** Share of the memory that must be filled before its mean is one. */
const FILLED_MIN = 0.4;

/**
 * What fast readings were over the last minutes: means with forgetting (half-lives of two and of ten minutes), each looked at
 * once a second. A trade lasts minutes, and a reading of seconds is mostly news that is over when its exits are met.
 */
export class SlowReadings {
  readonly minutes = new Means(HALF_LIVES_US.minutes);
  readonly longer = new Means(HALF_LIVES_US.longer);
  private readonly brain: Brain;
  private nextAt = 0;

  constructor(brain: Brain) {
    this.brain = brain;
  }

  look(now: Us): void {
    if (now < this.nextAt) return;
    this.nextAt = now + EVERY_US;
    this.minutes.look(this.brain, now);
    this.longer.look(this.brain, now);
  }

  reset(): void {
    this.nextAt = 0;
    this.minutes.reset();
    this.longer.reset();
  }
}

/** Each −1…1; `NaN` while too little is remembered. */
class Means {
  private readonly ofTakers: DecayingMoments;
  private readonly ofTouchFlow: DecayingMoments;
  private readonly ofDepth: DecayingMoments;
  private readonly ofComing: DecayingMoments;

  constructor(halfLifeUs: number) {
    this.ofTakers = new DecayingMoments(halfLifeUs);
    this.ofTouchFlow = new DecayingMoments(halfLifeUs);
    this.ofDepth = new DecayingMoments(halfLifeUs);
    this.ofComing = new DecayingMoments(halfLifeUs);
  }

  look({ orderFlow, microstructure }: Brain, now: Us): void {
    this.ofTakers.set(orderFlow.volumeImbalance, now);
    this.ofTouchFlow.set(orderFlow.bookImbalance, now);
    this.ofDepth.set(microstructure.depthImbalance, now);
    this.ofComing.set(orderFlow.parentImbalance, now);
  }

  get takers(): number {
    return known(this.ofTakers);
  }

  get touchFlow(): number {
    return known(this.ofTouchFlow);
  }

  get depth(): number {
    return known(this.ofDepth);
  }

  get coming(): number {
    return known(this.ofComing);
  }

  reset(): void {
    this.ofTakers.reset();
    this.ofTouchFlow.reset();
    this.ofDepth.reset();
    this.ofComing.reset();
  }
}

const known = (memory: DecayingMoments): number => (memory.filled < FILLED_MIN ? Number.NaN : memory.mean);
