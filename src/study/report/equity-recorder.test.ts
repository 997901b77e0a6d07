import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EquityRecorder } from './equity-recorder.ts';

const HOUR = 3_600_000;

describe('the equity recorder', () => {
  test('keeps the start, the last value of each interval, and the end', () => {
    const recorder = new EquityRecorder(HOUR);
    recorder.push(0, 100, 0);
    recorder.push(10, 110, 55);
    recorder.push(HOUR, 99, 0);
    recorder.push(HOUR + 1, 120, 0);
    recorder.push(5 * HOUR + 7, 90, 180);
    assert.deepEqual(recorder.columns(), {
      everyMs: HOUR,
      at: [0, HOUR, HOUR + 1, 5 * HOUR + 7],
      equity: [100, 99, 120, 90],
      drawdown: [0, 1 - 99 / 110, 0, 1 - 90 / 120],
      exposure: [0, 0, 0, 2],
    });
  });

  test('a fall and recovery between two points is seen in the drawdown', () => {
    const recorder = new EquityRecorder(HOUR);
    for (const [at, equity] of [
      [0, 100],
      [1, 40],
      [2, 100],
      [HOUR + 1, 100],
    ] as const)
      recorder.push(at, equity, 0);
    assert.deepEqual(recorder.columns().drawdown, [0, 0.6, 0]);
  });

  test('the worst drawdown of the points is the worst of all values, whatever the sampling', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000_000 }), fc.integer({ min: 1, max: 1000 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.constantFrom(60_000, HOUR, 24 * HOUR),
        (steps, everyMs) => {
          const recorder = new EquityRecorder(everyMs);
          let at = 0;
          let high = 0;
          let worst = 0;
          for (const [wait, equity] of steps) {
            at += wait;
            recorder.push(at, equity, 0);
            high = Math.max(high, equity);
            worst = Math.max(worst, 1 - equity / high);
          }
          const columns = recorder.columns();
          assert.equal(Math.max(...columns.drawdown), worst);
          assert.equal(columns.equity[0], steps[0]![1]);
          if (columns.at.length > 1) assert.equal(columns.equity.at(-1), steps.at(-1)![1]);
          assert.deepEqual(
            columns.at,
            [...new Set(columns.at)].sort((a, b) => a - b),
          );
        },
      ),
    );
  });

  test('time that goes back and samples that do not divide a day are errors', () => {
    assert.throws(() => new EquityRecorder(7_000_000), /whole part of a day/);
    const recorder = new EquityRecorder(HOUR);
    recorder.push(5, 1, 0);
    assert.throws(() => recorder.push(4, 1, 0), /comes after/);
  });
});
