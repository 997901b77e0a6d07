/**
 * How fast a candle backtest is: a million one-minute candles through strategies, engine, exits, risk and paper venue, on
 * one core, from a tape on disk. `npx node bench/candle-backtest.ts [candles]`. The baseline in the same run is a plain loop
 * over the same candles that only keeps a mean and takes trades by it: what nobody can beat. Best of interleaved rounds:
 * whatever else the machine does only adds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSettings } from '../src/config/load.ts';
import { CandleEvent } from '../src/core/events.ts';
import { generator } from '../src/core/testing/books.ts';
import { BTC } from '../src/core/testing/specs.ts';
import { lots, ms, ticks, us } from '../src/core/units.ts';
import { accountsOf } from '../src/study/backtest/accounts.ts';
import { play } from '../src/study/backtest/play.ts';
import { Tapes } from '../src/study/backtest/tapes.ts';
import { TapeWriter } from '../src/tape/writer.ts';

const COUNT = Number(process.argv[2] ?? 1_000_000);
const RUNS = 7;
/** No limit ends the run early: a walk without a drift loses its fees. */
const SETTINGS = `
market: { bar: 1m }
risk: { daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0 }
exits: { cost_multiple_min: 0 }
`;
const MINUTE = 60_000;
const START = Date.UTC(2024, 0, 1);

const folder = mkdtempSync(join(tmpdir(), 'hunter-bench-'));
try {
  const path = join(folder, 'walk.tape');
  await writeWalk(path);
  const tapes = Tapes.open([path]);
  const settings = parseSettings(SETTINGS, 'bench');
  const [account] = accountsOf(tapes, settings, null, false);
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, node ${process.version}, ${COUNT} candles, ${RUNS} rounds after one to warm up, the best counts`,
  );

  const results = Array.from({ length: RUNS + 1 }, () => {
    const ours = timed(() => play(tapes, settings, account!));
    const plain = timed(() => plainLoop(tapes));
    return { ours, plain };
  }).slice(1);
  const trades = results[0]!.ours.result.desk.trips.trades.length;
  const least = (values: number[]): number => Math.min(...values);
  const cpu = least(results.map(({ ours }) => ours.cpu));
  const wall = least(results.map(({ ours }) => ours.wall));
  const read = least(results.map(({ plain }) => plain.cpu));
  console.log(
    `backtest: ${cpu.toFixed(2)} s of CPU, ${wall.toFixed(2)} s wall, ${Math.round(COUNT / cpu)} candles/s of CPU; ${trades} trades`,
  );
  console.log(
    `reading the tape and a plain loop: ${read.toFixed(2)} s of CPU; the rest costs ${(((cpu - read) / COUNT) * 1e6).toFixed(2)} µs a candle`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function timed<T>(work: () => T): { result: T; cpu: number; wall: number } {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpu: (user + system) / 1e6, wall: (performance.now() - startedAt) / 1000 };
}

/** A geometric walk with quiet and loud hours. */
async function writeWalk(path: string): Promise<void> {
  const random = generator(20261122);
  const writer = TapeWriter.create(path, [BTC.spec], { bar: '1m' });
  let price = 600_000;
  let scale = 0.0005;
  for (let i = 0; i < COUNT; i++) {
    if (i % 60 === 0) scale = 0.0002 + random() * 0.001;
    const open = price;
    const close = Math.max(1000, Math.round(open * (1 + (random() + random() + random() - 1.5) * scale)));
    const high = Math.max(open, close) + Math.round(random() * open * scale * 0.5);
    const low = Math.min(open, close) - Math.round(random() * open * scale * 0.5);
    price = close;
    const openAt = START + i * MINUTE;
    writer.write(
      new CandleEvent(
        us((openAt + MINUTE) * 1000),
        0,
        ms(openAt),
        ticks(open),
        ticks(high),
        ticks(low),
        ticks(close),
        lots(1000 + Math.floor(random() * 9000)),
        true,
      ),
    );
  }
  await writer.close();
}

function plainLoop(tapes: Tapes): number {
  let mean = 0;
  let held = 0;
  let profit = 0;
  tapes.forEach((event) => {
    if (event.kind !== 3) return;
    mean += (event.close - mean) / 50;
    if (held === 0 && event.close > mean) held = event.close;
    else if (held !== 0 && (event.low < held * 0.99 || event.high > held * 1.02)) {
      profit += event.close - held;
      held = 0;
    }
  });
  return profit;
}
