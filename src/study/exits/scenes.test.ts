import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCandles, simulateBook } from './scenes.ts';

const FOLDER = new URL('../../../../shared/data/okx-candles/', import.meta.url).pathname;
const figures = { atrPeriod: 3, volatilityWindow: 10, volatilityWindowLong: 12, levelBars: 48 };

test('real candles are read whole, on their tick grid', {
  skip: existsSync(FOLDER) ? false : 'the recordings are not here',
}, () => {
  const file = join(FOLDER, 'DOGE-USDT-SWAP-5m-20220501-20220930.csv.gz');
  const { bars, openAt, instrument, known, firstBar } = readCandles(file, 'DOGE-USDT-SWAP', figures);
  assert.equal(openAt.length, 44_064);
  assert.equal(openAt[0], Date.UTC(2022, 4, 1));
  assert.equal(openAt.at(-1)! - openAt[0]!, 44_063 * 300_000);
  assert.equal(instrument.spec.tickSz, '0.000001');
  assert.deepEqual(
    [bars.open, bars.high, bars.low, bars.close].map((column) => column[0]),
    [127_240, 127_819, 127_125, 127_614],
  );
  for (let bar = 0; bar < openAt.length; bar++)
    assert.ok(
      bars.low[bar]! <= Math.min(bars.open[bar]!, bars.close[bar]!) &&
        bars.high[bar]! >= Math.max(bars.open[bar]!, bars.close[bar]!),
    );
  assert.equal(firstBar, 49);
  const { atr, sigma, sigmaLong } = known(44_000);
  assert.ok(atr! > 0 && sigma! > 0 && sigmaLong! > 0);
});

test('the simulated market as seconds with what its book said', () => {
  const rule = { levelBandBp: 0.5, levelBands: 60, levelMultiple: 3 };
  const make = () => simulateBook(5, 18, rule, { halfLifeMs: 60_000, levels: 10 }, figures);
  const { bars, firstBar, known } = make();
  assert.equal(firstBar, 14 * 60);
  let levels = 0;
  let moved = 0;
  for (let bar = firstBar; bar < 18 * 60; bar++) {
    const { atr, sigma, sigmaLong, spread, imbalance, supports, resistances } = known(bar);
    const open = bars.open[bar]!;
    assert.ok(atr! > 0 && sigma! > 0 && sigmaLong! > 0 && spread >= 1);
    assert.ok(Math.abs(imbalance!) <= 1);
    assert.ok(bars.low[bar]! <= open && open <= bars.high[bar]!);
    assert.ok(supports.every((level) => level <= open));
    assert.ok(resistances.every((level) => level >= open));
    levels += supports.length;
    if (bars.high[bar]! > bars.low[bar]!) moved++;
  }
  assert.ok(levels > 20 && moved > 20, `${levels} levels, ${moved} seconds with trades`);
  assert.deepEqual(make().bars, bars);
});
