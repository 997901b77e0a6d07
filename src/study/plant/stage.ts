import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import type { Random } from '../../exchange/random.ts';
import { type Case, upOf } from './case.ts';
import { leftOf, type PlannedOrder } from './order.ts';
import type { LevelSizes, Sample } from './sizes.ts';
import type { Timeline } from './timeline.ts';

/** What a survey of the tape has found out about one instrument. */
export interface Ground {
  readonly timeline: Timeline;
  readonly levels: LevelSizes;
  /** Sizes of taker orders, lots. */
  readonly takers: Sample;
}

/**
 * A taker who went through an order's price has taken the order first. That makes its real size larger by at most this
 * factor; an order that is larger still is withdrawn by its owner in that very moment instead.
 */
const SWEEP_MOST = 3;

/**
 * The real market as one planted participant meets it: time goes on over the tape's frames and prints, and its orders are
 * traded or taken away so that nothing real contradicts them:
 *
 * - a real print at an order's price may be larger by a share of the order;
 * - a real print at a worse price has first taken the whole order;
 * - so has whoever brings the other side's best price to the order's or beyond.
 *
 * The real market goes on as it did: it does not see the order.
 */
export class Stage {
  readonly random: Random;
  readonly ground: Ground;
  /** Exchange time, ms. */
  now = 0;
  private readonly best = [NO_PRICE, NO_PRICE];
  private readonly size = [0, 0];
  /** Lots printed at the real best price since the last frame. */
  private readonly printed = [0, 0];
  private timers: { readonly at: number; readonly act: () => void }[] = [];
  private actor!: Case;

  constructor(ground: Ground, random: Random) {
    this.ground = ground;
    this.random = random;
  }

  /** Plays the participant that `make` makes, from `from` until it is over, `until` at the latest; null where it cannot be. */
  play(make: (stage: Stage) => Case, from: number, until: number): Case | null {
    const { timeline } = this.ground;
    const { moments } = timeline;
    this.now = from;
    this.timers = [];
    this.see(timeline.frameAt(from));
    if (!this.twoSided) return null;
    const actor = make(this);
    this.actor = actor;
    if (!actor.begin()) return null;
    for (let place = timeline.after(from); !actor.over; ) {
      const moment = moments[place];
      const at = moment === undefined ? Number.POSITIVE_INFINITY : timeline.atOf(moment);
      const timer = this.timers[0];
      if (timer !== undefined && timer.at < at && timer.at <= until) {
        this.timers.shift();
        this.now = timer.at;
        timer.act();
      } else if (moment === undefined || at > until) {
        // it stands in the last state, and is not heard of again
        this.now = until + 1;
        actor.end(false);
      } else {
        this.now = at;
        if (moment >= 0) this.frame(moment);
        else this.print(-1 - moment);
        place += 1;
      }
    }
    return actor.orders.length > 0 && actor.worth() ? actor : null;
  }

  /** Acts `delay` ms from now, unless it is over by then. */
  after(delay: number, act: () => void): void {
    const at = this.now + Math.max(1, Math.round(delay));
    const timer = { at, act: () => (this.actor.over ? undefined : act()) };
    const place = this.timers.findIndex((other) => other.at > at);
    this.timers.splice(place === -1 ? this.timers.length : place, 0, timer);
  }

  /** The real best price as the last frame and the prints since tell it, ticks. */
  bestOf(side: BookSide): number {
    return this.best[side]!;
  }

  /** Lots at the real best price in the last frame. */
  bestSizeOf(side: BookSide): number {
    return this.size[side]!;
  }

  /**
   * Lots of the real queue at a price: of the best as the last frame showed it, less what was printed there since. Nothing
   * stands at a better one, and of those behind it nobody knows before they are the best: no end.
   */
  queueAt(side: BookSide, price: number): number {
    const behind = (this.best[side]! - price) * upOf(side);
    if (behind !== 0) return behind < 0 ? 0 : Number.POSITIVE_INFINITY;
    return Math.max(0, this.size[side]! - this.printed[side]!);
  }

  /** Ticks in a share of the price. */
  ticksOfBp(bp: number): number {
    return ((this.best[BID]! + this.best[ASK]!) / 2) * 1e-4 * bp;
  }

  /** Between the bounds, each factor as likely as the next. */
  spread(low: number, high: number): number {
    return low * (high / low) ** this.random.uniform();
  }

  restable(side: BookSide, price: number, improving: boolean): boolean {
    if (!this.twoSided || !(price > 0)) return false;
    const up = upOf(side);
    const other = this.best[opposed(side)]!;
    return (other - price) * up > 0 && (improving || (this.best[side]! - price) * up >= 0);
  }

  /** A taker of its own takes up to `size` lots of the order, if that is the best price then. */
  takeAlone(order: PlannedOrder, size: number): void {
    if (!this.actor.resting.includes(order)) return;
    const side = sideOf(order);
    if ((this.best[side]! - order.price) * upOf(side) > 0) return;
    this.fill(order, Math.min(size, leftOf(order)), -1, 'alone');
  }

  private get twoSided(): boolean {
    return this.best[BID] !== NO_PRICE && this.best[ASK] !== NO_PRICE && this.best[BID]! < this.best[ASK]!;
  }

  private see(frame: number): void {
    const { frames } = this.ground.timeline;
    for (const side of [BID, ASK] as const) {
      this.best[side] = frames.best[side][frame] ?? NO_PRICE;
      this.size[side] = frames.size[side][frame] ?? 0;
      this.printed[side] = 0;
    }
  }

  private frame(index: number): void {
    this.see(index);
    for (const order of [...this.actor.resting]) {
      if (!this.actor.resting.includes(order)) continue;
      const side = sideOf(order);
      const other = this.best[opposed(side)]!;
      if (other === NO_PRICE || (other - order.price) * upOf(side) > 0) continue;
      this.takeAll(order, this.size[opposed(side)]!, -1, 'alone');
    }
    if (!this.actor.over) this.actor.onFrame();
  }

  private print(index: number): void {
    const { prints } = this.ground.timeline;
    const side = prints.hit[index]!;
    const price = prints.price[index]!;
    const up = upOf(side);
    if ((price - this.best[side]!) * up < 0 && this.best[side] !== NO_PRICE) {
      this.best[side] = price;
      this.size[side] = 0;
      this.printed[side] = 0;
    }
    if (price === this.best[side]) this.printed[side]! += prints.size[index]!;
    for (const order of [...this.actor.resting]) {
      if (sideOf(order) !== side || !this.actor.resting.includes(order)) continue;
      const beyond = (order.price - price) * up;
      if (beyond === 0) {
        const size = Math.min(leftOf(order), Math.floor(this.actor.share(order, prints.size[index]!, index)));
        if (size > 0) this.fill(order, size, index, 'with');
      } else if (beyond > 0) this.takeAll(order, this.ground.timeline.runVolume(index), index, 'before');
    }
  }

  private takeAll(order: PlannedOrder, taker: number, print: number, place: 'before' | 'alone'): void {
    const left = leftOf(order);
    if (left <= SWEEP_MOST * taker) this.fill(order, left, print, place);
    else this.actor.retreat(order);
  }

  private fill(order: PlannedOrder, size: number, print: number, place: 'with' | 'before' | 'alone'): void {
    this.actor.filled(order, { at: this.now, size, print, place });
  }
}

export const opposed = (side: BookSide): BookSide => (side === BID ? ASK : BID);
export const sideOf = ({ side }: PlannedOrder): BookSide => (side === 'buy' ? BID : ASK);
