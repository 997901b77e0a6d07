import type { LabelKind } from '../../exchange/scenarios/label.ts';
import { DRAWING, type Drawing, type Figure, figureOf, plain, shareFigure, withheld } from './figures.ts';
import { foundAt } from './findings.ts';
import type { Alarm, Matched } from './match.ts';
import { atBudget, type CurvePoint, curveOf, weightedAveragePrecision } from './precision-recall.ts';

/** What is told of one detector's findings against the labels of one tape or of many. */
export interface FindingGrades {
  readonly wanted: number;
  /** Tape time, hours, summed over instruments. */
  readonly hours: number;
  /** Length of the stretches that the intervals draw together, ms. */
  readonly partMs: number;
  /** Every alarm at any likelihood, those left out of the count (`again`) included. */
  readonly alarms: number;
  /** Share of the counted alarms that are hits, whatever their score: what precision is when the score says nothing. */
  readonly baseRate: Figure;
  readonly prAuc: Figure;
  readonly curve: readonly CurvePoint[];
  /** The best recall with no more false alarms an hour than this. The threshold is chosen on these very data. */
  readonly budgets: readonly Budget[];
  /** At a threshold named beforehand; null where none was. */
  readonly fixed: AtThreshold | null;
  /** Recall by kind of label at the fixed threshold, or that of the first budget. */
  readonly byKind: readonly KindGrade[];
  /** The same of look-alikes: here the share of them that raised a false alarm. */
  readonly lookAlikes: readonly KindGrade[];
}

export interface AtThreshold {
  readonly threshold: number;
  readonly precision: Figure;
  readonly recall: Figure;
  readonly falsePerHour: Figure;
  /** Further alarms at labels that were found (`again`), which count in neither of the above: who is alarmed has them as well. */
  readonly repeatsPerHour: Figure;
  /** hits / (hits + falses + repeats). */
  readonly precisionWithRepeats: Figure;
  /** From the label's beginning to the first telling at the threshold, ms; of what was found. */
  readonly delayMedianMs: Figure;
  readonly delayP90Ms: Figure;
  readonly delaysMs: readonly number[];
}

export interface Budget extends Omit<AtThreshold, 'threshold'> {
  readonly perHour: number;
  /** null: even the surest alarm is over the budget, nothing is found. */
  readonly threshold: number | null;
}

export interface KindGrade {
  readonly kind: LabelKind;
  readonly labels: number;
  readonly found: number;
  readonly share: Figure;
}

export interface GradeOptions {
  readonly budgetsPerHour: readonly number[];
  /** A threshold fixed beforehand, as the detector ships; null: none. */
  readonly threshold: number | null;
  /** Greatest length of the stretches that the intervals draw together, ms: shorter where the tapes are short. */
  readonly partMs: number;
  readonly drawing: Drawing;
}

export const GRADE_OPTIONS: GradeOptions = {
  budgetsPerHour: [2, 12],
  threshold: null,
  partMs: 300_000,
  drawing: DRAWING,
};

/** Pools what was matched on several instruments and tapes and grades it. */
export function grade(cases: readonly Matched[], options: Partial<GradeOptions> = {}): FindingGrades {
  const settings = { ...GRADE_OPTIONS, ...options };
  return new Pool(cases, settings).grades();
}

/** An alarm or a label of the pool, with the stretch of time it belongs to. */
interface Entry {
  readonly part: number;
  readonly score: number;
  readonly hit: boolean;
  readonly alarm: Alarm;
  /** ms; only of hits. */
  readonly beganAt: number;
}

class Pool {
  /** Surest first; without those that count neither for nor against. */
  private readonly entries: Entry[] = [];
  /** Those left out for being of labels that were found. */
  private readonly repeats: { readonly part: number; readonly score: number }[] = [];
  private readonly labels: {
    readonly part: number;
    readonly kind: LabelKind;
    readonly found: Entry | null;
  }[] = [];
  private readonly innocents: {
    readonly part: number;
    readonly kind: LabelKind;
    readonly mistaken: number;
  }[] = [];
  /** Hours of each stretch. */
  private readonly partHours: number[] = [];
  private readonly alarms: number;
  private readonly options: GradeOptions;

  constructor(cases: readonly Matched[], options: GradeOptions) {
    this.options = { ...options, partMs: partMsOf(cases, options.partMs) };
    this.alarms = cases.reduce((sum, { alarms }) => sum + alarms.length, 0);
    for (const one of cases) this.add(one);
    this.entries.sort((a, b) => b.score - a.score);
  }

  grades(): FindingGrades {
    const { entries, labels, options, partHours } = this;
    const hours = partHours.reduce((sum, each) => sum + each, 0);
    const curve = curveOf(entries, labels.length);
    const absent = labels.length === 0 ? 'nothing to be found is labelled' : 'no alarm';
    const budgets = options.budgetsPerHour.map((perHour): Budget => {
      const point = atBudget(curve, hours, perHour);
      if (point === null) {
        const none = withheld('nothing is found within the budget');
        const recall = plain(labels.length > 0 ? 0 : Number.NaN, absent);
        return {
          ...{ perHour, threshold: null, recall, precision: none, falsePerHour: none },
          ...{ repeatsPerHour: none, precisionWithRepeats: none },
          ...{ delayMedianMs: none, delayP90Ms: none, delaysMs: [] },
        };
      }
      return { perHour, ...this.at(point.threshold) };
    });
    const fixed = options.threshold === null ? null : this.at(options.threshold);
    const threshold = fixed?.threshold ?? budgets[0]?.threshold ?? Number.POSITIVE_INFINITY;
    return {
      wanted: labels.length,
      hours,
      partMs: options.partMs,
      alarms: this.alarms,
      baseRate: this.figure((w) => {
        let hits = 0;
        let all = 0;
        for (const { part, hit } of entries) {
          all += w[part]!;
          if (hit) hits += w[part]!;
        }
        return hits / all;
      }, 'no alarm'),
      prAuc: this.figure((w) => weightedAveragePrecision(entries, w, this.wanted(w)), absent),
      curve,
      budgets,
      fixed,
      byKind: kindsOf(labels).map((kind) =>
        this.share(
          kind,
          labels.filter((label) => label.kind === kind),
          ({ found }) => found !== null && found.score >= threshold,
        ),
      ),
      lookAlikes: kindsOf(this.innocents).map((kind) =>
        this.share(
          kind,
          this.innocents.filter((label) => label.kind === kind),
          ({ mistaken }) => mistaken >= threshold,
        ),
      ),
    };
  }

  private add({ alarms, wanted, innocents, from, to }: Matched): void {
    const first = this.partHours.length;
    const count = Math.max(1, Math.round((to - from) / 1000 / this.options.partMs));
    for (let i = 0; i < count; i++) this.partHours.push((to - from) / 3.6e9 / count);
    const partOf = (at: number): number => {
      const share = to > from ? (at - from) / (to - from) : 0;
      return first + Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    };
    const found = new Map<number, Entry>();
    // a look-alike may raise alarms at several places: the surest counts
    const mistaken = new Map<number, number>();
    for (const alarm of alarms) {
      if (alarm.verdict === 'again') {
        this.repeats.push({ part: partOf(alarm.candidate.told.at(-1)!.at), score: alarm.likelihood });
        continue;
      }
      const hit = alarm.verdict === 'hit';
      const beganAt = hit ? wanted[alarm.label]!.from : 0;
      const part = partOf(hit ? beganAt * 1000 : alarm.candidate.told.at(-1)!.at);
      const entry = { part, score: alarm.likelihood, hit, alarm, beganAt };
      this.entries.push(entry);
      if (hit) found.set(alarm.label, entry);
      if (alarm.innocent !== -1)
        mistaken.set(alarm.innocent, Math.max(mistaken.get(alarm.innocent) ?? 0, alarm.likelihood));
    }
    wanted.forEach((label, index) => {
      this.labels.push({
        part: partOf(label.from * 1000),
        kind: label.kind,
        found: found.get(index) ?? null,
      });
    });
    innocents.forEach((label, index) => {
      const score = mistaken.get(index) ?? -1;
      this.innocents.push({ part: partOf(label.from * 1000), kind: label.kind, mistaken: score });
    });
  }

  private at(threshold: number): AtThreshold {
    const { entries, partHours } = this;
    const sum = (w: Float64Array, of: (entry: Entry) => boolean): number => {
      let total = 0;
      for (const entry of entries) {
        if (entry.score < threshold) break;
        if (of(entry)) total += w[entry.part]!;
      }
      return total;
    };
    const hits = (w: Float64Array): number => sum(w, ({ hit }) => hit);
    const falses = (w: Float64Array): number => sum(w, ({ hit }) => !hit);
    const wanted = (w: Float64Array): number => this.wanted(w);
    const repeated = this.repeats.filter(({ score }) => score >= threshold);
    const repeats = (w: Float64Array): number => repeated.reduce((total, { part }) => total + w[part]!, 0);
    const hours = (w: Float64Array): number => partHours.reduce((total, each, i) => total + each * w[i]!, 0);
    const once = new Float64Array(partHours.length).fill(1);
    const found = entries
      .filter(({ hit, score }) => hit && score >= threshold)
      .map(({ alarm, beganAt, part }) => ({
        part,
        ms: Math.max(0, foundAt(alarm.told, threshold)! / 1000 - beganAt),
      }))
      .sort((a, b) => a.ms - b.ms);
    return {
      threshold,
      precision: shareFigure(
        this.figure((w) => hits(w) / (hits(w) + falses(w)), 'no alarm at this threshold'),
        hits(once),
        hits(once) + falses(once),
      ),
      recall: shareFigure(
        this.figure((w) => hits(w) / wanted(w), 'nothing to be found is labelled'),
        hits(once),
        wanted(once),
      ),
      falsePerHour: this.figure((w) => falses(w) / hours(w), 'no time'),
      repeatsPerHour: this.figure((w) => repeats(w) / hours(w), 'no time'),
      precisionWithRepeats: shareFigure(
        this.figure((w) => hits(w) / (hits(w) + falses(w) + repeats(w)), 'no alarm at this threshold'),
        hits(once),
        hits(once) + falses(once) + repeats(once),
      ),
      delayMedianMs: this.figure((w) => quantileOf(found, w, 0.5), 'nothing found'),
      delayP90Ms: this.figure((w) => quantileOf(found, w, 0.9), 'nothing found'),
      delaysMs: found.map(({ ms }) => ms),
    };
  }

  private wanted(w: Float64Array): number {
    let total = 0;
    for (const { part } of this.labels) total += w[part]!;
    return total;
  }

  private share<T extends { readonly part: number }>(
    kind: LabelKind,
    of: readonly T[],
    counts: (one: T) => boolean,
  ): KindGrade {
    const found = of.filter(counts);
    const total = (w: Float64Array, list: readonly T[]): number =>
      list.reduce((sum, { part }) => sum + w[part]!, 0);
    return {
      kind,
      labels: of.length,
      found: found.length,
      share: shareFigure(
        this.figure((w) => total(w, found) / total(w, of), 'none labelled'),
        found.length,
        of.length,
      ),
    };
  }

  private figure(statistic: (weights: Float64Array) => number, absent: string): Figure {
    return figureOf(this.partHours.length, statistic, absent, this.options.drawing);
  }
}

const PART_LEAST_MS = 60_000;
const PARTS_WANTED = 20;
const partMsOf = (cases: readonly Matched[], most: number): number => {
  const total = cases.reduce((sum, { from, to }) => sum + (to - from) / 1000, 0);
  return Math.min(most, Math.max(PART_LEAST_MS, total / PARTS_WANTED));
};

const kindsOf = (of: readonly { readonly kind: LabelKind }[]): LabelKind[] =>
  [...new Set(of.map(({ kind }) => kind))].sort();

/** The value below which a share of the weight lies; `sorted` by it. */
function quantileOf(
  sorted: readonly { readonly ms: number; readonly part: number }[],
  w: Float64Array,
  share: number,
): number {
  const total = sorted.reduce((sum, { part }) => sum + w[part]!, 0);
  let passed = 0;
  for (const { ms, part } of sorted) {
    passed += w[part]!;
    if (passed >= share * total && passed > 0) return ms;
  }
  return Number.NaN;
}
