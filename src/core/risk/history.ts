import type { Instrument } from '../instrument.ts';
import { moneyToNumber } from '../instrument.ts';
import type { Account, RoundTrip } from '../position/account.ts';
import { type Money, NO_MONEY, type Us, us } from '../units.ts';
import type { Refusal, RiskConfig } from './limits.ts';
import { NO_RECORD, netOf, type TrackRecord, withTrade } from './track-record.ts';

const DAY_US = 86_400_000_000;
const dayOf = (now: Us): Us => us(now - (now % DAY_US));
const NEVER = us(0);

/** What the limits remember. Goes to the journal with every booking and comes back at recovery: a crash resets nothing. */
export interface RiskState {
  /** The balance that these figures were counted with. */
  readonly balance: Money;
  /** Balance and unrealised P&L when last known, settlement currency. */
  readonly equity: number;
  /** 00:00 UTC of the day that is counted. */
  readonly dayAt: Us;
  readonly dayEquity: number;
  /** Fraction lost when the day's limit was reached; 0 = not reached. */
  readonly dailyLossReached: number;
  readonly peakEquity: number;
  /** Drawdown when its limit was reached; 0 = not reached, or armed again since. */
  readonly drawdownReached: number;
  /** Losing trades in a row, up to the newest. */
  readonly lossStreak: number;
  /** When the pause after losses began; 0 = never. */
  readonly lossPauseAt: Us;
  /** By instrument: when its last costly stop loss was; 0 = never. */
  readonly stopLossAt: readonly Us[];
  readonly record: TrackRecord;
  /** When the orders of the last minute were approved. */
  readonly sentAt: readonly Us[];
  /** Round trips that ended since while nobody listened, oldest first: in `balance`, not yet in the other figures. */
  readonly ended: readonly RoundTrip[];
}

export interface Pause {
  readonly reason: 'lossStreak' | 'stopLossPause';
  readonly instrument: number | null;
  readonly until: Us;
}

/** The same figures after money came (positive) or went that was not traded for. */
export const withTransfer = (state: RiskState, balance: Money, amount: number): RiskState => ({
  ...state,
  balance,
  equity: state.equity + amount,
  dayEquity: state.dayEquity + amount,
  peakEquity: state.peakEquity + amount,
});

/**
 * What happened to the account, as far as limits ask: equity against the day's first and the highest one, losses in a row,
 * stops that cost money, the record of trades. Follows from events alone; time is theirs.
 *
 * Equity counts open positions at the valuation price (mark price, else mid). While an open position has no price yet,
 * nothing is judged and nothing may be entered.
 */
export class History {
  equity = 0;
  dayEquity = 0;
  peakEquity = 0;
  dailyLossReached = 0;
  drawdownReached = 0;
  lossStreak = 0;
  record: TrackRecord = NO_RECORD;
  /** False until every open position has a price. */
  known = false;
  /** True once the account was told. */
  began = false;
  private readonly config: RiskConfig;
  private readonly instruments: readonly Instrument[];
  private dayAt = NEVER;
  /** The first equity of this day has not been seen yet. */
  private dayBegins = true;
  private lossPauseAt = NEVER;
  private readonly stopLossAt: Us[];
  private balance = NO_MONEY;
  private cash = 0;
  private readonly sizes: number[];
  private readonly entries: number[];
  private readonly prices: number[];

  constructor(config: RiskConfig, instruments: readonly Instrument[]) {
    this.config = config;
    this.instruments = instruments;
    this.stopLossAt = instruments.map(() => NEVER);
    this.sizes = instruments.map(() => 0);
    this.entries = instruments.map(() => 0);
    this.prices = instruments.map(() => 0);
  }

  /** Goes on from what the journal kept; null begins anew. */
  restore(state: RiskState | null, account: Account, now: Us): void {
    this.began = true;
    this.dayAt = state?.dayAt ?? dayOf(now);
    // also where the process died before the first equity was known
    this.dayBegins = state === null || state.dayEquity === 0;
    this.equity = state?.equity ?? 0;
    this.dayEquity = state?.dayEquity ?? 0;
    this.peakEquity = state?.peakEquity ?? 0;
    this.dailyLossReached = state?.dailyLossReached ?? 0;
    this.drawdownReached = state?.drawdownReached ?? 0;
    this.lossStreak = state?.lossStreak ?? 0;
    this.lossPauseAt = state?.lossPauseAt ?? NEVER;
    this.stopLossAt.forEach((_, index) => {
      this.stopLossAt[index] = state?.stopLossAt[index] ?? NEVER;
    });
    this.record = state?.record ?? NO_RECORD;
    // nobody saw the last midnight: the day begins with the higher of then and now, so that what was lost meanwhile counts
    if (dayOf(now) > this.dayAt) {
      this.turnDay(now);
      this.dayBegins = true;
    }
    for (const trip of state?.ended ?? []) this.count(trip, trip.closedAt);
    this.take(account);
    this.judge();
  }

  save(sentAt: readonly Us[]): RiskState {
    return {
      balance: this.balance,
      equity: this.equity,
      dayAt: this.dayAt,
      dayEquity: this.dayEquity,
      dailyLossReached: this.dailyLossReached,
      peakEquity: this.peakEquity,
      drawdownReached: this.drawdownReached,
      lossStreak: this.lossStreak,
      lossPauseAt: this.lossPauseAt,
      stopLossAt: [...this.stopLossAt],
      record: this.record,
      sentAt: [...sentAt],
      ended: [],
    };
  }

  /** Time passes: at 00:00 UTC the day's loss begins at nothing. */
  at(now: Us): void {
    if (now - this.dayAt >= DAY_US && this.dayAt !== NEVER) this.turnDay(now);
  }

  /** The account has changed. `closed` is the round trip that ended with it. Gives the limit that this reached, if one. */
  booked(account: Account, closed: RoundTrip | null, now: Us): Refusal | null {
    this.at(now);
    if (closed !== null) this.count(closed, now);
    this.take(account);
    return this.judge();
  }

  /** Positions of this instrument are worth `price` (fractional ticks) now. Gives the limit that this reached, if one. */
  valued(instrument: number, price: number, now: Us): Refusal | null {
    this.at(now);
    if (!(price > 0)) return null;
    this.prices[instrument] = price;
    return this.sizes[instrument] === 0 ? null : this.judge();
  }

  /** A person wants to go on: the drawdown is counted from here. */
  arm(): void {
    this.drawdownReached = 0;
    this.peakEquity = this.equity;
  }

  /** What keeps entries out until the day turns or a person arms. */
  get breach(): Refusal | null {
    const { dailyLossMax, drawdownMax } = this.config;
    if (this.drawdownReached > 0)
      return { reason: 'drawdown', limit: drawdownMax, actual: this.drawdownReached };
    if (this.dailyLossReached > 0)
      return { reason: 'dailyLoss', limit: dailyLossMax, actual: this.dailyLossReached };
    return null;
  }

  /** Seconds of a pause, of all instruments or of one, and how many of them are over. */
  pause(instrument: number | null, now: Us): Refusal | null {
    const { lossStreakPauseMs, stopLossPauseMs } = this.config;
    return (
      pausing('lossStreak', this.lossPauseAt, lossStreakPauseMs, now) ??
      (instrument === null
        ? null
        : pausing('stopLossPause', this.stopLossAt[instrument]!, stopLossPauseMs, now))
    );
  }

  /** The pauses in force and when each ends; `instrument` null = all. */
  pauses(now: Us): Pause[] {
    const { lossStreakPauseMs, stopLossPauseMs } = this.config;
    const all: Pause[] = [
      { reason: 'lossStreak', instrument: null, until: ending(this.lossPauseAt, lossStreakPauseMs) },
      ...this.stopLossAt.map(
        (at, instrument): Pause => ({
          reason: 'stopLossPause',
          instrument,
          until: ending(at, stopLossPauseMs),
        }),
      ),
    ];
    return all.filter(({ until }) => until > now);
  }

  /** When the day that is counted ends, 00:00 UTC. */
  get dayEndsAt(): Us {
    return us(this.dayAt + DAY_US);
  }

  /** Fraction of the day's first equity that is lost; negative when it was gained. */
  get dayLoss(): number {
    return this.dayEquity > 0 ? 1 - this.equity / this.dayEquity : 0;
  }

  get drawdown(): number {
    return this.peakEquity > 0 ? 1 - this.equity / this.peakEquity : 0;
  }

  /** What is held of an instrument, settlement currency; at cost while it has no price. */
  notional(instrument: number): number {
    const size = this.sizes[instrument]!;
    if (size === 0) return 0;
    const price = this.prices[instrument]! || this.entries[instrument]!;
    return Math.abs(this.instruments[instrument]!.valueNumber(size, price));
  }

  private take(account: Account): void {
    this.balance = account.balance;
    this.cash = moneyToNumber(account.balance);
    account.positions.forEach(({ size, entryPrice }, index) => {
      this.sizes[index] = size;
      this.entries[index] = entryPrice;
    });
  }

  private turnDay(now: Us): void {
    this.dayAt = dayOf(now);
    this.dayEquity = this.equity;
    this.dailyLossReached = 0;
    this.dayBegins = !this.known;
  }

  private count(trip: RoundTrip, now: Us): void {
    this.record = withTrade(this.record, trip, this.instruments[trip.instrument]!);
    const net = netOf(trip);
    if (net > 0n) this.lossStreak = 0;
    if (net >= 0n) return;
    this.lossStreak++;
    const { lossStreakMax } = this.config;
    if (lossStreakMax > 0 && this.lossStreak % lossStreakMax === 0) this.lossPauseAt = now;
    const stopped = trip.exitReason === 'stopLoss' || trip.exitReason === 'liquidation';
    if (stopped) this.stopLossAt[trip.instrument] = now;
  }

  private judge(): Refusal | null {
    let unrealized = 0;
    for (let i = 0; i < this.sizes.length; i++) {
      if (this.sizes[i] === 0) continue;
      if (this.prices[i] === 0) {
        this.known = false;
        return null;
      }
      unrealized += this.instruments[i]!.profitNumber(this.sizes[i]!, this.entries[i]!, this.prices[i]!);
    }
    this.known = true;
    this.equity = this.cash + unrealized;
    if (this.dayBegins) {
      this.dayEquity = Math.max(this.dayEquity, this.equity);
      this.dayBegins = false;
    }
    if (this.equity > this.peakEquity) this.peakEquity = this.equity;
    const reachedDaily = this.dailyLossReached === 0 && reaches(this.dayLoss, this.config.dailyLossMax);
    const reachedDrawdown = this.drawdownReached === 0 && reaches(this.drawdown, this.config.drawdownMax);
    if (reachedDaily) this.dailyLossReached = this.dayLoss;
    if (reachedDrawdown) this.drawdownReached = this.drawdown;
    return reachedDaily || reachedDrawdown ? this.breach : null;
  }
}

/** Fractions come out of divisions: exactly at the limit may read a last digit below it. */
const reaches = (actual: number, limit: number): boolean => actual >= limit - 1e-12;

const ending = (from: Us, pauseMs: number): Us => (from === NEVER ? NEVER : us(from + pauseMs * 1000));

function pausing(reason: 'lossStreak' | 'stopLossPause', from: Us, pauseMs: number, now: Us): Refusal | null {
  const passedMs = (now - from) / 1000;
  if (from === NEVER || passedMs >= pauseMs) return null;
  return { reason, limit: pauseMs / 1000, actual: passedMs / 1000 };
}
