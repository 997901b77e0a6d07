/**
 * How fast book frames become a book, on real OKX frames: `npx node bench/decode.ts`.
 *
 * Four ways over the same bytes: JSON.parse alone; JSON.parse and `Number` into a Map a side (what a quick script
 * does; it has no order of levels yet); our decoder; our decoder and our book. Before anything is timed, the Map books and ours
 * are held equal after every frame. The captures are small, so that they are replayed many times: caches and branch
 * predictors are kinder to all four than a live stream is. One process, one thread; medians of interleaved rounds.
 */
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import { BID, BookFrame } from '../src/core/book/frame.ts';
import { NO_PRICE } from '../src/core/book/ladder.ts';
import { OrderBook } from '../src/core/book/order-book.ts';
import type { Instrument } from '../src/core/instrument.ts';
import { BookDecoder } from '../src/venue/okx/codec/books.ts';
import { captureInstruments, captures, capturesPresent, instrumentOf, isBook } from './captures.ts';

const ROUNDS = 9;
const PASSES_PER_ROUND = 12;

if (!capturesPresent) {
  console.log('skipped: the real recordings (../shared/data/okx-ws-v5) are not beside this clone');
  process.exit(0);
}

interface Message {
  readonly action: string;
  readonly data: readonly [
    { readonly asks: readonly (readonly [string, string])[]; readonly bids: Message['data'][0]['asks'] },
  ];
}

/** Frames of one instrument in one capture, in order. */
interface Stream {
  readonly instrument: Instrument;
  readonly frames: Buffer[];
}

const instruments = captureInstruments();
const streams = new Map<string, Stream>();
for (const [file, list] of captures()) {
  if (!file.startsWith('okx-2022')) continue;
  for (const { text, message } of list) {
    if (!isBook(message)) continue;
    const instrument = instruments.get(instrumentOf(message));
    assert(instrument !== undefined, `${file}: unknown instrument`);
    const key = `${file} ${instrument.id}`;
    const stream = streams.get(key) ?? { instrument, frames: [] };
    stream.frames.push(Buffer.from(text));
    streams.set(key, stream);
  }
}

class MapBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply(message: Message): void {
    if (message.action === 'snapshot') {
      this.bids.clear();
      this.asks.clear();
    }
    const [{ bids, asks }] = message.data;
    change(this.bids, bids);
    change(this.asks, asks);
  }
}

function change(side: Map<number, number>, levels: readonly (readonly [string, string])[]): void {
  for (const [priceText, sizeText] of levels) {
    const size = Number(sizeText);
    if (size === 0) side.delete(Number(priceText));
    else side.set(Number(priceText), size);
  }
}

const frame = new BookFrame();
let levels = 0;
let bytes = 0;
let messages = 0;

// equality first: after every frame, every level of the naive book and of ours
for (const { instrument, frames } of streams.values()) {
  const decoder = new BookDecoder(instrument);
  const naive = new MapBook();
  const ours = new OrderBook();
  const decoded = [new Map<number, number>(), new Map<number, number>()] as const;
  for (const buffer of frames) {
    naive.apply(JSON.parse(buffer.toString()) as Message);
    decoder.decode(buffer, frame);
    ours.apply(frame);
    if (frame.snapshot) for (const side of decoded) side.clear();
    for (let index = 0; index < frame.count; index++) {
      const side = decoded[frame.side[index] as 0 | 1];
      if (frame.size[index] === 0) side.delete(frame.price[index]!);
      else side.set(frame.price[index]!, frame.size[index]!);
    }
    for (const [side, map] of [naive.bids, naive.asks].entries()) {
      const mine = decoded[side as 0 | 1];
      const ladder = side === BID ? ours.bids : ours.asks;
      assert.equal(mine.size, map.size);
      for (const [price, size] of map) {
        const ticks = instrument.priceFromNumber(price);
        assert.equal(mine.get(ticks), Math.round(size / instrument.lotSize));
        assert.equal(ladder.sizeAt(ticks), mine.get(ticks));
      }
    }
    const best = (map: Map<number, number>, pick: (...prices: number[]) => number) =>
      map.size === 0 ? NO_PRICE : instrument.priceFromNumber(pick(...map.keys()));
    assert.equal(ours.bids.best, best(naive.bids, Math.max), `${instrument.id}: best bid`);
    assert.equal(ours.asks.best, best(naive.asks, Math.min), `${instrument.id}: best ask`);
    levels += frame.count;
    bytes += buffer.length;
    messages++;
  }
  assert.equal(decoder.slowFrames, 0);
}

let sink = 0;
const ways: Record<string, () => void> = {
  'JSON.parse alone': () => {
    for (const { frames } of streams.values())
      for (const buffer of frames) sink += (JSON.parse(buffer.toString('latin1')) as Message).data.length;
  },
  'JSON.parse + Map book': () => {
    for (const { frames } of streams.values()) {
      const book = new MapBook();
      for (const buffer of frames) book.apply(JSON.parse(buffer.toString('latin1')) as Message);
      sink += book.bids.size;
    }
  },
  'our decoder': () => {
    for (const { decoder, frames } of prepared) {
      for (const buffer of frames) {
        decoder.decode(buffer, frame);
        sink += frame.count;
      }
    }
  },
  'our decoder + order book': () => {
    for (const { decoder, book, frames } of prepared) {
      for (const buffer of frames) {
        decoder.decode(buffer, frame);
        book.apply(frame);
      }
      sink += book.bids.best + BID;
    }
  },
};
const prepared = [...streams.values()].map(({ instrument, frames }) => ({
  decoder: new BookDecoder(instrument),
  book: new OrderBook(),
  frames,
}));

const rates = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const start = process.hrtime.bigint();
    for (let pass = 0; pass < PASSES_PER_ROUND; pass++) run();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (round >= 0) rates.get(name)!.push((levels * PASSES_PER_ROUND) / seconds);
  }
}

const median = (values: number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1]!;
const base = median(rates.get('JSON.parse alone')!);
console.log(
  `${messages} real frames, ${levels} level changes, ${(bytes / 1e6).toFixed(2)} MB, ${streams.size} books; results equal`,
);
console.log(
  `node ${process.version}, ${cpus()[0]?.model ?? 'unknown cpu'}, ${cpus().length} cores; median of ${ROUNDS} rounds (lowest to highest)`,
);
for (const [name, list] of rates) {
  const millions = (value: number) => (value / 1e6).toFixed(2);
  console.log(
    `${name.padEnd(26)} ${millions(median(list)).padStart(7)} M levels/s  ${(median(list) / base).toFixed(2).padStart(6)}×  (${millions(Math.min(...list))} to ${millions(Math.max(...list))})`,
  );
}
if (sink === 0) console.log('nothing was done');
