import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../exchange/random.ts';
import {
  atBudget,
  averagePrecision,
  curveOf,
  type Scored,
  weightedAveragePrecision,
} from './precision-recall.ts';

const seed = 20261122;

/** From the definition: every threshold on its own, everything counted anew. */
function naiveArea(scored: readonly Scored[], wanted: number): number {
  const thresholds = [...new Set(scored.map(({ score }) => score))].sort((a, b) => b - a);
  let area = 0;
  let before = 0;
  for (const threshold of thresholds) {
    const raised = scored.filter(({ score }) => score >= threshold);
    const hits = raised.filter(({ hit }) => hit).length;
    area += (hits / wanted - before) * (hits / raised.length);
    before = hits / wanted;
  }
  return area;
}

const alarms = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 12 }).map((step) => step / 12), hit: fc.boolean() }),
  { maxLength: 40 },
);

test('average precision is what its definition gives, ties included', () => {
  fc.assert(
    fc.property(alarms, fc.integer({ min: 0, max: 20 }), (scored, missed) => {
      const wanted = scored.filter(({ hit }) => hit).length + missed;
      if (wanted === 0) return;
      const fast = averagePrecision(curveOf(scored, wanted));
      assert.ok(Math.abs(fast - naiveArea(scored, wanted)) < 1e-12, `${fast}`);
    }),
    { seed, numRuns: 1000 },
  );
});

test('an alarm of weight three counts as three alarms', () => {
  fc.assert(
    fc.property(alarms, fc.integer({ min: 1, max: 4 }), (scored, weight) => {
      const wanted = 50;
      const weighted = curveOf(
        scored.map((one) => ({ ...one, weight })),
        wanted * weight,
      );
      const repeated = curveOf(
        scored.flatMap((one) => Array.from({ length: weight }, () => one)),
        wanted * weight,
      );
      assert.deepEqual(weighted, repeated);
    }),
    { seed, numRuns: 300 },
  );
});

test('drawn several times over sorted alarms it is what the weighted curve gives', () => {
  fc.assert(
    fc.property(
      alarms,
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
      (scored, weights) => {
        const sorted = scored.map((one, i) => ({ ...one, part: i % 4 })).sort((a, b) => b.score - a.score);
        const wanted = 40;
        const curve = curveOf(
          sorted.map(({ part, ...one }) => ({ ...one, weight: weights[part]! })),
          wanted,
        );
        const fast = weightedAveragePrecision(sorted, Float64Array.from(weights), wanted);
        assert.ok(Math.abs(fast - averagePrecision(curve)) < 1e-12, `${fast}`);
      },
    ),
    { seed, numRuns: 500 },
  );
  assert.ok(Number.isNaN(weightedAveragePrecision([], new Float64Array(1), 0)));
});

test('a perfect ranking has area 1, one that finds half of what is there at most a half', () => {
  const perfect = [0.9, 0.8, 0.7].map((score) => ({ score, hit: true }));
  assert.equal(averagePrecision(curveOf([...perfect, { score: 0.1, hit: false }], 3)), 1);
  assert.equal(averagePrecision(curveOf(perfect, 6)), 0.5);
  assert.equal(averagePrecision(curveOf([], 6)), 0);
  assert.ok(Number.isNaN(averagePrecision(curveOf([{ score: 1, hit: false }], 0))));
});

test('permuted labels: the area is the base rate', () => {
  const random = new Random(seed);
  const count = 4000;
  for (const rate of [0.02, 0.2, 0.6]) {
    let total = 0;
    const rounds = 50;
    for (let round = 0; round < rounds; round++) {
      const scored = Array.from({ length: count }, (_, i) => ({
        score: random.uniform(),
        hit: i < rate * count,
      }));
      total += averagePrecision(curveOf(scored, rate * count)) / rounds;
    }
    // the expectation is a little above the rate: Σ 1/k of the first ranks
    const excess = ((1 - rate) * (Math.log(count) + 0.58)) / count;
    assert.ok(Math.abs(total - rate) < 0.01 * rate + 2 * excess + 0.002, `${total} at rate ${rate}`);
  }
});

test('a budget is the lowest threshold that keeps it', () => {
  fc.assert(
    fc.property(alarms, fc.integer({ min: 0, max: 10 }), (scored, allowed) => {
      const points = curveOf(scored, 100);
      const point = atBudget(points, 2, allowed / 2);
      const falses = (threshold: number): number =>
        scored.filter(({ score, hit }) => score >= threshold && !hit).length;
      const kept = scored.map(({ score }) => score).filter((score) => falses(score) <= allowed);
      assert.equal(point?.threshold ?? null, kept.length === 0 ? null : Math.min(...kept));
    }),
    { seed, numRuns: 500 },
  );
});
