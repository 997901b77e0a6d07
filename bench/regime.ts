/**
 * What the regime detector as fitted is worth: `npx node bench/regime.ts [--seeds 1000-1007] [--scenario regimes] [--keep FOLDER]`.
 * Hours of the simulated market; beside it the rival, the same without candles from before, the probabilities' calibration, what
 * the first minutes cost, and what is known a while later (fixed lag), which says how much of what is missing is delay alone.
 */
import { parseArgs } from 'node:util';
import { REGIMES } from '../src/core/brain/regime/model.ts';
import { REGIME_MODEL } from '../src/core/brain/regime/weights.ts';
import { type RegimeWords, scoreOf } from '../src/study/evaluate/regime-truth.ts';
import { ADX_ATR } from '../src/study/evaluate/rivals/adx-atr.ts';
import { recordHour, seedsOf } from '../src/study/regime/hours.ts';
import { read, readAdx, told } from '../src/study/regime/words.ts';

const SYMBOLS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000-1007' },
    scenario: { type: 'string', default: 'regimes' },
    keep: { type: 'string' },
  },
});
console.log(`model: ${REGIME_MODEL.fittedOn}; graded: ${values.scenario}, seeds ${values.seeds}`);
const markets = seedsOf(values.seeds).flatMap((seed) =>
  recordHour(values.scenario, seed, SYMBOLS, values.keep ?? null),
);

/** The words of seconds `from` to `to` of each market alone. */
const between = (all: readonly RegimeWords[], from: number, to: number): RegimeWords[] =>
  all.map((words) => ({
    ...words,
    said: words.said.map((word, s) => (s >= from && s < to ? word : -1)),
  }));
/** Each second's word is the one said `lag` seconds later. */
const later = (all: readonly RegimeWords[], lag: number): RegimeWords[] =>
  all.map((words) => ({ ...words, said: [...words.said.slice(lag), ...new Array<number>(lag).fill(-1)] }));

/** Delays mean nothing where words were left out or moved. */
const accuracy = (name: string, words: readonly RegimeWords[]): string =>
  `  ${name}: balanced ${scoreOf(words).balanced.toFixed(3)}`;

for (const symbol of [...SYMBOLS, 'both']) {
  const own = markets.filter(({ instrument }) => symbol === 'both' || instrument === symbol);
  const words = own.map((market) => read(market, REGIME_MODEL));
  console.log(told(symbol, words));
  console.log(
    told(
      '  ADX and ATR',
      own.map((market) => readAdx(market, ADX_ATR)),
    ),
  );
  console.log(
    told(
      '  from what was seen alone',
      own.map((market) => read(market, REGIME_MODEL, false)),
    ),
  );
  if (symbol === 'both') continue;
  REGIME_MODEL.horizons.slice(0, -1).forEach((horizon, h) => {
    const model = { ...REGIME_MODEL, horizons: [horizon], withPast: [REGIME_MODEL.withPast[h]!] };
    console.log(
      told(
        `  memory of ${horizon.name}`,
        own.map((market) => read(market, model)),
      ),
    );
  });
  for (const [from, to] of [
    [300, 1200],
    [1200, 2400],
    [2400, 3600],
  ] as const)
    console.log(accuracy(`minutes ${from / 60} to ${to / 60}`, between(words, from, to)));
  for (const lag of [30, 60, 120]) console.log(accuracy(`known ${lag} s later`, later(words, lag)));
  const pairs = words.flatMap(({ said, truth, probabilities }) =>
    said.flatMap((word, s) =>
      word >= 0 && truth[s]! >= 0
        ? [[probabilities[s * REGIMES.length + word]!, word === truth[s] ? 1 : 0] as const]
        : [],
    ),
  );
  pairs.sort((a, b) => a[0] - b[0]);
  let error = 0;
  const buckets = Array.from({ length: 10 }, (_, b) => {
    const bucket = pairs.slice((b * pairs.length) / 10, ((b + 1) * pairs.length) / 10);
    const mean = (which: 0 | 1): number => bucket.reduce((sum, pair) => sum + pair[which], 0) / bucket.length;
    error += (bucket.length / pairs.length) * Math.abs(mean(0) - mean(1));
    return `${mean(0).toFixed(2)}→${mean(1).toFixed(2)}`;
  });
  console.log(`  calibration error ${error.toFixed(3)}: said→so ${buckets.join(' ')}`);
}
