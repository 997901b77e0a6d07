import assert from 'node:assert/strict';
import { test } from 'node:test';
import { next, type Occasion, refusalOf, type State, TABLE } from './state.ts';

test('a reconciled account can be taken in every state', () => {
  const from = (state: Exclude<State, 'recovering'>): State => next(state, 'reconcile');
  for (const state of ['idle', 'entering', 'open', 'exiting', 'halted'] as const)
    assert.equal(from(state), 'recovering');
});

const STATES = Object.keys(TABLE) as State[];
const OCCASIONS = Object.keys(TABLE.idle) as Occasion[];
const to = (state: State, on: Occasion): State | null =>
  refusalOf(state, on) === '' ? (TABLE[state][on] as State) : null;

test('every occasion in every state is a state of the table or a refusal that says why', () => {
  assert.equal(STATES.length, 6);
  for (const state of STATES)
    for (const on of OCCASIONS) {
      const after = to(state, on);
      if (after === null) assert.match(refusalOf(state, on), /^[a-z].{8,}/, `${state} × ${on}`);
      else assert.ok(STATES.includes(after), `${state} × ${on} leads nowhere`);
    }
});

test('only an approved entry leads into a trade, and only a person out of being halted', () => {
  const into = (wanted: State): string[] =>
    STATES.flatMap((state) =>
      OCCASIONS.filter((on) => to(state, on) === wanted).map((on) => `${state} × ${on}`),
    );
  assert.deepEqual(into('entering'), ['recovering × working', 'idle × enter', 'entering × amend']);
  assert.deepEqual(
    STATES.filter((state) => to(state, 'amend') !== null),
    ['entering'],
  );
  assert.deepEqual(into('exiting'), ['open × exit']);
  assert.deepEqual(
    OCCASIONS.filter((on) => to('halted', on) === 'idle'),
    ['arm'],
  );
  assert.deepEqual(OCCASIONS.filter((on) => to('halted', on) !== null).sort(), [
    'arm',
    'reconcile',
    'surprised',
  ]);
});

test('every state can be reached, and left', () => {
  const reached = new Set<State>(['recovering']);
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const state of [...reached])
      for (const on of OCCASIONS) {
        const after = to(state, on);
        if (after !== null) reached.add(after);
      }
  }
  assert.deepEqual([...reached].sort(), [...STATES].sort());
  for (const state of STATES) assert.ok(OCCASIONS.some((on) => ![null, state].includes(to(state, on))));
});

test('the compiler refuses what the table lacks', () => {
  // @ts-expect-error nothing is entered while a position is open
  assert.throws(() => next('open', 'enter'));
  // @ts-expect-error what is off stays off until a person arms it
  assert.throws(() => next('halted', 'enter'));
  // @ts-expect-error no exit without a position
  assert.throws(() => next('idle', 'exit'));
});
