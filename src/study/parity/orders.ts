import { ASK, BID, BookFrame, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import type { AmendOrder, Cancel, OrderCommand, Place } from '../../core/commands.ts';
import { BookEvent, EventKind, FeedEvent, type FillEvent, type MarketEvent } from '../../core/events.ts';
import { parseMoney } from '../../core/instrument.ts';
import { type Lots, lots, NO_MONEY, signOf, ticks, type Us } from '../../core/units.ts';
import type { PaperConfig } from '../../venue/paper/config.ts';
import { PaperMatcher } from '../../venue/paper/matcher.ts';
import type { VenueEvent } from '../../venue/venue.ts';
import { Ours } from './ours.ts';
import { beginWith } from './paper.ts';
import { type SessionRun, tellInOrder } from './session.ts';
import type { OrderStory, Story } from './story.ts';

export type OrderKind = 'entry' | 'close' | 'takeProfit' | 'stopLoss' | 'liquidation';

/** One order of the session at the venue, and the same order at the paper venue: alone, against the same market. */
export interface OrderParity {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly kind: OrderKind;
  readonly maker: boolean;
  /** When it was sent; of a stop or target, when it began to stand. */
  readonly from: Us;
  readonly venue: Outcome;
  readonly paper: Outcome;
  /** What paper was better by for us, basis points; null unless both filled. Positive: paper is too kind. */
  readonly priceBp: number | null;
  /** How much later paper told of its first fill than the venue, ms; null unless both filled. */
  readonly laterMs: number | null;
}

export interface Outcome {
  /** Lots. */
  readonly filled: number;
  /** Average, quote currency; null when nothing filled. */
  readonly price: number | null;
  /** When we heard of the first fill. */
  readonly at: Us | null;
  readonly end: string;
}

/** What paper has not done so long after the venue did, it is not waited for any more. */
const PATIENCE_US = 600_000_000;
/** No order fails here for want of margin: what the venue took is what is compared. */
const CASH = parseMoney('1000000000000');

/**
 * The session's own orders through the paper venue, each for itself, sent when they were sent then, with the position and the
 * levels that it had then: what the paper venue alone gets wrong, whatever the engine makes of it. The market is that of the
 * others: our own waiting orders are taken out of the recorded book, so that paper's does not wait behind the real one. What a
 * real taker took is gone from the next book, and paper's finds what it left; its trade can set a stop off, as it did there.
 */
export function replayOrders(run: SessionRun, story: Story, paper: PaperConfig): OrderParity[] {
  const ours = new Ours(story);
  const trials = trialsOf(story);
  const byStart = [...trials].sort((a, b) => a.from - b.from);
  const books = run.instruments.map(() => new OrderBook());
  const running = new Set<Trial>();
  const begin = (now: number): void => {
    while (byStart.length > 0 && byStart[0]!.from <= now) {
      const trial = byStart.shift()!;
      trial.begin(run, paper, books[trial.instrument]!);
      running.add(trial);
    }
  };
  tellInOrder(run, {
    market: (told) => {
      const event =
        told.kind === EventKind.book ? new BookEvent(told.at, told.instrument, ours.without(told)) : told;
      begin(event.at);
      for (const trial of running) {
        if (trial.instrument !== event.instrument) continue;
        trial.market(event);
        if (trial.done) running.delete(trial);
      }
      const book = books[event.instrument]!;
      if (event.kind === EventKind.book) book.apply(event.frame);
      else if (event.kind === EventKind.feed) {
        if (event.live) book.vouch();
        else book.invalidate();
      }
    },
    entry: () => undefined,
  });
  return trials.filter(({ begun }) => begun).map((trial) => trial.result(run));
}

function trialsOf(story: Story): Trial[] {
  const trials: Trial[] = [];
  for (const order of story.orders.values()) {
    if (order.place !== null) {
      if (order.sentAt !== null) trials.push(new Trial(order, null));
      continue;
    }
    // the venue's own order: a stop or target of an entry that is on record
    const entry = story.entryOf(order.clientOrderId);
    if (entry !== null && entry.fills.length > 0 && order.fills.length > 0)
      trials.push(new Trial(order, entry));
  }
  return trials;
}

class Trial {
  readonly from: Us;
  readonly instrument: number;
  done = false;
  private readonly order: OrderStory;
  /** Of a stop or target: the entry that it came with. */
  private readonly entry: OrderStory | null;
  private matcher: PaperMatcher | null = null;
  /** What was sent after it, oldest first. */
  private readonly later: { readonly command: OrderCommand; readonly sentAt: Us }[];
  private readonly giveUpAt: number;
  private readonly fills: FillEvent[] = [];
  private end = 'working at the end of the record';

  constructor(order: OrderStory, entry: OrderStory | null) {
    this.order = order;
    this.entry = entry;
    const place = (order.place ?? entry?.place)!;
    this.instrument = place.instrument;
    this.from = entry === null ? order.sentAt! : entry.fills[0]!.at;
    this.later = entry === null ? changesOf(order) : [...entry.moves];
    this.giveUpAt = Math.max(this.from, order.fills[0]?.at ?? 0, order.reports.at(-1)?.at ?? 0) + PATIENCE_US;
  }

  get begun(): boolean {
    return this.matcher !== null;
  }

  begin(run: SessionRun, paper: PaperConfig, book: OrderBook): void {
    const matcher = new PaperMatcher({ ...paper, startBalance: CASH }, run.instruments);
    this.matcher = matcher;
    const { instrument, from } = this;
    // the book before the order: then the order, so that it arrives in it
    if (book.valid) matcher.market(new BookEvent(from, instrument, snapshotOf(book)), this.hear);
    else matcher.market(new FeedEvent(from, instrument, false, 'not live'), this.hear);
    if (this.entry !== null) {
      const { side, takeProfit, stopLoss } = this.entry.place!;
      const size = this.entry.fills.reduce((sum, fill) => sum + fill.size, 0);
      this.hold(run, matcher, signOf(side) * size, {
        protectionId: this.order.clientOrderId,
        takeProfit,
        stopLoss,
        size: lots(size),
      });
      return;
    }
    const place = this.order.place!;
    if (place.reduceOnly) this.hold(run, matcher, -signOf(place.side) * place.size, null);
    // its stop and target are another order's business
    this.send({ ...place, protectionId: '', takeProfit: ticks(0), stopLoss: ticks(0) } satisfies Place, from);
  }

  market(event: MarketEvent): void {
    while (this.later.length > 0 && this.later[0]!.sentAt <= event.at) {
      const { command, sentAt } = this.later.shift()!;
      this.send(command, sentAt);
    }
    this.matcher!.market(event, this.hear);
    if (event.at <= this.giveUpAt) return;
    this.done = true;
    this.end = `nothing within ${PATIENCE_US / 1e6} s`;
  }

  result(run: SessionRun): OrderParity {
    const { order, instrument: index, from, entry } = this;
    const instrument = run.instruments[index]!;
    const average = (fills: readonly FillEvent[]): number | null => {
      const size = fills.reduce((sum, fill) => sum + fill.size, 0);
      return size === 0 ? null : fills.reduce((sum, { price, size: part }) => sum + price * part, 0) / size;
    };
    const outcome = (fills: readonly FillEvent[], end: string): Outcome => {
      const price = average(fills);
      return {
        filled: fills.reduce((sum, fill) => sum + fill.size, 0),
        price: price === null ? null : instrument.priceToNumber(price),
        at: fills[0]?.at ?? null,
        end,
      };
    };
    const venue = outcome(order.fills, order.reports.at(-1)?.state ?? 'unheard of');
    const paper = outcome(this.fills, this.end);
    const side = order.fills[0]?.side ?? order.place?.side ?? 'buy';
    return {
      clientOrderId: order.clientOrderId,
      symbol: instrument.id,
      kind: kindOf(order, entry),
      maker: order.place?.type === 'postOnly',
      from,
      venue,
      paper,
      priceBp:
        venue.price === null || paper.price === null
          ? null
          : (signOf(side) * (venue.price - paper.price) * 10_000) / venue.price + 0,
      laterMs: venue.at === null || paper.at === null ? null : (paper.at - venue.at) / 1000,
    };
  }

  private send(command: OrderCommand, at: Us): void {
    this.matcher!.submit(command, at);
  }

  private hold(
    run: SessionRun,
    matcher: PaperMatcher,
    size: number,
    protection: Parameters<typeof beginWith>[1]['positions'][number]['protection'],
  ): void {
    const instrument = run.instruments[this.instrument]!;
    const price = this.entry?.fills[0]?.price ?? ticks(1);
    beginWith(matcher, {
      positions: [
        {
          instrument: this.instrument,
          size: lots(size),
          cost: size === 0 ? NO_MONEY : instrument.value(size as Lots, price),
          leverage: 1,
          openedAt: this.from,
          protection,
          trip: null,
          stops: null,
        },
      ],
    });
  }

  private readonly hear = (event: VenueEvent): void => {
    if (event.kind === EventKind.fill) this.fills.push({ ...event });
    else if (event.kind === EventKind.order && event.clientOrderId === this.order.clientOrderId) {
      this.end = event.reason === '' ? event.state : `${event.state} (${event.reason})`;
      this.done = event.state === 'filled' || event.state === 'canceled' || event.state === 'rejected';
    }
  };
}

/** What was sent after the order itself. */
function changesOf({
  place,
  clientOrderId,
  amends,
  cancelSentAt,
}: OrderStory): { command: AmendOrder | Cancel; sentAt: Us }[] {
  if (place === null || cancelSentAt === null) return [...amends];
  const { instrument } = place;
  const cancel = { kind: 'cancel', instrument, clientOrderId, target: 'order' } as const;
  // an entry is not amended any more once it is being canceled
  return [...amends, { command: cancel, sentAt: cancelSentAt }];
}

function kindOf(order: OrderStory, entry: OrderStory | null): OrderKind {
  if (entry !== null) return order.fills[0]!.purpose as OrderKind;
  return order.place!.purpose;
}

/** A book as one message. */
export function snapshotOf(book: OrderBook): BookFrame {
  const frame = new BookFrame();
  frame.snapshot = true;
  frame.exchangeAt = book.exchangeAt;
  frame.seqId = book.seqId;
  frame.prevSeqId = -1;
  const put = (side: BookSide): void => {
    const ladder = book.ladder(side);
    for (let price = ladder.best; price !== NO_PRICE; price = ladder.next(price))
      frame.push(side, price, ladder.sizeAt(price), ladder.ordersAt(price));
  };
  put(BID);
  put(ASK);
  return frame;
}
