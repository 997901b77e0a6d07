import { FEATURES } from '../../core/brain/fusion/features.ts';
import type { Outcome } from '../evaluate/barriers.ts';

export interface OutcomeRow {
  readonly tape: number;
  readonly instrument: number;
  /** A short: a long in the mirrored market. */
  readonly mirrored: boolean;
  /** Entry and end, µs. */
  readonly at: number;
  readonly endAt: number;
  readonly outcome: Outcome;
  /** From touch to touch, fees not paid, basis points. */
  readonly returnBp: number;
  /** From the entry to target and stop; fees and impact; basis points. */
  readonly targetBp: number;
  readonly stopBp: number;
  readonly costBp: number;
  /** Logit of the driftless odds. */
  readonly base: number;
  /** At least one for each of `FEATURES`, not turned. */
  readonly features: ArrayLike<number>;
}

const COLUMNS = [
  ...(['tape', 'instrument', 'mirrored', 'at', 'endAt', 'reached', 'timedOut', 'returnBp'] as const),
  ...(['targetBp', 'stopBp', 'costBp', 'base'] as const),
] as const;

/** The rows themselves, which can be copied to another thread. */
export type OutcomeColumns = Pick<Outcomes, 'count' | 'features' | (typeof COLUMNS)[number]>;

/** What trades that were never made were said to be worth, and what became of them: columns, a row each. */
export class Outcomes {
  count = 0;
  tape = new Int32Array(1024);
  instrument = new Int32Array(1024);
  mirrored = new Uint8Array(1024);
  at = new Float64Array(1024);
  endAt = new Float64Array(1024);
  /** 1: the target was reached before the stop and within the time limit. */
  reached = new Uint8Array(1024);
  /** 1: neither was reached. */
  timedOut = new Uint8Array(1024);
  returnBp = new Float64Array(1024);
  targetBp = new Float64Array(1024);
  stopBp = new Float64Array(1024);
  costBp = new Float64Array(1024);
  base = new Float64Array(1024);
  /** One column a feature, turned for a short: as the model's function is asked. */
  readonly features: Float64Array[] = FEATURES.map(() => new Float64Array(1024));

  add(row: OutcomeRow): void {
    if (this.count === this.at.length) this.grow();
    const i = this.count++;
    this.tape[i] = row.tape;
    this.instrument[i] = row.instrument;
    this.mirrored[i] = row.mirrored ? 1 : 0;
    this.at[i] = row.at;
    this.endAt[i] = row.endAt;
    this.reached[i] = row.outcome === 'target' ? 1 : 0;
    this.timedOut[i] = row.outcome === 'time' ? 1 : 0;
    this.returnBp[i] = row.returnBp;
    this.targetBp[i] = row.targetBp;
    this.stopBp[i] = row.stopBp;
    this.costBp[i] = row.costBp;
    this.base[i] = row.base;
    for (let f = 0; f < FEATURES.length; f++) {
      const turn = row.mirrored && FEATURES[f]!.kind === 'signed';
      this.features[f]![i] = turn ? -row.features[f]! : row.features[f]!;
    }
  }

  /** Mean return of trade `i` after its costs at a probability of its target, basis points: as the signal reckons it. */
  edgeBp(i: number, probability: number): number {
    return probability * this.targetBp[i]! - (1 - probability) * this.stopBp[i]! - this.costBp[i]!;
  }

  /** Some of the rows. */
  where(wanted: (row: number) => boolean): Outcomes {
    const some = new Outcomes();
    const at = Int32Array.from({ length: this.count }, (_, i) => i).filter(wanted);
    const of = <Column extends Float64Array | Int32Array | Uint8Array>(column: Column): Column => {
      const shorter = new (column.constructor as new (length: number) => Column)(Math.max(1, at.length));
      at.forEach((row, i) => {
        shorter[i] = column[row]!;
      });
      return shorter;
    };
    some.count = at.length;
    some.resize(this, of);
    return some;
  }

  /** All of another's rows behind these: its columns, as they are or as they were copied from another thread. */
  append(other: OutcomeColumns): void {
    const from = this.count;
    this.count += other.count;
    while (this.at.length < this.count) this.grow();
    for (const name of COLUMNS) this[name].set(other[name].subarray(0, other.count), from);
    this.features.forEach((column, f) => {
      column.set(other.features[f]!.subarray(0, other.count), from);
    });
  }

  private grow(): void {
    this.resize(this, (column) => {
      const wider = new (column.constructor as new (length: number) => typeof column)(column.length * 2);
      wider.set(column);
      return wider;
    });
  }

  private resize(
    from: Outcomes,
    of: <Column extends Float64Array | Int32Array | Uint8Array>(column: Column) => Column,
  ): void {
    this.tape = of(from.tape);
    this.instrument = of(from.instrument);
    this.mirrored = of(from.mirrored);
    this.at = of(from.at);
    this.endAt = of(from.endAt);
    this.reached = of(from.reached);
    this.timedOut = of(from.timedOut);
    this.returnBp = of(from.returnBp);
    this.targetBp = of(from.targetBp);
    this.stopBp = of(from.stopBp);
    this.costBp = of(from.costBp);
    this.base = of(from.base);
    for (let f = 0; f < this.features.length; f++) this.features[f] = of(from.features[f]!);
  }
}

/** Grid on which trades that are open at the same time are counted, µs. */
const GRID_US = 5_000_000;

/**
 * How much each outcome tells that the others do not. The uniqueness of one is the mean, over the time its trade is open, of
 * one over the number of trades open then, longs and shorts of the instrument together; an outcome counts with the mean
 * uniqueness of its tape's and instrument's. So all together count as many as do not overlap.
 *
 * Source: López de Prado, "Advances in Financial Machine Learning", 2018, section 4.3. Ours counts on a grid of five seconds,
 * and takes the mean because the uniqueness of a single outcome depends on how it ended: what ends at the time limit overlaps
 * most, and would be counted least (on the embedded market that lifts the share that reaches the target from 0.31 to 0.33).
 */
export function uniqueness({ count, tape, instrument, at, endAt }: Outcomes): Float64Array {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < count; i++) {
    const key = `${tape[i]} ${instrument[i]}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  const weights = new Float64Array(count);
  for (const rows of groups.values()) {
    const from = rows.reduce((least, i) => Math.min(least, at[i]!), Number.POSITIVE_INFINITY);
    const cellOf = (time: number): number => Math.floor((time - from) / GRID_US);
    const last = rows.reduce((most, i) => Math.max(most, cellOf(endAt[i]!)), 0);
    const open = new Float64Array(last + 2);
    for (const i of rows) {
      open[cellOf(at[i]!)]! += 1;
      open[cellOf(endAt[i]!) + 1]! -= 1;
    }
    // running sums of one over the trades that are open in each cell
    const shares = new Float64Array(last + 2);
    let now = 0;
    for (let cell = 0; cell <= last; cell++) {
      now += open[cell]!;
      shares[cell + 1] = shares[cell]! + (now > 0 ? 1 / now : 0);
    }
    let sum = 0;
    for (const i of rows) {
      const [first, end] = [cellOf(at[i]!), cellOf(endAt[i]!)];
      sum += (shares[end + 1]! - shares[first]!) / (end - first + 1);
    }
    for (const i of rows) weights[i] = sum / rows.length;
  }
  return weights;
}
