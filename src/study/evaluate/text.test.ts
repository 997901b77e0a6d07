import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeakCheck, Section } from './section.ts';
import { leakLines } from './text.ts';

test('each leak has one line, with where it is, what was found and what chance gives', () => {
  const check = (verdict: LeakCheck['verdict']): LeakCheck => ({
    ...{ name: 'regime: scores told backwards', honest: 0.1, spoiled: -0.27, verdict, detail: '' },
    chance: { low: -0.101, high: 0.14 },
  });
  const section: Section = {
    ...{ name: 'signal', question: '', notes: [], figures: [], charts: [], tables: [] },
    checks: [check('leaks'), check('holds'), check('unknown')],
  };
  assert.deepEqual(leakLines([section]), [
    'LEAKS: signal: regime: scores told backwards: -0.27, chance -0.101 to 0.14; exit code 1',
  ]);
});
