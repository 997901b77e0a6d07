import type { EquityColumns } from './report-data.ts';

const DAY_MS = 86_400_000;
/** Said instead of infinity when something is held and no equity is left. */
const EXPOSURE_MAX = 1e6;

/**
 * Follows equity at every event and keeps one point per `everyMs`: the last value in it. What happens between two points
 * is not lost where it matters: a point's drawdown is the worst since the point before it.
 */
export class EquityRecorder {
  private readonly everyMs: number;
  private readonly at: number[] = [];
  private readonly equity: number[] = [];
  private readonly drawdown: number[] = [];
  private readonly exposure: number[] = [];
  private high = Number.NEGATIVE_INFINITY;
  private worst = 0;
  private readonly last = { at: Number.NaN, equity: 0, exposure: 0 };

  /** `everyMs` divides a day, so that each day's last value is kept: daily returns are made of it. */
  constructor(everyMs: number) {
    if (!(everyMs > 0) || DAY_MS % everyMs !== 0)
      throw new RangeError(
        `equity is sampled every ${everyMs} ms: expected a whole part of a day, such as 300000`,
      );
    this.everyMs = everyMs;
  }

  /** `equity` in settlement currency, `grossValue` of all open positions, both at `at` (ms, never back). */
  push(at: number, equity: number, grossValue: number): void {
    const { last } = this;
    if (at < last.at) throw new RangeError(`equity at ${at} comes after equity at ${last.at}`);
    // an interval includes its end: what happens at midnight exactly still belongs to the day that ends
    if (Math.ceil(at / this.everyMs) > Math.ceil(last.at / this.everyMs)) this.keep();
    if (equity > this.high) this.high = equity;
    const drawdown = this.high > 0 ? 1 - equity / this.high : 0;
    if (drawdown > this.worst) this.worst = drawdown;
    last.at = at;
    last.equity = equity;
    if (grossValue === 0) last.exposure = 0;
    else last.exposure = equity > 0 ? Math.min(EXPOSURE_MAX, grossValue / equity) : EXPOSURE_MAX;
    if (this.at.length === 0) this.keep();
  }

  /** The points so far, the newest value included. */
  columns(): EquityColumns {
    if (!Number.isNaN(this.last.at)) this.keep();
    const { everyMs, at, equity, drawdown, exposure } = this;
    return { everyMs, at, equity, drawdown, exposure };
  }

  private keep(): void {
    const { at, equity, exposure } = this.last;
    const index = this.at.at(-1) === at ? this.at.length - 1 : this.at.length;
    this.drawdown[index] = Math.max(this.worst, this.drawdown[index] ?? 0);
    this.worst = 0;
    // the start stays the start
    if (index === 0 && this.at.length === 1) return;
    this.at[index] = at;
    this.equity[index] = equity;
    this.exposure[index] = exposure;
  }
}
