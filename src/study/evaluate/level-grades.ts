import { HELD, NOT_REACHED } from '../exits/levels-hold.ts';
import { type Figure, figureOf, PARTS_MIN, tooFewHeld } from './figures.ts';
import type { Fate } from './level-track.ts';
import { dot, type Parted } from './parts.ts';
import type { SectionFigure, SectionTable } from './section.ts';

const NONE = 'no level was reached of those with five minutes before and three after them';
/** s. */
const AGES = [0, 30, 120, Number.POSITIVE_INFINITY] as const;

/** What became of the levels that were told, and of those that nobody told. */
export class Levels {
  private readonly fates: readonly Parted<Fate>[];
  private readonly parts: number;

  constructor(fates: readonly Parted<Fate>[], parts: number) {
    this.fates = fates;
    this.parts = parts;
  }

  figures(): SectionFigure[] {
    const [told, chance, mirrored] = this.held(this.fates);
    return [
      {
        ...{ name: 'a support or resistance that was reached has held', unit: 'share', figure: told! },
        rivals: [
          { name: 'levels by chance', figure: chance! },
          { name: 'as far away on the other side', figure: mirrored! },
        ],
        ...{ better: 'higher', goal: '' },
      },
      {
        ...{
          name: 'the same less that of levels by chance, points',
          unit: 'share',
          figure: this.gain(this.fates),
        },
        ...{ rivals: [], better: 'higher', goal: 'above 0' },
      },
    ];
  }

  table(): SectionTable {
    return {
      title: 'Supports and resistances by age: share of those reached that held',
      columns: ['stood for', 'told', 'reached', 'held', 'by chance', 'less that by chance'],
      units: ['', '', '', 'share', 'share', 'share'],
      rows: AGES.slice(1).map((most, i) => {
        const least = AGES[i]!;
        const of = this.fates.filter(({ ageSeconds }) => ageSeconds >= least && ageSeconds < most);
        const reached = of.filter(({ told }) => told !== NOT_REACHED).length;
        const [held, chance] = this.held(of);
        const name = most === Number.POSITIVE_INFINITY ? `${least} s or more` : `${least} to ${most} s`;
        return [name, of.length, reached, held!, chance!, this.gain(of)];
      }),
    };
  }

  /** Of the levels told, of those by chance, of those on the other side. */
  private held(fates: readonly Parted<Fate>[]): Figure[] {
    const lists: ((fate: Fate) => readonly number[])[] = [
      ({ told }) => [told],
      ({ placebos }) => placebos,
      ({ mirrored }) => [mirrored],
    ];
    return lists.map((list) => {
      const { held, reached } = this.sums(fates, list);
      return this.drawn(reached, (w) => dot(w, held) / dot(w, reached));
    });
  }

  private gain(fates: readonly Parted<Fate>[]): Figure {
    const own = this.sums(fates, ({ told }) => [told]);
    const chance = this.sums(fates, ({ placebos }) => placebos);
    return this.drawn(
      own.reached,
      (w) => dot(w, own.held) / dot(w, own.reached) - dot(w, chance.held) / dot(w, chance.reached),
    );
  }

  /** Stretches in which nothing was reached say nothing: of too few others there is no interval. */
  private drawn(reached: Float64Array, statistic: (weights: Float64Array) => number): Figure {
    const held = reached.filter((count) => count > 0).length;
    const figure = figureOf(this.parts, statistic, NONE);
    return held >= PARTS_MIN || figure.value === null ? figure : tooFewHeld(figure.value, held);
  }

  /** By stretch of time. */
  private sums(
    fates: readonly Parted<Fate>[],
    list: (fate: Fate) => readonly number[],
  ): { readonly held: Float64Array; readonly reached: Float64Array } {
    const held = new Float64Array(this.parts);
    const reached = new Float64Array(this.parts);
    for (const fate of fates)
      for (const each of list(fate)) {
        if (each === NOT_REACHED) continue;
        reached[fate.part]! += 1;
        if (each === HELD) held[fate.part]! += 1;
      }
    return { held, reached };
  }
}
