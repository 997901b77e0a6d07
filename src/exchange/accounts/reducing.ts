import { type Side, signOf } from '../../core/units.ts';
import type { OrderBook } from '../matching/order-book.ts';
import type { Account } from './account.ts';
import type { Holding } from './holding.ts';
import type { Order } from './order.ts';

/**
 * OKX's rule for orders that reduce: one and those that would trade before it may together not be larger than the
 * position. A new one that comes before others pushes them out. What is refused is refused whole, nothing is trimmed.
 */

/** Whether a reduce-only order of this side waits behind one at `price` (0 = market). Equal prices: it came first. */
const isBehind = (order: Order, side: Side, price: number): boolean =>
  price === 0 || (side === 'sell' ? order.price > price : order.price < price);

/** Lots that the position could lose to an order of this side. */
export const closable = (holding: Holding, side: Side): number => Math.max(0, -signOf(side) * holding.size);

/** Resting reduce-only orders of this side, those that trade first, first. */
export function reducing(account: Account, holding: Holding, side: Side): Order[] {
  const found = [...account.ordersFor(holding)].filter((order) => order.reduceOnly && order.side === side);
  return found.sort((one, other) => signOf(side) * (other.price - one.price) || one.id - other.id);
}

/** Lots that reduce-only orders would take from the position before one at `price` comes to its turn. */
export function reducedBefore(
  account: Account,
  holding: Holding,
  side: Side,
  price: number,
  except: Order | null = null,
): number {
  let size = 0;
  for (const order of account.ordersFor(holding))
    if (order.reduceOnly && order.side === side && order !== except && !isBehind(order, side, price))
      size += order.size - order.filled;
  return size;
}

/** Reduce-only orders for which nothing would be left when one of `size` at `price` stands before them. */
export function outranked(
  account: Account,
  holding: Holding,
  side: Side,
  price: number,
  size: number,
  except: Order | null = null,
): Order[] {
  let room = closable(holding, side) - size;
  return reducing(account, holding, side).filter((order) => {
    if (order === except) return false;
    const left = order.size - order.filled;
    if (left <= room || !isBehind(order, side, price)) {
      room -= left;
      return false;
    }
    return true;
  });
}

/**
 * Lots that a resting reduce-only order may still trade in the middle of a sweep: the account is told of the trades only
 * when the sweep is over, so those that the book has noted are counted here.
 */
export function reducibleNow(account: Account, order: Order, { matches }: OrderBook): number {
  const holding = account.holdingOf(order);
  let room = closable(holding, order.side);
  for (let i = 0; i < matches.count; i++) {
    if (matches.owner[i] !== account.number || matches.size[i] === 0) continue;
    const other = account.orders.get(matches.tag[i]!);
    if (other !== undefined && account.holdingOf(other) === holding) room -= matches.size[i]!;
  }
  return Math.max(0, room);
}
