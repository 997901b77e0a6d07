import type { Label } from '../../exchange/scenarios/label.ts';
import type { Matched } from '../evaluate/match.ts';
import { atBudget, averagePrecision, type CurvePoint, curveOf } from '../evaluate/precision-recall.ts';

/** Of planted cases: size in what 99 % of the market's levels at that distance stay below (`docs/planted.md`). */
const SIZES = [0, 1.5, 3, 6, Number.POSITIVE_INFINITY] as const;

/** How a detector does on some of the wanted labels. Its false alarms are all of them, whatever the part. */
export interface Part {
  readonly name: string;
  readonly labels: number;
  /** Average precision, 0…1; NaN without labels. */
  readonly prAuc: number;
  /** 0…1 at the budget. */
  readonly recall: number;
  /** False alarms an hour that finding `share` of them costs; null where so many are never found. */
  readonly falsePerHour: number | null;
}

/** The same alarms held against all labels, each kind of them, and each class of size: what is hard, and how hard. */
export function byDifficulty(matched: readonly Matched[], perHour: number, share: number): Part[] {
  const kinds = [...new Set(matched.flatMap(({ wanted }) => wanted.map(({ kind }) => kind)))].sort();
  return [
    partOf('all', () => true),
    ...kinds.map((name) => partOf(name, ({ kind }) => kind === name)),
    ...SIZES.slice(1).map((to, i) => {
      const from = SIZES[i]!;
      const name = to === Number.POSITIVE_INFINITY ? `${from} × large and more` : `${from} to ${to} × large`;
      return partOf(
        name,
        ({ parameters: { multiple } }) => Number(multiple) >= from && Number(multiple) < to,
      );
    }),
  ];

  function partOf(name: string, of: (label: Label) => boolean): Part {
    const labels = matched.reduce((sum, { wanted }) => sum + wanted.filter(of).length, 0);
    const scored = matched.flatMap(({ alarms, wanted }) =>
      alarms
        .filter(({ verdict, label }) => verdict === 'false' || (verdict === 'hit' && of(wanted[label]!)))
        .map(({ likelihood, verdict }) => ({ score: likelihood, hit: verdict === 'hit' })),
    );
    const hours = matched.reduce((sum, { from, to }) => sum + (to - from) / 3.6e9, 0);
    const curve = curveOf(scored, labels);
    const enough = curve.find(({ recall }) => recall >= share);
    return {
      ...{ name, labels, prAuc: labels > 0 ? averagePrecision(curve) : Number.NaN },
      recall: recallOf(atBudget(curve, hours, perHour)),
      falsePerHour: enough === undefined ? null : enough.falses / hours,
    };
  }
}

const recallOf = (point: CurvePoint | null): number => point?.recall ?? 0;
