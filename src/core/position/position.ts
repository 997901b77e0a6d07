import { divRound, shareOf } from '../decimal.ts';
import type { Instrument } from '../instrument.ts';
import { type Lots, lots, type Money, money, NO_MONEY, type Side, signOf, type Ticks } from '../units.ts';

/**
 * One position (a net one, or one leg of hedge mode) and its money, exactly. The only position arithmetic in the project: the engine, the paper
 * venue and the exchange all use it, so their figures agree to the last digit.
 *
 * Cost is kept instead of an average price, because a sum of values is exact and a mean is not. A partial close
 * takes its share of the cost, rounded once at 1e-18; what is left keeps the rest, so that over a whole round trip
 * realised P&L is exactly what came out minus what went in.
 *
 * Source: OKX v5, "net mode": `pos` signed; adding moves the average (arithmetic for linear, harmonic for inverse
 * contracts), reducing leaves it and realises P&L against it.
 */
export class Position {
  readonly instrument: Instrument;
  /** Signed: positive is long. */
  size: Lots = lots(0);
  /** Value of `size` at its entry prices, signed as `size`. */
  cost: Money = NO_MONEY;
  /** The entry price, and what it was made of. */
  private readonly priced = { size: lots(0), cost: NO_MONEY, entry: 0 };

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** Applies a fill; gives the P&L it realised (fees not in it). A fill larger than the position flips it. */
  fill(side: Side, size: Lots, price: Ticks): Money {
    const signed = signOf(side) * size;
    const closing = Math.sign(this.size) === -Math.sign(signed) ? Math.min(Math.abs(this.size), size) : 0;
    let realized = NO_MONEY;
    if (closing > 0) {
      const closed = lots(Math.sign(this.size) * closing);
      const share = shareOf(this.cost, closing, Math.abs(this.size));
      realized = this.profit(share, this.instrument.value(closed, price));
      this.size = lots(this.size - closed);
      this.cost = money(this.cost - share);
    }
    const opening = size - closing;
    if (opening > 0) {
      const opened = lots(signOf(side) * opening);
      this.size = lots(this.size + opened);
      this.cost = money(this.cost + this.instrument.value(opened, price));
    }
    return realized;
  }

  /** What closing everything at `mark` would realise, fees not in it. */
  unrealized(mark: Ticks): Money {
    if (this.size === 0) return NO_MONEY;
    return this.profit(this.cost, this.instrument.value(this.size, mark));
  }

  /** Cash change of a funding payment at `mark`: rate > 0 and long pays (negative). */
  fundingPayment(mark: Ticks, rate: bigint): Money {
    return money(-divRound(this.instrument.value(this.size, mark) * rate, 10n ** 18n));
  }

  /** Average entry price in (fractional) ticks; 0 when flat. */
  get entryPrice(): number {
    const { priced, size, cost } = this;
    // asked for at every event while a position is open, and changed by its fills alone
    if (priced.size !== size || priced.cost !== cost) {
      priced.size = size;
      priced.cost = cost;
      priced.entry = this.instrument.averagePrice(size, cost);
    }
    return priced.entry;
  }

  private profit(cost: Money, value: Money): Money {
    return money(this.instrument.inverse ? cost - value : value - cost);
  }
}

/** Fee rates as decimal text; positive is a cost (OKX prints them negative). */
export interface FeeRates {
  readonly maker: string;
  readonly taker: string;
}
