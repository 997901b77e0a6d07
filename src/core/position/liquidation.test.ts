import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instrument } from '../instrument.ts';
import { BTC, BTC_INVERSE, ETH, SHIB } from '../testing/specs.ts';
import { leverageBehind, liquidationPrice, type MarginRates } from './liquidation.ts';

const seed = 20261122;
const cases = fc.record({
  instrument: fc.constantFrom<Instrument>(BTC, ETH, SHIB, BTC_INVERSE),
  direction: fc.constantFrom<'long' | 'short'>('long', 'short'),
  entry: fc.integer({ min: 1000, max: 2_000_000 }),
  leverage: fc.double({ min: 1.01, max: 60, noNaN: true }),
  maintenanceRate: fc.double({ min: 0.001, max: 0.015, noNaN: true }),
  takerFee: fc.double({ min: 0, max: 0.001, noNaN: true }),
});

/** Margin and P&L at a mark price, against maintenance margin and closing fee there; per lot, settlement currency. */
function balanceAt(
  instrument: Instrument,
  sign: 1 | -1,
  entry: number,
  leverage: number,
  rates: MarginRates,
  mark: number,
): number {
  const margin = instrument.valueNumber(1, entry) / leverage;
  const profit = instrument.profitNumber(sign, entry, mark);
  return margin + profit - instrument.valueNumber(1, mark) * (rates.maintenanceRate + rates.takerFee);
}

test('at the liquidation price the margin is worth just maintenance and closing fee; before it more, beyond it less', () => {
  fc.assert(
    fc.property(cases, ({ instrument, direction, entry, leverage, ...rates }) => {
      const sign = direction === 'long' ? 1 : -1;
      const price = liquidationPrice(instrument, direction, entry, leverage, rates);
      const scale = instrument.valueNumber(1, entry);
      const left = (mark: number): number =>
        balanceAt(instrument, sign, entry, leverage, rates, mark) / scale;
      assert.ok(Math.abs(left(price)) < 1e-9, `${left(price)}`);
      assert.ok(left(price * (1 + sign * 0.001)) > 0);
      assert.ok(left(price * (1 - sign * 0.001)) < 0);
    }),
    { seed, numRuns: 2000 },
  );
});

test('a long without leverage, and an inverse short without it, cannot be liquidated', () => {
  const rates = { maintenanceRate: 0.004, takerFee: 0.0005 };
  assert.equal(liquidationPrice(BTC, 'long', 600_000, 1, rates), 0);
  assert.equal(liquidationPrice(BTC_INVERSE, 'short', 600_000, 1, rates), Infinity);
});

test('more leverage brings liquidation nearer', () => {
  fc.assert(
    fc.property(cases, ({ instrument, direction, entry, leverage, ...rates }) => {
      const near = liquidationPrice(instrument, direction, entry, leverage * 1.1, rates);
      const far = liquidationPrice(instrument, direction, entry, leverage, rates);
      assert.ok(direction === 'long' ? near > far : near < far);
    }),
    { seed, numRuns: 500 },
  );
});

test('the largest leverage behind a bound puts liquidation on it, and any more puts it this side', () => {
  const distance = fc.double({ min: 0.001, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(cases, distance, ({ instrument, direction, entry, ...rates }, share) => {
      const sign = direction === 'long' ? 1 : -1;
      const bound = entry * (1 - sign * share);
      const leverage = leverageBehind(instrument, direction, entry, bound, rates);
      if (leverage === Infinity) {
        const price = liquidationPrice(instrument, direction, entry, 1e9, rates);
        assert.ok(direction === 'long' ? price <= bound : price >= bound);
        return;
      }
      fc.pre(leverage > 0.01);
      const on = liquidationPrice(instrument, direction, entry, leverage, rates);
      assert.ok(Math.abs(on - bound) / entry < 1e-9, `${on} ${bound}`);
      const nearer = liquidationPrice(instrument, direction, entry, leverage * 1.01, rates);
      assert.ok(direction === 'long' ? nearer > bound : nearer < bound);
    }),
    { seed, numRuns: 2000 },
  );
});
