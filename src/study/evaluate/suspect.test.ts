import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeakCheck, Section, SectionFigure } from './section.ts';
import { suspicions } from './suspect.ts';
import { MADE_SECTION } from './testing/sample.ts';

const section = (name: string, value: number | null, chance: LeakCheck['chance']): Section => ({
  ...MADE_SECTION,
  figures: [
    { ...MADE_SECTION.figures[0]!, name, figure: { value, low: null, high: null, why: '' } } as SectionFigure,
  ],
  checks: [{ ...MADE_SECTION.checks[0]!, chance }],
});
const known = { low: 0, high: 0.1 };

test('what is too good to be true is told, whatever the checks say; what is only good is not', () => {
  const coefficient = 'information coefficient at 10 s: made';
  for (const value of [0.51, -0.51, 0.99])
    assert.match(suspicions(section(coefficient, value, known))[0]!, /^SUSPECT: information coefficient/);
  for (const value of [0.5, -0.3, null]) assert.deepEqual(suspicions(section(coefficient, value, known)), []);
  assert.match(suspicions(section('PR-AUC', 0.99, known))[0]!, /PR-AUC is 0\.990/);
  assert.deepEqual(suspicions(section('PR-AUC', 0.97, known)), []);
  assert.deepEqual(suspicions(section('PR-AUC', 1, null)), [], 'of a few labels all may be found');
  assert.deepEqual(suspicions(MADE_SECTION), []);
});
