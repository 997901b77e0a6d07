import assert from 'node:assert/strict';
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
