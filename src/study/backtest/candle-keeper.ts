import { type CandleEvent, EventKind, type TradeEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { CandleColumns } from '../report/report-data.ts';
import type { Tapes } from './tapes.ts';

const WIDTH = 6;
const HIGH = 2;
const LOW = 3;
const CLOSE = 4;
const VOLUME = 5;

/**
 * The closed candles of these instruments (by their place) for a report, read from the tapes once more: runs that are only
 * compared or searched through keep none. `runBarMs`: of the candles that the engine was told.
 */
export function candlesOf(tapes: Tapes, instruments: readonly number[], runBarMs: number): CandleColumns[] {
  const keepers = tapes.instruments.map((instrument, place) => {
    const { candles, barMs } = tapes.holdings[place]!;
    return instruments.includes(place)
      ? new CandleKeeper(instrument, barMs || runBarMs, runBarMs, candles)
      : null;
  });
  tapes.forEach(
    (event) => {
      const keeper = keepers[event.instrument]!;
      if (keeper === null) return;
      if (event.kind === EventKind.candle) {
        if (event.closed) keeper.candle(event);
      } else if (event.kind === EventKind.trade && tapes.holdings[event.instrument]!.candles === 0)
        keeper.trade(event);
    },
    keepers.map((keeper) => keeper !== null),
  );
  return instruments.map((place) => keepers[place]!.columns());
}

/** The candles of one instrument for the report: those of the tape, or where there are none, built from its trades. */
class CandleKeeper {
  private readonly instrument: Instrument;
  private readonly barMs: number;
  private readonly runBarMs: number;
  /** One row after the other: opening time, open, high, low, close, volume. Grown by doubling, not by element. */
  private rows: Float64Array;
  private count = 0;

  /** `barMs`: of the candles kept; `runBarMs`: of those the engine was told; `expected`: how many will come, or 0. */
  constructor(instrument: Instrument, barMs: number, runBarMs: number, expected: number) {
    this.rows = new Float64Array(Math.max(64, expected) * WIDTH);
    this.instrument = instrument;
    this.barMs = barMs;
    this.runBarMs = runBarMs;
  }

  candle({ openAt, open, high, low, close, volume }: CandleEvent): void {
    this.add(openAt, open, high, low, close, volume);
  }

  trade({ exchangeAt, price, size }: TradeEvent): void {
    const openAt = Math.floor(exchangeAt / this.barMs) * this.barMs;
    const { rows } = this;
    const last = (this.count - 1) * WIDTH;
    // a trade told late belongs to a candle that is settled
    if (last >= 0 && openAt < rows[last]!) return;
    if (last < 0 || openAt > rows[last]!) return this.add(openAt, price, price, price, price, size);
    if (price > rows[last + HIGH]!) rows[last + HIGH] = price;
    if (price < rows[last + LOW]!) rows[last + LOW] = price;
    rows[last + CLOSE] = price;
    rows[last + VOLUME]! += size;
  }

  columns(): CandleColumns {
    const column = (place: number): number[] =>
      Array.from({ length: this.count }, (_, i) => this.rows[i * WIDTH + place]!);
    const prices = (place: number): number[] =>
      column(place).map((each) => this.instrument.priceToNumber(each));
    return {
      symbol: this.instrument.id,
      barMs: this.barMs,
      runBarMs: this.runBarMs,
      openAt: column(0),
      open: prices(1),
      high: prices(HIGH),
      low: prices(LOW),
      close: prices(CLOSE),
      volume: column(VOLUME).map((lots) => lots * this.instrument.lotSize),
    };
  }

  private add(openAt: number, open: number, high: number, low: number, close: number, volume: number): void {
    const at = this.count * WIDTH;
    if (at === this.rows.length) {
      const grown = new Float64Array(at * 2);
      grown.set(this.rows);
      this.rows = grown;
    }
    const { rows } = this;
    rows[at] = openAt;
    rows[at + 1] = open;
    rows[at + HIGH] = high;
    rows[at + LOW] = low;
    rows[at + CLOSE] = close;
    rows[at + VOLUME] = volume;
    this.count++;
  }
}
