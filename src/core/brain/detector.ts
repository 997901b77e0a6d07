import type { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import type { Us } from '../units.ts';

/**
 * One way of reading the market's microstructure. Fed every frame (after the book has taken it) and every trade; costs
 * O(changes) and allocates nothing there. `read` brings `score` and `likelihood` up to `now`; words and named figures
 * are made only when somebody looks.
 */
export interface Detector {
  readonly name: string;
  /** −1…1, positive = upward pressure. */
  readonly score: number;
  /** 0…1: how far the detector trusts its own score. */
  readonly likelihood: number;
  onBook(book: OrderBook, at: Us): void;
  onTrade(event: TradeEvent, book: OrderBook): void;
  read(book: OrderBook, now: Us): void;
  /** What it measured, with the unit in the name. */
  figures(): Record<string, number>;
  /** The same in words, for a person. */
  evidence(): string;
  /** Forgets everything: after a gap the past says nothing about the present. */
  reset(): void;
}
