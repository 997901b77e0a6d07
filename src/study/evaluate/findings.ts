import type { BookSide } from '../../core/book/frame.ts';
import type { Finding } from '../../core/brain/finding.ts';
import type { Us } from '../../core/units.ts';

/** One telling of a finding that was surer than all before. */
export interface Told {
  readonly at: Us;
  readonly likelihood: number;
}

/** Everything a detector said of one finding: one candidate for an alarm, scored by the most it ever said. */
export interface Candidate {
  readonly kind: Finding['kind'];
  readonly id: number;
  readonly pattern: string;
  readonly side: BookSide;
  /** Ticks; with the last telling. */
  readonly low: number;
  readonly high: number;
  /** Lots; with the last telling. */
  readonly size: number;
  readonly since: Us;
  /** When it was last told. */
  readonly until: Us;
  /** The most that was said, 0…1. */
  readonly likelihood: number;
  /** The tellings that raised it, oldest first, likelihoods rising; never empty. */
  readonly told: readonly Told[];
}

/** When it was first told with at least `threshold`; null where it never was. */
export function foundAt(told: readonly Told[], threshold: number): Us | null {
  for (const { at, likelihood } of told) if (likelihood >= threshold) return at;
  return null;
}

/** Gathers what one detector tells of one instrument. */
export class Findings {
  private readonly byId = new Map<number, Mutable>();

  /** Copies. One told with likelihood 0 is kept: at a threshold of 0 it is an alarm as well. */
  readonly take = (finding: Finding): void => {
    const { kind, id, pattern, side, low, high, size, since, at, likelihood } = finding;
    if (!(likelihood >= 0 && likelihood <= 1))
      throw new RangeError(`finding ${id} has likelihood ${likelihood}: 0 to 1 wanted`);
    const known = this.byId.get(id);
    if (known === undefined) {
      this.byId.set(id, {
        ...{ kind, id, pattern, side, low, high, size, since, until: at, likelihood },
        told: [{ at, likelihood }],
      });
      return;
    }
    Object.assign(known, { pattern, low, high, size, since, until: at });
    if (likelihood <= known.likelihood) return;
    known.likelihood = likelihood;
    known.told.push({ at, likelihood });
  };

  /** In order of first telling. */
  all(kind?: Finding['kind']): Candidate[] {
    const all = [...this.byId.values()];
    return kind === undefined ? all : all.filter((candidate) => candidate.kind === kind);
  }
}

type Mutable = { -readonly [Key in keyof Candidate]: Candidate[Key] } & { told: Told[] };
