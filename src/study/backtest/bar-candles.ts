import { ConfigError } from '../../config/load.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import { type CandleEvent, EventKind, type MarketEvent } from '../../core/events.ts';
import { Coarser } from './coarser.ts';

/**
 * The events of one instrument as the engine is told them: candles of the tape's bar that is shorter than `market.bar` are told
 * as the longer ones that they add up to, all else as it comes. Whoever plays a tape to the engine's `Market` goes this way.
 */
export class BarCandles {
  private readonly coarser: Coarser | null;

  /** `tapeBar` as OKX writes it; empty: the tape does not say, and its candles are taken for the settings'. */
  constructor(id: string, tapeBar: string, bar: string, instrument: number) {
    refuseOtherBar(id, tapeBar, bar);
    this.coarser =
      tapeBar === '' || barToMs(tapeBar) === barToMs(bar)
        ? null
        : new Coarser(barToMs(tapeBar), barToMs(bar), instrument);
  }

  /** The longer candle is told as soon as it could be known. */
  take(event: MarketEvent, tell: (event: MarketEvent) => void): void {
    if (this.coarser === null || event.kind !== EventKind.candle) tell(event);
    else if (event.closed) this.coarser.take(event, tell as (candle: CandleEvent) => void);
  }
}

/** Throws a `ConfigError` where candles of `tapeBar` do not add up to those of `bar`. */
export function refuseOtherBar(id: string, tapeBar: string, bar: string): void {
  if (tapeBar !== '' && barToMs(bar) % barToMs(tapeBar) !== 0)
    throw new ConfigError([
      `${id} comes in ${tapeBar} candles, which do not add up to market.bar: ${bar}; set market.bar to ${tapeBar} or a multiple`,
    ]);
}
