import type { BrainConfig } from '../core/brain/brain.ts';
import type { Settings } from './schema.ts';

/** The detectors' part of the settings, in the brain's own names. */
export function brainConfig({
  order_flow,
  spoof,
  liquidity,
  iceberg,
  microstructure,
  impact,
}: Settings['brain']): BrainConfig {
  return {
    orderFlow: {
      halfLifeMs: order_flow.half_life_ms,
      threshold: order_flow.threshold,
      nearTicks: order_flow.near_ticks,
      levels: order_flow.levels,
      parentHalfLifeMs: order_flow.parent_half_life_ms,
      usualHalfLifeMs: order_flow.usual_half_life_ms,
    },
    spoof: { halfLifeMs: spoof.half_life_ms, tellFrom: spoof.tell_from },
    liquidity: {
      halfLifeMs: liquidity.half_life_ms,
      withdrawalMs: liquidity.withdrawal_ms,
      levelMultiple: liquidity.level_multiple,
    },
    iceberg: { toldFrom: iceberg.told_from, halfLifeMs: iceberg.half_life_ms },
    microstructure: { halfLifeMs: microstructure.half_life_ms, levels: microstructure.levels },
    impact: {
      barMs: impact.bar_ms,
      bars: impact.bars,
      halfLifeMs: impact.half_life_ms,
      buckets: impact.vpin_buckets,
      bucketSeconds: impact.vpin_bucket_seconds,
    },
  };
}
