import assert from 'node:assert/strict';
import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { Kind, OrderBook, Outcome, Terms } from '../matching/order-book.ts';
import { Random } from '../random.ts';

interface NaiveOrder {
  readonly id: number;
  readonly owner: number;
  readonly side: BookSide;
  readonly prevention: number;
  readonly reduceOnly: boolean;
  price: number;
  size: number;
}

/** Price-time priority as one would explain it: arrays, sorting, nothing clever. */
class NaiveBook {
  orders: NaiveOrder[] = [];
  log: string[] = [];
  /** Signed lots of each owner; of owner 0, who is many, none. */
  readonly positions = new Map<number, number>();

  position(owner: number): number {
    return this.positions.get(owner) ?? 0;
  }

  place(order: NaiveOrder, kind: Kind): string {
    const { side, owner, price } = order;
    const facing = this.orders
      .filter((other) => other.side !== side && (side === BID ? other.price <= price : other.price >= price))
      .sort((one, two) => (side === BID ? one.price - two.price : two.price - one.price));
    if (kind === Kind.postOnly && facing.length > 0) return 'wouldTake';
    if (kind === Kind.fok && this.fillable(order, facing) < order.size) return 'unfillable';
    for (const maker of facing) {
      if (order.size === 0) break;
      const isOwn = owner !== 0 && maker.owner === owner;
      if (isOwn && order.prevention === Terms.cancelTaker) return 'selfTrade';
      if (isOwn) {
        this.take(maker);
        if (order.prevention === Terms.cancelBoth) return 'selfTrade';
        continue;
      }
      const traded = Math.min(order.size, maker.size, this.room(maker, this.positions));
      order.size -= traded;
      maker.size -= traded;
      this.move(this.positions, owner, side, traded);
      this.move(this.positions, maker.owner, maker.side, traded);
      if (traded > 0) this.log.push(`trade ${maker.id} ${maker.price} ${traded} ${maker.size}`);
      if (maker.size === 0) this.remove(maker.id);
      else if (order.size > 0) this.take(maker);
    }
    if (order.size === 0) return 'filled';
    if (kind === Kind.ioc || kind === Kind.fok) return 'expired';
    this.orders.push(order);
    return 'resting';
  }

  /** What of `order` would trade, played through on a copy of the positions. */
  private fillable(order: NaiveOrder, facing: readonly NaiveOrder[]): number {
    const positions = new Map(this.positions);
    let filled = 0;
    for (const maker of facing) {
      if (filled >= order.size) break;
      if (order.owner !== 0 && maker.owner === order.owner) {
        if (order.prevention !== Terms.cancelMaker) break;
        continue;
      }
      const traded = Math.min(order.size - filled, maker.size, this.room(maker, positions));
      filled += traded;
      this.move(positions, maker.owner, maker.side, traded);
    }
    return filled;
  }

  private room(order: NaiveOrder, positions: ReadonlyMap<number, number>): number {
    if (!order.reduceOnly) return Number.POSITIVE_INFINITY;
    const position = positions.get(order.owner) ?? 0;
    return Math.max(0, order.side === ASK ? position : -position);
  }

  private move(positions: Map<number, number>, owner: number, side: BookSide, size: number): void {
    if (owner !== 0) positions.set(owner, (positions.get(owner) ?? 0) + (side === BID ? size : -size));
  }

  private take(order: NaiveOrder): void {
    this.log.push(`gone ${order.id}`);
    this.remove(order.id);
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

function logOf(book: OrderBook): string[] {
  const { matches } = book;
  const log: string[] = [];
  for (let i = 0; i < matches.count; i++)
    log.push(
      matches.size[i] === 0
        ? `gone ${matches.tag[i]}`
        : `trade ${matches.tag[i]} ${matches.price[i]} ${matches.size[i]} ${matches.remaining[i]}`,
    );
  return log;
}

const NAMES = Object.fromEntries(Object.entries(Outcome).map(([name, value]) => [value, name]));
const MIDDLE = 600_000;
const { limit, postOnly, ioc, fok } = Kind;
const KINDS: readonly Kind[] = [limit, limit, limit, limit, postOnly, ioc, fok];
/** The naive book searches and sorts all of its orders for each command. */
const ORDERS_MAX = 120;

/**
 * Sends the same random commands to the order book and to its naive twin and holds every trade, every outcome and,
 * now and then, every level of the two against each other. Gives how many trades there were.
 */
export function compareWithTwin(seed: number, commands: number, spread: number): number {
  const random = new Random(seed);
  const book = new OrderBook(MIDDLE);
  const naive = new NaiveBook();
  const slots = new Map<number, number>();
  const owners = new Map<number, { owner: number; side: BookSide }>();
  book.reducible = (owner, tag) => {
    const { matches } = book;
    const selling = owners.get(tag)!.side === ASK;
    let position = naive.position(owner);
    for (let i = 0; i < matches.count; i++)
      if (matches.owner[i] === owner) position += selling ? -matches.size[i]! : matches.size[i]!;
    return Math.max(0, selling ? position : -position);
  };
  let trades = 0;
  let id = 0;
  for (let step = 0; step < commands; step++) {
    const context = `seed ${seed} command ${step}`;
    const choice = random.uniform();
    const resting = naive.orders[random.below(naive.orders.length)];
    // bids rather below, asks rather above, so that a book stands between the trades
    const priceOf = (side: BookSide): number =>
      MIDDLE + Math.round((random.normal() + (side === BID ? -1.2 : 1.2)) * spread);
    const size = 1 + random.below(20);
    naive.log = [];
    book.matches.count = 0;
    if (resting !== undefined && (choice < 0.12 || naive.orders.length > ORDERS_MAX)) {
      book.cancel(slots.get(resting.id)!);
      naive.remove(resting.id);
    } else if (choice < 0.35 && resting !== undefined) {
      const smaller = random.chance(0.5);
      const newPrice = smaller ? resting.price : priceOf(resting.side);
      const newSize = smaller ? 1 + random.below(resting.size) : size;
      const kind = random.chance(0.2) ? Kind.postOnly : Kind.limit;
      // the book answers first: the positions it asks for are those before the command
      const slot = book.amend(slots.get(resting.id)!, kind, newPrice, newSize);
      if (newPrice === resting.price && newSize <= resting.size) resting.size = newSize;
      else {
        naive.remove(resting.id);
        const expected = naive.place({ ...resting, price: newPrice, size: newSize }, kind);
        assert.equal(NAMES[book.outcome], expected, context);
      }
      slots.set(resting.id, slot);
    } else {
      const side = random.chance(0.5) ? BID : ASK;
      const price = priceOf(side);
      const kind = KINDS[random.below(KINDS.length)]!;
      const owner = random.below(4);
      const prevention = random.below(3);
      const reduceOnly = owner !== 0 && random.chance(0.3);
      id += 1;
      owners.set(id, { owner, side });
      const terms = prevention + (reduceOnly ? Terms.reduceOnly : 0);
      const slot = book.place(owner, side, kind, price, size, id, terms);
      const expected = naive.place({ id, owner, side, prevention, reduceOnly, price, size }, kind);
      assert.equal(NAMES[book.outcome], expected, context);
      slots.set(id, slot);
    }
    const log = logOf(book);
    trades += log.length;
    assert.deepEqual(log, naive.log, context);
    if (step % 16 === 0)
      for (const side of [BID, ASK] as const)
        assert.deepEqual(levelsOf(book, side), naive.levels(side), context);
  }
  return trades;
}
