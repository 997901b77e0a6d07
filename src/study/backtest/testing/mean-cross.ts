import type { Candle } from '../../../core/candles/candle-series.ts';
import type { CandleOpinion } from '../../../core/opinion.ts';

/** Long above the mean of the last closes, short below: a rule that needs no library to be said twice. */
export class MeanCross implements CandleOpinion {
  readonly name = 'mean cross';
  readonly confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  private readonly window: number;
  private readonly closes: number[] = [];

  constructor(window: number) {
    this.window = window;
  }

  update({ close }: Readonly<Candle>): void {
    this.closes.push(close);
    if (this.closes.length > this.window) this.closes.shift();
    if (this.closes.length < this.window) return;
    const sum = this.closes.reduce((total, each) => total + each, 0);
    this.direction = close * this.window > sum ? 'long' : 'short';
  }

  reset(): void {
    throw new Error('nothing mends the past of a tape');
  }

  reasons(): string[] {
    return [];
  }

  parts(): readonly [] {
    return [];
  }
}
