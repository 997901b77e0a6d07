import type { BookChanges } from '../../book/changes.ts';
import { BID } from '../../book/frame.ts';
import { BINS, Scale } from './scale.ts';

/** At the touch, and the four quarters in which additions behind it come, by distance. */
const BANDS = 5;
/** Walls are looked for in all of them but the last: at the far edge of what a feed shows, levels come and go by themselves. */
const FARTHEST = BANDS - 2;
/** Additions of a band whose largest is noted; and so many such stretches before anything there is called large. */
const STRETCH = 256;
const STRETCHES_LEAST = 8;
/** Until there are so many, the size that an addition in so many reaches stands in, once there are so many additions. */
const ADDITIONS_LEAST = 128;
const PEAK_SHARE = 1 - (1 - 0.75) ** (1 / STRETCH);
/** In so many of four stretches is something larger than the band's measure of large. */
const LARGER = 0.75;
/** Share of additions that are followed as walls: several of them together may be what is looked for. */
const FOLLOWED = 0.06;
/** Frames between two looks at the measures. */
const EVERY_FRAMES = 64;
const ADDITIONS_KEPT = 20_000;
const WALLS_KEPT = 2_000;
const SIZES = 4096;
/** Ratios are kept as whole numbers times this: `Scale` begins at 1. */
const FINENESS = 64;

// names of this module are constants to the compiler, those of another are looked up at each use
const BID_SIDE = BID;
const SIZE_BINS = BINS;

/**
 * What is ordinary in this market: the null that walls are held against. Nothing in it knows a tick, a lot or a second.
 *
 * - how far behind the touch additions come: quarters of them make the bands of distance;
 * - how large they are, by band. `large` is the size that the largest of 256 additions exceeds three times in four: three
 *   quarters of a market's stretches may be full of manipulators and it still tells what the rest is like;
 * - how long walls stand, how rare walls of a size are among those that went unfilled, how often a size was shown.
 */
export class MarketNull {
  /** Median life of what was followed, ms. */
  life = 0;
  /** See `addAll`. */
  bands = new Uint8Array(1024);
  private walls = 0;
  private readonly distanceCounts = new Int32Array(BINS);
  private readonly distances = new Scale(2 * ADDITIONS_KEPT, this.distanceCounts);
  private readonly sizeCounts = new Int32Array(BANDS * BINS);
  private readonly sizes = Array.from(
    { length: BANDS },
    (_, band) => new Scale(ADDITIONS_KEPT, this.sizeCounts.subarray(band * BINS, (band + 1) * BINS)),
  );
  /** Of those `seen`, how many are in the sum of `sizes`: `addAll` counts them in `sizeCounts` alone. */
  private readonly summed = new Int32Array(BANDS);
  private readonly largest = new Float64Array(BANDS);
  private readonly seen = new Int32Array(BANDS);
  private readonly maxima = Array.from({ length: BANDS }, () => new Scale(ADDITIONS_KEPT / STRETCH));
  private readonly lives = new Scale(WALLS_KEPT);
  private readonly unfilled = new Scale(WALLS_KEPT);
  private readonly shown = new Int32Array(SIZES);
  private shownCount = 0;
  /** Least distance of each band, ticks. */
  private readonly from = new Float64Array(BANDS);
  private readonly entry = new Float64Array(BANDS);
  private readonly large = new Float64Array(BANDS);
  private readonly spread = new Float64Array(BANDS);
  private readonly tail = new Float64Array(BANDS);
  private frames = 0;

  constructor() {
    this.reset();
  }

  /** A level grew by `size` lots, `distance` ticks behind the best; gives its band where that is a wall, else −1. */
  add(size: number, distance: number): number {
    if (distance > 0) this.distances.add(distance);
    // before the first measure there are no bands
    if (this.from[2] === Number.POSITIVE_INFINITY) return -1;
    const band = this.bandOf(distance);
    this.sizes[band]!.add(size);
    this.summed[band]! += 1;
    if (size > this.largest[band]!) this.largest[band] = size;
    if (++this.seen[band]! === STRETCH) this.endStretch(band);
    return size >= this.entry[band]! ? band : -1;
  }

  /**
   * `add` for the changes of a frame in which levels grew, the first `grew` of `grown`: gives how many are walls and leaves these in
   * `grown`, their bands in `bands`.
   */
  addAll(changes: BookChanges, grown: Int32Array, grew: number, bestBid: number, bestAsk: number): number {
    if (this.bands.length < grew) this.bands = new Uint8Array(2 * grew);
    this.walls = 0;
    const known = this.from[2] !== Number.POSITIVE_INFINITY;
    for (let n = 0; n < grew; n++) {
      if (known) n = this.addOrdinary(changes, grown, n, grew, bestBid, bestAsk);
      if (n === grew) break;
      const i = grown[n]!;
      const price = changes.price[i]!;
      const distance = changes.side[i] === BID ? bestBid - price : price - bestAsk;
      const band = this.add(changes.newSize[i]! - changes.oldSize[i]!, distance);
      if (band < 0) continue;
      grown[this.walls] = i;
      this.bands[this.walls++] = band;
    }
    return this.walls;
  }

  /**
   * As many of them as are ordinary numbers and end no stretch; gives the first that is not. Without calls, and hardly a branch, for
   * speed: a frame has hundreds.
   */
  private addOrdinary(
    changes: BookChanges,
    grown: Int32Array,
    first: number,
    grew: number,
    bestBid: number,
    bestAsk: number,
  ): number {
    const { distanceCounts, sizeCounts, seen, largest, entry, bands, from } = this;
    const { side, price: prices, oldSize, newSize } = changes;
    const second = from[2]!;
    const third = from[3]!;
    const fourth = from[4]!;
    let { walls } = this;
    let behind = 0;
    let n = first;
    for (; n < grew; n++) {
      const i = grown[n]!;
      const price = prices[i]!;
      const distance = side[i] === BID_SIDE ? bestBid - price : price - bestAsk;
      const size = newSize[i]! - oldSize[i]!;
      const lots = size | 0;
      const ticks = distance | 0;
      if (lots !== size || ticks !== distance) break;
      const band =
        Number(ticks >= 1) +
        Number(distance >= second) +
        Number(distance >= third) +
        Number(distance >= fourth);
      const before = seen[band]!;
      if (before === STRETCH - 1) break;
      // as in `binOf`; at the touch or before it, nothing is counted
      const away = Number(ticks > 0);
      const off = ticks | (1 - away);
      const zeros = Math.clz32(off);
      distanceCounts[((31 - zeros) << 3) + (((off << zeros) >>> 28) & 7)]! += away;
      behind += away;
      const zerosOfSize = Math.clz32(lots);
      sizeCounts[band * SIZE_BINS + ((31 - zerosOfSize) << 3) + (((lots << zerosOfSize) >>> 28) & 7)]! += 1;
      seen[band] = before + 1;
      if (size > largest[band]!) largest[band] = size;
      grown[walls] = i;
      bands[walls] = band;
      walls += Number(size >= entry[band]!);
    }
    this.walls = walls;
    this.distances.count += behind;
    return n;
  }

  private endStretch(band: number): void {
    this.sum(band);
    this.summed[band] = 0;
    this.maxima[band]!.add(this.largest[band]!);
    this.largest[band] = 0;
    this.seen[band] = 0;
  }

  bandOf(distance: number): number {
    const { from } = this;
    let band = 0;
    while (band < BANDS - 1 && distance >= from[band + 1]!) band++;
    return band;
  }

  /** `size` over what is large there. */
  largeness(size: number, band: number): number {
    return size / this.large[band]!;
  }

  /** Natural logarithm of large over the size that a tenth of the additions reach: how far sizes spread there. */
  spreadOf(band: number): number {
    return this.spread[band]!;
  }

  /** Share of the stretches there whose largest addition was as large. */
  peakShare(largeness: number, band: number): number {
    return this.maxima[band]!.shareFrom(largeness * this.large[band]!);
  }

  /** Natural logarithm of how much larger the largest addition of a busy stretch (one in five) is than `large`. */
  tailOf(band: number): number {
    return this.tail[band]!;
  }

  /** `distance` over the median one of additions behind the touch. */
  farness(distance: number): number {
    return (1 + distance) / this.from[2]!;
  }

  /** A wall of this size came; gives how many of exactly that size had come, lately. */
  show(size: number): number {
    const place = (Math.imul(size, 0x9e3779b1) >>> 20) & (SIZES - 1);
    this.shownCount += 1;
    return this.shown[place]!++;
  }

  ended(lifeMs: number, largeness: number, unfilled: boolean): void {
    this.lives.add(lifeMs);
    if (unfilled) this.unfilled.add(largeness * FINENESS);
  }

  /** Share of the walls that went unfilled that were as large. */
  commonness(largeness: number): number {
    return this.unfilled.shareFrom(largeness * FINENESS);
  }

  /** Share of the walls that were gone as soon. */
  shortness(lifeMs: number): number {
    return this.lives.shareUpTo(lifeMs);
  }

  private sum(band: number): void {
    this.sizes[band]!.count += this.seen[band]! - this.summed[band]!;
    this.summed[band] = this.seen[band]!;
  }

  /** Between frames. */
  frame(): void {
    this.frames += 1;
    const { frames } = this;
    if (frames % EVERY_FRAMES === 0 || (frames & (frames - 1)) === 0) this.measure();
  }

  reset(): void {
    this.life = 0;
    this.distances.reset();
    this.lives.reset();
    this.unfilled.reset();
    for (let band = 0; band < BANDS; band++) {
      this.sizes[band]!.reset();
      this.maxima[band]!.reset();
    }
    this.summed.fill(0);
    this.largest.fill(0);
    this.seen.fill(0);
    this.shown.fill(0);
    this.shownCount = 0;
    this.from.fill(Number.POSITIVE_INFINITY);
    this.from[0] = 0;
    this.from[1] = 1;
    this.entry.fill(Number.POSITIVE_INFINITY);
    this.large.fill(Number.POSITIVE_INFINITY);
    this.spread.fill(0);
    this.tail.fill(0);
    this.frames = 0;
  }

  private measure(): void {
    const { distances, from, lives, unfilled } = this;
    distances.settle();
    lives.settle();
    unfilled.settle();
    this.life = lives.upper(0.5);
    for (let band = 2; band < BANDS; band++)
      from[band] =
        distances.count > 0 ? distances.upper(1 - (band - 1) / (BANDS - 1)) : Number.POSITIVE_INFINITY;
    for (let band = 0; band < BANDS; band++) {
      const sizes = this.sizes[band]!;
      const maxima = this.maxima[band]!;
      this.sum(band);
      sizes.settle();
      maxima.settle();
      if (sizes.count < ADDITIONS_LEAST) continue;
      this.large[band] = maxima.count < STRETCHES_LEAST ? sizes.upper(PEAK_SHARE) : maxima.upper(LARGER);
      this.tail[band] = Math.log(Math.max(1, maxima.upper(0.2) / Math.max(1, this.large[band]!)));
      this.spread[band] = Math.log(Math.max(1, this.large[band]! / Math.max(1, sizes.upper(0.1))));
      if (band <= FARTHEST) this.entry[band] = sizes.upper(FOLLOWED);
    }
    if (this.shownCount < SIZES) return;
    this.shownCount = 0;
    for (let i = 0; i < SIZES; i++) this.shown[i]! >>= 1;
  }
}
