/**
 * How fast the spoof detector is: `npx node bench/spoof-speed.ts TAPE…`. Tapes with books and trades are read into memory first;
 * then the book alone, and the book with the detector, are played five times in turn. The difference is the
 * detector's. CPU time, the least of five: the machine may have other things to do.
 */
import { table } from '../src/cli/table.ts';
import { BookFrame } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import { Spoof } from '../src/core/brain/spoof.ts';
import { EventKind, TradeEvent } from '../src/core/events.ts';
import type { Us } from '../src/core/units.ts';
import { readTape } from '../src/tape/reader.ts';

const ROUNDS = 5;
type Step = { readonly at: Us; readonly frame: BookFrame } | TradeEvent;

const rows = process.argv.slice(2).map((path) => {
  const steps: Step[] = [];
  readTape(path).forEach((event) => {
    if (event.instrument !== 0) return;
    if (event.kind === EventKind.trade)
      steps.push(new TradeEvent(event.at, 0, event.exchangeAt, event.price, event.size, event.side));
    else if (event.kind === EventKind.book) steps.push({ at: event.at, frame: copyOf(event.frame) });
  });
  let frames = 0;
  let changes = 0;
  let walls = 0;
  const play = (detecting: boolean): number => {
    const book = new OrderBook();
    const spoof = new Spoof({ halfLifeMs: 60_000, tellFrom: 0.02 }, book);
    frames = 0;
    changes = 0;
    const began = process.cpuUsage();
    for (const step of steps)
      if (step instanceof TradeEvent) {
        if (detecting) spoof.onTrade(step);
      } else {
        book.apply(step.frame);
        frames += 1;
        changes += book.changes.count;
        if (detecting) {
          spoof.onBook(step.at);
          spoof.reading(step.at);
        }
      }
    const { user, system } = process.cpuUsage(began);
    const took = (user + system) / 1000;
    walls = Math.max(walls, spoof.figures().walls!);
    return took;
  };
  let alone = Number.POSITIVE_INFINITY;
  let together = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    alone = Math.min(alone, play(false));
    together = Math.min(together, play(true));
  }
  const own = (together - alone) * 1e6;
  return {
    tape: path.split('/').slice(-2).join('/'),
    frames,
    changes,
    walls,
    'ns a frame': Math.round(own / frames),
    'ns a change': Math.round(own / changes),
    'book alone, ns a change': Math.round((alone * 1e6) / changes),
  };
});
console.log(table(rows));

function copyOf(frame: BookFrame): BookFrame {
  const copy = new BookFrame(Math.max(1, frame.count));
  copy.snapshot = frame.snapshot;
  copy.exchangeAt = frame.exchangeAt;
  for (let i = 0; i < frame.count; i++)
    copy.push(frame.side[i]! as 0 | 1, frame.price[i]!, frame.size[i]!, frame.orders[i]!);
  return copy;
}
