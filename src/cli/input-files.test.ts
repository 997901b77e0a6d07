import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Hunter } from '../run/testing/hunter.ts';

const hunter = new Hunter();
after(() => hunter.dispose());

const COMMANDS: readonly (readonly string[])[] = [
  ['backtest', 'none.tape'],
  ['evaluate', 'none.tape'],
  ['learn', 'train', 'none.tape', '--out', 'model.json'],
  ['learn', 'show', 'none.json'],
  ['learn', 'grade', 'none.json', 'none.tape'],
  ['inspect', 'none.tape'],
  ['plant', 'none.tape', '--out', 'planted'],
  ...['okx-ws', 'okx-candles', 'okx-trades', 'binance-l2'].map((kind) => [
    ...['import', kind, 'none', '--out', 'out.tape'],
  ]),
];

for (const words of COMMANDS)
  test(`a file that is not there is a wrong call, named, for ${words.slice(0, 2).join(' ')} as for all`, async () => {
    const { code, stdout, stderr } = await hunter.run(...words);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^none[.a-z]*: there is no such file; check the name$/m);
  });

const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
after(() => rmSync(folder, { recursive: true }));
const market = join(folder, 'market.tape');
const labels = join(folder, 'labels.jsonl');
writeFileSync(market, '');
writeFileSync(labels, '{"kind":"regime","instrument":"BTC-USDT-SWAP"}\n');

for (const command of ['evaluate', 'backtest', 'inspect'])
  test(`a folder is a wrong call that names the tape in it, for ${command} as for all`, async () => {
    const { code, stderr } = await hunter.run(command, folder);
    assert.equal(code, 2);
    assert.ok(stderr.includes(`${folder}: is a folder; did you mean ${market}?`), stderr);
  });

for (const command of ['evaluate', 'backtest'])
  test(`an empty file and labels are no tapes: a wrong call with its own way out, for ${command}`, async () => {
    const empty = await hunter.run(command, market);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /market\.tape: is empty/);
    const foreign = await hunter.run(command, labels);
    assert.equal(foreign.code, 2);
    assert.match(foreign.stderr, /labels\.jsonl: .*looks like labels; name the tape/);
    assert.doesNotMatch(foreign.stderr, /hunter import/);
  });
