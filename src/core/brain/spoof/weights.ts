import type { Weights } from './model.ts';

export const PATTERNS = ['wall', 'flicker', 'layering', 'slow pull'] as const;
export type Pattern = (typeof PATTERNS)[number];

export const SPOOF_WEIGHTS: Readonly<Record<Pattern | 'standing', Weights>> = {
  wall: { intercept: -5 },
  flicker: { intercept: -5 },
  layering: { intercept: -5 },
  'slow pull': { intercept: -5 },
  standing: { intercept: -5 },
};
