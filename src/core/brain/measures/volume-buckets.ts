/**
 * VPIN: the mean of |bought − sold| / volume over the last `count` buckets of equal traded volume. Source: Easley, López de
 * Prado, O'Hara, "Flow Toxicity and Liquidity in a High-Frequency World", Review of Financial Studies 25(5), 2012. Ours
 * differs: the exchange tells the taker's side, so nothing is classified by price changes; and a bucket is a share of what is
 * traded of late, `perBucket` seconds' worth, because a fixed size fits one market only.
 *
 * Caveat: Andersen and Bondarenko, "VPIN and the flash crash", Journal of Financial Markets 17, 2014, find that beside volume
 * and volatility it adds nothing to forecasts. Shown as a gauge of one-sidedness; `hunter evaluate` prints those two next to it.
 */
export class VolumeBuckets {
  private readonly imbalances: Float64Array;
  private sum = 0;
  private next = 0;
  /** Whole buckets in the window. */
  filled = 0;
  private bought = 0;
  private sold = 0;

  constructor(count: number) {
    this.imbalances = new Float64Array(count);
  }

  /** `size` lots were bought (or sold) by takers while a bucket holds `capacity` lots; a large trade fills several. */
  add(bought: boolean, size: number, capacity: number): void {
    let left = size;
    // more than fills the whole window says no more than the window can hold
    const most = capacity * (this.imbalances.length + 1);
    if (left > most) left = most;
    while (left > 0) {
      const room = Math.max(0, capacity - this.bought - this.sold);
      const part = Math.min(left, room);
      if (bought) this.bought += part;
      else this.sold += part;
      if (left < room) return;
      left -= part;
      this.close();
    }
  }

  /** 0…1; 0 while no bucket is full. */
  get value(): number {
    return this.filled === 0 ? 0 : Math.max(0, this.sum / this.filled);
  }

  reset(): void {
    this.sum = 0;
    this.next = 0;
    this.filled = 0;
    this.bought = 0;
    this.sold = 0;
  }

  private close(): void {
    const imbalance = Math.abs(this.bought - this.sold) / (this.bought + this.sold);
    if (this.filled === this.imbalances.length) this.sum -= this.imbalances[this.next]!;
    else this.filled++;
    this.imbalances[this.next] = imbalance;
    this.sum += imbalance;
    this.next = (this.next + 1) % this.imbalances.length;
    this.bought = 0;
    this.sold = 0;
  }
}
