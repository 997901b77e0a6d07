import { ASK, BID, BookFrame, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { BookEvent, EventKind, type MarketEvent } from '../../core/events.ts';
import { us } from '../../core/units.ts';
import { Random } from '../../exchange/random.ts';
import type { MarketSource } from './play.ts';

/** Depth of one side that is taken away for a while and given back. */
export interface Withdrawal {
  readonly side: BookSide;
  /** Of the first frame without it and the first with it again, µs on our clock. */
  readonly from: number;
  readonly to: number;
  /** Share of each level's size that goes, 0…1. */
  readonly share: number;
  /** The best so many levels at the beginning; prices are fixed from there on. */
  readonly levels: number;
  /** Prices go one by one, within so long, µs; all at once where it is not said. */
  readonly overUs?: number;
  /** Of the prices, so many go, 0…1; all where it is not said. */
  readonly breadth?: number;
}

/**
 * A market of one instrument with withdrawals laid over it: the levels of one side within a range of prices show less than they
 * hold, at least one lot. Nothing else changes: not the trades, not the prices of the levels.
 */
export function thinned(source: MarketSource, withdrawals: readonly Withdrawal[]): MarketSource {
  const sorted = [...withdrawals].sort((a, b) => a.from - b.from);
  return {
    instruments: source.instruments,
    *play(emit) {
      const thinner = new Thinner(sorted);
      yield* source.play((event) => emit(thinner.take(event)));
    },
  };
}

/** Lays withdrawals over the events of one instrument, which are handed over before anybody else takes them. */
export class Thinner {
  private readonly plan: Iterator<Withdrawal>;
  private upcoming: Withdrawal | null = null;
  private active: Withdrawal | null = null;
  private at = 0;
  /** Ticks, both included. */
  private low = 0;
  private high = 0;
  private readonly real = new OrderBook();
  private readonly out = new BookEvent(us(0), 0, new BookFrame());

  /** `withdrawals` by their beginning, none before the end of the one before. */
  constructor(withdrawals: Iterable<Withdrawal>) {
    this.plan = withdrawals[Symbol.iterator]();
  }

  /** The one that lasts; null between two. */
  get withdrawal(): Withdrawal | null {
    return this.active;
  }

  private planned(): Withdrawal | null {
    const { done, value } = this.plan.next();
    return done === true ? null : value;
  }

  take(event: MarketEvent): MarketEvent {
    if (event.kind !== EventKind.book) return event;
    const { out, real } = this;
    const { frame } = out;
    real.apply(event.frame);
    const ended = this.active;
    const before = this.at;
    this.at = event.at;
    if (this.active !== null && event.at >= this.active.to) this.active = null;
    this.upcoming ??= this.planned();
    // what began and ended while nobody looked
    while (this.upcoming !== null && event.at >= this.upcoming.to) this.upcoming = this.planned();
    if (this.active === null && this.upcoming !== null && event.at >= this.upcoming.from) {
      this.active = this.upcoming;
      this.upcoming = null;
      this.fixRange(this.active);
    }
    out.at = event.at;
    out.instrument = event.instrument;
    frame.clear();
    frame.snapshot = event.frame.snapshot;
    frame.exchangeAt = event.frame.exchangeAt;
    frame.prevSeqId = event.frame.prevSeqId;
    frame.seqId = event.frame.seqId;
    for (let i = 0; i < event.frame.count; i++) {
      const side = event.frame.side[i] as BookSide;
      this.push(side, event.frame.price[i]!, event.frame.size[i]!, event.frame.orders[i]!);
    }
    // what the frame did not tell of, and shows something else now
    const { from, overUs = 0 } = this.active ?? { from: 0 };
    if (this.active !== ended || (this.active !== null && before <= from + overUs))
      for (const side of new Set([ended?.side, this.active?.side])) this.tellAll(side);
    return out;
  }

  private fixRange({ side, levels }: Withdrawal): void {
    const ladder = this.real.ladder(side);
    let last: number = ladder.best;
    for (let i = 1; i < levels; i++) {
      const price = ladder.next(last);
      if (price === NO_PRICE) break;
      last = price;
    }
    const width = Math.abs(last - ladder.best);
    // beyond the touch too: the price may move on
    [this.low, this.high] = [
      Math.min(last, ladder.best) - (side === ASK ? width : 0),
      Math.max(last, ladder.best) + (side === BID ? width : 0),
    ];
  }

  private tellAll(side: BookSide | undefined): void {
    if (side === undefined) return;
    const ladder = this.real.ladder(side);
    for (let price: number = ladder.best; price !== NO_PRICE; price = ladder.next(price))
      this.push(side, price, ladder.sizeAt(price), ladder.ordersAt(price));
  }

  /** By lot of its own, the same in every run, a price goes or stays, and has its moment. */
  private gone({ from, overUs = 0, breadth = 1 }: Withdrawal, price: number): boolean {
    const lot = new Random(from, price);
    return lot.uniform() < breadth && this.at >= from + lot.uniform() * overUs;
  }

  private push(side: BookSide, price: number, size: number, orders: number): void {
    const { active } = this;
    const within = active !== null && active.side === side && price >= this.low && price <= this.high;
    const thin = within && this.gone(active, price);
    this.out.frame.push(
      side,
      price,
      thin && size > 0 ? Math.max(1, Math.round(size * (1 - active.share))) : size,
      orders,
    );
  }
}
