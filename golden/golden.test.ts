import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { replayAsText } from './replay.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test('the recorded tape gives the recorded commands, byte for byte', () => {
  // a change here is a change of behaviour: read the diff, then `node scripts/update-golden.ts`
  assert.equal(replayAsText(path('embedded.tape')), readFileSync(path('embedded.txt'), 'utf8'));
});

test('twice in one process gives the same', () => {
  assert.equal(replayAsText(path('embedded.tape')), replayAsText(path('embedded.tape')));
});

test('the tape holds entries, exits at target and stop, and a balance that is the sum of its parts', () => {
  const text = readFileSync(path('embedded.txt'), 'utf8');
  assert.match(text, /place \S+ entry buy/);
  assert.match(text, /place \S+ entry sell/);
  assert.match(text, / stopLoss: /);
  assert.match(text, / takeProfit: /);
});
