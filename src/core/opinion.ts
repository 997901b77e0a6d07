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

/** An opinion formed of closed candles, each told once, oldest first. After `reset` all are told again. */
export interface CandleOpinion extends Opinion {
  update(candle: Readonly<Candle>): void;
  reset(): void;
  /** The nearest levels below and above the last close that the market turned at; null where there is none. */
  readonly support: Ticks | null;
  readonly resistance: Ticks | null;
}
