/** Book frames and trades of one instrument of a tape, in memory: what the benches of the brain replay. */
import { ASK, BID, BookFrame, type BookSide } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import { EventKind, TradeEvent } from '../src/core/events.ts';
import { Instrument } from '../src/core/instrument.ts';
import type { Us } from '../src/core/units.ts';
import { readTape } from '../src/tape/reader.ts';

export type Step = TradeEvent | { readonly at: Us; readonly frame: BookFrame };

/** The first instrument's, copied. */
export function decoded(file: string): { steps: Step[]; instrument: Instrument } {
  const tape = readTape(file);
  const steps: Step[] = [];
  for (let event = tape.next(); event !== null; event = tape.next()) {
    if (event.instrument !== 0) continue;
    if (event.kind === EventKind.trade) {
      const { at, instrument, exchangeAt, price, size, side } = event;
      steps.push(new TradeEvent(at, instrument, exchangeAt, price, size, side));
    } else if (event.kind === EventKind.book) {
      const frame = new BookFrame(Math.max(1, event.frame.count));
      copyFrame(event.frame, frame);
      steps.push({ at: event.at, frame });
    }
  }
  tape.close();
  return { steps, instrument: new Instrument(tape.instruments[0]!) };
}

/** As a decoder would leave it: fresh in the cache. `to` must have room. */
export function copyFrame(from: BookFrame, to: BookFrame): void {
  to.clear();
  to.snapshot = from.snapshot;
  to.exchangeAt = from.exchangeAt;
  to.seqId = from.seqId;
  to.prevSeqId = from.prevSeqId;
  to.count = from.count;
  for (let i = 0; i < from.count; i++) {
    to.side[i] = from.side[i]!;
    to.price[i] = from.price[i]!;
    to.size[i] = from.size[i]!;
    to.orders[i] = from.orders[i]!;
  }
}

/**
 * The same market as a channel shows it that has the best `levels` levels a side and tells every `everyMs` what has changed
 * among them, as OKX's `books` does with 400 and 100: a level that leaves them is deleted, one that comes up is told.
 */
export function asChannel(steps: readonly Step[], levels: number, everyMs: number): Step[] {
  const book = new OrderBook();
  const shown: readonly [Map<number, string>, Map<number, string>] = [new Map(), new Map()];
  const everyUs = everyMs * 1000;
  const out: Step[] = [];
  let due = 0;
  for (const step of steps) {
    if (step instanceof TradeEvent) {
      out.push(step);
      continue;
    }
    book.apply(step.frame);
    if (step.at < due) continue;
    const frame = new BookFrame();
    frame.snapshot = due === 0;
    frame.exchangeAt = step.frame.exchangeAt;
    due = (Math.floor(step.at / everyUs) + 1) * everyUs;
    for (const side of [ASK, BID] as const) tell(book, side, levels, shown[side], frame);
    out.push({ at: step.at, frame });
  }
  return out;
}

function tell(book: OrderBook, side: BookSide, levels: number, shown: Map<number, string>, to: BookFrame) {
  const ladder = book.ladder(side);
  const count = ladder.top(levels);
  const now = new Map<number, string>();
  const rows: [number, number, number][] = [];
  for (let i = 0; i < count; i++) {
    const price = ladder.topPrices[i]!;
    const row: [number, number, number] = [price, ladder.topSizes[i]!, ladder.ordersAt(price)];
    now.set(price, row.join());
    if (shown.get(price) !== row.join()) rows.push(row);
  }
  for (const price of shown.keys()) if (!now.has(price)) rows.push([price, 0, 0]);
  rows.sort((a, b) => (side === ASK ? a[0] - b[0] : b[0] - a[0]));
  for (const [price, size, orders] of rows) to.push(side, price, size, orders);
  shown.clear();
  for (const [price, row] of now) shown.set(price, row);
}
