import { ASK, BID, BookFrame, type BookSide } from '../book/frame.ts';
import { OrderBook } from '../book/order-book.ts';
import type { TradeEvent } from '../events.ts';
import { ms, type Us, us } from '../units.ts';
import { generator } from './books.ts';
import { tradeOf } from './paths.ts';

const FRAME_MS = 100;
/** Levels that change in a frame, a side. */
const CHANGES = 30;
/** Mean distance of the crowd's levels behind the best price. */
const DISTANCE = 15;
const LEVELS = 120;

export interface WalledMarketOptions {
  readonly seed?: number;
  /** Every price at the other side of the mirror. */
  readonly mirrored?: boolean;
  /** The market in other units: so many lots and ticks for one. */
  readonly lots?: number;
  readonly ticks?: number;
  /** The frame, before the book takes it. */
  readonly onFrame?: (frame: BookFrame, at: Us) => void;
  readonly onBook: (at: Us) => void;
  readonly onTrade: (event: TradeEvent) => void;
}

/**
 * A book with a restless crowd, one tick wide, and on it what a script plants: a frame every 100 ms, nothing told of orders.
 * The crowd's sizes are between 1 and 200 lots; it leaves prices alone where something is planted.
 */
export class WalledMarket {
  readonly book = new OrderBook();
  now = 0;
  bid = 100_000;
  private readonly options: WalledMarketOptions;
  private readonly random: () => number;
  private readonly crowd = [new Map<number, number>(), new Map<number, number>()] as const;
  private readonly planted = [new Map<number, number>(), new Map<number, number>()] as const;
  private readonly touched = [new Set<number>(), new Set<number>()] as const;

  constructor(options: WalledMarketOptions) {
    this.options = options;
    this.random = generator(options.seed ?? 7);
    for (const side of [BID, ASK] as const)
      for (let distance = 0; distance < LEVELS; distance++)
        this.set(side, this.price(side, distance), this.size());
    this.frame(0, true);
  }

  /** `distance` ticks behind the best price of a side. */
  price(side: BookSide, distance: number): number {
    return side === BID ? this.bid - distance : this.bid + 1 + distance;
  }

  /** What is planted at a price is so many lots from the next frame on. */
  plant(side: BookSide, price: number, size: number): void {
    if (size > 0) this.planted[side].set(price, size);
    else this.planted[side].delete(price);
    this.touched[side].add(price);
  }

  /** Takers take what the crowd has at the best price of `side`; it moves a tick. What is planted there must be gone. */
  take(side: BookSide): void {
    const price = this.price(side, 0);
    this.trade(side, price, this.crowd[side].get(price)!);
    this.move(side === ASK ? 1 : -1);
  }

  /** Prints at a price: what stands there is the script's to change. */
  trade(side: BookSide, price: number, size: number): void {
    const { mirrored = false, lots = 1 } = this.options;
    const taker = (side === ASK) === mirrored ? 'sell' : 'buy';
    this.options.onTrade(tradeOf(taker, size * lots, us(this.now + 90_000), this.shown(price)));
  }

  /** The best prices move by so many ticks; the crowd makes way. */
  move(ticks: number): void {
    const was = [this.price(BID, 0), this.price(ASK, 0)] as const;
    this.bid += ticks;
    for (let price = was[BID]; price > this.bid; price--) this.set(BID, price, 0);
    for (let price = was[ASK]; price <= this.bid; price++) this.set(ASK, price, 0);
    for (const side of [BID, ASK] as const)
      for (let distance = 0; distance < Math.abs(ticks); distance++)
        this.set(side, this.price(side, distance), this.size());
  }

  run(frames: number): this {
    for (let i = 0; i < frames; i++) this.frame();
    return this;
  }

  frame(changes = CHANGES, snapshot = false): void {
    const { mirrored = false, lots = 1 } = this.options;
    this.now += FRAME_MS * 1000;
    // both sides draw alike, so that a mirrored market meets the same chance
    for (let i = 0; i < changes; i++)
      for (const side of [BID, ASK] as const) {
        const distance = Math.floor(-Math.log(1 - this.random()) * DISTANCE);
        const price = this.price(side, distance);
        const size = this.size();
        if (distance < LEVELS && !this.planted[side].has(price)) this.set(side, price, size);
      }
    const frame = new BookFrame();
    frame.snapshot = snapshot;
    frame.exchangeAt = ms(this.now / 1000);
    for (const side of [BID, ASK] as const) {
      if (snapshot)
        for (const levels of [this.crowd[side], this.planted[side]])
          for (const price of levels.keys()) this.touched[side].add(price);
      for (const price of this.touched[side]) {
        const size = (this.crowd[side].get(price) ?? 0) + (this.planted[side].get(price) ?? 0);
        const shownSide = mirrored ? (side === BID ? ASK : BID) : side;
        frame.push(shownSide, this.shown(price), size * lots, 0);
      }
      this.touched[side].clear();
    }
    this.options.onFrame?.(frame, us(this.now));
    this.book.apply(frame);
    this.options.onBook(us(this.now));
  }

  private shown(price: number): number {
    const { mirrored = false, ticks = 1 } = this.options;
    return (mirrored ? 200_001 - price : price) * ticks;
  }

  private set(side: BookSide, price: number, size: number): void {
    if (size > 0) this.crowd[side].set(price, size);
    else this.crowd[side].delete(price);
    this.touched[side].add(price);
  }

  /** About lognormal, median 20. */
  private size(): number {
    let sum = -3;
    for (let i = 0; i < 6; i++) sum += this.random();
    return Math.min(200, Math.max(1, Math.round(20 * Math.exp(1.4 * sum))));
  }
}
