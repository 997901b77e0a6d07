import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadSettings } from '../../config/load.ts';
import { EMBEDDED_MODEL } from '../../config/model.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { hashFile } from '../../tape/hash.ts';
import { readTape } from '../../tape/reader.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { simulateToFiles } from '../simulation-files.ts';
import { type EvaluateOptions, evaluate } from './evaluate.ts';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
after(() => rmSync(folder, { recursive: true }));
const tape = join(folder, 'market', 'market.tape');
const labels = join(folder, 'market', 'labels.jsonl');
const settings = loadSettings(undefined);
const options: EvaluateOptions = { symbols: null, barriers: null, command: 'hunter evaluate' };

before(async () => {
  const symbols = ['BTC-USDT-SWAP', 'BTC-USD-SWAP'];
  const scenario = loadScenario('manipulated');
  const market = join(folder, 'market');
  await simulateToFiles({ seed: 43, scenario, symbols, feed: 'books', from: SIMULATED_FROM }, 5, market);
});

test('the same recording and settings give the same evaluation', async () => {
  const once = await evaluate([{ path: tape, labels }], settings, options);
  const again = await evaluate([{ path: tape, labels }], settings, options);
  // which code it was may change under a running test, what it says may not
  assert.deepEqual({ ...again.evaluation, code: null }, { ...once.evaluation, code: null });
  assert.deepEqual(JSON.parse(JSON.stringify(once.evaluation)), once.evaluation, 'plain JSON');
  const { checks, tables } = once.evaluation.sections.find(({ name }) => name === 'all readings')!;
  assert.equal(checks[0]!.verdict, 'blind', 'nothing that is graded knows the future');
  assert.equal(tables[0]!.rows.length, 4, 'two markets at two moments');
  const { evaluation } = await evaluate([{ path: tape, labels }], settings, {
    ...options,
    symbols: ['BTC-USD-SWAP'],
  });
  assert.deepEqual(evaluation.symbols, ['BTC-USD-SWAP']);
});

test('who stops it in the middle is heard, and told how far it was', async () => {
  const abort = new AbortController();
  let told = 0;
  const stopped = evaluate([{ path: tape, labels: null }], settings, {
    ...options,
    signal: abort.signal,
    progress: (what, done) => {
      assert.equal(what, tape);
      assert.ok(done > 0 && done <= 1);
      told += 1;
      abort.abort(Object.assign(new Error('enough'), { name: 'AbortError' }));
    },
  });
  await assert.rejects(stopped, { name: 'AbortError', message: 'enough' });
  assert.equal(told, 1);
});

test('trades are graded by the exits of the settings where the tape is long enough, else by narrow ones', async () => {
  const { evaluation } = await evaluate([{ path: tape, labels: null }], settings, options);
  assert.deepEqual(evaluation.barriers, { unit: 'bp', target: 3, stop: 3, limitMs: 60_000 });
  const quick = loadSettings(undefined, {
    ...{ market: { atr_period: 2 }, exits: { time_stop_ms: 15_000 }, signal: { model: 'priors' } },
  } as object);
  const { evaluation: other } = await evaluate([{ path: tape, labels: null }], quick, options);
  const { tp_multiplier: target, sl_multiplier: stop } = quick.exits;
  assert.deepEqual(other.barriers, { unit: 'atr', target, stop, limitMs: 15_000 });
  const { question, figures } = other.sections.find(({ name }) => name === 'signal')!;
  assert.ok(figures.find(({ name }) => name === 'Brier score')!.figure.value !== null, 'the range is known');
  assert.match(question, /ATR within 15 s/);
});

test('a bar that the tape’s candles do not add up to is refused before anything is graded', async () => {
  const fine = loadSettings(undefined, { market: { bar: '1s' }, signal: { model: 'priors' } } as object);
  await assert.rejects(
    evaluate([{ path: tape, labels: null }], fine, options),
    /BTC-USDT-SWAP comes in 1m candles, which do not add up to market\.bar: 1s; set market\.bar to 1m or a multiple/,
  );
});

test('a fitted signal is graded by trades of its own, unless others are asked for', async () => {
  const questionOf = async (barriers: EvaluateOptions['barriers']): Promise<string> => {
    const { evaluation } = await evaluate([{ path: tape, labels: null }], settings, { ...options, barriers });
    return evaluation.sections.find(({ name }) => name === 'signal')!.question;
  };
  assert.match(await questionOf(null), /its own, as the engine would place them, within \d+ s/);
  const asked = { unit: 'bp', target: 7, stop: 3, limitMs: 20_000 } as const;
  assert.match(await questionOf(asked), /7 \/ 3 bp within 20 s/);
});

test('a tape that the signal’s model was fitted on is told, whatever it is called, and so is a seed for tuning', async () => {
  const { tapes, ...model } = JSON.parse(readFileSync(EMBEDDED_MODEL, 'utf8'));
  const path = join(folder, 'model.json');
  const inSampleWith = async (sha256: string): Promise<readonly string[]> => {
    writeFileSync(path, JSON.stringify({ ...model, tapes: [{ ...tapes[0], sha256 }] }));
    const own = loadSettings(undefined, { signal: { model: path } } as object);
    const { evaluation } = await evaluate([{ path: tape, labels: null }], own, options);
    return evaluation.tapes[0]!.inSample;
  };
  const seed = 'seed 43 is one of 1 to 999, on which detectors were fitted and tuned';
  assert.deepEqual(await inSampleWith(hashFile(tape)), ['the signal’s model was fitted on this tape', seed]);
  assert.deepEqual(await inSampleWith('0'.repeat(64)), [seed]);
});

test('a recording that detectors were fitted on is told, planted over or not', async () => {
  const inSampleOf = async (source: string): Promise<readonly string[]> => {
    const path = join(folder, 'recording.tape');
    const reader = readTape(tape);
    const writer = TapeWriter.create(path, reader.instruments, { ...reader.meta, source });
    reader.forEach((event) => {
      writer.write(event);
    });
    await writer.close();
    const { evaluation } = await evaluate([{ path, labels: null }], settings, options);
    return evaluation.tapes[0]!.inSample;
  };
  const told = /^usdm_ethusdt_20240718 is one of the recordings on which detectors were fitted/;
  for (const planted of ['', ', planted over with seed 101']) {
    const [why] = await inSampleOf(`Binance recording: usdm_ethusdt_20240718.gz${planted}`);
    assert.match(why!, told);
  }
  assert.deepEqual(
    await inSampleOf('Binance recording: usdm_btcusdt_20240808.gz, planted over with seed 3'),
    [],
  );
});

test('the time that playing took is that of the play that is graded, not of the checks after it', async () => {
  const begun = performance.now();
  let last = 0;
  let replayed = 0;
  const { speed } = await evaluate([{ path: tape, labels: null }], settings, {
    ...options,
    progress: (what, done) => {
      if (what === tape && done < last && replayed === 0) replayed = performance.now();
      last = done;
    },
  });
  assert.ok(replayed > 0, 'played again for the future check');
  assert.ok(speed.playSeconds > 0 && speed.playSeconds * 1000 < replayed - begun);
});
