import { type Figure, figureOf, plain, shareFigure } from './figures.ts';
import { counted, dot, type Parted } from './parts.ts';
import type { SectionFigure } from './section.ts';
import { type Cell, SHARES } from './withdrawal-track.ts';

/** False alarms an hour of one side. */
export const BUDGET = 12;

/** Whose deviations: the detector's, or those of the best five levels' depth. */
type Voice = 'own' | 'rival';

/** What was made of withdrawals of one manner. */
export class Withdrawals {
  readonly planted: number;
  private readonly ordinary: readonly Parted<Cell>[];
  private readonly begun: readonly Parted<Cell>[];
  private readonly parts: number;

  constructor(cells: readonly Parted<Cell>[], parts: number) {
    this.ordinary = cells.filter(({ share }) => share === 0);
    this.begun = cells.filter(({ share }) => share > 0);
    this.parts = parts;
    this.planted = this.begun.length;
  }

  /** Seconds to one with a beginning. */
  get rarity(): string {
    return this.planted === 0 ? '—' : ((this.ordinary.length + this.planted) / this.planted).toFixed(0);
  }

  figures(): SectionFigure[] {
    const both = (of: (voice: Voice) => Figure) => ({
      figure: of('own'),
      rivals: [{ name: 'depth of the best five', figure: of('rival') }],
    });
    return [
      ...SHARES.map(
        (share): SectionFigure => ({
          ...{
            name: `a side withdrawn at once by ${100 * share} %: AUC`,
            unit: '',
            better: 'higher',
            goal: '',
          },
          ...both((voice) => this.area(voice, share)),
        }),
      ),
      ...SHARES.map(
        (share): SectionFigure => ({
          ...{ name: `the same: recall at ${BUDGET} false alarms a side-hour, by ${100 * share} %` },
          ...{ unit: 'share', better: 'higher', goal: '' },
          ...both((voice) => this.recall(voice, share)),
        }),
      ),
      {
        ...{ name: 'the same: median delay of what was found', unit: 'ms', better: 'lower', goal: '' },
        ...both((voice) => this.delay(voice)),
      },
    ];
  }

  of(share: number): number {
    return this.begun.filter((cell) => cell.share === share).length;
  }

  /** Probability that a second in which one begins scores above an ordinary one; equal ones count half. */
  area(voice: Voice, share: number): Figure {
    const { parts, ordinary } = this;
    const begun = this.begun.filter((cell) => cell.share === share);
    const all = [...begun, ...ordinary].sort((a, b) => a[voice] - b[voice]);
    /** By stretch of the beginning, then of the ordinary second: how often the former is above. */
    const above = new Float64Array(parts * parts);
    const below = new Float64Array(parts);
    for (let from = 0; from < all.length; ) {
      let to = from;
      while (to < all.length && all[to]![voice] === all[from]![voice]) to += 1;
      const group = all.slice(from, to);
      for (const each of group) if (each.share === 0) below[each.part]! += 0.5;
      for (const each of group)
        if (each.share > 0) for (let n = 0; n < parts; n++) above[each.part * parts + n]! += below[n]!;
      for (const each of group) if (each.share === 0) below[each.part]! += 0.5;
      from = to;
    }
    const begins = counted(begun, parts);
    return figureOf(
      parts,
      (w) => {
        let sum = 0;
        let positive = 0;
        let negative = 0;
        for (let p = 0; p < parts; p++) {
          if (w[p] === 0) continue;
          positive += w[p]! * begins[p]!;
          negative += w[p]! * below[p]!;
          for (let n = 0; n < parts; n++) sum += w[p]! * w[n]! * above[p * parts + n]!;
        }
        return sum / (positive * negative);
      },
      'none of that size was laid over',
    );
  }

  recall(voice: Voice, share: number): Figure {
    const least = this.threshold(voice);
    const begun = this.begun.filter((cell) => cell.share === share);
    const found = begun.filter((cell) => cell[voice] > least);
    return shareOf(found, begun, this.parts, 'none of that size was laid over');
  }

  delay(voice: Voice): Figure {
    const least = this.threshold(voice);
    const delay = (cell: Cell): number => {
      const rises = voice === 'own' ? cell.ownRises : cell.rivalRises;
      return rises.find(({ score }) => score > least)!.after / 1000;
    };
    const found = this.begun.filter((cell) => cell[voice] > least).sort((a, b) => delay(a) - delay(b));
    return figureOf(
      this.parts,
      (w) => {
        const total = found.reduce((sum, { part }) => sum + w[part]!, 0);
        let passed = 0;
        for (const cell of found) {
          passed += w[cell.part]!;
          if (passed >= total / 2 && passed > 0) return delay(cell);
        }
        return Number.NaN;
      },
      'nothing found',
    );
  }

  /** What no more than the budget of ordinary seconds lies above. */
  private threshold(voice: Voice): number {
    const { ordinary } = this;
    const allowed = Math.floor((BUDGET * ordinary.length) / 3600);
    const scores = ordinary.map((cell) => cell[voice]).sort((a, b) => b - a);
    return scores[Math.min(allowed, scores.length - 1)] ?? Number.POSITIVE_INFINITY;
  }
}

function shareOf(
  found: readonly { readonly part: number }[],
  of: readonly { readonly part: number }[],
  parts: number,
  absent: string,
): Figure {
  if (of.length === 0) return plain(Number.NaN, absent);
  const [some, all] = [counted(found, parts), counted(of, parts)];
  return shareFigure(
    figureOf(parts, (w) => dot(w, some) / dot(w, all), absent),
    found.length,
    of.length,
  );
}
