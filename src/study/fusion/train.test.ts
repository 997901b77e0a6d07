import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, defaultSettings } from '../../config/load.ts';
import { FEATURES } from '../../core/brain/fusion/features.ts';
import { Outcomes } from './outcomes.ts';
import { trainOn } from './train.ts';

test('trades that span the stretches that are held out are none to fit on, however many there are', () => {
  const outcomes = new Outcomes();
  for (let i = 0; i < 900; i++)
    outcomes.add({
      ...{ tape: 0, instrument: 0, mirrored: i % 2 === 0, at: i * 1e6, endAt: i * 1e6 + 500e6, base: -0.7 },
      features: FEATURES.map(() => 0),
      outcome: i % 3 === 0 ? 'target' : 'stop',
      ...{ returnBp: 0, targetBp: 20, stopBp: 10, costBp: 2 },
    });
  const options = { name: 't', market: 't', made: 't', symbols: null, limitMs: 500_000, everyMs: 1000 };
  assert.throws(
    () => trainOn(outcomes, [], defaultSettings(), options),
    (error) =>
      error instanceof ConfigError && /^\d+ of 900 outcomes are left .*more tapes/.test(error.message),
  );
});
