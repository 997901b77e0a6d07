import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../exchange/random.ts';
import { RollingSlope, studentQuantile } from './slope.ts';

test('quantiles of Student’s t are those of the tables', () => {
  // Abramowitz & Stegun, table 26.10
  for (const [freedom, quantile, tolerance] of [
    [2, 4.303, 0.14],
    [3, 3.182, 0.03],
    [5, 2.571, 0.004],
    [10, 2.228, 0.0005],
    [30, 2.042, 0.0005],
    [120, 1.98, 0.0005],
  ] as const)
    assert.ok(
      Math.abs(studentQuantile(freedom) - quantile) < tolerance,
      `${freedom}: ${studentQuantile(freedom)}`,
    );
});

test('slope and interval by hand: y = 2x but for one pair', () => {
  const fitted = new RollingSlope(10);
  // Σx² = 6, Σxy = 13; leverages 1/6 (twice), 4/6 is one pair’s
  for (const [x, y] of [
    [1, 2],
    [-1, -3],
    [2, 4],
    [0, 5],
  ] as const)
    fitted.add(x, y);
  fitted.fit();
  // effective pairs 36 / 18 = 2: too few to speak of an interval
  assert.deepEqual([fitted.slope, fitted.halfWidth], [0, Number.POSITIVE_INFINITY]);
  fitted.add(1, 2);
  fitted.add(1, 2);
  fitted.add(-1, -2);
  fitted.add(-1, -2);
  fitted.fit();
  const pairs = [
    [1, 2],
    [-1, -3],
    [2, 4],
    [0, 5],
    [1, 2],
    [1, 2],
    [-1, -2],
    [-1, -2],
  ] as const;
  const slope = (2 + 3 + 8 + 2 + 2 + 2 + 2) / 10;
  const scores = pairs.map(([x, y]) => (x * (y - slope * x)) / Math.sqrt(1 - (x * x) / 10));
  // two lags for eight pairs, weights 2/3 and 1/3
  const weight = (lag: number): number => Math.max(0, 1 - lag / 3);
  let meat = 0;
  scores.forEach((one, i) => {
    scores.forEach((other, j) => {
      meat += weight(Math.abs(i - j)) * one * other;
    });
  });
  // Bell and McCaffrey by their matrices: columns of I − H, each times x / √(1 − leverage)
  const columns = pairs.map(([x], i) =>
    pairs.map(([other], j) => ((i === j ? 1 : 0) - (x * other) / 10) * (x / Math.sqrt(1 - (x * x) / 10))),
  );
  const product = columns.map((one) =>
    columns.map((other) => one.reduce((sum, value, i) => sum + value * other[i]!, 0)),
  );
  const trace = product.reduce((sum, row, i) => sum + row[i]!, 0);
  const square = product.flat().reduce((sum, value) => sum + value * value, 0);
  const freedom = (trace * trace) / square;
  assert.ok(Math.abs(fitted.slope - slope) < 1e-12);
  const wanted = (studentQuantile(freedom) * Math.sqrt(meat)) / 10;
  assert.ok(Math.abs(fitted.halfWidth - wanted) < 1e-12, `${fitted.halfWidth} is not ${wanted}`);
});

test('only the last pairs count', () => {
  const one = new RollingSlope(12);
  const other = new RollingSlope(12);
  const random = new Random(11);
  for (let i = 0; i < 40; i++) {
    const [x, y] = [random.normal(), random.normal()];
    one.add(x, y);
    if (i >= 28) other.add(x, y);
  }
  one.fit();
  other.fit();
  assert.ok(Number.isFinite(one.halfWidth));
  assert.ok(Math.abs(one.slope - other.slope) < 1e-12);
  assert.ok(Math.abs(one.halfWidth - other.halfWidth) < 1e-12);
});

/** Signed volume as markets have it: heavy tails, signs that remember; errors that grow with volume and cluster. */
function* market(random: Random, slope: number): Generator<[x: number, y: number]> {
  let side = 1;
  let heat = 0;
  for (;;) {
    if (random.chance(0.2)) side = -side;
    heat = 0.95 * heat + 0.3 * random.normal();
    const x = side * Math.exp(1.1 * random.normal());
    yield [x, slope * x + Math.exp(heat / 2) * (0.5 + 0.3 * Math.abs(x)) * random.normal()];
  }
}

test('the true slope lies in the 95 % interval 95 % of the time, in markets that break the textbook’s', () => {
  const runs = 4000;
  let covered = 0;
  let textbook = 0;
  for (let run = 0; run < runs; run++) {
    const truth = 0.7;
    const fitted = new RollingSlope(300);
    const pairs: [number, number][] = [];
    const source = market(new Random(500 + run), truth);
    for (let i = 0; i < 300; i++) {
      const pair = source.next().value!;
      pairs.push(pair);
      fitted.add(pair[0], pair[1]);
    }
    fitted.fit();
    if (Math.abs(fitted.slope - truth) <= fitted.halfWidth) covered++;
    const xx = pairs.reduce((sum, [x]) => sum + x * x, 0);
    const variance = pairs.reduce((sum, [x, y]) => sum + (y - fitted.slope * x) ** 2, 0) / 299 / xx;
    if (Math.abs(fitted.slope - truth) <= 1.96 * Math.sqrt(variance)) textbook++;
  }
  assert.ok(covered / runs >= 0.93 && covered / runs <= 0.97, `robust interval covers ${covered / runs}`);
  assert.ok(textbook / runs < 0.85, `the ordinary one ${textbook / runs}: the test would not notice it`);
});
