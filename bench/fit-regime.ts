/**
 * Fits the regime detector: `npx node bench/fit-regime.ts [--fit 1-28,76-95] [--clock 1-23,25-28,41-75] [--held 29-40] [--ablate]
 * [--write] [--keep FOLDER]`. Seeds are hours of the scenario `regimes` at the feed's 100 ms: those of `--fit` and `--held` from when
 * simulated tapes begin, those of `--clock` each from another hour of the day on, for what the hours before say is not the same
 * at all of them. Those held are no part of the fit, and what is said out of fold comes of a fit on three quarters of the others.
 * Fitted twice: with the candles that are known at start, and without. `--keep` holds the recorded seconds for the next run.
 * `--write` puts the model into src/core/brain/regime/weights.ts. The rival's thresholds are fitted on the same seeds and
 * printed; they stand in src/study/evaluate/rivals/adx-atr.ts.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RegimeHorizon, RegimeModel } from '../src/core/brain/regime/model.ts';
import { scoreOf } from '../src/study/evaluate/regime-truth.ts';
import type { AdxAtrConfig } from '../src/study/evaluate/rivals/adx-atr.ts';
import { aroundTheClock, HOUR_MINUTES, recordHour, seedsOf } from '../src/study/regime/hours.ts';
import type { RecordedMarket } from '../src/study/regime/seconds.ts';
import { type TrainOptions, train } from '../src/study/regime/train.ts';
import { read, readAdx, told } from '../src/study/regime/words.ts';
import { SIMULATED_FROM } from '../src/study/simulate.ts';

const VERSION = 2;
const SCENARIO = 'regimes';
const SYMBOLS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const WITH_PAST: TrainOptions = { ridge: 100, use: () => true, past: true };
const SEEN_ALONE: TrainOptions = { ...WITH_PAST, past: false };

const { values } = parseArgs({
  options: {
    fit: { type: 'string', default: '1-28,76-95' },
    clock: { type: 'string', default: '1-23,25-28,41-75' },
    held: { type: 'string' },
    keep: { type: 'string' },
    ablate: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const hours = (range: string, from: (seed: number) => number): RecordedMarket[] =>
  seedsOf(range).flatMap((seed) => recordHour(SCENARIO, seed, SYMBOLS, values.keep ?? null, from(seed)));
const asTapes = (): number => SIMULATED_FROM;
const parts = [hours(values.fit, asTapes), hours(values.clock, aroundTheClock)] as const;
const markets = parts.flat();
const held = values.held === undefined ? [] : hours(values.held, asTapes);

function show(name: string, options: TrainOptions): readonly RegimeHorizon[] {
  const { horizons, words, loss } = train(markets, options);
  const model: RegimeModel = { version: VERSION, fittedOn: '', horizons, withPast: horizons };
  const reading = (all: readonly RecordedMarket[]) => all.map((market) => read(market, model, options.past));
  console.log(
    `${name}: log loss out of fold ${loss.toFixed(3)}, filter ${JSON.stringify(horizons.at(-1)!.filter)}`,
  );
  for (const symbol of SYMBOLS) {
    const own = words.filter(({ instrument }) => instrument === symbol);
    const of = (all: readonly RecordedMarket[]) => all.filter(({ instrument }) => instrument === symbol);
    if (own.length > 0) {
      // in the order of the markets
      const first = of(parts[0]).length;
      console.log(told(`  out of fold, ${symbol}`, own.slice(0, first)));
      console.log(told(`  out of fold, ${symbol}, around the clock`, own.slice(first)));
    }
    if (own.length === 0) console.log(told(`  no part of the fit, ${symbol}`, reading(of(markets))));
    if (held.length > 0) console.log(told(`  held, ${symbol}`, reading(of(held))));
  }
  return horizons;
}

const withPast = show('with candles from before', WITH_PAST);
const horizons = show('from what was seen alone', SEEN_ALONE);

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

if (values.write) {
  const fittedOn = `${SCENARIO}, seeds ${values.fit} and around the clock ${values.clock}, ${HOUR_MINUTES} minutes each, ${SYMBOLS.join(' and ')}, 100 ms`;
  const model: RegimeModel = { version: VERSION, fittedOn, horizons, withPast };
  writeFileSync(
    new URL('../src/core/brain/regime/weights.ts', import.meta.url),
    `// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: a fitted weight may come near one by chance\nimport type { RegimeModel } from './model.ts';\n\n/** Written by \`bench/fit-regime.ts\`; what the numbers are says \`model.ts\`. */\nexport const REGIME_MODEL: RegimeModel = ${JSON.stringify(model, null, 2)};\n`,
  );
}
if (values.ablate) {
  const without = (...starts: readonly string[]): TrainOptions => ({
    ...WITH_PAST,
    use: (name) => !starts.some((start) => name.startsWith(start)),
  });
  show('no filter: each second by itself', { ...WITH_PAST, filter: { hazard: 0.75, evidence: 1 } });
  show('no order flow', without('flow', '|flow|'));
  show('no trades at all', without('flow', '|flow|', 'orders', 'burstiness'));
  show('moves of five seconds, trend and candles alone', {
    ...WITH_PAST,
    use: (name) => /^(five|trend|\|trend|usual)/.test(name),
  });
  show('no trend', without('trend', '|trend|'));
  for (const symbol of SYMBOLS) show(`fitted on ${symbol} alone`, { ...WITH_PAST, only: symbol });
}
