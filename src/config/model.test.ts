import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DRIFTLESS, READINGS } from '../core/brain/fusion/readings.ts';
import { Market } from '../core/market.ts';
import { BTC, BTC_INVERSE, ETH } from '../core/testing/specs.ts';
import { identityOf } from '../exchange/scenarios/identity.ts';
import { loadScenario, parseScenario, scenarioNames } from '../exchange/scenarios/load.ts';
import { DEFAULT_SCENARIO, type Scenario } from '../exchange/scenarios/scenario.ts';
import { engineConfig } from './engine.ts';
import { ConfigError, defaultSettings, parseSettings } from './load.ts';
import {
  basisOf,
  digestOf,
  EMBEDDED_MODEL,
  EMBEDDED_SCENARIO,
  fusionOf,
  isEmbedded,
  loadModel,
  resolveModel,
  scenarioNote,
  scenarioOf,
  scenarioOfAll,
} from './model.ts';
import type { Settings } from './schema.ts';

const shipped = fileURLToPath(new URL(`../../${EMBEDDED_MODEL}`, import.meta.url));
/** The same, were it fitted today: whether it was, `golden/readings.test.ts` asks. */
const folder = mkdtempSync(join(tmpdir(), 'model-test-'));
after(() => rmSync(folder, { recursive: true }));
const fresh = join(folder, 'fresh.json');
const today = loadModel(shipped);
const readings = Object.fromEntries(
  [DRIFTLESS, ...today.shapes.map(({ feature }) => feature)].map((name) => [name, READINGS[name]!]),
);
const basis = { ...today.basis, readings };
writeFileSync(fresh, JSON.stringify({ ...today, basis, digest: digestOf({ ...today, basis }) }));
const settingsOf = (text: string): Settings => parseSettings(text, 'test');
const fusionFor = (text: string) => engineConfig(settingsOf(text), 't').market.fusion;

test('auto is the embedded exchange’s own model on its market, and the priors elsewhere; what is named stays', () => {
  const settings = defaultSettings();
  assert.equal(settings.signal.model, 'auto');
  assert.equal(resolveModel(settings, 'embedded').signal.model, 'embedded');
  assert.equal(resolveModel(settings, 'other').signal.model, 'priors');
  assert.equal(resolveModel(settingsOf('signal: { model: my.json }'), 'embedded').signal.model, 'my.json');
  // whoever does not know what market it is gets no model
  assert.equal(fusionFor(''), null);
  assert.equal(fusionFor('signal: { model: priors }'), null);
});

test('a tape says whose market it holds', () => {
  for (const source of [
    'simulated: seed 7',
    'embedded exchange, seed 7, 30 s',
    'paper on embedded, recorded by hunter start',
  ])
    assert.ok(isEmbedded(source), source);
  for (const source of [
    'Binance recording: a.csv',
    'OKX v5 capture: a.jsonl',
    'paper on okx, recorded by hunter start',
    '',
  ])
    assert.ok(!isEmbedded(source), source);
});

test('the shipped model is fitted for the settings as they are shipped, on seeds that are for fitting', () => {
  const document = loadModel(fresh) as ReturnType<typeof loadModel> & {
    tapes: readonly { source: string }[];
  };
  const fusion = fusionFor(`signal: { model: ${fresh} }`);
  assert.ok(fusion !== null);
  assert.equal(fusion.whyNot, '');
  assert.equal(fusion.calibrated, true);
  assert.equal(fusion.stakes.limitMs, document.limitMs);
  for (const { source } of document.tapes) {
    const seed = Number(/seed (\d+)/.exec(source)?.[1]);
    assert.ok(seed >= 1 && seed <= 999, source);
    assert.match(source, /btc-like, digest f38ed62f11392089|ordinary day/);
  }
});

test('with other exits, bars or detectors it says that it is not calibrated, and for what', () => {
  const whyNot = (text: string): string => fusionFor(`signal: { model: ${fresh} }\n${text}`)!.whyNot;
  assert.equal(whyNot('exits: { tp_multiplier: 3 }'), 'fitted for other settings: exits.tp_multiplier');
  assert.equal(
    whyNot('market: { bar: 5m }\nexecution: { entry: post_only }'),
    'fitted for other settings: market.bar, execution.entry',
  );
  // what it does not look at does not matter
  assert.equal(whyNot('risk: { notional_max: 100 }'), '');
  const { brain } = basisOf(defaultSettings(), ['takers']);
  assert.deepEqual(Object.keys(brain as object), ['order_flow']);
});

test('on another scenario or instrument it is not calibrated, and says which; a tape that tells none is of none', () => {
  const settings = settingsOf(`signal: { model: ${fresh} }`);
  const on = (scenario: string | null) => engineConfig(settings, 't', 'book', scenario).market.fusion!;
  assert.deepEqual(EMBEDDED_SCENARIO, identityOf(DEFAULT_SCENARIO));
  const toldBy = (scenario: Scenario): string | null => scenarioOf(['x', scenarioNote(identityOf(scenario))]);
  const own = 'btc-like, digest f38ed62f11392089';
  assert.equal(toldBy(DEFAULT_SCENARIO), own);
  assert.equal(on(own).whyNot, '');
  for (const name of scenarioNames().filter((each) => each !== 'btc-like')) {
    const told = toldBy(loadScenario(name));
    assert.match(told!, new RegExp(`^${name}, digest [0-9a-f]{16}$`));
    assert.equal(on(told).calibrated, false, name);
    assert.equal(
      on(told).whyNot,
      `fitted on the scenario "${own}"; this market is of the scenario "${told}"`,
    );
  }
  assert.equal(scenarioOf([]), null);
  assert.equal(on(null).calibrated, false);
  assert.match(on(null).whyNot, /of no scenario that is told/);
  assert.equal(scenarioOfAll([{ notes: [] }, { notes: ['scenario: y'] }]), 'not told / y');
  // the venue okx tells no scenario
  const okx = engineConfig(settingsOf(`venue: okx\nsignal: { model: ${fresh} }`), 't').market.fusion!;
  assert.equal(okx.calibrated, false);

  for (const instrument of [BTC, ETH, BTC_INVERSE]) {
    const { signal } = new Market(engineConfig(settings, 't').market, instrument).brain;
    assert.equal(signal.calibrated, instrument.id !== 'BTC-USD-SWAP', instrument.id);
    if (!signal.calibrated)
      assert.equal(signal.fusion!.whyNot, 'fitted on BTC-USDT-SWAP, ETH-USDT-SWAP, not on BTC-USD-SWAP');
  }
});

test('a scenario is known by its terms: one of your own with the words of btc-like is not btc-like, other words change nothing', () => {
  const twice = parseScenario('value: { volatility: 0.92 }\n', 'mine.yaml');
  assert.equal(twice.description, DEFAULT_SCENARIO.description);
  assert.equal(identityOf(twice).name, 'own');
  assert.notEqual(identityOf(twice).digest, identityOf(DEFAULT_SCENARIO).digest);
  assert.deepEqual(
    identityOf(parseScenario('description: another day\n', 'mine.yaml')),
    identityOf(DEFAULT_SCENARIO),
  );
});

test('models and tapes of older programs, which tell a description alone, load and say that they are not calibrated', () => {
  const path = join(folder, 'm.json');
  const document = loadModel(fresh);
  const older = { ...document, basis: { ...document.basis, scenario: 'btc-like' } };
  writeFileSync(path, JSON.stringify({ ...older, digest: digestOf(older) }));
  assert.equal(
    fusionFor(`signal: { model: ${path} }`)!.whyNot,
    'fitted on the scenario "btc-like", as told by an older program without its digest: fit it anew',
  );
  const tape = scenarioOf([`scenario: ${DEFAULT_SCENARIO.description}`]);
  const { whyNot } = engineConfig(settingsOf(`signal: { model: ${fresh} }`), 't', 'book', tape).market
    .fusion!;
  assert.match(whyNot, /ordinary day\.", as told by an older program without its digest$/);
});

test('a file that is no model is refused by name, with the mend', () => {
  const path = join(folder, 'm.json');
  const refused = (text: string): string => {
    writeFileSync(path, text);
    try {
      loadModel(path);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
    return '';
  };
  assert.match(refused('{'), /m\.json: cannot be read as a model .*hunter learn train/);
  assert.match(refused('{}'), /m\.json: not a model file/);
  const document = loadModel(fresh);
  const changed = (changes: object): string => refused(JSON.stringify({ ...document, ...changes }));
  assert.match(changed({ basis: undefined }), /m\.json: "basis" is missing.*hunter learn train/);
  assert.match(changed({ basis: { ...document.basis, symbols: 'all' } }), /"basis\.symbols" is not a list/);
  assert.match(changed({ basis: { ...document.basis, exits: null } }), /"basis\.exits" is missing/);
  assert.match(changed({ limitMs: 0 }), /m\.json: "limitMs" is 0, not above 0.*hunter learn train/);
  assert.throws(() => fusionOf(settingsOf('signal: { model: /nowhere.json }'), {} as never), ConfigError);
});

test('a model is calibrated as it was fitted alone: edited, of few trades or empty it says that it is not', () => {
  const path = join(folder, 'm.json');
  const document = loadModel(fresh);
  const whyNot = (changes: Partial<typeof document>, signed = false): string => {
    const changed = { ...document, ...changes };
    writeFileSync(path, JSON.stringify(signed ? { ...changed, digest: digestOf(changed) } : changed));
    const { calibrated, whyNot: why } = fusionFor(`signal: { model: ${path} }`)!;
    assert.equal(calibrated, why === '');
    return why;
  };
  assert.equal(whyNot({}), '');
  // the order of keys is nobody's edit, nor what is told beside
  assert.equal(
    whyNot({ name: 'other', basis: Object.fromEntries(Object.entries(document.basis).reverse()) as never }),
    '',
  );
  const edited = 'edited since it was fitted';
  const [first, ...rest] = document.shapes;
  assert.equal(whyNot({ intercept: document.intercept + 0.001 }), edited);
  assert.equal(whyNot({ limitMs: document.limitMs + 1 }), edited);
  assert.equal(
    whyNot({ shapes: [{ ...first!, values: first!.values.map((value) => 2 * value) }, ...rest] }),
    edited,
  );
  assert.equal(whyNot({ basis: { ...document.basis, independent: 1e6 } }), edited);
  assert.equal(whyNot({ digest: undefined as never }), edited);
  const { readings: _, ...older } = document.basis;
  assert.equal(
    whyNot({ basis: older }, true),
    'does not tell what its features said when it was fitted: fit it anew',
  );
  assert.equal(
    whyNot({ basis: { ...older, readings: { ...readings, takers: 'x', [DRIFTLESS]: 'y' } } }, true),
    'fitted before the code changed that says driftless odds, takers: fit it anew',
  );
  const few = (independent: number): string => whyNot({ basis: { ...document.basis, independent } }, true);
  assert.equal(few(199), 'fitted on 199 trades that do not overlap, fewer than 200');
  assert.equal(few(200), '');
  assert.equal(
    whyNot({ shapes: [], basis: { ...document.basis, brain: {} } }, true),
    'no shapes: it is the driftless odds and nothing else',
  );
});
