import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { us } from '../../core/units.ts';
import { type LatencyModel, Way } from './latency.ts';

const seed = 20261122;
const START_US = 1_795_348_800_000_000;
const MODELS: readonly LatencyModel[] = [
  { kind: 'constant', ms: 20 },
  { kind: 'logNormal', medianMs: 20, sigma: 0.8 },
  { kind: 'measured', floorMs: 4, quantilesMs: [0, 0.2, 0.5, 3, 250] },
];

/** Delays of messages so far apart that none waits for another, ms. */
function delays(
  model: LatencyModel,
  count: number,
  ofSeed = seed,
  direction: 'order' | 'answer' = 'order',
): number[] {
  const way = new Way(model, ofSeed, direction);
  return Array.from({ length: count }, (_, i) => {
    const at = us(START_US + i * 1e9);
    return (way.arrival(at) - at) / 1000;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

test('the logarithm of a log-normal delay has the median and the spread that were asked for', () => {
  for (const sigma of [0.2, 0.8, 1.5]) {
    const logs = delays({ kind: 'logNormal', medianMs: 20, sigma }, 40_000).map((each) =>
      Math.log(each / 20),
    );
    const spread = Math.sqrt(mean(logs.map((each) => each * each)));
    // four standard errors
    assert.ok(Math.abs(mean(logs)) < (4 * sigma) / 200, `mean ${mean(logs)}`);
    assert.ok(Math.abs(spread / sigma - 1) < 4 / Math.sqrt(2 * 40_000), `spread ${spread}`);
    const tail = logs.filter((each) => each > 1.96 * sigma).length / logs.length;
    assert.ok(Math.abs(tail - 0.025) < 0.004, `tail ${tail}`);
  }
});

test('measured delays are distributed as recorded, above the floor', () => {
  const quantilesMs = [0, 0.2, 0.5, 3, 250];
  const drawn = delays({ kind: 'measured', floorMs: 4, quantilesMs }, 20_000).sort((a, b) => a - b);
  quantilesMs.forEach((recorded, i) => {
    const place = Math.min(drawn.length - 1, Math.floor((i / 4) * drawn.length));
    const share = drawn.filter((each) => each <= 4 + recorded).length / drawn.length;
    // Kolmogorov: the largest deviation is below 1.63/√n in 99 of 100
    assert.ok(Math.abs(share - i / 4) < 1.63 / Math.sqrt(20_000), `${recorded} ms at ${share}`);
    assert.ok(drawn[place]! >= 4 && drawn[place]! <= 254);
  });
});

test('whatever the model, nothing arrives before it is sent, or before what was sent earlier; same instant, same packet', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...MODELS),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 200 }),
      (model, ofSeed, pauses) => {
        const way = new Way(model, ofSeed, 'answer');
        let at = START_US;
        let before = 0;
        for (const pause of pauses) {
          at += pause;
          const arrives = way.arrival(us(at));
          assert.ok(arrives >= at && arrives >= before && Number.isSafeInteger(arrives));
          assert.equal(way.arrival(us(at)), arrives);
          before = arrives;
        }
      },
    ),
    { seed, numRuns: 200 },
  );
});

test('the same seed is the same delays; another seed, or the other direction, has nothing to do with them', () => {
  const model: LatencyModel = { kind: 'logNormal', medianMs: 20, sigma: 0.8 };
  const logs = (ofSeed: number, direction: 'order' | 'answer') =>
    delays(model, 10_000, ofSeed, direction).map((each) => Math.log(each / 20) / 0.8);
  const reference = logs(7, 'order');
  assert.deepEqual(logs(7, 'order'), reference);
  const others = [logs(7, 'answer'), logs(8, 'order'), logs(7 + 2 ** 31, 'order'), reference.slice(1)];
  for (const [i, other] of others.entries()) {
    const correlation = mean(other.map((each, at) => each * reference[at]!));
    assert.ok(Math.abs(correlation) < 0.04, `${i}: ${correlation}`);
  }
});

test('saved and restored, a way goes on as if nothing had happened', () => {
  for (const model of MODELS) {
    const whole = new Way(model, seed, 'order');
    let broken = new Way(model, seed, 'order');
    for (let i = 0; i < 200; i++) {
      const at = us(START_US + i * 700);
      assert.equal(broken.arrival(at), whole.arrival(at));
      const again = new Way(model, seed, 'order');
      again.restore(JSON.parse(JSON.stringify(broken.save())));
      broken = again;
    }
  }
});
