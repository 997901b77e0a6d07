/**
 * How often a strategy's statistic reaches a value where there is nothing to find: entries per window of candles on
 * driftless random walks, by the statistic at which it enters. Measured, not assumed (`scripts/measure-chance.ts` writes
 * `chance-tables.ts`); per window, because the statistics are free of scale: a window twice as long sees the same
 * excursions half as often.
 *
 * It serves twice: the threshold is the statistic that chance reaches as often as the setting allows (`false_alarms`), and
 * the confidence says how much rarer than that the present one is. Nobody picks a threshold by hand.
 */
export class Chance {
  /** The statistic at which to enter. */
  readonly threshold: number;
  private readonly table: ChanceTable;
  private readonly allowed: number;

  /** `falseAlarms`: entries per 1,000 candles that chance alone may cause; 0 = never enter. */
  constructor(table: ChanceTable, falseAlarms: number, window: number) {
    this.table = table;
    this.allowed = Math.log((falseAlarms * window) / 1000);
    this.threshold = falseAlarms > 0 ? this.inverse(this.allowed) : Number.POSITIVE_INFINITY;
  }

  /**
   * Let q be how often chance enters at this statistic, relative to how often it may. 1 − q/2 from the threshold on (0.5
   * there, 0.95 where chance comes ten times more seldom), 1/(2q) below it.
   */
  confidence(statistic: number): number {
    const q = Math.exp(this.logRate(statistic) - this.allowed);
    return q <= 1 ? 1 - q / 2 : 1 / (2 * q);
  }

  private logRate(statistic: number): number {
    const { first, step, logEntries } = this.table;
    const place = (statistic - first) / step;
    const last = logEntries.length - 2;
    // beyond either end the last slope goes on
    const at = place < 0 ? 0 : place > last ? last : Math.floor(place);
    return logEntries[at]! + (place - at) * (logEntries[at + 1]! - logEntries[at]!);
  }

  private inverse(logRate: number): number {
    const { first, step, logEntries } = this.table;
    let at = 0;
    while (at < logEntries.length - 2 && logEntries[at + 1]! > logRate) at++;
    const place = at + (logEntries[at]! - logRate) / (logEntries[at]! - logEntries[at + 1]!);
    return first + step * Math.max(0, place);
  }
}

export interface ChanceTable {
  /** The statistic of the first entry, and how much it grows to the next. */
  readonly first: number;
  readonly step: number;
  /** Natural logarithm of the entries per window, falling strictly. */
  readonly logEntries: readonly number[];
}
