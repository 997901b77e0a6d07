import type { MarketEvent } from '../../core/events.ts';
import type { Market } from '../../core/market.ts';
import type { Direction, Opinion } from '../../core/opinion.ts';

/** From when on somebody who reads an instrument's market said what, as far as it counts. */
export interface TracedOpinion {
  /** µs. */
  readonly at: number;
  readonly symbol: string;
  readonly voice: 'strategies' | 'signal';
  readonly direction: Direction;
  /** Which of the strategies, or `signal`; empty in silence. */
  readonly name: string;
}

/**
 * Every change of what is said, for silence shows in no decision: of the strategies, and of the fused signal where it leads.
 * Who leads says nothing below the least confidence, as the engine hears it (`Trader`); who only confirms is heard whatever
 * its confidence.
 */
export class OpinionTrace {
  readonly changes: TracedOpinion[] = [];
  /** For each instrument. */
  private readonly voices: readonly (readonly Voice[])[];

  constructor(markets: readonly Market[], confidenceThreshold: number) {
    this.voices = markets.map(({ instrument, strategies, proposalOfSignal: signal }) => {
      const voice = (which: TracedOpinion['voice'], opinion: Opinion, leads: boolean): Voice =>
        new Voice(instrument.id, which, opinion, leads ? confidenceThreshold : 0, this.changes);
      return signal === null
        ? [voice('strategies', strategies, true)]
        : [voice('strategies', strategies, false), voice('signal', signal, true)];
    });
  }

  /** After the engine took it. */
  observe({ at, instrument }: MarketEvent): void {
    const voices = this.voices[instrument]!;
    for (let i = 0; i < voices.length; i++) voices[i]!.listen(at);
  }
}

class Voice {
  private readonly symbol: string;
  private readonly voice: TracedOpinion['voice'];
  private readonly opinion: Opinion;
  private readonly confidenceMin: number;
  private readonly changes: TracedOpinion[];
  private name = '';
  private direction: Direction = 'none';

  constructor(
    symbol: string,
    voice: TracedOpinion['voice'],
    opinion: Opinion,
    confidenceMin: number,
    changes: TracedOpinion[],
  ) {
    this.symbol = symbol;
    this.voice = voice;
    this.opinion = opinion;
    this.confidenceMin = confidenceMin;
    this.changes = changes;
  }

  listen(at: number): void {
    const { opinion, symbol, voice } = this;
    const direction = opinion.confidence < this.confidenceMin ? 'none' : opinion.direction;
    const name = direction === 'none' ? '' : opinion.name;
    if (direction === this.direction && name === this.name) return;
    this.direction = direction;
    this.name = name;
    this.changes.push({ at, symbol, voice, direction, name });
  }
}
