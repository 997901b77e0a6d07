import { BID, type BookSide } from '../../../core/book/frame.ts';
import type { LabelKind, PlantedOrder, PlantedTrade } from '../../scenarios/label.ts';
import type { Stage } from './stage.ts';

type Own<Record> = { -readonly [Key in keyof Record]: Record[Key] };

/** A planted participant: lives for a while, then says what it did. */
export abstract class Plant {
  protected readonly stage: Stage;
  protected readonly tag: number;
  /** ms. */
  protected readonly from: number;
  /** What stands in the book, by slot. */
  protected readonly resting = new Map<number, Own<PlantedOrder>>();
  private readonly orders: PlantedOrder[] = [];
  private readonly trades: PlantedTrade[] = [];
  /** Lots of its resting orders that traded. */
  protected traded = 0;
  protected readonly kind: LabelKind;
  protected readonly side: BookSide | null;

  constructor(stage: Stage, kind: LabelKind, side: BookSide | null) {
    this.stage = stage;
    this.kind = kind;
    this.side = side;
    this.tag = stage.enter(this);
    this.from = stage.now;
  }

  /** One step; false when it is over. */
  abstract step(): boolean;
  /** Lots shown or meant, where it stood, and what else is known. */
  protected abstract told(): {
    prices: readonly number[];
    size: number;
    parameters: Record<string, number | string | boolean>;
  };

  filled(slot: number, size: number, left: number): void {
    this.traded += size;
    const order = this.resting.get(slot)!;
    order.traded += size;
    if (left === 0) this.leave(slot, 'filled');
  }

  /** Ends it: orders go, the label is told. `complete` is false when the time was up first. */
  end(complete: boolean): void {
    for (const slot of [...this.resting.keys()]) {
      this.leave(slot, complete ? 'canceled' : 'open');
      this.stage.cancel(slot);
    }
    this.stage.leave(this.tag);
    const { prices, size, parameters } = this.told();
    this.stage.label({
      kind: this.kind,
      instrument: this.stage.instrument,
      from: this.from,
      to: this.stage.now,
      side: this.side === null ? null : sideName(this.side),
      prices,
      size,
      participant: `${this.kind}-${this.tag}@${this.stage.instrument}`,
      parameters: { ...parameters, complete },
      orders: this.orders,
      trades: this.trades,
    });
  }

  protected get ageMs(): number {
    return this.stage.now - this.from;
  }

  /** Rests an order and gives its slot; −1 when it would have traded, or there is no price to go by. */
  protected rest(side: BookSide, price: number, size: number, role: PlantedOrder['role']): number {
    if (!Number.isFinite(price)) return -1;
    const slot = this.stage.rest(this.tag, side, price, size);
    if (slot < 0) return slot;
    const { now } = this.stage;
    const order: Own<PlantedOrder> = {
      id: this.orders.length + 1,
      role,
      side: sideName(side),
      price,
      size,
      from: now,
      to: now,
      traded: 0,
      ended: 'open',
    };
    this.resting.set(slot, order);
    this.orders.push(order);
    return slot;
  }

  protected cancel(slot: number): void {
    if (!this.resting.has(slot)) return;
    this.leave(slot, 'canceled');
    this.stage.cancel(slot);
  }

  /** Takes at market, up to `reach` ticks behind the best; gives the lots. */
  protected take(side: BookSide, size: number, reach: number, role: PlantedTrade['role']): number {
    const taken = this.stage.take(side, size, reach);
    if (taken > 0) {
      const { first, last } = this.stage.lastTake;
      this.trades.push({ at: this.stage.now, role, side: sideName(side), size: taken, first, last });
    }
    return taken;
  }

  private leave(slot: number, ended: PlantedOrder['ended']): void {
    const order = this.resting.get(slot)!;
    order.to = this.stage.now;
    order.ended = ended;
    this.resting.delete(slot);
  }

  protected clear(): void {
    for (const slot of [...this.resting.keys()]) this.cancel(slot);
  }
}

export const sideName = (side: BookSide): 'buy' | 'sell' => (side === BID ? 'buy' : 'sell');

/** Price `ticks` behind the best of a side. */
export const behindBest = (stage: Stage, side: BookSide, ticks: number): number =>
  stage.best(side) + (side === BID ? -ticks : ticks);
