import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsSchema } from '../../config/schema.ts';
import { strategyConfig } from '../../config/strategy.ts';
import { ticks } from '../units.ts';
import { Reversal } from './reversal.ts';
import { planted } from './testing/markets.ts';

const { reversal: config } = strategyConfig(settingsSchema.parse({}));

/** Of price and RSI, where the leg ends: of the lows of one that fell, of the highs of one that rose. */
function disagreement(reversal: Reversal): number {
  const { legSlope, bullishDivergence, bearishDivergence } = reversal.figures();
  return legSlope! < 0 ? bullishDivergence! : bearishDivergence!;
}

test('the same closes with a divergence and without: its weight in the statistic, and more confidence', () => {
  let differing = 0;
  let alike = 0;
  for (let seed = 1000; seed < 1200; seed++) {
    const wicked = new Reversal(config);
    const cut = new Reversal(config);
    for (const candle of planted('reversal', seed).candles) {
      // without its wicks: the same slopes and RSI, but swings that may not have gone further than the one before
      const { open, close } = candle;
      wicked.update(candle);
      cut.update({ ...candle, high: ticks(Math.max(open, close)), low: ticks(Math.min(open, close)) });
      if (wicked.direction === 'none' || wicked.direction !== cut.direction) continue;
      const [more, less] =
        disagreement(wicked) > disagreement(cut) ? ([wicked, cut] as const) : ([cut, wicked] as const);
      if (disagreement(more) > 0 && disagreement(less) === 0) {
        differing++;
        const added = more.figures().slopeChange! - less.figures().slopeChange!;
        assert.ok(Math.abs(added - config.divergenceWeight) < 1e-9, `seed ${seed}: ${added}`);
        assert.ok(more.confidence > less.confidence, `seed ${seed}`);
        assert.match(more.evidence(), /, divergence of \d+ points$/);
        assert.match(less.evidence(), /, no divergence$/);
      } else {
        alike++;
        assert.equal(more.confidence, less.confidence, `seed ${seed}`);
      }
    }
  }
  assert.ok(differing > 100, `${differing} candles with a divergence in one of the two`);
  assert.ok(alike > 1000, `${alike} without`);
});
