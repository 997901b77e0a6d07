/**
 * What the market did after the candle strategies' entries, on real candles that nothing here was fitted on: prints the
 * table of docs/strategies.md. `npx node scripts/strategy-returns.ts`; needs the candles of ../shared/data/okx-candles.
 *
 * Entered at the open of the next candle, left at the close so many candles later; basis points in the entry's direction,
 * without any cost. The interval is 1.96 standard errors clustered by day, because entries of one day, and of five coins
 * that move together, are no independent witnesses. By chance: how often entries in the same directions at all other
 * candles would have gained.
 */
import { settingsSchema } from '../src/config/schema.ts';
import { strategyConfig } from '../src/config/strategy.ts';
import type { Candle } from '../src/core/candles/candle-series.ts';
import { StrategyDetector } from '../src/core/strategy/detector.ts';
import { REAL_SWAPS, realCandles, secondHalf } from './real-candles.ts';

const HORIZONS = [6, 24, 96];
const DAY_MS = 86_400_000;
/** Fewer entries than this have no interval worth the name. */
const ENTRIES_MIN = 10;
const config = strategyConfig(settingsSchema.parse({}));

interface Outcome {
  readonly day: number;
  readonly basisPoints: number;
  readonly long: boolean;
}

const markets: Record<string, Candle[][]> = {
  'five swaps, 5m, 2022-07-16 to 09-30': REAL_SWAPS.map((swap) => secondHalf(realCandles(swap))),
  'BTC, 1m, 2026-01-01 to 01-09': [realCandles(REAL_SWAPS[0], '1m-20260101-20260109')],
};

/** Return of a long from the open after `at` to the close `horizon` candles on, basis points; null beyond the end. */
function forward(candles: readonly Candle[], at: number, horizon: number): number | null {
  const from = candles[at + 1];
  const to = candles[at + horizon];
  return from === undefined || to === undefined ? null : 10_000 * Math.log(to.close / from.open);
}

for (const [title, all] of Object.entries(markets)) {
  const candlesTotal = all.reduce((sum, candles) => sum + candles.length, 0);
  console.log(`\n**${title}** (${candlesTotal} candles)\n`);
  console.log('| strategy | entries | per 1,000 candles | horizon, candles | mean, bp | hits | by chance |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const name of ['trend', 'range', 'breakout', 'reversal', 'best of them'] as const) {
    const outcomes = HORIZONS.map((): Outcome[] => []);
    let entries = 0;
    for (const candles of all) {
      const detector = new StrategyDetector(config);
      const watched =
        name === 'best of them' ? detector : detector.strategies.find((each) => each.name === name)!;
      let before: string = 'none';
      for (const [at, candle] of candles.entries()) {
        detector.update(candle);
        const { direction } = watched;
        if (direction !== before && direction !== 'none') {
          entries++;
          for (const [h, horizon] of HORIZONS.entries()) {
            const change = forward(candles, at, horizon);
            if (change === null) continue;
            const long = direction === 'long';
            outcomes[h]!.push({
              day: Math.floor(candle.openAt / DAY_MS),
              basisPoints: long ? change : -change,
              long,
            });
          }
        }
        before = direction;
      }
    }
    for (const [h, horizon] of HORIZONS.entries()) {
      const seen = outcomes[h]!;
      const mean = seen.reduce((sum, { basisPoints }) => sum + basisPoints, 0) / seen.length;
      const days = new Map<number, number>();
      for (const { day, basisPoints } of seen) days.set(day, (days.get(day) ?? 0) + basisPoints - mean);
      const error = Math.sqrt([...days.values()].reduce((sum, each) => sum + each * each, 0)) / seen.length;
      const hits = seen.filter(({ basisPoints }) => basisPoints > 0).length / seen.length;
      let up = 0;
      let down = 0;
      let count = 0;
      for (const candles of all)
        for (let at = 0; at < candles.length; at++) {
          const change = forward(candles, at, horizon);
          if (change === null) continue;
          count++;
          if (change > 0) up++;
          else if (change < 0) down++;
        }
      const longs = seen.filter(({ long }) => long).length / seen.length;
      const chance = (longs * up + (1 - longs) * down) / count;
      console.log(
        `| ${h === 0 ? name : ''} | ${h === 0 ? entries : ''} | ${h === 0 ? ((1000 * entries) / candlesTotal).toFixed(2) : ''} | ${horizon} | ${mean.toFixed(1)}${seen.length >= ENTRIES_MIN ? ` ± ${(1.96 * error).toFixed(1)}` : ', too few'} | ${(100 * hits).toFixed(0)} % | ${(100 * chance).toFixed(0)} % |`,
      );
    }
  }
}
