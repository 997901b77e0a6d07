import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID } from '../../core/book/frame.ts';
import { compareWithTwin } from '../testing/naive-book.ts';
import { Kind, OrderBook, Outcome, Terms } from './order-book.ts';

test('a million random commands leave the same trades, outcomes and levels as the naive book', () => {
  let trades = 0;
  for (let seed = 1; seed <= 250; seed++) trades += compareWithTwin(seed, 4000, 15);
  assert.ok(trades > 60_000, `only ${trades} trades`);
});

test('prices far outside the first window are kept: the window moves and widens', () => {
  for (let seed = 100; seed < 104; seed++) compareWithTwin(seed, 1500, 60_000);
});

test('a market that walks away from where it began takes the window along', () => {
  const book = new OrderBook(600_000);
  for (let price = 600_000; price < 1_400_000; price += 1000) {
    const bid = book.place(0, BID, Kind.limit, price, 5, 0);
    const ask = book.place(0, ASK, Kind.limit, price + 1, 5, 0);
    assert.equal(book.best(BID), price);
    assert.equal(book.best(ASK), price + 1);
    book.cancel(bid);
    book.cancel(ask);
  }
});

test('a smaller size keeps the place in the queue; a larger one or another price loses it', () => {
  const firstAfter = (price: number, size: number): number => {
    const book = new OrderBook(1000);
    const slot = book.place(1, ASK, Kind.limit, 1000, 5, 1);
    book.place(2, ASK, Kind.limit, 1000, 5, 2);
    const moved = book.amend(slot, Kind.limit, price, size);
    if (price !== 1000) book.amend(moved, Kind.limit, 1000, size);
    book.place(3, BID, Kind.ioc, 1000, 1, 3);
    return book.matches.tag[0]!;
  };
  assert.equal(firstAfter(1000, 4), 1);
  assert.equal(firstAfter(1000, 6), 2);
  assert.equal(firstAfter(1001, 5), 2);
});

/** A stranger's ask, then one of our own, then a stranger's; our bid would take eleven. */
function selfTrade(terms: number): { outcome: number; took: number[]; asks: number } {
  const book = new OrderBook(1000);
  book.place(2, ASK, Kind.limit, 1000, 3, 1);
  book.place(1, ASK, Kind.limit, 1001, 4, 2);
  book.place(2, ASK, Kind.limit, 1002, 5, 3);
  book.place(1, BID, Kind.limit, 1002, 11, 4, terms);
  let asks = 0;
  for (let price = book.best(ASK); !Number.isNaN(price); price = book.behind(ASK, price))
    asks += book.sizeAt(price);
  const { matches, outcome } = book;
  return { outcome, took: [...matches.size.slice(0, matches.count)], asks };
}

test('who meets himself: the maker goes, or the taker, or both', () => {
  assert.deepEqual(selfTrade(Terms.cancelMaker), { outcome: Outcome.resting, took: [3, 0, 5], asks: 0 });
  assert.deepEqual(selfTrade(Terms.cancelTaker), { outcome: Outcome.selfTrade, took: [3], asks: 9 });
  assert.deepEqual(selfTrade(Terms.cancelBoth), { outcome: Outcome.selfTrade, took: [3, 0], asks: 5 });
});
