import { ASK, BID, BookFrame, type BookSide } from '../../../core/book/frame.ts';
import { BookEvent, FeedEvent, TradeEvent } from '../../../core/events.ts';
import { Instrument } from '../../../core/instrument.ts';
import { lots, ms, ticks, us } from '../../../core/units.ts';
import { Random } from '../../../exchange/random.ts';
import { TapeWriter } from '../../../tape/writer.ts';
import { bookChecksum } from '../../../venue/okx/codec/checksum.ts';

export interface SmallTape {
  readonly seed: number;
  readonly seconds: number;
  /** Levels a side that are sent; 0: all. */
  readonly depth: number;
  readonly countsOrders: boolean;
  /** A taker's fills at a price are one print. */
  readonly mergesPrints: boolean;
  readonly checksums: boolean;
  /** Every so many frames the whole book comes again; 0: never. */
  readonly snapshotEvery: number;
  /** ms; the feed is lost for a second in the middle. */
  readonly outage: boolean;
  /** Our clock before (+) or behind (−) the exchange's, ms. */
  readonly clockMs: number;
}

export const SMALL = new Instrument({
  ...{ instId: 'SMALL-USDT-SWAP', instType: 'SWAP', ctType: 'linear', tickSz: '0.1', lotSz: '0.01' },
  ...{ minSz: '0.01', ctVal: '1', ctMult: '1', settleCcy: 'USDT' },
});
const BEGIN = Date.UTC(2026, 0, 4, 10);
const FRAME_MS = 100;
const REACH = 120;

interface Resting {
  size: number;
  orders: number;
}

/**
 * A market made of chance alone, as a tape: orders come and go about a wandering price, takers walk the book. It knows
 * nothing of what may be planted over it.
 */
export function writeSmallTape(path: string, options: SmallTape): void {
  const random = new Random(options.seed, 77);
  const writer = TapeWriter.create(path, [SMALL.spec], { source: 'made for a test' });
  const book: [Map<number, Resting>, Map<number, Resting>] = [new Map(), new Map()];
  let sent: [Map<number, Resting>, Map<number, Resting>] = [new Map(), new Map()];
  const ranked = (side: BookSide): number[] =>
    [...book[side].keys()].sort((a, b) => (side === BID ? b - a : a - b));
  const best = (side: BookSide): number => ranked(side)[0]!;
  const size = (): number => Math.ceil(20 * random.pareto(1.1));
  let value = 600_000;
  let at = BEGIN;
  let seqId = 100;

  const add = (side: BookSide, price: number): void => {
    const other = book[1 - side]!;
    const touch = [...other.keys()].some((each) => (side === BID ? each <= price : each >= price));
    if (touch) return;
    const level = book[side].get(price) ?? { size: 0, orders: 0 };
    book[side].set(price, { size: level.size + size(), orders: level.orders + 1 });
  };
  const around = (side: BookSide): number => {
    const distance = 1 + Math.min(REACH, Math.floor(2 * random.pareto(0.8)));
    return Math.round(value) + (side === BID ? -distance : distance);
  };
  const take = (hit: BookSide, stamp: number): void => {
    let left = Math.ceil(10 * random.pareto(1.2));
    while (left > 0 && book[hit].size > 5) {
      const price = best(hit);
      const level = book[hit].get(price)!;
      const taken = Math.min(left, level.size);
      const parts = options.mergesPrints || taken < 2 ? [taken] : [1, taken - 1];
      for (const part of parts)
        writer.write(
          new TradeEvent(
            ...([us((stamp + options.clockMs) * 1000), 0, ms(stamp), ticks(price), lots(part)] as const),
            hit === BID ? 'sell' : 'buy',
          ),
        );
      left -= taken;
      level.size -= taken;
      level.orders = Math.max(1, level.orders - 1);
      if (level.size === 0) book[hit].delete(price);
    }
  };
  const tell = (snapshot: boolean): void => {
    const frame = new BookFrame();
    frame.snapshot = snapshot;
    frame.exchangeAt = ms(at);
    frame.prevSeqId = snapshot ? -1 : seqId;
    seqId += 3;
    frame.seqId = seqId;
    const view: [Map<number, Resting>, Map<number, Resting>] = [new Map(), new Map()];
    const orders = (of: Resting): number => (options.countsOrders ? of.orders : 0);
    for (const side of [BID, ASK] as const) {
      const seen = options.depth === 0 ? ranked(side) : ranked(side).slice(0, options.depth);
      for (const price of seen) view[side].set(price, { ...book[side].get(price)! });
      if (!snapshot)
        for (const price of sent[side].keys()) if (!view[side].has(price)) frame.push(side, price, 0, 0);
      for (const [price, level] of view[side]) {
        const before = snapshot ? undefined : sent[side].get(price);
        if (before?.size !== level.size || before?.orders !== level.orders)
          frame.push(side, price, level.size, orders(level));
      }
    }
    sent = view;
    if (options.checksums) {
      const rank = [BID, ASK].map((side) =>
        [...view[side as BookSide]].sort(([a], [b]) => (side === BID ? b - a : a - b)),
      );
      frame.checksum = bookChecksum(SMALL, {
        depth: (side) => rank[side]!.length,
        price: (side, place) => rank[side]![place]![0],
        size: (side, place) => rank[side]![place]![1].size,
      });
    }
    writer.write(new BookEvent(us((at + options.clockMs) * 1000 + 700), 0, frame));
  };

  for (let i = 0; i < 300; i++) for (const side of [BID, ASK] as const) add(side, around(side));
  tell(true);
  const frames = (options.seconds * 1000) / FRAME_MS;
  for (let number = 1; number <= frames; number++) {
    if (options.outage && number === frames >> 1) {
      writer.write(new FeedEvent(us((at + options.clockMs) * 1000 + 800), 0, false, 'made for a test'));
      at += 1000;
    }
    const begin = at;
    at += FRAME_MS;
    value += 0.8 * random.normal();
    const stamps = Array.from({ length: random.poisson(2) }, () => begin + 1 + random.below(FRAME_MS)).sort(
      (a, b) => a - b,
    );
    for (const stamp of stamps) {
      // takers pull the price to its value
      const middle = (best(BID) + best(ASK)) / 2;
      const buys = random.chance(0.5 + 0.05 * Math.max(-8, Math.min(8, value - middle)));
      take(buys ? ASK : BID, stamp);
    }
    for (const side of [BID, ASK] as const) {
      for (let i = 0; i < 8; i++) add(side, around(side));
      for (const price of [...book[side].keys()])
        if (random.chance(0.03) && book[side].size > 60) book[side].delete(price);
    }
    const again = options.outage && number === frames >> 1;
    tell(again || (options.snapshotEvery > 0 && number % options.snapshotEvery === 0));
    if (again) writer.write(new FeedEvent(us((at + options.clockMs) * 1000 + 800), 0, true, ''));
  }
  writer.close();
}
