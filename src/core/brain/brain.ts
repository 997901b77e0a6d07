import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';
import type { Detector } from './detector.ts';
import type { FindingSink } from './finding.ts';
import { Signal } from './fusion/signal.ts';
import { Iceberg, type IcebergConfig } from './iceberg.ts';
import { Impact, type ImpactConfig } from './impact.ts';
import { Liquidity, type LiquidityConfig } from './liquidity.ts';
import { Microstructure, type MicrostructureConfig } from './microstructure.ts';
import { OrderFlow, type OrderFlowConfig } from './order-flow.ts';
import { Regime } from './regime.ts';
import { Spoof, type SpoofConfig } from './spoof.ts';

export interface BrainConfig {
  readonly orderFlow: OrderFlowConfig;
  readonly spoof: SpoofConfig;
  readonly liquidity: LiquidityConfig;
  readonly iceberg: IcebergConfig;
  readonly microstructure: MicrostructureConfig;
  readonly impact: ImpactConfig;
}

/** The detectors over one book, in the order in which they need each other, and the signal fused from their readings. */
export class Brain {
  readonly orderFlow: OrderFlow;
  readonly spoof: Spoof;
  readonly liquidity: Liquidity;
  readonly iceberg: Iceberg;
  readonly microstructure: Microstructure;
  readonly regime: Regime;
  readonly impact: Impact;
  readonly detectors: readonly Detector[];
  readonly signal: Signal;

  /** Detectors that suspect something at a place tell it to `findings`. */
  constructor(config: BrainConfig, book: OrderBook, findings: FindingSink = () => undefined) {
    this.orderFlow = new OrderFlow(config.orderFlow, book);
    this.spoof = new Spoof(config.spoof, book, findings);
    this.liquidity = new Liquidity(config.liquidity, book, this.spoof);
    this.iceberg = new Iceberg(config.iceberg, book, findings);
    this.microstructure = new Microstructure(config.microstructure, book, this.spoof);
    this.regime = new Regime(book);
    this.impact = new Impact(config.impact, book);
    this.detectors = [
      this.orderFlow,
      this.spoof,
      this.liquidity,
      this.iceberg,
      this.microstructure,
      this.regime,
      this.impact,
    ];
    this.signal = new Signal(this.detectors);
  }

  // each by its name and not in a loop over `detectors`: a call that may go to seven places is looked up each time

  /** The book took a frame. */
  onBook(at: Us): void {
    this.orderFlow.onBook(at);
    this.spoof.onBook(at);
    this.liquidity.onBook(at);
    this.iceberg.onBook(at);
    this.microstructure.onBook(at);
    this.regime.onBook(at);
    this.impact.onBook(at);
    this.orderFlow.reading(at);
    this.spoof.reading(at);
    this.liquidity.reading(at);
    this.iceberg.reading(at);
    this.microstructure.reading(at);
    this.regime.reading(at);
    this.impact.reading(at);
    this.signal.combine(at);
  }

  onTrade(event: TradeEvent): void {
    this.orderFlow.onTrade(event);
    this.spoof.onTrade(event);
    this.liquidity.onTrade(event);
    this.iceberg.onTrade(event);
    this.microstructure.onTrade(event);
    this.regime.onTrade(event);
    this.impact.onTrade(event);
  }

  reset(): void {
    for (const detector of this.detectors) detector.reset();
    this.signal.clear();
  }
}
