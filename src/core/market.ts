import { FeedLag } from './book/feed-lag.ts';
import { OrderBook } from './book/order-book.ts';
import { Brain, type BrainConfig } from './brain/brain.ts';
import type { FindingSink } from './brain/finding.ts';
import { Fusion, type FusionConfig } from './brain/fusion/fusion.ts';
import { SlowReadings } from './brain/fusion/slow.ts';
import { Stakes, type StakesConfig } from './brain/fusion/stakes.ts';
import { barToMs, type Candle, CandleSeries } from './candles/candle-series.ts';
import { AverageTrueRange, RollingVolatility } from './candles/indicators.ts';
import type { BookEvent, CandleEvent, FeedEvent, FundingEvent, MarkEvent, TradeEvent } from './events.ts';
import type { Instrument } from './instrument.ts';
import type { CandleOpinion, Opinion } from './opinion.ts';
import { Quote } from './quote.ts';
import { type Ms, type Ticks, ticks, type Us, usToMs } from './units.ts';

export interface MarketConfig {
  readonly brain: BrainConfig;
  /** Bar of ATR and volatility, such as "1m". */
  readonly bar: string;
  readonly atrPeriod: number;
  /** Candles in the volatility window. */
  readonly volatilityWindow: number;
  /** Candles in the slow one, which says what is usual. */
  readonly volatilityWindowLong: number;
  /** Makes what reads the closed candles: rows S1 to S5, or somebody's own. One for each instrument. */
  readonly strategies: () => CandleOpinion;
  /** Who proposes entries: the fused signal at each book, or the candle strategies at each candle's close. */
  readonly lead: 'signal' | 'strategies';
  /** `book`: the touch; `prices`: the last price and an assumed spread, for recordings without a book. */
  readonly quotes: 'book' | 'prices';
  /** With `quotes: 'prices'`: the whole spread, basis points of the price; at least one tick, or none for 0. */
  readonly assumedSpreadBp: number;
  /** Where everything is told later than it was received, as a backtest's check does: by how much, ms. Absent: not so. */
  readonly toldLateMs?: number;
  /** The fitted signal and what its trades are; null: the stated priors. */
  readonly fusion: (FusionConfig & { readonly stakes: StakesConfig }) | null;
}

/** All that is known of one instrument's market, and what the brain makes of it. */
export class Market {
  readonly instrument: Instrument;
  readonly book = new OrderBook();
  readonly candles: CandleSeries;
  readonly atr: AverageTrueRange;
  readonly volatility: RollingVolatility;
  readonly volatilityLong: RollingVolatility;
  readonly brain: Brain;
  readonly strategies: CandleOpinion;
  /** What can be traded at now. */
  readonly quote = new Quote();
  /** When the book last took a frame, our clock; 0 = never. */
  bookAt = 0 as Us;
  /** How far behind the exchange the book is. */
  readonly lag = new FeedLag();
  live = false;
  liveReason = 'no market data yet';
  /** 0 = not known. */
  lastPrice = 0 as Ticks;
  markPrice = 0 as Ticks;
  fundingRate = '';
  fundingAt = 0 as Ms;
  private readonly config: MarketConfig;
  private newestClosedAt = -1 as Ms;
  /** The strategies came to another opinion with the newest candle, and nobody was told yet. */
  private opinionIsNew = false;

  /** Detectors that suspect something at a place tell it to `findings`. */
  constructor(config: MarketConfig, instrument: Instrument, findings?: FindingSink) {
    this.instrument = instrument;
    this.config = config;
    if (config.quotes === 'prices') {
      // a recording has no connection that could be lost
      this.live = true;
      this.liveReason = '';
    }
    const barMs = barToMs(config.bar);
    this.atr = new AverageTrueRange(config.atrPeriod);
    this.volatility = new RollingVolatility(config.volatilityWindow, barMs);
    this.volatilityLong = new RollingVolatility(config.volatilityWindowLong, barMs);
    this.strategies = config.strategies();
    this.candles = new CandleSeries(barMs, {
      closed: (candle) => {
        this.atr.update(candle);
        this.volatility.update(candle);
        this.volatilityLong.update(candle);
        this.brain.regime.onCandle(candle, barMs);
        this.readStrategies(candle);
      },
      restart: () => {
        this.atr.reset();
        this.volatility.reset();
        this.volatilityLong.reset();
        this.brain.regime.forgetCandles();
        this.strategies.reset();
      },
    });
    this.brain = new Brain(config.brain, this.book, findings);
    const { fusion } = config;
    if (fusion !== null)
      this.brain.signal.fusion = new Fusion(fusion, {
        brain: this.brain,
        stakes: new Stakes(this, fusion.stakes),
        slow: new SlowReadings(this.brain),
      });
  }

  onBook(event: BookEvent): void {
    this.book.apply(event.frame);
    this.bookAt = event.at;
    this.lag.observe(usToMs(event.at), event.frame.exchangeAt);
    this.quoteBook();
    this.brain.onBook(event.at);
  }

  onTrade(event: TradeEvent): void {
    this.lastPrice = event.price;
    this.candles.trade(event);
    if (this.config.quotes === 'prices')
      this.quote.assume(event.price, this.config.assumedSpreadBp, event.at);
    this.brain.onTrade(event);
  }

  onCandle(event: CandleEvent): void {
    this.candles.candle(event);
    if (this.config.quotes === 'prices' && event.closed) {
      this.lastPrice = event.close;
      this.quote.assume(event.close, this.config.assumedSpreadBp, event.at);
    } else if (this.lastPrice === 0) this.lastPrice = event.close;
  }

  onMark(event: MarkEvent): void {
    this.markPrice = event.price;
  }

  onFunding(event: FundingEvent): void {
    this.fundingRate = event.rate;
    this.fundingAt = event.fundingAt;
  }

  /** What is not live is not believed: the book waits for a snapshot and the detectors start afresh. */
  onFeed(event: FeedEvent): void {
    this.live = event.live;
    this.liveReason = event.reason;
    if (event.live) {
      this.book.vouch();
      this.quoteBook();
      return;
    }
    this.book.invalidate();
    this.quote.withdraw();
    this.brain.reset();
  }

  private quoteBook(): void {
    const { book, quote } = this;
    if (book.valid && book.twoSided)
      quote.set(ticks(book.bestBid), ticks(book.bestAsk), this.bookAt, this.lag.behindMs);
    else quote.withdraw();
  }

  private readStrategies(candle: Readonly<Candle>): void {
    const { strategies } = this;
    const { direction, name } = strategies;
    strategies.update(candle);
    if (candle.openAt <= this.newestClosedAt) return;
    this.newestClosedAt = candle.openAt;
    this.opinionIsNew =
      strategies.direction !== 'none' && (strategies.direction !== direction || strategies.name !== name);
  }

  /** −1…1, positive where bids are heavier; null while no book can be believed. */
  get depthImbalance(): number | null {
    return this.book.valid && this.book.twoSided ? this.brain.microstructure.depthImbalance : null;
  }

  /** The signal's word after a book, where it leads. */
  get proposalOfSignal(): Opinion | null {
    return this.config.lead === 'signal' ? this.brain.signal : null;
  }

  /**
   * What the strategies have newly found in the candle that has just closed, once, where they lead; null otherwise. A
   * candle of the past, told at start or after a lost connection, is nothing to act on.
   */
  takeProposalOfStrategies(now: Us): Opinion | null {
    if (!this.opinionIsNew) return null;
    this.opinionIsNew = false;
    const { lead, toldLateMs = 0 } = this.config;
    const tooOld = usToMs(now) - toldLateMs >= this.newestClosedAt + 2 * this.candles.barMs;
    return lead !== 'strategies' || tooOld ? null : this.strategies;
  }

  /** Who else has an opinion; null when nobody has. */
  otherThan(opinion: Opinion): Opinion | null {
    const { signal } = this.brain;
    if (opinion !== signal) return this.book.valid ? signal : null;
    return this.strategies;
  }

  /** What a position is valued at: the mark price, else the mid, else the last trade; 0 when nothing is known. */
  get valuationPrice(): number {
    if (this.markPrice > 0) return this.markPrice;
    return this.quote.firm ? this.quote.mid : this.lastPrice;
  }
}
