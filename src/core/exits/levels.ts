import { type Ladder, NO_PRICE } from '../book/ladder.ts';
import type { OrderBook } from '../book/order-book.ts';
import { type Ticks, ticks } from '../units.ts';

export interface LevelRule {
  /** Each side is cut into bands of this width from the touch on, basis points of the price; at least one tick. */
  readonly levelBandBp: number;
  /** Bands that are looked at. */
  readonly levelBands: number;
  /** A band is significant from so many times the median band on. */
  readonly levelMultiple: number;
}

/** Fewer bands than this have no median worth the name. */
const BANDS_MIN = 5;

/**
 * Clusters of resting size on one side, nearest first: bands that hold at least `levelMultiple` times what the median band
 * holds, neighbouring ones together; the price of each is that of its last level, so that what is put behind it is behind
 * all of it. The last band is left out, for the book ends somewhere within it.
 *
 * Bands and not single levels, because most levels are dust: on an OKX book of 400 levels four in ten hold over five times
 * the median level. Of bands of half a basis point one in twenty holds over three times the median (real captures of
 * BTC and ETH perpetuals; `bench/levels.ts` prints how seldom their prices hold).
 *
 * It says where size is shown, not that it will be there when price comes. Visits each level within the bands once: for
 * the moment of an entry, not for every frame.
 */
export function clusters(ladder: Ladder, { levelBandBp, levelBands, levelMultiple }: LevelRule): Ticks[] {
  const { best } = ladder;
  if (best === NO_PRICE) return [];
  const width = Math.max(1, Math.round((best * levelBandBp) / 10_000));
  const all = new Float64Array(levelBands + 1);
  const ends = new Float64Array(levelBands + 1);
  // the last one is left out
  const sizes = all.subarray(0, ladder.sumBands(width, all, ends) - 1);
  const usual = median(sizes);
  // where most bands are empty, nothing is usual
  if (sizes.length < BANDS_MIN || usual === 0) return [];

  const found: Ticks[] = [];
  for (let band = 0; band < sizes.length; band++) {
    if (sizes[band]! < levelMultiple * usual) continue;
    // the run goes on: its end is this band's
    if (band > 0 && sizes[band - 1]! >= levelMultiple * usual) found.pop();
    found.push(ticks(ends[band]!));
  }
  return found;
}

/** The clusters below and above, as `ExitContext` wants them. */
export const bookLevels = (
  book: OrderBook,
  rule: LevelRule,
): { readonly supports: Ticks[]; readonly resistances: Ticks[] } => ({
  supports: clusters(book.bids, rule),
  resistances: clusters(book.asks, rule),
});

function median(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
