/**
 * How often does the 95 % interval of Kyle's lambda hold the true one, in markets of which it is known? Each kind is played
 * through book and trades `runs` times.
 *
 *     node bench/lambda.ts [runs] [seed]
 */
import { coverage, MARKET_KINDS } from '../src/study/evaluate/known-lambda.ts';

const runs = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1_000_000);
const lambda = 0.3;
console.log(`${runs} runs of each kind, lambda ${lambda} ticks a lot, seeds from ${seed}; 95 % wanted`);
for (const kind of MARKET_KINDS) {
  const share = coverage(kind, lambda, runs, seed);
  const deviation = Math.sqrt((share * (1 - share)) / runs);
  console.log(`${(100 * share).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %  ${kind.name}`);
}
