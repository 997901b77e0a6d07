import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind } from '../../core/events.ts';
import { clusters, type LevelRule } from '../../core/exits/levels.ts';
import { readTape } from '../../tape/reader.ts';

/** What became of a price level after it was seen. */
export const NOT_REACHED = 0;
export const HELD = 1;
export const BROKE = 2;

export interface Sightings {
  /** Of clusters of resting size, one of the constants above each. */
  readonly levels: Uint8Array;
  /** Of the price as far away on the other side of the book, where no cluster is near: the pair of each level. */
  readonly controls: Uint8Array;
  readonly seconds: number;
}

export const STEP_MS = 100;
const LOOK_EVERY_STEPS = 50;
/** A level counts as reached when the touch has come to it within so long. */
export const REACH_STEPS = 1200;
/** It has held when the touch was not `BUFFER_BP` beyond it so long after. */
export const HOLD_STEPS = 600;
const BUFFER_BP = 1;
/** What is nearer than this is the touch itself. */
export const NEAR_BP = 1;

/**
 * Whether price turns at clusters of resting size more often than elsewhere: each five seconds the nearest cluster of each
 * side of a recorded book, against the price as far away on the other side. One observation is not independent of the
 * next: resample in blocks.
 */
export function watchLevels(tape: string, rule: LevelRule): Sightings {
  const book = new OrderBook();
  const bids: number[] = [];
  const asks: number[] = [];
  const looks: { readonly at: number; readonly supports: number[]; readonly resistances: number[] }[] = [];
  let next = 0;
  readTape(tape).forEach((event) => {
    if (event.kind !== EventKind.book) return;
    book.apply(event.frame);
    if (!book.twoSided) return;
    if (next === 0) next = event.at;
    while (next <= event.at) {
      if (bids.length % LOOK_EVERY_STEPS === 0)
        looks.push({
          at: bids.length,
          supports: clusters(book.bids, rule),
          resistances: clusters(book.asks, rule),
        });
      bids.push(book.bestBid);
      asks.push(book.bestAsk);
      next += STEP_MS * 1000;
    }
  });

  const levels: number[] = [];
  const controls: number[] = [];
  for (const { at, supports, resistances } of looks) {
    if (at + REACH_STEPS + HOLD_STEPS > bids.length) break;
    for (const [touch, other, near, far] of [
      [bids, asks, supports, resistances],
      [asks, bids, resistances, supports],
    ] as const) {
      const least = (touch[at]! * NEAR_BP) / 10_000;
      const level = near.find((price) => Math.abs(price - touch[at]!) >= least);
      if (level === undefined) continue;
      const distance = level - touch[at]!;
      const control = other[at]! - distance;
      if (far.some((price) => Math.abs(price - control) < least)) continue;
      levels.push(fate(touch, at, level));
      controls.push(fate(other, at, control));
    }
  }
  return {
    levels: Uint8Array.from(levels),
    controls: Uint8Array.from(controls),
    seconds: (bids.length * STEP_MS) / 1000,
  };
}

/** Follows one side's touch to a price behind it and beyond. */
export function fate(touch: readonly number[], from: number, level: number): number {
  const sign = level < touch[from]! ? -1 : 1;
  const beyond = level + (sign * level * BUFFER_BP) / 10_000;
  for (let at = from; at < from + REACH_STEPS && at < touch.length; at++) {
    if (sign * (touch[at]! - level) < 0) continue;
    for (let after = at; after < at + HOLD_STEPS && after < touch.length; after++)
      if (sign * (touch[after]! - beyond) > 0) return BROKE;
    return HELD;
  }
  return NOT_REACHED;
}

/** Of those that were reached, the share that broke. */
export function shareBroken(sample: Float64Array): number {
  let broke = 0;
  let reached = 0;
  for (let i = 0; i < sample.length; i++) {
    if (sample[i] === NOT_REACHED) continue;
    reached++;
    if (sample[i] === BROKE) broke++;
  }
  return broke / reached;
}
