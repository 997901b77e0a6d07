/** Prints the settings that give the paper venue the latencies of a tape: `npx node scripts/measure-latency.ts TAPE`. */
import { measureLatency } from '../src/tape/latency.ts';

const [tape] = process.argv.slice(2);
if (tape === undefined) {
  console.error('usage: npx node scripts/measure-latency.ts TAPE');
  process.exit(2);
}
const { messages, quantilesMs } = measureLatency(tape);
console.log(`# delays of ${messages} messages of ${tape} above the quickest of their minutes, ms
paper:
  latency: measured
  latency_quantiles_ms: [${quantilesMs.join(', ')}]`);
