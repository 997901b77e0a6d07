import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Evaluation, EvaluationSpeed } from '../study/evaluate/evaluate.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hunter-evaluate-'));
after(() => rmSync(folder, { recursive: true }));

function hunter(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    cwd: folder,
    timeout: 120_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

const market = (seed: number): { readonly tape: string; readonly labels: string } => ({
  tape: join(folder, `${seed}`, 'market.tape'),
  labels: join(folder, `${seed}`, 'labels.jsonl'),
});
const SEEDS = [41, 42] as const;
before(() => {
  for (const seed of SEEDS) {
    const to = join(folder, `${seed}`);
    const made = hunter(
      ...['simulate', '--seed', `${seed}`, '--minutes', '6', '--scenario', 'manipulated'],
      ...['--symbols', 'BTC-USDT-SWAP', '--out', to],
    );
    assert.equal(made.code, 0, made.err);
  }
});

const refused = (words: RegExp, ...args: string[]): void => {
  const { code, err, out } = hunter('evaluate', ...args);
  assert.equal(code, 2, `${err}${out}`);
  assert.match(err, words);
  assert.equal(out, '');
};

describe('hunter evaluate', () => {
  it('grades every detector and the signal of a labelled tape; --json has all of it', () => {
    const { tape, labels } = market(41);
    const { code, out, err } = hunter('evaluate', tape, '--labels', labels, '--json');
    assert.equal(code, 0, err);
    const result = JSON.parse(out) as Evaluation & { speed: EvaluationSpeed };
    assert.equal(result.tapes[0]!.labels, labels);
    const lines = readFileSync(labels, 'utf8').trim().split('\n').length;
    assert.equal(
      Object.values(result.tapes[0]!.labelled).reduce((sum, count) => sum + count, 0),
      lines,
    );
    assert.deepEqual(result.symbols, ['BTC-USDT-SWAP']);
    assert.ok(result.speed.changes > 10_000);
    const signal = result.sections.find(({ name }) => name === 'signal')!;
    const named = new Set(signal.figures.map(({ name }) => name));
    for (const name of ['expected calibration error', 'Brier score', 'log loss'])
      assert.ok(named.has(name), name);
    assert.ok(result.sections.every(({ checks }) => checks.every(({ verdict }) => verdict !== 'leaks')));
    for (const { figures } of result.sections)
      for (const { figure, name } of figures)
        assert.ok(figure.value !== null || figure.why !== '', `${name}: no value and no reason`);
  });

  it('says the same in words, and on a page', () => {
    const { tape } = market(41);
    const page = join(folder, 'out.html');
    const { code, out, err } = hunter('evaluate', tape, '--report', page, '--barriers', '8:4:bp:30');
    assert.equal(code, 0, err);
    assert.match(out, /SIGNAL\n/);
    assert.match(out, /8 \/ 4 bp within 30 s/);
    assert.match(out, /no labels/);
    assert.match(out, /report: .*out\.html/);
    assert.ok(existsSync(page));
  });

  it('grades several tapes together, each with its own labels', () => {
    const [one, other] = SEEDS.map(market);
    const { code, out, err } = hunter(
      ...['evaluate', one!.tape, other!.tape, '--labels', one!.labels, '--labels', other!.labels, '--json'],
    );
    assert.equal(code, 0, err);
    const { tapes } = JSON.parse(out) as Evaluation;
    assert.deepEqual(
      tapes.map(({ path }) => path),
      [one!.tape, other!.tape],
    );
  });

  it('refuses what cannot be graded, naming the place and the mend', () => {
    const { tape, labels } = market(41);
    refused(/missing required argument 'tapes'/);
    refused(/1 --labels for 2 tapes/, tape, market(42).tape, '--labels', labels);
    refused(/the same as .* to the byte, it would be graded twice/, tape, tape);
    refused(/--symbols ETH-USDT-SWAP: not on .*which has BTC-USDT-SWAP/, tape, '--symbols', 'ETH-USDT-SWAP');
    refused(/four parts wanted; wanted target:stop:unit:seconds/, tape, '--barriers', '10');
    refused(/unit "pips" is neither bp nor atr/, tape, '--barriers', '10:5:pips:60');
    refused(/stop "-5" is not a positive number/, tape, '--barriers', '10:-5:bp:60');
    refused(/--report .*is not there/, tape, '--report', join(folder, 'nowhere', 'out.html'));
    const moved = join(folder, 'moved.jsonl');
    writeFileSync(moved, readFileSync(labels, 'utf8').replaceAll(/"(from|to|at)":1/g, '"$1":2'));
    refused(/none of its \d+ labels lies within the time/, tape, '--labels', moved);
    const strange = market(42);
    refused(
      new RegExp(`${strange.labels}: written with a tape of .* but ${tape} is`),
      ...[tape, '--labels', strange.labels],
    );
    const candles = join(folder, 'BTC-USDT-SWAP-1m-20240101-20240101.csv');
    writeFileSync(
      candles,
      'ts,open,high,low,close,volume\n1704067200000,1,1,1,1,1\n1704067260000,1,1,1,1,1\n',
    );
    const bars = join(folder, 'bars.tape');
    assert.equal(hunter('import', 'okx-candles', candles, '--out', bars).code, 0);
    refused(/no order book on it \(2 1m candles of BTC-USDT-SWAP\)/, bars);
  });

  it('grades labels that name no tape, as older files, and says so', () => {
    const { tape, labels } = market(41);
    const old = join(folder, 'old.jsonl');
    writeFileSync(old, readFileSync(labels, 'utf8').replace(/"tape":"[0-9a-f]{64}",/, ''));
    const { code, out, err } = hunter('evaluate', tape, '--labels', old, '--json');
    assert.equal(code, 0, err);
    assert.match(err, /warning: .*old\.jsonl does not say which tape it is of/);
    const named = hunter('evaluate', tape, '--labels', labels, '--json');
    assert.equal(named.err, '');
    const [one, other] = [out, named.out].map((each) => JSON.parse(each) as Evaluation);
    assert.deepEqual(one!.sections, other!.sections);
  });

  it('refuses files that are not what they are taken for', () => {
    const { tape, labels } = market(41);
    const bad = join(folder, 'bad.jsonl');
    writeFileSync(bad, `${readFileSync(labels, 'utf8')}{"kind":"spoof"}\n`);
    const broken = hunter('evaluate', tape, '--labels', bad);
    assert.equal(broken.code, 2);
    assert.match(broken.err, /bad\.jsonl: line \d+: kind "spoof" is not one of/);
    const noTape = hunter('evaluate', labels);
    assert.equal(noTape.code, 2);
    assert.match(noTape.err, /labels\.jsonl/);
  });
});
