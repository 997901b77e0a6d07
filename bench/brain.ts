/**
 * Speed of the brain: the level changes a second that book, detectors and signal take on one core, and how long one frame
 * takes from its decoded form to the signal. The recording is decoded into memory first; what is timed is what the engine does
 * with it (`Market`), the fitted signal included: it is given a past of candles, without which it would have no word.
 *
 *     npx node bench/brain.ts TAPE [--passes 9] [--levels 400 --every 100]
 *
 * `--levels` and `--every` cut the recording to what a channel would show of it that has so many levels a side and tells every so
 * many ms: OKX's `books` has 400 and 100.
 *
 * Passes alternate, and the baseline in the same run is the book alone: ratios mean more than figures. Times are told twice: as
 * they were, with all that the machine did besides, and frame by frame as the median of the passes, which is what the
 * frame itself takes.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { engineConfig } from '../src/config/engine.ts';
import { loadSettings } from '../src/config/load.ts';
import { BID, BookFrame } from '../src/core/book/frame.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import { Brain } from '../src/core/brain/brain.ts';
import { BookEvent, CandleEvent, TradeEvent } from '../src/core/events.ts';
import { Market } from '../src/core/market.ts';
import { lots, ms, ticks, type Us, us } from '../src/core/units.ts';
import { asChannel, copyFrame, decoded, type Step } from './book-frames.ts';

const WARM_UP = 4;
const {
  values,
  positionals: [path],
} = parseArgs({
  allowPositionals: true,
  options: {
    passes: { type: 'string', default: '9' },
    levels: { type: 'string' },
    every: { type: 'string', default: '100' },
  },
});
if (path === undefined) {
  console.error('usage: npx node bench/brain.ts TAPE [--passes 9] [--levels 400 --every 100]');
  process.exit(2);
}
const passes = Number(values.passes);
const settings = loadSettings(undefined);
const config = engineConfig({ ...settings, signal: { ...settings.signal, model: 'embedded' } }, 'b').market;
const { steps: raw, instrument } = decoded(path);
const steps = values.levels === undefined ? raw : asChannel(raw, Number(values.levels), Number(values.every));
const frames = steps.filter((step) => !(step instanceof TradeEvent)).length;
const largest = steps.reduce(
  (most, step) => (step instanceof TradeEvent ? most : Math.max(most, step.frame.count)),
  1,
);
const lent = new BookFrame(largest);

/** From so many minutes before the recording on, at about its price: what a client fetches when it starts. */
const CANDLES = 600;
const first = steps.find((step) => !(step instanceof TradeEvent)) as Exclude<Step, TradeEvent>;

function marketWithPast(): Market {
  const market = new Market(config, instrument);
  const book = new OrderBook();
  book.apply(first.frame);
  const begin = Math.floor(first.at / 60_000_000) * 60_000;
  for (let i = CANDLES; i > 0; i--) {
    // 5 bp up, 5 bp down
    const close = ticks(Math.round(book.mid * (1 + (i % 2) * 0.0005)));
    const openAt = ms(begin - i * 60_000);
    market.onCandle(
      new CandleEvent(us((openAt + 60_000) * 1000), 0, openAt, close, close, close, close, lots(1), true),
    );
  }
  return market;
}

interface Taker {
  book(at: Us, frame: BookFrame): void;
  trade(event: TradeEvent): void;
}

const bookAlone = (): Taker => {
  const book = new OrderBook();
  return { book: (_at, frame) => book.apply(frame), trade: () => undefined };
};
const everything = (): Taker => {
  const market = marketWithPast();
  const event = new BookEvent(us(0), 0, lent);
  return {
    book: (at, frame) => {
      event.at = at;
      event.frame = frame;
      market.onBook(event);
    },
    trade: (trade) => market.onTrade(trade),
  };
};
const only = (which: number) => (): Taker => {
  const book = new OrderBook();
  const detector = new Brain(config.brain, book).detectors[which]!;
  return {
    book: (at, frame) => {
      book.apply(frame);
      detector.onBook(at);
      detector.reading(at);
    },
    trade: (event) => detector.onTrade(event),
  };
};

const sorted = (list: Iterable<number>): Float64Array => Float64Array.from(list).sort();
const quantile = (list: Float64Array, share: number): number => list[Math.floor(share * (list.length - 1))]!;
const medianOf = (list: Iterable<number>): number => quantile(sorted(list), 0.5);
const right = (value: number, width = 8, digits = 1): string => value.toFixed(digits).padStart(width);

/** How many changes frames have, and where. */
function shape(): { changes: number; counts: Float64Array } {
  const book = new OrderBook();
  const counts: number[] = [];
  const within = [2, 10, 25, 100].map((bp) => ({ bp, count: 0 }));
  let shown = 0;
  let changes = 0;
  for (const step of steps) {
    if (step instanceof TradeEvent) continue;
    book.apply(step.frame);
    counts.push(book.changes.count);
    if (step.frame.snapshot || !book.twoSided) continue;
    const { count, side, price } = book.changes;
    const [lowest, highest] = [book.bids, book.asks].map((ladder) => ladder.topPrices[ladder.top(400) - 1]!);
    changes += count;
    for (let i = 0; i < count; i++) {
      const off = (Math.abs(price[i]! - book.mid) / book.mid) * 10_000;
      for (const each of within) if (off <= each.bp) each.count++;
      if (side[i] === BID ? price[i]! >= lowest! : price[i]! <= highest!) shown++;
    }
  }
  const percent = (count: number): string => `${((100 * count) / changes).toFixed(0)} %`;
  const all = sorted(counts);
  console.log(
    `changes a frame: median ${quantile(all, 0.5)}, p90 ${quantile(all, 0.9)}, p99 ${quantile(all, 0.99)}, p99.9 ${quantile(all, 0.999)}, most ${all.at(-1)}; ${within.map(({ bp, count }) => `${percent(count)} within ${bp} bp`).join(', ')}; ${percent(shown)} among the best 400 levels`,
  );
  return { changes, counts: Float64Array.from(counts) };
}

/** Percent of frames after which the fitted signal had a word: the rest is cheaper. */
function spoken(): string {
  const market = marketWithPast();
  let words = 0;
  for (const step of steps)
    if (step instanceof TradeEvent) market.onTrade(step);
    else {
      market.onBook(new BookEvent(step.at, 0, step.frame));
      if (market.brain.signal.confidence > 0) words++;
    }
  return ((100 * words) / frames).toFixed(0);
}

/** CPU seconds of going through it once. */
function timed(make: () => Taker): number {
  const taker = make();
  const before = process.cpuUsage();
  for (const step of steps)
    if (step instanceof TradeEvent) taker.trade(step);
    else taker.book(step.at, step.frame);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** µs of wall time of each frame but the first, the snapshot. */
function latencies(make: () => Taker): Float64Array {
  const taker = make();
  const took = new Float64Array(frames);
  let frame = 0;
  for (const step of steps) {
    if (step instanceof TradeEvent) {
      taker.trade(step);
      continue;
    }
    copyFrame(step.frame, lent);
    const start = performance.now();
    taker.book(step.at, lent);
    took[frame++] = (performance.now() - start) * 1000;
  }
  return took.subarray(1);
}

/** µs of each frame but the first in each part of the brain, by `partNames`, the clock's own included. */
function parts(): Float64Array[] {
  const book = new OrderBook();
  const brain = new Brain(config.brain, book);
  const { detectors } = brain;
  const took = partNames.map(() => new Float64Array(frames));
  let frame = 0;
  let part = 0;
  let last = 0;
  const lap = (): void => {
    took[part++]![frame] = (performance.now() - last) * 1000;
    last = performance.now();
  };
  for (const step of steps) {
    if (step instanceof TradeEvent) {
      brain.onTrade(step);
      continue;
    }
    copyFrame(step.frame, lent);
    part = 0;
    last = performance.now();
    book.apply(lent);
    lap();
    for (let i = 0; i < detectors.length; i++) {
      detectors[i]!.onBook(step.at);
      lap();
    }
    for (let i = 0; i < detectors.length; i++) {
      detectors[i]!.reading(step.at);
      lap();
    }
    frame++;
  }
  return took.map((each) => each.subarray(1));
}

const detectorNames = new Brain(config.brain, new OrderBook()).detectors.map(({ name }) => name);
const partNames = ['book', ...detectorNames, ...detectorNames.map((name) => `${name}, reading`)];

console.log(
  `${path}${values.levels === undefined ? '' : `, best ${values.levels} levels every ${values.every} ms`}: ${frames} frames, ${steps.length - frames} trades; ${cpus().length} × ${cpus()[0]!.model}, node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`,
);
const { changes, counts } = shape();
console.log(`the fitted signal has a word in ${spoken()} % of the frames`);

console.log(`\nCPU time, medians of ${passes} alternating passes`);
const contenders: [string, () => Taker][] = [
  ['book alone', bookAlone],
  ...detectorNames.map((name, d): [string, () => Taker] => [`book + ${name}`, only(d)]),
  ['everything', everything],
];
const times = contenders.map(() => [] as number[]);
for (let pass = 0; pass < passes + WARM_UP; pass++)
  contenders.forEach(([, make], c) => {
    const seconds = timed(make);
    if (pass >= WARM_UP) times[c]!.push(seconds);
  });
const base = medianOf(times[0]!);
contenders.forEach(([name], c) => {
  const seconds = medianOf(times[c]!);
  const own =
    c === 0 ? '' : `  ${right(((seconds - base) * 1e9) / changes, 4, 0)} ns a change beside the book`;
  console.log(
    `${name.padEnd(22)}${right(changes / seconds / 1e6, 7, 2)} M changes/s${right((seconds * 1e6) / frames, 8, 2)} µs a frame${own}`,
  );
});

console.log(`\nDecoded frame to signal, µs of wall time; ${passes} passes of ${frames - 1} frames`);
console.log(`${''.padEnd(40)}  median     p90     p99   p99.9   worst`);
const runs: [string, () => Taker, Float64Array[]][] = [
  ['book alone', bookAlone, []],
  ['everything', everything, []],
];
for (let pass = 0; pass < passes + WARM_UP; pass++)
  for (const [, make, took] of runs) {
    const each = latencies(make);
    if (pass >= WARM_UP) took.push(each);
  }
const SHARES = [0.5, 0.9, 0.99, 0.999, 1];
const byFrame = (took: readonly Float64Array[]): Float64Array =>
  Float64Array.from(took[0]!, (_, f) => medianOf(took.map((each) => each[f]!)));
for (const [name, , took] of runs) {
  const all = took.map(sorted);
  const asWas = SHARES.map((share) => right(medianOf(all.map((each) => quantile(each, share)))));
  console.log(`${`${name}, median of passes`.padEnd(40)}${asWas.join('')}`);
  const own = sorted(byFrame(took));
  const itself = SHARES.map((share) => right(quantile(own, share)));
  console.log(`${`${name}, each frame its median`.padEnd(40)}${itself.join('')}`);
}

console.log('\nWhere it goes, µs a frame, by changes in the frame (beside the clock)');
const tookParts: Float64Array[][] = [];
for (let pass = 0; pass < passes + WARM_UP; pass++) {
  const each = parts();
  if (pass >= WARM_UP) tookParts.push(each);
}
const clock = medianOf(
  Array.from({ length: 1000 }, () => {
    const start = performance.now();
    return (performance.now() - start) * 1000;
  }),
);
const byCount = [...counts.keys()].slice(1).sort((a, b) => counts[a]! - counts[b]!);
const groups = [
  [0.45, 0.55, 'median'],
  [0.85, 0.95, 'p90'],
  [0.985, 0.995, 'p99'],
] as const;
const members = groups.map(([from, to]) =>
  byCount.slice(Math.floor(from * byCount.length), Math.ceil(to * byCount.length)),
);
const meanOf = (list: readonly number[], of: (frame: number) => number): number =>
  list.reduce((sum, frame) => sum + of(frame), 0) / list.length;
console.log(
  `${''.padEnd(24)}${groups.map(([, , name], g) => `${name} (${meanOf(members[g]!, (f) => counts[f]!).toFixed(0)})`.padStart(14)).join('')}`,
);
partNames.forEach((name, p) => {
  const own = byFrame(tookParts.map((each) => each[p]!));
  const cells = members.map((list) => right(Math.max(0, meanOf(list, (f) => own[f - 1]!) - clock), 14, 2));
  console.log(`${name.padEnd(24)}${cells.join('')}`);
});
