/** The candles and markers of each symbol, as heard so far. */
import type { CandleView, ChartView, MarkerView } from '../../src/dashboard/view.ts';

/** Ten days of minutes: more than anybody scrolls through, little enough to draw at once. */
const CANDLES_MAX = 15_000;
/** Dropped many at a time, as each drop redraws the whole chart. */
const CANDLES_DROPPED = 1500;

export interface Series {
  candles: CandleView[];
  markers: MarkerView[];
  /** Length of a bar, ms; null before the server has said it. */
  barMs: number | null;
}

/** How a candle changed the series: its last bar only, or something earlier. */
export type Change = 'last' | 'whole';

export const seriesOf = (chart: ChartView): Series => ({
  candles: [...chart.candles].sort((a, b) => a.openAt - b.openAt),
  markers: [...chart.markers].sort((a, b) => a.at - b.at),
  barMs: chart.barMs,
});

export function applyCandle(series: Series, candle: CandleView): Change {
  const { candles } = series;
  let index = candles.length;
  while (index > 0 && candles[index - 1].openAt > candle.openAt) index -= 1;
  const replaces = index > 0 && candles[index - 1].openAt === candle.openAt;
  if (replaces) candles[index - 1] = candle;
  else candles.splice(index, 0, candle);
  if (candles.length > CANDLES_MAX) {
    candles.splice(0, CANDLES_DROPPED);
    return 'whole';
  }
  return (replaces ? index - 1 : index) === candles.length - 1 ? 'last' : 'whole';
}

/** The bar during which `at` fell: the newest that opened no later. */
export function barAt(candles: readonly CandleView[], at: number): CandleView | null {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (candles[middle].openAt <= at) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : candles[low - 1];
}
