import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderBook } from '../book/order-book.ts';
import { frameOf, type Level } from '../testing/books.ts';
import { bookPath } from '../testing/paths.ts';
import { us } from '../units.ts';
import { Microstructure } from './microstructure.ts';

const seed = 20261122;
const close = (actual: number, wanted: number, tolerance = 1e-9): void =>
  assert.ok(
    Math.abs(actual - wanted) <= tolerance * Math.max(1, Math.abs(wanted)),
    `${actual} is not ${wanted}`,
  );

const microConfig = { halfLifeMs: 1000, levels: 3 };
function readMicro(bids: readonly Level[], asks: readonly Level[]): Microstructure {
  const book = new OrderBook();
  const micro = new Microstructure(microConfig, book);
  book.apply(frameOf(true, bids, asks));
  micro.onBook(us(0));
  micro.reading(us(60_000_000));
  return micro;
}

test('microprice, tilt and weighted depth by hand', () => {
  const micro = readMicro(
    [
      [100, 30],
      [99, 20],
      [97, 30],
      [90, 999],
    ],
    [
      [104, 10],
      [105, 10],
      [106, 15],
    ],
  );
  // (104·30 + 100·10) / 40
  close(micro.microprice, 103);
  close(micro.microTilt, 0.5);
  // bids 30 + 20/2 + 30/3 = 50, asks 10 + 10/2 + 15/3 = 20; the fourth level is not looked at
  close(micro.depthImbalance, 30 / 70);
  close(micro.score, (30 / 70 + 0.5) / 2);
  close(micro.likelihood, 1, 1e-9);
});

test('the microprice lies between bid and ask and nearer the thinner side', () => {
  fc.assert(
    fc.property(bookPath, (path) => {
      for (const { bids, asks } of path) {
        const micro = readMicro(bids, asks);
        assert.ok(micro.microprice > bids[0]![0] && micro.microprice < asks[0]![0]);
        const mid = (bids[0]![0] + asks[0]![0]) / 2;
        assert.equal(Math.sign(micro.microprice - mid), Math.sign(bids[0]![1] - asks[0]![1]));
        for (const value of [micro.score, micro.depthImbalance, micro.microTilt])
          assert.ok(Math.abs(value) <= 1);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('a wide spread costs trust, by how unusual it is; a grid that never moved does not make it infinite', () => {
  const book = new OrderBook();
  const micro = new Microstructure({ halfLifeMs: 60_000, levels: 3 }, book);
  const show = (ask: number, at: number): number => {
    book.apply(frameOf(true, [[100, 10]], [[ask, 10]]));
    micro.onBook(us(at));
    micro.reading(us(at));
    return micro.likelihood;
  };
  let at = 0;
  let usual = 0;
  for (; at < 600_000_000; at += 100_000) usual = show(101, at);
  close(usual, 1, 0.01);
  const two = show(102, at);
  const ten = show(110, at + 1);
  assert.ok(two < usual && two > 0.2, `two ticks after a long calm: ${two}`);
  assert.ok(ten < two && ten > 0);
});

test('a one-sided book says nothing', () => {
  const book = new OrderBook();
  const micro = new Microstructure(microConfig, book);
  book.apply(frameOf(true, [[100, 5]], []));
  micro.onBook(us(0));
  micro.reading(us(1_000_000));
  assert.deepEqual([micro.score, micro.likelihood], [0, 0]);
});
