import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RateLimits, SlidingWindow } from './rate-limit.ts';
import { ManualTime } from './testing/manual-time.ts';

test('no window of time, wherever it is laid, holds more than the count, and nobody waits without need', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.array(fc.nat({ max: 1500 }), { minLength: 1, maxLength: 60 }),
      (count, windowMs, pauses) => {
        const window = new SlidingWindow({ count, windowMs });
        const granted: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const at = now + window.reserve(now);
          const inWindow = (start: number) =>
            granted.filter((time) => time > start && time <= start + windowMs);
          assert.ok(inWindow(at - windowMs).length < count, 'one too many in a window');
          // the earliest moment that a plain count would allow, never before the one in front
          if (at > now) assert.ok(inWindow(at - windowMs - 1).length >= count, 'waited for nothing');
          granted.push(at);
        }
      },
    ),
  );
});

test('requests beyond the limit leave as time goes by, in order; other keys are not held up', async () => {
  const time = new ManualTime();
  const limits = new RateLimits(time, time);
  const left: string[] = [];
  const limit = { count: 2, windowMs: 2000 };
  const all = ['a1', 'a2', 'a3', 'a4', 'a5'].map((name) =>
    limits.take('a', limit).then(() => left.push(name)),
  );
  await limits.take('b', limit).then(() => left.push('b1'));
  assert.deepEqual(left, ['a1', 'a2', 'b1']);
  time.advance(2099);
  await Promise.all(all.slice(0, 2));
  assert.equal(left.length, 3);
  time.advance(1);
  await Promise.all(all.slice(0, 4));
  assert.deepEqual(left.slice(3), ['a3', 'a4']);
  time.advance(2100);
  await Promise.all(all);
  assert.deepEqual(left.at(-1), 'a5');
});
