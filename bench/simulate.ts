/**
 * How fast the btc-like market runs in virtual time, and what takes the time: `npx node bench/simulate.ts [MINUTES]`.
 *
 * Each line adds one thing to the line above, in the same process and on the same seed: the markets alone; the feed of every
 * instrument (books at 100 ms, trades, mark price, funding, candles: every message as text); a client that decodes them;
 * tape and raw frames on disk. Medians of interleaved rounds; making the world and its past is not counted.
 *
 * By the clock, and by the processor's time of all threads, which says what it would be on a machine that does nothing else.
 * What takes the time: `npx node --cpu-prof bench/simulate.ts 2`.
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

/** Milliseconds. */
interface Time {
  readonly clock: number;
  readonly processor: number;
}

function timed(work: () => void): Time {
  const from = performance.now();
  const before = process.cpuUsage();
  work();
  return { clock: performance.now() - from, processor: processorMs(before) };
}

function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function simulated(event: boolean): Time {
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

const ways: readonly (readonly [name: string, run: () => Time | Promise<Time>])[] = [
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
        // its own figure leaves out the making of the world, which is measured here beside it
        const making = timed(() => new Simulation(options));
        const before = process.cpuUsage();
        const { speed } = await simulateToFiles(options, MINUTES, join(folder, 'out'));
        return {
          clock: (MINUTES * 60_000) / speed,
          processor: processorMs(before) - making.processor,
        };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  ],
];

const times = ways.map((): Time[] => []);
for (let round = 0; round < ROUNDS; round++)
  for (const [at, [, run]] of ways.entries()) times[at]!.push(await run());

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${MINUTES} min of ${symbols.join(', ')}, seed ${SEED}`,
);
const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;
const perSecond = (milliseconds: number): string => (milliseconds / (MINUTES * 60)).toFixed(2);
const speed = (milliseconds: number): string => ((MINUTES * 60_000) / milliseconds).toFixed(0);
let before = 0;
for (const [at, [name]] of ways.entries()) {
  const clock = median(times[at]!.map((time) => time.clock));
  const processor = median(times[at]!.map((time) => time.processor));
  const more = processor - before;
  console.log(
    `${name.padEnd(28)} clock ${perSecond(clock)} ms a second of market, ${speed(clock)} × real time; processor ${perSecond(processor)} ms (${more >= 0 ? '+' : ''}${perSecond(more)}), ${speed(processor)} ×`,
  );
  before = processor;
}
