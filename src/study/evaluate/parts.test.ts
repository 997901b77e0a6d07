import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../exchange/random.ts';
import { groupedMean } from './parts.ts';

test('the mean is that of the values, its interval that of groups: values that share their luck are no more than one', () => {
  const random = new Random(5);
  // 40 groups, in each of which all ten are right or all are wrong
  const lucky = Array.from({ length: 400 }, (_, i) => ({ group: Math.floor(i / 10), value: 0 }));
  const of = Array.from({ length: 40 }, () => (random.chance(0.5) ? 1 : 0));
  for (const each of lucky) each.value = of[each.group]!;
  const alone = lucky.map(({ value }, group) => ({ group, value }));
  const [together, single] = [groupedMean(lucky, ''), groupedMean(alone, '')];
  const mean = of.reduce<number>((sum, each) => sum + each, 0) / 40;
  assert.ok(Math.abs(together.value! - mean) < 1e-12 && Math.abs(single.value! - mean) < 1e-12);
  const [wide, narrow] = [together.high! - together.low!, single.high! - single.low!];
  // √10 times as wide
  assert.ok(wide / narrow > 2.2 && wide / narrow < 4.4, `${wide} against ${narrow}`);
  assert.deepEqual(groupedMean([], 'none'), { value: null, low: null, high: null, why: 'none' });
});
