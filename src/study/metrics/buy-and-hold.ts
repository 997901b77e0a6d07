import type { Benchmark, CandleColumns, InstrumentReport } from '../report/report-data.ts';

/**
 * Holding the same instruments over the same time: at the start the balance is split evenly, each part buys its
 * instrument unlevered at the first close and holds to the end. The taker fee is paid to get in and, at every point, as
 * if one got out there; funding is left out (a holder of swaps would have paid or got it).
 *
 * Linear: value follows the price. Inverse, settled in the coin: a position worth the part in coin gains 1 − P₀ ÷ P.
 * null when an instrument has no candle.
 */
export function buyAndHold(
  at: readonly number[],
  candles: readonly CandleColumns[],
  instruments: readonly InstrumentReport[],
  startBalance: number,
  takerFee: number,
): Benchmark | null {
  const held = instruments.map((instrument) => ({
    instrument,
    candles: candles.find(({ symbol }) => symbol === instrument.symbol),
  }));
  if (held.length === 0 || held.some(({ candles }) => candles === undefined || candles.close.length === 0))
    return null;
  const part = startBalance / held.length;
  const value = new Array<number>(at.length).fill(0);
  for (const { instrument, candles } of held) {
    const { openAt, close, barMs } = candles!;
    const entry = close[0]!;
    let index = -1;
    for (const [point, time] of at.entries()) {
      while (index + 1 < close.length && openAt[index + 1]! + barMs <= time) index++;
      if (index < 0) value[point]! += part;
      else {
        const ratio = close[index]! / entry;
        const gain = instrument.inverse ? 1 - 1 / ratio : ratio - 1;
        const leaving = instrument.inverse ? 1 / ratio : ratio;
        value[point]! += part * (1 + gain - takerFee * (1 + leaving));
      }
    }
  }
  const names = held.map(({ instrument }) => instrument.symbol.replace(/-SWAP$/, '')).join(', ');
  const equally = held.length > 1 ? ', equal weight' : '';
  return {
    description: `Buy and hold of ${names}${equally}, unlevered; ${format(takerFee)} in and out, no funding`,
    value,
  };
}

const format = (fee: number): string => `${Number((fee * 10_000).toFixed(4))} bp`;
