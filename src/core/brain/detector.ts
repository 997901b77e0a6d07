import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';

/** What a detector makes of the market at one moment. */
export interface Reading {
  /** −1…1, positive = upward pressure; 0 where the detector has no direction to give. */
  readonly score: number;
  /** 0…1: how far the detector trusts what it says. */
  readonly likelihood: number;
  /** What it measured, with the unit in the name. Made when somebody looks. */
  figures(): Record<string, number>;
  /** The same in words, for a person. Made when somebody looks. */
  evidence(): string;
}

/**
 * One way of reading the market's microstructure, over one book that it is given once. Fed every frame, after the book has
 * taken it (the changes stand in `book.changes`), and every trade; costs O(changes) and allocates nothing there.
 */
export interface Detector extends Reading {
  readonly name: string;
  /** The book took a frame at `at`, our clock. */
  onBook(at: Us): void;
  onTrade(event: TradeEvent): void;
  /** Brings the reading up to `now`, not before the last event. The same object every time. */
  reading(now: Us): Reading;
  /** Forgets everything: after a gap the past says nothing about the present. */
  reset(): void;
}
