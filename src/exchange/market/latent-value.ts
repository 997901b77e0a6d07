import type { Random } from '../random.ts';

const YEAR_SECONDS = 365 * 86_400;

/** What the world is doing. Volatility is a multiple of `BASE_VOLATILITY`, drift is per minute. */
interface Regime {
  readonly name: 'calm' | 'ordinary' | 'up' | 'down' | 'wild';
  readonly weight: number;
  readonly volatility: number;
  readonly driftPerMinute: number;
  readonly meanSeconds: number;
}

/** Annualised. With it a minute of the market moves as far as on the recordings of 2024-08-08 (7.4 bp at the median). */
const BASE_VOLATILITY = 0.85;

const REGIMES: readonly Regime[] = [
  { name: 'calm', weight: 0.3, volatility: 0.7, driftPerMinute: 0, meanSeconds: 1200 },
  { name: 'ordinary', weight: 0.3, volatility: 1, driftPerMinute: 0, meanSeconds: 900 },
  { name: 'up', weight: 0.16, volatility: 1, driftPerMinute: 0.0003, meanSeconds: 600 },
  { name: 'down', weight: 0.16, volatility: 1, driftPerMinute: -0.0003, meanSeconds: 600 },
  { name: 'wild', weight: 0.08, volatility: 1.7, driftPerMinute: 0, meanSeconds: 300 },
];

/** The tide: a drift that changes within a minute or so. Its size per minute is about a third of the noise. */
const TIDE_SECONDS = 45;
const TIDE_PER_MINUTE = 0.0003;

/**
 * What the asset is worth: a random walk whose volatility and drift change with regimes, and a tide under it that the
 * informed agents feel. The price of the market follows it, late.
 */
export class LatentValue {
  /** Natural logarithm of the value. */
  log: number;
  /** Drift in force, per second, the tide included. */
  drift = 0;
  /** Standard deviation per square root of a second. */
  volatility = 0;
  private regime: Regime = REGIMES[1]!;
  private regimeLeft = 0;
  private tide = 0;
  private readonly random: Random;

  constructor(price: number, random: Random) {
    this.log = Math.log(price);
    this.random = random;
    this.enterRegime();
  }

  get price(): number {
    return Math.exp(this.log);
  }

  get regimeName(): string {
    return this.regime.name;
  }

  /** Moves on by `seconds`; `shared` is a standard normal, for assets that move together. */
  advance(seconds: number, shared = this.random.normal()): void {
    this.regimeLeft -= seconds;
    if (this.regimeLeft <= 0) this.enterRegime();
    const keep = Math.exp(-seconds / TIDE_SECONDS);
    const spread = TIDE_PER_MINUTE / 60;
    this.tide = this.tide * keep + spread * Math.sqrt(1 - keep * keep) * this.random.normal();
    this.drift = this.regime.driftPerMinute / 60 + this.tide;
    this.log += this.drift * seconds + this.volatility * Math.sqrt(seconds) * shared;
  }

  private enterRegime(): void {
    let pick = this.random.uniform();
    for (const regime of REGIMES) {
      this.regime = regime;
      pick -= regime.weight;
      if (pick < 0) break;
    }
    this.regimeLeft = this.random.exponential(this.regime.meanSeconds);
    this.volatility = (BASE_VOLATILITY * this.regime.volatility) / Math.sqrt(YEAR_SECONDS);
  }
}
