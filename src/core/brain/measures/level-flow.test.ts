import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../exchange/random.ts';
import { OrderBook } from '../../book/order-book.ts';
import { frameOf, type Level } from '../../testing/books.ts';
import { bookPath, framesOf } from '../../testing/paths.ts';
import { LevelFlow } from './level-flow.ts';
import { touchFlow } from './touch-flow.ts';

const seed = 20261122;

test('it is the definition at every level, the mean weighing 1/√m', () => {
  const levels = 4;
  const raw = [1, 2, 3, 4].map((m) => 1 / Math.sqrt(m));
  const total = raw.reduce((sum, one) => sum + one, 0);
  fc.assert(
    fc.property(bookPath, (path) => {
      const book = new OrderBook();
      const flow = new LevelFlow(levels);
      framesOf(path).forEach((frame, i) => {
        book.apply(frame);
        let wanted = 0;
        for (let m = 0; i > 0 && m < levels; m++) {
          const weight = raw[m]! / total;
          const [bid, bidBefore] = [path[i]!.bids[m], path[i - 1]!.bids[m]];
          const [ask, askBefore] = [path[i]!.asks[m], path[i - 1]!.asks[m]];
          if (bid && bidBefore) {
            if (bid[0] >= bidBefore[0]) wanted += weight * bid[1];
            if (bid[0] <= bidBefore[0]) wanted -= weight * bidBefore[1];
          }
          if (ask && askBefore) {
            if (ask[0] <= askBefore[0]) wanted -= weight * ask[1];
            if (ask[0] >= askBefore[0]) wanted += weight * askBefore[1];
          }
        }
        const actual = flow.take(book);
        assert.ok(Math.abs(actual - wanted) < 1e-9, `${actual} is not ${wanted} at frame ${i}`);
      });
    }),
    { seed, numRuns: 300 },
  );
});

test('of one level it is that of the touch', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      const book = new OrderBook();
      const flow = new LevelFlow(1);
      for (const frame of framesOf(path)) {
        book.apply(frame);
        assert.equal(flow.take(book), touchFlow(book));
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('what happens at the third level only is missed at the touch and found over several levels', () => {
  const random = new Random(77);
  const book = new OrderBook();
  const deep = new LevelFlow(5);
  const level = (price: number): Level => [price, 100];
  let bids = [1000, 999, 998, 997, 996].map(level);
  let asks = [1001, 1002, 1003, 1004, 1005].map(level);
  book.apply(frameOf(true, bids, asks));
  deep.take(book);
  let agree = 0;
  let touched = 0;
  const steps = 500;
  for (let i = 0; i < steps; i++) {
    // the signal: lots that come to one side's third level; elsewhere sizes stand
    const signal = random.chance(0.5) ? 1 : -1;
    const third = (levels: readonly Level[], more: number): Level[] =>
      levels.map(([price, size], m): Level => [price, m === 2 ? Math.max(1, size + more) : size]);
    bids = third(bids, signal * 5);
    asks = third(asks, -signal * 5);
    book.apply(frameOf(false, [bids[2]!], [asks[2]!]));
    if (Math.sign(deep.take(book)) === signal) agree += 1;
    if (touchFlow(book) !== 0) touched += 1;
  }
  assert.equal(touched, 0);
  assert.equal(agree, steps);
});

test('a snapshot is a new book, not flow; after a reset the next frame is the first', () => {
  const book = new OrderBook();
  const flow = new LevelFlow(3);
  book.apply(frameOf(true, [[100, 5]], [[101, 5]]));
  assert.equal(flow.take(book), 0);
  book.apply(frameOf(true, [[200, 50]], [[201, 1]]));
  assert.equal(flow.take(book), 0);
  flow.reset();
  book.apply(frameOf(false, [[200, 90]], []));
  assert.equal(flow.take(book), 0);
  book.apply(frameOf(false, [[200, 95]], []));
  assert.ok(flow.take(book) > 0);
});
