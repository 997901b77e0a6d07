import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generator } from '../../core/testing/books.ts';
import { fitLogistic, fitTogether, type Sample } from './logistic.ts';

/** Rows whose outcomes are drawn with log odds −1 + 2·x − 0.5·y + 0·z. */
function drawn(rows: number): Sample {
  const random = generator(5);
  const normal = (): number => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random();
    return sum;
  };
  const values = new Float64Array(rows * 3);
  const outcomes = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const [x, y, z] = [normal(), 10 + 3 * normal(), normal()];
    values.set([x, y, z], 3 * r);
    outcomes[r] = random() < 1 / (1 + Math.exp(-(-1 + 2 * x - 0.5 * (y - 10)))) ? 1 : 0;
  }
  return { values, width: 3, outcomes, weights: new Float64Array(rows).fill(1) };
}

test('the odds that outcomes were drawn with are found again, whatever a column’s scale', () => {
  const { intercept, coefficients } = fitLogistic(drawn(40_000), [0, 1, 2], 0.01);
  for (const [found, wanted] of [
    [coefficients[0], 2],
    [coefficients[1], -0.5],
    [coefficients[2], 0],
    [intercept, -1 + 5],
  ] as const)
    assert.ok(Math.abs(found! - wanted) < 0.12, `${found} is not ${wanted}`);
});

test('a row that counts three times is that row three times', () => {
  const sample = drawn(2000);
  const weights = sample.weights.map((_, r) => (r % 5 === 0 ? 3 : 1));
  const rows = Array.from(weights, (weight, r) => Array<number>(weight).fill(r)).flat();
  const repeated: Sample = {
    values: Float64Array.from(rows.flatMap((r) => [...sample.values.subarray(3 * r, 3 * r + 3)])),
    width: 3,
    outcomes: Uint8Array.from(rows, (r) => sample.outcomes[r]!),
    weights: new Float64Array(rows.length).fill(1),
  };
  const one = fitLogistic({ ...sample, weights }, [0, 1, 2], 1);
  const other = fitLogistic(repeated, [0, 1, 2], 1);
  one.coefficients.forEach((value, c) => {
    assert.ok(Math.abs(value - other.coefficients[c]!) < 1e-6);
  });
});

test('a column that never varies, or is not to be used, weighs nothing', () => {
  const sample = drawn(2000);
  for (let r = 0; r < 2000; r++) sample.values[3 * r + 2] = 7;
  const { coefficients } = fitLogistic(sample, [0, 2], 1);
  assert.ok(coefficients[0]! > 1);
  assert.deepEqual([coefficients[1], coefficients[2]], [0, 0]);
});

test('samples fitted together differ as far as their own ridge lets them', () => {
  const one = drawn(4000);
  const other: Sample = { ...one, values: one.values.map((value, i) => (i % 3 === 0 ? -value : value)) };
  const samples = new Map([
    ['one', one],
    ['other', other],
  ]);
  const firstOf = (own: number) =>
    [...fitTogether(samples, [0, 1, 2], 0.01, own).values()].map(({ coefficients }) => coefficients[0]!);
  const [free, opposed] = firstOf(0.01);
  assert.ok(Math.abs(free! - 2) < 0.3 && Math.abs(opposed! + 2) < 0.3, `${free} and ${opposed}`);
  const [held, back] = firstOf(1e9);
  assert.ok(Math.abs(held! - back!) < 0.01, `${held} and ${back}`);
});
