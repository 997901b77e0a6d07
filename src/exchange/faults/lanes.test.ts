import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Session } from '../protocol/session.ts';
import { Lanes } from './lanes.ts';

type Move =
  | readonly ['send', topic: number]
  | readonly ['hold', topic: number, ms: number]
  | readonly ['holdAll', ms: number]
  | readonly ['wait', ms: number];

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('send' as const), fc.nat(2)) },
  fc.tuple(fc.constant('hold' as const), fc.nat(2), fc.integer({ min: 1, max: 50 })),
  fc.tuple(fc.constant('holdAll' as const), fc.integer({ min: 1, max: 50 })),
  fc.tuple(fc.constant('wait' as const), fc.integer({ min: 1, max: 30 })),
);

test('nothing is lost, a topic keeps its order, and nothing leaves while everything waits', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const sent: string[] = [];
      const left: string[] = [];
      let now = 0;
      let closedUntil = 0;
      const deliver = (text: string): void => {
        assert.ok(now >= closedUntil, `${text} left at ${now}, held until ${closedUntil}`);
        left.push(text);
      };
      const lanes = new Lanes({ deliver } as Session);
      const wait = (ms: number): void => {
        for (let i = 0; i < ms; i++) {
          now += 1;
          t.mock.timers.tick(1);
        }
      };
      for (const [what, ...numbers] of moves) {
        if (what === 'send') {
          const text = `${numbers[0]}:${sent.length}`;
          sent.push(text);
          lanes.send(text, `topic${numbers[0]}`);
        } else if (what === 'hold') lanes.hold(`topic${numbers[0]}`, numbers[1]!);
        else if (what === 'wait') wait(numbers[0]!);
        else {
          lanes.holdAll(numbers[0]!);
          if (now >= closedUntil) closedUntil = now + numbers[0]!;
        }
      }
      wait(101);
      const of = (all: string[], topic: number): string[] =>
        all.filter((text) => text.startsWith(`${topic}:`));
      for (const topic of [0, 1, 2]) assert.deepEqual(of(left, topic), of(sent, topic));
    }),
  );
});
