import type { Random } from '../random.ts';

export const FUNDING_INTERVAL_MS = 8 * 3_600_000;
/** Cap of the rate on either side. */
export const FUNDING_RATE_MAX = 0.00375;
const KEPT = 100;

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
  private readonly due: FundingRecord[] = [];
  private sum = 0;
  private count = 0;

  constructor(at: number, random: Random) {
    this.nextAt = (Math.floor(at / FUNDING_INTERVAL_MS) + 1) * FUNDING_INTERVAL_MS;
    for (let i = 90; i > 0; i--)
      this.past.push({
        at: this.nextAt - i * FUNDING_INTERVAL_MS,
        rate: text(0.00005 + 0.00006 * random.normal()),
      });
  }

  /** Goes on where an earlier run stopped: periods that ended meanwhile are still to be charged, at their rates. */
  resume(nextAt: number): void {
    this.nextAt = Math.min(nextAt, this.nextAt);
    while (this.past.length > 1 && this.previous.at >= this.nextAt) this.due.unshift(this.past.pop()!);
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

  /** Closes the period that has ended and gives its record. */
  settle(): FundingRecord {
    const record = this.due.shift() ?? { at: this.nextAt, rate: this.rate };
    this.past.push(record);
    if (this.past.length > KEPT) this.past.shift();
    this.nextAt += FUNDING_INTERVAL_MS;
    this.sum = 0;
    this.count = 0;
    return record;
  }
}
