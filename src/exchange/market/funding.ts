import type { Random } from '../random.ts';

export const FUNDING_INTERVAL_MS = 8 * 3_600_000;
/** Cap of the rate on either side. */
export const FUNDING_RATE_MAX = 0.00375;
const KEPT = 100;

/** What goes on after a restart. */
export interface FundingState {
  readonly nextAt: number;
  readonly past: readonly FundingRecord[];
  /** Of the premiums observed in the current period, and how many. */
  readonly sum: number;
  readonly count: number;
}

export interface FundingRecord {
  readonly at: number;
  /** Decimal text. */
  readonly rate: string;
}

const text = (rate: number): string =>
  Math.max(-FUNDING_RATE_MAX, Math.min(FUNDING_RATE_MAX, rate))
    .toFixed(10)
    .replace(/\.?0+$/, '');

/**
 * The rate of the current period: the mean premium of the perpetual over its index since the period began, as OKX's
 * `noRate` formula has it. Longs pay when it is positive.
 */
export class Funding {
  /** When the current period is charged. */
  nextAt: number;
  /** Oldest first. */
  readonly past: FundingRecord[] = [];
  private readonly random: Random;
  private sum = 0;
  private count = 0;

  constructor(at: number, random: Random) {
    this.random = random;
    this.nextAt = (Math.floor(at / FUNDING_INTERVAL_MS) + 1) * FUNDING_INTERVAL_MS;
    for (let i = 90; i > 0; i--)
      this.past.push({
        at: this.nextAt - i * FUNDING_INTERVAL_MS,
        rate: this.unseen(),
      });
  }

  get state(): FundingState {
    const { nextAt, past, sum, count } = this;
    return { nextAt, past, sum, count };
  }

  /** Goes on where an earlier run stopped: what was settled stays, and periods that ended meanwhile are still to be charged. */
  resume({ nextAt, past, sum, count }: FundingState): void {
    this.nextAt = nextAt;
    this.past.splice(0, this.past.length, ...past);
    this.sum = sum;
    this.count = count;
  }

  /** Rate of a period in which nobody ran the market. */
  private unseen(): string {
    return text(0.00005 + 0.00006 * this.random.normal());
  }

  observe(premium: number): void {
    this.sum += premium;
    this.count += 1;
  }

  get premium(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** Forecast for `nextAt`, decimal text. */
  get rate(): string {
    return text(this.premium);
  }

  get previous(): FundingRecord {
    return this.past[this.past.length - 1]!;
  }

  /** Closes the period that has ended, at the mean of what was seen of that period alone, and gives its record. */
  settle(): FundingRecord {
    const record = { at: this.nextAt, rate: this.count === 0 ? this.unseen() : this.rate };
    this.past.push(record);
    if (this.past.length > KEPT) this.past.shift();
    this.nextAt += FUNDING_INTERVAL_MS;
    this.sum = 0;
    this.count = 0;
    return record;
  }
}
