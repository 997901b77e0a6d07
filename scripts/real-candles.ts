/** The real candles of ../shared/data/okx-candles, in ticks and lots. Not part of the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Candle } from '../src/core/candles/candle-series.ts';
import { lots, ms, ticks } from '../src/core/units.ts';

const folder = new URL('../../shared/data/okx-candles/', import.meta.url);

/** Swaps of which there are five months of 5-minute candles, with tick size and base coins in a lot. */
export const REAL_SWAPS = [
  { id: 'BTC-USDT-SWAP', tick: 0.1, lot: 0.01 },
  { id: 'ETH-USDT-SWAP', tick: 0.01, lot: 0.1 },
  { id: 'SOL-USDT-SWAP', tick: 0.001, lot: 1 },
  { id: 'DOGE-USDT-SWAP', tick: 0.000_01, lot: 1000 },
  { id: 'LINK-USDT-SWAP', tick: 0.001, lot: 1 },
] as const;
type Swap = (typeof REAL_SWAPS)[number];

export const hasRealCandles = existsSync(folder);

export function realCandles({ id, tick, lot }: Swap, span = '5m-20220501-20220930'): Candle[] {
  const text = gunzipSync(readFileSync(new URL(`${id}-${span}.csv.gz`, folder))).toString();
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [at, open, high, low, close, volume] = line.split(',').map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      return {
        openAt: ms(at),
        open: ticks(Math.round(open / tick)),
        high: ticks(Math.round(high / tick)),
        low: ticks(Math.round(low / tick)),
        close: ticks(Math.round(close / tick)),
        volume: lots(Math.round(volume / lot)),
      };
    });
}

/** What the chance tables were measured on; the rest is for judging. */
export const firstHalf = (candles: readonly Candle[]): Candle[] => candles.slice(0, candles.length >> 1);
export const secondHalf = (candles: readonly Candle[]): Candle[] => candles.slice(candles.length >> 1);
