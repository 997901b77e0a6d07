import { parseMoney } from '../core/instrument.ts';
import type { Settings } from './schema.ts';

/** The paper venue's part of the settings, in its own names and units. */
export function paperConfig({ paper }: Settings) {
  return {
    startBalance: parseMoney(paper.start_balance),
    fees: { maker: paper.maker_fee, taker: paper.taker_fee },
    orderLatencyMs: paper.order_latency_ms,
    answerLatencyMs: paper.answer_latency_ms,
    maintenanceRate: paper.maintenance_rate,
  };
}
