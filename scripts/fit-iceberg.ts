/**
 * Fits the weights of the iceberg detector and writes src/core/brain/iceberg/weights.ts:
 *
 *   node scripts/fit-iceberg.ts full=FOLDER … frames=FOLDER … uncounted=FOLDER …
 *
 * A folder holds market.tape and labels.jsonl, and is named after its seed, which is below 1000:
 * - full: `hunter simulate --feed books-l2-tbt`; frames: `hunter simulate`;
 * - uncounted: `hunter plant --rates iceberg_native=60 iceberg_sliced=60 iceberg_following=60 spoof_wall=5 spoof_layering=5
 *   spoof_flicker=5 spoof_slow_pull=5`, with `--every 100` and without, over recordings that do not count orders: Binance
 *   USDⓈ-M BTCUSDT of 2023-04-04/05 and ETHUSDT of 2024-07-18/19 (`hunter import binance-l2` of both days).
 * Which they were stands in the file that is written.
 */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FOLLOWING_FEATURES, STAYING_FEATURES } from '../src/core/brain/iceberg/model.ts';
import { ICEBERG_ALARM } from '../src/study/evaluate/iceberg.ts';
import {
  collect,
  fitLogistic,
  lifetimesOf,
  lifetimesSeen,
  noRows,
  type Row,
  type Rows,
} from '../src/study/evaluate/iceberg-fit.ts';
import { readLabels } from '../src/study/evaluate/labels.ts';
import { tapeSource } from '../src/study/evaluate/play.ts';

const RIDGE = 2;
/** The icebergs known before count as so many of the market's own. */
const PRIOR_ICEBERGS = 50;

const rows: Record<'full' | 'frames' | 'uncounted', Rows> = {
  full: noRows(),
  frames: noRows(),
  uncounted: noRows(),
};
const sources: Record<'full' | 'frames' | 'uncounted', string[]> = { full: [], frames: [], uncounted: [] };
for (const argument of process.argv.slice(2)) {
  const [kind, folder] = argument.split('=') as ['full' | 'frames' | 'uncounted', string];
  const seed = Number(basename(folder));
  if (!(seed < 1000))
    throw new Error(`${folder}: named after no seed below 1000; those above are kept for grading`);
  const source = tapeSource(join(folder, 'market.tape'));
  const labels = readLabels(join(folder, 'labels.jsonl'), source.instruments);
  collect(source, () => labels, rows[kind]);
  sources[kind].push(`${basename(dirname(folder))} ${seed}`);
}

const KINDS = ['full', 'frames', 'uncounted'] as const;
const PATTERNS = ['staying', 'following'] as const;
const fitted = Object.fromEntries(
  KINDS.map((kind) => [
    kind,
    Object.fromEntries(PATTERNS.map((pattern) => [pattern, fitLogistic(rows[kind][pattern], RIDGE)])),
  ]),
) as Record<(typeof KINDS)[number], Record<(typeof PATTERNS)[number], number[]>>;

const listed = (names: readonly string[], weights: readonly number[]): string =>
  names.map((name, i) => `      ${Number(weights[i]!.toFixed(3))}, // ${name}\n`).join('');
const set = (kind: (typeof KINDS)[number]): string => {
  const of = (some: readonly Row[]) =>
    `${some.filter((row) => row.true).length} of ${some.length} links true`;
  return `  ${kind}: {
    // ${of(rows[kind].staying)}
    staying: [
${listed(STAYING_FEATURES, fitted[kind].staying)}    ],
    // ${of(rows[kind].following)}
    following: [
${listed(FOLLOWING_FEATURES, fitted[kind].following)}    ],
  },
`;
};
const { reached, ended } = lifetimesOf(
  (['full', 'frames'] as const).flatMap((kind) =>
    PATTERNS.flatMap((pattern) => lifetimesSeen(rows[kind][pattern], fitted[kind][pattern], ICEBERG_ALARM)),
  ),
  PRIOR_ICEBERGS,
);
writeFileSync(
  new URL('../src/core/brain/iceberg/weights.ts', import.meta.url),
  `import type { Lifetimes } from './remainder.ts';

/*
 * Written by scripts/fit-iceberg.ts. Logistic regression, ridge ${RIDGE}, on every link of every chain:
${Object.entries(sources)
  .map(([kind, each]) => ` * - ${kind}: ${each.join(', ')}`)
  .join('\n')}
 */

/** What a likelihood is made of, for one kind of feed. */
export interface Weights {
  readonly staying: readonly number[];
  readonly following: readonly number[];
}

/** By kind of feed: orders counted and every change told; orders counted, ten frames a second; orders not counted. */
export const WEIGHTS: Readonly<Record<'full' | 'frames' | 'uncounted', Weights>> = {
${set('full')}${set('frames')}${set('uncounted')}};

/** Orders of the simulated markets' icebergs from when each was found, as far as they were seen, as ${PRIOR_ICEBERGS} icebergs. */
export const LIFETIMES: Lifetimes = {
  reached: [${reached.map((each) => Number(each.toFixed(2))).join(', ')}],
  ended: [${ended.map((each) => Number(each.toFixed(3))).join(', ')}],
};
`,
);
