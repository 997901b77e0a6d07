import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Engine } from '../core/engine.ts';
import { editDistance, nearest } from '../core/nearest.ts';
import { BTC } from '../core/testing/specs.ts';
import { engineConfig } from './engine.ts';
import { ConfigError, loadSettings, type Overrides, parseSettings, settingsHash } from './load.ts';
import { paperConfig } from './paper.ts';
import { settingsJsonSchema, settingsTemplate } from './publish.ts';
import { settingsSchema } from './schema.ts';
import { loadCredentials } from './secrets.ts';

const root = new URL('../../', import.meta.url);
const published = (name: string): string => readFileSync(new URL(`config/${name}`, root), 'utf8');

function faultsOf(text: string, overrides: Overrides = {}): readonly string[] {
  try {
    parseSettings(text, 's.yaml', overrides);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.faults;
  }
  assert.fail(`accepted: ${text}`);
}
const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'config-test-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
};

// --- what is published ----------------------------------------------------------------------------------------------

test('the settings file in the repository is the schema’s defaults, and so is nothing at all', () => {
  const defaults = settingsSchema.parse({});
  assert.deepEqual(parseSettings(published('settings.yaml'), 'settings.yaml'), defaults);
  assert.deepEqual(parseSettings('', 'empty'), defaults);
  assert.deepEqual(parseSettings('# nothing but words\n', 'comment'), defaults);
});

test('what is published is what the schema says: run scripts/write-schema.ts after changing it', () => {
  assert.equal(published('settings.yaml'), settingsTemplate());
  assert.equal(published('settings.schema.json'), settingsJsonSchema());
});

test('every setting has a description, a default, and every number a range that holds it', () => {
  interface Node {
    readonly type?: string;
    readonly description?: string;
    readonly default?: unknown;
    readonly minimum?: number;
    readonly maximum?: number;
    readonly tune?: readonly [number, number];
    readonly properties?: Readonly<Record<string, Node>>;
  }
  let numbers = 0;
  const walk = (node: Node, path: string): void => {
    for (const [key, value] of Object.entries(node.properties ?? {})) {
      const name = path === '' ? key : `${path}.${key}`;
      assert.ok((value.description ?? '').length > 5, `${name} has no description`);
      if (value.properties !== undefined) {
        walk(value, name);
        continue;
      }
      assert.notEqual(value.default, undefined, `${name} has no default`);
      if (value.type !== 'number' && value.type !== 'integer') continue;
      numbers++;
      const { minimum, maximum, tune } = value;
      assert.ok(minimum! <= (value.default as number) && (value.default as number) <= maximum!, name);
      if (tune !== undefined)
        assert.ok(minimum! <= tune[0] && tune[0] < tune[1] && tune[1] <= maximum!, name);
    }
  };
  walk(JSON.parse(settingsJsonSchema()) as Node, '');
  assert.ok(numbers > 30);
});

test('the ranges and defaults that users were promised', () => {
  const settings = parseSettings('', 'empty');
  assert.equal(settings.mode, 'paper');
  assert.equal(settings.venue, 'embedded');
  assert.equal(settings.dashboard.host, '127.0.0.1');
  assert.deepEqual(settings.symbols, ['BTC-USDT-SWAP']);
  assert.deepEqual([settings.exits.tp_fraction, settings.exits.sl_fraction], [0.02, 0.01]);
  assert.deepEqual([settings.exits.tp_multiplier, settings.exits.sl_multiplier], [2, 1]);
  assert.deepEqual([settings.exits.rr_min, settings.exits.rr_default], [1.5, 2]);
  assert.equal(settings.risk.leverage_max, 5);
  assert.equal(settings.brain.order_flow.threshold, 0.15);
});

// --- faults ---------------------------------------------------------------------------------------------------------

test('an unknown key is refused at its line with the nearest known name', () => {
  assert.deepEqual(faultsOf('mode: paper\nsignal:\n  confidence_treshold: 0.5'), [
    's.yaml:3: unknown key "confidence_treshold" in "signal" — did you mean "confidence_threshold"?',
  ]);
  assert.deepEqual(faultsOf('brain:\n  order_flow:\n    halflife_ms: 5'), [
    's.yaml:3: unknown key "halflife_ms" in "brain.order_flow" — did you mean "half_life_ms"?',
  ]);
  assert.match(
    faultsOf('signal:\n  zzz: 1')[0]!,
    /s\.yaml:2: unknown key "zzz" in "signal" — known here: model, confidence_threshold$/,
  );
});

test('what looks like a secret is refused with the mend, and its value is not repeated', () => {
  for (const text of [
    'okx:\n  api_key: hush',
    'secret: hush',
    'okx:\n  passphrase: hush',
    'OKX_SECRET_KEY: hush',
    'apiKey: hush',
  ]) {
    const [fault] = faultsOf(text);
    assert.match(
      fault!,
      /does not belong in settings: keys come from the environment \(OKX_API_KEY.*okx\.secrets_file/,
    );
    assert.doesNotMatch(fault!, /hush/);
  }
});

test('a value out of range, of a wrong type or not offered is refused at its line, by its name', () => {
  for (const [text, fault] of [
    ['mode: paper\nrisk:\n  leverage_max: 300', /^s\.yaml:3: risk\.leverage_max: .*125/],
    ['signal:\n  confidence_threshold: -0.1', /^s\.yaml:2: signal\.confidence_threshold: /],
    ['dashboard:\n  port: "80"', /^s\.yaml:2: dashboard\.port: .*number/],
    ['dashboard:\n  port: 80.5', /^s\.yaml:2: dashboard\.port: /],
    ['signal:\n  confidence_threshold: .nan', /^s\.yaml:2: signal\.confidence_threshold: /],
    ['risk:\n  notional_max: .inf', /^s\.yaml:2: risk\.notional_max: /],
    ['mode: real', /^s\.yaml:1: mode: .*paper.*demo.*live/],
    ['market:\n  bar: 7m', /^s\.yaml:2: market\.bar: .*"1m"/],
    ['market:\n  bar: 0m', /^s\.yaml:2: market\.bar: /],
    ['symbols: [btc]', /^s\.yaml:1: symbols\.0: expected an OKX instrument id/],
    ['symbols: [A-B, A-B]', /^s\.yaml:1: symbols: a symbol is listed twice/],
    ['symbols: []', /^s\.yaml:1: symbols: /],
    [
      'paper:\n  taker_fee: 0.0005',
      /^s\.yaml:2: paper\.taker_fee: expected a decimal number in quotes, such as "0\.0005"/,
    ],
    ['paper:\n  taker_fee: "-1"', /^s\.yaml:2: paper\.taker_fee: expected a decimal number in quotes/],
    ['signal: 3', /^s\.yaml:1: signal: /],
  ] as const) {
    const faults = faultsOf(text);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0]!, fault);
  }
});

test('all faults are told at once', () => {
  assert.equal(faultsOf('foo: 1\nmode: real\nrisk:\n  leverage_max: 0').length, 3);
});

test('settings that contradict each other are refused', () => {
  for (const [text, fault] of [
    ['position:\n  leverage_min: 4\n  leverage_max: 3', /position\.leverage_min: .*larger than leverage_max/],
    ['position:\n  leverage_max: 10', /position\.leverage_max: larger than risk\.leverage_max/],
    ['exits:\n  rr_min: 3', /exits\.rr_default: smaller than exits\.rr_min/],
    ['execution:\n  slippage_bp_max: 50', /execution\.slippage_bp_max: .*price_collar_bp/],
  ] as const)
    assert.match(faultsOf(text)[0]!, fault);
});

test('what is not YAML, or not keys and values, is refused with its line', () => {
  assert.match(faultsOf('mode: paper\na: [')[0]!, /s\.yaml: .* at line 2/);
  assert.match(faultsOf('mode: paper\nmode: live')[0]!, /unique at line 2/);
  assert.match(faultsOf('- 1')[0]!, /expected keys and values/);
  assert.match(faultsOf('hello')[0]!, /expected keys and values/);
});

// --- reading --------------------------------------------------------------------------------------------------------

test('the command line goes over the file, key by key, and its own faults are its own', () => {
  const file = 'symbols: [ETH-USDT-SWAP]\ndashboard:\n  port: 9000\n  host: 0.0.0.0';
  const settings = parseSettings(file, 's.yaml', { symbols: ['SOL-USDT-SWAP'], dashboard: { port: 1 } });
  assert.deepEqual(settings.symbols, ['SOL-USDT-SWAP']);
  assert.deepEqual(settings.dashboard, { host: '0.0.0.0', port: 1 });
  // what was not given on the command line leaves the file alone
  assert.equal(parseSettings(file, 's.yaml', { mode: undefined, dashboard: {} }).dashboard.port, 9000);
  assert.match(faultsOf(file, { dashboard: { port: 99_999 } })[0]!, /^command line: dashboard\.port: /);
});

test('settings cannot be changed once read', () => {
  const settings = parseSettings('', 'empty');
  assert.throws(() => Object.assign(settings, { mode: 'live' }), TypeError);
  assert.throws(() => Object.assign(settings.risk, { leverage_max: 100 }), TypeError);
  assert.throws(() => (settings.symbols as string[]).push('X-Y'), TypeError);
});

test('a file that was named must be there and be a file', (t) => {
  const path = folder(t);
  assert.throws(() => loadSettings(join(path, 'no.yaml')), /no\.yaml: no such file \(--config\)/);
  assert.throws(() => loadSettings(path), ConfigError);
  writeFileSync(join(path, 'my.yaml'), 'dashboard:\n  port: 1234\n');
  assert.equal(loadSettings(join(path, 'my.yaml')).dashboard.port, 1234);
});

test('the hash tells settings apart, not the way they were written', () => {
  const hash = (text: string): string => settingsHash(parseSettings(text, 's.yaml'));
  assert.match(hash(''), /^[0-9a-f]{16}$/);
  assert.equal(hash('mode: demo\nvenue: okx'), hash('venue: okx # words\nmode: "demo"'));
  assert.notEqual(hash(''), hash('exchange:\n  seed: 8'));
});

test('settings make an engine and a paper account, unit by unit', () => {
  const settings = parseSettings('execution:\n  entry: post_only\npaper:\n  start_balance: "12.5"', 's.yaml');
  const config = engineConfig(settings, 'h1');
  assert.equal(config.execution.entry, 'postOnly');
  assert.equal(config.execution.takerFee, 0.0005);
  assert.doesNotThrow(() => new Engine(config, [BTC]));
  const paper = paperConfig(settings);
  assert.equal(paper.startBalance, 12_500_000_000_000_000_000n);
  assert.deepEqual(paper.fees, { maker: '0.0002', taker: '0.0005' });
});

test('the paper venue’s chance: latencies and queue by their settings', () => {
  const paper = (text: string) => paperConfig(parseSettings(`paper: { ${text} }`, 's.yaml'));
  assert.deepEqual(paper('order_latency_ms: 5').orderLatency, { kind: 'constant', ms: 5 });
  assert.deepEqual(paper('latency: log_normal, answer_latency_ms: 5, latency_sigma: 1').answerLatency, {
    kind: 'logNormal',
    medianMs: 5,
    sigma: 1,
  });
  assert.deepEqual(
    paper('latency: measured, order_latency_ms: 5, latency_quantiles_ms: [0, 1, 9]').orderLatency,
    {
      kind: 'measured',
      floorMs: 5,
      quantilesMs: [0, 1, 9],
    },
  );
  assert.deepEqual(paper('queue: power, queue_exponent: 3').queue, { kind: 'power', exponent: 3 });
  assert.deepEqual(paper('').queue, { kind: 'behindFirst' });
  assert.throws(() => paper('latency: measured'), /latency_quantiles_ms: .*measure-latency/);
  assert.throws(() => paper('latency_quantiles_ms: [3, 1]'), /must go up/);
  assert.throws(() => paper('latency_quantiles_ms: [-1, 1]'), /latency_quantiles_ms/);
});

// --- nearest --------------------------------------------------------------------------------------------------------

test('edit distance is a metric that agrees with plain recursion', () => {
  const plain = (a: string, b: string): number =>
    a === '' || b === ''
      ? a.length + b.length
      : Math.min(
          plain(a.slice(1), b) + 1,
          plain(a, b.slice(1)) + 1,
          plain(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
        );
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), plain(a, b));
      assert.equal(editDistance(a, b), editDistance(b, a));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('nothing is guessed where nothing is near', () => {
  assert.equal(nearest('leverge_max', ['leverage_max', 'leverage_min']), 'leverage_max');
  assert.equal(nearest('Mode', ['mode', 'venue']), 'mode');
  assert.equal(nearest('colour', ['mode', 'venue']), null);
  assert.equal(nearest('x', []), null);
});

// --- secrets --------------------------------------------------------------------------------------------------------

const LINES = 'OKX_API_KEY=key\nOKX_SECRET_KEY="se=cret"\n# words\nOKX_PASSPHRASE=pass\n';
const KEYS = { apiKey: 'key', secret: 'se=cret', passphrase: 'pass' };

test('credentials come whole from the environment, or not at all', () => {
  const whole = { OKX_API_KEY: 'key', OKX_SECRET_KEY: 'se=cret', OKX_PASSPHRASE: 'pass', HOME: '/' };
  assert.deepEqual(loadCredentials(whole, ''), KEYS);
  assert.equal(loadCredentials({}, ''), null);
  assert.equal(loadCredentials({ OKX_API_KEY: '' }, ''), null);
  assert.throws(
    () => loadCredentials({ OKX_API_KEY: 'hush', OKX_PASSPHRASE: '' }, ''),
    (error) =>
      error instanceof ConfigError &&
      /environment: OKX_SECRET_KEY and OKX_PASSPHRASE missing, OKX_API_KEY set/.test(error.message) &&
      !error.message.includes('hush'),
  );
});

test('a secrets file is read only when nobody but its owner can', (t) => {
  const file = join(folder(t), 'keys.env');
  writeFileSync(file, LINES);
  for (const mode of [0o644, 0o640, 0o604, 0o660]) {
    chmodSync(file, mode);
    assert.throws(
      () => loadCredentials({}, file),
      new RegExp(`readable by others \\(mode ${mode.toString(8)}\\); run: chmod 600`),
    );
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(file, mode);
    assert.deepEqual(loadCredentials({ OKX_API_KEY: 'of the environment' }, file), KEYS);
  }
});

test('a secrets file that is missing, empty or half filled is refused by name', (t) => {
  const file = join(folder(t), 'keys.env');
  assert.throws(() => loadCredentials({}, file), /okx\.secrets_file: .*keys\.env/);
  writeFileSync(file, '', { mode: 0o600 });
  assert.throws(() => loadCredentials({}, file), /none of OKX_API_KEY, OKX_SECRET_KEY, OKX_PASSPHRASE found/);
  writeFileSync(file, 'OKX_API_KEY=hush\n');
  assert.throws(
    () => loadCredentials({}, file),
    (error) =>
      /missing, OKX_API_KEY set/.test((error as Error).message) && !(error as Error).message.includes('hush'),
  );
});
