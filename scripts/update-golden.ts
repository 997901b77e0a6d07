/**
 * Writes anew what is held against the golden tape: the expected text, and what each feature says of it (models fitted on other
 * words are not calibrated from then on). `npx node scripts/update-golden.ts`, then read the diff.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replayAsText } from '../golden/replay.ts';
import { readingsModule, readingsOf } from '../src/study/fusion/readings.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
writeFileSync(path('golden/embedded.txt'), replayAsText(path('golden/embedded.tape')));
writeFileSync(path('src/core/brain/fusion/readings.ts'), readingsModule(readingsOf()));
