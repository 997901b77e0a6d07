import type { MarketEvent } from '../../core/events.ts';
import type { Market } from '../../core/market.ts';

/** From when on the strategies of an instrument said what. */
export interface TracedOpinion {
  /** µs. */
  readonly at: number;
  readonly symbol: string;
  readonly direction: 'long' | 'short' | 'none';
}

/** Every change of what the strategies say: silence shows in no decision. */
export class OpinionTrace {
  readonly changes: TracedOpinion[] = [];
  private readonly markets: readonly Market[];
  private readonly last: TracedOpinion['direction'][];

  constructor(markets: readonly Market[]) {
    this.markets = markets;
    this.last = markets.map(() => 'none');
  }

  /** After the engine took it. */
  observe({ at, instrument }: MarketEvent): void {
    const market = this.markets[instrument]!;
    const { direction } = market.strategies;
    if (direction === this.last[instrument]) return;
    this.last[instrument] = direction;
    this.changes.push({ at, symbol: market.instrument.id, direction });
  }
}
