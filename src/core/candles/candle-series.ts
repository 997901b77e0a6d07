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
/** Bars without a single trade up to which a market was quiet; beyond, the recording has a hole. */
const SILENCE_BARS_MAX = 60;

/** Who follows the closed candles. */
export interface CandleListener {
  /** A candle closed. Oldest first, each once since the last `restart`. */
  closed(candle: Readonly<Candle>): void;
  /** The past was mended: all closed candles are told again from the oldest. */
  restart(): void;
}

/**
 * Candles of one bar length, from the exchange's candle channel where there is one, else built from trades. As soon as
 * the exchange has given a candle, only its candles close (ours could miss trades over a reconnect); trades then only
 * move the building one. Bars in which nobody traded are flat and without volume, as the exchange's are.
 *
 * The exchange's candles for the past may come at any time: the history that is fetched at start, or after a lost
 * connection, races the live channel. One that fills a hole, or that we had built ourselves, is put in its place; one that
 * is there already is not believed a second time (an answer from a cache can be older than what we have).
 */
export class CandleSeries {
  readonly barMs: number;
  /** The one being built; null before the first trade or candle. */
  building: Candle | null = null;
  /** Oldest first; what is more than `CANDLES_KEPT` is cut off when somebody looks, or when it has doubled. */
  private readonly kept: Candle[] = [];
  private readonly listener: CandleListener;
  private official = false;
  private lastClosedAt = -1;
  /** Opening times of closed candles that we built from trades. */
  private readonly own = new Set<Ms>();

  constructor(barMs: number, listener: CandleListener) {
    this.barMs = barMs;
    this.listener = listener;
  }

  /** The newest closed ones, oldest first, at most `CANDLES_KEPT`. */
  get closed(): readonly Candle[] {
    if (this.kept.length > CANDLES_KEPT) this.cut();
    return this.kept;
  }

  trade(event: TradeEvent): void {
    const openAt = (Math.floor(event.exchangeAt / this.barMs) * this.barMs) as Ms;
    const candle = this.building;
    if (candle === null || openAt > candle.openAt) {
      if (candle !== null && !this.official) {
        this.build(candle);
        if (openAt - candle.openAt <= (SILENCE_BARS_MAX + 1) * this.barMs) this.beSilent(candle, openAt);
      }
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
    const candle: Candle = {
      openAt: event.openAt,
      open: event.open,
      high: event.high,
      low: event.low,
      close: event.close,
      volume: event.volume,
    };
    if (event.closed) {
      if (event.openAt > this.lastClosedAt) this.append(candle);
      else this.mend(candle);
      if (this.building !== null && this.building.openAt <= candle.openAt) this.building = null;
    } else if (
      candle.openAt > this.lastClosedAt &&
      (this.building === null || candle.openAt >= this.building.openAt)
    )
      this.building = candle;
  }

  /** One of ours closes. */
  private build(candle: Candle): void {
    this.own.add(candle.openAt);
    this.append(candle);
  }

  /** Nobody traded between this candle and the bar that opens at `until`. */
  private beSilent({ openAt, close }: Candle, until: Ms): void {
    for (let at = openAt + this.barMs; at < until; at += this.barMs)
      this.build({ openAt: at as Ms, open: close, high: close, low: close, close, volume: 0 as Lots });
  }

  private append(candle: Candle): void {
    this.lastClosedAt = candle.openAt;
    this.kept.push(candle);
    if (this.kept.length === 2 * CANDLES_KEPT) this.cut();
    this.listener.closed(candle);
  }

  private cut(): void {
    const gone = this.kept.splice(0, this.kept.length - CANDLES_KEPT);
    if (this.own.size > 0) for (const { openAt } of gone) this.own.delete(openAt);
  }

  private mend(candle: Candle): void {
    const { kept, closed } = this;
    let at = closed.length;
    while (at > 0 && closed[at - 1]!.openAt >= candle.openAt) at--;
    if (closed[at]!.openAt === candle.openAt) {
      if (!this.own.delete(candle.openAt)) return;
      kept[at] = candle;
    } else {
      if (closed.length === CANDLES_KEPT) {
        if (at === 0) return;
        this.own.delete(kept.shift()!.openAt);
        at--;
      }
      kept.splice(at, 0, candle);
    }
    this.listener.restart();
    for (const each of closed) this.listener.closed(each);
  }
}

/** `"1m"`, `"15m"`, `"1H"` … to milliseconds. Throws `RangeError` for a bar that has no fixed length here. */
export function barToMs(bar: string): number {
  const match = /^(\d+)(s|m|H|D)$/.exec(bar);
  if (match === null)
    throw new RangeError(`bar "${bar}": expected a count and s, m, H or D, such as "1m" or "4H"`);
  const unit = { s: 1_000, m: 60_000, H: 3_600_000, D: 86_400_000 }[match[2] as 's' | 'm' | 'H' | 'D'];
  const count = Number(match[1]);
  if (count === 0) throw new RangeError(`bar "${bar}" has no length`);
  return count * unit;
}
