import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenNumbers, normal } from '../../testing/order-market.ts';
import { OrderSizes, Repeats } from './order-sizes.ts';

const close = (actual: number, wanted: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not ${wanted}`);

/** A market of lognormal sizes about 20,000 lots. */
function market(orders: number, each?: (size: number) => number): OrderSizes {
  const random = evenNumbers(20261122);
  const repeats = new Repeats();
  const sizes = new OrderSizes(repeats);
  for (let i = 0; i < orders; i++) {
    const drawn = Math.round(20_000 * Math.exp(normal(random)));
    const size = each?.(drawn) ?? drawn;
    sizes.observe(size);
    repeats.observe(size);
    sizes.settle();
  }
  return sizes;
}

test('evidence is the logarithm of two densities: an iceberg’s about its peak, the market’s about that size', () => {
  const sizes = market(3000);
  // a normal one of deviation 0.08 at its mean against a normal one of deviation 1 at its own
  close(sizes.evidence(20_000, 20_001, false, 0, 1), Math.log(1 / 0.08), 0.15);
  const rare = Math.round(20_000 * Math.exp(2));
  close(sizes.evidence(rare, rare + 1, false, 0, 1), Math.log(Math.exp(2) / 0.08), 0.4);
  // a tenth off
  close(sizes.evidence(20_000, 22_103, false, 0, 1), Math.log(1 / 0.08) - 0.5 * (0.1 / 0.08) ** 2, 0.15);
});

test('so many trials take their logarithm from it', () => {
  const sizes = market(3000);
  const one = sizes.evidence(20_000, 20_500, false, 0, 1);
  close(sizes.evidence(20_000, 20_500, false, 0, 7), one - Math.log(7), 1e-9);
});

test('where every third order is of one size, that size again says little; a size nobody had says much', () => {
  let count = 0;
  const sizes = market(3000, (drawn) => (++count % 3 === 0 ? 10_000 : drawn));
  assert.ok(sizes.evidence(10_000, 10_000, true, 0, 1) < 1.5);
  assert.ok(sizes.evidence(12_347, 12_347, true, 0, 1) > 5);
});

test('nothing is known of a market that was not seen: no size is rare there', () => {
  const fresh = new OrderSizes(new Repeats());
  assert.ok(fresh.evidence(500, 520, false, 0, 1) < 6);
  assert.equal(fresh.rank(500), 0.5);
  const sizes = market(3000);
  close(sizes.rank(20_000), 0.5, 0.03);
  sizes.reset();
  assert.equal(sizes.seen, 0);
});

test('of a kind seldom seen, sizes are taken to be like the others', () => {
  const queued = market(3000);
  const alone = new OrderSizes(new Repeats(), queued);
  close(alone.evidence(20_000, 20_400, false, 0, 1), queued.evidence(20_000, 20_400, false, 0, 1), 0.3);
});
