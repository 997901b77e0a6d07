import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { Case } from './case.ts';
import { leftOf, type PlannedOrder } from './order.ts';
import type { Stage } from './stage.ts';

export type IcebergKind = 'iceberg_native' | 'iceberg_sliced' | 'iceberg_following';

/** s. */
const LIFE = [3, 90] as const;
/** A taker who reaches it takes at most so many times the whole of what it really printed: more would be another taker. */
const REACH_MOST = 3;
/** The peak, in what stood at its price when it came; never smaller than three taker orders out of four. */
const PEAK = [0.1, 1] as const;
const PEAK_RANK = 0.75;
/** The whole, in peaks. */
const PEAKS = [5, 50] as const;
/** One that never came again so often showed nothing that could be found. */
const REFILLS_LEAST = 3;
/** Of the takers who meet it so many come by themselves, shortly after a real one, instead of being a larger real one. */
const ALONE = 0.4;
/** A following iceberg lets the best price go so far, bp. */
const FOLLOW_BP = 0.3;

/**
 * An order that shows only its peak, at the best price of the moment it came. It is traded in its turn: first what stood there
 * before it, as far as that was not withdrawn, then it, then who came later.
 *
 * - native: refilled within the same millisecond, same size; between takers, not within one. Where the price goes through,
 *   it has been taken whole: that peak was its last;
 * - sliced: refilled by hand after 20 to 400 ms, size ± a tenth; where the price has gone through it waits until that is back;
 * - following: the next peak comes 10 to 100 ms later at the best price of that moment, size ± a tenth; also when the best
 *   price has left it behind.
 *
 * Of the future it knows only that it will be refilled: those that would not be are drawn anew.
 */
export class Iceberg extends Case {
  private readonly way: IcebergKind;
  private readonly own: BookSide;
  private readonly lifeMs: number;
  private price: number = NO_PRICE;
  /** Lots of the real queue that are traded before it. */
  private ahead = 0;
  private peak = 0;
  private total = 0;
  private refills = 0;
  private emptied = false;
  /** The refill is due and the price not yet there. */
  private due = false;
  /** Moment of the taker order that took a peak whole: it gets no second one. */
  private takenAt = 0;

  constructor(stage: Stage, kind: IcebergKind) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, kind, side);
    this.way = kind;
    this.own = side;
    this.lifeMs = 1000 * stage.spread(...LIFE);
  }

  begin(): boolean {
    const { stage, own } = this;
    this.price = stage.bestOf(own);
    const queue = stage.bestSizeOf(own);
    const least = stage.ground.takers.quantile(PEAK_RANK);
    this.peak = Math.round(Math.max(least, queue * stage.spread(...PEAK)));
    this.total = Math.round(this.peak * stage.spread(...PEAKS));
    stage.after(this.lifeMs, () => this.end());
    return this.show(true);
  }

  share(order: PlannedOrder, printed: number): number {
    const { stage } = this;
    if (this.takenAt === stage.now) return 0;
    const reached = printed - this.ahead;
    this.ahead = Math.max(0, -reached);
    if (reached <= 0) return 0;
    const size = Math.min(leftOf(order), REACH_MOST * printed);
    if (!stage.random.chance(ALONE)) return size;
    stage.after(1 + stage.random.below(40), () => {
      const [standing] = this.resting;
      if (standing !== undefined && this.ahead === 0) stage.takeAlone(standing, size);
    });
    return 0;
  }

  override onFill(order: PlannedOrder): void {
    if (leftOf(order) > 0) return;
    this.takenAt = this.stage.now;
    this.emptied = true;
    const { place } = order.fills.at(-1)!;
    const native = this.way === 'iceberg_native';
    const through = native && (place === 'before' || (this.traded < this.total && !this.show(true)));
    if (through) this.total = this.traded;
    if (this.traded >= this.total) this.end();
    else if (!native) this.refillLater();
  }

  override onRetreat(): void {
    if (this.way !== 'iceberg_following') this.end();
    else this.refillLater();
  }

  override onFrame(): void {
    if (this.due) this.due = !this.show(false);
    else this.ahead = Math.min(this.ahead, this.stage.queueAt(this.own, this.price));
    if (this.way !== 'iceberg_following' || this.due) return;
    const [standing] = this.resting;
    const away = Math.max(5, this.stage.ticksOfBp(FOLLOW_BP));
    if (standing === undefined || Math.abs(this.stage.bestOf(this.own) - standing.price) <= away) return;
    this.cancel(standing);
    this.refillLater();
  }

  worth(): boolean {
    return this.refills >= REFILLS_LEAST;
  }

  protected told() {
    return {
      prices: [...new Set(this.orders.map(({ price }) => price))],
      size: this.total,
      parameters: {
        peak: this.peak,
        showings: this.orders.length,
        refills: this.refills,
        traded: this.traded,
        hidden: this.total - this.traded,
      },
    };
  }

  private refillLater(): void {
    const { random } = this.stage;
    const pause = this.way === 'iceberg_sliced' ? 20 + random.below(381) : 10 + random.below(91);
    this.stage.after(pause, () => {
      this.due = !this.show(false);
    });
  }

  /** The next peak; false when it cannot stand there now. */
  private show(first: boolean): boolean {
    const { stage, own, way } = this;
    if (way === 'iceberg_following') this.price = stage.bestOf(own);
    const vary = way === 'iceberg_native' ? 1 : 0.9 + 0.2 * stage.random.uniform();
    const size = Math.min(Math.round(this.peak * vary), this.total - this.traded);
    if (this.rest(own, this.price, size, 'peak', first) === null) return false;
    this.ahead = stage.queueAt(own, this.price);
    if (this.emptied) this.refills += 1;
    this.emptied = false;
    return true;
  }
}
