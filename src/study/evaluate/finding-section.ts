import type { Label } from '../../exchange/scenarios/label.ts';
import type { TouchPath } from './barriers.ts';
import { type Figure, plain } from './figures.ts';
import type { Candidate } from './findings.ts';
import { type Budget, type FindingGrades, type GradeOptions, grade } from './grade.ts';
import { type Matched, type MatchRule, match } from './match.ts';
import type { Span } from './play.ts';
import { averagePrecision, curveOf } from './precision-recall.ts';
import type { Chart, LeakCheck, Section, SectionFigure, SectionTable } from './section.ts';

/** What one detector told of one instrument of one tape. */
export interface Told {
  readonly candidates: readonly Candidate[];
  /** Of that instrument; null where the tape has none. */
  readonly labels: readonly Label[] | null;
  readonly span: Pick<Span, 'from' | 'to'>;
  /** Its touch over time: labels that are moved in time keep their distance from the middle price. */
  readonly path: TouchPath;
}

/** In words: of any market, or of the simulated one, or of recordings, planted over or not. */
export type Goal = string | { readonly simulated?: string; readonly recorded?: string };

export interface FindingSection {
  readonly name: string;
  readonly question: string;
  readonly notes: readonly string[];
  readonly rule: MatchRule;
  readonly told: readonly Told[];
  /** Simpler rules on the same data, matched by the same rule. */
  readonly rivals: readonly { readonly name: string; readonly told: readonly Told[] }[];
  readonly options?: Partial<GradeOptions>;
  /** In words, by the figure's name; those without one have none. */
  readonly goals?: Readonly<Record<string, Goal>>;
  /** As of `GradingContext`: which of the goals hold. */
  readonly simulated?: boolean | undefined;
  /** What this detector can say besides, such as the error of a size. */
  readonly more?: { readonly figures?: readonly SectionFigure[]; readonly tables?: readonly SectionTable[] };
}

/** What a detector found, graded with labels where there are any; without them, how often it raises an alarm. */
export function findingSection(section: FindingSection): Section {
  const labelled = section.told.filter(({ labels }) => labels !== null);
  return labelled.length > 0 ? gradedSection(section, labelled) : countedSection(section);
}

function gradedSection(section: FindingSection, labelled: readonly Told[]): Section {
  const { rule, options = {}, more = {} } = section;
  const goals = goalsOf(section);
  const own = grade(matchedOf(labelled, rule), options);
  const rivals = section.rivals.map(({ name, told }) => ({
    name,
    grades: grade(
      matchedOf(
        told.filter(({ labels }) => labels !== null),
        rule,
      ),
      options,
    ),
  }));
  const figure = (
    name: string,
    unit: SectionFigure['unit'],
    better: SectionFigure['better'],
    of: (grades: FindingGrades) => Figure,
  ): SectionFigure => ({
    ...{ name, unit, better, figure: of(own), goal: goals[name] ?? '' },
    rivals: rivals.map((rival) => ({ name: rival.name, figure: of(rival.grades) })),
  });
  const budget = (index: number, of: (budget: Budget) => Figure) => (grades: FindingGrades) =>
    of(grades.budgets[index]!);
  return {
    name: section.name,
    question: section.question,
    notes: [
      ...section.notes,
      describe(rule),
      `${own.wanted} labels to be found in ${own.hours.toFixed(2)} hours of tape, instruments added up: ${(own.wanted / own.hours).toFixed(1)} an hour. Base rate: the share of all its alarms, at any likelihood, that are hits. A score that says nothing would have a PR-AUC of about that share times the recall, were there no repeats: of several alarms at a label the surest is the hit and the others are not counted, which leaves out low scores and favours the guess. The checks below tell what chance really gives.`,
      `Recall at a budget chooses its threshold on these very data; the fixed threshold, where one is shipped, does not. Intervals: stretches of ${Math.round(own.partMs / 1000)} s drawn anew.`,
    ],
    figures: [
      figure('PR-AUC', '', 'higher', ({ prAuc }) => prAuc),
      figure('base rate of its alarms', 'share', null, ({ baseRate }) => baseRate),
      ...own.budgets.flatMap(({ perHour }, i) => [
        figure(
          `recall at ${perHour} false alarms an hour`,
          'share',
          'higher',
          budget(i, ({ recall }) => recall),
        ),
        figure(
          `precision at ${perHour} false alarms an hour`,
          'share',
          'higher',
          budget(i, (b) => b.precision),
        ),
        figure(
          `precision at ${perHour} false alarms an hour, repeats counted`,
          'share',
          'higher',
          budget(i, (b) => b.precisionWithRepeats),
        ),
        figure(
          `repeats at ${perHour} false alarms an hour`,
          'per hour',
          'lower',
          budget(i, (b) => b.repeatsPerHour),
        ),
        figure(
          `median delay at ${perHour} false alarms an hour`,
          'ms',
          'lower',
          budget(i, (b) => b.delayMedianMs),
        ),
        figure(
          `90 % delay at ${perHour} false alarms an hour`,
          'ms',
          'lower',
          budget(i, (b) => b.delayP90Ms),
        ),
      ]),
      ...fixedFigures(own, goals),
      ...(more.figures ?? []),
    ],
    charts: [curveChart(section.name, own, rivals), delayChart(own)],
    tables: [
      kindTable(`Found, by kind, ${atWhat(own)}`, 'found', own.byKind),
      kindTable(`Look-alikes that raised a false alarm, ${atWhat(own)}`, 'raised', own.lookAlikes),
      ...(more.tables ?? []),
    ],
    checks: leakChecks(labelled, rule, own),
  };
}

/** Those that hold for the tapes at hand; all where nobody knows what these are. */
function goalsOf({ goals = {}, simulated }: FindingSection): Record<string, string> {
  const words = (goal: Goal): string => {
    if (typeof goal === 'string') return goal;
    const known = [simulated === false ? '' : goal.simulated, simulated === true ? '' : goal.recorded];
    return known.filter(Boolean).join('; ');
  };
  return Object.fromEntries(Object.entries(goals).map(([name, goal]) => [name, words(goal)]));
}

function countedSection({
  name,
  question,
  notes,
  told,
  rivals,
  rule,
  options = {},
  more = {},
}: FindingSection): Section {
  const shipped = options.threshold ?? null;
  const leasts = [...new Set([0, 0.5, 0.9, ...(shipped === null ? [] : [shipped])])].sort((a, b) => a - b);
  const rate = (of: readonly Told[], least: number): Figure => {
    const hours = of.reduce((sum, { span }) => sum + (span.to - span.from) / 3.6e9, 0);
    const alarms = of.flatMap(({ candidates, span }) => match(candidates, [], rule, span).alarms);
    return plain(alarms.filter(({ likelihood }) => likelihood >= least).length / hours, 'no time');
  };
  return {
    name,
    question,
    notes: [
      ...notes,
      'No labels: nobody knows what was there to be found, so only how often an alarm is raised can be told. Name a file with --labels to have it graded.',
    ],
    figures: [
      ...leasts.map(
        (least): SectionFigure => ({
          name:
            least === 0
              ? 'alarms at any likelihood'
              : `alarms at likelihood ${least} or more${least === shipped ? ', as shipped' : ''}`,
          unit: 'per hour',
          figure: rate(told, least),
          // a rival's likelihood is its own: nobody shipped a threshold for it
          rivals:
            least === shipped
              ? []
              : rivals.map((rival) => ({ name: rival.name, figure: rate(rival.told, least) })),
          better: null,
          goal: '',
        }),
      ),
      ...(more.figures ?? []),
    ],
    charts: [],
    tables: more.tables ?? [],
    checks: [],
  };
}

const matchedOf = (told: readonly Told[], rule: MatchRule): Matched[] =>
  told.map(({ candidates, labels, span }) => match(candidates, labels ?? [], rule, span));

const describe = ({ wanted, innocent, ignored = [], hopeless, ...rule }: MatchRule): string =>
  `To be found: ${wanted.join(', ')}. Look-alikes: ${innocent.join(', ') || 'none'}.${ignored.length === 0 ? '' : ` Alarms at ${ignored.join(', ')} count neither way.`} What the recording's ends cut in two counts neither way${hopeless === undefined ? '' : `, nor ${hopeless.why}`}. A finding is of a label when they stand on the same side, within ${rule.toleranceTicks} ticks, it is hardly more than twice as wide as the label (what names every price names none), and it was told, surer than before, between the label's beginning (${rule.slackMs} ms for the clocks) and ${rule.graceMs} ms after its end; it is a hit as sure as was told then, and a false alarm as sure as was told after. Several findings of one label count once; alarms that overlap in place, and in time give or take ${rule.mergeMs} ms, are one. The same for the rivals.`;

function fixedFigures({ fixed }: FindingGrades, goals: Readonly<Record<string, string>>): SectionFigure[] {
  if (fixed === null) return [];
  const at = `at likelihood ${fixed.threshold}`;
  const rows = [
    ['precision', 'share', 'higher', fixed.precision],
    ['precision, repeats counted,', 'share', 'higher', fixed.precisionWithRepeats],
    ['repeats', 'per hour', 'lower', fixed.repeatsPerHour],
    ['recall', 'share', 'higher', fixed.recall],
    ['false alarms', 'per hour', 'lower', fixed.falsePerHour],
    ['median delay', 'ms', 'lower', fixed.delayMedianMs],
    ['90 % delay', 'ms', 'lower', fixed.delayP90Ms],
  ] as const;
  return rows.map(([what, unit, better, figure]) => {
    const name = `${what} ${at}`;
    return { name, unit, better, figure, rivals: [], goal: goals[name] ?? '' };
  });
}

function curveChart(
  name: string,
  own: FindingGrades,
  rivals: readonly { readonly name: string; readonly grades: FindingGrades }[],
): Chart {
  const series = [{ name, grades: own }, ...rivals].map(({ name: each, grades }) => ({
    name: each,
    style: 'steps' as const,
    points: thinned(grades.curve.map(({ recall, precision }) => [recall, precision] as const)),
    bands: [],
  }));
  const rate = own.baseRate.value;
  return {
    title: 'Precision against recall',
    x: { name: 'recall', scale: 'linear', from: 0, to: 1 },
    y: { name: 'precision', scale: 'linear', from: 0, to: 1 },
    series: [
      ...series,
      ...(rate === null
        ? []
        : [
            {
              name: 'base rate of its alarms',
              style: 'dashed' as const,
              points: [[0, rate] as const, [1, rate] as const],
              bands: [],
            },
          ]),
    ],
  };
}

/** A curve of thousands of steps draws no better than one of hundreds. */
const CURVE_POINTS_MAX = 400;
const thinned = <T>(points: readonly T[]): T[] => {
  const every = Math.ceil(points.length / CURVE_POINTS_MAX);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
};

/** Of what was found within the last budget: the share found so long after the label's beginning. */
function delayChart({ budgets, fixed, wanted }: FindingGrades): Chart {
  const series = [
    ...budgets.map((each) => ({ name: `${each.perHour} false alarms an hour`, each })),
    ...(fixed === null ? [] : [{ name: `likelihood ${fixed.threshold}`, each: fixed }]),
  ];
  return {
    title: 'Delay: share of all labels found so long after their beginning',
    x: { name: 'seconds', scale: 'linear', from: 0, to: null },
    y: { name: 'share found', scale: 'linear', from: 0, to: 1 },
    series: series.map(({ name, each }) => ({
      name,
      style: 'steps' as const,
      points: thinned(each.delaysMs.map((delay, i) => [delay / 1000, (i + 1) / wanted] as const)),
      bands: [],
    })),
  };
}

const atWhat = ({ fixed, budgets }: FindingGrades): string =>
  fixed !== null ? `at likelihood ${fixed.threshold}` : `at ${budgets[0]!.perHour} false alarms an hour`;

const kindTable = (title: string, found: string, rows: FindingGrades['byKind']): SectionTable => ({
  title,
  columns: ['kind', 'labelled', found, 'share'],
  units: ['', '', '', 'share'],
  rows: rows.map(({ kind, labels, found: count, share }) => [kind, labels, count, share]),
});

/** So many shifts say what chance gives. */
const SHIFTS = 20;

/**
 * PR-AUC of labels that were not there: moved along the tape by 1/21, 2/21 … of it, those that leave it coming in again at
 * its beginning; and in reversed order of time. Each keeps its distance from the middle price.
 */
function leakChecks(told: readonly Told[], rule: MatchRule, own: FindingGrades): LeakCheck[] {
  const shifts = Array.from({ length: SHIFTS }, (_, i) => (i + 1) / (SHIFTS + 1));
  const areas = shifts.map((by) => areaOf(told, rule, (share) => (share + by) % 1));
  const mean = areas.reduce((sum, each) => sum + each, 0) / SHIFTS;
  const deviation = Math.sqrt(areas.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (SHIFTS - 1));
  const honest = own.prAuc.value;
  const known = honest !== null && own.wanted >= LABELS_MIN && Number.isFinite(mean);
  const chance = known ? { low: Math.max(0, mean - 2 * deviation), high: mean + 2 * deviation } : null;
  const check = (name: string, spoiled: number, how: string): LeakCheck => ({
    ...{ name, honest, chance, spoiled: known ? spoiled : null },
    verdict:
      honest === null || chance === null
        ? 'unknown'
        : // what is found of labels in a place of no meaning may differ from that of others by chance, too
          spoiled > chance.high + deviation + CHANCE_ROOM
          ? 'leaks'
          : honest <= chance.high
            ? 'nothing'
            : 'holds',
    detail: known
      ? `PR-AUC; ${how}, each label at its distance from the middle price. Chance: ${SHIFTS} shifts along the tape, mean ± 2 deviations.`
      : `Fewer than ${LABELS_MIN} labels: nothing to be said.`,
  });
  return [
    check('labels shifted', mean, 'the mean of the shifts'),
    check(
      'labels in reversed time',
      areaOf(told, rule, (share) => 1 - share),
      'labels mirrored about the middle of the tape',
    ),
  ];
}

const CHANCE_ROOM = 0.01;
const LABELS_MIN = 10;

/** `move` takes the share of the tape at which a label begins to where it shall begin. */
function areaOf(told: readonly Told[], rule: MatchRule, move: (share: number) => number): number {
  const matched = told.map(({ candidates, labels, span, path }) => {
    const length = (span.to - span.from) / 1000;
    const begin = span.from / 1000;
    const moved = (labels ?? []).flatMap((label) => {
      const to = begin + length * move(Math.min(1, Math.max(0, (label.from - begin) / length)));
      // what began before the tape, or would come where the market is not known, has no place to go
      const ticks = path.midAt(to * 1000) - path.midAt(label.from * 1000);
      return Number.isNaN(ticks) ? [] : [elsewhere(label, Math.round(to - label.from), Math.round(ticks))];
    });
    return match(candidates, moved, rule, span);
  });
  const wanted = matched.reduce((sum, each) => sum + each.wanted.length, 0);
  const scored = matched.flatMap(({ alarms }) =>
    alarms
      .filter(({ verdict }) => verdict !== 'again')
      .map(({ likelihood, verdict }) => ({ score: likelihood, hit: verdict === 'hit' })),
  );
  return wanted === 0 ? Number.NaN : averagePrecision(curveOf(scored, wanted));
}

const elsewhere = (label: Label, byMs: number, byTicks: number): Label => ({
  ...label,
  from: label.from + byMs,
  to: label.to + byMs,
  prices: label.prices.map((price) => price + byTicks),
  orders: label.orders.map((order) => ({
    ...order,
    price: order.price + byTicks,
    from: order.from + byMs,
    to: order.to + byMs,
  })),
});
