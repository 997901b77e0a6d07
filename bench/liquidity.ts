/**
 * Liquidity withdrawn: the detector against the deviation of the best five levels' depth, on tapes over which withdrawals are
 * laid at known times (`src/study/evaluate/thinned.ts`).
 *
 *     npx node bench/liquidity.ts [--seed S,S,…] [--over SECONDS] [--breadth SHARE] TAPE…
 *
 * Every 20 s on average, one side loses 30, 50 or 80 % of its best 20 levels for 5 s. Asked of each second: is a withdrawal of
 * the bids (of the asks) beginning in it? AUC, recall at 12 false alarms an hour and delay. `--over`: levels go one by one within
 * so long; `--breadth`: only so many of them. A short tape is played once for each seed, with withdrawals at other times.
 */
import { parseArgs } from 'node:util';
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { ASK, BID, type BookSide } from '../src/core/book/frame.ts';
import { DecayingMoments } from '../src/core/brain/measures/decay.ts';
import { Random } from '../src/exchange/random.ts';
import { play, tapeSource } from '../src/study/evaluate/play.ts';
import { thinned, type Withdrawal } from '../src/study/evaluate/thinned.ts';
import { readTape } from '../src/tape/reader.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    over: { type: 'string', default: '0' },
    breadth: { type: 'string', default: '1' },
  },
});
const config = brainConfig(loadSettings(undefined).brain);
const { halfLifeMs } = config.liquidity;
const SHARES = [0.3, 0.5, 0.8];
const LASTS_US = 5_000_000;
/** A score within so long of the beginning finds it. */
const WITHIN_US = 1_000_000;
const BUDGET = 12;
const SETTLED_US = 60_000_000;

interface Looked {
  readonly at: number;
  /** By side: the detector, and the rival. */
  readonly own: readonly [number, number];
  readonly rival: readonly [number, number];
}

function schedule(
  path: string,
  symbol: string,
  random: Random,
): { plan: Withdrawal[]; from: number; to: number } {
  const tape = readTape(path);
  const index = tape.instruments.findIndex(({ instId }) => instId === symbol);
  let [from, to] = [0, 0];
  for (let event = tape.next(); event !== null; event = tape.next()) {
    if (event.instrument !== index) continue;
    if (from === 0) from = event.at;
    to = event.at;
  }
  tape.close();
  const plan: Withdrawal[] = [];
  for (let at = from + SETTLED_US; ; ) {
    at += LASTS_US * 2 + random.exponential(10_000_000);
    if (at + LASTS_US > to) break;
    plan.push({
      side: random.chance(0.5) ? BID : ASK,
      from: at,
      to: at + LASTS_US,
      share: SHARES[random.below(SHARES.length)]!,
      levels: 20,
      overUs: Number(values.over) * 1e6,
      breadth: Number(values.breadth),
    });
  }
  return { plan, from: from + SETTLED_US, to };
}

/** Best score in each second and side, and whether a withdrawal began there. */
interface Cell {
  readonly score: number;
  readonly share: number;
  readonly delayMs: number;
}

const cells = { own: [] as Cell[], rival: [] as Cell[] };
let hours = 0;
for (const path of positionals) {
  const reader = readTape(path);
  const symbols = reader.instruments.map(({ instId }) => instId);
  reader.close();
  for (const symbol of symbols)
    for (const seed of values.seed.split(',')) {
      const { plan, from, to } = schedule(path, symbol, new Random(Number(seed), symbols.indexOf(symbol)));
      if (plan.length === 0) continue;
      hours += (2 * (to - from)) / 3.6e9;
      const looked: Looked[] = [];
      const depth = [new DecayingMoments(halfLifeMs * 1000), new DecayingMoments(halfLifeMs * 1000)];
      play(thinned(tapeSource(path, [symbol]), plan), config, () => [
        {
          frame: ({ liquidity }, book, at) => {
            const rival = ([BID, ASK] as const).map((side) => {
              const usual = depth[side]!;
              const now = book.depth(side, 5);
              const z = usual.deviation > 0 ? (usual.mean - now) / usual.deviation : 0;
              usual.set(now, at);
              return z;
            });
            looked.push({
              at,
              own: [liquidity.bids.withdrawalZ, liquidity.asks.withdrawalZ],
              rival: [rival[0]!, rival[1]!],
            });
          },
        },
      ]);
      for (const name of ['own', 'rival'] as const)
        for (const side of [BID, ASK] as const) cells[name].push(...cellsOf(looked, name, side, plan, from));
    }
}

function cellsOf(
  looked: readonly Looked[],
  name: 'own' | 'rival',
  side: BookSide,
  plan: readonly Withdrawal[],
  from: number,
): Cell[] {
  const mine = plan.filter((each) => each.side === side);
  const found = new Map<number, { score: number; share: number; delayMs: number }>();
  let next = 0;
  for (const look of looked) {
    if (look.at < from) continue;
    while (next < mine.length && look.at >= mine[next]!.to + LASTS_US) next++;
    const planted = mine[next];
    const score = look[name][side];
    const inside = planted !== undefined && look.at >= planted.from && look.at < planted.from + WITHIN_US;
    // what follows a withdrawal, and its return, is neither
    if (!inside && planted !== undefined && look.at >= planted.from) continue;
    const key = inside ? -next - 1 : Math.floor(look.at / WITHIN_US);
    const cell = found.get(key) ?? {
      ...{ score: Number.NEGATIVE_INFINITY, delayMs: 0 },
      share: inside ? planted.share : 0,
    };
    if (score > cell.score) {
      cell.score = score;
      cell.delayMs = inside ? (look.at - planted.from) / 1000 : 0;
    }
    found.set(key, cell);
  }
  return [...found.values()];
}

/** Probability that a planted second scores above an ordinary one. */
function area(positive: readonly Cell[], negative: readonly Cell[]): number {
  const sorted = negative.map(({ score }) => score).sort((a, b) => a - b);
  let sum = 0;
  for (const { score } of positive) {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < score) low = middle + 1;
      else high = middle;
    }
    let equal = low;
    while (equal < sorted.length && sorted[equal] === score) equal++;
    sum += (low + equal) / 2 / sorted.length;
  }
  return sum / positive.length;
}

console.log(
  `${hours.toFixed(2)} side-hours, ${cells.own.filter(({ share }) => share > 0).length} withdrawals, one in ${(cells.own.length / cells.own.filter(({ share }) => share > 0).length).toFixed(0)} seconds`,
);
for (const name of ['own', 'rival'] as const) {
  const negative = cells[name].filter(({ share }) => share === 0);
  const scores = negative.map(({ score }) => score).sort((a, b) => b - a);
  const threshold = scores[Math.min(scores.length - 1, Math.floor(BUDGET * hours))]!;
  for (const share of SHARES) {
    const positive = cells[name].filter((cell) => cell.share === share);
    const caught = positive.filter(({ score }) => score > threshold);
    const delays = caught.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
    console.log(
      `${name === 'own' ? 'withdrawal   ' : 'depth of five'} ${share * 100} % gone: AUC ${area(positive, negative).toFixed(3)}, recall ${((100 * caught.length) / positive.length).toFixed(0)} % of ${positive.length} at ${BUDGET} false alarms a side-hour (z > ${threshold.toFixed(1)}), median delay ${delays.length > 0 ? delays[delays.length >> 1]! : '–'} ms`,
    );
  }
}
