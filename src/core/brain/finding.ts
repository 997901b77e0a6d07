import type { BookSide } from '../book/frame.ts';
import type { Us } from '../units.ts';

/**
 * Something that a detector holds possible at a place in the book. Told again, with the same `id`, when the detector has
 * grown surer of it: `likelihood` only rises with the telling, so the last one told of an id is its score and the first one
 * above a threshold is when it was found. Lent for the call: whoever keeps something copies.
 */
export interface Finding {
  readonly kind: 'spoof' | 'iceberg';
  /** Counts the detector's own from 1, never reused. */
  readonly id: number;
  /** Which of the detector's patterns, such as `wall` or `layering`. */
  readonly pattern: string;
  readonly side: BookSide;
  /** Where, ticks: from the lowest to the highest price. */
  readonly low: number;
  readonly high: number;
  /** Lots. Of a spoof what was shown; of an iceberg the estimate of what is left and not shown. */
  readonly size: number;
  /** Where `size` is an estimate: the interval that holds four of five, lots. */
  readonly sizeLow?: number;
  readonly sizeHigh?: number;
  /** When what is suspected began, and when this was found; our clock. */
  readonly since: Us;
  readonly at: Us;
  /** 0…1. */
  readonly likelihood: number;
}

export type FindingSink = (finding: Finding) => void;

/** How much of what stands in the book is not to be believed: what the spoof detector tells those who add up depth. */
export interface Suspicion {
  /** True while any level is suspected: most of the time nothing need be asked. */
  readonly any: boolean;
  /** 0…1: share of the level's size that is suspected. */
  at(side: BookSide, price: number): number;
}

/** Nothing is suspected: for who adds up depth where nobody looks for spoofing. */
export const NO_SUSPICION: Suspicion = { any: false, at: () => 0 };
