import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EMBEDDED_MODEL, faultsOf, loadModel } from '../src/config/model.ts';
import { FEATURES } from '../src/core/brain/fusion/features.ts';
import { DRIFTLESS, READINGS } from '../src/core/brain/fusion/readings.ts';
import { readingsModule, readingsOf } from '../src/study/fusion/readings.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

test('every feature says of the golden tape what is written down: models know by it whether they are of this code', () => {
  // a change here is a change of behaviour: `node scripts/update-golden.ts`, and fit the shipped model anew
  assert.deepEqual(readingsOf(), READINGS);
  assert.deepEqual(Object.keys(READINGS), [...FEATURES.map(({ name }) => name), DRIFTLESS]);
  assert.equal(readFileSync(path('src/core/brain/fusion/readings.ts'), 'utf8'), readingsModule(READINGS));
});

test('the shipped model was fitted on what its features say now', () => {
  assert.deepEqual(
    faultsOf(loadModel(path(EMBEDDED_MODEL))),
    [],
    'fit it anew: docs/signal.md has the commands',
  );
});
