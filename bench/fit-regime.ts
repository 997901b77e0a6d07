/**
 * Fits the regime detector: `npx node bench/fit-regime.ts [--fit 9-48] [--held 1-8] [--scenario regimes] [--ablate] [--write]
 * [--keep FOLDER]`. Seeds are hours of the simulated market at the feed's 100 ms; those held are no part of the fit. `--keep`
 * holds the recorded seconds for the next run. `--write` puts the model into src/core/brain/regime/weights.ts.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RegimeModel } from '../src/core/brain/regime/model.ts';
import { REGIME_MODEL } from '../src/core/brain/regime/weights.ts';
import type { Label } from '../src/exchange/scenarios/label.ts';
import { loadScenario } from '../src/exchange/scenarios/load.ts';
import { simulationSource } from '../src/study/evaluate/play.ts';
import { median, type RegimeWords, scoreOf } from '../src/study/evaluate/regime-truth.ts';
import { type RecordedMarket, recordSeconds } from '../src/study/regime/seconds.ts';
import { read, type TrainOptions, train } from '../src/study/regime/train.ts';
import { SIMULATED_FROM } from '../src/study/simulate.ts';

const MINUTES = 60;
const SYMBOLS = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const PLAIN: TrainOptions = { ridge: 20, use: () => true, mend: true };

const { values } = parseArgs({
  options: {
    fit: { type: 'string', default: '9-48' },
    held: { type: 'string', default: '1-8' },
    scenario: { type: 'string', default: 'regimes' },
    keep: { type: 'string' },
    ablate: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

function seedsOf(range: string): number[] {
  return range.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

function record(scenario: string, seed: number): RecordedMarket[] {
  const kept = values.keep === undefined ? null : join(values.keep, `${scenario}-${seed}.json`);
  if (kept !== null && existsSync(kept)) {
    const stored = JSON.parse(readFileSync(kept, 'utf8')) as (Omit<RecordedMarket, 'rows' | 'truth'> & {
      rows: number[];
      truth: number[];
    })[];
    return stored.map((market) => ({
      ...market,
      rows: Float64Array.from(market.rows),
      truth: Int8Array.from(market.truth),
    }));
  }
  const labels: Label[] = [];
  const source = simulationSource(
    { seed, scenario: loadScenario(scenario), symbols: SYMBOLS, feed: 'books', from: SIMULATED_FROM },
    MINUTES,
    (label) => {
      if (label.kind === 'regime') labels.push(label);
    },
  );
  const markets = recordSeconds(source, () => labels, scenario, seed);
  if (kept !== null) {
    mkdirSync(values.keep!, { recursive: true });
    const plain = markets.map((market) => ({
      ...market,
      rows: Array.from(market.rows),
      truth: Array.from(market.truth),
    }));
    writeFileSync(kept, JSON.stringify(plain));
  }
  return markets;
}

function told(name: string, words: readonly RegimeWords[]): string {
  const { balanced, recalls, delays, falseAlarms, hours } = scoreOf(words);
  const missed = delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
  return `${name}: balanced ${balanced.toFixed(3)} [${recalls.map((recall) => recall.toFixed(2)).join(' ')}], median delay ${median(delays).toFixed(0)} s (${missed} of ${delays.length} missed), ${(falseAlarms / hours).toFixed(1)} false alarms an hour`;
}

const markets = seedsOf(values.fit).flatMap((seed) => record(values.scenario, seed));
const held = seedsOf(values.held).flatMap((seed) => record(values.scenario, seed));
const bySymbol = (name: string, all: readonly RecordedMarket[], words: readonly RegimeWords[]): void => {
  for (const symbol of SYMBOLS)
    console.log(
      told(
        `  ${name}, ${symbol}`,
        words.filter((_, i) => all[i]!.instrument === symbol),
      ),
    );
};

function show(name: string, options: TrainOptions): RegimeModel {
  const { model, words, loss } = train(markets, options);
  console.log(
    `${name}: log loss out of fold ${loss.toFixed(3)}, filter ${JSON.stringify(model.horizons.at(-1)!.filter)}`,
  );
  bySymbol('out of fold', markets, words);
  const fitted = { ...model, fittedOn: '' };
  bySymbol(
    'held',
    held,
    held.map((market) => read(market, fitted)),
  );
  return fitted;
}

const fitted = show('all', PLAIN);
if (values.ablate) {
  const without = (...starts: readonly string[]): TrainOptions => ({
    ...PLAIN,
    use: (name) => !starts.some((start) => name.startsWith(start)),
  });
  show('what is usual not mended', { ...PLAIN, mend: false });
  show('no order flow', without('flow', '|flow|'));
  show('no order flow, no orders at all', without('flow', '|flow|', 'orders', 'burstiness'));
  show('prices of five seconds alone', {
    ...PLAIN,
    use: (name) => /^(five|trend|\|trend)/.test(name),
  });
  show('no trend', without('trend', '|trend|'));
  show('ridge 5', { ...PLAIN, ridge: 5 });
  show('ridge 100', { ...PLAIN, ridge: 100 });
}
if (values.write) {
  const fittedOn = `${values.scenario}, seeds ${values.fit}, ${MINUTES} minutes each, ${SYMBOLS.join(' and ')}, 100 ms`;
  const path = new URL('../src/core/brain/regime/weights.ts', import.meta.url);
  writeFileSync(
    path,
    `import type { RegimeModel } from './model.ts';\n\n/** Written by \`bench/fit-regime.ts\`; what the numbers are says \`model.ts\`. */\nexport const REGIME_MODEL: RegimeModel = ${JSON.stringify({ ...fitted, version: REGIME_MODEL.version, fittedOn }, null, 2)};\n`,
  );
}
