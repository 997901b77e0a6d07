import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RANGE, type RegimeHorizon, type RegimeModel, VOLATILE } from './model.ts';
import { mostProbable, RegimeReader } from './reader.ts';
import { Second } from './second.ts';

/** Sure of one thing, whatever it sees. */
const sure = (volatileBias: number): RegimeHorizon => ({
  name: 'whatever comes',
  odds: { trendBias: -5, volatileBias, even: {}, odd: {} },
  filter: { hazard: 0.01, evidence: 1 },
});

test('the weights that were fitted with candles speak where candles reach back far enough, the others where not', () => {
  const model: RegimeModel = {
    ...{ version: 1, fittedOn: 'nothing' },
    horizons: [sure(-5)],
    withPast: [sure(5)],
  };
  const after = (candles: number): number => {
    const reader = new RegimeReader(model);
    for (let i = 0; i < candles; i++) reader.features.candle(8, 60_000);
    const second = new Second();
    for (let i = 0; i < 400; i++) {
      second.net = i % 2 === 0 ? 1 : -1;
      second.moves = 1;
      second.path = 1;
      second.squares = 1;
      reader.step(second);
    }
    return mostProbable(reader.probabilities);
  };
  assert.equal(after(0), RANGE);
  assert.equal(after(60), RANGE, 'an hour says too little of what is usual');
  assert.equal(after(300), VOLATILE);
});
