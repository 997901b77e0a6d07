import type { Candle } from '../candles/candle-series.ts';

/**
 * One way of reading closed candles (rows S1 to S4). Fed each closed candle once, oldest first; costs the same however
 * long its windows are and allocates nothing. Words and named figures are made only when somebody looks.
 *
 * `direction` is a state: it stands as long as the setting that was found stands. An *entry* is a candle at which it
 * becomes long or short. `confidence` is 0 while the direction is none, else says how rare the setting is where there is
 * nothing to find (`chance.ts`), so the strategies' confidences can be compared; it is no probability of winning.
 */
export interface Strategy {
  readonly name: 'trend' | 'range' | 'breakout' | 'reversal';
  /** Candles after which it can judge. */
  readonly candlesNeeded: number;
  /** Enough candles have come to judge. */
  readonly ready: boolean;
  readonly direction: 'long' | 'short' | 'none';
  /** 0…1. */
  readonly confidence: number;
  update(candle: Readonly<Candle>): void;
  /** Forgets everything: all candles will be told again. */
  reset(): void;
  /** What it measured, with the unit in the name. */
  figures(): Readonly<Record<string, number>>;
  /** The same in words, for a person. */
  evidence(): string;
}
