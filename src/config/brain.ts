import type { BrainConfig } from '../core/brain/brain.ts';
import type { Settings } from './schema.ts';

/** The detectors' part of the settings, in the brain's own names. */
export function brainConfig({ order_flow, microstructure }: Settings['brain']): BrainConfig {
  return {
    orderFlow: {
      halfLifeMs: order_flow.half_life_ms,
      threshold: order_flow.threshold,
      nearTicks: order_flow.near_ticks,
    },
    microstructure: { halfLifeMs: microstructure.half_life_ms, levels: microstructure.levels },
  };
}
