import type { Ms, Ticks, Us } from './units.ts';

/**
 * What the market can be traded at now, from the source there is: the order book, or, where a recording holds none, the last
 * price and an assumed spread. The one thing that risk and execution look at, so that both are the same code over candles,
 * trades and books.
 */
export class Quote {
  /** Best bid and ask in ticks; 0 when `firm` is false. */
  bid = 0 as Ticks;
  ask = 0 as Ticks;
  /** Two-sided, and the source vouches for it. */
  firm = false;
  /** When it was last told, our clock; 0 = never. */
  at = 0 as Us;
  /** How far behind the exchange it was then, ms. */
  lagMs = 0 as Ms;

  set(bid: Ticks, ask: Ticks, at: Us, lagMs: number): void {
    this.bid = bid;
    this.ask = ask;
    this.at = at;
    this.lagMs = lagMs as Ms;
    this.firm = bid > 0 && ask > bid;
  }

  /** Where no book is known: taken to be around the last price, `spreadBp` basis points in all. */
  assume(price: Ticks, spreadBp: number, at: Us): void {
    const bid = assumedBid(price, spreadBp);
    this.bid = bid as Ticks;
    this.ask = (bid + assumedSpread(price, spreadBp)) as Ticks;
    this.at = at;
    this.lagMs = 0 as Ms;
    // bid and ask may be one: a real book that is locked is not to be believed, an assumption is
    this.firm = bid > 0;
  }

  /** Not to be traded on until it is told again. */
  withdraw(): void {
    this.bid = 0 as Ticks;
    this.ask = 0 as Ticks;
    this.firm = false;
  }

  get mid(): number {
    return (this.bid + this.ask) / 2;
  }

  /** In ticks. */
  get spread(): number {
    return this.ask - this.bid;
  }
}

/** Where no book is known: the whole spread around a price, ticks; `spreadBp` in basis points. At least one tick, or none for 0. */
export const assumedSpread = (price: number, spreadBp: number): number =>
  spreadBp === 0 ? 0 : Math.max(1, Math.round((price * spreadBp) / 10_000));

/** Where no book is known: the bid that goes with a price; the ask is `assumedSpread` above it. */
export const assumedBid = (price: number, spreadBp: number): number =>
  price - Math.floor(assumedSpread(price, spreadBp) / 2);
