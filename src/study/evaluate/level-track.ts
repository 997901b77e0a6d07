import type { OrderBook } from '../../core/book/order-book.ts';
import type { Brain } from '../../core/brain/brain.ts';
import type { Us } from '../../core/units.ts';
import type { Random } from '../../exchange/random.ts';
import { fate, HOLD_STEPS, NEAR_BP, NOT_REACHED, REACH_STEPS, STEP_MS } from '../exits/levels-hold.ts';
import type { Observer } from './play.ts';

const STEP_US = STEP_MS * 1000;
/** Between two looks at what is told, steps. */
const LOOK_EVERY = 50;
/** Moments by lot for each level that is told. */
export const PLACEBOS = 4;
/** Volatility that distances are measured in: of moves of a second over five minutes, steps. */
const MOVE = 10;
const MEMORY = 3000;

/** A support or resistance as it was told. */
interface Told {
  readonly step: number;
  readonly side: 'bid' | 'ask';
  /** From the touch of its side, ticks; below the bid, above the ask. */
  readonly distance: number;
  readonly ageSeconds: number;
}

/** What became of a level that was told, and of those it is held against; constants of `levels-hold.ts`. */
export interface Fate {
  readonly at: number;
  readonly ageSeconds: number;
  readonly told: number;
  /** As far away on the other side at the same moment. */
  readonly mirrored: number;
  /** As far away in deviations of the moment, at other moments of the same stretch. */
  readonly placebos: readonly number[];
}

/** The touch without a hole, and what was told of it. */
interface Stretch {
  readonly from: number;
  readonly bids: number[];
  readonly asks: number[];
  readonly told: Told[];
  /** Of the next look, whatever the one before found; steps. */
  nextLook: number;
}

/** Notes supports and resistances as the liquidity detector tells them, every five seconds, and where the touch goes. */
export class LevelTrack implements Observer {
  private readonly stretches: Stretch[] = [];
  private stretch: Stretch | null = null;

  lost(): void {
    this.stretch = null;
  }

  frame({ liquidity }: Brain, book: OrderBook, at: Us): void {
    if (!book.valid || !book.twoSided) return this.lost();
    if (this.stretch === null) {
      this.stretch = { from: at, bids: [], asks: [], told: [], nextLook: 0 };
      this.stretches.push(this.stretch);
    }
    const { from, bids, asks, told } = this.stretch;
    const due = Math.floor((at - from) / STEP_US);
    // what stood until now stands in the steps between
    while (bids.length < due) {
      bids.push(bids.at(-1) ?? book.bestBid);
      asks.push(asks.at(-1) ?? book.bestAsk);
    }
    if (bids.length > due) return;
    bids.push(book.bestBid);
    asks.push(book.bestAsk);
    if (due < this.stretch.nextLook) return;
    this.stretch.nextLook = (Math.floor(due / LOOK_EVERY) + 1) * LOOK_EVERY;
    for (const [side, level, touch] of [
      ['bid', liquidity.bids.strongest(), book.bestBid],
      ['ask', liquidity.asks.strongest(), book.bestAsk],
    ] as const) {
      if (level === null) continue;
      const distance = Math.abs(level.price - touch);
      // what is nearer is the touch itself
      if (distance < (touch * NEAR_BP) / 10_000) continue;
      told.push({ step: due, side, distance, ageSeconds: level.ageSeconds });
    }
  }

  fates(random: Random): Fate[] {
    return this.stretches.flatMap((stretch) => fatesOf(stretch, random));
  }
}

function fatesOf({ from, bids, asks, told }: Stretch, random: Random): Fate[] {
  const last = bids.length - REACH_STEPS - HOLD_STEPS;
  const known = told.filter(({ step }) => step >= MEMORY && step < last);
  const deviations = deviationsOf(bids, asks);
  return known.map(({ step, side, distance, ageSeconds }) => {
    const below = (at: number, by: number): number => fate(bids, at, Math.round(bids[at]! - by));
    const above = (at: number, by: number): number => fate(asks, at, Math.round(asks[at]! + by));
    const [own, other] = side === 'bid' ? [below, above] : [above, below];
    const placebos = Array.from({ length: PLACEBOS }, () => {
      const at = MEMORY + random.below(last - MEMORY);
      const scale = deviations[at]! / deviations[step]!;
      const by = Number.isFinite(scale) ? distance * scale : 0;
      // in a calm moment nearer than any that is told, in deviations as far: to leave those out would leave the wild moments
      return by > 0 ? own(at, by) : NOT_REACHED;
    });
    const at = from + step * STEP_US;
    return { at, ageSeconds, told: own(step, distance), mirrored: other(step, distance), placebos };
  });
}

/** Of each step from `MEMORY` on: the root mean square of the moves of a second before it, ticks. */
function deviationsOf(bids: readonly number[], asks: readonly number[]): Float64Array {
  const result = new Float64Array(bids.length);
  const square = (i: number): number =>
    i < MOVE ? 0 : ((bids[i]! + asks[i]! - bids[i - MOVE]! - asks[i - MOVE]!) / 2) ** 2;
  let sum = 0;
  for (let i = 0; i < bids.length; i++) {
    sum += square(i) - (i >= MEMORY ? square(i - MEMORY) : 0);
    result[i] = Math.sqrt(Math.max(0, sum) / MEMORY);
  }
  return result;
}
