import type { RegimeModel } from './model.ts';

/** Written by `bench/fit-regime.ts`. */
export const REGIME_MODEL: RegimeModel = {
  version: 1,
  fittedOn: 'nothing yet',
  shift: {},
  horizons: [
    {
      name: '8 min',
      odds: { trendBias: 0, volatileBias: 0, even: {}, odd: {} },
      filter: { hazard: 0.01, evidence: 0.1 },
    },
  ],
};
