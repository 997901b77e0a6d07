/**
 * Our candle backtest beside those of others: the same candles, the same signals with the same stops and targets, the same
 * fees; first that all of them make the same trades, then how long each takes. See ../README.md for what it needs.
 *
 *   npx node bench/peers/candles/candles.ts --npm DIR --python VENV/bin/python [--freqtrade VENV/bin/python]
 *     [--jesse VENV/bin/python] [--candles 1000000] [--rounds 5] [--only ours,grademark]
 *
 * Each runs in a process of its own. The rounds are interleaved, and the best of each counts: whatever else the machine does
 * only adds. Peers have their data in memory before the clock runs; ours reads its tape from the disk each time.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CandleEvent } from '../../../src/core/events.ts';
import type { InstrumentSpec } from '../../../src/core/instrument.ts';
import { BTC } from '../../../src/core/testing/specs.ts';
import { lots, ms, ticks, us } from '../../../src/core/units.ts';
import { TapeWriter } from '../../../src/tape/writer.ts';
import { MINUTE, START, signalsOf, TICK, type Walk, walkOf } from './data.ts';
import { type Peer, Runner } from './process.ts';
import type { Trade } from './runner.ts';

const { values } = parseArgs({
  options: {
    npm: { type: 'string' },
    python: { type: 'string' },
    freqtrade: { type: 'string' },
    jesse: { type: 'string' },
    candles: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
  },
});
const COUNT = Number(values.candles);
const ROUNDS = Number(values.rounds);
const SEED = 20261122;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hunter-peers-'));
const running: Runner[] = [];
try {
  const walk = walkOf(COUNT, SEED);
  const signals = signalsOf(walk, SEED + 1, values.jesse === undefined);
  writeFileSync(join(folder, 'signals.json'), JSON.stringify(signals));
  writeFileSync(join(folder, 'candles.bin'), rowsOf(walk));
  writeTape(join(folder, 'walk.tape'), walk);
  const both = signals.filter(({ bar, stop, target }) => crossesBoth(walk, bar, stop, target)).length;
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, node ${process.version}; ${COUNT} one-minute candles, seed ${SEED}; ${signals.length} signals, ${both} of them ended by a candle that crossed stop and target`,
  );

  for (const peer of peers()) {
    const runner = new Runner(peer, folder);
    try {
      await runner.ready();
      running.push(runner);
    } catch (error) {
      runner.end();
      console.log(`${peer.name}: does not run: ${(error as Error).message}`);
    }
  }
  if (running[0]?.peer.name.startsWith('ours') !== true)
    throw new Error('ours does not run: there is nothing to compare with');
  const expected = tradesOf(running[0].peer.name);
  if (expected.length !== signals.length)
    throw new Error(`ours made ${expected.length} trades of ${signals.length} signals`);
  const equal = running.filter(({ peer }) => sameTrades(peer.name, expected, tradesOf(peer.name)));

  for (let round = 0; round < ROUNDS; round++) for (const runner of equal) await runner.round();
  const ours = equal[0]!.best;
  for (const { peer, best } of equal)
    console.log(
      `${peer.name.padEnd(16)} ${best.cpu.toFixed(2).padStart(8)} s of CPU ${best.wall.toFixed(2).padStart(8)} s wall ${Math.round(
        COUNT / best.cpu,
      )
        .toLocaleString('en')
        .padStart(12)} candles/s of CPU ${(best.cpu / ours.cpu).toFixed(2).padStart(8)} × ours`,
    );
} finally {
  for (const runner of running) runner.end();
  rmSync(folder, { recursive: true, force: true });
}

function peers(): Peer[] {
  const { npm, python, freqtrade, jesse, only } = values;
  const all: Peer[] = [
    { name: 'ours', command: [process.execPath, here('ours.ts'), folder] },
    { name: 'ours+strategies', command: [process.execPath, here('ours.ts'), folder, 'strategies'] },
  ];
  if (npm !== undefined)
    all.push({ name: 'grademark', command: [process.execPath, here('grademark.ts'), folder, npm] });
  if (python !== undefined)
    all.push(
      { name: 'vectorbt', command: [python, here('run_vectorbt.py'), folder] },
      { name: 'backtesting.py', command: [python, here('run_backtesting.py'), folder] },
    );
  if (freqtrade !== undefined)
    all.push({ name: 'freqtrade', command: [freqtrade, here('run_freqtrade.py'), folder] });
  if (jesse !== undefined) all.push({ name: 'jesse', command: [jesse, here('run_jesse.py'), folder] });
  const chosen = only?.split(',');
  return chosen === undefined ? all : all.filter(({ name }) => chosen.includes(name));
}

function tradesOf(name: string): Trade[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Trade[];
}

/** Count, direction, candles and prices of entry and exit, and net P&L to a millionth. Who differs is not timed. */
function sameTrades(name: string, expected: readonly Trade[], trades: readonly Trade[]): boolean {
  const place = expected.findIndex((trade, i) =>
    trade.some((figure, j) => !(Math.abs(figure - (trades[i]?.[j] ?? Number.NaN)) <= 1e-6)),
  );
  const same = place < 0 && trades.length === expected.length;
  const net = trades.reduce((sum, trade) => sum + trade[5], 0);
  console.log(
    same
      ? `${name}: the same ${trades.length} trades, net ${net.toFixed(6)}`
      : `${name}: OTHER TRADES, not timed: ${trades.length} of ${expected.length}; the first that differs is ${place}: ${trades[place]}, ours ${expected[place]}`,
  );
  return same;
}

function crossesBoth({ open, high, low }: Walk, bar: number, stop: number, target: number): boolean {
  const [below, above] = [Math.min(stop, target), Math.max(stop, target)];
  let exit = bar + 1;
  while (exit < open.length && low[exit]! > below && high[exit]! < above) exit++;
  return low[exit]! <= below && high[exit]! >= above;
}

function rowsOf(walk: Walk): Uint8Array {
  const rows = new Float64Array(COUNT * 6);
  // tenths as decimals of the price give them: 60012.3 and not 60012.30000000001
  const price = (tick: number): number => tick / (1 / TICK);
  for (let i = 0; i < COUNT; i++)
    rows.set(
      [
        START + i * MINUTE,
        price(walk.open[i]!),
        price(walk.high[i]!),
        price(walk.low[i]!),
        price(walk.close[i]!),
        walk.volume[i]!,
      ],
      i * 6,
    );
  return new Uint8Array(rows.buffer);
}

function writeTape(path: string, walk: Walk): void {
  // one contract is one coin, as with everybody else
  const spec: InstrumentSpec = { ...BTC.spec, ctVal: '1', lotSz: '1', minSz: '1' };
  const writer = TapeWriter.create(path, [spec], { bar: '1m' });
  for (let i = 0; i < COUNT; i++)
    writer.write(
      new CandleEvent(
        us((START + (i + 1) * MINUTE) * 1000),
        0,
        ms(START + i * MINUTE),
        ticks(walk.open[i]!),
        ticks(walk.high[i]!),
        ticks(walk.low[i]!),
        ticks(walk.close[i]!),
        lots(walk.volume[i]!),
        true,
      ),
    );
  writer.close();
}
