/**
 * How well the detectors find what is planted over real recordings, at the 100 ms of OKX's `books` and at the recordings' own
 * pace: `npx node bench/planted.ts [tune | report] [FIRST SEED] [LAST SEED]`. `tune` (seeds 1 to 5) are the recordings to look
 * at while building, `report` (seeds 1000 to 1004, or those asked for) those that nothing was fitted on. Needs ../shared/data.
 *
 * The rivals are the rules that bots ship. False alarms are those on the unlabelled background: nobody knows whether some of
 * them are right. Alarms at what else was planted are told apart: the last columns count those at look-alikes as false, too. docs/planted.md says what is planted and what stays unreal about it.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../src/cli/table.ts';
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import type { OrderBook } from '../src/core/book/order-book.ts';
import type { Detector } from '../src/core/brain/detector.ts';
import type { Finding, FindingSink } from '../src/core/brain/finding.ts';
import type { LabelKind } from '../src/exchange/scenarios/label.ts';
import type { Figure } from '../src/study/evaluate/figures.ts';
import { Findings } from '../src/study/evaluate/findings.ts';
import { grade } from '../src/study/evaluate/grade.ts';
import { ICEBERG_ALARM, ICEBERG_RULE } from '../src/study/evaluate/iceberg.ts';
import { onOurClock, readLabels } from '../src/study/evaluate/labels.ts';
import { type Matched, type MatchRule, match } from '../src/study/evaluate/match.ts';
import { play, tapeSource, watching } from '../src/study/evaluate/play.ts';
import { TradedBeyond } from '../src/study/evaluate/rivals/traded-beyond.ts';
import { WALL_VANISHES, WallVanishes } from '../src/study/evaluate/rivals/wall-vanishes.ts';
import { SPOOF_ALARM, SPOOF_RULE } from '../src/study/evaluate/spoof.ts';
import { shown } from '../src/study/evaluate/text.ts';
import { PLANTED_KINDS } from '../src/study/plant/plan.ts';
import { type InstrumentReport, plantToFiles } from '../src/study/plant/plant-files.ts';
import { byDifficulty, type Part } from '../src/study/spoof/by-difficulty.ts';
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
const BUDGET_PER_HOUR = 12;
const RECALL_ASKED = 0.6;

/** A detector, its rival, and how their findings are matched: by the rules of `hunter evaluate`. */
interface Subject {
  readonly kind: 'spoof' | 'iceberg';
  readonly rule: MatchRule;
  /** As it ships. */
  readonly alarm: number;
  readonly rival: string;
  readonly makeRival: (book: OrderBook, tell: FindingSink) => Detector;
}
const SUBJECTS: readonly Subject[] = [
  {
    ...{ kind: 'spoof', rule: SPOOF_RULE, alarm: SPOOF_ALARM, rival: 'wall vanishes' },
    makeRival: (book, tell) => new WallVanishes(WALL_VANISHES, book, tell),
  },
  {
    ...{ kind: 'iceberg', rule: ICEBERG_RULE, alarm: ICEBERG_ALARM, rival: 'traded beyond displayed' },
    makeRival: (book, tell) => new TradedBeyond(book, tell),
  },
];

/** Alarms at anything else that was planted count neither way: what is left are those on the unlabelled background. */
const onBackground = (rule: MatchRule): MatchRule => {
  const others: readonly LabelKind[] = PLANTED_KINDS.filter((kind) => !rule.wanted.includes(kind));
  return { ...rule, innocent: [], ignored: others };
};

/** What one subject and its rival told on every tape so far. */
class Tally {
  readonly own: Matched[] = [];
  readonly rival: Matched[] = [];
  /** The same where look-alikes that raised an alarm count against it. */
  readonly strict: Matched[] = [];
  readonly strictRival: Matched[] = [];
}
type Tallies = Readonly<Record<Subject['kind'], Tally>>;
const tallies = (): Tallies => ({ spoof: new Tally(), iceberg: new Tally() });

const [which = 'tune', ...seedTexts] = process.argv.slice(2);
if (which !== 'tune' && which !== 'report') throw new Error('say tune or report');
const { seeds, recordings } = SETS[which];
const [first = seeds[0], last = seeds[1]] = seedTexts.map(Number);
if (!existsSync(DATA)) throw new Error(`${DATA} is not there: nothing real to plant over`);
const brain = brainConfig(loadSettings(undefined).brain);

const folder = mkdtempSync(join(tmpdir(), 'planted-'));
try {
  for (const everyMs of FEEDS_MS) await gradeFeed(everyMs);
  console.log(
    '\nIntervals: five-minute stretches drawn anew. All seeds have the same background, which makes them narrower than they are.',
  );
} finally {
  rmSync(folder, { recursive: true });
}

async function gradeFeed(everyMs: number): Promise<void> {
  console.log(
    `\n${everyMs === 0 ? 'books as recorded' : `books every ${everyMs} ms`}, seeds ${first} to ${last}`,
  );
  const all = tallies();
  const rows: Row[] = [];
  const rare: Row[] = [];
  for (const [recording, files] of Object.entries(recordings)) {
    const tape = join(folder, `${files[0]}.tape`);
    if (!existsSync(tape))
      await importBinance(
        files.map((file) => join(DATA, `${file}.gz`)),
        tape,
      );
    const here = tallies();
    const reports: InstrumentReport[] = [];
    for (let seed = first; seed <= last; seed++) {
      const out = join(folder, `${files[0]}-${everyMs}-${seed}`);
      reports.push(plantToFiles(tape, { seed, everyMs }, out).instruments[0]!);
      listen(out, [here, all]);
      rmSync(out, { recursive: true });
    }
    rare.push(rarity(recording, reports));
    rows.push(...SUBJECTS.map((subject) => rowOf(recording, subject, here[subject.kind])));
  }
  rows.push(...SUBJECTS.map((subject) => rowOf('all', subject, all[subject.kind])));
  console.log(table(rare));
  console.log(`\n${table(rows)}`);
  for (const subject of SUBJECTS) console.log(`\n${byKind(subject, all[subject.kind])}`);
  console.log(`\n${hardAndEasy(all.spoof)}`);
}

/** Plays one planted tape and matches what everyone told. */
function listen(planted: string, into: readonly Tallies[]): void {
  const source = tapeSource(join(planted, 'market.tape'));
  const labels = readLabels(join(planted, 'labels.jsonl'), source.instruments);
  // each detector counts its own
  const owns = SUBJECTS.map(() => new Findings());
  const rivals = SUBJECTS.map(() => new Findings());
  const { spans } = play(source, brain, (_instrument, book) => [
    ...SUBJECTS.map(({ kind }, i) => ({
      finding: (finding: Finding) => {
        if (finding.kind === kind) owns[i]!.take(finding);
      },
    })),
    ...SUBJECTS.map(({ makeRival }, i) => watching(makeRival(book, rivals[i]!.take))),
  ]);
  const [span] = spans;
  const here = onOurClock(labels, span!.aheadMs);
  SUBJECTS.forEach(({ kind, rule }, i) => {
    const background = onBackground(rule);
    for (const tally of into) {
      tally[kind].own.push(match(owns[i]!.all(), here, background, span!));
      tally[kind].rival.push(match(rivals[i]!.all(), here, background, span!));
      tally[kind].strict.push(match(owns[i]!.all(), here, rule, span!));
      tally[kind].strictRival.push(match(rivals[i]!.all(), here, rule, span!));
    }
  });
}

type Row = Record<string, string | number>;

/** How rare what is planted is on a recording. */
function rarity(recording: string, reports: readonly InstrumentReport[]): Row {
  const sum = (of: (report: InstrumentReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  const cases = (kind: string): number =>
    sum((report) =>
      Object.entries(report.cases).reduce(
        (total, [name, { placed }]) => (name.startsWith(kind) ? total + placed : total),
        0,
      ),
    );
  const mean = (of: (report: InstrumentReport) => number): string =>
    `${((100 * sum(of)) / reports.length).toFixed(2)} %`;
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

/** A detector's figures and its rival's; false alarms are those on the background, but for the last columns. */
function rowOf(recording: string, subject: Subject, tally: Tally): Row {
  const options = { budgetsPerHour: [BUDGET_PER_HOUR], threshold: subject.alarm };
  const own = grade(tally.own, options);
  const rival = grade(tally.rival, options);
  const strict = grade(tally.strict, options);
  const ratio = (own.prAuc.value ?? 0) / (rival.prAuc.value ?? 0);
  return {
    recording,
    detector: subject.kind,
    'PR-AUC': shown(own.prAuc, ''),
    'its rival’s': shown(rival.prAuc, ''),
    ratio: Number.isFinite(ratio) ? ratio.toFixed(1) : '—',
    [`recall at ${BUDGET_PER_HOUR}/h`]: share(own.budgets[0]!.recall),
    'rival’s': share(rival.budgets[0]!.recall),
    'as shipped: recall': share(own.fixed!.recall),
    'false/h': shown(own.fixed!.falsePerHour, ''),
    'look-alikes count: PR-AUC': shown(strict.prAuc, ''),
    'and of the rival': shown(grade(tally.strictRival, options).prAuc, ''),
  };
}

/** What is found by kind, and which look-alikes are taken for it, at the threshold that the budget allows. */
function byKind({ kind, alarm }: Subject, tally: Tally): string {
  const threshold = grade(tally.own, { budgetsPerHour: [BUDGET_PER_HOUR] }).budgets[0]!.threshold ?? alarm;
  const { byKind: found, lookAlikes } = grade(tally.strict, { threshold });
  return `${kind} at ${BUDGET_PER_HOUR} false alarms an hour on the background, likelihood ${threshold.toFixed(3)}:\n${table(
    [...found, ...lookAlikes].map(({ kind: of, labels, found: count, share: part }) => ({
      kind: of,
      labelled: labels,
      alarms: count,
      share: share(part),
    })),
  )}`;
}

/** Which spoofers are hard, for the detector and for its rival: false alarms are those on the background. */
function hardAndEasy({ own, rival }: Tally): string {
  const parts = byDifficulty(own, BUDGET_PER_HOUR, RECALL_ASKED);
  const theirs = byDifficulty(rival, BUDGET_PER_HOUR, RECALL_ASKED);
  const asked = `false/h for recall ${RECALL_ASKED}`;
  const columns = ({ prAuc, recall, falsePerHour }: Part, of: string): Row => ({
    [`${of}PR-AUC`]: prAuc.toFixed(2),
    [`${of}recall at ${BUDGET_PER_HOUR}/h`]: recall.toFixed(2),
    [`${of}${asked}`]: falsePerHour?.toFixed(0) ?? 'never',
  });
  const rows = parts.map((part, i) => ({
    ...{ spoofers: part.name, labelled: part.labels },
    ...columns(part, ''),
    ...columns(theirs[i]!, 'rival’s '),
  }));
  return `spoofers by kind and size:\n${table(rows)}`;
}

function share(figure: Figure): string {
  return shown(figure, 'share');
}
