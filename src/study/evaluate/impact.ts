import type { ImpactConfig } from '../../core/brain/impact.ts';
import { Random } from '../../exchange/random.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import { type Figure, figureOf } from './figures.ts';
import { areaUnderCurve } from './flow.ts';
import { type CostForecast, type Gauges, ImpactTrack, type Lambda } from './impact-track.ts';
import { rankCorrelation, ranks } from './information.ts';
import { onOurClock } from './labels.ts';
import { groupedMean } from './parts.ts';
import type { PlayedMarket } from './play.ts';
import type { Grader, GraderMaker, Section, SectionTable } from './section.ts';

/**
 * Grades price impact (B7): is a market order's cost forecast better than from the spread alone; is lambda the same in one
 * stretch of time and in the next; and does VPIN say anything that volatility and volume do not. Whether lambda's interval
 * holds a known lambda is not asked of recordings, where nobody knows it: `impact-coverage.test.ts` asks it.
 */
export const gradeImpact: GraderMaker = ({ seed, brain }) => new ImpactGrader(seed, brain.impact);

/** Stretches that intervals draw together, µs. */
const PART_US = 60_000_000;
/** Orders of like size, for the rival that knows what such sizes usually cost. */
const SIZE_CLASSES = 8;
/** The gauges look so far ahead, s. */
const AHEAD = [10, 30, 60] as const;
/** Those who know of a move as large as the largest tenth that anybody knew of. */
const LARGEST = 0.9;
/** The gauges' memory is not filled before, µs. */
const WARM_UP_US = 120_000_000;

interface Played {
  readonly track: ImpactTrack;
  /** Instruments of one tape move together: their stretches of time are drawn together. */
  readonly tape: number;
  readonly labels: readonly Label[] | null;
}

/** A way to forecast the cost of an order; in the order in which they arrived. */
interface Rival {
  readonly name: string;
  readonly forecast: (all: readonly CostForecast[], halfSpreadBp: number) => readonly number[];
}

const RIVALS: readonly Rival[] = [
  { name: 'mean half spread', forecast: (all, halfSpreadBp) => all.map(() => halfSpreadBp) },
  { name: 'half spread at that moment', forecast: (all) => all.map(({ halfSpreadBp }) => halfSpreadBp) },
  { name: 'what such a size has cost so far', forecast: (all) => usualCosts(all) },
];

const GAUGES: readonly { readonly name: string; readonly of: (gauges: Gauges) => number }[] = [
  { name: 'VPIN', of: ({ vpin }) => vpin },
  { name: 'realised volatility', of: ({ volatility }) => volatility },
  { name: 'volume', of: ({ volume }) => volume },
];

class ImpactGrader implements Grader {
  private readonly seed: number;
  private readonly config: ImpactConfig;
  private fresh: ImpactTrack[] = [];
  private readonly all: Played[] = [];
  private tapes = 0;

  constructor(seed: number, config: ImpactConfig) {
    this.seed = seed;
    this.config = config;
  }

  watch(): readonly ImpactTrack[] {
    const { barMs, bars } = this.config;
    const random = new Random(this.seed + this.all.length + this.fresh.length);
    const track = new ImpactTrack(random, barMs * bars);
    this.fresh.push(track);
    return [track];
  }

  played({ spans }: PlayedMarket, labels: readonly (readonly Label[])[] | null): void {
    this.fresh.forEach((track, i) => {
      const own = labels?.[i];
      const set = own === undefined ? null : onOurClock(own, spans[i]!.aheadMs);
      this.all.push({ track, tape: this.tapes, labels: set });
    });
    this.tapes += 1;
    this.fresh = [];
  }

  section(): Section | null {
    const played = this.all.filter(({ track }) => track.forecasts.length > 0);
    if (played.length === 0) return null;
    const count = played.reduce((sum, { track }) => sum + track.forecasts.length, 0);
    const tooLarge = played.reduce((sum, { track }) => sum + track.tooLarge, 0);
    const labelled = played.some(({ labels }) => labels !== null);
    return {
      name: 'price impact',
      question:
        'Is the cost of a market order forecast better than from the spread, is lambda the same in the next stretch of time, and does VPIN say what volatility and volume do not?',
      notes: [
        `${count} orders, one a second, on their way for 100 to 300 ms, of 0.1 to 20 usual queues at the touch; ${tooLarge} more were larger than the visible book. Cost: mean price against the mid when it arrived; shortfall: against the mid when it was sent, so that what the price moved meanwhile is in it.`,
        'The mean half spread is that of the whole recording, told in hindsight; what such a size has cost so far is the mean of the orders before in eight classes of size.',
        `Lambda: of windows of ${this.config.bars} bars that share none. Two of them agree when they differ by no more than their intervals allow: 95 % where lambda stands still and both intervals are right.`,
        'VPIN comes with the caveat of its source’s critics: beside volume and volatility it should add nothing. What it adds: the rank correlation that is left when both are taken off.',
        ...(labelled
          ? [
              'Informed: takers who know of a move as large as the largest tenth that any of them knew of on that recording, or news, beginning within so many seconds.',
            ]
          : []),
      ],
      figures: [
        this.costFigure(played, 'cost', ({ paidBp }) => paidBp),
        this.costFigure(played, 'shortfall', ({ shortfallBp }) => shortfallBp),
        this.stability(played),
        {
          name: 'what VPIN adds to volatility and volume: rank correlation with the size of the next 10 s move',
          unit: '',
          figure: this.mean(played, (track) => added(track, 10)),
          rivals: [],
          better: 'higher',
          goal: '',
        },
      ],
      charts: [],
      tables: [
        this.sizeTable(played),
        this.moveTable(played),
        ...(labelled ? [this.informedTable(played)] : []),
      ],
      checks: [],
    };
  }

  /** Mean absolute error as a share of the mean half spread's; the rivals' likewise. */
  private costFigure(
    played: readonly Played[],
    what: string,
    pick: (forecast: CostForecast) => number,
  ): Section['figures'][number] {
    const errors = errorsOf(played, pick);
    const share = (which: number): Figure =>
      figureOf(
        errors.parts,
        (weights) => {
          let own = 0;
          let base = 0;
          errors.each.forEach(({ part, all }) => {
            own += weights[part]! * all[which]!;
            base += weights[part]! * all[1]!;
          });
          return own / base;
        },
        'no order',
      );
    return {
      name: `error of the forecast ${what}, as a share of the mean half spread’s`,
      unit: 'share',
      figure: share(0),
      rivals: RIVALS.slice(1).map(({ name }, i) => ({ name, figure: share(i + 2) })),
      better: 'lower',
      goal: what === 'cost' ? 'at most 50 %' : '',
    };
  }

  private stability(played: readonly Played[]): Section['figures'][number] {
    const agree: { group: string; value: number }[] = [];
    for (const { track, tape } of played)
      agreements(track.lambdas).forEach((value, i) => {
        agree.push({ value, group: `${tape} ${i}` });
      });
    return {
      name: 'lambda agrees with that of the window before',
      unit: 'share',
      figure: groupedMean(agree, 'fewer than two windows of lambda'),
      rivals: [],
      better: null,
      goal: '95 % where lambda stands still',
    };
  }

  private sizeTable(played: readonly Played[]): SectionTable {
    const errors = errorsOf(played, ({ paidBp }) => paidBp);
    const classes = [0.1, 0.5, 1, 2, 5, 10, 20];
    return {
      title: 'Mean absolute error of the forecast cost, bp, by size in usual queues at the touch',
      columns: ['size', 'orders', 'mean cost, bp', 'from the book', ...RIVALS.map(({ name }) => name)],
      rows: classes.slice(1).map((most, i) => {
        const own = errors.each.filter(({ queues }) => queues >= classes[i]! && queues < most);
        const mean = (of: (one: (typeof own)[number]) => number): number | null =>
          own.length === 0 ? null : own.reduce((sum, one) => sum + of(one), 0) / own.length;
        return [
          `${classes[i]} to ${most}`,
          own.length,
          mean(({ cost }) => cost),
          ...[0, 1, 2, 3].map((which) => mean(({ all }) => all[which]!)),
        ];
      }),
    };
  }

  private moveTable(played: readonly Played[]): SectionTable {
    return {
      title: 'Rank correlation with the size of the move to come, mean of the markets',
      columns: ['', ...AHEAD.map((seconds) => `${seconds} s`)],
      rows: [
        ...GAUGES.map(({ name, of }) => [
          name,
          ...AHEAD.map((seconds) =>
            this.mean(played, (track) => {
              const { gauges, moves } = withMoves(track, seconds);
              return rankCorrelation(gauges.map(of), moves);
            }),
          ),
        ]),
        [
          'VPIN, the other two taken off',
          ...AHEAD.map((seconds) => this.mean(played, (track) => added(track, seconds))),
        ],
      ],
    };
  }

  private informedTable(played: readonly Played[]): SectionTable {
    const rows = GAUGES.map(({ name, of }): (string | Figure)[] => [
      name,
      ...AHEAD.map((seconds) =>
        this.mean(played, ({ gauges }, labels) => {
          const begins = informed(labels ?? []);
          const known = settled(gauges);
          return areaUnderCurve(
            known.map(of),
            known.map(({ at }) =>
              begins.some((from) => from > at / 1000 && from <= at / 1000 + seconds * 1000),
            ),
          );
        }),
      ),
    ]);
    const base = AHEAD.map((seconds) =>
      this.mean(played, ({ gauges }, labels) => {
        const begins = informed(labels ?? []);
        const known = settled(gauges);
        return (
          known.filter(({ at }) =>
            begins.some((from) => from > at / 1000 && from <= at / 1000 + seconds * 1000),
          ).length / known.length
        );
      }),
    );
    return {
      title:
        'Informed takers or news to come: told by the gauge (AUC, a half is chance), mean of the markets',
      columns: ['', ...AHEAD.map((seconds) => `within ${seconds} s`)],
      rows: [...rows, ['share of moments', ...base]],
    };
  }

  private mean(
    played: readonly Played[],
    of: (track: ImpactTrack, labels: readonly Label[] | null) => number,
  ): Figure {
    const values = played
      .map(({ track, labels, tape: group }) => ({ group, value: of(track, labels) }))
      .filter(({ value }) => !Number.isNaN(value));
    return groupedMean(values, 'too little to say');
  }
}

interface Errors {
  /** Of each order: which stretch of time, its size, its cost, and the absolute errors: ours, then the rivals'. */
  readonly each: readonly {
    readonly part: number;
    readonly queues: number;
    readonly cost: number;
    readonly all: readonly number[];
  }[];
  readonly parts: number;
}

function errorsOf(played: readonly Played[], pick: (forecast: CostForecast) => number): Errors {
  const each: Errors['each'][number][] = [];
  const parts = new Map<string, number>();
  for (const { track, tape } of played) {
    const { forecasts } = track;
    const mean = forecasts.reduce((sum, { halfSpreadBp }) => sum + halfSpreadBp, 0) / forecasts.length;
    const rivals = RIVALS.map(({ forecast }) => forecast(forecasts, mean));
    forecasts.forEach((one, i) => {
      const stretch = `${tape} ${Math.floor(one.at / PART_US)}`;
      const part = parts.get(stretch) ?? parts.size;
      parts.set(stretch, part);
      const cost = pick(one);
      const said = [one.forecastBp, ...rivals.map((rival) => rival[i]!)];
      each.push({ part, queues: one.queues, cost, all: said.map((value) => Math.abs(value - cost)) });
    });
  }
  return { each, parts: parts.size };
}

/**
 * Of each window and the next, 1 where they agree: the first and second, the third and fourth. A window that is off disagrees with
 * both its neighbours, so each is in one pair only and the pairs can be drawn one by one.
 */
export function agreements(lambdas: readonly Lambda[]): number[] {
  return Array.from({ length: lambdas.length >> 1 }, (_, i) => {
    const [one, other] = [lambdas[2 * i]!, lambdas[2 * i + 1]!];
    return Math.abs(one.slope - other.slope) <= Math.hypot(one.halfWidth, other.halfWidth) ? 1 : 0;
  });
}

/** The mean cost of the orders of like size before; the half spread where there was none. */
function usualCosts(all: readonly CostForecast[]): number[] {
  const sums = new Float64Array(SIZE_CLASSES);
  const counts = new Float64Array(SIZE_CLASSES);
  return all.map(({ queues, paidBp, halfSpreadBp }) => {
    const place = Math.floor((Math.log(queues / 0.1) / Math.log(20 / 0.1)) * SIZE_CLASSES);
    const size = Math.min(SIZE_CLASSES - 1, Math.max(0, place));
    const usual = counts[size]! > 0 ? sums[size]! / counts[size]! : halfSpreadBp;
    sums[size]! += paidBp;
    counts[size]! += 1;
    return usual;
  });
}

const settled = (gauges: readonly Gauges[]): readonly Gauges[] =>
  gauges.filter(({ at }) => at >= (gauges[0]?.at ?? 0) + WARM_UP_US);

/** Beginnings, ms. */
function informed(labels: readonly Label[]): number[] {
  const foreseen = (label: Label): number => Math.abs(Number(label.parameters.foreseenBp));
  const known = labels.filter(({ kind }) => kind === 'informed');
  const sizes = known.map(foreseen).sort((a, b) => a - b);
  const least = sizes[Math.floor(LARGEST * sizes.length)] ?? Number.POSITIVE_INFINITY;
  return [
    ...known.filter((label) => foreseen(label) >= least),
    ...labels.filter(({ kind }) => kind === 'news'),
  ].map(({ from }) => from);
}

/** Gauges, and the size of the move in the `seconds` after each; where the recording had a hole, nothing. */
function withMoves({ gauges }: ImpactTrack, seconds: number): { gauges: Gauges[]; moves: number[] } {
  const kept: Gauges[] = [];
  const moves: number[] = [];
  const known = settled(gauges);
  for (let i = 0, j = 0; i < known.length; i++) {
    const due = known[i]!.at + seconds * 1e6;
    while (j < known.length && known[j]!.at < due) j += 1;
    if (j === known.length) break;
    if (known[j]!.at > due + 2e6) continue;
    kept.push(known[i]!);
    moves.push(Math.abs(Math.log(known[j]!.mid / known[i]!.mid)));
  }
  return { gauges: kept, moves };
}

/** Partial rank correlation of VPIN and the size of the move, volatility and volume taken off both. */
function added(track: ImpactTrack, seconds: number): number {
  const { gauges, moves } = withMoves(track, seconds);
  const [vpin, volatility, volume] = GAUGES.map(({ of }) => ranks(gauges.map(of)));
  const left = (of: ArrayLike<number>): number[] => residuals(of, [volatility!, volume!]);
  return correlation(left(vpin!), left(ranks(moves)));
}

/** What is left of `y` when the two `x` (and a constant) have explained what they can: least squares. */
function residuals(y: ArrayLike<number>, x: readonly [ArrayLike<number>, ArrayLike<number>]): number[] {
  const count = y.length;
  const centred = (of: ArrayLike<number>): number[] => {
    const values = Array.from(of);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return values.map((value) => value - mean);
  };
  const dot = (one: readonly number[], other: readonly number[]): number =>
    one.reduce((sum, value, i) => sum + value * other[i]!, 0);
  const [own, a, b] = [centred(y), centred(x[0]), centred(x[1])];
  const [aa, bb, ab, ay, by] = [dot(a, a), dot(b, b), dot(a, b), dot(a, own), dot(b, own)];
  const determinant = aa * bb - ab * ab;
  const p = (ay * bb - by * ab) / determinant;
  const q = (by * aa - ay * ab) / determinant;
  return own.map((value, i) => value - p * a[i]! - q * b[i]!);
}

function correlation(one: readonly number[], other: readonly number[]): number {
  let [xx, yy, xy] = [0, 0, 0];
  one.forEach((x, i) => {
    xx += x * x;
    yy += other[i]! * other[i]!;
    xy += x * other[i]!;
  });
  return xy / Math.sqrt(xx * yy);
}
