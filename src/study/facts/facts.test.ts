import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import type { Scenario } from '../../exchange/scenarios/scenario.ts';
import { FACTS, realismCard } from './facts.ts';
import { measureRecordings, RECORDINGS_FOLDER, recordings, recordingsPresent } from './recordings.ts';
import { measureSimulated } from './simulated.ts';
import { autocorrelation, kurtosis, tailExponent } from './statistics.ts';

test('the statistics find what is known to be there', () => {
  const random = new Random(1);
  const normal = Array.from({ length: 50_000 }, () => random.normal());
  assert.ok(Math.abs(kurtosis(normal) - 3) < 0.15);
  assert.ok(Math.abs(autocorrelation(normal, 1)) < 0.02);
  const laplace = normal.map(() => random.exponential(1) * (random.chance(0.5) ? 1 : -1));
  assert.ok(Math.abs(kurtosis(laplace) - 6) < 0.7);
  const pareto = normal.map(() => random.pareto(1.5));
  assert.ok(Math.abs(tailExponent(pareto, 0.05) - 1.5) < 0.15);
  let last = 0;
  const remembering = normal.map((noise) => (last = 0.6 * last + noise));
  assert.ok(Math.abs(autocorrelation(remembering, 1) - 0.6) < 0.02);
});

test('every recording lies inside every range that speaks of it', () => {
  const outside = recordings().flatMap(({ name, figures }) =>
    FACTS.filter(({ name: fact, low, high }) => {
      const figure = figures[fact];
      return figure !== undefined && (figure < low || figure > high);
    }).map((fact) => `${name} ${fact.name}`),
  );
  // a market of 2020 with a trade a second is not one of today; the rest is what a range is made of
  assert.deepEqual(outside, ['btc-2020 orders_per_second']);
});

test('the kept figures are those of the recordings', {
  skip: recordingsPresent ? false : 'the recordings are not on this machine',
}, async () => {
  assert.deepEqual(await measureRecordings(RECORDINGS_FOLDER), recordings());
});

test('the btc-like market passes its card, seed by seed but for chance', () => {
  for (const seed of [1001, 1002]) {
    const card = realismCard(measureSimulated(seed, loadScenario('btc-like'), 'BTC-USDT-SWAP', 30), []);
    const failed = card
      .filter(({ passed }) => !passed)
      .map(({ fact, simulated }) => `${fact.name} ${simulated}`);
    assert.ok(failed.length <= 1, `seed ${seed}: ${failed.join(', ')}`);
  }
});

test('the card is no rubber stamp: a smooth price fails the tails, a storm fails the moves', () => {
  const base = loadScenario('btc-like');
  const failures = (scenario: Scenario): string[] =>
    realismCard(measureSimulated(1, scenario, 'BTC-USDT-SWAP', 10), [])
      .filter(({ passed }) => !passed)
      .map(({ fact }) => fact.name);
  const smooth = { ...base, value: { ...base.value, jumps_per_second: 50 } };
  assert.ok(failures(smooth).includes('kurtosis_1s'));
  assert.ok(failures(loadScenario('volatile')).includes('move_60s_median'));
});
