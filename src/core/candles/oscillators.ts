import { Delay } from './rolling.ts';

/**
 * Relative strength index, 0…100: the share of rises in all movement, both smoothed as Wilder does: the mean of the first
 * `period` changes, then (previous · (period − 1) + change) / period. 50 where nothing has moved.
 *
 * Source: J. Welles Wilder, "New Concepts in Technical Trading Systems", 1978.
 */
export class RelativeStrength {
  readonly period: number;
  private readonly perPeriod: number;
  private previous = 0;
  private seen = 0;
  private rises = 0;
  private falls = 0;

  constructor(period: number) {
    this.period = period;
    this.perPeriod = 1 / period;
  }

  push(value: number): void {
    if (this.seen > 0) {
      const change = value - this.previous;
      const rise = change > 0 ? change : 0;
      const fall = change < 0 ? -change : 0;
      const { perPeriod } = this;
      if (this.seen <= this.period) {
        this.rises += rise * perPeriod;
        this.falls += fall * perPeriod;
      } else {
        this.rises += (rise - this.rises) * perPeriod;
        this.falls += (fall - this.falls) * perPeriod;
      }
    }
    this.previous = value;
    this.seen++;
  }

  get ready(): boolean {
    return this.seen > this.period;
  }

  get value(): number {
    const all = this.rises + this.falls;
    return all > 0 ? (100 * this.rises) / all : 50;
  }

  reset(): void {
    this.seen = 0;
    this.rises = 0;
    this.falls = 0;
  }
}

/** Change over the newest `period` steps, in the unit of the values. */
export class Momentum {
  private readonly before: Delay;
  private change = Number.NaN;

  constructor(period: number) {
    this.before = new Delay(period);
  }

  push(value: number): void {
    this.change = value - this.before.push(value);
  }

  get ready(): boolean {
    return !Number.isNaN(this.change);
  }

  /** NaN until `period` steps are known. */
  get value(): number {
    return this.change;
  }

  reset(): void {
    this.before.reset();
    this.change = Number.NaN;
  }
}
