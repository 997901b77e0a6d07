/**
 * A quantile of all values so far, without keeping them: counts in buckets 2 % wide, so the answer is right to 2 %.
 */
export class RunningQuantile {
  private readonly counts = new Float64Array(BUCKETS);
  private readonly share: number;
  /** Values so far. */
  count = 0;

  /** `share` 0.99: the value that one in a hundred exceeds. */
  constructor(share: number) {
    this.share = share;
  }

  add(value: number): void {
    this.counts[bucketOf(value)]! += 1;
    this.count += 1;
  }

  /** `NaN` while nothing was added. */
  get value(): number {
    if (this.count === 0) return Number.NaN;
    let left = this.count * (1 - this.share);
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      left -= this.counts[bucket]!;
      if (left < 0) return WIDTH ** bucket;
    }
    return 1;
  }

  reset(): void {
    this.counts.fill(0);
    this.count = 0;
  }
}

const WIDTH = 1.02;
/** Sizes in lots go from 1 to 1e12. */
const BUCKETS = 1400;
const SCALE = 1 / Math.log(WIDTH);

const bucketOf = (value: number): number =>
  value <= 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log(value) * SCALE));
