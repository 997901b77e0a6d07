import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ASK, BID, BookFrame, type BookSide } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import {
  BookEvent,
  CandleEvent,
  EventKind,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../../core/events.ts';
import { type Ticks, ticks } from '../../core/units.ts';
import { readTape } from '../../tape/reader.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { plain } from './figures.ts';
import type { Section } from './section.ts';
import { type Parting, parting, type Trail } from './trail.ts';

/** The moments, minutes from the beginning of a tape; on a short one at most half of it. */
const MOMENTS_MIN = [2, 6, 25] as const;
/** So much of another future follows: farther than anything that is graded on the next minute would look. */
const FUTURE_US = 120_000_000;

/** The moments at which a tape's future is replaced, µs. */
export const momentsOf = (from: number, to: number): number[] => [
  ...new Set(MOMENTS_MIN.map((minutes) => Math.min(from + minutes * 60e6, from + (to - from) / 2))),
];

/** What came of one moment of one tape. */
export interface Replaced extends Parting {
  readonly tape: string;
  /** Minutes from the beginning of the tape. */
  readonly minutes: number;
  readonly symbol: string;
}

/**
 * Plays tapes that are the same up to each moment and another market afterwards. `speak` is given such a tape and has to say
 * what `said` says of the true one: one trail for each of `symbols`, up to `until` at least.
 */
export async function withOtherFuture(
  path: string,
  { from, to }: { readonly from: number; readonly to: number },
  symbols: readonly string[],
  said: readonly Trail[],
  speak: (path: string, until: number) => Promise<readonly Trail[]>,
): Promise<Replaced[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hunter-future-'));
  try {
    const all: Replaced[] = [];
    for (const moment of momentsOf(from, to)) {
      const other = join(folder, `${moment}.tape`);
      replaceFuture(path, moment, other);
      const told = await speak(other, moment);
      for (const [i, symbol] of symbols.entries())
        all.push({
          ...{ tape: path, symbol, minutes: (moment - from) / 60e6 },
          ...parting(said[i]!, told[i]!, moment),
        });
      rmSync(other);
    }
    return all;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Writes a tape that is the same up to `moment` and then goes the other way for two minutes: what rose falls, who bought sells,
 * bids are asks, mirrored about the touch of that moment.
 */
export function replaceFuture(path: string, moment: number, out: string): void {
  const reader = readTape(path);
  const writer = TapeWriter.create(out, reader.instruments, reader.meta);
  try {
    const mirrors = reader.instruments.map(() => new Mirror());
    for (let event = reader.next(); event !== null; event = reader.next()) {
      if (event.at > moment + FUTURE_US) break;
      const mirror = mirrors[event.instrument]!;
      const other = event.at <= moment ? mirror.past(event) : mirror.future(event);
      if (other !== null) writer.write(other);
    }
    writer.close();
  } catch (error) {
    writer.discard();
    throw error;
  } finally {
    reader.close();
  }
}

/** One instrument's events, mirrored about the touch as it was when the future began. */
class Mirror {
  private readonly book = new OrderBook();
  /** Best bid and best ask added up, ticks: a price and its image have this sum. 0 while the past goes on. */
  private sum = 0;
  /** The image of the book itself was given. */
  private turned = false;
  private readonly frame = new BookFrame();

  past(event: MarketEvent): MarketEvent {
    if (event.kind === EventKind.book) this.book.apply(event.frame);
    return event;
  }

  /** Null where there is no book to be mirrored about. */
  future(event: MarketEvent): MarketEvent | null {
    const { book } = this;
    const begins = this.sum === 0;
    if (begins && !book.twoSided) return null;
    if (begins) this.sum = book.bestBid + book.bestAsk;
    const { at, instrument } = event;
    switch (event.kind) {
      case EventKind.book:
        return this.image(event);
      case EventKind.trade: {
        const side = event.side === 'buy' ? 'sell' : 'buy';
        return new TradeEvent(at, instrument, event.exchangeAt, this.price(event.price), event.size, side);
      }
      case EventKind.mark:
        return new MarkEvent(at, instrument, event.exchangeAt, this.price(event.price));
      case EventKind.candle: {
        const { openAt, open, high, low, close, volume, closed } = event;
        const [first, most, least, last] = [open, low, high, close].map((price) => this.price(price));
        return new CandleEvent(at, instrument, openAt, first!, most!, least!, last!, volume, closed);
      }
      default:
        return event;
    }
  }

  private image(event: BookEvent): BookEvent {
    const { book, frame } = this;
    const whole = !this.turned;
    this.turned = true;
    book.apply(event.frame);
    frame.clear();
    frame.snapshot = whole || event.frame.snapshot;
    frame.exchangeAt = event.frame.exchangeAt;
    frame.prevSeqId = event.frame.prevSeqId;
    frame.seqId = event.frame.seqId;
    if (whole) {
      for (const side of [BID, ASK] as const) {
        const ladder = book.ladder(side);
        for (let price: number = ladder.best; price !== NO_PRICE; price = ladder.next(price))
          this.push(side, price, ladder.sizeAt(price), ladder.ordersAt(price));
      }
    } else {
      const { side, price, size, orders, count } = event.frame;
      for (let i = 0; i < count; i++) this.push(side[i] as BookSide, price[i]!, size[i]!, orders[i]!);
    }
    return new BookEvent(event.at, event.instrument, frame);
  }
  private push(side: BookSide, price: number, size: number, orders: number): void {
    // far beyond the touch there may be no image above 0
    if (price >= this.sum) return;
    this.frame.push(side === BID ? ASK : BID, this.price(price), size, orders);
  }

  private price(price: number): Ticks {
    return ticks(this.sum - price);
  }
}

/** The check as a section of its own: it is of all that is said, not of one detector. */
export function futureSection(replaced: readonly Replaced[]): Section {
  const frames = replaced.reduce((sum, each) => sum + each.frames, 0);
  const different = replaced.reduce((sum, each) => sum + each.different, 0);
  const first = replaced.find((each) => each.first !== null);
  const share = different / frames;
  return {
    name: 'all readings',
    question: 'Is anything that was said before a moment another thing when everything after it is replaced?',
    notes: [
      `At ${MOMENTS_MIN.join(', ')} minutes from a tape’s beginning (of a short one at half of it) what follows is replaced by its mirror image: what rose falls, who bought sells. Everything up to there is played anew and held against what was graded, to the bit: score and likelihood of each detector at each frame, its figures once a second, the signal, and every finding.`,
      'What knows the future of the tape that it is played, were it by a look into the file, says something else when that future is another. What it would know later than so many minutes is not seen.',
    ],
    figures: [
      {
        ...{ name: 'frames at which something else was said', unit: 'share', better: 'lower', goal: 'none' },
        ...{ figure: plain(share, 'no frame before a moment'), rivals: [] },
      },
    ],
    charts: [],
    tables: [
      {
        title: 'By tape, market and moment',
        columns: ['tape', 'market', 'minutes from its beginning', 'frames', 'different', 'first'],
        rows: replaced.map(({ tape, symbol, minutes, frames: count, different: others, first: where }) => [
          ...[tape, symbol, minutes, count, others],
          where === null ? 'none' : `${where.voice}, ${new Date(where.at / 1000).toISOString()}`,
        ]),
      },
    ],
    checks: [
      {
        name: 'the future replaced',
        honest: null,
        spoiled: frames > 0 ? share : null,
        chance: { low: 0, high: 0 },
        verdict: frames === 0 ? 'unknown' : different > 0 ? 'leaks' : 'blind',
        detail:
          first?.first == null
            ? 'Share of frames at which anything said before a moment changes with what comes after it.'
            : `Said before a moment, and changed by what comes after it: ${first.first.voice}, first on ${first.symbol} at ${new Date(first.first.at / 1000).toISOString()}.`,
      },
    ],
  };
}
