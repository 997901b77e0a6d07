import { type Candle, CandleBook } from './candles.ts';

/**
 * Bars of a price that nobody trades at (index, mark), to be fed with `trade` from now on. Their past is that of the
 * traded price, moved by where the two stand now: they never were far apart.
 */
export function referenceBook(traded: CandleBook, now: number, price: number, last: number): CandleBook {
  const ratio = price / last;
  const moved = (candle: Candle): Candle => ({
    openAt: candle.openAt,
    open: Math.round(candle.open * ratio),
    high: Math.round(candle.high * ratio),
    low: Math.round(candle.low * ratio),
    close: Math.round(candle.close * ratio),
    volume: 1,
    notional: 0,
  });
  const book = new CandleBook(now, price);
  for (const series of book.series) {
    const from = traded.of(series.bar)!;
    series.closed.push(...from.closed.map(moved));
    series.building = moved(from.building);
    // the bar ends where the price is
    series.trade(price, 1);
  }
  return book;
}
