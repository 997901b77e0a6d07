import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BTC, BTC_INVERSE, ETH, SHIB } from '../testing/specs.ts';
import { autoLeverage, autoSize, type SizingConfig, sizeToLots, volatilityAdjustment } from './sizing.ts';

const seed = 20261122;
const config: SizingConfig = {
  mode: 'auto',
  kelly: { fraction: 0.5, priorTrades: 100, tradesMin: 30, riskMin: 0.0025, riskMax: 0.02 },
  baseSize: 0.01,
  multiplier: 2,
  leverageMin: 1,
  leverageMax: 5,
  leverageCurve: 2,
  volatilityFactor: 5,
};
const unit = fc.double({ min: 0, max: 1, noNaN: true });

test('row P1: base 0.01, multiplier 2, confidence 0.85, σ 1.8 % are about 0.017', () => {
  assert.ok(Math.abs(autoSize(config, 0.85, 0.018) - 0.017) < 0.0001);
});

test('row P2: 1…5, curve 2, confidence 0.9, σ 1.2 % are about 4.05', () => {
  assert.ok(Math.abs(autoLeverage(config, 0.9, 0.012) - 4.05) < 0.01);
});

test('row R2: σ of 1.8 % at k = 5 takes 8.3 % off', () => {
  assert.ok(Math.abs(volatilityAdjustment(5, 0.018) - 1 / 1.09) < 1e-15);
});

test('more confidence never means less, more volatility never more; both stay in their bounds', () => {
  fc.assert(
    fc.property(unit, unit, unit, (confidence, other, sigma) => {
      const [low, high] = [Math.min(confidence, other), Math.max(confidence, other)];
      for (const figure of [autoSize, autoLeverage]) {
        assert.ok(figure(config, low, sigma) <= figure(config, high, sigma));
        assert.ok(figure(config, low, sigma) >= figure(config, low, sigma + 0.1));
      }
      const leverage = autoLeverage(config, confidence, sigma);
      assert.ok(leverage >= config.leverageMin && leverage <= config.leverageMax);
      assert.ok(autoSize(config, confidence, sigma) <= config.baseSize * config.multiplier);
    }),
    { seed, numRuns: 1000 },
  );
});

test('whole lots, as many as fit and never one more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(BTC, ETH, SHIB, BTC_INVERSE),
      fc.double({ min: 0, max: 1000, noNaN: true }),
      fc.integer({ min: 1000, max: 2_000_000 }),
      (instrument, coins, price) => {
        const q = sizeToLots(instrument, coins, price);
        assert.ok(Number.isInteger(q) && q >= 0);
        const coinsPerLot = instrument.inverse
          ? instrument.valuePerLot / instrument.priceToNumber(price)
          : instrument.valuePerLot;
        // the slack is the double's: a size that is whole must not lose a lot to a binary fraction
        assert.ok(q * coinsPerLot <= coins * (1 + 1e-12) + 1e-9 * coinsPerLot);
        assert.ok((q + 1) * coinsPerLot > coins);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

test('sizes by hand', () => {
  // a lot is 0.0001 BTC
  assert.equal(sizeToLots(BTC, 0.017, 650_000), 170);
  assert.equal(sizeToLots(BTC, 0.01699, 650_000), 169);
  assert.equal(sizeToLots(BTC, 0.00009, 650_000), 0);
  // every whole number of lots survives its way through a double
  for (let q = 0; q < 20_000; q++) assert.equal(sizeToLots(BTC, q * 0.0001, 650_000), q);
  // a lot is 10 USD: 0.01 BTC at 50,000 are 500 USD
  assert.equal(sizeToLots(BTC_INVERSE, 0.01, 500_000), 50);
});
