import assert from 'node:assert/strict';
import { test } from 'node:test';
import { next, type State } from './state.ts';

test('a reconciled account can be taken in every state', () => {
  const from = (state: Exclude<State, 'recovering'>): State => next(state, 'reconcile');
  for (const state of ['idle', 'entering', 'open', 'exiting', 'halted'] as const)
    assert.equal(from(state), 'recovering');
});

test('the compiler refuses what the table lacks', () => {
  // @ts-expect-error nothing is entered while a position is open
  assert.equal(next('open', 'enter'), undefined);
  // @ts-expect-error what is off stays off until a person arms it
  assert.equal(next('halted', 'enter'), undefined);
  // @ts-expect-error no exit without a position
  assert.equal(next('idle', 'exit'), undefined);
});
