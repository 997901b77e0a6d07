/**
 * Is money conserved? `npx node bench/conservation.ts [runs]`: a thousand seeded runs of users who do what comes to their
 * minds on a shaken market, every one in hedge or net mode, cross and isolated, linear and inverse, with liquidations,
 * funding and algos. After every tenth action the sum of all accounts, fees, house and insurance fund has to be what was
 * put in, to the last digit. Ends with 1 and names the seed where it is not.
 */
import { emptyTally, playRandomly } from '../src/exchange/testing/random-accounts.ts';

const runs = Number(process.argv[2] ?? 1000);
const tally = emptyTally();
const from = performance.now();
for (let seed = 1; seed <= runs; seed++) playRandomly(seed, tally);
const seconds = (performance.now() - from) / 1000;
console.log(`${runs} runs, money conserved in all of them (${seconds.toFixed(1)} s)`);
for (const [what, count] of Object.entries(tally)) console.log(`  ${what}: ${count}`);
