import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import { CandleSeries } from '../../core/candles/candle-series.ts';
import { AverageTrueRange } from '../../core/candles/indicators.ts';
import type { TradeEvent } from '../../core/events.ts';
import { signOf, type Us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import { TouchPath } from './barriers.ts';
import type { Observer } from './play.ts';

export interface TrackConfig {
  /** Between two samples, ms. */
  readonly everyMs: number;
  /** Candles of the average true range, built from the trades. */
  readonly barMs: number;
  readonly atrPeriod: number;
  readonly seed: number;
  /** A prior acts from this confidence on; a fitted signal also asks whether the trade is worth its costs. */
  readonly confidenceThreshold: number;
}

/** A trade that a fitted signal speaks of: ticks from the entry, basis points. */
export interface Stake {
  readonly target: number;
  readonly stop: number;
  /** Two fees and what its size costs beyond the touch. */
  readonly costBp: number;
  /** 0…1: odds of the target before the stop and in time of a price without drift. */
  readonly chance: number;
}

/** What the detectors and the signal said at one moment. */
export interface Sample {
  readonly at: Us;
  /** One for each detector, in the brain's order, −1…1. */
  readonly scores: readonly number[];
  readonly likelihoods: readonly number[];
  /** The direction that the signal would take if it had to, and whether it acts on it. */
  readonly lean: 'long' | 'short' | 'none';
  readonly acts: boolean;
  /** 0…1. */
  readonly confidence: number;
  /** What speaks for a long less what speaks for a short, −1…1. */
  readonly evidence: number;
  /** The trade that the confidence is of; null where the signal is a prior and means no trade. */
  readonly stake: Stake | null;
  /** Average true range, ticks; null while it is not known. */
  readonly atr: number | null;
  /** Ticks. */
  readonly mid: number;
  /** Lots that takers bought less those they sold since the last sample; and the same with their sides drawn by lot. */
  readonly flow: number;
  readonly flowByLot: number;
}

/**
 * Looks at the brain at the first frame of every `everyMs` and keeps the touch of every frame: what is needed to say later
 * what each moment's word was worth.
 */
export class SignalTrack implements Observer {
  readonly path = new TouchPath();
  readonly samples: Sample[] = [];
  /** The detectors' names, in the order of the scores. */
  names: readonly string[] = [];
  /** Whether a model was fitted, for how long a trade, ms, and why its confidence is no probability, where it is none. */
  fitted: { readonly limitMs: number; readonly whyNot: string } | null = null;
  private readonly everyUs: number;
  private readonly confidenceThreshold: number;
  private readonly atr: AverageTrueRange;
  private readonly candles: CandleSeries;
  private next = 0;
  private flow = 0;
  private flowByLot = 0;
  private readonly lot: Random;

  constructor({ everyMs, barMs, atrPeriod, seed, confidenceThreshold }: TrackConfig) {
    this.confidenceThreshold = confidenceThreshold;
    this.lot = new Random(seed);
    this.everyUs = everyMs * 1000;
    this.atr = new AverageTrueRange(atrPeriod);
    this.candles = new CandleSeries(barMs, {
      closed: (candle) => this.atr.update(candle),
      restart: () => this.atr.reset(),
    });
  }

  trade(event: TradeEvent): void {
    this.candles.trade(event);
    this.flow += signOf(event.side) * event.size;
    this.flowByLot += (this.lot.chance(0.5) ? 1 : -1) * event.size;
  }

  lost(at: Us): void {
    this.path.lose(at);
  }

  frame({ detectors, signal }: Brain, book: OrderBook, at: Us): void {
    if (!book.valid || !book.twoSided) return this.path.lose(at);
    this.path.push(at, book.bestBid, book.bestAsk);
    if (at < this.next) return;
    this.next = (Math.floor(at / this.everyUs) + 1) * this.everyUs;
    if (this.names.length === 0) this.names = detectors.map(({ name }) => name);
    const { fusion, lean } = signal;
    if (fusion !== null && this.fitted === null)
      this.fitted = { limitMs: fusion.stakes.limitMs, whyNot: fusion.config.whyNot };
    const side = fusion === null || lean === 'none' ? null : fusion.stakes[lean];
    this.samples.push({
      at,
      scores: detectors.map(({ score }) => score),
      likelihoods: detectors.map(({ likelihood }) => likelihood),
      lean,
      acts: signal.direction !== 'none' && signal.confidence >= this.confidenceThreshold,
      confidence: signal.confidence,
      evidence: signal.evidence,
      stake: side?.known
        ? { target: side.target, stop: side.stop, costBp: side.costBp, chance: side.chance }
        : null,
      atr: this.atr.value,
      mid: book.mid,
      flow: this.flow,
      flowByLot: this.flowByLot,
    });
    this.flow = 0;
    this.flowByLot = 0;
  }
}
