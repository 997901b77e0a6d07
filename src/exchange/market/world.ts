import type { CandleBook } from '../history/candles.ts';
import { bridge, liveThrough, type Path } from '../history/past.ts';
import { Random } from '../random.ts';
import { STEP_MS } from './agents.ts';
import { type Listing, listings } from './instruments.ts';
import { LatentValue } from './latent-value.ts';
import { Market, type MarketListener } from './market.ts';

const DAY_MS = 86_400_000;
/** Days of bars a new world has behind it. */
const PAST_DAYS = 16;
/** The last stretch of the past is traded for real, so that the book, the trades and the averages have settled. */
const WARM_UP_MS = 60_000;
/** Share of Ether's restlessness that it has in common with Bitcoin. */
const CORRELATION = 0.8;
/** Deviation per √second of the bars made for a time when nobody ran the market. */
const QUIET_VOLATILITY = 0.9e-4;

/** What an earlier run left: the market goes on from it. */
export interface Remembered {
  readonly clock: number;
  /** Ticks by instrument id. */
  readonly prices: Readonly<Record<string, number>>;
  readonly candles: ReadonlyMap<string, CandleBook>;
}

/** All markets and what they are worth underneath. A seed, a start and a number of steps are one world exactly. */
export class World {
  readonly markets: readonly Market[];
  now: number;
  private readonly bitcoin: LatentValue;
  private readonly ether: LatentValue;
  private readonly etherOwn: Random;
  private readonly shared: Random;

  constructor(seed: number, startAt: number, listener: MarketListener, remembered: Remembered | null) {
    const begin = Math.floor(startAt / 1000) * 1000;
    const chance = (stream: number): Random =>
      new Random(seed, remembered === null ? stream : stream + begin);
    this.shared = chance(1);
    this.etherOwn = chance(2);
    const listed = listings();
    const priceOf = (asset: string): number => {
      const listing = listed.find((entry) => entry.asset === asset)!;
      const ticks = remembered?.prices[listing.instrument.id];
      return ticks === undefined ? listing.startPrice : listing.instrument.priceToNumber(ticks);
    };
    this.bitcoin = new LatentValue(priceOf('BTC'), chance(3));
    this.ether = new LatentValue(priceOf('ETH'), chance(4));

    const warmUp = remembered === null ? WARM_UP_MS : 0;
    this.now = begin - warmUp;
    const paths = new Map<LatentValue, Path>();
    if (remembered === null)
      for (const latent of [this.bitcoin, this.ether]) {
        const from = Math.floor((this.now - PAST_DAYS * DAY_MS) / DAY_MS) * DAY_MS;
        paths.set(latent, liveThrough(latent, from, this.now));
      }
    this.markets = listed.map((listing, at) => {
      const latent = this.latentOf(listing);
      const random = chance(10 + at);
      const path = paths.get(latent) ?? this.downtime(listing, remembered!, latent, chance(20 + at));
      const candles = remembered?.candles.get(listing.instrument.id) ?? null;
      return new Market(listing, latent, random, listener, this.now, path, candles);
    });
    for (let i = 0; i < warmUp / STEP_MS; i++) this.step();
  }

  step(): void {
    this.now += STEP_MS;
    const seconds = STEP_MS / 1000;
    const common = this.shared.normal();
    this.bitcoin.advance(seconds, common);
    this.ether.advance(
      seconds,
      CORRELATION * common + Math.sqrt(1 - CORRELATION * CORRELATION) * this.etherOwn.normal(),
    );
    for (const market of this.markets) market.step(this.now);
  }

  /**
   * The machine slept: the bars of that time are made up, the price stays where it was, and the crowd goes on from
   * there. `until` becomes the time.
   */
  sleepUntil(until: number): void {
    const to = Math.floor(until / 1000) * 1000;
    if (to <= this.now) return;
    for (const market of this.markets) {
      const price = market.instrument.priceToNumber(market.last);
      market.absorb(bridge(price, this.now, to, QUIET_VOLATILITY, new Random(to, market.listing.code)));
      market.now = to;
      market.candles.rollTo(to);
    }
    this.now = to;
  }

  private latentOf(listing: Listing): LatentValue {
    return listing.asset === 'BTC' ? this.bitcoin : this.ether;
  }

  private downtime(listing: Listing, remembered: Remembered, latent: LatentValue, random: Random): Path {
    const ticks = remembered.prices[listing.instrument.id];
    const price = ticks === undefined ? latent.price : listing.instrument.priceToNumber(ticks);
    return bridge(price, Math.min(remembered.clock, this.now), this.now, QUIET_VOLATILITY, random);
  }
}
