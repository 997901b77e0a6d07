/**
 * Measures how often each candle strategy enters where there is nothing to find, and writes
 * `src/core/strategy/chance-tables.ts`: `npx node scripts/measure-chance.ts`. Needs the candles of ../shared/data/okx-candles.
 *
 * Three kinds of driftless market: normal steps; clustered ones with fat tails; and the first half of the real 5-minute
 * candles of five swaps, each turned upside down by the toss of a coin. The table keeps the worst of the three, with two
 * standard errors on top. Seeds 1 to 999; the tests report on 1000 to 1999 and on the second half.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingsSchema } from '../src/config/schema.ts';
import { strategyConfig } from '../src/config/strategy.ts';
import type { Candle } from '../src/core/candles/candle-series.ts';
import { Breakout } from '../src/core/strategy/breakout.ts';
import type { ChanceTable } from '../src/core/strategy/chance.ts';
import { Range } from '../src/core/strategy/range.ts';
import { Reversal } from '../src/core/strategy/reversal.ts';
import type { Strategy } from '../src/core/strategy/strategy.ts';
import { clusteredWalk, gaussianWalk, tossedWalk } from '../src/core/strategy/testing/markets.ts';
import { Trend } from '../src/core/strategy/trend.ts';
import { firstHalf, REAL_SWAPS, realCandles } from './real-candles.ts';

const WALKS = 60;
const LENGTH = 20_000;
const STEPS = 14;

/** With this table the threshold is −ln of the entries asked for a window. */
const UNIT: ChanceTable = { first: 0, step: 1, logEntries: [0, -1] };
const asking = (threshold: number, window: number): number => (1000 / window) * Math.exp(-threshold);

const config = strategyConfig(settingsSchema.parse({}));
const makers: Record<string, { window: number; from: number; to: number; make: (t: number) => Strategy }> = {
  TREND: {
    window: config.trend.window,
    from: 1,
    to: 3.6,
    make: (t) => new Trend({ ...config.trend, falseAlarms: asking(t, config.trend.window) }, UNIT),
  },
  RANGE: {
    window: config.range.window,
    from: 1.1,
    to: 2.4,
    make: (t) => new Range({ ...config.range, falseAlarms: asking(t, config.range.window) }, UNIT),
  },
  BREAKOUT: {
    window: config.breakout.window,
    from: 1.2,
    to: 7.7,
    make: (t) => new Breakout({ ...config.breakout, falseAlarms: asking(t, config.breakout.window) }, UNIT),
  },
  REVERSAL: {
    window: config.reversal.window,
    from: 1.9,
    to: 4.5,
    make: (t) => new Reversal({ ...config.reversal, falseAlarms: asking(t, config.reversal.window) }, UNIT),
  },
};

function entries(strategy: Strategy, market: readonly Candle[]): number {
  let count = 0;
  let before = 'none';
  for (const candle of market) {
    strategy.update(candle);
    if (strategy.direction !== before && strategy.direction !== 'none') count++;
    before = strategy.direction;
  }
  return count;
}

const seeds = Array.from({ length: WALKS }, (_, i) => i + 1);
const markets: Record<string, Candle[][]> = {
  normal: seeds.map((seed) => gaussianWalk(seed, LENGTH)),
  clustered: seeds.map((seed) => clusteredWalk(seed, LENGTH)),
  tossed: REAL_SWAPS.flatMap((swap) => {
    const half = firstHalf(realCandles(swap));
    return seeds.slice(0, 12).map((seed) => tossedWalk(seed, half));
  }),
};

const lines = [
  "import type { ChanceTable } from './chance.ts';",
  '',
  '/** Written by `scripts/measure-chance.ts`: not to be edited. */',
];
for (const [name, { window, from, to, make }] of Object.entries(makers)) {
  const step = Number(((to - from) / (STEPS - 1)).toPrecision(3));
  const logEntries: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const threshold = from + i * step;
    const rates = Object.values(markets).map((family) => {
      const count = family.reduce((sum, market) => sum + entries(make(threshold), market), 0);
      const windows = family.reduce((sum, market) => sum + market.length, 0) / window;
      return { perWindow: (count + 2 * Math.sqrt(count)) / windows, count };
    });
    const worst = rates.reduce((one, other) => (other.perWindow > one.perWindow ? other : one));
    console.log(
      `${name.toLowerCase()} at ${threshold.toFixed(2)}: ${rates.map(({ perWindow }) => ((1000 * perWindow) / window).toFixed(2)).join(', ')} entries per 1,000 candles (${Object.keys(markets).join(', ')})`,
    );
    // too few to say anything: the last slope goes on from here
    if (worst.count < 40) break;
    const value = Math.log(worst.perWindow);
    // where the other conditions decide, the rate does not fall with the threshold: begin after that
    if (logEntries.length > 0 && value >= logEntries.at(-1)! - 0.01)
      throw new Error(`${name}: the rate does not fall at ${threshold}; begin the grid later`);
    logEntries.push(Number(value.toFixed(3)));
  }
  lines.push(
    `export const ${name}_CHANCE: ChanceTable = { first: ${from}, step: ${step}, logEntries: [${logEntries.join(', ')}] };`,
  );
}
const file = fileURLToPath(new URL('../src/core/strategy/chance-tables.ts', import.meta.url));
writeFileSync(file, `${lines.join('\n')}\n`);
spawnSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' });
