/**
 * Speed of the brain: the level changes a second that book, detectors and signal take on one core, and how long one frame
 * takes from its decoded form to the signal. The recording is decoded into memory first; what is timed is what the engine does
 * with it (`Market` without the candles).
 *
 *     npx node bench/brain.ts TAPE [rounds]
 *
 * The baseline in the same run is the book alone. Ratios mean more than figures: say what else the machine did.
 */
import { cpus, loadavg } from 'node:os';
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { BookFrame } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import { Brain } from '../src/core/brain/brain.ts';
import type { Detector } from '../src/core/brain/detector.ts';
import { EventKind, TradeEvent } from '../src/core/events.ts';
import type { Us } from '../src/core/units.ts';
import { readTape } from '../src/tape/reader.ts';

const [path, rounds = '15'] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: npx node bench/brain.ts TAPE [rounds]');
  process.exit(2);
}
const config = brainConfig(loadSettings(undefined).brain);

type Step = TradeEvent | { readonly at: Us; readonly frame: BookFrame };
const { steps, frames, changes, trades } = decoded(path);
console.log(
  `${path}: ${frames} frames, ${changes} level changes, ${trades} trades; ${cpus().length} × ${cpus()[0]!.model}, node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`,
);

/** The first instrument's events, copied. */
function decoded(file: string): { steps: Step[]; frames: number; changes: number; trades: number } {
  const tape = readTape(file);
  const all: Step[] = [];
  const book = new OrderBook();
  let [frameCount, changeCount, tradeCount] = [0, 0, 0];
  for (let event = tape.next(); event !== null; event = tape.next()) {
    if (event.instrument !== 0) continue;
    if (event.kind === EventKind.trade) {
      const { at, instrument, exchangeAt, price, size, side } = event;
      all.push(new TradeEvent(at, instrument, exchangeAt, price, size, side));
      tradeCount++;
    } else if (event.kind === EventKind.book) {
      const { frame } = event;
      const copy = new BookFrame(Math.max(1, frame.count));
      copy.snapshot = frame.snapshot;
      copy.exchangeAt = frame.exchangeAt;
      for (let i = 0; i < frame.count; i++)
        copy.push(frame.side[i] as 0 | 1, frame.price[i]!, frame.size[i]!, frame.orders[i]!);
      book.apply(copy);
      changeCount += book.changes.count;
      frameCount++;
      all.push({ at: event.at, frame: copy });
    }
  }
  tape.close();
  return { steps: all, frames: frameCount, changes: changeCount, trades: tradeCount };
}

const medianOf = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** CPU seconds of going through it once with what `make` gives. */
function timed(make: (book: OrderBook) => { book(at: Us): void; trade(event: TradeEvent): void }): number {
  const book = new OrderBook();
  const taker = make(book);
  const before = process.cpuUsage();
  for (const step of steps) {
    if (step instanceof TradeEvent) taker.trade(step);
    else {
      book.apply(step.frame);
      taker.book(step.at);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const whole = (book: OrderBook) => {
  const brain = new Brain(config, book);
  return { book: (at: Us) => brain.onBook(at), trade: (event: TradeEvent) => brain.onTrade(event) };
};
const alone = () => ({ book: () => undefined, trade: () => undefined });
const only = (pick: (brain: Brain) => Detector) => (book: OrderBook) => {
  const detector = pick(new Brain(config, book));
  return {
    book: (at: Us) => {
      detector.onBook(at);
      detector.reading(at);
    },
    trade: (event: TradeEvent) => detector.onTrade(event),
  };
};

const names = new Brain(config, new OrderBook()).detectors.map(({ name }) => name);
const contenders: [string, Parameters<typeof timed>[0]][] = [
  ['book alone', alone],
  ...names.map((name, d): [string, Parameters<typeof timed>[0]] => [
    `book + ${name}`,
    only(({ detectors }) => detectors[d]!),
  ]),
  ['book + all + signal', whole],
];
const times = new Map(contenders.map(([name]) => [name, [] as number[]]));
for (let round = 0; round < Number(rounds) + 3; round++)
  for (const [name, make] of contenders) {
    const seconds = timed(make);
    if (round >= 3) times.get(name)!.push(seconds);
  }
const base = medianOf(times.get('book alone')!);
for (const [name, values] of times) {
  const seconds = medianOf(values);
  const own = ((seconds - base) * 1e9) / changes;
  console.log(
    `${name.padEnd(24)} ${(changes / seconds / 1e6).toFixed(2).padStart(7)} M changes/s  ${((seconds * 1e6) / frames).toFixed(2).padStart(7)} µs a frame  ${name === 'book alone' ? '' : `${own.toFixed(0)} ns a change beside the book`}`,
  );
}

// from decoded frame to signal, frame by frame; warm
const took: number[] = [];
for (let round = 0; round < 4; round++) {
  const book = new OrderBook();
  const brain = new Brain(config, book);
  for (const step of steps) {
    if (step instanceof TradeEvent) brain.onTrade(step);
    else {
      const start = process.hrtime.bigint();
      book.apply(step.frame);
      brain.onBook(step.at);
      if (round > 0 && !step.frame.snapshot) took.push(Number(process.hrtime.bigint() - start) / 1000);
    }
  }
}
took.sort((a, b) => a - b);
const at = (share: number): string => took[Math.floor(share * (took.length - 1))]!.toFixed(1);
console.log(
  `decoded frame to signal, µs of wall time: median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, worst ${at(1)} (${took.length} frames)`,
);
