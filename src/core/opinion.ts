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
