import { BookFrame } from '../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  EventKind,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../core/events.ts';
import { Instrument, type InstrumentSpec } from '../core/instrument.ts';
import { ms, msToUs, type Us, us } from '../core/units.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { Market } from '../exchange/market/market.ts';
import { Gateway } from '../exchange/protocol/gateway.ts';
import { candleRow } from '../exchange/protocol/market-rows.ts';
import type { LabelSink } from '../exchange/scenarios/label.ts';
import type { Scenario } from '../exchange/scenarios/scenario.ts';
import { BookDecoder } from '../venue/okx/codec/books.ts';
import type { Row } from '../venue/okx/codec/fields.ts';
import { decodeCandle, decodeFunding, decodeMark, decodeTrade } from '../venue/okx/codec/market.ts';
import { instrumentSpecOf } from '../venue/okx/instruments.ts';

export const BOOK_FEEDS = ['books', 'books-l2-tbt'] as const;
export type BookFeed = (typeof BOOK_FEEDS)[number];

/** Virtual time begins here unless told otherwise: a Sunday, 14:20 UTC. */
export const SIMULATED_FROM = Date.UTC(2026, 10, 22, 14, 20);

export interface SimulationOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  /** Instruments to listen to, of those in the scenario; all of them trade. */
  readonly symbols: readonly string[];
  readonly feed: BookFeed;
  /** ms; whole seconds. */
  readonly from: number;
  /**
   * Closed one-minute candles from before, which the client asks for when its book goes live, as the engine does at start. They
   * come as events alone: no socket sent them. Absent: none.
   */
  readonly history?: number;
  /** What was planted, when it is over. */
  readonly label?: LabelSink;
  /** Every message as the WebSocket would have sent it; also the acknowledgements and what they answer. */
  readonly raw?: (direction: 'in' | 'out', at: Us, text: string) => void;
  /** What a client makes of the messages. Lent for the call. */
  readonly event?: (event: MarketEvent) => void;
}

/**
 * A market in virtual time: the exchange without sockets, its own publishers, and one client that listens to them. Same
 * options, same bytes.
 */
export class Simulation {
  readonly exchange: Exchange;
  /** As a client reads them from `public/instruments`. */
  readonly specs: readonly InstrumentSpec[];
  /** The rows of `public/instruments`. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  messages = 0;
  bytes = 0;
  events = 0;
  private begun = false;
  private readonly markets: readonly Market[];
  private readonly options: SimulationOptions;

  constructor(options: SimulationOptions) {
    this.options = options;
    // what was planted and over before anybody listened is nobody's business
    this.exchange = new Exchange(options.seed, options.from, null, options.scenario, (label) => {
      if (this.begun) options.label?.(label);
    });
    this.markets = options.symbols.map((symbol) => {
      const market = this.exchange.market(symbol);
      if (market === undefined)
        throw new RangeError(
          `${symbol} is not in the scenario; it has ${options.scenario.instruments.join(', ')}`,
        );
      return market;
    });
    this.rows = this.markets.map(({ listing }) => listing.row);
    this.specs = this.rows.map((row) => instrumentSpecOf(row as Row));
  }

  /** The client subscribes: from here on there are messages and events. To be called once. */
  begin(): void {
    this.begun = true;
    const gateway = new Gateway(this.exchange, () => undefined);
    for (const [index, market] of this.markets.entries()) this.subscribe(gateway, market, index);
  }

  /** Exchange time, ms. */
  get now(): number {
    return this.exchange.now;
  }

  /** Lets time pass until `until`, ms. */
  advance(until: number): void {
    this.exchange.advance(until);
  }

  /** Labels what is still under way. To be called once, at the end. */
  finish(): void {
    this.exchange.world.finish();
  }

  private subscribe(gateway: Gateway, market: Market, index: number): void {
    const { options } = this;
    const feed = gateway.feedOf(market.instrument.id)!;
    const client = new Client(index, this.specs[index]!, (event) => {
      this.events += 1;
      options.event?.(event);
      if (event.kind === EventKind.feed) askForHistory();
    });
    const askForHistory = (): void => {
      const { history = 0 } = options;
      const { closed } = market.candles.of('1m')!;
      for (const candle of closed.slice(Math.max(0, closed.length - history)))
        client.takeCandle(msToUs(ms(this.now)), candleRow(market, candle, true));
    };
    const channels = [options.feed, 'trades', 'mark-price', 'funding-rate', 'candle1m'];
    for (const channel of channels) {
      const arg = JSON.stringify({ channel, instId: market.instrument.id });
      const listener = {
        send: (text: string): void => {
          this.messages += 1;
          this.bytes += text.length;
          const at = msToUs(ms(this.now));
          options.raw?.('in', at, text);
          if (options.event !== undefined) client.take(channel, at, text);
        },
      };
      const at = msToUs(ms(this.now));
      options.raw?.('out', at, `{"op":"subscribe","args":[${arg}]}`);
      options.raw?.('in', at, `{"event":"subscribe","arg":${arg},"connId":"simulated"}`);
      const greeting = feed.greeting(channel);
      if (greeting !== null) listener.send(`{"arg":${arg},${greeting}}`);
      gateway.hub.add(`${channel}|${market.instrument.id}`, listener, arg);
    }
  }
}

/** Reads the messages of one instrument as our own feed reads those of OKX. */
class Client {
  private readonly index: number;
  private readonly instrument: Instrument;
  private readonly decoder: BookDecoder;
  private readonly book: BookEvent;
  private readonly emit: (event: MarketEvent) => void;
  private live = false;

  constructor(index: number, spec: InstrumentSpec, emit: (event: MarketEvent) => void) {
    this.index = index;
    this.instrument = new Instrument(spec);
    this.decoder = new BookDecoder(this.instrument);
    this.book = new BookEvent(us(0), index, new BookFrame());
    this.emit = emit;
  }

  take(channel: string, at: Us, text: string): void {
    if (channel === 'trades') this.each(text, (row) => this.takeTrade(at, row));
    else if (channel === 'mark-price') this.each(text, (row) => this.takeMark(at, row));
    else if (channel === 'funding-rate') this.each(text, (row) => this.takeFunding(at, row));
    else if (channel === 'candle1m') this.each(text, (row) => this.takeCandle(at, row));
    else this.takeBook(at, text);
  }

  private each(text: string, take: (row: Row) => void): void {
    for (const row of (JSON.parse(text) as { data: Row[] }).data) take(row);
  }

  private takeBook(at: Us, text: string): void {
    this.decoder.decode(Buffer.from(text), this.book.frame);
    this.book.at = at;
    this.emit(this.book);
    if (this.live) return;
    this.live = true;
    this.emit(new FeedEvent(at, this.index, true, ''));
  }

  private takeTrade(at: Us, row: Row): void {
    const { exchangeAt, price, size, side } = decodeTrade(row, this.instrument);
    this.emit(new TradeEvent(at, this.index, exchangeAt, price, size, side));
  }

  private takeMark(at: Us, row: Row): void {
    const { exchangeAt, price } = decodeMark(row, this.instrument);
    this.emit(new MarkEvent(at, this.index, exchangeAt, price));
  }

  private takeFunding(at: Us, row: Row): void {
    const { rate, fundingAt } = decodeFunding(row, this.instrument);
    this.emit(new FundingEvent(at, this.index, rate, fundingAt));
  }

  takeCandle(at: Us, row: unknown): void {
    const { openAt, open, high, low, close, volume, closed } = decodeCandle(row, this.instrument);
    this.emit(new CandleEvent(at, this.index, openAt, open, high, low, close, volume, closed));
  }
}
