import { EventKind, type MarketEvent } from '../../core/events.ts';
import type { Market } from '../../core/market.ts';
import { ticks } from '../../core/units.ts';

export interface SignalSummary {
  readonly symbol: string;
  readonly bookFrames: number;
  readonly levelChanges: number;
  readonly trades: number;
  readonly candles: number;
  /** Frames with confidence in [0, 0.1), [0.1, 0.2) … [0.9, 1]. */
  readonly confidenceHistogram: readonly number[];
  readonly framesAtThreshold: number;
  readonly maxConfidence: number;
  /** Root mean square of each detector's score over the frames. */
  readonly detectorScoreRms: Readonly<Record<string, number>>;
  /** At the end. */
  readonly book: { readonly bid: string; readonly ask: string; readonly levels: readonly [number, number] };
}

/** What came in of one instrument, and what the signal made of its books. */
export class SignalTally {
  private readonly market: Market;
  private readonly threshold: number;
  private bookFrames = 0;
  private levelChanges = 0;
  private trades = 0;
  private candles = 0;
  private readonly histogram = new Array<number>(10).fill(0);
  private atThreshold = 0;
  private maxConfidence = 0;
  private readonly squares: number[];

  constructor(market: Market, threshold: number) {
    this.market = market;
    this.threshold = threshold;
    this.squares = market.brain.detectors.map(() => 0);
  }

  /** After the engine took it. */
  observe(event: MarketEvent): void {
    if (event.kind === EventKind.candle) this.candles++;
    else if (event.kind === EventKind.trade) this.trades++;
    else if (event.kind === EventKind.book) this.frame();
  }

  summary(): SignalSummary {
    const { instrument, book, brain } = this.market;
    const { bids, asks } = book;
    return {
      symbol: instrument.id,
      bookFrames: this.bookFrames,
      levelChanges: this.levelChanges,
      trades: this.trades,
      candles: this.candles,
      confidenceHistogram: this.histogram,
      framesAtThreshold: this.atThreshold,
      maxConfidence: this.maxConfidence,
      detectorScoreRms: Object.fromEntries(
        brain.detectors.map(({ name }, d) => [
          name,
          this.bookFrames === 0 ? 0 : Math.sqrt(this.squares[d]! / this.bookFrames),
        ]),
      ),
      book: {
        bid: bids.count === 0 ? '' : instrument.formatPrice(ticks(bids.best)),
        ask: asks.count === 0 ? '' : instrument.formatPrice(ticks(asks.best)),
        levels: [bids.count, asks.count] as const,
      },
    };
  }

  private frame(): void {
    const { market } = this;
    this.bookFrames++;
    this.levelChanges += market.book.changes.count;
    const { confidence } = market.brain.signal;
    this.histogram[Math.min(9, Math.floor(confidence * 10))]!++;
    if (confidence >= this.threshold) this.atThreshold++;
    if (confidence > this.maxConfidence) this.maxConfidence = confidence;
    market.brain.detectors.forEach(({ score }, d) => {
      this.squares[d]! += score * score;
    });
  }
}
