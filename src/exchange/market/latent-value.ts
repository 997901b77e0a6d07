import type { Random } from '../random.ts';
import type { Regime, ValueTerms } from '../scenarios/scenario.ts';

const YEAR_SECONDS = 365 * 86_400;
/** How long the pace of news stays high or low, and by how much it varies (deviation of its logarithm). */
const PACE_SECONDS = 15;
const PACE_DEVIATION = 0.65;
/** The mood: volatility that stays high or low for ten minutes, beneath the pace. */
const MOOD_SECONDS = 600;
const MOOD_DEVIATION = 0.8;
/** The tide: a drift that changes within a minute or so, felt by funds. */
const TIDE_SECONDS = 45;
/** Shorter steps are lived jump by jump; longer ones (the generated past) by the variance that the jumps would have had. */
const JUMPWISE_SECONDS = 1;
/** After a news jump the pace is this many times higher, and falls back with `AFTERSHOCK_SECONDS`. */
const AFTERSHOCK = 6;
const AFTERSHOCK_SECONDS = 40;

/**
 * The day's shape, by the hour (UTC): the mean range of five-minute bars of OKX BTC-USDT-SWAP, May to September 2022, over
 * that of all hours. Volatility follows it, and the pace of everything its square.
 */
const DAY_SHAPE: readonly number[] = [
  1.09, 0.93, 0.92, 0.84, 0.79, 0.83, 0.9, 0.92, 0.92, 0.83, 0.85, 0.9, 1.16, 1.29, 1.25, 1.15, 1.16, 1.08,
  1.17, 1.08, 1.01, 0.97, 1.0, 0.97,
];
/** That is a mean over months; of two weeks the hours differ more (1.54 to 3.6 between busiest and quietest, not 1.63). */
const DAY_STEEPNESS = 1.3;
const HOUR_MS = 3_600_000;

interface Coming {
  /** Seconds until it happens. */
  in: number;
  /** Natural logarithm of the move. */
  readonly size: number;
}

/**
 * What the asset is worth. It stands still and jumps, as the price of a liquid market does: small news come at a pace
 * that varies, their sizes have a double exponential distribution, and part of them is known to the informed a moment
 * before. Rarely there is big news. Regimes change volatility and drift.
 *
 * On Binance's BTCUSDT recordings the middle stands still in every other second, and a second's move has kurtosis 10 to
 * 24, ten seconds' 3.4 to 4.4: a diffusion has 3 and never rests.
 */
export class LatentValue {
  /** Natural logarithm of the value. */
  log: number;
  /** Drift in force, per second, the tide included. */
  drift = 0;
  regime: Regime;
  /** Big news of the last step, logarithm; 0 when there was none. */
  news = 0;
  private ofDay = 1;
  private regimeLeft = 0;
  /** Where the value stood when the regime began: what a ranging one comes back to. */
  private anchor: number;
  private readonly leader: LatentValue | null;
  private pace = 0;
  private mood = 0;
  private aftershock = 0;
  private tide = 0;
  private readonly coming: Coming[] = [];
  private readonly terms: ValueTerms;
  private readonly random: Random;

  /** With a leader, its regimes are the leader's, at the same time; `terms` then say what they mean here. */
  constructor(price: number, terms: ValueTerms, random: Random, leader: LatentValue | null = null) {
    this.log = Math.log(price);
    this.anchor = this.log;
    this.leader = leader;
    this.terms = terms;
    this.random = random;
    this.regime = terms.regimes[0]!;
    this.enterRegime();
  }

  get price(): number {
    return Math.exp(this.log);
  }

  /** Standard deviation per square root of a second, as things are now. */
  get volatility(): number {
    return this.ordinaryVolatility * this.regime.volatility * Math.sqrt(this.restlessness);
  }

  /** How many times the ordinary pace things happen; its mean over a day is about 1. */
  get restlessness(): number {
    const wandering =
      PACE_DEVIATION * this.pace +
      MOOD_DEVIATION * this.mood -
      (PACE_DEVIATION ** 2 + MOOD_DEVIATION ** 2) / 2;
    return Math.exp(wandering) * (1 + this.aftershock) * this.ofDay;
  }

  /** Moves that are decided but have not happened, logarithm: what the informed know. */
  get foreseen(): number {
    let sum = 0;
    for (const { size } of this.coming) sum += size;
    return sum;
  }

  /** Tells the time, ms: how busy it is depends on the hour. */
  tell(at: number): void {
    // each figure holds in the middle of its hour, and between two middles what lies between
    const hour = at / HOUR_MS - 0.5;
    const before = Math.floor(hour);
    const part = hour - before;
    const shape = (1 - part) * DAY_SHAPE[(before + 24) % 24]! + part * DAY_SHAPE[(before + 25) % 24]!;
    this.ofDay = shape ** (2 * DAY_STEEPNESS);
  }

  /** Moves on by `seconds` and gives what it moved by; `shared` is what a leading asset's move brings along. */
  advance(seconds: number, shared = 0): number {
    const before = this.log;
    this.news = 0;
    this.regimeLeft -= seconds;
    if (this.leader !== null) this.follow(this.leader);
    else if (this.regimeLeft <= 0) this.enterRegime();
    this.wander(seconds);
    const { terms, random } = this;
    this.log += this.drift * seconds + shared;
    const { range_seconds: home } = this.regime;
    if (home > 0) this.log += (this.anchor - this.log) * (1 - Math.exp(-seconds / home));
    if (seconds < JUMPWISE_SECONDS) this.jump(seconds);
    else this.log += this.volatility * Math.sqrt(seconds) * random.normal();
    if (terms.news_per_hour > 0 && random.chance((terms.news_per_hour / 3600) * seconds)) {
      const size = ((random.chance(0.5) ? 1 : -1) * terms.news_bp * (0.5 + random.exponential(0.5))) / 10_000;
      this.news = size;
      this.log += size;
      this.aftershock = AFTERSHOCK;
    }
    return this.log - before;
  }

  private get ordinaryVolatility(): number {
    return this.terms.volatility / Math.sqrt(YEAR_SECONDS);
  }

  private wander(seconds: number): void {
    const { random } = this;
    const keepPace = Math.exp(-seconds / PACE_SECONDS);
    this.pace = this.pace * keepPace + Math.sqrt(1 - keepPace * keepPace) * random.normal();
    const keepMood = Math.exp(-seconds / MOOD_SECONDS);
    this.mood = this.mood * keepMood + Math.sqrt(1 - keepMood * keepMood) * random.normal();
    this.aftershock *= Math.exp(-seconds / AFTERSHOCK_SECONDS);
    const keepTide = Math.exp(-seconds / TIDE_SECONDS);
    const deviation = this.terms.tide_bp_per_minute / 10_000 / 60;
    this.tide = this.tide * keepTide + deviation * Math.sqrt(1 - keepTide * keepTide) * random.normal();
    this.drift = this.regime.drift_bp_per_minute / 10_000 / 60 + this.tide;
  }

  private jump(seconds: number): void {
    const { random, terms, coming } = this;
    for (let i = coming.length - 1; i >= 0; i--) {
      const one = coming[i]!;
      one.in -= seconds;
      if (one.in > 0) continue;
      this.log += one.size;
      coming.splice(i, 1);
    }
    const rate = terms.jumps_per_second * this.restlessness;
    for (let i = random.poisson(rate * seconds); i > 0; i--) {
      // a double exponential of scale s has variance 2 s²
      const scale =
        (this.ordinaryVolatility * this.regime.volatility) / Math.sqrt(2 * terms.jumps_per_second);
      const size = random.exponential(scale) * (random.chance(0.5) ? 1 : -1);
      if (random.chance(terms.leak_share)) coming.push({ in: random.exponential(terms.leak_seconds), size });
      else this.log += size;
    }
  }

  private follow({ regime, terms }: LatentValue): void {
    const own = this.terms.regimes[terms.regimes.indexOf(regime)]!;
    if (own === this.regime) return;
    this.regime = own;
    this.anchor = this.log;
  }

  private enterRegime(): void {
    const { regimes } = this.terms;
    this.anchor = this.log;
    let pick = this.random.uniform() * regimes.reduce((sum, { weight }) => sum + weight, 0);
    for (const regime of regimes) {
      this.regime = regime;
      pick -= regime.weight;
      if (pick < 0) break;
    }
    this.regimeLeft = this.random.exponential(this.regime.mean_seconds);
  }
}
