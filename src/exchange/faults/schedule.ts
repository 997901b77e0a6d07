import { Random } from '../random.ts';
import type { Fault } from './plan.ts';

/**
 * When one fault of a plan strikes. Between its times it is at rest; at each it may strike `times` things, or any number for
 * a while. Its chance is a stream of its own, so that one fault's draws never shift another's.
 */
export class Schedule {
  private readonly fault: Fault;
  private readonly random: Random;
  private readonly always: boolean;
  private until = Number.NEGATIVE_INFINITY;
  private left = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(fault: Fault, seed: number, number: number) {
    this.fault = fault;
    this.random = new Random(seed, 1000 + number);
    this.always = fault.at === undefined && fault.every === undefined;
  }

  /** `begin` is called at each of its times. */
  start(begin: () => void): void {
    const { at, every } = this.fault;
    if (at !== undefined) this.after(at, begin, null);
    else if (every !== undefined) this.after(this.random.exponential(every), begin, every);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** It is time. */
  arm(now: number): void {
    const { times, for: lasts } = this.fault;
    this.until = lasts === undefined ? Number.POSITIVE_INFINITY : now + lasts;
    this.left = times ?? (lasts === undefined ? 1 : Number.POSITIVE_INFINITY);
  }

  isArmed(now: number): boolean {
    return this.always || (now < this.until && this.left > 0);
  }

  /** Whether it strikes something that comes by just now; counts it if so. */
  strikes(now: number): boolean {
    if (!this.isArmed(now)) return false;
    const { chance } = this.fault;
    if (chance !== undefined && !this.random.chance(chance)) return false;
    this.left -= 1;
    return true;
  }

  /** A whole number below `bound`, for whoever has to choose what is struck. */
  pick(bound: number): number {
    return this.random.below(bound);
  }

  private after(delay: number, begin: () => void, mean: number | null): void {
    this.timer = setTimeout(() => {
      begin();
      if (mean !== null) this.after(this.random.exponential(mean), begin, mean);
    }, delay);
    this.timer.unref();
  }
}
