import { ASK, BID } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type TradeEvent } from '../../core/events.ts';
import { type Lots, type Money, type Ms, money, type Side, type Ticks, type Us } from '../../core/units.ts';
import type { SessionRun } from './session.ts';

/** A book message may show what happened this much later than it is stamped, ms: trades are stamped when they happen. */
const STAMP_SLACK_MS = 1;

/** What happened so short before the last book of the record, ms of the exchange's, it may not tell of any more. */
const END_SLACK_MS = 1_000;

/** What a taker would have paid, walking the recorded book as it stood at a time. */
export interface Walk {
  readonly instrument: number;
  /** By which clock `time` is: ours (what we had been told by then), or the exchange's (what it had shown by then). */
  readonly clock: 'ours' | 'exchange';
  /** µs of our clock, ms of the exchange's. */
  readonly time: number;
  readonly side: Side;
  readonly size: number;
  /** Null where no book was live, or it held too little. */
  value: Money | null;
  /** The best price that side met, ticks; 0 = none. */
  touch: number;
}

/** Whether the tape tells of a fill: as a trade of at least its size, or as a level that its order would have come to. */
export interface Trace {
  readonly instrument: number;
  readonly at: Ms;
  readonly price: Ticks;
  readonly side: Side;
  /** Lots that its order filled at once. */
  readonly walked: number;
  /** Lots of public trades at that price, by a taker of that side, at that time. */
  traded: number;
  /** Whether so many lots come to that price in the last book before it, or the first after it. */
  displayed: 'before' | 'after' | null;
}

/** The first trade from a time on that reaches a stop or a target. */
export interface Hit {
  readonly instrument: number;
  /** By which clock it counts: the exchange's stamps (ms), or when we were told (µs). */
  readonly clock: 'ours' | 'exchange';
  readonly from: number;
  readonly long: boolean;
  readonly stopLoss: number;
  readonly takeProfit: number;
  trade: { readonly at: Us; readonly exchangeAt: Ms; readonly price: Ticks } | null;
}

/** Questions to a tape, asked before and answered all in one pass. */
export class Evidence {
  private readonly walks: Walk[] = [];
  private readonly traces: Trace[] = [];
  private readonly hits: Hit[] = [];
  private readonly run: SessionRun;
  private readonly lastStamps: number[];

  constructor(run: SessionRun) {
    this.run = run;
    this.lastStamps = run.instruments.map(() => 0);
  }

  /** Whether the record ends before it could tell of what happened then. */
  endsBefore(instrument: number, at: Ms): boolean {
    return at > this.lastStamps[instrument]! - END_SLACK_MS;
  }

  walk(question: Omit<Walk, 'value' | 'touch'>): Walk {
    const walk: Walk = { ...question, value: null, touch: 0 };
    this.walks.push(walk);
    return walk;
  }

  trace(question: Omit<Trace, 'traded' | 'displayed'>): Trace {
    const trace: Trace = { ...question, traded: 0, displayed: null };
    this.traces.push(trace);
    return trace;
  }

  hit(question: Omit<Hit, 'trade'>): Hit {
    const hit: Hit = { ...question, trade: null };
    this.hits.push(hit);
    return hit;
  }

  answer(): void {
    const markets = this.run.instruments.map(
      (_, index) =>
        new Answers(
          this.run,
          index,
          this.walks.filter(({ instrument }) => instrument === index),
          this.traces.filter(({ instrument }) => instrument === index),
          this.hits.filter(({ instrument }) => instrument === index),
        ),
    );
    this.run.forEach((event) => {
      const market = markets[event.instrument]!;
      market.ours(event.at);
      if (event.kind === EventKind.book) {
        market.exchange(event.frame.exchangeAt);
        market.book.apply(event.frame);
        market.after(event.frame.exchangeAt);
        this.lastStamps[event.instrument] = event.frame.exchangeAt;
      } else if (event.kind === EventKind.trade) market.trade(event);
      else if (event.kind === EventKind.feed) {
        if (event.live) market.book.vouch();
        else market.book.invalidate();
      }
    });
    for (const market of markets) {
      market.ours(Infinity);
      market.exchange(Infinity);
    }
  }
}

class Answers {
  readonly book = new OrderBook();
  private readonly run: SessionRun;
  private readonly index: number;
  private readonly byOurs: Walk[];
  private readonly byExchange: Walk[];
  /** Not reached yet by a book; reached, and waiting for the one after; all of them for trades. */
  private before: Trace[];
  private behind: Trace[] = [];
  private readonly traces: readonly Trace[];
  private hits: readonly Hit[];

  constructor(
    run: SessionRun,
    index: number,
    walks: readonly Walk[],
    traces: readonly Trace[],
    hits: readonly Hit[],
  ) {
    this.run = run;
    this.index = index;
    const ordered = (clock: Walk['clock']): Walk[] =>
      walks.filter((walk) => walk.clock === clock).sort((a, b) => a.time - b.time);
    this.byOurs = ordered('ours');
    this.byExchange = ordered('exchange');
    this.traces = [...traces].sort((a, b) => a.at - b.at);
    this.before = [...this.traces];
    this.hits = hits;
  }

  /** Everything of ours up to `at` meets the book as it stands: an order that arrives with an event arrives before it. */
  ours(at: number): void {
    while (this.byOurs.length > 0 && this.byOurs[0]!.time <= at) this.take(this.byOurs.shift()!);
  }

  /** Everything of the exchange's until the next book is stamped meets the one before it. */
  exchange(stampedAt: number): void {
    while (this.byExchange.length > 0 && this.byExchange[0]!.time < stampedAt)
      this.take(this.byExchange.shift()!);
    while (this.before.length > 0 && this.before[0]!.at < stampedAt) {
      const trace = this.before.shift()!;
      if (this.shows(trace)) trace.displayed = 'before';
      else this.behind.push(trace);
    }
  }

  /** The first book after them. */
  after(stampedAt: number): void {
    if (this.behind.length === 0) return;
    for (const trace of this.behind)
      if (trace.at <= stampedAt && this.shows(trace)) trace.displayed = 'after';
    this.behind = [];
  }

  trade({ at, exchangeAt, price, size, side }: TradeEvent): void {
    for (const trace of this.around(exchangeAt))
      if (trace.price === price && trace.side === side) trace.traded += size;
    for (const hit of this.hits) {
      if ((hit.clock === 'ours' ? at : exchangeAt) < hit.from) continue;
      const stop = hit.stopLoss > 0 && (hit.long ? price <= hit.stopLoss : price >= hit.stopLoss);
      const target = hit.takeProfit > 0 && (hit.long ? price >= hit.takeProfit : price <= hit.takeProfit);
      if (stop || target) hit.trade = { at, exchangeAt, price };
    }
    if (this.hits.some(({ trade }) => trade !== null))
      this.hits = this.hits.filter(({ trade }) => trade === null);
  }

  private around(at: Ms): readonly Trace[] {
    let low = 0;
    let high = this.traces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.traces[middle]!.at < at - STAMP_SLACK_MS) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < this.traces.length && this.traces[end]!.at <= at + STAMP_SLACK_MS) end++;
    return this.traces.slice(low, end);
  }

  private shows({ side, price, walked }: Trace): boolean {
    const ladder = this.book.ladder(side === 'buy' ? ASK : BID);
    let left = walked;
    for (let at = ladder.best; at !== NO_PRICE && left > 0; at = ladder.next(at)) {
      if (at === price) return true;
      left -= ladder.sizeAt(at);
    }
    return false;
  }

  private take(walk: Walk): void {
    const { book } = this;
    if (!book.valid) return;
    const ladder = book.ladder(walk.side === 'buy' ? ASK : BID);
    const instrument = this.run.instruments[this.index]!;
    walk.touch = ladder.best === NO_PRICE ? 0 : ladder.best;
    let value = 0n;
    let left = walk.size;
    for (let price = ladder.best; price !== NO_PRICE && left > 0; price = ladder.next(price)) {
      const taken = Math.min(left, ladder.sizeAt(price));
      value += instrument.value(taken as Lots, price as Ticks);
      left -= taken;
    }
    if (left === 0) walk.value = money(value);
  }
}
