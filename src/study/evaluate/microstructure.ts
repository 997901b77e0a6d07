import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Us } from '../../core/units.ts';
import { type Figure, figureOf } from './figures.ts';
import type { Observer } from './play.ts';
import type { Grader, GraderMaker, Section, SectionFigure } from './section.ts';

/** Grades what the book alone says of the mid to come: the microprice against the mid and the weighted mid. */
export const gradeMicrostructure: GraderMaker = () => new MicrostructureGrader();

/** Who predicts: each says how far from the mid of the moment the mid will be. */
const PREDICTORS = ['microprice', 'weighted mid', 'mid'] as const;
/** What is predicted: the mid after its next change, and after so long, ms. */
const HORIZONS_MS = [0, 1_000, 5_000] as const;
const PART_MS = 30_000;
/** Imbalances of the touch beyond this are called extreme: nine tenths of the queue on one side. */
const EXTREME = 0.8;

const nameOf = (horizonMs: number): string =>
  horizonMs === 0 ? 'after the next change' : `${horizonMs / 1000} s later`;

/** Sums of one stretch of time. */
class Part {
  /** Predictions made, by horizon. */
  readonly count = new Float64Array(HORIZONS_MS.length);
  /** Squared errors, ticks², by horizon and predictor. */
  readonly errors = new Float64Array(HORIZONS_MS.length * PREDICTORS.length);
  changes = 0;
  right = 0;
  extreme = 0;
  extremeRight = 0;
}

/** One instrument's predictions and what became of them. */
class Predictions implements Observer {
  readonly symbol: string;
  readonly parts: Part[] = [];
  private part = new Part();
  private partEnds = 0;
  private mid = Number.NaN;
  /** Queue imbalance at the touch in the frame before. */
  private tilt = 0;
  /** Sums over the frames since the mid changed: how many, Σ offset and Σ offset² of each predictor. */
  private waiting = 0;
  private readonly offsets = new Float64Array(PREDICTORS.length);
  private readonly squares = new Float64Array(PREDICTORS.length);
  /** Predictions whose time has not come: at, mid, offsets. */
  private readonly pending: { at: number; mid: number; offsets: readonly number[] }[][] = HORIZONS_MS.map(
    () => [],
  );

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  frame({ microstructure }: Brain, book: OrderBook, at: Us): void {
    if (!book.valid || !book.twoSided) return this.lost();
    if (at >= this.partEnds) {
      this.part = new Part();
      this.parts.push(this.part);
      this.partEnds = at + PART_MS * 1000;
    }
    const { mid } = book;
    this.settle(mid, at);
    if (mid !== this.mid) this.changed(mid);
    this.mid = mid;
    this.tilt = microstructure.microTilt;
    if (!microstructure.estimated) return;
    const offsets = [microstructure.microprice - mid, (this.tilt * book.spread) / 2, 0];
    this.waiting += 1;
    for (const [p, offset] of offsets.entries()) {
      this.offsets[p]! += offset;
      this.squares[p]! += offset * offset;
    }
    for (const [h, horizonMs] of HORIZONS_MS.entries())
      if (horizonMs > 0) this.pending[h]!.push({ at: at + horizonMs * 1000, mid, offsets });
  }

  lost(): void {
    this.mid = Number.NaN;
    this.forget();
    for (const queue of this.pending) queue.length = 0;
  }

  private changed(mid: number): void {
    const { part, waiting } = this;
    const move = mid - this.mid;
    if (Number.isFinite(move)) {
      part.changes += 1;
      const right = this.tilt * move > 0;
      if (right) part.right += 1;
      if (Math.abs(this.tilt) >= EXTREME) {
        part.extreme += 1;
        if (right) part.extremeRight += 1;
      }
      part.count[0]! += waiting;
      for (let p = 0; p < PREDICTORS.length; p++)
        part.errors[p]! += waiting * move * move - 2 * move * this.offsets[p]! + this.squares[p]!;
    }
    this.forget();
  }

  private settle(mid: number, at: number): void {
    for (const [h, queue] of this.pending.entries()) {
      let due = 0;
      while (due < queue.length && queue[due]!.at <= at) {
        const { mid: then, offsets } = queue[due]!;
        this.part.count[h]! += 1;
        for (const [p, offset] of offsets.entries())
          this.part.errors[h * PREDICTORS.length + p]! += (mid - then - offset) ** 2;
        due += 1;
      }
      if (due > 0) queue.splice(0, due);
    }
  }

  private forget(): void {
    this.waiting = 0;
    this.offsets.fill(0);
    this.squares.fill(0);
  }
}

class MicrostructureGrader implements Grader {
  private readonly markets: Predictions[] = [];

  watch({ id }: Instrument): readonly Observer[] {
    const market = new Predictions(id);
    this.markets.push(market);
    return [market];
  }

  played(): void {
    // labels say nothing of the next change of the mid
  }

  section(): Section | null {
    const markets = this.markets.filter(({ parts }) => parts.some(({ changes }) => changes > 0));
    if (markets.length === 0) return null;
    // ticks of one market are not those of another: errors are told in units of what the mid itself errs there
    const scaledParts = markets.map((market) => scaled(market.parts));
    const parts = scaledParts.flat();
    const share = (
      part: (one: Part) => number,
      whole: (one: Part) => number,
      absent: string,
      of: readonly Part[] = parts,
    ): Figure => figureOf(of.length, (w) => total(of, w, part) / total(of, w, whole), absent);
    const errors = (h: number, p: number, of: readonly Part[] = parts): Figure =>
      share(
        ({ errors }) => errors[h * PREDICTORS.length + p]!,
        ({ errors }) => errors[h * PREDICTORS.length + MID]!,
        'too few moves of the mid for an estimate',
        of,
      );
    return {
      name: 'microstructure',
      question: 'Does the microprice know the mid to come better than the mid, and than the weighted mid?',
      notes: [
        'Squared error of the prediction, as a share of that of the mid itself (which says that nothing changes): below 1 knows something. Made at every frame once the estimate exists; each market counts in its own ticks.',
        'Right about the sign: queue imbalance at the touch in the last frame before the mid changed. Mechanical (the thinner queue is used up first) and not tradable by itself: half a spread is paid to act on it.',
        `Intervals come of stretches of ${PART_MS / 1000} s drawn together.`,
      ],
      figures: [
        ...HORIZONS_MS.map(
          (horizonMs, h): SectionFigure => ({
            name: `error against the mid’s, ${nameOf(horizonMs)}`,
            unit: '',
            figure: errors(h, 0),
            rivals: [{ name: 'weighted mid', figure: errors(h, 1) }],
            better: 'lower',
            goal: 'below 1 and below the weighted mid',
          }),
        ),
        {
          name: 'queue imbalance right about the next change',
          unit: 'share',
          figure: share(
            ({ right }) => right,
            ({ changes }) => changes,
            'the mid never changed',
          ),
          rivals: [],
          better: 'higher',
          goal: '',
        },
        {
          name: 'the same, nine tenths of the touch on one side',
          unit: 'share',
          figure: share(
            ({ extremeRight }) => extremeRight,
            ({ extreme }) => extreme,
            'the touch was never that uneven before a change',
          ),
          rivals: [],
          better: 'higher',
          goal: '',
        },
      ],
      charts: [],
      tables: [
        {
          title: 'The microprice’s error against the mid’s, market by market',
          columns: ['market', ...HORIZONS_MS.map(nameOf)],
          rows: markets.map(({ symbol }, i) => [
            symbol,
            ...HORIZONS_MS.map((_, h) => errors(h, 0, scaledParts[i]!)),
          ]),
        },
      ],
      checks: [],
    };
  }
}

const MID = PREDICTORS.indexOf('mid');

const total = (parts: readonly Part[], weights: Float64Array, of: (part: Part) => number): number =>
  parts.reduce((sum, part, i) => sum + weights[i]! * of(part), 0);

/** The parts with errors in units of the mean squared error of the mid, by horizon. */
function scaled(parts: readonly Part[]): Part[] {
  const units = HORIZONS_MS.map((_, h) => {
    const count = parts.reduce((sum, part) => sum + part.count[h]!, 0);
    const error = parts.reduce((sum, part) => sum + part.errors[h * PREDICTORS.length + MID]!, 0);
    return error > 0 ? error / count : 1;
  });
  return parts.map((part) => {
    const copy = Object.assign(new Part(), part, { errors: Float64Array.from(part.errors) });
    for (let i = 0; i < copy.errors.length; i++) copy.errors[i]! /= units[Math.floor(i / PREDICTORS.length)]!;
    return copy;
  });
}
