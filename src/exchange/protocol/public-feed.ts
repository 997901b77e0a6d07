import { ASK, BID } from '../../core/book/frame.ts';
import { lots, ticks } from '../../core/units.ts';
import type { Fill, Order } from '../accounts/order.ts';
import type { Candle, CandleBook, CandleSeries } from '../history/candles.ts';
import { referenceBook } from '../history/reference.ts';
import type { Market } from '../market/market.ts';
import type { Trade } from '../market/trade.ts';
import { BookPublisher, type BookUpdate } from './book-publisher.ts';
import type { Hub } from './hub.ts';
import {
  candleRow,
  fundingRow,
  indexOf,
  indexRow,
  markRow,
  openInterestRow,
  priceLimitRow,
  referenceRow,
  tickerRow,
  tradeRow,
} from './market-rows.ts';

const DEPTH = 400;
/** A book nobody listens to is not worth publishing 100 times a second. */
const TICK_BY_TICK = ['books-l2-tbt', 'books50-l2-tbt', 'bbo-tbt'] as const;

/** One candle channel and what it said last. */
interface CandleStream {
  readonly topic: string;
  readonly series: CandleSeries;
  readonly row: (market: Market, candle: Candle, closed: boolean) => string[];
  said: string;
  openAt: number;
}

/** The public streams of one instrument, at OKX's paces. */
export class PublicFeed {
  readonly market: Market;
  /** The book of the `books` channel, which REST shows as well: same state, same sequence number. */
  readonly books: BookPublisher;
  private readonly deep = new Map<string, BookPublisher>();
  private readonly hub: Hub;
  private readonly id: string;
  private topFive = '';
  private top = '';
  private mark = 0;
  private index = 0;
  private markAt = 0;
  private indexAt = 0;
  private readonly candles: CandleStream[] = [];
  /** Bars of index and mark, from the moment somebody asks for them. */
  private readonly references = new Map<'index' | 'mark', CandleBook>();

  constructor(market: Market, hub: Hub) {
    this.market = market;
    this.hub = hub;
    this.id = market.instrument.id;
    this.books = new BookPublisher(market.book, market.instrument, DEPTH, market.now);
    this.stream(market.candles, 'candle', this.id, candleRow);
  }

  /** Bars of index or mark. */
  reference(of: 'index' | 'mark'): CandleBook {
    const { market } = this;
    let book = this.references.get(of);
    if (book === undefined) {
      book = referenceBook(market.candles, market.now, market[of], market.last);
      this.references.set(of, book);
      if (of === 'mark') this.stream(book, 'mark-price-candle', this.id, referenceRow);
      else this.stream(book, 'index-candle', indexOf(market), referenceRow);
    }
    return book;
  }

  private stream(book: CandleBook, name: string, id: string, row: CandleStream['row']): void {
    for (const series of book.series)
      this.candles.push({
        topic: `${name}${series.bar}|${id}`,
        series,
        row,
        said: '',
        openAt: series.building.openAt,
      });
  }

  /** Called after each step of the market. On one connection the fastest channels come first, as on OKX. */
  step(now: number): void {
    this.tickByTick(now);
    if (now % 100 !== 0) return;
    for (const [of, book] of this.references) book.trade(now, this.market[of], 1);
    this.publishBooks(now);
    this.send('tickers', () => tickerRow(this.market));
    this.publishIndex(now);
    if (now % 200 === 0) {
      this.publishMark(now);
      this.send('price-limit', () => priceLimitRow(this.market));
    }
    if (now % 1000 === 0) this.publishCandles();
    if (now % 3000 === 0) this.send('open-interest', () => openInterestRow(this.market));
    if (now % 60_000 === 0) this.send('funding-rate', () => fundingRow(this.market));
  }

  /** `trades` tells of it merged, `trades-all` of each match in it: `fills`, in lots. */
  traded(trade: Trade, fills: readonly number[]): void {
    this.send('trades', () => tradeRow(this.market, trade));
    const first = trade.tradeId - fills.length + 1;
    for (const [at, size] of fills.entries())
      this.send('trades-all', () => {
        const match = { ...trade, tradeId: first + at, size, count: 1 };
        const { count: _count, seqId: _seqId, ...row } = tradeRow(this.market, match);
        return row;
      });
  }

  /** An account was liquidated: OKX tells of these in samples, we of each. */
  liquidated(order: Order, fill: Fill): void {
    const { market } = this;
    this.send('liquidation-orders', () => ({
      instType: 'SWAP',
      instFamily: indexOf(market),
      instId: this.id,
      uly: indexOf(market),
      details: [
        {
          side: fill.side,
          posSide: fill.side === 'sell' ? 'long' : 'short',
          bkPx: market.instrument.formatPrice(ticks(fill.price)),
          sz: market.instrument.formatSize(lots(fill.size)),
          bkLoss: fill.fundPaid ?? '0',
          ccy: '',
          ts: String(order.updatedAt),
        },
      ],
    }));
  }

  /** After maintenance the sequence numbers of every book begin again, and the chain goes on over the seam. */
  restartSequence(): void {
    this.books.restartSequence();
    for (const publisher of this.deep.values()) publisher.restartSequence();
  }

  /** What a new subscriber is told at once: the message after its argument, or null when the stream just goes on. */
  greeting(channel: string): string | null {
    const { market } = this;
    const one = (row: unknown): string => `"data":[${JSON.stringify(row)}]`;
    switch (channel) {
      case 'books':
        return this.snapshot(this.books, DEPTH);
      case 'books-l2-tbt':
        return this.snapshot(this.deepBook(channel, DEPTH), DEPTH);
      case 'books50-l2-tbt':
        return this.snapshot(this.deepBook(channel, 50), 50);
      case 'books5':
        return one(this.full(this.books, 5));
      case 'bbo-tbt':
        return one(this.full(this.deepBook(channel, 1), 1));
      case 'tickers':
        return one(tickerRow(market));
      case 'mark-price':
        return one(markRow(market));
      case 'index-tickers':
        return one(indexRow(market));
      case 'funding-rate':
        return one(fundingRow(market));
      case 'open-interest':
        return one(openInterestRow(market));
      case 'price-limit':
        return one(priceLimitRow(market));
      default: {
        const isIndex = channel.startsWith('index-candle');
        if (isIndex || channel.startsWith('mark-price-candle')) this.reference(isIndex ? 'index' : 'mark');
        const id = isIndex ? indexOf(market) : this.id;
        const candle = this.candles.find(({ topic }) => topic === `${channel}|${id}`);
        return candle === undefined ? null : one(candle.row(market, candle.series.building, false));
      }
    }
  }

  private send(channel: string, row: () => unknown): void {
    const topic = `${channel}|${this.id}`;
    if (this.hub.has(topic)) this.hub.send(topic, `"data":[${JSON.stringify(row())}]`);
  }

  private snapshot(publisher: BookPublisher, depth: number): string {
    return `"action":"snapshot","data":[${JSON.stringify({
      asks: publisher.rows(ASK, depth),
      bids: publisher.rows(BID, depth),
      ts: String(publisher.at),
      checksum: 0,
      prevSeqId: -1,
      seqId: publisher.sequence,
    })}]`;
  }

  private update(channel: string, update: BookUpdate | null): void {
    const topic = `${channel}|${this.id}`;
    if (update === null || !this.hub.has(topic)) return;
    this.hub.send(
      topic,
      `"action":"update","data":[${JSON.stringify({
        asks: update.asks,
        bids: update.bids,
        ts: String(update.at),
        checksum: 0,
        prevSeqId: update.previous,
        seqId: update.sequence,
      })}]`,
    );
  }

  private full(publisher: BookPublisher, depth: number): Record<string, unknown> {
    return {
      asks: publisher.rows(ASK, depth),
      bids: publisher.rows(BID, depth),
      instId: this.id,
      ts: String(publisher.at),
      seqId: publisher.sequence,
    };
  }

  private publishBooks(now: number): void {
    const update = this.books.publish(now);
    this.update('books', update);
    if (update === null || !this.hub.has(`books5|${this.id}`)) return;
    const row = this.full(this.books, 5);
    const levels = JSON.stringify([row.asks, row.bids]);
    if (levels === this.topFive) return;
    this.topFive = levels;
    this.hub.send(`books5|${this.id}`, `"data":[${JSON.stringify(row)}]`);
  }

  private deepBook(channel: string, depth: number): BookPublisher {
    let publisher = this.deep.get(channel);
    if (publisher === undefined) {
      publisher = new BookPublisher(this.market.book, this.market.instrument, depth, this.market.now);
      this.deep.set(channel, publisher);
    }
    return publisher;
  }

  private tickByTick(now: number): void {
    if (this.deep.size === 0) return;
    for (const channel of TICK_BY_TICK) {
      const publisher = this.deep.get(channel);
      if (publisher === undefined) continue;
      if (!this.hub.has(`${channel}|${this.id}`)) {
        this.deep.delete(channel);
        continue;
      }
      const update = publisher.publish(now);
      if (channel !== 'bbo-tbt') this.update(channel, update);
      else if (update !== null) {
        const row = this.full(publisher, 1);
        const levels = JSON.stringify([row.asks, row.bids]);
        if (levels !== this.top || update.previous === update.sequence)
          this.hub.send(`bbo-tbt|${this.id}`, `"data":[${JSON.stringify(row)}]`);
        this.top = levels;
      }
    }
  }

  private publishMark(now: number): void {
    if (this.market.mark === this.mark && now - this.markAt < 10_000) return;
    this.mark = this.market.mark;
    this.markAt = now;
    this.send('mark-price', () => markRow(this.market));
  }

  private publishIndex(now: number): void {
    if (this.market.index === this.index && now - this.indexAt < 60_000) return;
    this.index = this.market.index;
    this.indexAt = now;
    const topic = `index-tickers|${indexOf(this.market)}`;
    if (this.hub.has(topic)) this.hub.send(topic, `"data":[${JSON.stringify(indexRow(this.market))}]`);
  }

  /**
   * A bar that closed is told once with `confirm` 1, the building one when it changed: one or the other, once a second at
   * most. Only where nobody ran the market for a while are there several that closed.
   */
  private publishCandles(): void {
    for (const candle of this.candles) {
      const { series, topic } = candle;
      const closedSince: Candle[] = [];
      for (let i = series.closed.length - 1; i >= 0 && series.closed[i].openAt >= candle.openAt; i--)
        closedSince.unshift(series.closed[i]);
      candle.openAt = series.building.openAt;
      if (!this.hub.has(topic)) continue;
      for (const bar of closedSince)
        this.hub.send(topic, `"data":[${JSON.stringify(candle.row(this.market, bar, true))}]`);
      const row = JSON.stringify(candle.row(this.market, series.building, false));
      if (closedSince.length > 0 || row === candle.said) continue;
      candle.said = row;
      this.hub.send(topic, `"data":[${row}]`);
    }
  }
}
