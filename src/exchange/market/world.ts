import { bridge, liveThrough, type Path, type Worth } from '../history/past.ts';
import { Random } from '../random.ts';
import type { LabelSink } from '../scenarios/label.ts';
import type { Regime, Scenario } from '../scenarios/scenario.ts';
import { STEP_MS } from './agents.ts';
import { type Listing, listings } from './instruments.ts';
import { LatentValue } from './latent-value.ts';
import { Market, type MarketListener, type MarketPast } from './market.ts';

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
  readonly markets: ReadonlyMap<string, MarketPast>;
}

/** All markets and what they are worth underneath. A seed, a start and a number of steps are one world exactly. */
export class World {
  readonly markets: readonly Market[];
  now: number;
  private readonly bitcoin: LatentValue;
  private readonly ether: LatentValue;
  private readonly label: LabelSink;
  private readonly regimes = new Map<
    Market,
    { readonly regime: Regime; readonly from: number; readonly middle: number }
  >();

  constructor(
    seed: number,
    startAt: number,
    listener: MarketListener,
    remembered: Remembered | null,
    scenario: Scenario,
    label: LabelSink,
  ) {
    const second = Math.floor(startAt / 1000) * 1000;
    // time that was told does not come again
    const begin = Math.max(second, Math.ceil((remembered?.clock ?? 0) / 1000) * 1000);
    const chance = (stream: number): Random =>
      new Random(seed, remembered === null ? stream : stream + begin);
    this.label = label;
    const known = listings();
    const listed = scenario.instruments.map((id) => known.find(({ instrument }) => instrument.id === id)!);
    const priceOf = (asset: string): number => {
      const listing = known.find((entry) => entry.asset === asset)!;
      const ticks = remembered?.prices[listing.instrument.id];
      return ticks === undefined ? listing.startPrice : listing.instrument.priceToNumber(ticks);
    };
    const { value } = scenario;
    this.bitcoin = new LatentValue(priceOf('BTC'), value, chance(3));
    const own = value.volatility * Math.sqrt(1 - CORRELATION * CORRELATION);
    // what Ether drifts by itself and what it takes over from Bitcoin are together what the regime says
    const regimes = value.regimes.map((regime) => ({
      ...regime,
      drift_bp_per_minute: (1 - CORRELATION) * regime.drift_bp_per_minute,
    }));
    this.ether = new LatentValue(
      priceOf('ETH'),
      { ...value, volatility: own, news_per_hour: 0, regimes },
      chance(4),
      this.bitcoin,
    );

    for (const latent of [this.bitcoin, this.ether]) latent.tell(begin);
    const warmUp = remembered === null ? WARM_UP_MS : 0;
    this.now = begin - warmUp;
    const paths = new Map<LatentValue, Path>();
    if (remembered === null) {
      const from = Math.floor((this.now - PAST_DAYS * DAY_MS) / DAY_MS) * DAY_MS;
      const [bitcoin, ether] = liveThrough(this, from, this.now);
      paths.set(this.bitcoin, bitcoin).set(this.ether, ether);
    }
    this.markets = listed.map((listing, at) => {
      const latent = this.latentOf(listing);
      const random = chance(10 + at);
      const path = paths.get(latent) ?? this.downtime(listing, remembered!, latent, chance(20 + at));
      const before = remembered?.markets.get(listing.instrument.id) ?? null;
      return new Market(listing, latent, random, listener, this.now, path, before, scenario, label);
    });
    for (let i = 0; i < warmUp / STEP_MS; i++) this.step();
    // what traded before anybody was there triggers nothing
    for (const market of this.markets) market.clearExtremes();
  }

  step(): void {
    this.now += STEP_MS;
    this.advance(STEP_MS / 1000, this.now);
    const middles = this.bitcoin.news === 0 ? [] : this.markets.map(({ middle }) => middle);
    for (const market of this.markets) market.step(this.now);
    this.tellOfTheWorld(middles);
  }

  /** Moves what the assets are worth: Bitcoin leads, Ether goes along and has news of its own. */
  advance(seconds: number, at: number): void {
    if (at % 60_000 === 0) {
      this.bitcoin.tell(at);
      this.ether.tell(at);
    }
    const move = this.bitcoin.advance(seconds);
    this.ether.advance(seconds, CORRELATION * move);
  }

  /** Logarithm of what each asset is worth, and its deviation per √second. */
  get worth(): readonly [Worth, Worth] {
    const { bitcoin, ether } = this;
    return [
      { log: bitcoin.log, deviation: bitcoin.volatility },
      { log: ether.log, deviation: Math.hypot(ether.volatility, CORRELATION * bitcoin.volatility) },
    ];
  }

  /** Labels what is under way and would otherwise never be told: the run is over. */
  finish(): void {
    for (const market of this.markets) {
      market.finish();
      this.tellOfRegime(market, false);
    }
  }

  /** `middles`: before the news, if there was any. */
  private tellOfTheWorld(middles: readonly number[]): void {
    const { news, regime } = this.bitcoin;
    for (const [at, market] of this.markets.entries()) {
      if (news !== 0)
        this.label({
          kind: 'news',
          instrument: market.instrument.id,
          from: this.now,
          to: this.now,
          side: news > 0 ? 'buy' : 'sell',
          prices: [middles[at]!, market.middle],
          size: 0,
          participant: 'news',
          parameters: { moveBp: (market.listing.asset === 'ETH' ? CORRELATION : 1) * news * 10_000 },
          orders: [],
          trades: [],
        });
      const before = this.regimes.get(market);
      if (before?.regime === regime) continue;
      if (before !== undefined) this.tellOfRegime(market, true);
      this.regimes.set(market, { regime, from: this.now, middle: market.middle });
    }
  }

  private tellOfRegime(market: Market, complete: boolean): void {
    const lived = this.regimes.get(market);
    if (lived === undefined) return;
    const { name, volatility, drift_bp_per_minute: drift, range_seconds: range } = lived.regime;
    this.label({
      kind: 'regime',
      instrument: market.instrument.id,
      from: lived.from,
      to: this.now,
      side: drift > 0 ? 'buy' : drift < 0 ? 'sell' : null,
      prices: [lived.middle, market.middle],
      size: 0,
      participant: 'regime',
      parameters: { name, volatility, driftBpPerMinute: drift, rangeSeconds: range, complete },
      orders: [],
      trades: [],
    });
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
