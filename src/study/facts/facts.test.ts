import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import type { Scenario } from '../../exchange/scenarios/scenario.ts';
import { FACTS, realismCard } from './facts.ts';
import { Observation, type Sighting } from './observation.ts';
import {
  measureRecordings,
  RECORDINGS_FOLDER,
  type Recording,
  recordings,
  recordingsPresent,
  swap,
} from './recordings.ts';
import { intervalsOf, joined } from './resampling.ts';
import { measureSimulated } from './simulated.ts';
import { autocorrelation, kurtosis, mean, tailExponent } from './statistics.ts';

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

test('a range is what the recordings give: every figure of theirs that counts lies in it, and it ends where theirs end', () => {
  for (const { name, low, high } of FACTS) {
    assert.ok(low <= high, name);
    const speaking = recordings().filter(({ intervals }) => intervals[name] !== undefined);
    assert.ok(speaking.length > 0, name);
    const lowest = Math.min(...speaking.map(({ intervals }) => intervals[name]![0]));
    const highest = Math.max(...speaking.map(({ intervals }) => intervals[name]![1]));
    assert.ok(low >= lowest, `${name}: ${low} is below what any recording gives, ${lowest}`);
    // likeness to the real day's hours has no upper limit
    if (name !== 'day_profile') assert.ok(high <= highest, `${name}: ${high} is above ${highest}`);
  }
  const outside = recordings().flatMap(({ name, figures }) =>
    FACTS.filter(({ name: fact, low, high }) => {
      const figure = figures[fact];
      return figure !== undefined && (figure < low || figure > high);
    }).map((fact) => `${name} ${fact.name}`),
  );
  // queues of other venues and the market of 2020 do not speak of these
  assert.deepEqual(outside.sort(), [
    'btc-2020 orders_per_second',
    'btc-2023 touch_to_behind',
    'btc-2024 touch_to_behind',
    'btcusd-2024 touch_to_behind',
    'eth-2024 touch_to_behind',
  ]);
});

test('resampling knows its error: of a mean of independent draws it is the textbook’s, of one that persists it is larger', () => {
  const random = new Random(5);
  const error = (persistence: number): number => {
    let last = 0;
    const spreads = Array.from({ length: 6001 }, () => {
      last = persistence * last + Math.sqrt(1 - persistence ** 2) * random.normal();
      return last;
    });
    const seen: Sighting = {
      instrument: new Observation(swap('BTC-USDT-SWAP', '0.01', '0.01')).instrument,
      from: 100,
      middles: spreads.map(() => 1),
      spreads,
      changes: [],
      touches: [],
      behind: [],
      spans: [],
      orderAt: [],
      orderSize: [],
      orderSign: [],
    };
    const [low, high] = intervalsOf(seen, (one) => ({ mean: mean(one.spreads) })).mean!;
    return (high - low) / 3.92;
  };
  const independent = error(0);
  assert.ok(independent > 0.6 / Math.sqrt(6000) && independent < 1.4 / Math.sqrt(6000), `${independent}`);
  // a tenth of a second to the next, persistence 0.98: a hundred times fewer independent ones
  const persistent = error(0.98);
  assert.ok(persistent > 5 / Math.sqrt(6000) && persistent < 15 / Math.sqrt(6000), `${persistent}`);
});

test('a recording put together anew is as long, goes on where it stopped, and keeps each order in its second', () => {
  const seconds = 40;
  const middles = Array.from({ length: seconds * 10 + 1 }, (_, i) => 1000 + i);
  const seen: Sighting = {
    instrument: new Observation(swap('BTC-USDT-SWAP', '0.01', '0.01')).instrument,
    from: 5000,
    middles,
    spreads: middles.map((_, i) => i),
    changes: [],
    touches: [],
    behind: [],
    spans: [],
    orderAt: Array.from({ length: seconds }, (_, i) => 5000 + i * 1000 + 500),
    orderSize: Array.from({ length: seconds }, (_, i) => i),
    orderSign: Array.from({ length: seconds }, () => 1),
  };
  const again = joined(seen, [30, 0, 30, 10], 10, seconds);
  assert.equal(again.middles.length, middles.length);
  assert.deepEqual(again.orderSize.slice(0, 12), [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 0, 1]);
  assert.deepEqual(again.orderAt, seen.orderAt);
  for (let i = 1; i < again.middles.length; i++)
    assert.ok(Math.abs(again.middles[i]! / again.middles[i - 1]! - 1) < 0.0011, 'no jump at a seam');
});

test('the kept figures are those of the recordings', {
  skip: recordingsPresent ? false : 'the recordings are not on this machine',
}, async () => {
  const again = await measureRecordings(RECORDINGS_FOLDER, false);
  assert.deepEqual(
    again.map(({ intervals: _, ...rest }) => rest),
    recordings().map(({ intervals: _, ...rest }) => rest),
  );
  // bars are cut into their days, which takes no time
  const bars = (list: readonly Recording[]): readonly Recording[] =>
    list.filter(({ intervals }) => intervals.day_shape !== undefined);
  assert.ok(bars(again).length === 4);
  assert.deepEqual(bars(again), bars(recordings()));
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
