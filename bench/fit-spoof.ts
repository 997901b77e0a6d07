/**
 * Fits the weights of the spoof detector: `npx node bench/fit-spoof.ts [--write] [--ablate] FOLDER…`. A folder holds a labelled
 * tape at the feed's 100 ms: `market.tape` and `labels.jsonl` of `hunter simulate` (seeds 1 to 999) or `hunter plant --every 100`.
 * `held:FOLDER` is kept out of the fit and shows what it is worth; `x:FOLDER` is played without its order counts, as a source
 * that does not tell them; `FOLDER=3` counts three times, `FOLDER=3:0.5` that and its spoofers half of it: for tapes planted
 * with twice the spoofers. `--write` puts the weights into src/core/brain/spoof/weights.ts.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../src/cli/table.ts';
import { FEATURE, FEATURES, type Feature, OF_THE_END } from '../src/core/brain/spoof/features.ts';
import { PATTERNS } from '../src/core/brain/spoof/weights.ts';
import { atBudget, averagePrecision, curveOf } from '../src/study/evaluate/precision-recall.ts';
import { type DescribedWall, readWalls } from '../src/study/spoof/described-walls.ts';
import { type Fitted, fitLogistic, fitTogether, type Sample } from '../src/study/spoof/logistic.ts';

const CONFIG = { halfLifeMs: 60_000, tellFrom: 0.01 };
const RIDGE = 3;
/** Of what patterns differ by: few of their walls are known, and what holds in one market alone is not to be believed. */
const RIDGE_OWN = 100;
const MODELS = [...PATTERNS, 'standing'] as const;
type Name = (typeof MODELS)[number];
/** Left out together: what each idea is worth. */
const GROUPS: Readonly<Record<string, readonly Feature[]>> = {
  'size against the market': ['large', 'peak', 'rare', 'tail', 'spread'],
  skew: ['skew'],
  distance: ['distance', 'touch', 'largerFar'],
  'share of its level': ['share'],
  life: ['life', 'longer', 'brief', 'briefRough', 'haste'],
  traded: ['traded', 'filled'],
  approach: ['approach', 'retreat', 'nearest'],
  'how it went': ['pulls', 'evenPulls', 'exact'],
  'other side': [
    'executed',
    'executedBefore',
    'passed',
    'outlasted',
    'executedRare',
    'passedRare',
    'gaveLate',
  ],
  'company on its side': ['beside', 'besideEqual', 'together', 'even'],
  'company across': ['across', 'acrossEqual', 'acrossBefore'],
  history: ['returns', 'moves', 'familiar'],
  'order counts': ['counted', 'single', 'orders'],
};

const options = process.argv.slice(2);
const flags = new Set(options.filter((each) => each.startsWith('--')));
const folders = options.filter((each) => !each.startsWith('--'));
if (folders.length === 0) throw new Error('name the folders of labelled tapes to fit on');

interface Tape {
  readonly folder: string;
  readonly family: string;
  readonly held: boolean;
  readonly weight: number;
  /** Of spoofers' walls. */
  readonly rarity: number;
  readonly hours: number;
  readonly spoofers: ReadonlyMap<string, string>;
  readonly walls: readonly DescribedWall[];
}

const tapes: Tape[] = folders.map((text) => {
  const held = text.startsWith('held:');
  const masked = text.replace('held:', '').startsWith('x:');
  const [folder = '', counts = '1'] = text.replace('held:', '').replace('x:', '').split('=');
  const [weight = 1, rarity = 1] = counts.split(':').map(Number);
  const read = readWalls(folder, CONFIG, !masked);
  process.stderr.write(`${folder}: ${read.walls.length} walls, ${read.spoofers.size} spoofers\n`);
  const parts = folder.split('/').filter((part) => part !== '');
  const family =
    (parts.at(-1)!.match(/^\d+$/) ? parts.at(-2)! : parts.at(-1)!.replace(/-\d+$/, '')) +
    (masked ? ' x' : '');
  return { folder, held, weight, rarity, family, ...read };
});

function fitAll(without: readonly Feature[]): Map<Name, Fitted> {
  const indices = (not: readonly Feature[]): number[] =>
    FEATURES.filter((f) => !without.includes(f) && !not.includes(f)).map((f) => FEATURE[f]);
  const fitted = new Map<Name, Fitted>(
    fitTogether(new Map(PATTERNS.map((name) => [name, sampleOf(name)])), indices([]), RIDGE, RIDGE_OWN),
  );
  return fitted.set('standing', fitLogistic(sampleOf('standing'), indices(OF_THE_END), RIDGE));
}

function sampleOf(name: Name): Sample {
  const rows = tapes.flatMap(({ held, weight, rarity, walls }) =>
    held
      ? []
      : walls
          .filter(({ pattern }) => pattern === name)
          .map((wall) => ({ wall, weight: weight * wall.count * (wall.spoofer === '' ? 1 : rarity) })),
  );
  const width = FEATURES.length;
  const values = new Float64Array(rows.length * width);
  rows.forEach(({ wall }, r) => {
    values.set(wall.features, r * width);
  });
  return {
    ...{ values, width, outcomes: Uint8Array.from(rows, ({ wall }) => (wall.spoofer === '' ? 0 : 1)) },
    weights: Float64Array.from(rows, ({ weight }) => weight),
  };
}

function likelihoodOf({ intercept, coefficients }: Fitted, features: Float32Array): number {
  let sum = intercept;
  for (let i = 0; i < features.length; i++) sum += coefficients[i]! * features[i]!;
  return 1 / (1 + Math.exp(-sum));
}

/** Alarms are the detector's own numbers of findings, scored by the most likely of their walls. */
function judge(chosen: readonly Tape[], models: Map<Name, Fitted>) {
  const alarms = new Map<string, { score: number; names: Set<string> }>();
  let hours = 0;
  let wanted = 0;
  for (const { folder, walls, spoofers, hours: long } of chosen) {
    hours += long;
    wanted += spoofers.size;
    for (const { features, pattern, market, finding, spoofer } of walls) {
      if (pattern === 'standing') continue;
      const key = `${market} ${finding}`;
      const alarm = alarms.get(key) ?? { score: 0, names: new Set<string>() };
      alarms.set(key, alarm);
      alarm.score = Math.max(alarm.score, likelihoodOf(models.get(pattern)!, features));
      if (spoofer !== '') alarm.names.add(`${folder} ${spoofer}`);
    }
  }
  const found = new Set<string>();
  const scored: { score: number; hit: boolean }[] = [];
  for (const { score, names } of [...alarms.values()].sort((a, b) => b.score - a.score)) {
    if (names.size === 0) scored.push({ score, hit: false });
    for (const name of names) {
      if (!found.has(name)) scored.push({ score, hit: true });
      found.add(name);
    }
  }
  const curve = curveOf(scored, wanted);
  const at = (perHour: number): string => {
    const point = atBudget(curve, hours, perHour);
    return point === null ? '—' : `${point.recall.toFixed(3)} (${point.threshold.toFixed(2)})`;
  };
  return { hours, wanted, area: averagePrecision(curve), at, most: found.size / wanted, curve };
}

/** Expected calibration error of the likelihoods of walls, ten buckets of equal width; of those told, too. */
function calibration(
  chosen: readonly Tape[],
  models: Map<Name, Fitted>,
  from: number,
): { error: number; rows: Record<string, string | number>[] } {
  const buckets = Array.from({ length: 10 }, () => ({ n: 0, said: 0, was: 0 }));
  let whole = 0;
  for (const { walls, weight } of chosen)
    for (const { features, pattern, spoofer } of walls) {
      if (pattern === 'standing') continue;
      const p = likelihoodOf(models.get(pattern)!, features);
      if (p < from) continue;
      const bucket = buckets[Math.min(9, Math.floor(p * 10))]!;
      bucket.n += weight;
      bucket.said += weight * p;
      bucket.was += spoofer === '' ? 0 : weight;
      whole += weight;
    }
  const error = buckets.reduce((sum, { said, was }) => sum + Math.abs(said - was) / whole, 0);
  const rows = buckets.map(({ n, said, was }) => ({
    walls: n,
    said: (said / n).toFixed(3),
    were: (was / n).toFixed(3),
  }));
  return { error, rows };
}

const families = [...new Set(tapes.map(({ family }) => family))];
function report(models: Map<Name, Fitted>): void {
  const rows: Record<string, string | number>[] = [];
  for (const held of [false, true])
    for (const family of families) {
      const chosen = tapes.filter((tape) => tape.held === held && tape.family === family);
      if (chosen.length === 0) continue;
      const { hours, wanted, area, at, most } = judge(chosen, models);
      rows.push({
        ...{
          set: held ? 'held' : 'fit',
          family,
          hours: hours.toFixed(1),
          spoofers: wanted,
          'PR-AUC': area.toFixed(3),
        },
        ...{ 'recall at 2/h': at(2), '12/h': at(12), '60/h': at(60), any: most.toFixed(3) },
      });
    }
  console.log(table(rows));
}

const models = fitAll([]);
for (const name of MODELS) {
  const { intercept, standardized, coefficients } = models.get(name)!;
  const order = FEATURES.map((f) => [f, coefficients[FEATURE[f]]!, standardized[FEATURE[f]]!] as const).sort(
    (a, b) => Math.abs(b[2]) - Math.abs(a[2]),
  );
  console.log(
    `\n${name}: ${intercept.toFixed(2)}; ${order.map(([f, c, s]) => `${f} ${c.toFixed(2)} (${s.toFixed(2)})`).join(', ')}`,
  );
}
console.log();
report(models);
for (const held of [false, true]) {
  const chosen = tapes.filter((tape) => tape.held === held);
  if (chosen.length === 0) continue;
  for (const from of [0, 0.05]) {
    const { error, rows } = calibration(chosen, models, from);
    console.log(
      `\ncalibration, ${held ? 'held out' : 'fitted on'}, likelihoods from ${from}: ECE ${error.toFixed(4)}`,
    );
    if (from > 0) console.log(table(rows));
  }
}
if (flags.has('--write')) {
  const shown = (name: Name): string => {
    const { intercept, coefficients } = models.get(name)!;
    const terms = FEATURES.filter((f) => Math.abs(coefficients[FEATURE[f]]!) >= 0.005).map(
      (f) => `    ${f}: ${coefficients[FEATURE[f]]!.toFixed(2)},\n`,
    );
    return `  ${name.includes(' ') ? `'${name}'` : name}: {\n    intercept: ${intercept.toFixed(3)},\n${terms.join('')}  },\n`;
  };
  const text = `import type { Weights } from './model.ts';

export const PATTERNS = ['wall', 'flicker', 'layering', 'slow pull'] as const;
export type Pattern = (typeof PATTERNS)[number];

/**
 * Written by \`bench/fit-spoof.ts\` on ${new Date().toISOString().slice(0, 10)}; not to be edited by hand. One logistic model a pattern, drawn to what all patterns share, and one for walls
 * that stand. Fitted on (\`x:\` played without order counts, \`=n\` counted n times, \`:p\` its spoofers p times that):
${listed(folders.filter((each) => !each.startsWith('held:')))}
 * Kept out to look at:
${listed(folders.filter((each) => each.startsWith('held:')).map((each) => each.replace('held:', '')))}
 */
export const SPOOF_WEIGHTS: Readonly<Record<Pattern | 'standing', Weights>> = {
${MODELS.map(shown).join('')}};
`;
  writeFileSync(join(import.meta.dirname, '../src/core/brain/spoof/weights.ts'), text);
}

if (flags.has('--ablate'))
  for (const [group, features] of Object.entries(GROUPS)) {
    console.log(`\nwithout ${group}`);
    report(fitAll(features));
  }
/** What was played, the last part but one of a folder's name, and the seeds of it, the last. */
function listed(texts: readonly string[]): string {
  const seeds = new Map<string, string[]>();
  for (const text of texts) {
    const [folder = '', counts] = text.replace('x:', '').split('=');
    const [played, seed = ''] = folder.split('/').slice(-2);
    const name = `${text.startsWith('x:') ? 'x:' : ''}${played}${counts === undefined ? '' : `=${counts}`}`;
    seeds.set(name, [...(seeds.get(name) ?? []), seed]);
  }
  return [...seeds].map(([name, list]) => ` * ${name}: ${list.join(' ')}`).join('\n');
}
