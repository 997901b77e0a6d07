import { crc32 } from 'node:zlib';
import { ASK, BID, type BookFrame, type BookSide } from '../../../core/book/frame.ts';
import type { Instrument } from '../../../core/instrument.ts';
import { lots, ticks } from '../../../core/units.ts';

const DEPTH = 25;

/** Levels by rank, best first. */
export interface RankedLevels {
  depth(side: BookSide): number;
  price(side: BookSide, rank: number): number;
  size(side: BookSide, rank: number): number;
}

/**
 * OKX's book checksum: CRC32 as a signed 32-bit integer over `px:sz` of the first 25 levels, bid before ask at each
 * rank, the longer side going on alone. OKX hashed its own texts; we hash canonical ones (no trailing zeros), which
 * are the same in every real capture we have (checksum.test.ts). Dead since mid 2026 (always 0 = not sent): this
 * serves old recordings.
 */
export function bookChecksum(instrument: Instrument, levels: RankedLevels): number {
  const parts: string[] = [];
  const bids = Math.min(DEPTH, levels.depth(BID));
  const asks = Math.min(DEPTH, levels.depth(ASK));
  const add = (side: BookSide, rank: number) =>
    parts.push(
      instrument.formatPrice(ticks(levels.price(side, rank))),
      instrument.formatSize(lots(levels.size(side, rank))),
    );
  for (let rank = 0; rank < Math.max(bids, asks); rank++) {
    if (rank < bids) add(BID, rank);
    if (rank < asks) add(ASK, rank);
  }
  return crc32(parts.join(':')) | 0;
}

/**
 * The levels needed to verify checksums: sorted arrays, plain and slow enough to be left out where none are sent.
 */
export class ChecksumBook implements RankedLevels {
  private readonly instrument: Instrument;
  private readonly sides: readonly [Level[], Level[]] = [[], []];

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** Applies the frame; false when its checksum does not match the book that results. */
  verify(frame: BookFrame): boolean {
    if (frame.snapshot) for (const side of this.sides) side.length = 0;
    for (let index = 0; index < frame.count; index++)
      this.set(frame.side[index] as BookSide, frame.price[index]!, frame.size[index]!);
    return frame.checksum === 0 || bookChecksum(this.instrument, this) === frame.checksum;
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

  private set(side: BookSide, price: number, size: number): void {
    const levels = this.sides[side];
    const sign = side === ASK ? 1 : -1;
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((levels[middle]!.price - price) * sign < 0) low = middle + 1;
      else high = middle;
    }
    const found = levels[low]?.price === price;
    if (size === 0) {
      if (found) levels.splice(low, 1);
    } else if (found) levels[low]!.size = size;
    else levels.splice(low, 0, { price, size });
  }
}

interface Level {
  readonly price: number;
  size: number;
}
