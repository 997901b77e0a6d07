import { RANGE, REGIMES, TREND_DOWN, TREND_UP, VOLATILE } from '../../core/brain/regime/model.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { type Figure, figureOf, withheld } from './figures.ts';

/** The simulator's names of what the detector has a word for; `ordinary` and `calm` are neither. */
const KNOWN: ReadonlyMap<unknown, number> = new Map([
  ['range', RANGE],
  ['trend_up', TREND_UP],
  ['trend_down', TREND_DOWN],
  ['volatile', VOLATILE],
]);

/** Which of `REGIMES` a label tells of; −1 where the detector has no word for it. */
const regimeOf = ({ parameters }: Label): number => KNOWN.get(parameters.name) ?? -1;

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
  /** Of which tape: its markets have their regimes at the same time, so intervals draw them together. */
  readonly tape: string;
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
    for (const { delay } of delaysOf({ at, said, labels })) delays.push(delay);
  }
  const recalls = confusion.map((row, is) => row[is]! / row.reduce((sum, count) => sum + count, 0));
  const known = recalls.filter((recall) => !Number.isNaN(recall));
  const balanced = known.reduce((sum, recall) => sum + recall, 0) / known.length;
  return { balanced, recalls, confusion, delays, falseAlarms, hours: ms / 3_600_000 };
}

/** For each change of regime when it was, ms, and how long until it was first named, s: infinite where it was over first. */
function delaysOf({
  at,
  said,
  labels,
}: Pick<RegimeWords, 'at' | 'said' | 'labels'>): { readonly from: number; readonly delay: number }[] {
  // before the first word nothing could be late
  const first = said.findIndex((word) => word >= 0);
  if (first < 0) return [];
  return labels
    .filter((label) => regimeOf(label) >= 0 && label.from >= at[first]!)
    .map((label) => {
      const { from, to } = label;
      const regime = regimeOf(label);
      const found = at.findIndex((time, i) => time >= from && said[i] === regime);
      const named = found >= 0 && at[found]! < to;
      return { from, delay: named ? (at[found]! - from) / 1000 : Number.POSITIVE_INFINITY };
    });
}

/** Stretches that intervals draw together: regimes last ten minutes, ms. */
const PART_MS = 900_000;

/** A stretch of one tape, all its markets: what was so and was said, [truth][said], and the delays of its changes, s. */
interface Part {
  readonly confusion: Float64Array;
  readonly delays: number[];
}

function partsOf(all: readonly RegimeWords[]): Part[] {
  const parts = new Map<string, Part>();
  const partAt = (tape: string, time: number): Part => {
    const key = `${tape} ${Math.floor(time / PART_MS)}`;
    let part = parts.get(key);
    if (part === undefined) {
      part = { confusion: new Float64Array(REGIMES.length ** 2), delays: [] };
      parts.set(key, part);
    }
    return part;
  };
  for (const words of all) {
    const { tape, at, said, truth } = words;
    at.forEach((time, i) => {
      const [is, word] = [truth[i]!, said[i]!];
      if (is >= 0 && word >= 0) partAt(tape, time).confusion[is * REGIMES.length + word]! += 1;
    });
    for (const { from, delay } of delaysOf(words)) partAt(tape, from).delays.push(delay);
  }
  return [...parts.values()];
}

/** `scoreOf`’s balanced accuracy with its interval. */
export function balancedFigure(all: readonly RegimeWords[]): Figure {
  const parts = partsOf(all);
  return figureOf(
    parts.length,
    (weights) => {
      let sum = 0;
      let known = 0;
      for (let is = 0; is < REGIMES.length; is++) {
        let right = 0;
        let count = 0;
        parts.forEach(({ confusion }, p) => {
          right += weights[p]! * confusion[is * REGIMES.length + is]!;
          for (let word = 0; word < REGIMES.length; word++)
            count += weights[p]! * confusion[is * REGIMES.length + word]!;
        });
        if (count === 0) continue;
        known += 1;
        sum += right / count;
      }
      return sum / known;
    },
    'no moment in a known regime had a word',
  );
}

/** Instead of never, s: a bound has to be a number until it is told. */
const NEVER = 1e9;

/** The median delay with its interval; a bound that lies where changes are missed is none. */
export function delayFigure(all: readonly RegimeWords[]): Figure {
  const parts = partsOf(all);
  const delays = parts
    .flatMap(({ delays }, part) => delays.map((delay) => ({ part, delay: Math.min(NEVER, delay) })))
    .sort((a, b) => a.delay - b.delay);
  if (delays.length === 0) return withheld('no change of regime');
  const { value, low, high, why } = figureOf(
    parts.length,
    (weights) => {
      const total = delays.reduce((sum, { part }) => sum + weights[part]!, 0);
      if (total === 0) return Number.NaN;
      let below = 0;
      for (const [i, { part, delay }] of delays.entries()) {
        below += weights[part]!;
        // in the middle between two, as of all of them
        if (below * 2 === total)
          return (delay + delays.find((_, j) => j > i && weights[delays[j]!.part]! > 0)!.delay) / 2;
        if (below * 2 > total) return delay;
      }
      return Number.NaN;
    },
    'no change of regime',
  );
  if (value !== null && value >= NEVER / 2) return withheld('half of the changes were missed');
  const told = (bound: number | null): number | null => (bound === null || bound >= NEVER / 2 ? null : bound);
  return { value, low: told(low), high: told(high), why };
}

/** Infinite where half were missed; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
