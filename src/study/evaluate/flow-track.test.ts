import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { brainConfig } from '../../config/brain.ts';
import { loadSettings } from '../../config/load.ts';
import { ASK, BID, BookFrame } from '../../core/book/frame.ts';
import { NO_PRICE } from '../../core/book/ladder.ts';
import { OrderBook } from '../../core/book/order-book.ts';
import { Brain } from '../../core/brain/brain.ts';
import { us } from '../../core/units.ts';
import { explained, FlowTrack } from './flow-track.ts';

const recordings = new URL('../../../../shared/data/binance-l2-raw/', import.meta.url);

interface Quote {
  /** The exchange's time, µs after the first quote. */
  readonly at: number;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** The best quotes as Binance pushed them, one for each change, prices and sizes as decimal numbers. */
function quotesOf(file: URL): Quote[] {
  const quotes: Quote[] = [];
  let first = 0;
  for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
    const { data } = line === '' ? { data: undefined } : JSON.parse(line.slice(line.indexOf(' ') + 1));
    if (data?.e !== 'bookTicker') continue;
    const [bid, bidSize, ask, askSize] = [data.b, data.B, data.a, data.A].map(Number);
    first ||= data.T;
    quotes.push({ at: (data.T - first) * 1000, bid, bidSize, ask, askSize } as Quote);
  }
  return quotes;
}

/** R² by the definition, nothing of ours: Cont, Kukanov, Stoikov 2014, e_n summed up over windows, regressed on the move. */
function reference(quotes: readonly Quote[], seconds: number, ahead: boolean): number {
  const sums = new Map<number, { flow: number; move: number }>();
  let last = 0;
  for (let i = 1; i < quotes.length; i++) {
    const [now, before] = [quotes[i]!, quotes[i - 1]!];
    const window = Math.floor(now.at / Math.round(seconds * 1e6));
    last = window;
    const sum = sums.get(window) ?? { flow: 0, move: 0 };
    sum.flow +=
      (now.bid >= before.bid ? now.bidSize : 0) -
      (now.bid <= before.bid ? before.bidSize : 0) -
      (now.ask <= before.ask ? now.askSize : 0) +
      (now.ask >= before.ask ? before.askSize : 0);
    sum.move += (now.bid + now.ask - before.bid - before.ask) / 2;
    sums.set(window, sum);
  }
  // the last window is not over
  const windows = Array.from({ length: last }, (_, k) => sums.get(k) ?? { flow: 0, move: 0 });
  const shift = ahead ? 1 : 0;
  const x = windows.slice(0, windows.length - shift).map(({ flow }) => flow);
  const y = windows.slice(shift).map(({ move }) => move);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length;
  const covariance = (one: number[], other: number[]) => {
    const [a, b] = [mean(one), mean(other)];
    return mean(one.map((value, i) => (value - a) * (other[i]! - b)));
  };
  return covariance(x, y) ** 2 / (covariance(x, x) * covariance(y, y));
}

/** The first quote stands before the first window; all that follow fall in one. */
const BEGIN = 1_700_000_000_000_000;

/** The same through our order book, in ticks and lots. */
function tracked(quotes: readonly Quote[], tick: number, lot: number): FlowTrack {
  const book = new OrderBook();
  const brain = new Brain(brainConfig(loadSettings(undefined).brain), book);
  const track = new FlowTrack();
  const frame = new BookFrame();
  quotes.forEach(({ at: after, bid, bidSize, ask, askSize }, i) => {
    const at = us(i === 0 ? BEGIN - 1 : BEGIN + after);
    const [bidTicks, askTicks] = [Math.round(bid / tick), Math.round(ask / tick)];
    frame.clear();
    frame.snapshot = book.bestBid === NO_PRICE;
    if (!frame.snapshot && book.bestBid !== bidTicks) frame.push(BID, book.bestBid, 0, 0);
    if (!frame.snapshot && book.bestAsk !== askTicks) frame.push(ASK, book.bestAsk, 0, 0);
    frame.push(BID, bidTicks, Math.round(bidSize / lot), 1);
    frame.push(ASK, askTicks, Math.round(askSize / lot), 1);
    book.apply(frame);
    brain.onBook(at);
    track.frame(brain, book, at);
  });
  return track;
}

const SECONDS = [0.1, 1, 5, 10];
for (const { name, tick, known } of [
  { name: 'usdm_ethusdt_20240719.gz', tick: 0.01, known: null },
  // what somebody else computed from the same recording, to two digits
  { name: 'usdm_btcusdt_20240808.gz', tick: 0.1, known: [0.41, 0.43, 0.46, 0.52] },
]) {
  const file = new URL(name, recordings);
  test(`R² of order flow imbalance is that of the definition, from the best quotes of ${name}`, {
    skip: existsSync(file) ? false : 'no recording here',
  }, () => {
    const quotes = quotesOf(file);
    const { touch, mid } = tracked(quotes, tick, 0.001);
    SECONDS.forEach((seconds, i) => {
      for (const ahead of [false, true]) {
        const wanted = reference(quotes, seconds, ahead);
        const actual = explained(touch, mid, Math.round(seconds * 10), ahead);
        assert.ok(Math.abs(actual - wanted) < 1e-6, `${seconds} s: ${actual} is not ${wanted}`);
        if (ahead) assert.ok(actual < 0.12, `the next ${seconds} s are hardly told: ${actual}`);
        else if (known !== null) assert.ok(Math.abs(actual - known[i]!) < 0.006, `${seconds} s: ${actual}`);
      }
    });
  });
}
