import type { OrderBook } from '../../core/book/order-book.ts';
import type { BrainConfig } from '../../core/brain/brain.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Label } from '../../exchange/scenarios/label.ts';
import type { BarrierRule } from './barriers.ts';
import type { Figure } from './figures.ts';
import type { Observer, PlayedMarket } from './play.ts';

/**
 * One detector's grading, to be printed, drawn and written as JSON: plain data. A section says what it cannot say
 * (`Figure.why`) rather than leaving it out.
 */
export interface Section {
  /** As the detector calls itself, such as `spoof`. */
  readonly name: string;
  /** One sentence: what is asked of it, and against what. */
  readonly question: string;
  /** How it was graded and what chance gives, one thought a line: for whoever doubts the figures. */
  readonly notes: readonly string[];
  readonly figures: readonly SectionFigure[];
  readonly charts: readonly Chart[];
  readonly tables: readonly SectionTable[];
  /** What must fall to chance when the data are spoiled; empty where nothing could be spoiled. */
  readonly checks: readonly LeakCheck[];
}

/**
 * Does the grading itself know what it should not? The data are spoiled so that nothing can be known (labels shifted in time,
 * scores told backwards, takers' sides drawn by lot): the figure must fall to what chance gives, or something leaks.
 */
export interface LeakCheck {
  readonly name: string;
  /** The figure as it is, and of the spoiled data. */
  readonly honest: number | null;
  readonly spoiled: number | null;
  /** What chance gives: the middle 95 %. */
  readonly chance: { readonly low: number; readonly high: number } | null;
  /**
   * `holds`: the spoiled figure is chance: the grading finds nothing where nothing is. No proof that what was graded does not know
   * the future: `future.ts` looks into that. `leaks`: it lies beyond what chance gives. `nothing`: so does the honest one not:
   * what was graded knows no more than chance. `blind`: what was said is the same to the bit whatever comes after. `unknown`: too
   * little data to say.
   */
  readonly verdict: 'holds' | 'leaks' | 'nothing' | 'blind' | 'unknown';
  /** How it was spoiled, and where chance comes from. */
  readonly detail: string;
}

export interface SectionFigure {
  /** Such as `PR-AUC` or `recall at 2 false alarms an hour`. */
  readonly name: string;
  /** Empty for a plain number; `share` is shown in percent. */
  readonly unit: '' | 'share' | 'ms' | 's' | 'bp' | 'per hour' | 'per minute' | 'ticks' | 'lots';
  readonly figure: Figure;
  /** The same figure of simpler rules on the same data, and of chance. */
  readonly rivals: readonly { readonly name: string; readonly figure: Figure }[];
  /** Which way is good; null where neither is. */
  readonly better: 'higher' | 'lower' | null;
  /** What it should reach, in words; empty where nothing was asked. */
  readonly goal: string;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly name: string;
  readonly scale: 'linear' | 'log';
  /** Where it begins and ends; null: as the data ask. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface Series {
  readonly name: string;
  readonly style: 'line' | 'steps' | 'points' | 'dashed';
  /** [x, y], in order of x unless `points`. */
  readonly points: readonly (readonly [number, number])[];
  /** Interval of each point, [low, high]; empty where there is none. */
  readonly bands: readonly (readonly [number, number])[];
}

export interface SectionTable {
  readonly title: string;
  readonly columns: readonly string[];
  /** Of the columns' numbers; plain where it is left out. */
  readonly units?: readonly SectionFigure['unit'][];
  /** Numbers are shown to three digits, null as a dash. */
  readonly rows: readonly (readonly (string | number | Figure | null)[])[];
}

/** Grades one detector over one tape or more: makes its observers, then says what came of it. */
export interface Grader {
  /**
   * Called once for each instrument of each tape, before it is played; the observers see that market alone. Naive rivals are
   * made here too (`watching` of play.ts).
   */
  watch(instrument: Instrument, book: OrderBook): readonly Observer[];
  /**
   * Called after a tape was played, with one list of labels for each instrument in the order of `watch`; null where the tape
   * has no labels.
   */
  played(market: PlayedMarket, labels: readonly (readonly Label[])[] | null): void;
  /** Everything seen so far; null where it has nothing to say of such data. */
  section(): Section | null;
}

/** What makes graders: one file for each detector, listed in `graders.ts`. */
export type GraderMaker = (context: GradingContext) => Grader;

export interface GradingContext {
  /** The detectors' settings. */
  readonly brain: BrainConfig;
  /** Two taker fees, basis points; the spread is paid besides. */
  readonly feesBp: number;
  /** Of trades whose signal names none of its own. */
  readonly barriers: BarrierRule;
  /** True: `barriers` were asked for, and hold for a fitted signal as well. */
  readonly barriersAsked: boolean;
  /** From which the signal's direction is acted on. */
  readonly confidenceThreshold: number;
  /** Candles of the average true range. */
  readonly barMs: number;
  readonly atrPeriod: number;
  readonly seed: number;
  /** Whether all tapes are of the simulated market, or none is; left out where some are, or nobody knows. */
  readonly simulated?: boolean;
}
