import { ok, type Result } from '../../core/result.ts';
import { lots, opposite, type Side } from '../../core/units.ts';
import type { Account } from '../accounts/account.ts';
import { checkPosition } from '../accounts/checks.ts';
import { closes, type Holding, type MarginMode, type PositionSide } from '../accounts/holding.ts';
import type { Ids } from '../accounts/ids.ts';
import type { AccountObserver } from '../accounts/observer.ts';
import { type Attachment, CANCELED, type Order } from '../accounts/order.ts';
import type { OrderDesk } from '../accounts/order-desk.ts';
import { closable } from '../accounts/reducing.ts';
import { type Refusal, refuse } from '../accounts/refusal.ts';
import type { Market } from '../market/market.ts';
import { type Algo, type AlgoType, type Followed, type Trailing, type Trigger, triggerOf } from './algo.ts';
import { checkAlgo, checkLegs, reach } from './algo-checks.ts';

export interface AlgoPlacement {
  readonly market: Market;
  readonly type: AlgoType;
  readonly side: Side;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
  /** Lots; 0 = the whole position. */
  readonly size: number;
  readonly takeProfit: Trigger | null;
  readonly stopLoss: Trigger | null;
  readonly trigger: Trigger | null;
  readonly trailing: Trailing | null;
  readonly attachments: readonly Attachment[];
  readonly reduceOnly: boolean;
  readonly cancelOnClose: boolean;
  readonly clientId: string;
  readonly tag: string;
}

/** What is to be different; null or 0 = as it is. */
export interface AlgoAmendment {
  readonly size: number;
  readonly takeProfit: Trigger | 'remove' | null;
  readonly stopLoss: Trigger | 'remove' | null;
  readonly trigger: Trigger | null;
  readonly trailing: Trailing | null;
  readonly requestId: string;
  readonly cancelOnFail: boolean;
}

type Leg = '' | 'tp' | 'sl';

/** A closing order of this side profits when the price rises (sell) or falls (buy). */
function isReached(market: Market, trigger: Trigger, rising: boolean): boolean {
  const { highest, lowest } = reach(market, trigger.watches);
  return rising ? highest >= trigger.at : lowest <= trigger.at;
}

const SOURCES: Readonly<Record<AlgoType, string>> = {
  trigger: '6',
  conditional: '7',
  oco: '7',
  move_order_stop: '25',
};

/** Orders that wait for a price: take profit and stop loss, attached or alone, trigger orders, trailing stops. */
export class AlgoDesk {
  private readonly orders: OrderDesk;
  private readonly ids: Ids;
  private readonly observer: AccountObserver;
  /** Stops moved while this step is looked at: its extremes were before that. */
  private readonly justMoved = new Set<Algo>();

  constructor(orders: OrderDesk, ids: Ids, observer: AccountObserver) {
    this.orders = orders;
    this.ids = ids;
    this.observer = observer;
  }

  place(account: Account, asked: AlgoPlacement): Result<Algo, Refusal> {
    const { positionSide, side, size } = asked;
    const reduceOnly = positionSide === 'net' ? asked.reduceOnly : closes(positionSide, side);
    if (size === 0 && !reduceOnly)
      return positionSide === 'net'
        ? refuse('51328', 'closeFraction is only available for reduceOnly orders')
        : refuse('51331', 'closeFraction is only available for close position orders');
    // what closes a whole position has no meaning after it
    const placement = { ...asked, reduceOnly, cancelOnClose: asked.cancelOnClose || size === 0 };
    const no = checkPosition(account, positionSide) ?? checkAlgo(account, placement);
    if (no !== null) return { ok: false, error: no };
    return ok(this.start(account, placement, 0));
  }

  cancel(account: Account, algo: Algo, at: number): void {
    algo.state = 'canceled';
    this.end(account, algo, at);
  }

  amend(account: Account, algo: Algo, amendment: AlgoAmendment): Result<Algo, Refusal> {
    const { market } = account.holdingOf(algo);
    const changed = this.changed(market, algo, amendment);
    if (!changed.ok) {
      if (amendment.cancelOnFail) this.cancel(account, algo, market.now);
      return changed;
    }
    Object.assign(algo, changed.value);
    algo.updatedAt = market.now;
    algo.requestId = amendment.requestId;
    algo.amendResult = '0';
    this.observer.algoChanged(account, algo);
    algo.requestId = algo.amendResult = '';
    return ok(algo);
  }

  private changed(market: Market, algo: Algo, amendment: AlgoAmendment): Result<Partial<Algo>, Refusal> {
    const { size, trigger, trailing } = amendment;
    if (size !== 0 && algo.size === 0)
      return refuse(
        '51524',
        'Unable to modify the order quantity of a stop order that closes an entire position. Please modify the trigger price instead.',
      );
    const leg = (is: Trigger | null, wanted: Trigger | 'remove' | null): Trigger | null =>
      wanted === 'remove' ? null : (wanted ?? is);
    const isAdded = (is: Trigger | null, wanted: Trigger | 'remove' | null): boolean =>
      is === null && wanted !== null && wanted !== 'remove';
    if (isAdded(algo.takeProfit, amendment.takeProfit) || isAdded(algo.stopLoss, amendment.stopLoss))
      return refuse(
        '51526',
        'Order modification unsuccessful. Take profit/Stop loss conditions cannot be added to or removed from stop orders.',
      );
    const takeProfit = leg(algo.takeProfit, amendment.takeProfit);
    const stopLoss = leg(algo.stopLoss, amendment.stopLoss);
    const isPair = algo.type === 'conditional' || algo.type === 'oco';
    if (isPair && takeProfit === null && stopLoss === null)
      return refuse(
        '51531',
        'Order modification unsuccessful. The stop order must have either take profit or stop loss attached.',
      );
    const no = checkLegs({
      market,
      side: algo.side,
      takeProfit: amendment.takeProfit === null ? null : takeProfit,
      stopLoss: amendment.stopLoss === null ? null : stopLoss,
    });
    if (no !== null) return { ok: false, error: no };
    return ok({
      size: size === 0 ? algo.size : size,
      takeProfit,
      stopLoss,
      trigger: trigger === null || algo.trigger === null ? algo.trigger : withDirection(market, trigger),
      trailing:
        trailing === null || algo.trailing === null
          ? algo.trailing
          : { ...trailing, extreme: algo.trailing.extreme },
    });
  }

  /** Looks at every trigger of one instrument; called after each step, before the extremes are cleared. */
  watch(account: Account, market: Market): void {
    if (account.algos.size === 0) return;
    for (const algo of [...account.algos.values()]) {
      if (algo.instId !== market.instrument.id || algo.state !== 'live') continue;
      if (this.justMoved.has(algo)) continue;
      const { takeProfit, stopLoss, trigger, trailing } = algo;
      const upIsGain = algo.side === 'sell';
      if (trailing !== null) this.follow(account, market, algo, trailing);
      else if (trigger !== null && isReached(market, trigger, trigger.rising))
        this.fire(account, market, algo, trigger, '');
      else if (stopLoss !== null && isReached(market, stopLoss, !upIsGain))
        this.fire(account, market, algo, stopLoss, 'sl');
      else if (takeProfit !== null && isReached(market, takeProfit, upIsGain))
        this.fire(account, market, algo, takeProfit, 'tp');
    }
    this.justMoved.clear();
  }

  /**
   * A trailing stop: fires where the price before this step would have let it, else follows. Nobody knows in which
   * order a step's extremes came, so the new one counts from the next step on.
   */
  private follow(account: Account, market: Market, algo: Algo, trailing: Followed): void {
    const selling = algo.side === 'sell';
    const { highest, lowest } = market;
    if (trailing.extreme === 0) {
      const begins = selling ? highest >= trailing.activeAt : lowest <= trailing.activeAt;
      if (!begins) return;
      trailing.extreme = market.last;
      this.observer.algoChanged(account, algo);
      return;
    }
    const at = triggerOf(trailing, algo.side);
    if (selling ? lowest <= at : highest >= at)
      this.fire(account, market, algo, { at, watches: 'last', price: 0 }, '');
    else
      trailing.extreme = selling ? Math.max(trailing.extreme, highest) : Math.min(trailing.extreme, lowest);
  }

  /** An entry has filled, further: its take profits and stop losses stand for as much as is filled. */
  cover(account: Account, market: Market, entry: Order): void {
    const before = entry.covered;
    if (entry.filled <= before || entry.attachments.length === 0) return;
    entry.covered = entry.filled;
    if (closable(account.holdingOf(entry), opposite(entry.side)) === 0) return;
    let sizedBefore = 0;
    // the stop first: a limit take profit names the one it stands beside
    const parts = entry.attachments.map((attachment) => {
      const from = attachment.size === 0 ? 0 : sizedBefore;
      const most = attachment.size === 0 ? Number.POSITIVE_INFINITY : attachment.size;
      const share = (filled: number): number => Math.max(0, Math.min(most, filled - from));
      sizedBefore += attachment.size;
      return { attachment, added: share(entry.filled) - share(before) };
    });
    for (const { attachment, added } of parts)
      if (added > 0) this.coverStop(account, market, entry, attachment, added);
    for (const { attachment, added } of parts)
      if (added > 0 && attachment.limitTakeProfit) this.coverLimit(account, market, entry, attachment, added);
  }

  private coverStop(account: Account, market: Market, entry: Order, part: Attachment, added: number): void {
    const takeProfit = part.limitTakeProfit ? null : part.takeProfit;
    const { stopLoss, trailing } = part;
    if (takeProfit === null && stopLoss === null && trailing === null) return;
    const standing = this.attached(account, entry, part);
    if (standing !== undefined) {
      standing.size += added;
      standing.updatedAt = market.now;
      this.observer.algoChanged(account, standing);
      return;
    }
    const isPair = takeProfit !== null && stopLoss !== null;
    const algo = this.start(
      account,
      {
        market,
        type: trailing !== null ? 'move_order_stop' : isPair ? 'oco' : 'conditional',
        side: opposite(entry.side),
        mode: entry.mode,
        positionSide: entry.positionSide,
        size: added,
        takeProfit,
        stopLoss,
        trigger: null,
        trailing,
        attachments: [],
        reduceOnly: true,
        cancelOnClose: true,
        clientId: part.clientId,
        tag: entry.tag,
      },
      entry.id,
    );
    algo.attachedTakeProfit = takeProfit?.at ?? 0;
    if (part.stopToCost)
      algo.stopToCostAt = Math.round(market.instrument.averagePrice(lots(entry.filled), entry.value));
  }

  /** A limit take profit rests in the book and grows as its entry fills. */
  private coverLimit(account: Account, market: Market, entry: Order, part: Attachment, added: number): void {
    const price = part.takeProfit!.price;
    const stop = [...account.algos.values()].find(
      ({ parentId, stopLoss }) => parentId === entry.id && stopLoss !== null,
    );
    const resting = stop === undefined ? undefined : account.orders.get(stop.linkedOrderId);
    if (resting !== undefined && resting.price === price) {
      this.orders.amend(account, resting, {
        size: resting.size + added,
        price: 0,
        requestId: '',
        cancelOnFail: false,
        source: '5',
      });
      return;
    }
    const placed = this.orders.place(account, {
      market,
      side: opposite(entry.side),
      type: 'limit',
      size: added,
      price,
      clientId: '',
      tag: entry.tag,
      reduceOnly: true,
      attachments: [],
      mode: entry.mode,
      positionSide: entry.positionSide,
      amendPrice: true,
      linkedAlgoId: stop?.id ?? 0,
      origin: { algoId: 0, algoClientId: part.clientId, source: '7' },
    });
    if (placed.ok && stop !== undefined) stop.linkedOrderId = placed.value.id;
  }

  /** A position ended, or turned round: what was to close it goes. */
  positionMoved(account: Account, holding: Holding): void {
    for (const algo of [...account.algos.values()])
      if (algo.cancelOnClose && account.holdingOf(algo) === holding && closable(holding, algo.side) === 0)
        this.cancel(account, algo, holding.market.now);
  }

  private attached(account: Account, entry: Order, attachment: Attachment): Algo | undefined {
    for (const algo of account.algos.values())
      if (
        algo.parentId === entry.id &&
        algo.clientId === attachment.clientId &&
        algo.attachedTakeProfit === (attachment.limitTakeProfit ? 0 : (attachment.takeProfit?.at ?? 0))
      )
        return algo;
    return undefined;
  }

  private start(account: Account, placement: AlgoPlacement, parentId: number): Algo {
    const { market, trigger, trailing } = placement;
    const { leverage } = account.holding(market, placement.mode, placement.positionSide);
    const algo: Algo = {
      id: this.ids.next(),
      clientId: placement.clientId,
      instId: market.instrument.id,
      mode: placement.mode,
      positionSide: placement.positionSide,
      type: placement.type,
      side: placement.side,
      size: placement.size,
      takeProfit: placement.takeProfit,
      stopLoss: placement.stopLoss,
      trigger: trigger === null ? null : withDirection(market, trigger),
      trailing:
        trailing === null ? null : { ...trailing, extreme: trailing.activeAt === 0 ? market.last : 0 },
      attachments: placement.attachments,
      reduceOnly: placement.reduceOnly,
      leverage,
      cancelOnClose: placement.cancelOnClose,
      parentId,
      attachedTakeProfit: 0,
      stopToCostAt: 0,
      linkedOrderId: 0,
      tag: placement.tag,
      state: 'live',
      childId: 0,
      actualSide: '',
      actualSize: 0,
      actualPrice: 0,
      triggeredAt: 0,
      failCode: '',
      requestId: '',
      amendResult: '',
      createdAt: market.now,
      updatedAt: market.now,
    };
    account.algos.set(algo.id, algo);
    this.observer.algoChanged(account, algo);
    return algo;
  }

  /** Sends the child order. One leg of a pair firing ends the pair. */
  private fire(account: Account, market: Market, algo: Algo, trigger: Trigger, side: Leg): void {
    const room = closable(account.holdingOf(algo), algo.side);
    const wanted = algo.size === 0 ? room : algo.size;
    const size = algo.reduceOnly ? Math.min(wanted, room) : wanted;
    algo.triggeredAt = market.now;
    algo.actualSide = side;
    if (size === 0) {
      // what dies with its position is not a failure when another stop was quicker
      algo.state = algo.cancelOnClose ? 'canceled' : 'order_failed';
      algo.failCode = algo.cancelOnClose ? '' : '51169';
      this.end(account, algo, market.now);
      return;
    }
    const linked = account.orders.get(algo.linkedOrderId);
    if (linked !== undefined) this.orders.cancel(account, linked, CANCELED.stopFired);
    if (algo.reduceOnly) this.makeRoom(account, algo, room - size);
    const placed = this.orders.place(account, {
      market,
      side: algo.side,
      type: trigger.price === 0 ? 'market' : 'limit',
      size,
      price: trigger.price,
      clientId: '',
      tag: algo.tag,
      reduceOnly: algo.reduceOnly,
      attachments: algo.attachments,
      mode: algo.mode,
      positionSide: algo.positionSide,
      origin: { algoId: algo.id, algoClientId: algo.clientId, source: SOURCES[algo.type] },
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
    if (side === 'tp') this.moveStops(account, market, algo.parentId);
  }

  /** The first of several take profits fired: the stop of the same entry moves to what the entry cost. */
  private moveStops(account: Account, market: Market, parentId: number): void {
    for (const algo of account.algos.values())
      if (parentId !== 0 && algo.parentId === parentId && algo.stopToCostAt !== 0 && algo.stopLoss !== null) {
        algo.stopLoss = { ...algo.stopLoss, at: algo.stopToCostAt };
        algo.stopToCostAt = 0;
        this.justMoved.add(algo);
        algo.updatedAt = market.now;
        this.observer.algoChanged(account, algo);
      }
  }

  /** A stop goes before resting reduce-only orders: they make room for it. */
  private makeRoom(account: Account, algo: Algo, room: number): void {
    let left = room;
    for (const order of [...account.ordersFor(algo)]) {
      if (!order.reduceOnly || order.side !== algo.side) continue;
      const size = order.size - order.filled;
      if (size <= left) left -= size;
      else this.orders.cancel(account, order, CANCELED.outranked);
    }
  }

  private end(account: Account, algo: Algo, at: number): void {
    algo.updatedAt = at;
    account.algos.delete(algo.id);
    account.pastAlgos.add(algo);
    this.observer.algoChanged(account, algo);
  }
}

/** A trigger order fires when the price comes from where it is now. */
function withDirection(market: Market, trigger: Trigger): Trigger & { readonly rising: boolean } {
  return { ...trigger, rising: trigger.at > reach(market, trigger.watches).highest };
}
