import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { Case } from './case.ts';
import { leftOf, type PlannedOrder } from './order.ts';
import type { Stage } from './stage.ts';

export type IcebergKind = 'iceberg_native' | 'iceberg_sliced' | 'iceberg_following';

/** s. */
const LIFE = [3, 90] as const;
/** What it trades against what really traded there in its life. */
const VOLUME = [0.25, 2.5] as const;
/** The volume aimed at, in peaks. */
const PEAKS = [5, 40] as const;
/** Nobody hides what is small, nor shows what is huge: a peak is larger than so many of the taker orders, at least and at most. */
const PEAK_RANKS = [0.75, 0.98] as const;
/** One that never came again so often showed nothing that could be found. */
const REFILLS_LEAST = 3;
/** Of the takers who meet it so many come by themselves, shortly after a real one, instead of being a larger real one. */
const ALONE = 0.4;
/** A following iceberg lets the best price go so far, bp. */
const FOLLOW_BP = 0.3;

/**
 * An order that shows only its peak, at the best price of the moment it came.
 *
 * - native: refilled within the same millisecond, same size; between takers, not within one. Where the price goes through,
 *   it has been taken whole: that peak was its last;
 * - sliced: refilled by hand after 20 to 400 ms, size ± a tenth; where the price has gone through it waits until that is back;
 * - following: the next peak comes 10 to 100 ms later at the best price of that moment, size ± a tenth; also when the best
 *   price has left it behind.
 *
 * How much trades is a factor on what really traded there in its life: that much of the future is known when it is placed.
 */
export class Iceberg extends Case {
  private readonly way: IcebergKind;
  private readonly own: BookSide;
  private readonly lifeMs: number;
  private readonly factor: number;
  private price: number = NO_PRICE;
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
    this.factor = stage.spread(...VOLUME);
  }

  begin(): boolean {
    const { stage, own, way } = this;
    this.price = stage.bestOf(own);
    const end = stage.now + this.lifeMs;
    const real = stage.ground.timeline.printed(
      own,
      stage.now,
      end,
      way === 'iceberg_following' ? NO_PRICE : this.price,
    );
    const aim = real * this.factor;
    const [least, most] = PEAK_RANKS.map((rank) => stage.ground.takers.quantile(rank)) as [number, number];
    if (aim < PEAKS[0] * least) return false;
    this.peak = Math.round(Math.min(most, Math.max(least, aim / stage.spread(...PEAKS))));
    this.total = Math.max(
      this.peak,
      Math.round(Math.min(aim * stage.spread(0.6, 2), this.peak * 2 * PEAKS[1])),
    );
    stage.after(this.lifeMs, () => this.end());
    return this.show(true);
  }

  share(_order: PlannedOrder, printed: number): number {
    const { random } = this.stage;
    if (this.takenAt === this.stage.now) return 0;
    const size = Math.max(1, Math.round(printed * this.factor * (0.5 + random.uniform())));
    if (!random.chance(ALONE)) return size;
    this.stage.after(1 + random.below(40), () => {
      const [standing] = this.resting;
      if (standing !== undefined) this.stage.takeAlone(standing, size);
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
    if (this.emptied) this.refills += 1;
    this.emptied = false;
    return true;
  }
}
