import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fault } from './plan.ts';
import { Schedule } from './schedule.ts';

/** Which of the things of one stream are struck, others coming by in between as `noise` says. */
function struck(fault: Fault, seed: number, things: number, noise: (n: number) => number): boolean[] {
  const schedule = new Schedule(fault, seed, 0);
  return Array.from({ length: things }, (_, n) => {
    for (let i = 0; i < noise(n); i++) schedule.strikes(n, '#2', `other${i % 3}`);
    return schedule.strikes(n, '#1', 'books|A');
  });
}

const times = (schedule: Schedule, until: number): number[] => {
  const found: number[] = [];
  for (let now = 10; now <= until; now += 10) if (schedule.isDue(now)) found.push(now);
  return found;
};

test('the n-th thing of a stream has one fate, however many others come by in between and when', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.array(fc.nat(5), { minLength: 60, maxLength: 60 }), (seed, noise) => {
      const fault: Fault = { fault: 'drop', chance: 0.3 };
      assert.deepEqual(
        struck(fault, seed, 60, (n) => noise[n]!),
        struck(fault, seed, 60, () => 0),
      );
    }),
  );
});

test('the n-th thing of a stream has one luck, whether or not the times that came before it were its own', () => {
  const things = 80;
  const lucky = struck({ fault: 'drop', chance: 0.3 }, 3, things, () => 0);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(things - 1), { minLength: 1, maxLength: 8 }), (times) => {
      // armed now and then, for five things each
      const schedule = new Schedule({ fault: 'drop', every: 1000, for: 5, chance: 0.3 }, 3, 0);
      let armedAt = Number.NEGATIVE_INFINITY;
      for (let n = 0; n < things; n++) {
        if (times.includes(n)) {
          schedule.arm(n);
          armedAt = n;
        }
        assert.equal(schedule.strikes(n, '#1', 'books|A'), lucky[n]! && n < armedAt + 5, `thing ${n}`);
      }
    }),
  );
});

test('its chance is what was asked for, and another seed strikes others', () => {
  const of = (seed: number): boolean[] => struck({ fault: 'drop', chance: 0.3 }, seed, 2000, () => 0);
  assert.notDeepEqual(of(4), of(5));
  const count = of(4).filter(Boolean).length;
  assert.ok(count > 520 && count < 680, `${count} of 2000 at 0.3`);
});

test('two lines of a plan, two streams: each has a luck of its own', () => {
  const fault: Fault = { fault: 'drop', chance: 0.5 };
  const [one, other] = [new Schedule(fault, 1, 0), new Schedule(fault, 1, 1)];
  const draw = (schedule: Schedule, what: string): boolean[] =>
    Array.from({ length: 64 }, () => schedule.strikes(0, '#1', what));
  const first = draw(one, 'a');
  assert.notDeepEqual(draw(one, 'b'), first);
  assert.notDeepEqual(draw(other, 'a'), first);
});

test('nth: that one of each stream, and with times those after it', () => {
  const indexes = (fault: Fault): number[] =>
    struck(fault, 1, 10, (n) => n).flatMap((is, n) => (is ? [n + 1] : []));
  assert.deepEqual(indexes({ fault: 'gap', nth: 4 }), [4]);
  assert.deepEqual(indexes({ fault: 'gap', nth: 4, times: 3 }), [4, 5, 6]);
});

test('neither time nor number: every one, or as many as times says', () => {
  assert.equal(struck({ fault: 'drop' }, 1, 9, () => 0).filter(Boolean).length, 9);
  assert.equal(struck({ fault: 'drop', times: 2 }, 1, 9, () => 0).filter(Boolean).length, 2);
});

test('at comes once, every comes again and again with that mean, and what comes by changes none of it', () => {
  assert.deepEqual(times(new Schedule({ fault: 'gap', at: 95 }, 1, 0), 10_000), [100]);
  const fault: Fault = { fault: 'drop', every: 200, chance: 0.5 };
  const quiet = times(new Schedule(fault, 7, 0), 1_000_000);
  const busy = new Schedule(fault, 7, 0);
  for (let i = 0; i < 1000; i++) busy.strikes(0, '#1', 'x');
  assert.deepEqual(times(busy, 1_000_000), quiet);
  const mean = 1_000_000 / quiet.length;
  assert.ok(mean > 180 && mean < 230, `every ${mean} ms`);
});

test('a time lasts as long as it was told to, or until it has struck', () => {
  const lasting = new Schedule({ fault: 'drop', at: 0, for: 50 }, 1, 0);
  lasting.arm(100);
  assert.deepEqual(
    [100, 149, 150].map((now) => lasting.strikes(now, '', '')),
    [true, true, false],
  );
  const once = new Schedule({ fault: 'drop', at: 0 }, 1, 0);
  once.arm(100);
  assert.deepEqual(
    [5000, 5001].map((now) => once.strikes(now, '', '')),
    [true, false],
  );
});
