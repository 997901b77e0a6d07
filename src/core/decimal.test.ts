import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalsOf, divRound, formatDecimal, parseDecimal, shareOf } from './decimal.ts';

const seed = 20261122;
const decimals = fc.integer({ min: 0, max: 24 });
const units = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });

test('text and back is the identity, at every number of decimals', () => {
  fc.assert(
    fc.property(units, decimals, (value, places) => {
      assert.equal(parseDecimal(formatDecimal(value, places), places), value);
    }),
    { seed, numRuns: 2000 },
  );
});

test('what is written is canonical: no exponent, no trailing zero, no negative zero', () => {
  fc.assert(
    fc.property(units, decimals, (value, places) => {
      assert.match(formatDecimal(value, places), /^(0|-?(?!0\d)\d+(\.\d*[1-9])?)$/);
      assert.notEqual(formatDecimal(value, places), '-0');
    }),
    { seed, numRuns: 2000 },
  );
});

test('agrees with JavaScript’s own reading of a number wherever that one is exact', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
      fc.integer({ min: 0, max: 12 }),
      (n, shift) => {
        // n / 2^shift is exact in binary and has at most 12 decimals
        const value = n / 2 ** shift;
        const text = String(value);
        assert.equal(Number(formatDecimal(parseDecimal(text, 12), 12)), value);
      },
    ),
    { seed, numRuns: 2000 },
  );
});

test('exponents mean what they mean', () => {
  assert.equal(parseDecimal('1e-7', 9), 100n);
  assert.equal(parseDecimal('-1.5E3', 0), -1500n);
  assert.equal(parseDecimal('0e-30', 2), 0n);
  assert.equal(decimalsOf('1e-7'), 7);
  assert.equal(decimalsOf('0.10'), 1);
  assert.equal(decimalsOf('100'), 0);
  assert.equal(decimalsOf('10e-1'), 0);
  assert.equal(decimalsOf('0.000'), 0);
});

test('decimalsOf is the smallest number of decimals that parses', () => {
  fc.assert(
    fc.property(units, decimals, (value, places) => {
      const text = formatDecimal(value, places);
      const needed = decimalsOf(text);
      parseDecimal(text, needed);
      if (needed > 0) assert.throws(() => parseDecimal(text, needed - 1), RangeError);
    }),
    { seed, numRuns: 1000 },
  );
});

test('what is not a decimal, or does not fit, is refused with the text in the message', () => {
  for (const text of [
    '',
    ' 1',
    '1 ',
    '.5',
    '5.',
    '1,5',
    'NaN',
    'Infinity',
    '0x10',
    '1e',
    '--1',
    '1e99999999',
  ])
    assert.throws(
      () => parseDecimal(text, 8),
      (error) => error instanceof RangeError && error.message.includes(`"${text}"`),
    );
  assert.throws(() => parseDecimal('0.005', 2), /"0\.005" has more than 2 decimals/);
  assert.throws(() => parseDecimal('1e-30', 2), /"1e-30" has more than 2 decimals/);
  assert.equal(parseDecimal('0.0500', 2), 5n);
});

test('divRound rounds to nearest, ties away from zero, symmetric in sign', () => {
  fc.assert(
    fc.property(units, fc.bigInt({ min: 1n, max: 10n ** 20n }), (dividend, divisor) => {
      const quotient = divRound(dividend, divisor);
      const error = 2n * (quotient * divisor - dividend);
      assert.ok(error <= divisor && error >= -divisor);
      if (error === divisor) assert.ok(quotient > 0n);
      if (error === -divisor) assert.ok(quotient < 0n);
      assert.equal(divRound(-dividend, divisor), -quotient);
    }),
    { seed, numRuns: 2000 },
  );
  assert.equal(divRound(5n, 2n), 3n);
  assert.equal(divRound(-5n, 2n), -3n);
});

test('a share is the nearest there is, all of it is exactly all, and a loss is shared as a gain', () => {
  const parts = fc.tuple(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 1, max: 10 ** 9 }));
  fc.assert(
    fc.property(units, parts, (amount, [one, rest]) => {
      const whole = one + rest;
      const share = shareOf(amount, one, whole);
      const error = 2n * (share * BigInt(whole) - amount * BigInt(one));
      assert.ok(error <= BigInt(whole) && error >= -BigInt(whole));
      assert.equal(shareOf(-amount, one, whole), -share);
      assert.equal(shareOf(amount, whole, whole), amount);
    }),
    { seed, numRuns: 1000 },
  );
  assert.deepEqual([shareOf(5n, 1, 2), shareOf(-5n, 1, 2)], [3n, -3n]);
});
