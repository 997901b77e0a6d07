import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecayingMeans, DecayingMoments, DecayingSum } from './decay.ts';

const seed = 20261122;
const close = (actual: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(
    Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  );

test('a decaying sum is Σ v·2^(−Δt/h)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: -1000, max: 1000 })), {
        maxLength: 60,
      }),
      fc.integer({ min: 1000, max: 10_000_000 }),
      (steps, halfLife) => {
        const sum = new DecayingSum(halfLife);
        const added: [number, number][] = [];
        let at = 1_700_000_000_000_000;
        for (const [gap, value] of steps) {
          at += gap;
          sum.add(value, at);
          added.push([at, value]);
        }
        const now = at + 12_345;
        close(
          sum.valueAt(now),
          added.reduce((total, [then, value]) => total + value * 2 ** (-(now - then) / halfLife), 0),
        );
      },
    ),
    { seed, numRuns: 500 },
  );
});

test('a clock that steps back takes nothing away and adds nothing', () => {
  const sum = new DecayingSum(1000);
  sum.add(8, 5000);
  sum.add(8, 4000);
  assert.equal(sum.valueAt(3000), 16);
  close(sum.valueAt(6000), 8);
});

test('decaying moments are the weighted integrals over what stood when', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 50 })), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 50, max: 500 }),
      (steps, halfLife) => {
        const moments = new DecayingMoments(halfLife);
        const spans: [number, number, number][] = [];
        let at = 1000;
        for (const [span, value] of steps) {
          moments.set(value, at);
          spans.push([at, at + span, value]);
          at += span;
        }
        moments.advance(at);
        // midpoint rule: the weight is smooth, 8 slices a unit of time are enough for 1e-6
        let weight = 0;
        let first = 0;
        let second = 0;
        for (const [from, to, value] of spans) {
          const slices = (to - from) * 8;
          for (let i = 0; i < slices; i++) {
            const then = from + ((to - from) * (i + 0.5)) / slices;
            const w = 2 ** (-(at - then) / halfLife) / 8;
            weight += w;
            first += w * value;
            second += w * value * value;
          }
        }
        const mean = first / weight;
        close(moments.mean, mean, 1e-6);
        close(moments.deviation, Math.sqrt(Math.max(0, second / weight - mean * mean)), 1e-3);
        close(moments.filled, 1 - 2 ** (-(at - 1000) / halfLife), 1e-9);
      },
    ),
    { seed, numRuns: 100 },
  );
});

test('means of several values are what each alone would have as a moment', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -5, max: 200 }), fc.integer(), fc.integer()), { minLength: 1 }),
      (steps) => {
        const means = new DecayingMeans(100, 2);
        const alone = [new DecayingMoments(100), new DecayingMoments(100)];
        let at = 1000;
        for (const [gap, ...values] of steps) {
          at += gap;
          means.advance(at);
          for (const [i, value] of values.entries()) {
            means.set(i, value);
            alone[i]!.set(value, at);
            close(means.mean(i), alone[i]!.mean, 1e-6);
          }
          close(means.filled, alone[0]!.filled);
        }
      },
    ),
    { seed, numRuns: 300 },
  );
});
