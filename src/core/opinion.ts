import type { Candle } from './candles/candle-series.ts';
import type { Ticks } from './units.ts';

export type Direction = 'long' | 'short' | 'none';

/** What somebody who reads the market thinks of it now, and why: the fused signal, or the candle strategies. */
export interface Opinion {
  /** Who says so: `signal`, or a strategy's name. */
  readonly name: string;
  readonly direction: Direction;
  /** 0…1. */
  readonly confidence: number;
  /** Why, in words and numbers. */
  reasons(): string[];
}

/** One of the strategies behind an opinion, as it stands after the newest candle: copied, to be shown. */
export interface StrategyReading {
  readonly name: string;
  /** Enough candles have come to judge. */
  readonly ready: boolean;
  /** Closed candles it still needs for that; 0 once it is ready. */
  readonly candlesMissing: number;
  readonly direction: Direction;
  /** 0…1; 0 while the direction is none. */
  readonly confidence: number;
  /** What it measured, with the unit in the name; empty before it is ready. */
  readonly figures: Readonly<Record<string, number>>;
  /** The same in words, for a person. */
  readonly evidence: string;
}

/** An opinion formed of closed candles, each told once, oldest first. After `reset` all are told again. */
export interface CandleOpinion extends Opinion {
  update(candle: Readonly<Candle>): void;
  reset(): void;
  /** What it is made of, always in the same order; empty where it is of one piece. For looking on, not for every event. */
  parts(): readonly StrategyReading[];
  /** The nearest levels below and above the last close that the market turned at; null where there is none. */
  readonly support: Ticks | null;
  readonly resistance: Ticks | null;
}
