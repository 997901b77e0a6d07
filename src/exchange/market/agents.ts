import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import type { Kind, OrderBook } from '../matching/order-book.ts';
import type { Random } from '../random.ts';
import type { LabelSink } from '../scenarios/label.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { Crowd, HERDS } from './crowd.ts';
import type { Listing } from './instruments.ts';
import type { LatentValue } from './latent-value.ts';
import { Planter } from './plants/planter.ts';
import { Stage } from './plants/stage.ts';
import { Takers } from './takers.ts';

export { STEP_MS } from './crowd.ts';

/** How an agent's order reaches the book: the market numbers the trades and tells whom it concerns. */
export type Execute = (side: BookSide, kind: Kind, price: number, size: number, tag: number) => number;

/** Everyone behind one order book who is not a user: the crowd, the takers, and who was planted. */
export class Agents {
  private readonly latent: LatentValue;
  private readonly tickSize: number;
  private readonly crowd: Crowd;
  private readonly takers: Takers;
  private readonly stage: Stage;
  private readonly planter: Planter;

  constructor(
    book: OrderBook,
    latent: LatentValue,
    random: Random,
    execute: Execute,
    listing: Listing,
    scenario: Scenario,
    label: LabelSink,
  ) {
    const { unitLots, activity, instrument } = listing;
    this.latent = latent;
    this.tickSize = instrument.tickSize;
    const opinion = latent.price / this.tickSize;
    this.crowd = new Crowd(book, opinion, random, execute, unitLots, activity, scenario.crowd);
    this.takers = new Takers(book, this.crowd, latent, random, execute, listing, scenario.takers, label);
    this.stage = new Stage(book, this.takers, random, execute, listing, label);
    this.planter = new Planter(this.stage, scenario);
  }

  /** An order of theirs was filled, `left` lots of it remain. */
  filled(tag: number, slot: number, size: number, left: number): void {
    this.stage.volume += size;
    this.takers.volume += size;
    if (tag >= HERDS) this.stage.filled(tag, slot, size, left);
    else if (left === 0) this.crowd.gone(tag, slot);
  }

  step(now: number): void {
    // what is filled in this step is filled now
    this.stage.now = now;
    const worth = this.latent.price / this.tickSize;
    this.crowd.step(worth * (1 + this.takers.pressure / 10_000));
    this.takers.step(now);
    this.planter.step(now);
  }

  /** Makes way for an order of a user's that comes back. */
  withdraw(side: BookSide, limit: number): void {
    this.crowd.withdraw(side, limit);
  }

  /** The time is up: what is under way is labelled as far as it got. */
  finish(): void {
    this.planter.finish();
    this.takers.finish();
  }

  get quotes(): readonly [bid: number, ask: number] {
    return [this.crowd.quotes[BID], this.crowd.quotes[ASK]];
  }
}
