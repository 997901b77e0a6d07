import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { Random } from '../random.ts';
import { Kind, OrderBook, Outcome } from './order-book.ts';

interface NaiveOrder {
  readonly id: number;
  readonly owner: number;
  readonly side: BookSide;
  price: number;
  size: number;
}

/** Price-time priority as one would explain it: arrays, sorting, nothing clever. */
class NaiveBook {
  orders: NaiveOrder[] = [];
  log: string[] = [];

  place(id: number, owner: number, side: BookSide, kind: Kind, price: number, size: number): string {
    const facing = this.orders
      .filter((order) => order.side !== side && (side === BID ? order.price <= price : order.price >= price))
      .sort((one, two) => (side === BID ? one.price - two.price : two.price - one.price));
    if (kind === Kind.postOnly && facing.length > 0) return 'wouldTake';
    const others = facing.filter((order) => owner === 0 || order.owner !== owner);
    if (kind === Kind.fok && others.reduce((sum, order) => sum + order.size, 0) < size) return 'unfillable';
    let left = size;
    for (const maker of facing) {
      if (left === 0) break;
      if (owner !== 0 && maker.owner === owner) {
        this.log.push(`self ${maker.id}`);
        this.remove(maker.id);
        continue;
      }
      const traded = Math.min(left, maker.size);
      left -= traded;
      maker.size -= traded;
      this.log.push(`trade ${maker.id} ${maker.price} ${traded} ${maker.size}`);
      if (maker.size === 0) this.remove(maker.id);
    }
    if (left === 0) return 'filled';
    if (kind === Kind.ioc || kind === Kind.fok) return 'expired';
    this.orders.push({ id, owner, side, price, size: left });
    return 'resting';
  }

  remove(id: number): void {
    this.orders = this.orders.filter((order) => order.id !== id);
  }

  levels(side: BookSide): string[] {
    const sizes = new Map<number, number[]>();
    for (const order of this.orders)
      if (order.side === side) sizes.set(order.price, [...(sizes.get(order.price) ?? []), order.size]);
    return [...sizes]
      .sort(([one], [two]) => (side === BID ? two - one : one - two))
      .map(([price, list]) => `${price}:${list.reduce((sum, size) => sum + size, 0)}:${list.length}`);
  }
}

function levelsOf(book: OrderBook, side: BookSide): string[] {
  const rows: string[] = [];
  for (let price = book.best(side); !Number.isNaN(price); price = book.behind(side, price))
    rows.push(`${price}:${book.sizeAt(price)}:${book.ordersAt(price)}`);
  return rows;
}

const NAMES = Object.fromEntries(Object.entries(Outcome).map(([name, value]) => [value, name]));

function compare(seed: number, operations: number, spread: number): void {
  const random = new Random(seed);
  const book = new OrderBook(600_000);
  const naive = new NaiveBook();
  const slots = new Map<number, number>();
  let id = 0;
  for (let step = 0; step < operations; step++) {
    const context = `seed ${seed} step ${step}`;
    const choice = random.uniform();
    const resting = naive.orders[random.below(naive.orders.length)];
    const price = 600_000 + Math.round(random.normal() * spread);
    const size = 1 + random.below(20);
    naive.log = [];
    book.matches.count = 0;
    if (choice < 0.25 && resting !== undefined) {
      book.cancel(slots.get(resting.id)!);
      naive.remove(resting.id);
    } else if (choice < 0.4 && resting !== undefined) {
      const smaller = random.chance(0.5);
      const newPrice = smaller ? resting.price : price;
      const newSize = smaller ? 1 + random.below(resting.size) : size;
      const slot = book.amend(slots.get(resting.id)!, Kind.limit, newPrice, newSize);
      if (newPrice === resting.price && newSize <= resting.size) resting.size = newSize;
      else {
        naive.remove(resting.id);
        naive.place(resting.id, resting.owner, resting.side, Kind.limit, newPrice, newSize);
      }
      slots.set(resting.id, slot);
    } else {
      const side = random.chance(0.5) ? BID : ASK;
      const kind = random.below(4) as Kind;
      const owner = random.below(3);
      id += 1;
      const slot = book.place(owner, side, kind, price, size, id);
      const expected = naive.place(id, owner, side, kind, price, size);
      assert.equal(NAMES[book.outcome], expected, context);
      slots.set(id, slot);
    }
    const { matches } = book;
    const log: string[] = [];
    for (let i = 0; i < matches.count; i++)
      log.push(
        matches.size[i] === 0
          ? `self ${matches.tag[i]}`
          : `trade ${matches.tag[i]} ${matches.price[i]} ${matches.size[i]} ${matches.remaining[i]}`,
      );
    assert.deepEqual(log, naive.log, context);
    if (step % 16 === 0)
      for (const side of [BID, ASK] as const)
        assert.deepEqual(levelsOf(book, side), naive.levels(side), context);
  }
}

test('random operations leave the same trades and levels as the naive book', () => {
  for (let seed = 1; seed <= 12; seed++) compare(seed, 3000, 15);
});

test('prices far outside the first window are kept: the window moves and widens', () => {
  for (let seed = 100; seed < 104; seed++) compare(seed, 1500, 60_000);
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
