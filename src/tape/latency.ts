import { FeedLag } from '../core/book/feed-lag.ts';
import { EventKind } from '../core/events.ts';
import { ms } from '../core/units.ts';
import { readTape } from './reader.ts';

/** How late messages came, over the quickest of their last minutes: evenly spaced quantiles, least to greatest, ms. */
export interface MeasuredLatency {
  readonly messages: number;
  readonly quantilesMs: readonly number[];
}

/**
 * Measures the way of the market data in a tape, for the paper venue's latency `measured`. Neither clock is trusted: only
 * what a message took longer than the quickest of the last one to two minutes can be known; the floor under it is for
 * whoever knows his line (half of a ping). Books and trades count, those of 100 ms channels as their stamps have it.
 */
export function measureLatency(path: string, quantiles = 41): MeasuredLatency {
  const lag = new FeedLag();
  const delays: number[] = [];
  const tape = readTape(path);
  tape.forEach((event) => {
    if (event.kind !== EventKind.book && event.kind !== EventKind.trade) return;
    // a snapshot is an answer to a question, and may be stamped long before
    if (event.kind === EventKind.book && event.frame.snapshot) return;
    const exchangeAt = event.kind === EventKind.book ? event.frame.exchangeAt : event.exchangeAt;
    delays.push(lag.observe(ms(event.at / 1000), exchangeAt));
  });
  const sorted = Float64Array.from(delays).sort();
  if (sorted.length < quantiles)
    throw new RangeError(`${path}: ${sorted.length} books and trades are too few to measure latency by`);
  return {
    messages: sorted.length,
    quantilesMs: Array.from({ length: quantiles }, (_, i) => {
      const delay = sorted[Math.round((i / (quantiles - 1)) * (sorted.length - 1))]!;
      return Math.round(delay * 1000) / 1000;
    }),
  };
}
