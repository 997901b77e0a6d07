/**
 * Fits the regime detector: `npx node bench/fit-regime.ts [--fit 1-28] [--held 29-32] [--ablate] [--write] [--keep FOLDER]`. Seeds are
 * hours of the scenario `regimes` at the feed's 100 ms; those held are no part of it, and what is said out of fold comes of a fit on three quarters of the others. `--keep` holds the recorded seconds for
 * the next run. `--write` puts the model into src/core/brain/regime/weights.ts. The rival's thresholds are fitted on the same
 * seeds and printed; they stand in src/study/evaluate/rivals/adx-atr.ts.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RegimeModel } from '../src/core/brain/regime/model.ts';
import { scoreOf } from '../src/study/evaluate/regime-truth.ts';
import type { AdxAtrConfig } from '../src/study/evaluate/rivals/adx-atr.ts';
import { HOUR_MINUTES, recordHour, seedsOf } from '../src/study/regime/hours.ts';
import { type TrainOptions, train } from '../src/study/regime/train.ts';
import { read, readAdx, told } from '../src/study/regime/words.ts';

const VERSION = 1;
const SCENARIO = 'regimes';
const SYMBOLS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const PLAIN: TrainOptions = { ridge: 100, use: () => true, mend: true };

const { values } = parseArgs({
  options: {
    fit: { type: 'string', default: '1-28' },
    held: { type: 'string' },
    keep: { type: 'string' },
    ablate: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const hours = (range: string) =>
  seedsOf(range).flatMap((seed) => recordHour(SCENARIO, seed, SYMBOLS, values.keep ?? null));
const markets = hours(values.fit);
const held = values.held === undefined ? [] : hours(values.held);

function show(name: string, options: TrainOptions): RegimeModel {
  const { model, words, loss } = train(markets, options);
  const fitted = { ...model, fittedOn: '' };
  console.log(
    `${name}: log loss out of fold ${loss.toFixed(3)}, filter ${JSON.stringify(model.horizons.at(-1)!.filter)}`,
  );
  for (const symbol of SYMBOLS) {
    const own = words.filter(({ instrument }) => instrument === symbol);
    const others = held.filter(({ instrument }) => instrument === symbol);
    if (own.length > 0) console.log(told(`  out of fold, ${symbol}`, own));
    else {
      const unknown = markets.filter(({ instrument }) => instrument === symbol);
      console.log(
        told(
          `  no part of the fit, ${symbol}`,
          unknown.map((market) => read(market, fitted)),
        ),
      );
    }
    if (others.length > 0)
      console.log(
        told(
          `  held, ${symbol}`,
          others.map((market) => read(market, fitted)),
        ),
      );
  }
  return fitted;
}

const fitted = show('all', PLAIN);

const rivals = [5, 7, 10, 14].flatMap((period) =>
  [10, 15, 20, 25, 30, 35, 40, 45, 50].flatMap((trendFrom) =>
    [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2].map(
      (volatileFrom): AdxAtrConfig => ({ period, trendFrom, volatileFrom }),
    ),
  ),
);
const rival = rivals
  .map((config) => ({ config, score: scoreOf(markets.map((market) => readAdx(market, config))).balanced }))
  .reduce((best, each) => (each.score > best.score ? each : best));
console.log(`ADX and ATR: ${JSON.stringify(rival.config)}`);
console.log(
  told(
    '  on the seeds of the fit',
    markets.map((market) => readAdx(market, rival.config)),
  ),
);
if (held.length > 0)
  console.log(
    told(
      '  held',
      held.map((market) => readAdx(market, rival.config)),
    ),
  );

if (values.ablate) {
  const without = (...starts: readonly string[]): TrainOptions => ({
    ...PLAIN,
    use: (name) => !starts.some((start) => name.startsWith(start)),
  });
  show('no filter: each second by itself', { ...PLAIN, filter: { hazard: 0.75, evidence: 1 } });
  show('what is usual not mended', { ...PLAIN, mend: false });
  show('no order flow', without('flow', '|flow|'));
  show('no trades at all', without('flow', '|flow|', 'orders', 'burstiness'));
  show('moves of five seconds and trend alone', {
    ...PLAIN,
    use: (name) => /^(five|trend|\|trend)/.test(name),
  });
  show('no trend', without('trend', '|trend|'));
  for (const symbol of SYMBOLS) show(`fitted on ${symbol} alone`, { ...PLAIN, only: symbol });
}
if (values.write) {
  const fittedOn = `${SCENARIO}, seeds ${values.fit}, ${HOUR_MINUTES} minutes each, ${SYMBOLS.join(' and ')}, 100 ms`;
  writeFileSync(
    new URL('../src/core/brain/regime/weights.ts', import.meta.url),
    `import type { RegimeModel } from './model.ts';\n\n/** Written by \`bench/fit-regime.ts\`; what the numbers are says \`model.ts\`. */\nexport const REGIME_MODEL: RegimeModel = ${JSON.stringify({ ...fitted, version: VERSION, fittedOn }, null, 2)};\n`,
  );
}
