import type { CandleEvent, TradeEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { CandleColumns } from '../report/report-data.ts';

/** The candles of one instrument for the report: those of the tape, or where there are none, built from its trades. */
export class CandleKeeper {
  private readonly instrument: Instrument;
  private readonly barMs: number;
  private readonly runBarMs: number;
  private readonly openAt: number[] = [];
  private readonly open: number[] = [];
  private readonly high: number[] = [];
  private readonly low: number[] = [];
  private readonly close: number[] = [];
  private readonly volume: number[] = [];

  /** `barMs`: of the candles kept; `runBarMs`: of those the engine was told. */
  constructor(instrument: Instrument, barMs: number, runBarMs: number) {
    this.instrument = instrument;
    this.barMs = barMs;
    this.runBarMs = runBarMs;
  }

  candle(event: CandleEvent): void {
    this.openAt.push(event.openAt);
    this.open.push(event.open);
    this.high.push(event.high);
    this.low.push(event.low);
    this.close.push(event.close);
    this.volume.push(event.volume);
  }

  trade(event: TradeEvent): void {
    const openAt = Math.floor(event.exchangeAt / this.barMs) * this.barMs;
    const last = this.openAt.length - 1;
    // a trade told late belongs to a candle that is settled
    if (last >= 0 && openAt < this.openAt[last]!) return;
    const { price, size } = event;
    if (last < 0 || openAt > this.openAt[last]!) {
      this.openAt.push(openAt);
      this.open.push(price);
      this.high.push(price);
      this.low.push(price);
      this.close.push(price);
      this.volume.push(size);
      return;
    }
    if (price > this.high[last]!) this.high[last] = price;
    if (price < this.low[last]!) this.low[last] = price;
    this.close[last] = price;
    this.volume[last]! += size;
  }

  columns(): CandleColumns {
    const price = (ticks: number): number => this.instrument.priceToNumber(ticks);
    return {
      symbol: this.instrument.id,
      barMs: this.barMs,
      runBarMs: this.runBarMs,
      openAt: this.openAt,
      open: this.open.map(price),
      high: this.high.map(price),
      low: this.low.map(price),
      close: this.close.map(price),
      volume: this.volume.map((lots) => lots * this.instrument.lotSize),
    };
  }
}
