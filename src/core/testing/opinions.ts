import type { CandleOpinion } from '../opinion.ts';

/** Strategies that never find anything: the other opinion alone decides. */
export const SILENT: CandleOpinion = {
  name: 'silent',
  direction: 'none',
  confidence: 0,
  support: null,
  resistance: null,
  reasons: () => [],
  parts: () => [],
  update: () => undefined,
  reset: () => undefined,
};
