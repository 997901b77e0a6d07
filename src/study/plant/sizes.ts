import type { Random } from '../../exchange/random.ts';

/** As many sizes of a kind are kept, drawn evenly from all that were seen. */
const KEPT = 20_000;
/** A kind with fewer is too little known to be asked. */
const LEAST = 50;

/** How large what stands at a price is, by its distance from the best one: the market's own idea of large. */
export class LevelSizes {
  private readonly bands: Sample[] = [];
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** A level of `size` lots, `distance` ticks behind the best of its side. */
  see(distance: number, size: number): void {
    const band = bandOf(distance);
    while (this.bands.length <= band) this.bands.push(new Sample(this.random));
    this.bands[band]!.see(size);
  }

  /** The size, lots, that a share `rank` of the levels about `distance` ticks behind the best stay below. */
  quantile(distance: number, rank: number): number {
    return this.nearest(bandOf(distance)).quantile(rank);
  }

  /** Enough levels were seen somewhere. */
  get known(): boolean {
    return this.bands.some(({ count }) => count >= LEAST);
  }

  private nearest(band: number): Sample {
    let found: Sample | undefined;
    for (let off = 0; found === undefined && off <= this.bands.length + band; off++)
      found = [this.bands[band - off], this.bands[band + off]].find(
        (each) => each !== undefined && each.count >= LEAST,
      );
    if (found === undefined) throw new RangeError('no levels were seen to take sizes from');
    return found;
  }
}

/** Two bands for each doubling of the distance. */
const bandOf = (distance: number): number => Math.floor(2 * Math.log2(1 + distance));

/** An even sample of a stream of numbers. */
export class Sample {
  count = 0;
  private readonly values: number[] = [];
  private sorted = true;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  see(value: number): void {
    this.count += 1;
    const place = this.count <= KEPT ? this.values.length : this.random.below(this.count);
    if (place >= KEPT) return;
    this.values[place] = value;
    this.sorted = false;
  }

  /** The value that a share `rank` of those seen stays below. There must be some. */
  quantile(rank: number): number {
    if (!this.sorted) this.values.sort((a, b) => a - b);
    this.sorted = true;
    return this.values[Math.min(this.values.length - 1, Math.floor(rank * this.values.length))]!;
  }
}
