import { BookFrame } from '../../core/book/frame.ts';
import { BookEvent, EventKind, type MarketEvent } from '../../core/events.ts';

/**
 * Book messages of the same `stepMs` of exchange time as one, told where the last of them was: what a feed that sends every
 * 100 ms would have made of a faster one. Everything else stays where it is. A snapshot begins a new message.
 */
export class Coarser {
  private readonly stepMs: number;
  private readonly emit: (event: MarketEvent) => void;
  /** By instrument: the message that may still grow. */
  private readonly open = new Map<number, Growing>();
  /** What may not be told before the messages that stand before it. */
  private waiting: (MarketEvent | Growing)[] = [];

  constructor(stepMs: number, emit: (event: MarketEvent) => void) {
    this.stepMs = stepMs;
    this.emit = emit;
  }

  take(event: MarketEvent): void {
    if (event.kind === EventKind.book) {
      const step = Math.floor(event.frame.exchangeAt / this.stepMs);
      let growing = this.open.get(event.instrument);
      if (growing !== undefined && (growing.step !== step || event.frame.snapshot)) {
        growing.closed = true;
        growing = undefined;
      }
      if (growing === undefined) {
        growing = new Growing(event.instrument, step);
        this.open.set(event.instrument, growing);
      } else this.waiting.splice(this.waiting.indexOf(growing), 1);
      growing.add(event);
      this.waiting.push(growing);
    } else {
      // a book that was lost or found again: nothing is merged across
      const growing = this.open.get(event.instrument);
      if (event.kind === EventKind.feed && growing !== undefined) {
        growing.closed = true;
        this.open.delete(event.instrument);
      }
      this.waiting.push({ ...event });
    }
    this.tell(false);
  }

  /** There is no more. */
  finish(): void {
    this.tell(true);
  }

  private tell(all: boolean): void {
    let told = 0;
    for (const each of this.waiting) {
      if (!(each instanceof Growing)) this.emit(each);
      else if (all || each.closed) this.emit(each.event);
      else break;
      told += 1;
    }
    if (told > 0) this.waiting = this.waiting.slice(told);
  }
}

/** One message made of several. */
class Growing {
  readonly event: BookEvent;
  readonly step: number;
  closed = false;
  private readonly places = new Map<string, number>();

  constructor(instrument: number, step: number) {
    this.event = new BookEvent(0 as BookEvent['at'], instrument, new BookFrame(64));
    this.step = step;
  }

  add({ at, frame }: BookEvent): void {
    const { event, places } = this;
    const first = places.size === 0 && event.frame.count === 0 && event.at === 0;
    const mine = event.frame;
    event.at = at;
    mine.exchangeAt = frame.exchangeAt;
    mine.seqId = frame.seqId;
    mine.checksum = frame.checksum;
    if (first) {
      mine.prevSeqId = frame.prevSeqId;
      mine.snapshot = frame.snapshot;
    }
    for (let i = 0; i < frame.count; i++) {
      const key = `${frame.side[i]} ${frame.price[i]}`;
      const place = places.get(key);
      if (place === undefined) {
        places.set(key, mine.count);
        mine.push(frame.side[i] as 0 | 1, frame.price[i]!, frame.size[i]!, frame.orders[i]!);
      } else {
        mine.size[place] = frame.size[i]!;
        mine.orders[place] = frame.orders[i]!;
      }
    }
  }
}
