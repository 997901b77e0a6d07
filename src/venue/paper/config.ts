import type { FeeRates } from '../../core/position/position.ts';
import type { Money } from '../../core/units.ts';

export interface PaperConfig {
  readonly startBalance: Money;
  readonly fees: FeeRates;
  /** Our order's way to the venue, and its answer's way back, ms. */
  readonly orderLatencyMs: number;
  readonly answerLatencyMs: number;
  /** Maintenance margin as a fraction of the notional (tier 1 of OKX's BTC and ETH swaps: 0.004). */
  readonly maintenanceRate: number;
}
