import { CandleEvent } from '../../core/events.ts';
import { type Lots, type Ms, ms, type Ticks, type Us, us } from '../../core/units.ts';

/**
 * Closed candles of a longer bar out of those of a shorter one. A candle is told with the last of its parts; where that is
 * missing (nobody traded), with the first part of the next one, at that time: never before it could be known.
 */
export class Coarser {
  private readonly fineMs: number;
  private readonly barMs: number;
  private readonly instrument: number;
  private openAt = -1;
  private open = 0;
  private high = 0;
  private low = 0;
  private close = 0;
  private volume = 0;

  /** Throws a `RangeError` where the longer bar is not a multiple of the shorter one. */
  constructor(fineMs: number, barMs: number, instrument: number) {
    if (barMs % fineMs !== 0)
      throw new RangeError(`candles of ${fineMs / 1000} s do not add up to candles of ${barMs / 1000} s`);
    this.fineMs = fineMs;
    this.barMs = barMs;
    this.instrument = instrument;
  }

  /** Takes a closed candle of the shorter bar; `tell` gets what is complete now. */
  take(part: CandleEvent, tell: (candle: CandleEvent) => void): void {
    const openAt = Math.floor(part.openAt / this.barMs) * this.barMs;
    if (openAt !== this.openAt) {
      if (this.openAt >= 0) tell(this.whole(part.at));
      this.openAt = openAt;
      this.open = part.open;
      this.high = part.high;
      this.low = part.low;
      this.volume = 0;
    }
    if (part.high > this.high) this.high = part.high;
    if (part.low < this.low) this.low = part.low;
    this.close = part.close;
    this.volume += part.volume;
    if (part.openAt + this.fineMs < openAt + this.barMs) return;
    const whole = this.whole(part.at);
    this.openAt = -1;
    tell(whole);
  }

  private whole(at: Us): CandleEvent {
    return new CandleEvent(
      us(at),
      this.instrument,
      ms(this.openAt) as Ms,
      this.open as Ticks,
      this.high as Ticks,
      this.low as Ticks,
      this.close as Ticks,
      this.volume as Lots,
      true,
    );
  }
}
