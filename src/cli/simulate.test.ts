import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Hunter } from '../run/testing/hunter.ts';

const hunter = new Hunter();
after(() => hunter.dispose());

test('a card that is too short to pass says only that, and nothing of facts that hold', async () => {
  const { code, stdout } = await hunter.run('simulate', '--facts', '--minutes', '3', '--scenario', 'quiet');
  assert.equal(code, 1);
  assert.match(stdout, /^too short to pass: 4 windows of 450 s are needed, which 30 minutes give$/m);
  assert.doesNotMatch(stdout, /facts hold/);
});

test('the help tells market time as market time', async () => {
  const { code, stdout } = await hunter.run('simulate', '--help');
  assert.equal(code, 0);
  assert.match(stdout.replace(/\s+/g, ' '), /looks at 30 minutes of market/);
  assert.doesNotMatch(stdout, /takes/);
});
