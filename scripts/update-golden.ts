/** Writes the expected text of the golden tape anew: `npx node scripts/update-golden.ts`, then read the diff. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replayAsText } from '../golden/replay.ts';

const path = (name: string): string => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
writeFileSync(path('embedded.txt'), replayAsText(path('embedded.tape')));
