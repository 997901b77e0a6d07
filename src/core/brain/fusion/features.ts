import type { Brain } from '../brain.ts';
import { RANGE, VOLATILE } from '../regime/model.ts';
import type { SlowReadings } from './slow.ts';
import type { Stakes } from './stakes.ts';

/** What features are read from. */
export interface FeatureSource {
  readonly brain: Brain;
  readonly stakes: Stakes;
  readonly slow: SlowReadings;
}

export interface Feature {
  /** Stands in model files: never reused for something else. */
  readonly name: string;
  /** The group of the settings (`brain`) that it depends on, `market` where it comes of candles. */
  readonly of: string;
  /**
   * `signed`: changes its sign in the mirrored market, positive = up; `even`: the same there. A short is a long in the
   * mirrored market, so one function serves both: signed features are turned for it.
   */
  readonly kind: 'signed' | 'even';
  readonly unit: string;
  /** Of the past minutes rather than of the moment: made by the fusion of what a detector says again and again. */
  readonly slow: boolean;
  /** `NaN` where it is not known. Allocates nothing. */
  readonly read: (source: FeatureSource) => number;
}

const signed = (of: string, name: string, unit: string, read: Feature['read']): Feature => ({
  ...{ name, of, unit, read, slow: false },
  kind: 'signed',
});
const overMinutes = (of: string, name: string, read: Feature['read']): Feature => ({
  ...signed(of, `${name}, four minutes`, '−1…1', read),
  slow: true,
});
const even = (of: string, name: string, unit: string, read: Feature['read']): Feature => ({
  ...{ name, of, unit, read, slow: false },
  kind: 'even',
});

/**
 * Everything that a fused model may look at; which of it one does look at stands in its file. A new reading joins with one
 * line, and with the next fit.
 */
export const FEATURES: readonly Feature[] = [
  signed(
    'order_flow',
    'order flow',
    '−1…1, score × likelihood',
    ({ brain: { orderFlow } }) => orderFlow.score * orderFlow.likelihood,
  ),
  signed('order_flow', 'takers', '−1…1', ({ brain }) => brain.orderFlow.volumeImbalance),
  signed('order_flow', 'level flow', '−1…1', ({ brain }) => brain.orderFlow.levelImbalance),
  signed('order_flow', 'keeps coming', '−1…1', ({ brain }) => brain.orderFlow.parentImbalance),
  signed('order_flow', 'touch flow', '−1…1', ({ brain }) => brain.orderFlow.bookImbalance),
  signed(
    'spoof',
    'spoof',
    '−1…1, score × likelihood',
    ({ brain: { spoof } }) => spoof.score * spoof.likelihood,
  ),
  signed(
    'liquidity',
    'liquidity',
    '−1…1, score × likelihood',
    ({ brain: { liquidity } }) => liquidity.score * liquidity.likelihood,
  ),
  signed(
    'liquidity',
    'withdrawal',
    'deviations, asks less bids',
    ({ brain: { liquidity } }) => liquidity.asks.withdrawalZ - liquidity.bids.withdrawalZ,
  ),
  even(
    'liquidity',
    'concentration',
    '1/20…1',
    ({ brain: { liquidity } }) => (liquidity.asks.concentration + liquidity.bids.concentration) / 2,
  ),
  signed(
    'iceberg',
    'iceberg',
    '−1…1, score × likelihood',
    ({ brain: { iceberg } }) => iceberg.score * iceberg.likelihood,
  ),
  signed(
    'microstructure',
    'microstructure',
    '−1…1, score × likelihood',
    ({ brain: { microstructure } }) => microstructure.score * microstructure.likelihood,
  ),
  signed('microstructure', 'depth imbalance', '−1…1', ({ brain }) => brain.microstructure.depthImbalance),
  even('microstructure', 'spread', 'deviations from its mean', ({ brain }) => brain.microstructure.spreadZ),
  signed(
    'impact',
    'price impact',
    '−1…1, score × likelihood',
    ({ brain: { impact } }) => impact.score * impact.likelihood,
  ),
  even('impact', 'VPIN', '0…1', ({ brain }) => brain.impact.vpin),
  overMinutes('order_flow', 'takers', ({ slow }) => slow.takers),
  overMinutes('order_flow', 'touch flow', ({ slow }) => slow.touchFlow),
  overMinutes('order_flow', 'keeps coming', ({ slow }) => slow.coming),
  overMinutes('microstructure', 'depth imbalance', ({ slow }) => slow.depth),
  signed('regime', 'regime', 'P(trend up) − P(trend down)', ({ brain: { regime } }) =>
    regime.regime !== null ? regime.score : Number.NaN,
  ),
  even('regime', 'volatile', 'probability', ({ brain: { regime } }) =>
    regime.regime !== null ? regime.probabilities[VOLATILE]! : Number.NaN,
  ),
  even('regime', 'range', 'probability', ({ brain: { regime } }) =>
    regime.regime !== null ? regime.probabilities[RANGE]! : Number.NaN,
  ),
  signed('market', 'move of 5 bars', 'deviations', ({ stakes }) => stakes.moveOver(5)),
  signed('market', 'move of 15 bars', 'deviations', ({ stakes }) => stakes.moveOver(15)),
  even('market', 'volatility', 'ln of its slow level’s multiple', ({ stakes }) => stakes.volatilityRatio),
];
