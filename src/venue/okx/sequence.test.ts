import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { captures, capturesPresent, isBook } from '../../../bench/captures.ts';
import { type Row, rowsOf } from './codec/fields.ts';
import { Sequence } from './sequence.ts';

type Message = readonly [snapshot: boolean, prevSeqId: number, seqId: number];
const verdicts = (messages: readonly Message[]) => {
  const sequence = new Sequence();
  return messages.map((message) => sequence.accept(...message));
};

test("the documentation's chain: snapshot, update, keepalive, maintenance reset, and on from the small number", () => {
  assert.deepEqual(
    verdicts([
      [true, -1, 10],
      [false, 10, 15],
      [false, 15, 15],
      [false, 15, 3],
      [false, 3, 5],
    ]),
    ['snapshot', 'update', 'keepalive', 'reset', 'update'],
  );
});

test('a gap is told once; afterwards all is waited out until the next snapshot', () => {
  assert.deepEqual(
    verdicts([
      [false, 9, 10],
      [true, -1, 10],
      [false, 12, 15],
      [false, 15, 16],
      [true, -1, 20],
      [false, 20, 21],
      [true, -1, 30],
      [false, 30, 31],
    ]),
    ['waiting', 'snapshot', 'gap', 'waiting', 'snapshot', 'update', 'snapshot', 'update'],
  );
});

test('recordings without numbers pass; numbers appearing or vanishing in mid-stream are a gap', () => {
  assert.deepEqual(
    verdicts([
      [true, 0, 0],
      [false, 0, 0],
      [false, 5, 6],
    ]),
    ['snapshot', 'update', 'gap'],
  );
  assert.deepEqual(
    verdicts([
      [true, -1, 6],
      [false, 0, 0],
    ]),
    ['snapshot', 'gap'],
  );
});

/**
 * The exchange writes a true chain; the network loses, doubles and swaps messages. The naive model knows each
 * message's place in the chain and says what a correct reader may use.
 */
test('whatever the network loses, doubles or swaps, only an unbroken chain since a snapshot is accepted', () => {
  const step = fc.constantFrom('update', 'keepalive', 'reset', 'snapshot');
  const fault = fc.constantFrom('none', 'none', 'none', 'none', 'lose', 'double', 'swap');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(step, fc.integer({ min: 1, max: 99 }), fault), { maxLength: 80 }),
      (steps) => {
        let seqId = 1_000_000;
        const sent = [{ message: [true, -1, seqId] as Message, kind: 'snapshot', fault: 'none' }];
        for (const [kind, jump, fault] of steps) {
          const prev = seqId;
          // a reset lands on a number that no other message ever has, so that a lucky match cannot hide a loss
          if (kind === 'update') seqId += jump;
          else if (kind === 'reset') seqId -= 3_000 * 100 + jump;
          sent.push({
            message: kind === 'snapshot' ? [true, -1, seqId] : [false, prev, seqId],
            kind,
            fault,
          });
        }
        const received: typeof sent = [];
        for (const entry of sent) {
          if (entry.fault === 'lose') continue;
          received.push(entry);
          if (entry.fault === 'double') received.push(entry);
          if (entry.fault === 'swap' && received.length > 1)
            received.splice(-2, 2, received.at(-1)!, received.at(-2)!);
        }
        const sequence = new Sequence();
        /** Number of the book state that the reader holds: the seqId it stands for; null = none. */
        let holds: number | null = null;
        for (const { message, kind } of received) {
          const [snapshot, prevSeqId, next] = message;
          const verdict = sequence.accept(...message);
          if (snapshot) {
            assert.equal(verdict, 'snapshot');
            holds = next;
          } else if (holds === null) assert.equal(verdict, 'waiting');
          else if (prevSeqId === holds) {
            assert.equal(verdict, kind);
            holds = next;
          } else {
            assert.equal(verdict, 'gap');
            holds = null;
          }
          assert.equal(sequence.following, holds !== null);
        }
      },
    ),
  );
});

describe('real captures', { skip: !capturesPresent && 'the recordings are not beside this clone' }, () => {
  test('follow without a gap, each instrument by itself, second snapshots included', () => {
    let messages = 0;
    for (const [file, list] of captures()) {
      const sequences = new Map<string, Sequence>();
      for (const { message } of list.filter((captured) => isBook(captured.message))) {
        const key = JSON.stringify(message.arg);
        const sequence = sequences.get(key) ?? new Sequence();
        sequences.set(key, sequence);
        const [book] = rowsOf(message.data) as [Row];
        const verdict = sequence.accept(
          message.action === 'snapshot',
          Number(book.prevSeqId ?? 0),
          Number(book.seqId ?? 0),
        );
        assert.ok(['snapshot', 'update'].includes(verdict), `${file}: ${verdict}`);
        messages++;
      }
    }
    assert.ok(messages > 3_900);
  });
});
