import { assert } from '../../core/assert.ts';
import { ASK, BID, BookFrame, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { BookEvent, EventKind, type MarketEvent, TradeEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, ms, ticks, type Us, us } from '../../core/units.ts';
import { bookChecksum, type RankedLevels } from '../../venue/okx/codec/checksum.ts';
import { upOf } from './case.ts';
import type { PlannedFill, PlannedLabel, PlannedOrder } from './order.ts';
import { sideOf } from './stage.ts';

/** What the feed of the tape is like. */
export interface Feed {
  readonly countsOrders: boolean;
  readonly mergesPrints: boolean;
  /** Levels a side that it shows. */
  readonly depth: number;
}

/** A change of what is planted at a price. */
interface Step {
  /** ms. */
  readonly at: number;
  readonly side: BookSide;
  readonly price: number;
  readonly size: number;
  readonly orders: number;
}

/** What was printed in addition to what really was. */
interface Print {
  readonly at: number;
  readonly hit: BookSide;
  readonly price: number;
  size: number;
}

/** What is planted at one price. */
interface Planted {
  size: number;
  orders: number;
}

/**
 * One instrument of a tape with planted orders laid over it. Messages keep their times, ids and places; a level's size
 * becomes what really stood there and what is planted, a trade's size what was really taken and what of a planted order was,
 * or a row of its own is added where the feed gives one for each fill or the taker is planted too. Where the feed shows
 * only so many levels, a planted one pushes the last real one out of view.
 */
export class Overlay {
  /** Lots printed on the real tape and added to it. */
  readonly volume = { real: 0, added: 0 };
  private readonly instrument: Instrument;
  private readonly feed: Feed;
  private readonly emit: (event: MarketEvent) => void;
  private readonly steps: readonly Step[];
  private nextStep = 0;
  private readonly withPrint = new Map<number, Print[]>();
  private readonly beforePrint = new Map<number, Print[]>();
  private readonly alone: readonly Print[];
  private nextAlone = 0;
  private printsSeen = 0;
  private readonly planted: readonly [Map<number, Planted>, Map<number, Planted>] = [new Map(), new Map()];
  private readonly real = new OrderBook();
  /** What a reader of the planted tape sees. */
  private readonly shown = new OrderBook();
  private readonly ranks = new Ranks();
  /** Real levels out of view because planted ones are in it. */
  private readonly hidden: readonly [Set<number>, Set<number>] = [new Set(), new Set()];
  private readonly out = new BookEvent(us(0), 0, new BookFrame());
  private readonly outTrade = new TradeEvent(us(0), 0, ms(0), ticks(0), lots(0), 'buy');
  /** How far our clock was behind or before the exchange's, µs, at the last event. */
  private lag = 0;

  constructor(
    instrument: Instrument,
    index: number,
    feed: Feed,
    labels: readonly PlannedLabel[],
    emit: (event: MarketEvent) => void,
  ) {
    this.instrument = instrument;
    this.feed = feed;
    this.emit = emit;
    this.out.instrument = index;
    this.outTrade.instrument = index;
    const orders = labels.flatMap((label) => label.orders);
    this.steps = orders.flatMap(stepsOf).sort((a, b) => a.at - b.at);
    const alone: Print[] = [];
    for (const order of orders)
      for (const fill of order.fills) {
        const print = printOf(order, fill);
        if (fill.place === 'alone') alone.push(print);
        else {
          const at = fill.place === 'with' ? this.withPrint : this.beforePrint;
          const list = at.get(fill.print) ?? [];
          if (list.length === 0) at.set(fill.print, list);
          list.push(print);
        }
      }
    // the better price is taken first
    for (const list of this.beforePrint.values()) list.sort((a, b) => (b.price - a.price) * upOf(a.hit));
    this.alone = alone.sort((a, b) => a.at - b.at);
  }

  /** The book that really was, after the last message. */
  get realBook(): OrderBook {
    return this.real;
  }

  /** The next event of this instrument; `before` is when the last one of any was told. */
  take(event: MarketEvent, before: Us): void {
    if (event.kind === EventKind.book) {
      this.lag = event.at - event.frame.exchangeAt * 1000;
      this.tellAlone(event.frame.exchangeAt, event.at, before);
      this.emit(this.withPlanted(event));
    } else if (event.kind === EventKind.trade) {
      this.lag = event.at - event.exchangeAt * 1000;
      this.tellAlone(event.exchangeAt - 1, event.at, before);
      this.takePrint(event);
    } else this.emit(event);
  }

  /** There is no more. */
  finish(last: Us): void {
    this.tellAlone(Number.POSITIVE_INFINITY, last, last);
  }

  private takePrint(event: TradeEvent): void {
    const number = this.printsSeen;
    this.printsSeen += 1;
    this.volume.real += event.size;
    const { at, size } = event;
    for (const print of this.beforePrint.get(number) ?? []) this.tell(print, at);
    const more = this.withPrint.get(number) ?? [];
    if (this.feed.mergesPrints) {
      const added = more.reduce((sum, print) => sum + print.size, 0);
      this.volume.added += added;
      event.size = lots(size + added);
      this.emit(event);
      event.size = size;
    } else {
      this.emit(event);
      for (const print of more) this.tell(print, at);
    }
  }

  /** Takers of their own, up to `until`: after what was told before and before what comes now. */
  private tellAlone(until: number, now: Us, before: Us): void {
    for (; this.nextAlone < this.alone.length; this.nextAlone++) {
      const print = this.alone[this.nextAlone]!;
      if (print.at > until) return;
      this.tell(
        print,
        us(Math.min(Math.max(before, Math.round(print.at * 1000 + this.lag)), Math.max(now, before))),
      );
    }
  }

  private tell({ at, hit, price, size }: Print, receivedAt: Us): void {
    const { outTrade } = this;
    outTrade.at = receivedAt;
    outTrade.exchangeAt = ms(at);
    outTrade.price = ticks(price);
    outTrade.size = lots(size);
    outTrade.side = hit === BID ? 'sell' : 'buy';
    this.volume.added += size;
    this.emit(outTrade);
  }

  private withPlanted(event: BookEvent): BookEvent {
    const { real, shown, out, feed } = this;
    const { frame } = event;
    real.apply(frame);
    const changed = this.advance(frame.exchangeAt);
    const extra = this.extras(frame, changed);
    const mine = out.frame;
    mine.clear();
    mine.snapshot = frame.snapshot;
    mine.exchangeAt = frame.exchangeAt;
    mine.prevSeqId = frame.prevSeqId;
    mine.seqId = frame.seqId;
    for (let i = 0; i < frame.count; i++) {
      const side = frame.side[i] as BookSide;
      const price = frame.price[i]!;
      const planted = this.planted[side].get(price);
      const orders = frame.orders[i]! + (feed.countsOrders ? (planted?.orders ?? 0) : 0);
      mine.push(side, price, frame.size[i]! + (planted?.size ?? 0), orders);
    }
    if (extra.length > 0) insert(mine, extra);
    if (feed.depth !== Number.POSITIVE_INFINITY) this.cut(mine);
    shown.apply(mine);
    assert(
      !shown.crossed || real.crossed,
      `${this.instrument.id}: planted orders cross the book at ${frame.exchangeAt}`,
    );
    const bare = this.planted[BID].size === 0 && this.planted[ASK].size === 0;
    mine.checksum =
      frame.checksum === 0 || bare ? frame.checksum : this.ranks.checksum(this.instrument, shown);
    out.at = event.at;
    return out;
  }

  /** Orders come, go and trade up to `at`; gives the levels of which something may have changed, a bid's price below 0. */
  private advance(at: number): Set<number> {
    const changed = new Set<number>();
    for (; this.nextStep < this.steps.length; this.nextStep++) {
      const step = this.steps[this.nextStep]!;
      if (step.at > at) break;
      const { side, price } = step;
      const planted = this.planted[side].get(price) ?? { size: 0, orders: 0 };
      planted.size += step.size;
      planted.orders += step.orders;
      assert(planted.size >= 0 && planted.orders >= 0, `planted ${planted.size} at ${price}`);
      if (planted.orders === 0) this.planted[side].delete(price);
      else this.planted[side].set(price, planted);
      changed.add(side === BID ? -price : price);
    }
    return changed;
  }

  /** Levels that the real message does not tell of and that are not as they were. */
  private extras(frame: BookFrame, changed: ReadonlySet<number>): Level[] {
    const keys = new Set(changed);
    if (frame.snapshot)
      for (const side of [BID, ASK] as const)
        for (const price of this.planted[side].keys()) keys.add(side === BID ? -price : price);
    if (keys.size === 0) return [];
    for (let i = 0; i < frame.count; i++)
      keys.delete(frame.side[i] === BID ? -frame.price[i]! : frame.price[i]!);
    const extras: Level[] = [];
    for (const key of keys) {
      const level = this.level(key < 0 ? BID : ASK, Math.abs(key));
      const stood = this.shown.ladder(level.side);
      const same =
        !frame.snapshot &&
        stood.sizeAt(level.price) === level.size &&
        stood.ordersAt(level.price) === level.orders;
      if (!same) extras.push(level);
    }
    return extras;
  }

  /** What stands at a price, real and planted. */
  private level(side: BookSide, price: number): Level {
    const ladder = this.real.ladder(side);
    const planted = this.planted[side].get(price);
    const orders = ladder.ordersAt(price) + (this.feed.countsOrders ? (planted?.orders ?? 0) : 0);
    return { side, price, size: ladder.sizeAt(price) + (planted?.size ?? 0), orders };
  }

  /** Only so many levels are shown: what is behind them goes, and comes back when there is room. */
  private cut(mine: BookFrame): void {
    for (const side of [BID, ASK] as const) {
      const was = mine.snapshot ? new Set<number>() : this.hidden[side];
      const now = this.beyondDepth(side);
      if (was.size === 0 && now.size === 0) continue;
      const told = new Set<number>();
      for (let i = 0; i < mine.count; i++) {
        if (mine.side[i] !== side) continue;
        told.add(mine.price[i]!);
        if (!now.has(mine.price[i]!)) continue;
        mine.size[i] = 0;
        mine.orders[i] = 0;
      }
      const extra: Level[] = [];
      for (const price of now)
        if (!told.has(price) && !was.has(price)) extra.push({ side, price, size: 0, orders: 0 });
      for (const price of was)
        if (!told.has(price) && !now.has(price)) {
          const level = this.level(side, price);
          if (level.size > 0) extra.push(level);
        }
      if (extra.length > 0) insert(mine, extra);
      this.hidden[side].clear();
      for (const price of now) this.hidden[side].add(price);
    }
  }

  /** The levels, real or planted, that are one too many. */
  private beyondDepth(side: BookSide): Set<number> {
    const ladder = this.real.ladder(side);
    const alone = [...this.planted[side].keys()].filter((price) => ladder.sizeAt(price) === 0);
    const excess = ladder.count + alone.length - this.feed.depth;
    // a real book may be deeper than its feed is said to be: then it is left so
    if (alone.length === 0 || excess <= 0) return new Set();
    const prices = alone;
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) prices.push(price);
    prices.sort((a, b) => (b - a) * upOf(side));
    return new Set(prices.slice(this.feed.depth));
  }
}

interface Level {
  readonly side: BookSide;
  readonly price: number;
  readonly size: number;
  readonly orders: number;
}

/** What an order adds to its price and takes from it again. */
function stepsOf(order: PlannedOrder): Step[] {
  const side = sideOf(order);
  const { price, size, from, to, fills } = order;
  const steps: Step[] = [{ at: from, side, price, size, orders: 1 }];
  let left = size;
  for (const fill of fills) {
    left -= fill.size;
    steps.push({ at: fill.at, side, price, size: -fill.size, orders: left === 0 ? -1 : 0 });
  }
  if (left > 0) steps.push({ at: to, side, price, size: -left, orders: -1 });
  return steps;
}

const printOf = (order: PlannedOrder, { at, size }: PlannedFill): Print => ({
  at,
  hit: sideOf(order),
  price: order.price,
  size,
});

/** Puts levels where their price would have them: behind the last one of their side that they follow. */
function insert(frame: BookFrame, levels: readonly Level[]): void {
  const all: Level[] = [];
  for (let i = 0; i < frame.count; i++)
    all.push({
      side: frame.side[i] as BookSide,
      price: frame.price[i]!,
      size: frame.size[i]!,
      orders: frame.orders[i]!,
    });
  for (const level of levels) {
    const first = all.findIndex(({ side }) => side === level.side);
    const last = all.findLastIndex(({ side }) => side === level.side);
    const rising = first < last ? all[first]!.price < all[last]!.price : level.side === ASK;
    let place = all.findIndex(
      ({ side, price }) => side === level.side && (rising ? price > level.price : price < level.price),
    );
    if (place === -1) place = last === -1 ? (level.side === BID ? 0 : all.length) : last + 1;
    all.splice(place, 0, level);
  }
  frame.count = 0;
  for (const { side, price, size, orders } of all) frame.push(side, price, size, orders);
}

/** As far down as a checksum looks. */
const CHECKED = 25;

/** The best levels of a book by rank, for its checksum. */
class Ranks implements RankedLevels {
  private readonly prices: [number[], number[]] = [[], []];
  private readonly sizes: [number[], number[]] = [[], []];

  checksum(instrument: Instrument, book: OrderBook): number {
    for (const side of [BID, ASK] as const) {
      const ladder = book.ladder(side);
      this.prices[side].length = 0;
      this.sizes[side].length = 0;
      for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price)) {
        if (this.prices[side].push(price) > CHECKED) break;
        this.sizes[side].push(ladder.sizeAt(price));
      }
    }
    return bookChecksum(instrument, this);
  }

  depth(side: BookSide): number {
    return this.sizes[side].length;
  }

  price(side: BookSide, rank: number): number {
    return this.prices[side][rank]!;
  }

  size(side: BookSide, rank: number): number {
    return this.sizes[side][rank]!;
  }
}
