/** grademark as a runner: `node grademark.ts FOLDER NODE_MODULES grademark`. It has no fees: they come off its profits. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MINUTE, START } from './data.ts';
import { handed, serve, type Trade } from './runner.ts';

const [folder, modules] = process.argv.slice(2);
const require = createRequire(join(modules!, 'x.js'));
const { backtest } = require('grademark');
const { DataFrame } = require('data-forge');

interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly signal: { readonly long: boolean; readonly stop: number; readonly target: number } | null;
}
interface At {
  readonly bar: Bar;
  readonly entryPrice: number;
  readonly position: { readonly direction: string; readonly given: Bar['signal'] };
}

const { signals } = handed(folder!);
const cells = new Float64Array(readFileSync(join(folder!, 'candles.bin')).buffer);
const count = cells.length / 6;
const given = new Map(
  signals.map(({ bar, long, stop, target }) => [bar, { long, stop: stop / 10, target: target / 10 }]),
);
const bars = Array.from({ length: count }, (_, i): Bar => {
  const [time, open, high, low, close, volume] = cells.subarray(i * 6, i * 6 + 6);
  return {
    time: time!,
    open: open!,
    high: high!,
    low: low!,
    close: close!,
    volume: volume!,
    signal: given.get(i) ?? null,
  };
});
const frame = new DataFrame(bars);

await serve(
  () => {
    let entered: NonNullable<Bar['signal']>;
    return backtest(
      {
        entryRule(enter: (options: { direction: string }) => void, { bar }: At) {
          if (bar.signal === null) return;
          entered = bar.signal;
          enter({ direction: entered.long ? 'long' : 'short' });
        },
        // distances from the price of the entry
        stopLoss: ({ entryPrice }: At) => Math.abs(entryPrice - entered.stop),
        profitTarget: ({ entryPrice }: At) => Math.abs(entryPrice - entered.target),
      },
      frame,
    ) as {
      direction: string;
      entryTime: number;
      exitTime: number;
      entryPrice: number;
      exitPrice: number;
      profit: number;
    }[];
  },
  (trades): Trade[] =>
    trades.map(({ direction, entryTime, exitTime, entryPrice, exitPrice, profit }) => [
      direction === 'long' ? 1 : -1,
      (entryTime - START) / MINUTE,
      (exitTime - START) / MINUTE,
      entryPrice,
      exitPrice,
      profit - (entryPrice + exitPrice) * 0.0005,
    ]),
);
