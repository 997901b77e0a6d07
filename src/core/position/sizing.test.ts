import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { kellyRisk } from '../risk/kelly.ts';
import { NO_RECORD, type TrackRecord } from '../risk/track-record.ts';
import { BTC, BTC_INVERSE, ETH, SHIB } from '../testing/specs.ts';
import {
  autoLeverage,
  autoSize,
  entrySize,
  lossAtStop,
  type SizeContext,
  type SizingConfig,
  sizeToLots,
  volatilityAdjustment,
} from './sizing.ts';

const seed = 20261122;
const config: SizingConfig = {
  mode: 'auto',
  kelly: { fraction: 0.5, priorTrades: 100, tradesMin: 30, riskMin: 0.0025, riskMax: 0.02 },
  baseSize: 0.01,
  baseUnit: 'coin',
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

test('a base in quote currency is worth the same whatever the coin costs, within a lot of it', () => {
  const inQuote: SizingConfig = {
    ...config,
    baseSize: 500,
    baseUnit: 'quote',
    multiplier: 1,
    volatilityFactor: 0,
  };
  const context = (price: number): SizeContext => ({
    side: 'buy',
    price,
    stopLoss: price * 0.99,
    confidence: 1,
    sigma: 0,
    equity: 10_000,
    record: NO_RECORD,
    takerFee: 0.0005,
  });
  for (const [instrument, price] of [
    [BTC, 600_000],
    [BTC, 100_000],
    [ETH, 300_000],
    [BTC_INVERSE, 600_000],
  ] as const) {
    const { size } = entrySize(inQuote, instrument, context(price));
    // an inverse contract is worth quote currency, whatever the price
    const worth = instrument.inverse ? size * instrument.valuePerLot : instrument.valueNumber(size, price);
    const lot = instrument.inverse ? instrument.valuePerLot : instrument.valueNumber(1, price);
    assert.ok(worth <= 500 && worth > 500 - lot, `${instrument.id} at ${price}: ${worth}`);
  }
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

const contexts = fc.record({
  instrument: fc.constantFrom(BTC, ETH, SHIB, BTC_INVERSE),
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  price: fc.integer({ min: 1000, max: 2_000_000 }),
  away: fc.double({ min: 0.0005, max: 0.3, noNaN: true }),
  confidence: unit,
  equity: fc.double({ min: 10, max: 1e6, noNaN: true }),
  wins: fc.integer({ min: 0, max: 300 }),
  losses: fc.integer({ min: 0, max: 300 }),
});

test('row R1: Kelly takes size away and never adds any; what it leaves loses at its stop what it allows, and one lot more loses more', () => {
  let cut = 0;
  fc.assert(
    fc.property(contexts, ({ instrument, side, price, away, confidence, equity, wins, losses }) => {
      const record: TrackRecord = { wins, losses, winSum: wins * 0.02, lossSum: losses * 0.01 };
      const stopLoss = Math.max(1, Math.round(price * (1 + (side === 'buy' ? -away : away))));
      fc.pre(stopLoss !== price);
      const context: SizeContext = {
        side,
        price,
        stopLoss,
        confidence,
        sigma: 0.018,
        equity,
        record,
        takerFee: 0.0005,
      };
      const baseSize = instrument.inverse ? 5 : 0.5;
      const auto = entrySize({ ...config, baseSize }, instrument, context).size;
      const capped = entrySize({ ...config, baseSize, mode: 'kelly' }, instrument, context);
      assert.ok(Number.isInteger(capped.size) && capped.size >= 0 && capped.size <= auto);
      const allowed = equity * kellyRisk(config.kelly, record);
      const loss = (size: number): number => lossAtStop(instrument, side, size, price, stopLoss, 0.0005);
      if (capped.size === auto) {
        assert.equal(capped.note, '');
        return;
      }
      cut++;
      assert.ok(loss(capped.size) <= allowed * (1 + 1e-9));
      assert.ok(loss(capped.size + 1) > allowed * (1 - 1e-9));
      assert.match(capped.note, /^Kelly over \d+ trades risks [\d.]+ % of equity: size/);
    }),
    { seed, numRuns: 2000 },
  );
  assert.ok(cut > 200, `cut only ${cut} times`);
});

test('with few trades a wide stop is cut to the least risk there is', () => {
  const context: SizeContext = {
    side: 'buy',
    price: 600_000,
    stopLoss: 540_000,
    confidence: 1,
    sigma: 0,
    equity: 10_000,
    record: NO_RECORD,
    takerFee: 0,
  };
  // 0.02 BTC would lose 120 USDT at a stop 6,000 away; 0.25 % of 10,000 is 25: 0.0041 BTC
  assert.equal(entrySize({ ...config, mode: 'kelly' }, BTC, context).size, 41);
  assert.equal(entrySize(config, BTC, context).size, 200);
  assert.equal(
    entrySize({ ...config, mode: 'kelly', kelly: { ...config.kelly, riskMin: 0 } }, BTC, context).size,
    0,
  );
});

test('what is lost at the stop is what a position of that size would have lost, fees in it', () => {
  // 100 lots of 0.0001 BTC, 600 USDT: 6 lost and 0.3 + 0.297 in fees
  assert.ok(Math.abs(lossAtStop(BTC, 'buy', 100, 600_000, 594_000, 0.0005) - 6.597) < 1e-9);
  assert.ok(Math.abs(lossAtStop(BTC, 'sell', 100, 600_000, 606_000, 0) - 6) < 1e-9);
});
