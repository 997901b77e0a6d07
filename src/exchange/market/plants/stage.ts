import { ASK, BID, type BookSide } from '../../../core/book/frame.ts';
import { Kind, type OrderBook } from '../../matching/order-book.ts';
import type { Random } from '../../random.ts';
import type { LabelSink } from '../../scenarios/label.ts';
import type { Execute } from '../agents.ts';
import { HERDS, ORDINARY_QUEUE } from '../crowd.ts';
import type { Listing } from '../instruments.ts';
import type { Takers } from '../takers.ts';
import type { Plant } from './plant.ts';

/** Seconds of best prices that are remembered: where stops are thought to lie. */
const REMEMBERED_SECONDS = 60;

/** Where planted participants act: the book, the means to trade, and the register of whose order is whose. */
export class Stage {
  readonly random: Random;
  readonly instrument: string;
  readonly unitLots: number;
  readonly activity: number;
  readonly label: LabelSink;
  now = 0;
  /** Lots traded by everyone so far: what participation is measured against. */
  volume = 0;
  private readonly book: OrderBook;
  private readonly takers: Takers;
  private readonly execute: Execute;
  private readonly plants = new Map<number, Plant>();
  private readonly highs: number[] = [];
  private readonly lows: number[] = [];
  private tags = HERDS;

  constructor(
    book: OrderBook,
    takers: Takers,
    random: Random,
    execute: Execute,
    listing: Listing,
    label: LabelSink,
  ) {
    this.book = book;
    this.takers = takers;
    this.random = random;
    this.execute = execute;
    this.instrument = listing.instrument.id;
    this.unitLots = listing.unitLots;
    this.activity = listing.activity;
    this.label = label;
  }

  /** Registers a participant; its orders carry the tag. */
  enter(plant: Plant): number {
    this.tags += 1;
    this.plants.set(this.tags, plant);
    return this.tags;
  }

  leave(tag: number): void {
    this.plants.delete(tag);
  }

  /** Best price of a side, `NaN` when there is none. */
  best(side: BookSide): number {
    return this.book.best(side);
  }

  /** Lots of so many ordinary queues at the best price. */
  queues(multiple: number): number {
    return Math.max(1, Math.round(multiple * ORDINARY_QUEUE * this.unitLots));
  }

  /** Rests an order; −1 when it could not rest because it would have traded. */
  rest(tag: number, side: BookSide, price: number, size: number): number {
    return this.execute(side, Kind.postOnly, price, size, tag);
  }

  take(side: BookSide, size: number, reach: number): number {
    return this.takers.takeLots(side, size, reach);
  }

  /** First and last price of the last `take` that took something. */
  get lastTake(): { readonly first: number; readonly last: number } {
    return this.takers.lastTake;
  }

  cancel(slot: number): void {
    this.book.cancel(slot);
  }

  filled(tag: number, slot: number, size: number, left: number): void {
    this.plants.get(tag)?.filled(slot, size, left);
  }

  /** Highest bid and lowest ask of the last minute, by the second. */
  get extremes(): { high: number; low: number } {
    return { high: Math.max(...this.highs), low: Math.min(...this.lows) };
  }

  /** Once a second. */
  remember(): void {
    if (Number.isNaN(this.best(BID)) || Number.isNaN(this.best(ASK))) return;
    this.highs.push(this.best(BID));
    this.lows.push(this.best(ASK));
    if (this.highs.length > REMEMBERED_SECONDS) {
      this.highs.shift();
      this.lows.shift();
    }
  }
}
