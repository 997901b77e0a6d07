import { ok, type Result } from '../../core/result.ts';
import { opposite, type Side, signOf } from '../../core/units.ts';
import type { Account, Holding } from '../accounts/account.ts';
import type { Ids } from '../accounts/ids.ts';
import type { AccountObserver } from '../accounts/observer.ts';
import type { Attachment, Order } from '../accounts/order.ts';
import type { OrderDesk } from '../accounts/order-desk.ts';
import { type Refusal, refuse } from '../accounts/refusal.ts';
import type { Market } from '../market/market.ts';
import type { Algo, AlgoType, Trigger } from './algo.ts';

export interface AlgoPlacement {
  readonly market: Market;
  readonly type: AlgoType;
  readonly side: Side;
  /** Lots; 0 = the whole position. */
  readonly size: number;
  readonly takeProfit: Trigger | null;
  readonly stopLoss: Trigger | null;
  readonly trigger: Trigger | null;
  readonly reduceOnly: boolean;
  readonly cancelOnClose: boolean;
  readonly clientId: string;
  readonly tag: string;
}

/** The price a trigger watches, and how far it went since anybody looked. */
interface Reach {
  readonly highest: number;
  readonly lowest: number;
}

function reach(market: Market, trigger: Trigger): Reach {
  if (trigger.watches === 'last') return market;
  const at = trigger.watches === 'mark' ? market.mark : market.index;
  return { highest: at, lowest: at };
}

/** A closing order of this side profits when the price rises (sell) or falls (buy). */
function isReached(market: Market, trigger: Trigger, rising: boolean): boolean {
  const { highest, lowest } = reach(market, trigger);
  return rising ? highest >= trigger.at : lowest <= trigger.at;
}

const PER_INSTRUMENT_MAX = 100;

/** Orders that wait for a price: take profit and stop loss, attached or alone, and trigger orders. */
export class AlgoDesk {
  private readonly orders: OrderDesk;
  private readonly ids: Ids;
  private readonly observer: AccountObserver;

  constructor(orders: OrderDesk, ids: Ids, observer: AccountObserver) {
    this.orders = orders;
    this.ids = ids;
    this.observer = observer;
  }

  place(account: Account, placement: AlgoPlacement): Result<Algo, Refusal> {
    const { market, clientId } = placement;
    const no = this.check(account, placement);
    if (no !== null) return no;
    return ok(this.start(account, market, placement, clientId, 0));
  }

  cancel(account: Account, algo: Algo, at: number): void {
    algo.state = 'canceled';
    this.end(account, algo, at);
  }

  /** Looks at every trigger of one instrument; called after each step, before the extremes are cleared. */
  watch(account: Account, market: Market): void {
    if (account.algos.size === 0) return;
    for (const algo of [...account.algos.values()]) {
      if (algo.instId !== market.instrument.id || algo.state !== 'live') continue;
      const { takeProfit, stopLoss, trigger } = algo;
      const upIsGain = algo.side === 'sell';
      if (trigger !== null && isReached(market, trigger, trigger.rising))
        this.fire(account, market, algo, trigger, '');
      else if (stopLoss !== null && isReached(market, stopLoss, !upIsGain))
        this.fire(account, market, algo, stopLoss, 'sl');
      else if (takeProfit !== null && isReached(market, takeProfit, upIsGain))
        this.fire(account, market, algo, takeProfit, 'tp');
    }
  }

  /** An entry has filled, further: its take profit and stop loss stand for as much as is filled. */
  cover(account: Account, market: Market, entry: Order): void {
    const added = entry.filled - entry.covered;
    if (added <= 0 || entry.attachments.length === 0) return;
    entry.covered = entry.filled;
    const holding = account.holding(market);
    if (Math.sign(holding.size) !== signOf(entry.side)) return;
    for (const attachment of entry.attachments) {
      const standing = this.attached(account, entry, attachment);
      if (standing === undefined) this.attach(account, market, entry, attachment, added);
      else {
        standing.size += added;
        standing.updatedAt = market.now;
        this.observer.algoChanged(account, standing);
      }
    }
  }

  /** A position ended, or turned round: what was to close it goes. */
  positionMoved(account: Account, holding: Holding): void {
    for (const algo of [...account.algos.values()]) {
      if (algo.instId !== holding.market.instrument.id || !algo.cancelOnClose) continue;
      const closes = holding.size > 0 ? 'sell' : 'buy';
      if (holding.size === 0 || algo.side !== closes) this.cancel(account, algo, holding.market.now);
    }
  }

  private attached(account: Account, entry: Order, attachment: Attachment): Algo | undefined {
    for (const algo of account.algos.values())
      if (algo.parentId === entry.id && algo.clientId === attachment.clientId) return algo;
    return undefined;
  }

  private attach(account: Account, market: Market, entry: Order, attachment: Attachment, size: number): void {
    const { takeProfit, stopLoss } = attachment;
    const placement: AlgoPlacement = {
      market,
      type: takeProfit !== null && stopLoss !== null ? 'oco' : 'conditional',
      side: opposite(entry.side),
      size,
      takeProfit,
      stopLoss,
      trigger: null,
      reduceOnly: true,
      cancelOnClose: true,
      clientId: attachment.clientId,
      tag: entry.tag,
    };
    this.start(account, market, placement, attachment.clientId, entry.id);
  }

  private start(
    account: Account,
    market: Market,
    placement: AlgoPlacement,
    clientId: string,
    parentId: number,
  ): Algo {
    const { trigger } = placement;
    const algo: Algo = {
      id: this.ids.next(),
      clientId,
      instId: market.instrument.id,
      type: placement.type,
      side: placement.side,
      size: placement.size,
      takeProfit: placement.takeProfit,
      stopLoss: placement.stopLoss,
      trigger: trigger === null ? null : { ...trigger, rising: trigger.at > reach(market, trigger).highest },
      reduceOnly: placement.reduceOnly,
      cancelOnClose: placement.cancelOnClose,
      parentId,
      tag: placement.tag,
      state: 'live',
      childId: 0,
      actualSide: '',
      actualSize: 0,
      actualPrice: 0,
      triggeredAt: 0,
      failCode: '',
      createdAt: market.now,
      updatedAt: market.now,
    };
    account.algos.set(algo.id, algo);
    this.observer.algoChanged(account, algo);
    return algo;
  }

  /** Sends the child order. One leg of a pair firing ends the pair. */
  private fire(account: Account, market: Market, algo: Algo, trigger: Trigger, side: '' | 'tp' | 'sl'): void {
    const holding = account.holding(market);
    const closable = Math.sign(holding.size) === -signOf(algo.side) ? Math.abs(holding.size) : 0;
    const wanted = algo.size === 0 ? closable : algo.size;
    const size = algo.reduceOnly ? Math.min(wanted, closable) : wanted;
    algo.triggeredAt = market.now;
    algo.actualSide = side;
    if (size === 0) {
      // what dies with its position is not a failure when another stop was quicker
      algo.state = algo.cancelOnClose ? 'canceled' : 'order_failed';
      algo.failCode = algo.cancelOnClose ? '' : '51169';
      this.end(account, algo, market.now);
      return;
    }
    if (algo.reduceOnly) this.makeRoom(account, market, algo, closable - size);
    const placed = this.orders.place(account, {
      market,
      side: algo.side,
      type: trigger.price === 0 ? 'market' : 'limit',
      size,
      price: trigger.price,
      clientId: '',
      tag: algo.tag,
      reduceOnly: algo.reduceOnly,
      attachments: [],
      origin: { algoId: algo.id, algoClientId: algo.clientId, source: algo.type === 'trigger' ? '6' : '7' },
    });
    if (placed.ok) {
      algo.state = 'effective';
      algo.childId = placed.value.id;
      algo.actualSize = size;
      algo.actualPrice = placed.value.lastFill?.price ?? trigger.price;
    } else {
      algo.state = 'order_failed';
      algo.failCode = placed.error.code;
    }
    this.end(account, algo, market.now);
  }

  /** A stop goes before resting reduce-only orders: they make room for it. */
  private makeRoom(account: Account, market: Market, algo: Algo, room: number): void {
    let left = room;
    for (const order of [...account.ordersOf(market.instrument.id)]) {
      if (!order.reduceOnly || order.side !== algo.side) continue;
      const size = order.size - order.filled;
      if (size <= left) left -= size;
      else this.orders.cancel(account, order, '22');
    }
  }

  private end(account: Account, algo: Algo, at: number): void {
    algo.updatedAt = at;
    account.algos.delete(algo.id);
    account.pastAlgos.add(algo);
    this.observer.algoChanged(account, algo);
  }

  private check(account: Account, placement: AlgoPlacement): ReturnType<typeof refuse> | null {
    const { market, takeProfit, stopLoss, side, clientId } = placement;
    let count = 0;
    for (const algo of account.algos.values()) {
      if (algo.instId === market.instrument.id) count += 1;
      if (clientId !== '' && algo.clientId === clientId)
        return refuse('51065', 'algoClOrdId already exists.');
    }
    if (count >= PER_INSTRUMENT_MAX)
      return refuse('51102', 'The number of pending algo orders exceeds the limit.');
    if (placement.size !== 0 && placement.size < market.instrument.sizeMin)
      return refuse(
        '51020',
        `Your order should meet or exceed the minimum order amount of ${market.instrument.spec.minSz}.`,
      );
    if (placement.trigger !== null) return null;
    const above = (trigger: Trigger): boolean => trigger.at > reach(market, trigger).highest;
    const below = (trigger: Trigger): boolean => trigger.at < reach(market, trigger).lowest;
    if (side === 'buy') {
      if (takeProfit !== null && !below(takeProfit))
        return refuse('51277', 'TP trigger price cannot be higher than the last price.');
      if (stopLoss !== null && !above(stopLoss))
        return refuse('51278', 'SL trigger price cannot be lower than the last price.');
    } else {
      if (takeProfit !== null && !above(takeProfit))
        return refuse('51279', 'TP trigger price cannot be lower than the last price.');
      if (stopLoss !== null && !below(stopLoss))
        return refuse('51280', 'SL trigger price cannot be higher than the last price.');
    }
    return null;
  }
}
