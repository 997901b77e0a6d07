import { BID, type BookSide } from '../../core/book/frame.ts';
import type { LabelKind } from '../../exchange/scenarios/label.ts';
import { leftOf, type PlannedFill, type PlannedLabel, type PlannedOrder } from './order.ts';
import type { Stage } from './stage.ts';

/** A participant laid over a real tape: acts on what the tape shows until it is over, then says what it did. */
export abstract class Case {
  /** Every order that it rested, oldest first. */
  readonly orders: PlannedOrder[] = [];
  /** What stands in the book. */
  readonly resting: PlannedOrder[] = [];
  over = false;
  readonly kind: LabelKind;
  protected readonly stage: Stage;
  protected readonly side: BookSide | null;
  /** Lots. */
  protected traded = 0;
  private complete = false;

  constructor(stage: Stage, kind: LabelKind, side: BookSide | null) {
    this.stage = stage;
    this.kind = kind;
    this.side = side;
  }

  /** False: it cannot be here and now. */
  abstract begin(): boolean;
  /** Lots of `order`, at most, that the taker of real print `print` takes as well, having printed `printed` at its price. */
  abstract share(order: PlannedOrder, printed: number, print: number): number;
  /** The touch may have changed. */
  onFrame(): void {}
  /** `order` traded; it is out of the book when nothing is left of it. */
  onFill(_order: PlannedOrder): void {}
  /** The price went through and the order was withdrawn in the last moment: see `Stage`. */
  onRetreat(_order: PlannedOrder): void {}
  /** Whether what came of it is worth planting. */
  abstract worth(): boolean;
  protected abstract told(): {
    prices: readonly number[];
    size: number;
    parameters: Record<string, number | string | boolean>;
  };

  /** Everything goes; `complete` is false when the tape was over first. */
  end(complete = true): void {
    if (this.over) return;
    this.over = true;
    this.complete = complete;
    for (const order of [...this.resting]) this.leave(order, complete ? 'canceled' : 'open');
  }

  filled(order: PlannedOrder, fill: PlannedFill): void {
    order.fills.push(fill);
    order.traded += fill.size;
    this.traded += fill.size;
    if (leftOf(order) === 0) this.leave(order, 'filled');
    this.onFill(order);
  }

  retreat(order: PlannedOrder): void {
    this.leave(order, 'canceled');
    this.onRetreat(order);
  }

  label(instrument: string, number: number): PlannedLabel {
    const { orders, kind, side, complete } = this;
    const { parameters, ...told } = this.told();
    return {
      kind,
      instrument,
      from: orders[0]!.from,
      to: orders.reduce((latest, { to }) => Math.max(latest, to), 0),
      side: side === null ? null : sideName(side),
      ...told,
      participant: `${kind}-${number}@${instrument}`,
      parameters: { ...parameters, complete },
      orders,
      trades: [],
    };
  }

  /**
   * Rests an order; null where there is no price to go by, or it would trade at once. It joins or stands behind the real best
   * price: a better one only if `improving`.
   */
  protected rest(
    side: BookSide,
    price: number,
    size: number,
    role: PlannedOrder['role'],
    improving = false,
  ): PlannedOrder | null {
    if (!this.stage.restable(side, price, improving)) return null;
    const { now } = this.stage;
    const order: PlannedOrder = {
      id: this.orders.length + 1,
      role,
      side: sideName(side),
      price,
      size: Math.max(1, Math.round(size)),
      from: now,
      to: now,
      traded: 0,
      ended: 'open',
      fills: [],
    };
    this.orders.push(order);
    this.resting.push(order);
    return order;
  }

  protected cancel(order: PlannedOrder): void {
    if (this.resting.includes(order)) this.leave(order, 'canceled');
  }

  private leave(order: PlannedOrder, ended: PlannedOrder['ended']): void {
    order.to = this.stage.now;
    order.ended = ended;
    this.resting.splice(this.resting.indexOf(order), 1);
  }
}

export const sideName = (side: BookSide): 'buy' | 'sell' => (side === BID ? 'buy' : 'sell');
/** +1 where a higher price is better, −1 where a lower one is. */
export const upOf = (side: BookSide): 1 | -1 => (side === BID ? 1 : -1);
