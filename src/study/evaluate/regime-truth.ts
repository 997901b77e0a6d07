import { RANGE, TREND_DOWN, TREND_UP, VOLATILE } from '../../core/brain/regime/model.ts';
import type { Label } from '../../exchange/scenarios/label.ts';

/** The simulator's names of what the detector has a word for; `ordinary` and `calm` are neither. */
const KNOWN: ReadonlyMap<unknown, number> = new Map([
  ['range', RANGE],
  ['trend_up', TREND_UP],
  ['trend_down', TREND_DOWN],
  ['volatile', VOLATILE],
]);

/** Which of `REGIMES` a label tells of; −1 where the detector has no word for it. */
export const regimeOf = ({ parameters }: Label): number => KNOWN.get(parameters.name) ?? -1;

/** The regime of one instrument at a time, ms, by its labels in order of time; −1 where none is known. */
export function truthAt(labels: readonly Label[], at: number): number {
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i]!;
    if (at >= label.from) return at < label.to ? regimeOf(label) : -1;
  }
  return -1;
}

/** What was said of one market, moment by moment, and what was so. */
export interface RegimeWords {
  /** ms. */
  readonly at: readonly number[];
  /** By `REGIMES`; −1 where nothing was said. */
  readonly said: readonly number[];
  readonly truth: readonly number[];
  readonly labels: readonly Label[];
}

export interface RegimeScore {
  /** Mean of the recalls of the regimes that occurred; `NaN` where none did. */
  readonly balanced: number;
  /** By `REGIMES`; `NaN` for one that did not occur. */
  readonly recalls: readonly number[];
  /** [truth][said] */
  readonly confusion: readonly (readonly number[])[];
  /** s, one for each change of regime: until it was first named; Infinity where it was over first. */
  readonly delays: readonly number[];
  /** Times that the word changed to one that was not so, and the hours in which it could. */
  readonly falseAlarms: number;
  readonly hours: number;
}

/** A moment counts as long as the one after it is away, and no longer than this, ms. */
const MOMENT_MAX_MS = 10_000;

export function scoreOf(all: readonly RegimeWords[], regimes = 4): RegimeScore {
  const confusion = Array.from({ length: regimes }, () => new Array<number>(regimes).fill(0));
  const delays: number[] = [];
  let falseAlarms = 0;
  let ms = 0;
  for (const { at, said, truth, labels } of all) {
    for (let i = 0; i < at.length; i++) {
      const [is, word] = [truth[i]!, said[i]!];
      if (is < 0 || word < 0) continue;
      confusion[is]![word]! += 1;
      ms += Math.min(MOMENT_MAX_MS, (at[i + 1] ?? at[i]!) - at[i]!);
      const before = i > 0 ? said[i - 1]! : -1;
      if (before >= 0 && word !== before && word !== is) falseAlarms += 1;
    }
    // before the first word nothing could be late
    const first = said.findIndex((word) => word >= 0);
    for (const label of labels) {
      const regime = regimeOf(label);
      if (first < 0 || regime < 0 || label.from < at[first]!) continue;
      const found = at.findIndex((time, i) => time >= label.from && said[i] === regime);
      delays.push(
        found >= 0 && at[found]! < label.to ? (at[found]! - label.from) / 1000 : Number.POSITIVE_INFINITY,
      );
    }
  }
  const recalls = confusion.map((row, is) => row[is]! / row.reduce((sum, count) => sum + count, 0));
  const known = recalls.filter((recall) => !Number.isNaN(recall));
  const balanced = known.reduce((sum, recall) => sum + recall, 0) / known.length;
  return { balanced, recalls, confusion, delays, falseAlarms, hours: ms / 3_600_000 };
}

/** Infinite where half were missed; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
