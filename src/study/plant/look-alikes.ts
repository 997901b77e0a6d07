import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { Case, upOf } from './case.ts';
import type { PlannedOrder } from './order.ts';
import { LARGE, rounded } from './spoofer.ts';
import { type Stage, sideOf } from './stage.ts';

/** As much of the taker as the order has of the queue. */
function queueShare(stage: Stage, order: PlannedOrder, printed: number): number {
  return Math.ceil((printed * order.size) / (order.size + stage.bestSizeOf(sideOf(order))));
}

/**
 * As large as a spoofer's wall and as far from the best price, but alone and meant: stays when the price comes, trades then,
 * and is withdrawn in the end when it does not.
 */
export class HonestLargeOrder extends Case {
  private readonly own: BookSide;
  private readonly lifeMs: number;
  private readonly distance: number;
  private readonly multiple: number;
  private order: PlannedOrder | null = null;
  private stayed = true;

  constructor(stage: Stage) {
    const side: BookSide = stage.random.chance(0.5) ? BID : ASK;
    super(stage, 'honest_large_order', side);
    this.own = side;
    this.lifeMs = 1000 * stage.spread(3, 120);
    this.distance = Math.max(2, Math.round(stage.ticksOfBp(stage.spread(0.2, 8))));
    this.multiple = stage.spread(0.7, 10);
  }

  begin(): boolean {
    const { stage, own, distance } = this;
    const size = rounded(stage, this.multiple * stage.ground.levels.quantile(distance, LARGE));
    this.order = this.rest(own, stage.bestOf(own) - distance * upOf(own), size, 'quote');
    stage.after(this.lifeMs, () => this.end());
    return this.order !== null;
  }

  share(order: PlannedOrder, printed: number): number {
    return queueShare(this.stage, order, printed);
  }

  override onFill(order: PlannedOrder): void {
    if (order.ended === 'filled') this.end();
  }

  override onRetreat(): void {
    this.stayed = false;
    this.end();
  }

  /** One that goes when the price comes is none. */
  worth(): boolean {
    return this.stayed;
  }

  protected told() {
    const { price, size } = this.order!;
    return {
      prices: [price],
      size,
      parameters: { traded: this.traded, multiple: this.multiple, distanceTicks: this.distance },
    };
  }
}

const LEVELS = 3;

/**
 * A market maker with large quotes on both sides, three levels each, all taken away and placed anew every 200 to 800 ms: size
 * comes and goes as with a spoofer, but on both sides alike, and whatever trades is welcome.
 */
export class RequotingMaker extends Case {
  private readonly lifeMs: number;
  private readonly step: number;
  private readonly multiple: number;
  private rounds = 0;

  constructor(stage: Stage) {
    super(stage, 'requoting_maker', null);
    this.lifeMs = 1000 * stage.spread(4, 40);
    this.step = Math.max(1, Math.round(stage.ticksOfBp(stage.spread(0.05, 1))));
    this.multiple = stage.spread(0.3, 2);
  }

  begin(): boolean {
    this.stage.after(this.lifeMs, () => this.end());
    this.quote();
    return this.orders.length > 0;
  }

  share(order: PlannedOrder, printed: number): number {
    return queueShare(this.stage, order, printed);
  }

  worth(): boolean {
    return this.rounds >= 4;
  }

  protected told() {
    const size = this.orders.slice(0, 2 * LEVELS).reduce((sum, order) => sum + order.size, 0);
    return { prices: [], size, parameters: { rounds: this.rounds, traded: this.traded } };
  }

  private quote(): void {
    const { stage } = this;
    for (const order of [...this.resting]) this.cancel(order);
    this.rounds += 1;
    for (const side of [BID, ASK] as const)
      for (let level = 1; level <= LEVELS; level++) {
        const best = stage.bestOf(side);
        if (best === NO_PRICE) continue;
        const distance = level * this.step;
        this.rest(
          side,
          best - distance * upOf(side),
          this.multiple * stage.ground.levels.quantile(distance, LARGE),
          'quote',
        );
      }
    stage.after(200 + stage.random.below(601), () => this.quote());
  }
}
