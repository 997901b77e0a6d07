/**
 * Whether price turns at the clusters of resting size that row T4 hides its stop behind: `npx node bench/levels.ts` prints the
 * table of docs/exits.md, from real recorded books with the rule of the default settings.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineConfig } from '../src/config/engine.ts';
import { parseSettings } from '../src/config/load.ts';
import { NOT_REACHED, shareBroken, watchLevels } from '../src/study/exits/levels-hold.ts';
import { pairedInterval } from '../src/study/statistics/bootstrap.ts';
import { importBinance } from '../src/tape/import-binance.ts';

const BOOKS = new URL('../../shared/data/binance-l2-raw/', import.meta.url).pathname;
/** A minute of looks, two sides each, is resampled together. */
const OPTIONS = { resamples: 2000, block: 24, level: 0.95, seed: 20_261_122 };
/** Fewer say nothing. */
const REACHED_MIN = 20;

const rule = engineConfig(parseSettings('', 'defaults'), 'bench').exits;
const names = existsSync(BOOKS) ? readdirSync(BOOKS).filter((name) => name.endsWith('.gz')) : [];
if (names.length === 0) console.log(`no recorded books: ${BOOKS} is not there`);
else {
  console.log(
    '| recording | seconds | pairs | reached | levels broken | controls broken | difference, points |',
  );
  console.log('|---|---|---|---|---|---|---|');
  const levels: number[] = [];
  const controls: number[] = [];
  // the files of consecutive days are one recording
  for (const [name, files] of Map.groupBy(names.sort(), (file) => file.replace(/\d\d\.gz$/, ''))) {
    const folder = mkdtempSync(join(tmpdir(), 'levels-'));
    try {
      const tape = join(folder, 'tape');
      await importBinance(
        files.map((file) => join(BOOKS, file)),
        tape,
      );
      const seen = watchLevels(tape, rule);
      levels.push(...seen.levels);
      controls.push(...seen.controls);
      tell(name, seen.seconds.toFixed(0), seen.levels, seen.controls);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  tell('all', '', levels, controls);
}

function tell(name: string, seconds: string, level: ArrayLike<number>, control: ArrayLike<number>): void {
  const reached = (list: ArrayLike<number>): number =>
    Array.from(list).filter((each) => each !== NOT_REACHED).length;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const broken = (list: ArrayLike<number>): string =>
    reached(list) < REACHED_MIN ? '' : percent(shareBroken(Float64Array.from(list)));
  const points = (share: number): string =>
    `${share > 0 ? '+' : ''}${(100 * share).toFixed(0)}`.replace('-', '−');
  const { estimate, low, high } = pairedInterval(level, control, shareBroken, OPTIONS);
  const difference =
    Math.min(reached(level), reached(control)) < REACHED_MIN
      ? 'too few'
      : `${points(estimate)} [${points(low)}, ${points(high)}]`;
  console.log(
    `| ${[name, seconds, level.length, `${reached(level)} / ${reached(control)}`, broken(level), broken(control), difference].join(' | ')} |`,
  );
}
