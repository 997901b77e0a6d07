/**
 * Computes the figures of the real recordings that the realism card compares with: `npx node scripts/measure-recordings.ts`. The
 * recordings lie beside the clone, in ../shared/data; only the numbers are kept here.
 */
import { writeFileSync } from 'node:fs';
import { measureRecordings, RECORDINGS_FOLDER } from '../src/study/facts/recordings.ts';

const measured = await measureRecordings(RECORDINGS_FOLDER);
writeFileSync(
  new URL('../src/study/facts/recordings.json', import.meta.url),
  `${JSON.stringify(measured, null, 2)}\n`,
);
for (const { name, seconds, figures } of measured)
  console.log(`${name}: ${Object.keys(figures).length} figures from ${seconds} s`);
