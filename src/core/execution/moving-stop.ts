import type { StopCause } from '../commands.ts';
import type { Protection, ProtectionEvent, StopHistory, StopMove } from '../events.ts';
import { type Ticks, ticks, type Us, us } from '../units.ts';

/** What may become of a position's stop once it is open, and how long the position may last. 0 = not used. */
export interface StopsConfig {
  /** A position older than this is closed at market, ms. */
  readonly timeStopMs: number;
  /**
   * Once the price has gone so many R in favour (R: from the entry to the stop as first placed), the stop goes to where
   * closing costs nothing: the entry and two taker fees.
   */
  readonly breakEvenR: number;
  /** Distance at which the stop follows the best price since the entry, in `trailingUnit`. */
  readonly trailingStop: number;
  readonly trailingUnit: 'atr' | 'r';
  /** The stop follows in steps of at least this share of the distance, and a tick. */
  readonly trailingStep: number;
  /** Between two steps, ms. */
  readonly trailingIntervalMs: number;
}

/** Where the stop ought to be by now. `isPassed`: the market is beyond it already, so that it would have fired. */
export type StopWish = StopMove & { readonly isPassed: boolean };

const RETRY_MS_MAX = 30_000;

/**
 * The stop of one open position: where it ought to be, and what was asked of the venue about it. It only ever wants the stop
 * moved in favour of the position. What stands is the venue's word and not in here: until the venue has said that it moved
 * the stop, the old one is believed, and the move is asked for again.
 *
 * The best price is the best that was told since the entry: of the trades, of the middle of the quote, and of the candles that
 * opened after it. The candle in which the entry fell counts by nothing but what was told after it: too low rather than too
 * high. It is not kept over a restart: the stop at the venue is within a step of it, and stays.
 */
export class MovingStop {
  private readonly config: StopsConfig;
  private readonly takerFee: number;
  private readonly retryMs: number;
  /** +1 long, −1 short, 0 = no position. */
  private sign = 0;
  private entry = 0;
  private best = 0;
  /** From the entry to the first stop, ticks; 0 = not known. */
  private risk = 0;
  /** Asked for and not answered with a yes. */
  private asked: StopMove | null = null;
  private refused = false;
  private failures = 0;
  private againAt = 0;
  private movedAt = Number.NEGATIVE_INFINITY;
  /** Oldest first: what the stop at the venue was moved to, or may have been. */
  private moves: StopMove[] = [];

  constructor(config: StopsConfig, takerFee: number, retryMs: number) {
    this.config = config;
    this.takerFee = takerFee;
    this.retryMs = retryMs;
  }

  /** Whether prices are to be told, and `wish` to be asked. */
  get active(): boolean {
    const { config, sign, asked } = this;
    return sign !== 0 && (asked !== null || config.breakEvenR > 0 || config.trailingStop > 0);
  }

  /** A position is open. `entry`: its average price, possibly between ticks. */
  begin(long: boolean, entry: number, standing: Protection, history: StopHistory | null): void {
    this.sign = long ? 1 : -1;
    this.entry = entry;
    this.best = entry;
    const first = history === null || history.first === 0 ? standing.stopLoss : history.first;
    // a stop beyond the entry has been moved there: what was risked is not known any more
    this.risk = Math.max(0, this.sign * (entry - first));
    this.moves = history === null ? [] : [...history.moves];
    this.failures = 0;
    this.againAt = 0;
    this.refused = false;
    this.movedAt = Number.NEGATIVE_INFINITY;
    const last = this.moves.at(-1);
    this.asked = last !== undefined && this.improves(last.stopLoss, standing) ? last : null;
  }

  /** The position goes on after the account was reconciled: what was seen of it stays seen. */
  goOn(entry: number, standing: Protection): void {
    this.entry = entry;
    this.settle(standing);
    this.againAt = 0;
  }

  end(): void {
    this.sign = 0;
    this.asked = null;
    this.moves = [];
  }

  /** Prices told since the entry. */
  see(low: number, high: number): void {
    if (this.sign > 0) this.best = Math.max(this.best, high);
    else this.best = Math.min(this.best, low);
  }

  /**
   * `touch`: where the position could be closed now; 0 = not known. `atr` in ticks, null = not known. A wish that is carried
   * out is to be told by `ask`.
   */
  wish(standing: Protection, touch: number, atr: number | null, now: Us): StopWish | null {
    if (!this.active) return null;
    const { sign } = this;
    if (this.asked !== null && !this.refused && now < this.againAt) return null;
    const due = this.due(standing, atr);
    if (due === null) return null;
    if (touch > 0 && sign * (touch - due.stopLoss) <= 0) return { ...due, isPassed: true };
    const isNew = due.stopLoss !== this.asked?.stopLoss;
    const isEarly =
      due.cause === 'trailingStop' && isNew && now < this.movedAt + this.config.trailingIntervalMs * 1000;
    const move = isEarly ? this.asked : due;
    if (move === null || now < this.againAt) return null;
    // a stop behind the target: the target is about to close the position
    if (standing.takeProfit !== 0 && sign * (standing.takeProfit - move.stopLoss) <= 0) return null;
    return { ...move, isPassed: false };
  }

  /** The venue is being asked. Gives when to ask again should nothing be heard. */
  ask(move: StopMove, now: Us): Us {
    const isRepeat = this.asked?.stopLoss === move.stopLoss;
    this.asked = move;
    this.refused = false;
    this.movedAt = now;
    if (!isRepeat) this.moves.push(move);
    return this.wait(now);
  }

  /**
   * The venue says where the stop is. Gives when to ask again after a refusal, null otherwise. The wait grows with each try
   * that did not lead there.
   */
  answered(event: ProtectionEvent, standing: Protection, now: Us): Us | null {
    if (this.sign === 0) return null;
    this.settle(standing);
    if (this.asked === null || event.refusal === '') return null;
    this.refused = true;
    return this.wait(now);
  }

  /** Why the stop stood where it closed the position at `price`. */
  causeOf(price: number, standing: Protection): StopCause | 'stopLoss' {
    return stopCause(price, standing.stopLoss, this.moves, this.asked);
  }

  /** What was asked for stands. */
  private settle(standing: Protection): void {
    if (this.asked === null || this.improves(this.asked.stopLoss, standing)) return;
    this.asked = null;
    this.refused = false;
    this.failures = 0;
    this.againAt = 0;
  }

  private wait(now: Us): Us {
    this.againAt = now + Math.min(RETRY_MS_MAX, this.retryMs * 2 ** this.failures) * 1000;
    this.failures++;
    return us(this.againAt);
  }

  private improves(stopLoss: number, standing: Protection): boolean {
    return this.sign * (stopLoss - standing.stopLoss) > 0;
  }

  private better(one: StopMove | null, other: StopMove): StopMove {
    return one === null || this.sign * (other.stopLoss - one.stopLoss) > 0 ? other : one;
  }

  /** The furthest of what the best price calls for and of what was asked for already; null where the stop stands well. */
  private due(standing: Protection, atr: number | null): StopMove | null {
    const { sign, best, asked } = this;
    let due = asked !== null && this.improves(asked.stopLoss, standing) ? asked : null;
    const distance = this.trailingDistance(atr);
    if (distance > 0) {
      const stopLoss = this.rounded(best - sign * distance);
      const step = Math.max(1, this.config.trailingStep * distance);
      if (sign * (stopLoss - standing.stopLoss) >= step)
        due = this.better(due, { stopLoss, cause: 'trailingStop' });
    }
    if (this.reachedBreakEven) {
      const stopLoss = this.breakEven;
      // where the costs are more than the gain so far, it waits
      if (sign * (best - stopLoss) > 0 && this.improves(stopLoss, standing))
        due = this.better(due, { stopLoss, cause: 'breakEven' });
    }
    return due;
  }

  private trailingDistance(atr: number | null): number {
    const { trailingStop, trailingUnit } = this.config;
    const unit = trailingUnit === 'atr' ? (atr ?? 0) : this.risk;
    return trailingStop * unit;
  }

  private get reachedBreakEven(): boolean {
    const { breakEvenR } = this.config;
    return (
      breakEvenR > 0 && this.risk > 0 && this.sign * (this.best - this.entry) >= breakEvenR * this.risk - 1e-9
    );
  }

  /** Where a taker gets out without a loss: the same for linear and inverse contracts. */
  private get breakEven(): Ticks {
    const { entry, takerFee, sign } = this;
    const away = (1 + sign * takerFee) / (1 - sign * takerFee);
    return ticks(sign > 0 ? Math.ceil(entry * away - 1e-9) : Math.floor(entry * away + 1e-9));
  }

  /** Away from the market: the distance is kept, or a fraction of a tick more. */
  private rounded(price: number): Ticks {
    return ticks(this.sign > 0 ? Math.floor(price) : Math.ceil(price));
  }
}

/**
 * Why a stop stood where it closed a position at `price`: `standing` is where the venue last said that it was. Where it fired
 * with a move on its way (`asked`), it fired at the nearer of the two.
 */
export function stopCause(
  price: number,
  standing: number,
  moves: readonly StopMove[],
  asked: StopMove | null,
): StopCause | 'stopLoss' {
  if (asked !== null && Math.abs(price - asked.stopLoss) < Math.abs(price - standing)) return asked.cause;
  return moves.findLast(({ stopLoss }) => stopLoss === standing)?.cause ?? 'stopLoss';
}
