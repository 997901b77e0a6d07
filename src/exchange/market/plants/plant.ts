import { BID, type BookSide } from '../../../core/book/frame.ts';
import type { LabelKind } from '../../scenarios/label.ts';
import type { Stage } from './stage.ts';

/** A planted participant: lives for a while, then says what it did. */
export abstract class Plant {
  protected readonly stage: Stage;
  protected readonly tag: number;
  /** ms. */
  protected readonly from: number;
  /** Lots left by slot. */
  protected readonly resting = new Map<number, number>();
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
    if (left === 0) this.resting.delete(slot);
    else this.resting.set(slot, left);
  }

  /** Ends it: orders go, the label is told. `complete` is false when the time was up first. */
  end(complete: boolean): void {
    this.clear();
    this.stage.leave(this.tag);
    const { prices, size, parameters } = this.told();
    this.stage.label({
      kind: this.kind,
      instrument: this.stage.instrument,
      from: this.from,
      to: this.stage.now,
      side: this.side === null ? null : this.side === BID ? 'buy' : 'sell',
      prices,
      size,
      participant: `${this.kind}-${this.tag}`,
      parameters: { ...parameters, complete },
    });
  }

  protected get ageMs(): number {
    return this.stage.now - this.from;
  }

  protected rest(side: BookSide, price: number, size: number): number {
    const slot = this.stage.rest(this.tag, side, price, size);
    if (slot >= 0) this.resting.set(slot, size);
    return slot;
  }

  protected cancel(slot: number): void {
    if (!this.resting.delete(slot)) return;
    this.stage.cancel(slot);
  }

  protected clear(): void {
    for (const slot of [...this.resting.keys()]) this.cancel(slot);
  }
}

/** Price `ticks` behind the best of a side. */
export const behindBest = (stage: Stage, side: BookSide, ticks: number): number =>
  stage.best(side) + (side === BID ? -ticks : ticks);
