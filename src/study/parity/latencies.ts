import type { Story } from './story.ts';

/** Smallest, median and largest of some times, ms. */
export interface Quantiles {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface Latencies {
  /** From the decision to the venue's being told: the journal's disk is in it. */
  readonly decidedToSent: Quantiles | null;
  /** From then to the first word of the order. */
  readonly sentToAck: Quantiles | null;
  /** From that to the first fill, for orders that take. */
  readonly ackToFill: Quantiles | null;
  /** Settings that give the paper venue these latencies; null with fewer than two answered orders. */
  readonly settings: PaperLatency | null;
}

export interface PaperLatency {
  readonly latency: 'measured';
  readonly order_latency_ms: number;
  readonly answer_latency_ms: number;
  readonly latency_quantiles_ms: readonly number[];
}

const STEPS = 20;

/**
 * What messages took in a session. The settings split a round trip in the middle, which nothing recorded can prove; what
 * passed before the order was sent is added to its way.
 */
export function measureLatencies(story: Story): Latencies {
  const decided: number[] = [];
  const acked: number[] = [];
  const filled: number[] = [];
  const rounds: number[] = [];
  for (const { place, decidedAt, sentAt, reports, fills } of story.orders.values()) {
    if (place === null || sentAt === null) continue;
    decided.push((sentAt - decidedAt) / 1000);
    const ackAt = Math.min(reports[0]?.at ?? Infinity, fills[0]?.at ?? Infinity);
    if (!Number.isFinite(ackAt)) continue;
    acked.push((ackAt - sentAt) / 1000);
    rounds.push((ackAt - decidedAt) / 1000);
    const first = fills[0];
    if (first !== undefined && !first.maker) filled.push((first.at - ackAt) / 1000);
  }
  return {
    decidedToSent: quantiles(decided),
    sentToAck: quantiles(acked),
    ackToFill: quantiles(filled),
    settings: rounds.length < 2 ? null : paperLatency(rounds, acked),
  };
}

function paperLatency(rounds: readonly number[], acked: readonly number[]): PaperLatency {
  const half = Math.min(...acked) / 2;
  const least = Math.min(...rounds);
  const beyond = rounds.map((each) => (each - least) / 2).sort((a, b) => a - b);
  return {
    latency: 'measured',
    order_latency_ms: micro(least - half),
    answer_latency_ms: micro(half),
    latency_quantiles_ms: Array.from({ length: STEPS + 1 }, (_, i) => micro(at(beyond, i / STEPS))),
  };
}

export function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return {
    count: sorted.length,
    min: micro(sorted[0]!),
    p50: micro(at(sorted, 0.5)),
    p90: micro(at(sorted, 0.9)),
    p99: micro(at(sorted, 0.99)),
    max: micro(sorted.at(-1)!),
  };
}

/** Between two values as far as `share` lies between them. */
function at(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

const micro = (value: number): number => Math.round(value * 1000) / 1000;
