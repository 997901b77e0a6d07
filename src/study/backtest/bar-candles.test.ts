import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { engineConfig } from '../../config/engine.ts';
import { loadSettings } from '../../config/load.ts';
import type { Settings } from '../../config/schema.ts';
import type { Regime } from '../../core/brain/regime.ts';
import { EventKind } from '../../core/events.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { readTape } from '../../tape/reader.ts';
import { play, tapeSource } from '../evaluate/play.ts';
import { playTape } from '../fusion/tapes.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { simulateToFiles } from '../simulation-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'bar-candles-'));
after(() => rmSync(folder, { recursive: true }));
const tape = join(folder, 'market.tape');
const settingsOf = (bar: string): Settings =>
  loadSettings(undefined, {
    ...{ market: { bar, atr_period: 14 }, signal: { model: 'priors' } },
    exits: { method: 'volatility', tp_multiplier: 0.2, sl_multiplier: 0.1, cost_multiple_min: 0 },
  } as object);

/** How long a past the regime detector takes its candles for: nothing that it says tells the number. */
const insideOf = (regime: Regime) =>
  regime as unknown as { readonly reader: { readonly features: { readonly pastMs: number } } };

before(async () => {
  const scenario = loadScenario('quiet');
  const symbols = ['BTC-USDT-SWAP'];
  await simulateToFiles({ seed: 41, scenario, symbols, feed: 'books', from: SIMULATED_FROM }, 2, folder);
});

test('minutes told to detectors of five-minute candles are five-minute candles: as many hours as there were', () => {
  const hours = (bar: string): number => {
    let last = 0;
    play(tapeSource(tape, null, bar), engineConfig(settingsOf(bar), 'x').market, () => [
      {
        frame: ({ regime }) => {
          last = insideOf(regime).reader.features.pastMs / 3_600_000;
        },
      },
    ]);
    return last;
  };
  const minutes = new Set<number>();
  readTape(tape).forEach((event) => {
    if (event.kind === EventKind.candle && event.closed) minutes.add(event.openAt);
  });
  const there = minutes.size / 60;
  assert.ok(there > 3, `${there} hours of candles on the tape`);
  for (const bar of ['1m', '5m']) {
    const known = hours(bar);
    assert.ok(known <= there && known > there - 0.3, `${bar}: ${known} of ${there} hours`);
  }
});

test('a fit sees the candles from before the tape too where market.bar is a multiple of theirs', () => {
  const run = playTape({
    ...{ path: tape, index: 0, settings: settingsOf('5m'), symbols: null, limitMs: 10_000, everyMs: 500 },
  });
  for (const _ of run);
  // two minutes hold no fourteen candles of five: without those from before no stop has a distance
  assert.ok(run.result().columns.count > 50, JSON.stringify(run.result().seen));
});

test('what does not add up is refused by whoever plays it, with the mend', () => {
  const refusal =
    /BTC-USDT-SWAP comes in 1m candles, which do not add up to market\.bar: 1s; set market\.bar/;
  const settings = settingsOf('1s');
  assert.throws(
    () => play(tapeSource(tape, null, '1s'), engineConfig(settings, 'x').market, () => []),
    refusal,
  );
  const task = { path: tape, index: 0, settings, symbols: null, limitMs: 10_000, everyMs: 500 };
  assert.throws(() => {
    for (const _ of playTape(task));
  }, refusal);
});
