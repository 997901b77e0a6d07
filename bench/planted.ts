/**
 * How well the detectors find what is planted over real recordings, at the 100 ms of OKX's `books` and at the recordings' own
 * pace: `npx node bench/planted.ts [tune | report] [FIRST SEED] [LAST SEED]`. `tune` (seeds 1 to 5) are the recordings to look
 * at while building, `report` (seeds 1000 to 1004) those that nothing was fitted on. Needs ../shared/data.
 *
 * The rivals are the rules that bots ship. False alarms are all alarms that meet no planted case of their kind: on real
 * flow nobody knows whether some of them are right. docs/planted.md says what is planted and what stays unreal about it.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../src/cli/table.ts';
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { gradeIceberg } from '../src/study/evaluate/iceberg.ts';
import { readLabels } from '../src/study/evaluate/labels.ts';
import { play, tapeSource } from '../src/study/evaluate/play.ts';
import type { Grader, GradingContext, Section } from '../src/study/evaluate/section.ts';
import { gradeSpoof } from '../src/study/evaluate/spoof.ts';
import { shown } from '../src/study/evaluate/text.ts';
import { type InstrumentReport, plantToFiles } from '../src/study/plant/plant-files.ts';
import { importBinance } from '../src/tape/import-binance.ts';

const DATA = join(import.meta.dirname, '../../shared/data/binance-l2-raw');
const SETS: Record<
  'tune' | 'report',
  { seeds: readonly [number, number]; recordings: Readonly<Record<string, readonly string[]>> }
> = {
  tune: {
    seeds: [1, 5],
    recordings: {
      'USDT-M BTCUSDT 2023-04-04/05': ['usdm_btcusdt_20230404', 'usdm_btcusdt_20230405'],
      'USDT-M ETHUSDT 2024-07-18/19': ['usdm_ethusdt_20240718', 'usdm_ethusdt_20240719'],
    },
  },
  report: {
    seeds: [1000, 1004],
    recordings: {
      'USDT-M BTCUSDT 2024-08-08': ['usdm_btcusdt_20240808'],
      'spot BTCUSDT 2024-08-08/09': ['spot_btcusdt_20240808', 'spot_btcusdt_20240809'],
      'COIN-M BTCUSD 2024-08-08/09': ['cm_btcusd_perp_20240808', 'cm_btcusd_perp_20240809'],
    },
  },
};
/** 0: as recorded, a message every 10 (COIN-M), 33 to 50 (USDT-M) or 100 ms (spot). */
const FEEDS_MS = [100, 0];

const [which = 'tune', ...seedTexts] = process.argv.slice(2);
if (which !== 'tune' && which !== 'report') throw new Error('say tune or report');
const { seeds, recordings } = SETS[which];
const [first = seeds[0], last = seeds[1]] = seedTexts.map(Number);
if (!existsSync(DATA)) throw new Error(`${DATA} is not there: nothing real to plant over`);

const settings = loadSettings(undefined);
const brain = brainConfig(settings.brain);
/** The findings' graders need none of it. */
const context: GradingContext = {
  ...{ feesBp: 0, barriers: { unit: 'bp', target: 1, stop: 1, limitMs: 1000 } },
  ...{ barMs: 60_000, atrPeriod: settings.market.atr_period, seed: 1 },
};
const graders = (): Grader[] => [gradeSpoof, gradeIceberg].map((make) => make(context));

const folder = mkdtempSync(join(tmpdir(), 'planted-'));
try {
  for (const everyMs of FEEDS_MS) {
    console.log(
      `\n${everyMs === 0 ? 'books as recorded' : `books every ${everyMs} ms`}, seeds ${first} to ${last}`,
    );
    const pooled = graders();
    const rows: Row[] = [];
    const planted: { recording: string; report: InstrumentReport }[] = [];
    for (const [recording, files] of Object.entries(recordings)) {
      const tape = join(folder, `${files[0]}.tape`);
      if (!existsSync(tape))
        await importBinance(
          files.map((file) => join(DATA, `${file}.gz`)),
          tape,
        );
      const own = graders();
      for (let seed = first; seed <= last; seed++) {
        const out = join(folder, `${files[0]}-${everyMs}-${seed}`);
        const report = plantToFiles(tape, { seed, everyMs }, out).instruments[0]!;
        planted.push({ recording, report });
        const source = tapeSource(join(out, 'market.tape'));
        const labels = readLabels(join(out, 'labels.jsonl'), source.instruments);
        const all = [...own, ...pooled];
        const played = play(source, brain, (instrument, book) =>
          all.flatMap((grader) => grader.watch(instrument, book)),
        );
        for (const grader of all) grader.played(played, [labels]);
        rmSync(out, { recursive: true });
      }
      rows.push(...own.flatMap((grader) => rowsOf(recording, grader.section())));
    }
    const sections = pooled.map((grader) => grader.section());
    rows.push(...sections.flatMap((section) => rowsOf('all', section)));
    console.log(table(Object.keys(recordings).map((recording) => rarity(recording, planted))));
    console.log(`\n${table(rows)}`);
    for (const section of sections)
      for (const { title, columns, rows: cells } of section?.tables ?? [])
        console.log(
          `\n${section!.name}: ${title}\n${table(
            cells.map((row) => Object.fromEntries(columns.map((column, i) => [column, cell(row[i])]))),
          )}`,
        );
  }
  console.log(
    '\nIntervals: five-minute stretches drawn anew. All seeds have the same background, which makes them narrower than they are.',
  );
} finally {
  rmSync(folder, { recursive: true });
}

type Row = Record<string, string | number>;

/** How rare what is planted is on a recording. */
function rarity(recording: string, planted: readonly { recording: string; report: InstrumentReport }[]): Row {
  const own = planted.filter((each) => each.recording === recording).map(({ report }) => report);
  const sum = (of: (report: InstrumentReport) => number): number =>
    own.reduce((total, report) => total + of(report), 0);
  const cases = (kind: string): number =>
    sum((report) =>
      Object.entries(report.cases).reduce(
        (total, [name, { placed }]) => (name.startsWith(kind) ? total + placed : total),
        0,
      ),
    );
  const mean = (of: (report: InstrumentReport) => number): string =>
    `${((100 * sum(of)) / own.length).toFixed(2)} %`;
  return {
    recording,
    minutes: (sum(({ seconds }) => seconds) / 60).toFixed(0),
    spoofers: cases('spoof'),
    icebergs: cases('iceberg'),
    'look-alikes': cases('honest') + cases('requoting'),
    'spoofers among large rises': mean(({ caseRate }) => caseRate),
    'decoys among them': mean(({ baseRate }) => baseRate),
    'volume planted': mean(({ addedVolume }) => addedVolume),
  };
}

/** A detector's figures and its rival's. */
function rowsOf(recording: string, section: Section | null): Row[] {
  if (section === null) return [];
  const figure = (name: string) => section.figures.find((each) => each.name === name);
  const area = figure('PR-AUC');
  const recall = figure('recall at 12 false alarms an hour');
  if (area === undefined || recall === undefined) return [];
  const rival = area.rivals[0];
  const ratio =
    area.figure.value !== null && rival?.figure.value ? area.figure.value / rival.figure.value : null;
  return [
    {
      recording,
      detector: section.name,
      'PR-AUC': shown(area.figure, ''),
      rival: rival?.name ?? '',
      'its PR-AUC': rival === undefined ? '' : shown(rival.figure, ''),
      ratio: ratio === null ? '—' : ratio.toFixed(1),
      'recall at 12/h': shown(recall.figure, 'share'),
      'its recall': recall.rivals[0] === undefined ? '' : shown(recall.rivals[0].figure, 'share'),
    },
  ];
}

function cell(value: Section['tables'][number]['rows'][number][number] | undefined): string | number {
  if (value === null || value === undefined) return '—';
  if (typeof value === 'object') return shown(value, '');
  return typeof value === 'number' ? Number(value.toPrecision(3)) : value;
}
