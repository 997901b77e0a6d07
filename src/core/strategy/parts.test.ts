import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { settingsSchema } from '../../config/schema.ts';
import { strategyConfig } from '../../config/strategy.ts';
import { StrategyDetector } from './detector.ts';
import { gaussianWalk } from './testing/markets.ts';

const seed = 20261122;
const settings = strategyConfig(settingsSchema.parse({}));
const window = fc.integer({ min: 5, max: 60 });

test('a strategy that still needs so many candles is ready after exactly so many, whatever its windows', () => {
  const market = gaussianWalk(7, 200);
  fc.assert(
    fc.property(window, window, window, fc.integer({ min: 1, max: 30 }), (long, short, other, start) => {
      const detector = new StrategyDetector({
        trend: { ...settings.trend, window: long, momentumWindow: short },
        range: { ...settings.range, window: other, volatilityWindow: long },
        breakout: { ...settings.breakout, window: short, atrPeriod: other },
        reversal: { ...settings.reversal, window: short, turnWindow: other, rsiPeriod: long },
      });
      // what came before a mended past does not count
      for (const candle of market.slice(0, start)) detector.update(candle);
      detector.reset();
      const needed = detector.parts().map(({ candlesMissing }) => candlesMissing);
      for (let told = 0; told <= Math.max(...needed); told++) {
        for (const [i, part] of detector.parts().entries()) {
          assert.equal(part.candlesMissing, Math.max(0, needed[i]! - told), part.name);
          assert.equal(part.ready, part.candlesMissing === 0, `${part.name} after ${told} candles`);
          assert.equal(Object.keys(part.figures).length > 0, part.ready, 'figures before they mean anything');
        }
        detector.update(market[told]!);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('what is shown of the strategies is what they say, and stays as it was when the next candles come', () => {
  const detector = new StrategyDetector(settings);
  let found = 0;
  let shown = detector.parts();
  let written = JSON.stringify(shown);
  for (const candle of gaussianWalk(1013, 3000)) {
    detector.update(candle);
    assert.equal(JSON.stringify(shown), written, 'what was handed out has changed');
    if (detector.best === null) continue;
    found++;
    shown = detector.parts();
    written = JSON.stringify(shown);
    assert.deepEqual(
      shown.map(({ name }) => name),
      ['trend', 'range', 'breakout', 'reversal'],
    );
    const best = shown.reduce((a, b) => (b.confidence > a.confidence ? b : a));
    assert.equal(best.name, detector.name);
    assert.equal(best.direction, detector.direction);
    assert.equal(best.confidence, detector.confidence);
    assert.deepEqual(detector.reasons(), [`${best.name}: ${best.evidence}`]);
  }
  assert.ok(found > 10, `only ${found} candles with a finding`);
});
