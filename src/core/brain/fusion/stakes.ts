import { exitContextOf } from '../../exits/context.ts';
import { describeExitRefusal, type ExitsConfig, placeExits } from '../../exits/exits.ts';
import { clusters } from '../../exits/levels.ts';
import type { Market } from '../../market.ts';
import type { Ticks, Us } from '../../units.ts';
import { firstPassage, logitOf } from './first-passage.ts';

export interface StakesConfig {
  /** What places take profit and stop loss of an entry. */
  readonly exits: ExitsConfig;
  /** As a fraction; paid twice. */
  readonly takerFee: number;
  /** What has not reached its target by then counts as not reached, ms. */
  readonly limitMs: number;
}

/** Exits are placed anew after so long; each time one side of the book is searched for levels, which takes 8 µs. */
const REFRESH_US = 1_000_000;
/** Odds are not believed beyond this: what a deviation of yesterday says of today is not that sure. */
const CHANCE_MIN = 0.001;

/** What a trade in one direction, entered now by taking, stands to win and to lose. */
export class Stake {
  /** False where the trade could not be made; `why` says why. */
  known = false;
  why = 'no look at the market yet';
  /** From the entry at the touch to take profit and stop loss, ticks. */
  target = 0;
  stop = 0;
  targetBp = 0;
  stopBp = 0;
  /** Two taker fees, and what one usual queue's size costs beyond the touch at both ends, basis points; the spread is in `chance`. */
  costBp = 0;
  /** Driftless odds, 0…1, of the target before the stop and within the time limit, the spread paid. */
  chance = 0;
  /** Its logit. */
  base = 0;

  refuse(why: string): void {
    this.known = false;
    this.why = why;
  }

  /** Mean return of the trade after its costs at a probability of the target, basis points; what ends at the time limit counts as stopped. */
  edgeBp(probability: number): number {
    return probability * this.targetBp - (1 - probability) * this.stopBp - this.costBp;
  }
}

/**
 * What the engine would do now if it entered: take profit and stop loss of both directions exactly as the entry's own plan
 * places them, the odds of a price without drift, and the costs. Brought up once a second, of the book's levels one side at
 * a time.
 */
export class Stakes {
  readonly long = new Stake();
  readonly short = new Stake();
  readonly market: Market;
  private readonly config: StakesConfig;
  private refreshAt = 0;
  /** Levels that the book shows; the two sides are looked at in turn. */
  private readonly shown: { supports: readonly Ticks[]; resistances: readonly Ticks[] } = {
    supports: [],
    resistances: [],
  };
  private bidsNext = true;

  constructor(market: Market, config: StakesConfig) {
    this.market = market;
    this.config = config;
  }

  /** A trade that has met neither exit by then counts as not reached, ms. */
  get limitMs(): number {
    return this.config.limitMs;
  }

  refresh(now: Us): void {
    if (now < this.refreshAt) return;
    this.refreshAt = now + REFRESH_US;
    this.search();
    this.place(this.long, 'long');
    this.place(this.short, 'short');
  }

  private search(): void {
    const { shown } = this;
    const { book } = this.market;
    if (!book.valid) {
      shown.supports = [];
      shown.resistances = [];
    } else if (this.bidsNext) shown.supports = clusters(book.bids, this.config.exits);
    else shown.resistances = clusters(book.asks, this.config.exits);
    this.bidsNext = !this.bidsNext;
  }

  /** Deviations of that many bars by which the middle price lies above the close so many bars ago; `NaN` where not known. */
  moveOver(bars: number): number {
    const { market } = this;
    const { closed } = market.candles;
    const sigma = market.volatility.perBar;
    if (closed.length < bars || sigma === null || sigma === 0 || !market.quote.firm) return Number.NaN;
    const before = closed[closed.length - bars]!.close;
    return Math.log(market.quote.mid / before) / (sigma * Math.sqrt(bars));
  }

  /** Logarithm of what volatility is of its slow level; `NaN` where not known. */
  get volatilityRatio(): number {
    const { volatility, volatilityLong } = this.market;
    const now = volatility.perBar;
    const usual = volatilityLong.perBar;
    return now === null || usual === null || now === 0 || usual === 0 ? Number.NaN : Math.log(now / usual);
  }

  reset(): void {
    this.refreshAt = 0;
    this.bidsNext = true;
    this.shown.supports = [];
    this.shown.resistances = [];
    this.long.refuse('the market is not live');
    this.short.refuse('the market is not live');
  }

  private place(stake: Stake, direction: 'long' | 'short'): void {
    const { market, config } = this;
    const { quote } = market;
    if (!quote.firm) return stake.refuse('no two-sided book');
    const sigma = market.volatility.perBar;
    if (sigma === null || sigma === 0) return stake.refuse('volatility not known yet');
    const { exits, takerFee, limitMs } = config;
    const entry = direction === 'long' ? quote.ask : quote.bid;
    const context = exitContextOf(market, this.shown, direction, entry, takerFee);
    const placed = placeExits(exits, market.instrument, context);
    if (!placed.ok) return stake.refuse(describeExitRefusal(placed.error));
    const { impact } = market.brain;
    const queue = impact.usualTouchDepth;
    const walked = queue > 0 ? impact.costBp('buy', queue) + impact.costBp('sell', queue) : 0;
    const spreadBp = (quote.spread / quote.mid) * 10_000;
    const beyondBp = Math.max(0, walked - spreadBp);
    if (!Number.isFinite(beyondBp)) return stake.refuse('the book does not hold one usual queue');

    stake.target = Math.abs(placed.value.takeProfit - entry);
    stake.stop = placed.value.stopDistance;
    stake.targetBp = (stake.target / entry) * 10_000;
    stake.stopBp = (stake.stop / entry) * 10_000;
    stake.costBp = 20_000 * takerFee + beyondBp;
    // it stands one spread below the entry: what is sold is sold at the bid
    const bars = limitMs / market.candles.barMs;
    const deviation = sigma * entry * Math.sqrt(bars);
    const chance = firstPassage(stake.target + quote.spread, stake.stop - quote.spread, deviation);
    stake.chance = Math.min(1 - CHANCE_MIN, Math.max(CHANCE_MIN, chance));
    stake.base = logitOf(stake.chance);
    stake.known = true;
    stake.why = '';
  }
}
