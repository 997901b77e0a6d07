import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { readTape } from '../../tape/reader.ts';
import { eachEvent } from './plant-files.ts';
import { writeSmallTape } from './testing/small-tape.ts';

const root = mkdtempSync(join(tmpdir(), 'coarsen-'));
after(() => rmSync(root, { recursive: true }));

/** A tape as a plain reader has it: the whole book after each message, and everything else in order. */
function told(each: (take: (event: MarketEvent) => void) => void) {
  const book = new Map<string, string>();
  const states: { stamp: number; at: number; ids: [number, number]; book: string; trades: number }[] = [];
  const others: string[] = [];
  let trades = 0;
  each((event) => {
    if (event.kind !== EventKind.book) {
      if (event.kind === EventKind.trade) trades += 1;
      others.push(JSON.stringify(event));
      return;
    }
    const { snapshot, count, side, price, size, orders, exchangeAt, prevSeqId, seqId } = event.frame;
    if (snapshot) book.clear();
    for (let i = 0; i < count; i++) {
      const key = `${side[i]} ${price[i]}`;
      if (size[i] === 0) book.delete(key);
      else book.set(key, `${size[i]} ${orders[i]}`);
    }
    const all = [...book].sort().join();
    states.push({ stamp: exchangeAt, at: event.at, ids: [prevSeqId, seqId], book: all, trades });
  });
  return { states, others };
}

test('messages merged by time: each is the last of its stretch, state, ids and place; trades and outages stay in order', () => {
  const tape = join(root, 'small.tape');
  writeSmallTape(tape, {
    ...{ seed: 8, seconds: 40, depth: 50, countsOrders: true, mergesPrints: false, checksums: false },
    ...{ snapshotEvery: 70, outage: true, clockMs: -3 },
  });
  const fine = told((take) => readTape(tape).forEach(take));
  const coarse = told((take) => eachEvent(tape, 500, take));
  assert.deepEqual(coarse.others, fine.others);
  assert.ok(coarse.states.length < fine.states.length / 3);
  let before = -1;
  for (const state of coarse.states) {
    const index = fine.states.findIndex(({ at, stamp }) => at === state.at && stamp === state.stamp);
    const same = fine.states[index]!;
    assert.equal(state.book, same.book);
    assert.equal(state.trades, same.trades, 'as many trades were told before it');
    assert.equal(state.ids[1], same.ids[1]);
    assert.equal(
      state.ids[0],
      fine.states[before + 1]!.ids[0],
      'it follows on what the one before ended with',
    );
    const stretch = fine.states.slice(before + 1, index + 1).map(({ stamp }) => Math.floor(stamp / 500));
    assert.equal(new Set(stretch).size, 1);
    before = index;
  }
  assert.equal(before, fine.states.length - 1);
});
