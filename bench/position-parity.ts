/**
 * Does our account say what the exchange says? `npx node bench/position-parity.ts [runs] [first seed]`: ten thousand seeded
 * runs of users who do what comes to their minds (see bench/conservation.ts), each with one margin mode in each market.
 * What the exchange tells on its private channels and in its bills goes through our own codec into our own account; after
 * every tenth action each figure of each position, each balance and each position that ended is compared with the
 * exchange's rows. Ends with 1 and names the seed where one differs. How far it is stands on stderr.
 */
import { emptyTally } from '../src/exchange/testing/random-accounts.ts';
import { emptyComparison, playParity } from '../src/run/testing/position-parity.ts';

const runs = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 1);
const compared = emptyComparison();
const tally = emptyTally();
const from = performance.now();
const elapsed = (): number => (performance.now() - from) / 1000;
const TOLD_EVERY_S = 5;
let told = 0;
for (let seed = first; seed < first + runs; seed++) {
  playParity(seed, compared, tally);
  if (elapsed() - told < TOLD_EVERY_S) continue;
  told = elapsed();
  console.error(`${seed - first + 1} of ${runs} runs, ${told.toFixed(0)} s`);
}
const seconds = elapsed();
console.log(`${runs} runs, every figure equal (${seconds.toFixed(1)} s); compared:`);
for (const [what, count] of Object.entries(compared)) console.log(`  ${what}: ${count}`);
console.log('in the runs:');
for (const [what, count] of Object.entries(tally)) console.log(`  ${what}: ${count}`);
