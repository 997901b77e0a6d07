import { ASK, BID, type BookFrame, type BookSide } from '../core/book/frame.ts';
import type { RankedLevels } from '../venue/okx/codec/checksum.ts';

/**
 * A book in sorted lists: plain, and indifferent to how far apart its levels lie. The engine's `OrderBook` refuses a
 * book millions of ticks wide, as small venues have them; whoever only looks at a recording must read it all the same.
 */
export class SortedBook implements RankedLevels {
  /** Deletes of levels that were not there. */
  absentDeletes = 0;
  private readonly sides: readonly [Level[], Level[]] = [[], []];

  apply(frame: BookFrame): void {
    if (frame.snapshot) for (const side of this.sides) side.length = 0;
    for (let i = 0; i < frame.count; i++)
      this.set(frame.side[i] as BookSide, frame.price[i]!, frame.size[i]!);
  }

  depth(side: BookSide): number {
    return this.sides[side].length;
  }

  price(side: BookSide, rank: number): number {
    return this.sides[side][rank]!.price;
  }

  size(side: BookSide, rank: number): number {
    return this.sides[side][rank]!.size;
  }

  /** Best bid not below best ask. */
  get crossed(): boolean {
    return this.depth(BID) > 0 && this.depth(ASK) > 0 && this.price(BID, 0) >= this.price(ASK, 0);
  }

  private set(side: BookSide, price: number, size: number): void {
    const levels = this.sides[side];
    const rank = rankOf(levels, price, side === ASK ? 1 : -1);
    const held = levels[rank]?.price === price;
    if (size !== 0) {
      if (held) levels[rank]!.size = size;
      else levels.splice(rank, 0, { price, size });
    } else if (held) levels.splice(rank, 1);
    else this.absentDeletes++;
  }
}

interface Level {
  readonly price: number;
  size: number;
}

/** Where `price` stands, or would: asks ascend (sign 1), bids descend (−1). */
function rankOf(levels: readonly Level[], price: number, sign: 1 | -1): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle]!.price - price) * sign < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
