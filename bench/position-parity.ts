/**
 * Does our account say what the exchange says? `node bench/position-parity.ts [runs] [first seed]`: ten thousand seeded runs
 * of users who do what comes to their minds (see bench/conservation.ts), each with one margin mode in each market. What the
 * exchange tells on its private channels and in its bills goes through our own codec into our own account; after every tenth
 * action each figure of each position, each balance and each position that ended is compared with the exchange's rows. Ends
 * with 1 and names the seed where one differs.
 */
import { emptyTally } from '../src/exchange/testing/random-accounts.ts';
import { emptyComparison, playParity } from '../src/run/testing/position-parity.ts';

const runs = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 1);
const compared = emptyComparison();
const tally = emptyTally();
const from = performance.now();
for (let seed = first; seed < first + runs; seed++) playParity(seed, compared, tally);
const seconds = (performance.now() - from) / 1000;
console.log(`${runs} runs, every figure equal (${seconds.toFixed(1)} s); compared:`);
for (const [what, count] of Object.entries(compared)) console.log(`  ${what}: ${count}`);
console.log('in the runs:');
for (const [what, count] of Object.entries(tally)) console.log(`  ${what}: ${count}`);
