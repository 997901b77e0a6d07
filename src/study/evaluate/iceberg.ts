import { BID } from '../../core/book/frame.ts';
import type { Finding } from '../../core/brain/finding.ts';
import type { Label, LabelKind } from '../../exchange/scenarios/label.ts';
import { DRAWING, type Figure, figureOf, shareFigure, withheld } from './figures.ts';
import { findingGrader } from './finding-grader.ts';
import type { Told } from './finding-section.ts';
import { grade } from './grade.ts';
import { onOurClock } from './labels.ts';
import { type MatchRule, match } from './match.ts';
import type { Observer, PlayedMarket } from './play.ts';
import { TradedBeyond } from './rivals/traded-beyond.ts';
import type { Grader, GraderMaker, Section, SectionFigure, SectionTable } from './section.ts';

/** Fixed on tuning seeds, before any report seed was played. */
const THRESHOLD = 0.6;
/** An iceberg counts when it came back so often: what came back once differs in nothing from two orders of like size. */
const REFILLS_LEAST = 2;

const KINDS = ['iceberg_native', 'iceberg_sliced', 'iceberg_following'] as const satisfies LabelKind[];

const RULE: MatchRule = {
  wanted: KINDS,
  innocent: ['honest_large_order', 'requoting_maker'],
  hopeless: {
    why: `icebergs that were refilled less than ${REFILLS_LEAST} times`,
    is: ({ parameters }) => Number(parameters.refills) < REFILLS_LEAST,
  },
  toleranceTicks: 0,
  graceMs: 1000,
  slackMs: 100,
  mergeMs: 1000,
};
const { hopeless: _hopeless, ...EVERY_LABEL } = RULE;

/**
 * Grades the iceberg detector (B4): found or not, by kind and together, against the rule that bots ship; and how well the
 * size that is left is told.
 */
export const gradeIceberg: GraderMaker = (context) => {
  const sizes = new SizesTold();
  const findings = findingGrader({
    name: 'iceberg',
    kind: 'iceberg',
    question:
      'Which orders show only a part of themselves, and how much of them is left? Asked against the rule that more is traded than was shown.',
    notes: [
      `An iceberg counts when it was refilled at least ${REFILLS_LEAST} times; the table has every label too, those included that were never refilled and showed nothing.`,
    ],
    rule: RULE,
    options: { threshold: THRESHOLD },
    rivals: [{ name: 'traded beyond displayed', make: (book, tell) => new TradedBeyond(book, tell) }],
    goals: {
      'PR-AUC': { recorded: 'over real tapes at least 0.6' },
      [`precision at likelihood ${THRESHOLD}`]: 'at least 0.8 at 100 ms, 0.95 at full resolution',
      [`recall at likelihood ${THRESHOLD}`]: 'at least 0.7 at 100 ms, 0.95 at full resolution',
    },
    moreOf: (told) => ({ figures: sizes.figures(), tables: [kindsTable(told)] }),
  })(context);
  return new IcebergGrader(findings, sizes);
};

class IcebergGrader implements Grader {
  private readonly findings: Grader;
  private readonly sizes: SizesTold;

  constructor(findings: Grader, sizes: SizesTold) {
    this.findings = findings;
    this.sizes = sizes;
  }

  watch(...market: Parameters<Grader['watch']>): readonly Observer[] {
    return [...this.findings.watch(...market), this.sizes.watch()];
  }

  played(market: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    this.sizes.played(market, labels);
    this.findings.played(market, labels);
  }

  section(): Section | null {
    return this.findings.section();
  }
}

/** Each kind by itself: alarms at the others count neither way. */
function kindsTable(told: readonly Told[]): SectionTable {
  const labelled = told.filter(({ labels }) => labels !== null);
  const row = (name: string, rule: MatchRule) => {
    const grades = grade(
      labelled.map(({ candidates, labels, span }) => match(candidates, labels!, rule, span)),
      { threshold: THRESHOLD, drawing: { ...DRAWING, resamples: 200 } },
    );
    const { precision, recall, falsePerHour } = grades.fixed!;
    return [name, grades.wanted, grades.prAuc, precision, recall, falsePerHour];
  };
  return {
    title: 'By kind; alarms at icebergs of other kinds count neither way',
    columns: ['', 'labels', 'PR-AUC', 'precision', 'recall', 'false an hour'],
    rows: [
      row('all', RULE),
      row('native and sliced', { ...RULE, wanted: KINDS.slice(0, 2), ignored: KINDS.slice(2) }),
      ...KINDS.map((kind) =>
        row(kind, { ...RULE, wanted: [kind], ignored: KINDS.filter((other) => other !== kind) }),
      ),
      row('every label, however seldom refilled', EVERY_LABEL),
    ],
  };
}

/** What was told of a size, and what was true then. Lots. */
interface SizeTold {
  readonly told: number;
  readonly low: number;
  readonly high: number;
  readonly left: number;
  /** The stretch of time of its tape and instrument, drawn together. */
  readonly part: string;
}

/** As for findings: icebergs of one stretch met the same market and are drawn together, µs. */
const STRETCH_US = 300_000_000;

type Copied = Pick<Finding, 'id' | 'side' | 'low' | 'high' | 'size' | 'at' | 'likelihood'> & {
  readonly from: number;
  readonly to: number;
};

/** What of each iceberg was said to be left when it was first found, against what was. */
class SizesTold {
  private readonly seats: Copied[][] = [];
  private readonly sizes: SizeTold[] = [];
  private markets = 0;

  watch(): Observer {
    const copies: Copied[] = [];
    this.seats.push(copies);
    const found = new Set<number>();
    return {
      finding: ({ kind, id, side, low, high, size, sizeLow, sizeHigh, at, likelihood }) => {
        if (kind !== 'iceberg' || likelihood < THRESHOLD || found.has(id)) return;
        found.add(id);
        copies.push({
          id,
          side,
          low,
          high,
          size,
          at,
          likelihood,
          from: sizeLow ?? size,
          to: sizeHigh ?? size,
        });
      },
    };
  }

  played({ spans }: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    this.seats.splice(0).forEach((copies, i) => {
      const own = onOurClock(labels?.[i] ?? [], spans[i]!.aheadMs).filter(({ kind }) =>
        (KINDS as readonly LabelKind[]).includes(kind),
      );
      const market = this.markets++;
      const known = new Set<Label>();
      for (const copy of copies) {
        const label = own.find((each) => !known.has(each) && isOf(copy, each));
        if (label === undefined) continue;
        known.add(label);
        const left = leftAt(label, copy.at / 1000);
        const part = `${market} ${Math.floor(copy.at / STRETCH_US)}`;
        this.sizes.push({ told: copy.size, low: copy.from, high: copy.to, left, part });
      }
    });
  }

  figures(): SectionFigure[] {
    const none = 'no iceberg was found';
    const stretches = [...Map.groupBy(this.sizes, ({ part }) => part).values()];
    const of = (statistic: (sizes: readonly SizeTold[]) => number): Figure =>
      stretches.length === 0
        ? withheld(none)
        : figureOf(
            stretches.length,
            (weights) =>
              statistic(
                stretches.flatMap((own, i) => Array<readonly SizeTold[]>(weights[i]!).fill(own).flat()),
              ),
            none,
          );
    const within = this.sizes.filter(isWithin).length;
    const errors = (sizes: readonly SizeTold[]): number[] =>
      sizes.filter(({ left }) => left > 0).map(({ told, left }) => Math.abs(told - left) / left);
    return [
      {
        ...{ name: 'median error of the size left, when first found', unit: 'share', better: 'lower' },
        figure: of((sizes) => median(errors(sizes))),
        ...{ rivals: [], goal: 'at most 30 %' },
      },
      {
        ...{ name: 'size left told in the middle: told over true', unit: '', better: null },
        figure: of((sizes) =>
          median(sizes.filter(({ left }) => left > 0).map(({ told, left }) => told / left)),
        ),
        ...{ rivals: [], goal: '1' },
      },
      {
        ...{ name: 'size left within the told interval of 80 %', unit: 'share', better: null },
        figure: shareFigure(
          of((sizes) => sizes.filter(isWithin).length / sizes.length),
          within,
          this.sizes.length,
        ),
        ...{ rivals: [], goal: '80 %' },
      },
    ];
  }
}

const isWithin = ({ low, high, left }: SizeTold): boolean => left >= low && left <= high;

const isOf = ({ side, low, high, at }: Copied, { from, to, orders }: Label): boolean =>
  at / 1000 >= from - RULE.slackMs &&
  at / 1000 <= to + RULE.graceMs &&
  orders.some(
    (order) =>
      (order.side === 'buy') === (side === BID) &&
      order.price >= low &&
      order.price <= high &&
      order.from - RULE.slackMs <= at / 1000,
  );

/** Lots of the whole that at a time had neither traded nor stood in the book. */
export function leftAt({ size, orders }: Pick<Label, 'size' | 'orders'>, at: number): number {
  let left = size;
  for (const order of orders) {
    if (order.from > at) continue;
    left -= order.to > at ? order.size : order.traded;
  }
  return Math.max(0, left);
}

function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export { RULE as ICEBERG_RULE, THRESHOLD as ICEBERG_ALARM };
