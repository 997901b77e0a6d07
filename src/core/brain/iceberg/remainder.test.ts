import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenNumbers } from '../../testing/order-market.ts';
import { Remainder, STEPS } from './remainder.ts';

const none = { reached: STEPS.map(() => 1e-6), ended: STEPS.map(() => 1e-7) };

/** Icebergs that go on with chance 0.8 after each order; sight of them is lost with chance `lost` at each. */
function observed(count: number, lost: number): Remainder {
  const random = evenNumbers(7);
  const remainder = new Remainder(none);
  for (let i = 0; i < count; i++) {
    let orders = 1;
    for (;;) {
      if (random() < lost) {
        remainder.observe(orders, false, 1);
        break;
      }
      if (random() > 0.8) {
        remainder.observe(orders, true, 1);
        break;
      }
      orders += 1;
    }
  }
  return remainder;
}

test('the further orders of icebergs without memory are those of the geometric law, however many they have shown', () => {
  const remainder = observed(20_000, 0);
  // 0.8^m falls to a half between 3 and 4, to 0.1 between 10 and 11
  for (const orders of [1, 3, 5, 9]) {
    assert.equal(remainder.quantile(orders, 0.5), 3);
    assert.ok(Math.abs(remainder.quantile(orders, 0.9) - 10) <= 1);
    assert.equal(remainder.quantile(orders, 0.1), 0);
  }
});

test('icebergs that were lost sight of do not make the others shorter', () => {
  const remainder = observed(20_000, 0.2);
  for (const orders of [1, 3, 5]) assert.equal(remainder.quantile(orders, 0.5), 3);
});

test('a quantile grows with its share, and what was learned can be forgotten', () => {
  const prior = { reached: STEPS.map(() => 50), ended: STEPS.map(() => 5) };
  const remainder = new Remainder(prior);
  const before = remainder.quantile(4, 0.5);
  assert.ok(remainder.quantile(4, 0.1) <= before && before <= remainder.quantile(4, 0.9));
  for (let i = 0; i < 1000; i++) remainder.observe(5, true, 1);
  assert.ok(remainder.quantile(4, 0.5) < before);
  remainder.reset();
  assert.equal(remainder.quantile(4, 0.5), before);
});
