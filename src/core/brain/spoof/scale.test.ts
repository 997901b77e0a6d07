import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binOf, leastOf, Scale } from './scale.ts';

const seed = 20261122;
const positive = fc.double({ min: 1, max: 1e12, noNaN: true });

test('a bin holds what lies from its least number to the next one’s, an eighth of a doubling at most', () => {
  fc.assert(
    fc.property(positive, (x) => {
      const bin = binOf(x);
      assert.ok(leastOf(bin) <= x && x < leastOf(bin + 1), `${x} is not in bin ${bin}`);
      assert.ok(leastOf(bin + 1) / leastOf(bin) <= 1.125);
    }),
    { seed, numRuns: 2000 },
  );
});

test('the value that a share exceeds is that of the sorted numbers, give or take a bin, in whatever order they came', () => {
  fc.assert(
    fc.property(
      fc.array(positive, { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (numbers, above) => {
        const scale = new Scale(1_000_000);
        for (const x of numbers) scale.add(x);
        const sorted = [...numbers].sort((a, b) => b - a);
        const exact = sorted[Math.min(sorted.length - 1, Math.floor(above * sorted.length))]!;
        assert.ok(Math.abs(scale.upper(above) / exact - 1) < 0.13, `${scale.upper(above)} for ${exact}`);
        const reversed = new Scale(1_000_000);
        for (const x of numbers.toReversed()) reversed.add(x);
        assert.equal(reversed.upper(above), scale.upper(above));
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('what happened long ago is forgotten: the newer half of the memory decides', () => {
  const scale = new Scale(1000);
  for (let i = 0; i < 5000; i++) {
    scale.add(100);
    scale.settle();
  }
  for (let i = 0; i < 5000; i++) {
    scale.add(10);
    scale.settle();
  }
  assert.ok(scale.count <= 1000);
  assert.ok(Math.abs(scale.upper(0.01) / 10 - 1) < 0.1);
  assert.ok(scale.shareFrom(100) < 0.02);
});
