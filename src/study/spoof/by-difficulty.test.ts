import assert from 'node:assert/strict';
import { test } from 'node:test';
import { us } from '../../core/units.ts';
import type { Label, LabelKind } from '../../exchange/scenarios/label.ts';
import type { Alarm, Matched, Verdict } from '../evaluate/match.ts';
import { byDifficulty } from './by-difficulty.ts';

const label = (kind: LabelKind, multiple: number): Label =>
  ({ kind, parameters: { multiple } }) as unknown as Label;
const alarm = (likelihood: number, verdict: Verdict, of = -1): Alarm =>
  ({ likelihood, verdict, label: of }) as unknown as Alarm;

test('each part has its own labels and hits, and all of the false alarms', () => {
  const matched: Matched = {
    alarms: [alarm(0.9, 'hit', 0), alarm(0.8, 'false'), alarm(0.7, 'hit', 1), alarm(0.6, 'false')],
    wanted: [label('spoof_wall', 8), label('spoof_wall', 1), label('spoof_flicker', 2)],
    innocents: [],
    from: us(0),
    to: us(3.6e9),
  };
  const parts = new Map(byDifficulty([matched], 1, 0.6).map((part) => [part.name, part]));
  const all = parts.get('all')!;
  assert.equal(all.labels, 3);
  assert.ok(Math.abs(all.prAuc - (1 + 2 / 3) / 3) < 1e-12);
  assert.ok(Math.abs(all.recall - 2 / 3) < 1e-12);
  assert.equal(all.falsePerHour, 1);
  assert.deepEqual(
    [parts.get('spoof_wall')!.labels, parts.get('spoof_wall')!.falsePerHour, parts.get('spoof_wall')!.recall],
    [2, 1, 1],
  );
  assert.deepEqual([parts.get('spoof_flicker')!.prAuc, parts.get('spoof_flicker')!.falsePerHour], [0, null]);
  assert.equal(parts.get('6 × large and more')!.prAuc, 1);
  assert.equal(parts.get('0 to 1.5 × large')!.prAuc, 0.5);
  assert.equal(parts.get('3 to 6 × large')!.labels, 0);
});
