import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
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
  const slope = (2 + 3 + 8 + 2 + 2 + 2 + 2) / 10;
  const error = (x: number, y: number): number => ((y - slope * x) * x) / (1 - (x * x) / 10);
  const meat =
    error(1, 2) ** 2 * 3 + error(-1, -3) ** 2 + error(-1, -2) ** 2 * 2 + error(2, 4) ** 2 + error(0, 5) ** 2;
  const effective = 100 / 22;
  assert.ok(Math.abs(fitted.slope - slope) < 1e-12);
  assert.ok(
    Math.abs(fitted.halfWidth - (studentQuantile(effective - 1) * Math.sqrt(meat)) / 10) < 1e-12,
    `${fitted.halfWidth}`,
  );
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
