import { parseMoney } from '../core/instrument.ts';
import type { Settings } from './schema.ts';

/** The paper venue's part of the settings, in its own names and units. */
export function paperConfig({ paper }: Settings) {
  return {
    startBalance: parseMoney(paper.start_balance),
    fees: { maker: paper.maker_fee, taker: paper.taker_fee },
    orderLatency: latency(paper, paper.order_latency_ms),
    answerLatency: latency(paper, paper.answer_latency_ms),
    seed: paper.seed,
    queue: queue(paper),
    selfImpact: paper.self_impact,
    maintenanceRate: paper.maintenance_rate,
  };
}

function latency(paper: Settings['paper'], ms: number) {
  switch (paper.latency) {
    case 'constant':
      return { kind: 'constant', ms } as const;
    case 'log_normal':
      return { kind: 'logNormal', medianMs: ms, sigma: paper.latency_sigma } as const;
    case 'measured':
      return { kind: 'measured', floorMs: ms, quantilesMs: paper.latency_quantiles_ms } as const;
  }
}

function queue({ queue: model, queue_exponent: exponent }: Settings['paper']) {
  switch (model) {
    case 'trades_only':
      return { kind: 'tradesOnly' } as const;
    case 'behind_first':
      return { kind: 'behindFirst' } as const;
    case 'power':
      return { kind: 'power', exponent } as const;
    case 'log':
      return { kind: 'log' } as const;
    case 'ahead_first':
      return { kind: 'aheadFirst' } as const;
  }
}
