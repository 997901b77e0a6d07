import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Quote } from './quote.ts';
import { ticks, us } from './units.ts';

test('an assumed quote lies around its price: as wide as said, never without a tick, unless no spread is to be assumed', () => {
  const quote = new Quote();
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 10_000_000 }),
      fc.integer({ min: 1, max: 100 }),
      (price, spreadBp) => {
        quote.assume(ticks(price), spreadBp, us(7));
        assert.ok(quote.bid <= price && price <= quote.ask && quote.ask > quote.bid);
        assert.ok(quote.spread === 1 || Math.abs(quote.spread - (price * spreadBp) / 10_000) <= 0.5);
        assert.ok(Math.abs(quote.mid - price) <= 0.5);
        quote.assume(ticks(price), 0, us(8));
        assert.deepEqual([quote.bid, quote.ask, quote.at], [price, price, 8]);
        assert.equal(quote.firm, quote.bid > 0);
      },
    ),
    { seed: 20261122 },
  );
});

test('a real book whose sides are equal is not to be believed', () => {
  const quote = new Quote();
  quote.set(ticks(100), ticks(100), us(1), 0);
  assert.equal(quote.firm, false);
});
