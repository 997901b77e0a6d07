import { assert } from '../assert.ts';
import { shareOf } from '../decimal.ts';
import type { FillEvent, FundingPaymentEvent, SettlementEvent } from '../events.ts';
import type { Instrument } from '../instrument.ts';
import { type Lots, lots, type Money, money, NO_MONEY, type Ticks, type Us } from '../units.ts';
import { Position } from './position.ts';
import { follow, foundTrip, type OpenTrip, type RoundTrip } from './round-trip.ts';

/** `net` in net mode; in hedge mode long and short are held side by side. */
export type PositionSide = 'net' | 'long' | 'short';
/** The whole account stands behind a cross position; an isolated one has a margin of its own. */
export type MarginMode = 'cross' | 'isolated';

/** A position with all that belongs to it: its round trip so far, its leverage and, if it is isolated, its margin. */
export class Holding {
  readonly position: Position;
  readonly positionSide: PositionSide;
  mode: MarginMode = 'cross';
  leverage = 1;
  /** Of an isolated position: what was set aside for it. It is still the account's. */
  margin: Money = NO_MONEY;
  /** Since it opened: what a liquidation took beyond the loss itself, negative; positive where a fund made up a shortfall. */
  penalty: Money = NO_MONEY;
  trip: OpenTrip | null = null;
  /** The trade that opened it, or turned it round, and when it was at the exchange. */
  private openedBy = '';
  private tradedFrom = 0;

  constructor(instrument: Instrument, positionSide: PositionSide) {
    this.position = new Position(instrument);
    this.positionSide = positionSide;
  }

  get size(): Lots {
    return this.position.size;
  }

  /** Everything it has brought in since it opened: P&L, fees, funding, penalty. OKX's `realizedPnl`. */
  get realized(): Money {
    const { trip } = this;
    return money(trip === null ? 0n : trip.realized + trip.fees + trip.funding + this.penalty);
  }

  /** Bound by it at this mark price: value over leverage, or the margin it was given. */
  marginUsed(mark: Ticks): Money {
    if (this.mode === 'isolated') return this.margin;
    return over(unsigned(this.position.instrument.value(this.size, mark)), this.leverage);
  }

  /** Takes what the venue says; null where nothing is known of its round trip but what it holds. */
  take(size: Lots, cost: Money, trip: Readonly<OpenTrip> | null, openedAt: Us): void {
    this.position.size = size;
    this.position.cost = cost;
    this.margin = NO_MONEY;
    this.penalty = NO_MONEY;
    this.openedBy = '';
    this.tradedFrom = 0;
    this.trip = size === 0 ? null : trip === null ? foundTrip(size, cost, openedAt) : { ...trip };
  }

  /** `fee`: what of the event's fee is in the settlement currency. */
  fill(event: FillEvent, fee: Money): { readonly realized: Money; readonly closed: RoundTrip | null } {
    const { position } = this;
    const { instrument } = position;
    const before = position.size;
    const realized = position.fill(event.side, event.size, event.price);
    const after = position.size;
    assert(
      this.positionSide === 'net' || (this.positionSide === 'long' ? after >= 0 : after <= 0),
      `${instrument.id}: the ${this.positionSide} leg would be ${after} lots: fills are missing`,
    );
    if (this.mode === 'isolated') this.moveMargin(event, before, money(realized + fee));
    if (before === 0 || Math.sign(after) === -Math.sign(before)) {
      this.penalty = NO_MONEY;
      this.openedBy = event.tradeId;
      this.tradedFrom = event.exchangeAt;
    }
    const { open, closed } = follow(this.trip, instrument, event, { before, after, realized, fee });
    this.trip = open;
    return { realized, closed };
  }

  /** A funding payment. Told so late that another trip has begun since, it is not that trip's. */
  pay({ amount, exchangeAt }: FundingPaymentEvent): void {
    if (this.mode === 'isolated') this.margin = money(this.margin + amount);
    if (this.trip !== null && exchangeAt >= this.tradedFrom) this.trip.funding += amount;
  }

  /** What a liquidation took or a fund made up. Told so late that another trip has begun since, it is not that trip's. */
  settle({ tradeId, amount, exchangeAt }: SettlementEvent): void {
    // a trade that turns the position round is settled for the one that it ended
    if (exchangeAt >= this.tradedFrom && (tradeId === '' || tradeId !== this.openedBy))
      this.penalty = money(this.penalty + amount);
  }

  /**
   * What opens sets value over leverage aside, what closes frees its share. The loss of a part that its share does not
   * cover is taken from the margin of the rest, unless the part was taken by force: then the venue's fund settles it.
   */
  private moveMargin(event: FillEvent, before: number, result: Money): void {
    const { instrument } = this.position;
    const held = Math.abs(before);
    const isClosing = before !== 0 && (event.side === 'buy') !== before > 0;
    const closing = isClosing ? Math.min(held, event.size) : 0;
    const opening = lots(event.size - closing);
    const freed = closing === 0 ? NO_MONEY : shareOf(this.margin, closing, held);
    const added = opening === 0 ? NO_MONEY : over(instrument.value(opening, event.price), this.leverage);
    this.margin = money(this.margin - freed + added);
    const missing = -(freed + result);
    if (closing === 0 || opening > 0 || missing <= 0n || event.purpose === 'liquidation') return;
    this.margin = money(this.margin - (missing < this.margin ? missing : this.margin));
  }
}

const unsigned = (value: Money): Money => money(value < 0n ? -value : value);

/** Leverage has two decimals at most; the result is cut at 1e-18. */
const over = (value: Money, leverage: number): Money =>
  money((value * 100n) / BigInt(Math.round(leverage * 100)));
