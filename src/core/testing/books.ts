import { ASK, BID, BookFrame } from '../book/frame.ts';
import { ms } from '../units.ts';

/** [price in ticks, size in lots] */
export type Level = readonly [number, number];

export function frameOf(
  snapshot: boolean,
  bids: readonly Level[],
  asks: readonly Level[],
  exchangeAt = 0,
): BookFrame {
  const frame = new BookFrame(8);
  frame.snapshot = snapshot;
  frame.exchangeAt = ms(exchangeAt);
  for (const [price, size] of bids) frame.push(BID, price, size, size > 0 ? 1 : 0);
  for (const [price, size] of asks) frame.push(ASK, price, size, size > 0 ? 1 : 0);
  return frame;
}

/** Numbers from 0 to 1 that are the same on every run: for long scripted markets. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
