import { ASK, BID, type BookSide } from '../../core/book/frame.ts';
import type { Instrument } from '../../core/instrument.ts';
import { type Candle, CandleBook } from '../history/candles.ts';
import { PAST_STEP_MS, type Path, tradedAlong } from '../history/past.ts';
import { AGENTS, type Kind, OrderBook, opposed } from '../matching/order-book.ts';
import type { Random } from '../random.ts';
import type { LabelSink } from '../scenarios/label.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { Agents } from './agents.ts';
import { Funding } from './funding.ts';
import type { Listing } from './instruments.ts';
import type { LatentValue } from './latent-value.ts';
import type { Trade } from './trade.ts';

/** Whom the market tells. `owner` and `tag` are those the order was placed with; never an agent's. */
export interface MarketListener {
  /** A resting order traded. */
  makerFilled(
    market: Market,
    owner: number,
    tag: number,
    price: number,
    size: number,
    left: number,
    tradeId: number,
  ): void;
  /** A resting order was taken away: it would have met its owner's, or had nothing left to reduce. */
  makerRemoved(market: Market, owner: number, tag: number): void;
  /** `fills`: lots of each match in it, in their order; their ids are consecutive. */
  traded(market: Market, trade: Trade, fills: readonly number[]): void;
}

/** Called for each fill of an order of a user's as taker, before the maker is told. */
export type TakerFilled = (price: number, size: number, tradeId: number) => void;

/** What an earlier run of a market left. */
export interface MarketPast {
  readonly candles: CandleBook;
  /** Oldest first. */
  readonly trades: readonly Trade[];
}

export const TRADES_KEPT = 500;
/** How far index and mark may be from each other's price band; as OKX's `maxPxLmtPct` says. */
const BAND = 0.01;

/** One instrument: its order book, the crowd behind it, and what the public is told of it. */
export class Market {
  readonly listing: Listing;
  readonly instrument: Instrument;
  readonly book: OrderBook;
  readonly candles: CandleBook;
  readonly funding: Funding;
  /** Newest last. */
  readonly trades: Trade[] = [];
  now: number;
  last: number;
  lastSize = 1;
  /** Highest and lowest trade since `clearExtremes`: a trigger between two looks must not be missed. */
  highest: number;
  lowest: number;
  /** Ticks, whole. */
  index: number;
  mark: number;
  /** Open interest in lots: nobody's positions, a believable number that moves with trading. */
  openInterest: number;
  private smoothIndex: number;
  private smoothPremium = 0;
  private basis = 0.00005;
  private tradeId: number;
  private readonly agents: Agents;
  private readonly random: Random;
  private readonly listener: MarketListener;

  constructor(
    listing: Listing,
    latent: LatentValue,
    random: Random,
    listener: MarketListener,
    at: number,
    past: Path,
    remembered: MarketPast | null,
    scenario: Scenario,
    label: LabelSink,
  ) {
    this.listing = listing;
    this.instrument = listing.instrument;
    this.random = random;
    this.listener = listener;
    this.now = at;
    if (remembered !== null) this.trades.push(...remembered.trades);
    // ids grow with the clock (at most 100 trades a second for years), so a restart never gives one twice
    this.tradeId = Math.max(Math.floor(at / 10), this.trades.at(-1)?.tradeId ?? 0);
    const price = this.instrument.priceFromNumber(Math.exp(past.logs[0]!));
    this.candles = remembered?.candles ?? new CandleBook(Math.min(past.from, at), price);
    this.last = this.instrument.priceFromNumber(latent.price);
    this.highest = this.lowest = this.last;
    this.smoothIndex = this.index = this.mark = this.last;
    this.openInterest = Math.round(2.5e6 * listing.unitLots * listing.activity);
    this.funding = new Funding(at, random);
    this.absorb(past);
    this.candles.rollTo(at);
    this.book = new OrderBook(this.last);
    this.book.sequence = this.tradeId;
    this.agents = new Agents(
      this.book,
      latent,
      random,
      (side, kind, orderPrice, size, tag) => this.execute(AGENTS, side, kind, orderPrice, size, tag),
      listing,
      scenario,
      label,
    );
  }

  /** One step of the market; the latent value has already moved. */
  step(now: number): void {
    this.now = now;
    this.agents.step(now);
    if (now % 100 === 0) this.reprice();
    if (now % 1000 === 0) {
      this.candles.rollTo(now);
      this.funding.observe((this.middle - this.index) / this.index);
    }
  }

  get middle(): number {
    const bid = this.book.best(BID);
    const ask = this.book.best(ASK);
    if (Number.isNaN(bid)) return Number.isNaN(ask) ? this.last : ask;
    return Number.isNaN(ask) ? bid : (bid + ask) / 2;
  }

  /** Highest price that may be bid. */
  get buyLimit(): number {
    return Math.floor(this.mark * (1 + BAND));
  }

  /** Lowest price that may be asked. */
  get sellLimit(): number {
    return Math.ceil(this.mark * (1 - BAND));
  }

  clearExtremes(): void {
    this.highest = this.lowest = this.last;
  }

  /** Sends an order to the book and tells everybody concerned. Gives the slot of what rests, or −1. */
  execute(
    owner: number,
    side: BookSide,
    kind: Kind,
    price: number,
    size: number,
    tag: number,
    taker: TakerFilled | null = null,
    terms = 0,
  ): number {
    const slot = this.book.place(owner, side, kind, price, size, tag, terms);
    if (this.book.matches.count > 0) this.settle(side, taker);
    return slot;
  }

  /** As `execute`, for an order that already rests. */
  amend(slot: number, side: BookSide, kind: Kind, price: number, size: number, taker: TakerFilled): number {
    const after = this.book.amend(slot, kind, price, size);
    if (this.book.matches.count > 0) this.settle(side, taker);
    return after;
  }

  /** The agents let an order that is coming back stand where it stood, instead of trading with it. */
  makeWay(side: BookSide, price: number): void {
    this.agents.withdraw(opposed(side), price);
  }

  /** What the planted participants are at is labelled as far as it got. */
  finish(): void {
    this.agents.finish();
  }

  private settle(side: BookSide, taker: TakerFilled | null): void {
    const { matches } = this.book;
    let size = 0;
    let fills: number[] = [];
    for (let i = 0; i < matches.count; i++) {
      const owner = matches.owner[i];
      const price = matches.price[i];
      if (matches.size[i] === 0) {
        this.listener.makerRemoved(this, owner, matches.tag[i]);
        continue;
      }
      this.tradeId += 1;
      taker?.(price, matches.size[i], this.tradeId);
      if (owner !== AGENTS)
        this.listener.makerFilled(
          this,
          owner,
          matches.tag[i],
          price,
          matches.size[i],
          matches.remaining[i],
          this.tradeId,
        );
      else this.agents.filled(matches.tag[i], matches.slot[i], matches.size[i], matches.remaining[i]);
      size += matches.size[i];
      fills.push(matches.size[i]);
      let next = i + 1;
      while (next < matches.count && matches.size[next] === 0) next += 1;
      if (next < matches.count && matches.price[next] === price) continue;
      const trade = {
        tradeId: this.tradeId,
        price,
        size,
        side: side === BID ? 'buy' : 'sell',
        at: this.now,
        count: fills.length,
        sequence: this.book.sequence,
      } as const;
      this.publish(trade, fills);
      size = 0;
      fills = [];
    }
  }

  private publish(trade: Trade, fills: readonly number[]): void {
    this.last = trade.price;
    this.lastSize = trade.size;
    if (trade.price > this.highest) this.highest = trade.price;
    if (trade.price < this.lowest) this.lowest = trade.price;
    this.candles.trade(trade.at, trade.price, trade.size);
    this.trades.push(trade);
    if (this.trades.length > TRADES_KEPT * 2) this.trades.splice(0, TRADES_KEPT);
    this.listener.traded(this, trade, fills);
  }

  /** Ten times a second: index follows the middle less a slow basis; mark is the index plus the lasting premium. */
  private reprice(): void {
    const { random, middle } = this;
    this.basis += (0.00005 - this.basis) * 0.00003 + 0.0000009 * random.normal();
    this.smoothIndex += (middle * (1 - this.basis) - this.smoothIndex) * 0.15;
    this.smoothPremium += ((middle - this.smoothIndex) / this.smoothIndex - this.smoothPremium) * 0.004;
    this.index = Math.round(this.smoothIndex);
    this.mark = Math.round(this.smoothIndex * (1 + this.smoothPremium));
    this.openInterest = Math.max(
      1,
      this.openInterest + Math.round(random.normal() * 20 * this.listing.unitLots),
    );
  }

  /** Lets a stretch of the past be traded along `path`. */
  absorb(path: Path): void {
    const lotsPerSecond = 200 * this.listing.unitLots * this.listing.activity;
    for (const part of tradedAlong(path, this.instrument.tickSize, lotsPerSecond, this.random))
      this.candles.absorb(part, PAST_STEP_MS);
  }

  /** Twenty-four hours of trading, from the closed minutes and the building one. */
  day(): { open: number; high: number; low: number; volume: number; notional: number } {
    const minutes = this.candles.of('1m')!;
    const now = minutes.building;
    if (this.dayOf !== now.openAt) {
      this.dayOf = now.openAt;
      this.dayPast = summarize(minutes.closed.slice(-1439), now);
    }
    const past = this.dayPast!;
    return {
      open: past.open,
      high: Math.max(past.high, now.high),
      low: Math.min(past.low, now.low),
      volume: past.volume + now.volume,
      notional: past.notional + now.notional,
    };
  }

  private dayOf = -1;
  private dayPast: Candle | null = null;
}

function summarize(candles: readonly Candle[], fallback: Candle): Candle {
  const first = candles[0];
  if (first === undefined) return { ...fallback, volume: 0, notional: 0 };
  const day = { ...first, volume: 0, notional: 0 };
  for (const candle of candles) {
    day.high = Math.max(day.high, candle.high);
    day.low = Math.min(day.low, candle.low);
    day.volume += candle.volume;
    day.notional += candle.notional;
  }
  return day;
}
