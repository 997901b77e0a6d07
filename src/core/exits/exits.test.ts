import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BTC } from '../testing/specs.ts';
import { type Ticks, ticks } from '../units.ts';
import { type ExitsConfig, placeExits } from './exits.ts';

const seed = 20261122;
const config: ExitsConfig = {
  takeProfitAtr: 2,
  stopLossAtr: 1,
  takeProfitFraction: 0.02,
  stopLossFraction: 0.01,
  rewardRiskMin: 1.5,
  rewardRiskDefault: 2,
  moveTakeProfit: true,
  costMultipleMin: 1.5,
};
const place = (
  changes: Partial<ExitsConfig>,
  direction: 'long' | 'short',
  entry: number,
  atr: number | null,
  cost = 0,
) => placeExits({ ...config, ...changes }, BTC, direction, ticks(entry), atr, cost);

const anyConfig = fc.record({
  takeProfitAtr: fc.double({ min: 0.1, max: 10, noNaN: true }),
  stopLossAtr: fc.double({ min: 0.1, max: 10, noNaN: true }),
  takeProfitFraction: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
  stopLossFraction: fc.double({ min: 0.0001, max: 0.5, noNaN: true }),
  rewardRiskMin: fc.double({ min: 0, max: 4, noNaN: true }),
  moveTakeProfit: fc.boolean(),
  costMultipleMin: fc.double({ min: 0, max: 5, noNaN: true }),
});
// down to a grid so coarse that a stop is one tick, as with the cheapest coins
const entryPrice = fc.oneof(fc.integer({ min: 5, max: 300 }), fc.integer({ min: 1000, max: 2_000_000 }));
const atrOf = fc.option(fc.double({ min: 0.01, max: 500, noNaN: true }), { nil: null });
const cost = fc.double({ min: 0, max: 0.01, noNaN: true });

test('never nearer than asked, never a poorer ratio than the least, never worth less than its costs', () => {
  let placed = 0;
  fc.assert(
    fc.property(
      anyConfig,
      fc.double({ min: 0, max: 2, noNaN: true }),
      entryPrice,
      atrOf,
      cost,
      (any, more, entry, atr, costs) => {
        const settings = { ...config, ...any, rewardRiskDefault: any.rewardRiskMin + more };
        for (const direction of ['long', 'short'] as const) {
          const result = placeExits(settings, BTC, direction, ticks(entry), atr, costs);
          if (!result.ok) continue;
          placed++;
          const sign = direction === 'long' ? 1 : -1;
          const { takeProfit, stopLoss, rewardRisk } = result.value;
          const reward = sign * (takeProfit - entry);
          const risk = sign * (entry - stopLoss);
          assert.ok(Number.isInteger(takeProfit) && Number.isInteger(stopLoss));
          assert.ok(takeProfit > 0 && stopLoss > 0);
          const asked = atr === null ? settings.stopLossFraction * entry : settings.stopLossAtr * atr;
          const wanted = atr === null ? settings.takeProfitFraction * entry : settings.takeProfitAtr * atr;
          assert.ok(risk >= asked - 1e-6 && risk < asked + 1 + 1e-6);
          assert.ok(reward >= wanted - 1e-6);
          assert.ok(reward / risk >= settings.rewardRiskMin - 1e-6, `${reward} / ${risk}`);
          assert.equal(rewardRisk, reward / risk);
          assert.ok(reward >= settings.costMultipleMin * costs * entry - 1e-6);
        }
      },
    ),
    { seed, numRuns: 2000 },
  );
  assert.ok(placed > 1000, `only ${placed} were placed`);
});

test('long and short are mirror images', () => {
  fc.assert(
    fc.property(anyConfig, entryPrice, atrOf, cost, (any, entry, atr, costs) => {
      const settings = { ...config, ...any, rewardRiskDefault: any.rewardRiskMin + 0.5 };
      const long = placeExits(settings, BTC, 'long', ticks(entry), atr, costs);
      const short = placeExits(settings, BTC, 'short', ticks(entry), atr, costs);
      if (!long.ok || !short.ok) {
        // only the floor under prices tells them apart
        if (long.ok !== short.ok) return;
        return assert.deepEqual(long, short);
      }
      const mirror = (price: Ticks): number => 2 * entry - price;
      assert.deepEqual(
        [long.value.takeProfit, long.value.stopLoss],
        [short.value.takeProfit, short.value.stopLoss].map((price) => mirror(price as Ticks)),
      );
      assert.equal(long.value.note, short.value.note);
    }),
    { seed, numRuns: 1000 },
  );
});

test('2 and 1 ATR, on the grid, rounded outward', () => {
  const result = place({}, 'long', 600_000, 100.3);
  assert.ok(result.ok);
  assert.deepEqual([result.value.takeProfit, result.value.stopLoss], [600_201, 599_899]);
  assert.equal(result.value.method, 'atr');
  assert.match(result.value.note, /2 \/ 1 × ATR 10\.03/);
});

test('percentages serve while there is no ATR', () => {
  const result = place({}, 'short', 600_000, null);
  assert.ok(result.ok);
  assert.deepEqual([result.value.takeProfit, result.value.stopLoss], [588_000, 606_000]);
  assert.equal(result.value.note, '2 % / 1 %, no ATR yet');
});

test('a poor ratio is mended to the default, or refused with the numbers', () => {
  const mended = place({ takeProfitAtr: 1 }, 'long', 600_000, 100);
  assert.ok(mended.ok);
  assert.equal(mended.value.takeProfit, 600_200);
  assert.match(mended.value.note, /take profit moved out to 2 R/);
  const refused = place({ takeProfitAtr: 1, moveTakeProfit: false }, 'long', 600_000, 100);
  assert.deepEqual(refused, { ok: false, error: { reason: 'rewardRisk', limit: 1.5, actual: 1 } });
});

test('exactly the least ratio is enough, whatever binary fractions make of it', () => {
  for (let atr = 0.1; atr < 300; atr += 0.37) {
    const result = place(
      { takeProfitAtr: 0.3, stopLossAtr: 0.2, moveTakeProfit: false },
      'long',
      600_000,
      atr,
    );
    assert.ok(result.ok, `ATR ${atr}`);
  }
});

test('a stop rounded to a coarse grid takes the target with it', () => {
  // 1 : 0.6 ticks is a fair ratio; 1 : 1 after rounding would not be
  const result = place({ takeProfitAtr: 1, stopLossAtr: 0.6 }, 'long', 100, 1);
  assert.ok(result.ok);
  assert.deepEqual([result.value.takeProfit, result.value.stopLoss], [102, 99]);
});

test('a target that the costs would eat is refused with how many costs it is worth', () => {
  // 200 ticks of 600,000 are 3.3 bp; a round trip of 10 bp
  const refused = place({}, 'long', 600_000, 100, 0.001);
  assert.ok(!refused.ok);
  assert.equal(refused.error.reason, 'costs');
  assert.equal(refused.error.limit, 1.5);
  assert.ok(Math.abs(refused.error.actual - 1 / 3) < 1e-12);
});

test('a stop below nothing is refused', () => {
  assert.equal(place({}, 'long', 50, 60).ok, false);
  assert.equal(place({}, 'short', 50, 30).ok, false);
});
