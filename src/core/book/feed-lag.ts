import type { Ms } from '../units.ts';

const BUCKET_MS = 60_000;

/**
 * How far behind the exchange a feed has fallen, without trusting either clock: the difference between receipt and
 * exchange time, over the least difference of the last one to two minutes. A process that slept for twenty seconds and
 * then reads what piled up sees twenty seconds; a local clock that is an hour off sees nothing. A local clock that jumps
 * forward looks like a lag until the minutes have passed: closed rather than open.
 */
export class FeedLag {
  /** Milliseconds behind, as of the last message. */
  behindMs = 0;
  private least = Number.POSITIVE_INFINITY;
  private leastBefore = Number.POSITIVE_INFINITY;
  private bucketAt = 0;

  observe(receivedAt: Ms, exchangeAt: Ms): number {
    const difference = receivedAt - exchangeAt;
    if (receivedAt - this.bucketAt >= BUCKET_MS || receivedAt < this.bucketAt) {
      // one turn a message at the most: after a long sleep the old least still stands beside what piled up
      this.leastBefore = this.least;
      this.least = difference;
      this.bucketAt = receivedAt;
    } else if (difference < this.least) this.least = difference;
    this.behindMs = difference - Math.min(this.least, this.leastBefore);
    return this.behindMs;
  }
}
