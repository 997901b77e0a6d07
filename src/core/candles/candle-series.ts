import type { CandleEvent, TradeEvent } from '../events.ts';
import type { Lots, Ms, Ticks } from '../units.ts';

export interface Candle {
  openAt: Ms;
  open: Ticks;
  high: Ticks;
  low: Ticks;
  close: Ticks;
  volume: Lots;
}

const CANDLES_KEPT = 1500;

/** Told of each candle that closed, once, oldest first. */
export type OnClosed = (candle: Readonly<Candle>) => void;

/**
 * Candles of one bar length, from the exchange's candle channel where there is one, else built from trades. As soon as
 * the exchange has given a candle, only its candles close (ours could miss trades over a reconnect); trades then only
 * move the building one.
 */
export class CandleSeries {
  readonly barMs: number;
  /** The one being built; null before the first trade or candle. */
  building: Candle | null = null;
  /** The newest closed ones, oldest first, at most `CANDLES_KEPT`. */
  readonly closed: Candle[] = [];
  private readonly onClosed: OnClosed;
  private official = false;
  private lastClosedAt = -1;

  constructor(barMs: number, onClosed: OnClosed) {
    this.barMs = barMs;
    this.onClosed = onClosed;
  }

  trade(event: TradeEvent): void {
    const openAt = (Math.floor(event.exchangeAt / this.barMs) * this.barMs) as Ms;
    const candle = this.building;
    if (candle === null || openAt > candle.openAt) {
      if (candle !== null && !this.official) this.close(candle);
      if (openAt <= this.lastClosedAt) return;
      this.building = {
        openAt,
        open: event.price,
        high: event.price,
        low: event.price,
        close: event.price,
        volume: event.size,
      };
      return;
    }
    // a trade of an earlier bar: that bar is settled
    if (openAt < candle.openAt) return;
    if (event.price > candle.high) candle.high = event.price;
    if (event.price < candle.low) candle.low = event.price;
    candle.close = event.price;
    candle.volume = (candle.volume + event.size) as Lots;
  }

  candle(event: CandleEvent): void {
    this.official = true;
    // answers from caches can be older than what we have: never go back
    if (event.openAt <= this.lastClosedAt) return;
    const candle: Candle = {
      openAt: event.openAt,
      open: event.open,
      high: event.high,
      low: event.low,
      close: event.close,
      volume: event.volume,
    };
    if (event.closed) {
      this.close(candle);
      if (this.building !== null && this.building.openAt <= candle.openAt) this.building = null;
    } else if (this.building === null || candle.openAt >= this.building.openAt) this.building = candle;
  }

  private close(candle: Candle): void {
    this.lastClosedAt = candle.openAt;
    this.closed.push(candle);
    if (this.closed.length > CANDLES_KEPT) this.closed.shift();
    this.onClosed(candle);
  }
}

/** `"1m"`, `"15m"`, `"1H"` … to milliseconds. Throws `RangeError` for a bar that has no fixed length here. */
export function barToMs(bar: string): number {
  const match = /^(\d+)(s|m|H|D)$/.exec(bar);
  if (match === null)
    throw new RangeError(`bar "${bar}": expected a count and s, m, H or D, such as "1m" or "4H"`);
  const unit = { s: 1_000, m: 60_000, H: 3_600_000, D: 86_400_000 }[match[2] as 's' | 'm' | 'H' | 'D'];
  return Number(match[1]) * unit;
}
