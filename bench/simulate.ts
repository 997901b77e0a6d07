/**
 * How fast the btc-like market runs in virtual time, and what takes the time: `node bench/simulate.ts [MINUTES]`.
 *
 * Each line adds one thing to the line above, in the same process and on the same seed: the markets alone; the feed of every
 * instrument (books at 100 ms, trades, mark price, funding, candles: every message as text); a client that decodes them;
 * tape and raw frames on disk. Medians of interleaved rounds; making the world and its past is not counted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exchange } from '../src/exchange/exchange.ts';
import { DEFAULT_SCENARIO } from '../src/exchange/scenarios/scenario.ts';
import { SIMULATED_FROM, Simulation } from '../src/study/simulate.ts';
import { simulateToFiles } from '../src/study/simulation-files.ts';

const MINUTES = Number(process.argv[2] ?? 3);
const ROUNDS = 5;
const SEED = 7;
const until = SIMULATED_FROM + MINUTES * 60_000;
const scenario = DEFAULT_SCENARIO;
const symbols = scenario.instruments;

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

function simulated(event: boolean): number {
  const simulation = new Simulation({
    seed: SEED,
    scenario,
    symbols,
    feed: 'books',
    from: SIMULATED_FROM,
    ...(event && { event: () => undefined }),
  });
  simulation.begin();
  return timed(() => simulation.advance(until));
}

const ways: readonly (readonly [name: string, run: () => number | Promise<number>])[] = [
  [
    'markets alone',
    () => {
      const exchange = new Exchange(SEED, SIMULATED_FROM);
      return timed(() => exchange.advance(until));
    },
  ],
  ['+ feed', () => simulated(false)],
  ['+ client', () => simulated(true)],
  [
    '+ tape and frames on disk',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bench-'));
      try {
        const options = { seed: SEED, scenario, symbols, feed: 'books', from: SIMULATED_FROM } as const;
        const { speed } = await simulateToFiles(options, MINUTES, join(folder, 'out'));
        return (MINUTES * 60_000) / speed;
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  ],
];

const times = ways.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++)
  for (const [at, [, run]] of ways.entries()) times[at]!.push(await run());

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${MINUTES} min of ${symbols.join(', ')}, seed ${SEED}`,
);
let before = 0;
for (const [at, [name]] of ways.entries()) {
  const median = times[at]!.sort((one, other) => one - other)[ROUNDS >> 1]!;
  const perSecond = median / (MINUTES * 60);
  const more = (median - before) / (MINUTES * 60);
  console.log(
    `${name.padEnd(28)} ${perSecond.toFixed(2)} ms a second of market (${more >= 0 ? '+' : ''}${more.toFixed(2)}), ${(1000 / perSecond).toFixed(0)} × real time`,
  );
  before = median;
}
