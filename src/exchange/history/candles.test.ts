import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CandleSeries } from './candles.ts';

const HOUR_MS = 3_600_000;

/** Bars of months as a calendar on the wall has them: the first of the month that a date, written out, lies in. */
function written(at: number, months: number, zoneHours: number): { opens: number; closes: number } {
  const [year, month] = new Date(at + zoneHours * HOUR_MS).toISOString().split('-').map(Number) as [
    number,
    number,
  ];
  const first = month - ((month - 1) % months);
  const firstOf = (y: number, m: number): number =>
    Date.parse(`${m > 12 ? y + 1 : y}-${String(m > 12 ? m - 12 : m).padStart(2, '0')}-01T00:00:00Z`) -
    zoneHours * HOUR_MS;
  return { opens: firstOf(year, first), closes: firstOf(year, first + months) };
}

for (const [bar, months, zoneHours] of [
  ['1M', 1, 8],
  ['3M', 3, 8],
  ['1Mutc', 1, 0],
  ['3Mutc', 3, 0],
] as const)
  test(`${bar} opens and closes with the calendar, in whatever order it is asked`, () => {
    const instant = fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2031, 0, 1) });
    fc.assert(
      fc.property(instant, fc.array(fc.tuple(instant, fc.nat(40)), { maxLength: 20 }), (began, asked) => {
        const series = new CandleSeries(bar, began, 100);
        // neighbours too: the last and the first millisecond of a bar, and some days later
        for (const [at, days] of asked)
          for (const one of [
            at,
            at + days * 24 * HOUR_MS,
            written(at, months, zoneHours).opens,
            written(at, months, zoneHours).closes,
            written(at, months, zoneHours).closes - 1,
          ]) {
            assert.equal(series.openOf(one), written(one, months, zoneHours).opens);
            assert.equal(series.closesAt, written(began, months, zoneHours).closes);
          }
      }),
    );
  });

test('weeks of the past in steps of ten seconds look into the calendar once a month', ({ mock }) => {
  const calendar = mock.method(Date, 'UTC');
  const from = Date.parse('2026-01-20T00:00:00Z');
  const series = new CandleSeries('1M', from, 100);
  for (let at = from; at < from + 50 * 24 * HOUR_MS; at += 10_000)
    series.absorb({ openAt: at, open: 100, high: 101, low: 99, close: 100, volume: 1, notional: 100 });
  assert.equal(series.closed.length, 2);
  assert.ok(calendar.mock.callCount() < 20, `${calendar.mock.callCount()} times`);
});
