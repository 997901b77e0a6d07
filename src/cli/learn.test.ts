import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'learn-test-'));
after(() => rmSync(folder, { recursive: true }));

const hunter = (...words: string[]): { code: number; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/hunter.js'), ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { code: status ?? -1, out: stdout, err: stderr };
};

/** Exits so near that minutes of tape hold many trades. */
const QUICK = [
  ...[
    'exits.method=volatility',
    'exits.tp_multiplier=0.2',
    'exits.sl_multiplier=0.1',
    'exits.cost_multiple_min=0',
  ],
].flatMap((word) => ['--set', word]);
const tapes = [1, 2].map((n) => join(folder, `${n}/market.tape`));
const model = join(folder, 'models/mine.json');

before(() => {
  for (const n of [1, 2]) {
    const made = hunter(
      ...[
        'simulate',
        '--seed',
        `${500 + n}`,
        '--minutes',
        '16',
        '--symbols',
        'BTC-USDT-SWAP',
        '--out',
        `${n}`,
      ],
    );
    assert.equal(made.code, 0, made.err);
  }
});

describe('hunter learn', () => {
  it('trains a model on a tape: a readable file with where it comes from and how it did where it had not looked', () => {
    const run = hunter(
      ...[
        'learn',
        'train',
        tapes[0]!,
        '--out',
        model,
        '--market',
        'a test',
        '--limit',
        '20',
        '--every',
        '0.5',
      ],
      ...QUICK,
    );
    assert.equal(run.code, 0, run.err);
    assert.match(run.out, /mine: a test, fitted \d{4}-\d\d-\d\d/);
    const file = JSON.parse(readFileSync(model, 'utf8'));
    assert.equal(file.limitMs, 20_000);
    assert.match(file.tapes[0].sha256, /^[0-9a-f]{64}$/);
    assert.match(file.tapes[0].source, /seed 501/);
    assert.equal(file.basis.exits.tp_multiplier, 0.2);
    assert.equal(file.basis.scenario, 'btc-like, digest f38ed62f11392089');
    assert.deepEqual(file.basis.symbols, ['BTC-USDT-SWAP']);
    const { 'driftless odds': odds, ...readings } = file.basis.readings;
    assert.match(odds, /^[0-9a-f]{12}$/);
    assert.deepEqual(
      Object.keys(readings),
      file.shapes.map(({ feature }: { feature: string }) => feature),
    );
    assert.equal(file.fitted.heldOut, 'stretches of time');
    assert.ok(file.fitted.independent < file.fitted.outcomes);
    assert.ok(file.crossValidation.entries > 100);
    for (const { cuts, values } of file.shapes) assert.equal(values.length, cuts.length + 1);
  });

  it('shows it, and grades it on another tape', () => {
    const shown = hunter('learn', 'show', model);
    assert.equal(shown.code, 0, shown.err);
    assert.match(shown.out, /log-odds of a long/);
    // a quarter of an hour holds no calibration
    assert.match(shown.out, /not calibrated: fitted on \d+ trades that do not overlap, fewer than 200/);
    assert.match(shown.out, /cross-validation .*chosen on these same predictions/);
    const older = join(folder, 'older.json');
    const document = JSON.parse(readFileSync(model, 'utf8'));
    document.basis.readings['driftless odds'] = 'what it said then';
    writeFileSync(older, JSON.stringify(document));
    assert.match(
      hunter('learn', 'show', older).out,
      /not calibrated: fitted before the code changed that says driftless odds.*: fit it anew/,
    );
    const graded = hunter('learn', 'grade', model, tapes[1]!, '--every', '0.5', ...QUICK, '--json');
    assert.equal(graded.code, 0, graded.err);
    const { entries, calibrationError, rivals, inSample } = JSON.parse(graded.out);
    assert.deepEqual(inSample, []);
    assert.ok(entries > 100 && calibrationError[0] >= 0 && calibrationError[0] < 0.5);
    for (const name of ['logistic regression on raw readings', 'equal weights', 'order flow alone'])
      assert.ok(name in rivals, name);
  });

  it('says of a tape that it was fitted on that the figures are in-sample, under whatever name', () => {
    const copy = join(folder, 'copy.tape');
    copyFileSync(tapes[0]!, copy);
    const graded = hunter('learn', 'grade', model, copy, tapes[1]!, '--every', '0.5', ...QUICK);
    assert.equal(graded.code, 0, graded.err);
    const [inSample, other] = graded.out.split(/^on the other/m);
    assert.match(inSample!, /copy\.tape: fitted on this tape: in-sample/);
    assert.doesNotMatch(graded.out, /2\/market\.tape: fitted/);
    // the two are never one figure
    const moments = /(\d+) moments in/;
    const alone = hunter('learn', 'grade', model, tapes[1]!, '--every', '0.5', ...QUICK).out;
    assert.equal(moments.exec(other!)![1], moments.exec(alone)![1]);
    assert.match(inSample!, moments);
    const json = hunter('learn', 'grade', model, copy, tapes[1]!, '--every', '0.5', ...QUICK, '--json').out;
    const { entries, inSampleScore } = JSON.parse(json);
    assert.equal(String(entries), moments.exec(alone)![1]);
    assert.equal(String(inSampleScore.entries), moments.exec(inSample!)![1]);
  });

  it('grades tapes at the same time as it does one after the other', () => {
    const [alone, beside] = ['1', '2'].map((jobs) => {
      const graded = hunter(
        ...['learn', 'grade', model, ...tapes, '--every', '0.5', ...QUICK, '--json', '--jobs', jobs],
      );
      assert.equal(graded.code, 0, graded.err);
      return graded.out;
    });
    assert.equal(beside, alone);
    const broken = join(folder, 'broken.tape');
    writeFileSync(broken, readFileSync(tapes[0]!).subarray(0, 100_000));
    const said = ['1', '2'].map((jobs) => hunter('learn', 'grade', model, broken, tapes[1]!, '--jobs', jobs));
    assert.deepEqual(said[1], said[0]);
  });

  it('is what the signal says from then on, in a backtest too', () => {
    const run = hunter('backtest', tapes[1]!, '--set', `signal.model=${model}`, ...QUICK, '--json');
    assert.equal(run.code, 0, run.err);
    // a model that knows what trades cost makes none here
    assert.equal(JSON.parse(run.out).trades.length, 0);
  });

  it('refuses what is no model, and tapes on which nothing can be learnt, with 2 and the mend', () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, '{}');
    const notOne = hunter('learn', 'show', wrong);
    assert.equal(notOne.code, 2);
    assert.match(notOne.err, /wrong\.json: not a model file/);
    // what the signal needs is there, what a person reads is not
    const { rivals: _, ...bare } = JSON.parse(readFileSync(model, 'utf8'));
    writeFileSync(wrong, JSON.stringify(bare));
    for (const words of [
      ['show', wrong],
      ['grade', wrong, tapes[1]!],
    ]) {
      const refused = hunter('learn', ...words);
      assert.equal(refused.code, 2);
      assert.match(refused.err, /wrong\.json: "rivals" is not a list .*hunter learn train/);
    }
    const short = hunter('learn', 'train', tapes[0]!, '--out', join(folder, 'short.json'));
    assert.equal(short.code, 2);
    assert.match(short.err, /outcomes on 1 tapes, at least 500 wanted.*--every.*longer tapes.*--limit/);
    assert.ok(!existsSync(join(folder, 'short.json')));
  });
});
