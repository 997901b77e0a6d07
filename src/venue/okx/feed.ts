import { FeedLag } from '../../core/book/feed-lag.ts';
import { BookFrame } from '../../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { ms, type Us, us, usToMs } from '../../core/units.ts';
import type { CandleHistory, Feed } from '../venue.ts';
import { BackOff } from './back-off.ts';
import { BookDecoder } from './codec/books.ts';
import { ChecksumBook } from './codec/checksum.ts';
import { DecodeError } from './codec/decode-error.ts';
import { isRow, rowsOf } from './codec/fields.ts';
import {
  decodeCandle,
  decodeFunding,
  decodeMark,
  decodeTrade,
  parsePush,
  type Trade,
} from './codec/market.ts';
import { type ChannelArg, channelKey, Router } from './codec/routing.ts';
import type { OkxError } from './errors.ts';
import { type OkxOptions, type RawTap, realTimers, type Timers } from './options.ts';
import { RateLimits } from './rate-limit.ts';
import { OkxRest } from './rest.ts';
import { Sequence } from './sequence.ts';
import { OkxSocket, type SocketTiming } from './socket.ts';

export interface OkxFeedOptions extends OkxOptions, SocketTiming {
  /** Events carry the index in this list. */
  readonly instruments: readonly Instrument[];
  /** Default `books`: 400 levels every 100 ms, for all. The `-tbt` ones need a login and VIP 4. */
  readonly bookChannel?: 'books' | 'books-l2-tbt' | 'books50-l2-tbt';
  /** Default `1m`. */
  readonly candleBar?: string;
  /**
   * Without a book message for so long, an instrument is not live; the next message that follows on makes it live
   * again. Default 5 s: a busy book changes ten times a second. A quiet one is told at least each 60 s that nothing
   * changed: give it 65 s.
   */
  readonly staleAfterMs?: number;
  /** Book messages so much later than usual are history: the instrument is not live. Default 2 s. */
  readonly behindMaxMs?: number;
  /** Without a book message for so long, not even a keepalive, the subscription is dead and renewed. Default 75 s. */
  readonly renewAfterMs?: number;
  readonly rawTap?: RawTap;
  /** Told when candles come again after an interruption: what closed meanwhile is to be fetched. */
  readonly candlesBack?: () => void;
  /** Default: one of our own; give one to share its clock offset and its limits. */
  readonly restClient?: OkxRest;
}

/** What the feed has seen since it was made. */
export interface FeedCounters {
  frames: number;
  levels: number;
  trades: number;
  gaps: number;
  checksumFailures: number;
  decodeErrors: number;
  resubscribes: number;
  reconnects: number;
  /** The last trade before the subscription, which OKX pushes first however old it is: not flow. */
  staleTradesDropped: number;
  /** Trades seen already: after a reconnect, or on both connections while one replaces the other. */
  repeatedTradesDropped: number;
  /** Book frames that needed `JSON.parse`. */
  slowFrames: number;
}

export function createOkxFeed(options: OkxFeedOptions): OkxFeed {
  return new OkxFeed(options);
}

/** A trade older than its subscription by more than this is history, not flow. */
const STALE_TRADE_MS = 1_000;
/** A subscription renewed gives a snapshot within this, or is renewed again. */
const SNAPSHOT_TIMEOUT_MS = 10_000;
/** An instrument live for so long has recovered: its renewals start again without delay. */
const RECOVERED_AFTER_MS = 60_000;
const CHECK_EVERY_MS = 500;

/** OKX market data of some instruments: books, trades, mark prices, funding rates, candles. */
export class OkxFeed implements Feed, CandleHistory {
  private readonly options: OkxFeedOptions;
  private readonly timers: Timers;
  private readonly rest: OkxRest;
  private readonly markets: readonly Market[];
  private readonly publicRouter = new Router<Route>();
  private readonly businessRouter = new Router<Route>();
  private readonly routes = new Map<string, Route>();
  private readonly publicSocket: OkxSocket;
  private readonly businessSocket: OkxSocket;
  private readonly tally = {
    frames: 0,
    levels: 0,
    trades: 0,
    gaps: 0,
    checksumFailures: 0,
    decodeErrors: 0,
    resubscribes: 0,
    staleTradesDropped: 0,
    repeatedTradesDropped: 0,
  };
  private emit: (event: MarketEvent) => void = () => {};
  private cancelCheck: () => void = () => {};
  private started = false;

  constructor(options: OkxFeedOptions) {
    this.options = options;
    this.timers = options.timers ?? realTimers;
    this.rest = options.restClient ?? new OkxRest(options);
    this.markets = options.instruments.map(
      (instrument, index) => new Market(instrument, index, options.random),
    );
    const connects = options.connects ?? new RateLimits(options.clock, this.timers);
    const shared = { ...options, connects, exchangeNow: () => this.rest.exchangeTime() };
    const needsLogin = (options.bookChannel ?? 'books') !== 'books';
    this.publicSocket = new OkxSocket(
      { ...shared, path: 'public', login: needsLogin },
      {
        push: (bytes, receivedAt, generation) => this.push(this.publicRouter, bytes, receivedAt, generation),
        answer: (message) => options.log('warn', 'OKX complains', { message }),
        up: () => {},
        down: (reason) => this.disconnected(reason),
        refused: (arg, error) => this.refused(arg, error),
        loginRefused: (error) => options.log('error', 'OKX refuses the login', { reason: error.message }),
      },
    );
    this.businessSocket = new OkxSocket(
      { ...shared, path: 'business', login: false },
      {
        push: (bytes, receivedAt, generation) =>
          this.push(this.businessRouter, bytes, receivedAt, generation),
        answer: (message) => options.log('warn', 'OKX complains', { message }),
        up: (generation) => {
          if (generation > 1) options.candlesBack?.();
        },
        down: (reason) => options.log('warn', 'candles are interrupted', { reason }),
        refused: (arg, error) => this.refused(arg, error),
      },
    );
    for (const market of this.markets) this.addRoutes(market);
  }

  start(emit: (event: MarketEvent) => void): Promise<void> {
    if (this.started) throw new Error('the feed has been started already');
    this.started = true;
    this.emit = emit;
    this.publicSocket.start();
    this.businessSocket.start();
    this.check();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.cancelCheck();
    for (const market of this.markets) market.cancelRenewal();
    this.publicSocket.stop();
    this.businessSocket.stop();
    this.emit = () => {};
    return Promise.resolve();
  }

  get counters(): FeedCounters {
    return {
      ...this.tally,
      reconnects: this.publicSocket.reconnects + this.businessSocket.reconnects,
      slowFrames: this.markets.reduce((sum, { decoder }) => sum + decoder.slowFrames, 0),
    };
  }

  /** Closed candles only. `at` of the events is now: they have only just come. */
  async candles(instrument: number, bar: string, count: number): Promise<CandleEvent[]> {
    const market = this.markets[instrument];
    if (market === undefined)
      throw new RangeError(`no instrument ${instrument}: there are ${this.markets.length}`);
    const found: CandleEvent[] = [];
    let after: number | undefined;
    let archive = false;
    while (found.length < count) {
      const page = await this.rest.candles(market.instrument.id, bar, after, archive);
      const at = this.options.clock.nowUs();
      if (page.length === 0) {
        if (archive) break;
        archive = true; // the recent ones end after 1440 bars
        continue;
      }
      for (const columns of page) {
        const candle = decodeCandle(columns, market.instrument);
        if (after !== undefined && candle.openAt >= after)
          throw new DecodeError(
            market.instrument.id,
            'candles do not go back in time',
            JSON.stringify(columns),
          );
        if (candle.closed && found.length < count) found.push(candleEvent(at, instrument, candle));
        after = candle.openAt;
      }
    }
    return found.reverse();
  }

  // — what comes in —

  private addRoutes(market: Market): void {
    const instId = market.instrument.id;
    const { bookChannel = 'books', candleBar = '1m' } = this.options;
    const add = (kind: Route['kind'], channel: string): ChannelArg => {
      const arg = { channel, instId };
      const route: Route = { kind, market, channel };
      (kind === 'candle' ? this.businessRouter : this.publicRouter).add(arg, route);
      this.routes.set(channelKey(arg), route);
      return arg;
    };
    market.bookArg = add('book', bookChannel);
    this.publicSocket.want([
      market.bookArg,
      add('trades', 'trades'),
      add('mark', 'mark-price'),
      add('funding', 'funding-rate'),
    ]);
    this.businessSocket.want([add('candle', `candle${candleBar}`)]);
  }

  private push(router: Router<Route>, bytes: Buffer, receivedAt: Us, generation: number): void {
    let route = router.find(bytes);
    if (route === undefined) {
      const arg = this.argOf(bytes);
      route = arg === null ? undefined : this.routes.get(channelKey(arg));
      if (route === undefined) {
        this.tally.decodeErrors++;
        this.options.log('warn', 'a push for nobody', { text: bytes.toString().slice(0, 120) });
        return;
      }
    }
    this.tally.frames++;
    const { market, kind } = route;
    try {
      if (kind === 'book') this.book(market, bytes, receivedAt, generation);
      else this.other(route, bytes, receivedAt, generation);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.tally.decodeErrors++;
      this.options.log('error', 'cannot read what OKX sent', {
        channel: route.channel,
        problem: error.message,
      });
      // an update that was not understood is an update lost
      if (kind === 'book') this.lose(market, `unreadable book message: ${error.message}`);
    }
  }

  private argOf(bytes: Buffer): ChannelArg | null {
    try {
      const { arg } = parsePush(bytes, '?');
      return isRow(arg) ? (arg as unknown as ChannelArg) : null;
    } catch (error) {
      if (error instanceof DecodeError) return null; // counted and logged by the caller
      throw error;
    }
  }

  private book(market: Market, bytes: Buffer, receivedAt: Us, generation: number): void {
    if (generation < market.generation) return; // the connection that was replaced has nothing to add
    const { frame } = market;
    market.decoder.decode(bytes, frame);
    if (generation > market.generation) {
      // the new connection takes over with its snapshot; until then the old one goes on
      if (!frame.snapshot) return;
      market.generation = generation;
    }
    market.bookAtMs = this.options.clock.nowMs();
    const verdict = market.sequence.accept(frame.snapshot, frame.prevSeqId, frame.seqId);
    if (verdict === 'waiting') return;
    if (verdict === 'gap') {
      this.tally.gaps++;
      this.lose(market, `book sequence gap: message follows on ${frame.prevSeqId}, which never came`);
      return;
    }
    if (!market.checks(frame)) {
      this.tally.checksumFailures++;
      this.lose(market, `book checksum does not match ${frame.checksum}`);
      return;
    }
    this.tally.levels += frame.count;
    const behindMs = market.lag.observe(usToMs(receivedAt), frame.exchangeAt);
    const behind = behindMs > (this.options.behindMaxMs ?? 2_000);
    // said before the frame, so that nobody acts on it as if it were now
    if (behind && market.live)
      this.setLive(market, false, `${(behindMs / 1000).toFixed(1)} s behind the exchange`);
    const event = market.bookEvent;
    event.at = receivedAt;
    this.emit(event);
    if (verdict === 'snapshot') market.snapshotArrived();
    // said after it: the book is whole again, by a snapshot or because nothing was missing
    if (!market.live && !behind)
      this.setLive(market, true, verdict === 'snapshot' ? 'snapshot' : 'messages again');
  }

  private other(route: Route, bytes: Buffer, receivedAt: Us, generation: number): void {
    const { market, kind, channel } = route;
    const { instrument, index } = market;
    const { data } = parsePush(bytes, channel);
    if (kind === 'candle') {
      for (const columns of Array.isArray(data) ? data : [])
        this.emit(candleEvent(receivedAt, index, decodeCandle(columns, instrument)));
      return;
    }
    for (const row of rowsOf(data)) {
      switch (kind) {
        case 'trades': {
          const trade = decodeTrade(row, instrument);
          if (!this.isFlow(market, trade, receivedAt, generation)) break;
          this.tally.trades++;
          this.emit(new TradeEvent(receivedAt, index, trade.exchangeAt, trade.price, trade.size, trade.side));
          break;
        }
        case 'mark': {
          const mark = decodeMark(row, instrument);
          this.emit(new MarkEvent(receivedAt, index, mark.exchangeAt, mark.price));
          break;
        }
        case 'funding': {
          const funding = decodeFunding(row, instrument);
          this.emit(new FundingEvent(receivedAt, index, funding.rate, funding.fundingAt));
          break;
        }
      }
    }
  }

  /** New to us, and not the stale one that OKX pushes as soon as one subscribes. */
  private isFlow(market: Market, trade: Trade, receivedAt: Us, generation: number): boolean {
    const { tradeId, exchangeAt } = trade;
    if (generation > market.tradesGeneration) {
      market.tradesGeneration = generation;
      if (exchangeAt < usToMs(receivedAt) - STALE_TRADE_MS) {
        this.tally.staleTradesDropped++;
        return false;
      }
    }
    // by time, too: ids that began again from a small number are no repetition
    const id = Number(tradeId);
    if (id <= market.lastTradeId && exchangeAt <= market.lastTradeAt) {
      this.tally.repeatedTradesDropped++;
      return false;
    }
    market.lastTradeId = id;
    market.lastTradeAt = exchangeAt;
    return true;
  }

  // — live or not —

  private setLive(market: Market, live: boolean, reason: string): void {
    market.live = live;
    if (live) market.liveSinceMs = this.options.clock.nowMs();
    // the event says it to everybody; this line is for the file
    const message = live ? 'market data is live' : 'market data is not to be trusted';
    this.options.log('debug', message, { instrument: market.instrument.id, reason });
    this.emit(new FeedEvent(this.options.clock.nowUs(), market.index, live, reason));
  }

  /** The book is worth nothing any more: say so at once, then get a new one. */
  private lose(market: Market, reason: string): void {
    market.sequence.lose();
    if (market.live) this.setLive(market, false, reason);
    this.renew(market, reason);
  }

  private disconnected(reason: string): void {
    for (const market of this.markets) {
      market.cancelRenewal();
      market.sequence.lose();
      if (market.live) this.setLive(market, false, `disconnected: ${reason}`);
    }
  }

  private refused(arg: ChannelArg, error: OkxError): void {
    this.options.log('error', 'OKX refuses a channel; it is not asked for again', {
      ...arg,
      reason: error.message,
    });
    const route = this.routes.get(channelKey(arg));
    if (route?.kind === 'book')
      this.emit(
        new FeedEvent(
          this.options.clock.nowUs(),
          route.market.index,
          false,
          `no order book: ${error.message}`,
        ),
      );
  }

  /**
   * Unsubscribes and subscribes again, for a snapshot. Storm guard: one renewal of an instrument at a time, each next one
   * after a longer wait, until the instrument has been live for a while.
   */
  private renew(market: Market, reason: string): void {
    if (market.renewing) return;
    market.renewing = true;
    const liveForMs = this.options.clock.nowMs() - market.liveSinceMs;
    if (market.liveSinceMs > 0 && liveForMs >= RECOVERED_AFTER_MS) {
      market.renewals = 0;
      market.backOff.reset();
    }
    const delayMs = market.renewals++ === 0 ? 0 : market.backOff.next();
    market.cancelRenewalTimer = this.timers.after(delayMs, () => {
      if (!this.publicSocket.connected) return market.cancelRenewal(); // the next connection brings a snapshot
      this.tally.resubscribes++;
      const again = () => {
        market.cancelRenewal();
        if (!market.sequence.following) this.renew(market, 'no snapshot came');
      };
      market.cancelRenewalTimer = this.timers.after(SNAPSHOT_TIMEOUT_MS, again);
      this.publicSocket.renew(market.bookArg).catch((error: unknown) => {
        // the socket has given that connection up: the next one subscribes by itself
        this.options.log('warn', 'resubscription failed', {
          instrument: market.instrument.id,
          after: reason,
          problem: String(error),
        });
      });
    });
  }

  /** Twice a second: whose book has gone silent? */
  private check(): void {
    const { staleAfterMs = 5_000, renewAfterMs = 75_000, clock } = this.options;
    const now = clock.nowMs();
    for (const market of this.markets) {
      const silentMs = now - market.bookAtMs;
      if (market.live && silentMs > staleAfterMs)
        this.setLive(market, false, `no book message for ${(silentMs / 1000).toFixed(1)} s`);
      if (market.sequence.following && silentMs > renewAfterMs) this.lose(market, 'not even a keepalive');
    }
    this.cancelCheck = this.timers.after(CHECK_EVERY_MS, () => this.check());
  }
}

interface Route {
  readonly kind: 'book' | 'trades' | 'mark' | 'funding' | 'candle';
  readonly market: Market;
  readonly channel: string;
}

/** What the feed keeps of one instrument. */
class Market {
  readonly instrument: Instrument;
  readonly index: number;
  readonly decoder: BookDecoder;
  readonly frame = new BookFrame();
  readonly bookEvent: BookEvent;
  readonly sequence = new Sequence();
  readonly lag = new FeedLag();
  readonly backOff: BackOff;
  bookArg: ChannelArg = { channel: '' };
  /** The connection whose book this is. */
  generation = 0;
  live = false;
  liveSinceMs = 0;
  /** By our clock, when the last book message came. */
  bookAtMs = 0;
  renewing = false;
  /** Since the instrument was last live for a while. */
  renewals = 0;
  cancelRenewalTimer: () => void = () => {};
  /** The newest connection that trades have come from. */
  tradesGeneration = 0;
  lastTradeId = -1;
  lastTradeAt = 0;
  private checksumBook: ChecksumBook | null = null;

  constructor(instrument: Instrument, index: number, random: () => number) {
    this.instrument = instrument;
    this.index = index;
    this.decoder = new BookDecoder(instrument);
    this.bookEvent = new BookEvent(us(0), index, this.frame);
    this.backOff = new BackOff(random, 1_000, 60_000);
  }

  /** Verifies the checksum where one is sent. The book for it is kept only from a snapshot that carried one. */
  checks(frame: BookFrame): boolean {
    if (frame.snapshot) this.checksumBook = frame.checksum === 0 ? null : new ChecksumBook(this.instrument);
    return this.checksumBook === null || this.checksumBook.verify(frame);
  }

  snapshotArrived(): void {
    this.cancelRenewal();
  }

  cancelRenewal(): void {
    this.cancelRenewalTimer();
    this.renewing = false;
  }
}

function candleEvent(at: Us, instrument: number, candle: ReturnType<typeof decodeCandle>): CandleEvent {
  const { openAt, open, high, low, close, volume, closed } = candle;
  return new CandleEvent(at, instrument, ms(openAt), open, high, low, close, volume, closed);
}
