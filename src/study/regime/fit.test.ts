import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVEN_NAMES, ODD_NAMES } from '../../core/brain/regime/features.ts';
import { Odds, REGIMES, RegimeFilter, TREND_DOWN, TREND_UP } from '../../core/brain/regime/model.ts';
import { Random } from '../../exchange/random.ts';
import { filterLoss, fitFilter, fitOdds, type Moments } from './fit.ts';
import { minimize } from './minimize.ts';

const seed = 20261122;

test('the least of a quadratic is where its equations say', () => {
  const random = new Random(seed);
  const size = 12;
  // symmetric and positive: A = B·Bᵀ + 1
  const b = Array.from({ length: size }, () => Array.from({ length: size }, () => random.normal()));
  const a = b.map((row, i) =>
    b.map((other, j) => row.reduce((sum, each, k) => sum + each * other[k]!, 0) + (i === j ? 1 : 0)),
  );
  const least = Array.from({ length: size }, () => random.normal());
  const found = minimize(
    new Float64Array(size),
    (at, gradient) => {
      const off = least.map((each, i) => at[i]! - each);
      const turned = a.map((row) => row.reduce((sum, each, k) => sum + each * off[k]!, 0));
      gradient.set(turned);
      return off.reduce((sum, each, i) => sum + (each * turned[i]!) / 2, 0);
    },
    1e-9,
  );
  least.forEach((each, i) => {
    assert.ok(Math.abs(found[i]! - each) < 1e-5, `${found[i]} is not ${each}`);
  });
});

/** Moments whose regimes are drawn by known odds. */
function drawn(count: number, odds: Odds, random: Random): Moments {
  const even = Float64Array.from({ length: count * EVEN_NAMES.length }, () => random.normal());
  const odd = Float64Array.from({ length: count * ODD_NAMES.length }, () => random.normal());
  const out = new Float64Array(REGIMES.length);
  const truth = new Int8Array(count);
  for (let i = 0; i < count; i++) {
    odds.of(
      even.subarray(i * EVEN_NAMES.length, (i + 1) * EVEN_NAMES.length),
      odd.subarray(i * ODD_NAMES.length, (i + 1) * ODD_NAMES.length),
      out,
    );
    const weights = Array.from(out, Math.exp);
    let left = random.uniform() * weights.reduce((sum, each) => sum + each, 0);
    truth[i] = weights.findIndex((each) => {
      left -= each;
      return left < 0;
    });
  }
  return { count, even, odd, truth };
}

test('weights that regimes were drawn by are found again; features that do nothing get about nothing', () => {
  const known = {
    trendBias: 0,
    volatileBias: 0,
    even: { 'move² 60': [0.5, 1.5], 'orders 15': [0, -1] } as const,
    odd: { 'trend 60': 2, 'flow 30': -0.7 },
  };
  const { even, odd } = fitOdds(drawn(20_000, new Odds(known), new Random(seed)), () => true, 1);
  const near = (found: number, wanted: number, name: string): void =>
    assert.ok(Math.abs(found - wanted) < 0.15, `${name}: ${found}, drawn with ${wanted}`);
  for (const name of EVEN_NAMES) {
    const wanted = (known.even as Record<string, readonly [number, number]>)[name] ?? [0, 0];
    near(even[name]![0], wanted[0], name);
    near(even[name]![1], wanted[1], name);
  }
  for (const name of ODD_NAMES) near(odd[name]!, (known.odd as Record<string, number>)[name] ?? 0, name);
});

test('of filters the one is found that the hidden regimes changed by; its loss is less than that of no filter', () => {
  const random = new Random(seed, 7);
  const markets = Array.from({ length: 6 }, () => {
    const seconds = 6000;
    const truth = new Int8Array(seconds);
    const odds = new Float64Array(seconds * REGIMES.length);
    let is = 0;
    for (let s = 0; s < seconds; s++) {
      if (random.chance(0.004)) is = (is + 1 + random.below(3)) % REGIMES.length;
      truth[s] = is;
      // log densities of unit normals about 0, and about 0.5 for the true one
      for (let k = 0; k < REGIMES.length; k++)
        odds[s * REGIMES.length + k] = 0.5 * (random.normal() + (k === is ? 0.5 : 0));
    }
    return { truth, odds };
  });
  const { hazard, evidence, loss } = fitFilter(markets, 0);
  assert.ok(hazard >= 0.001 && hazard <= 0.008, `hazard ${hazard}`);
  assert.ok(evidence >= 0.4, `evidence ${evidence}`);
  assert.ok(loss < 0.8 * filterLoss(markets, { hazard: 0.75, evidence: 1 }, 0));
  // up and down are only names: a filter knows none of the regimes
  const filter = new RegimeFilter();
  filter.step(Float64Array.of(0, 1, 1, 0), { hazard, evidence });
  assert.equal(filter.probabilities[TREND_UP], filter.probabilities[TREND_DOWN]);
});
