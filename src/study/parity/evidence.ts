import { ASK, BID } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { EventKind, type TradeEvent } from '../../core/events.ts';
import { type Lots, type Money, type Ms, money, type Side, type Ticks, type Us } from '../../core/units.ts';
import type { Ours } from './ours.ts';
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

/** Whether others tell of a fill: by a trade of their own at its price, or a level that its order would have come to. */
export interface Trace {
  readonly instrument: number;
  readonly at: Ms;
  readonly price: Ticks;
  readonly side: Side;
  /** Lots that its order filled at once. */
  readonly walked: number;
  /** Lots of others' public trades at that price, by a taker of that side, at that time. */
  traded: number;
  /** Lots of the public trades there that were our own fills: the tape has them because of us. */
  readonly ours: number;
  /** Whether so many lots come to that price in the last book before it, or the first after it. */
  displayed: 'before' | 'after' | null;
  /** Where neither tells of it: what the others did between the two books; null where there are none. */
  passage: Passage | null;
}

/** The market between two books that follow each other. */
export interface Passage {
  /** Stamps of the two. */
  readonly from: Ms;
  readonly to: Ms;
  /** Lowest and highest of the two touches that the fill's side met, and of the others' trades between them. */
  low: number;
  high: number;
  /** Lots that others traded between them. */
  traded: number;
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
  private readonly ours: Ours;
  private readonly lastStamps: number[];

  /** `ours` is left out of what the tape tells. */
  constructor(run: SessionRun, ours: Ours) {
    this.run = run;
    this.ours = ours;
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

  trace(question: Omit<Trace, 'traded' | 'ours' | 'displayed' | 'passage'>): Trace {
    const { instrument, price, side, at } = question;
    const ours = this.ours.traded(instrument, price, side, at, STAMP_SLACK_MS);
    const trace: Trace = { ...question, traded: -ours, ours, displayed: null, passage: null };
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
        market.book.apply(this.ours.without(event));
        market.after(event.frame.exchangeAt);
        this.lastStamps[event.instrument] = event.frame.exchangeAt;
      } else if (event.kind === EventKind.trade) market.trade(event);
      else if (event.kind === EventKind.feed) {
        if (event.live) market.book.vouch();
        else market.book.invalidate();
      }
    });
    // a tape that ends before our fill was told has none of ours to leave out
    for (const trace of this.traces) trace.traded = Math.max(0, trace.traded);
    for (const market of markets) {
      market.ours(Infinity);
      market.exchange(Infinity);
    }
    this.followPassages();
  }

  /**
   * A second look at the trades, for the few fills that nothing tells of. Which of several trades of one stamp, price and side
   * is ours no record says, so that their lots are added up and ours taken off.
   */
  private followPassages(): void {
    const asked = this.traces.flatMap(({ instrument, passage }) =>
      passage === null ? [] : [{ instrument, passage, lots: new Map<string, PrintedLots>() }],
    );
    if (asked.length === 0) return;
    this.run.forEach((event) => {
      if (event.kind !== EventKind.trade) return;
      const { instrument, exchangeAt, price, side, size } = event;
      for (const { passage, lots, instrument: own } of asked) {
        if (instrument !== own || exchangeAt <= passage.from || exchangeAt > passage.to) continue;
        const key = `${exchangeAt} ${side} ${price}`;
        const there = lots.get(key);
        if (there !== undefined) there.lots += size;
        else lots.set(key, { price, lots: size - this.ours.traded(instrument, price, side, exchangeAt, 0) });
      }
    });
    for (const { passage, lots } of asked)
      for (const { price, lots: others } of lots.values()) {
        if (others <= 0) continue;
        passage.traded += others;
        passage.low = Math.min(passage.low, price);
        passage.high = Math.max(passage.high, price);
      }
  }
}

/** What others traded at one stamp and price, by takers of one side. */
interface PrintedLots {
  readonly price: number;
  lots: number;
}

class Answers {
  readonly book = new OrderBook();
  private readonly run: SessionRun;
  private readonly index: number;
  private readonly byOurs: Walk[];
  private readonly byExchange: Walk[];
  /** Not reached yet by a book; reached, and waiting for the one after; all of them for trades. */
  private before: Trace[];
  private behind: { readonly trace: Trace; readonly from: Ms; readonly touch: number }[] = [];
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
      else {
        const touch = this.book.ladder(trace.side === 'buy' ? ASK : BID).best;
        this.behind.push({ trace, from: this.book.exchangeAt as Ms, touch });
      }
    }
  }

  /** The first book after them. */
  after(stampedAt: Ms): void {
    if (this.behind.length === 0) return;
    for (const { trace, from, touch } of this.behind) {
      const { best } = this.book.ladder(trace.side === 'buy' ? ASK : BID);
      if (this.shows(trace)) trace.displayed = 'after';
      else if (touch !== NO_PRICE && best !== NO_PRICE)
        trace.passage = {
          from,
          to: stampedAt,
          low: Math.min(touch, best),
          high: Math.max(touch, best),
          traded: 0,
        };
    }
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
