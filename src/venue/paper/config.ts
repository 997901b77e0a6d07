import type { FeeRates } from '../../core/position/position.ts';
import type { Money } from '../../core/units.ts';
import type { LatencyModel } from './latency.ts';
import type { QueueModel } from './queue.ts';

export interface PaperConfig {
  readonly startBalance: Money;
  readonly fees: FeeRates;
  /** Our order's way to the venue, and its answer's way back. */
  readonly orderLatency: LatencyModel;
  readonly answerLatency: LatencyModel;
  /** Seed of all chance in here, 32 bits: the latencies. */
  readonly seed: number;
  /** How much of what leaves a queue without a trade stood before us. */
  readonly queue: QueueModel;
  /** Whether what we took from a level stays taken for as long as the level stands. */
  readonly selfImpact: boolean;
  /** Maintenance margin where no tiers are known, as a fraction of the notional (tier 1 of OKX's BTC and ETH swaps: 0.004). */
  readonly maintenanceRate: number;
}
