import type { AccountEvent, FillEvent, FundingPaymentEvent, SettlementEvent } from '../events.ts';
import type { Instrument } from '../instrument.ts';
import { lots, type Money, money, NO_MONEY, type Us, us } from '../units.ts';
import { Holding, type PositionSide } from './holding.ts';
import type { Position } from './position.ts';
import type { OpenTrip, RoundTrip } from './round-trip.ts';

export type { OpenTrip, RoundTrip } from './round-trip.ts';

/** Trade ids kept for spotting repeats; a venue repeats itself within seconds, not after thousands of fills. */
const IDS_KEPT = 4096;

/** One currency: balance = start + realised P&L + fees + funding + settled, to the last digit. */
class Purse {
  /** The margin of isolated positions is in it. */
  balance: Money = NO_MONEY;
  /** These four since the last `take`. */
  realized: Money = NO_MONEY;
  fees: Money = NO_MONEY;
  funding: Money = NO_MONEY;
  /** Taken by liquidations beyond the loss itself, or made up by the venue's fund. */
  settled: Money = NO_MONEY;

  begin(balance: Money): void {
    this.balance = balance;
    this.realized = this.fees = this.funding = this.settled = NO_MONEY;
  }

  book(what: 'realized' | 'fees' | 'funding' | 'settled', amount: Money): void {
    this[what] = money(this[what] + amount);
    this.balance = money(this.balance + amount);
  }
}

/**
 * Cash and positions, exactly, each currency for itself: what settles in one and a fee paid in another never meet in one sum.
 * For each instrument it holds a net position, or a long and a short leg side by side. A fill or payment seen twice counts
 * once.
 */
export class Account {
  /** Net mode's, by instrument: all that an engine trades. */
  readonly positions: readonly Position[];
  /** Net, long and short of each instrument. */
  private readonly holdings: readonly (readonly [Holding, Holding, Holding])[];
  private readonly purses = new Map<string, Purse>();
  /** Of the first instrument's settlement currency: an engine's instruments all settle in it. */
  private readonly own: Purse;
  /** The newest ids, and as many before them: a set that forgets its oldest one by one is slow. */
  private seen = new Set<string>();
  private seenBefore = new Set<string>();

  constructor(instruments: readonly Instrument[]) {
    this.holdings = instruments.map((instrument) => [
      new Holding(instrument, 'net'),
      new Holding(instrument, 'long'),
      new Holding(instrument, 'short'),
    ]);
    this.positions = this.holdings.map(([net]) => net.position);
    this.own = this.purse(instruments[0]?.settleCurrency ?? '');
  }

  get balance(): Money {
    return this.own.balance;
  }

  /** Since the last `take`, as the next three. */
  get realized(): Money {
    return this.own.realized;
  }

  get fees(): Money {
    return this.own.fees;
  }

  get funding(): Money {
    return this.own.funding;
  }

  /** What liquidations took beyond the loss itself (negative), or the venue's fund made up. */
  get settled(): Money {
    return this.own.settled;
  }

  /** What a currency holds and what moved it. */
  purseOf(currency: string): Readonly<Purse> {
    return this.purse(currency);
  }

  get currencies(): Iterable<string> {
    return this.purses.keys();
  }

  /** Balance less the margin of isolated positions: OKX's `cashBal`. */
  cash(currency: string): Money {
    let cash = this.purse(currency).balance;
    for (const { position, margin } of this.all())
      if (position.instrument.settleCurrency === currency) cash = money(cash - margin);
    return cash;
  }

  holding(instrument: number, positionSide: PositionSide = 'net'): Holding {
    const [net, long, short] = this.holdings[instrument]!;
    return positionSide === 'long' ? long : positionSide === 'short' ? short : net;
  }

  /** Every position that is not flat, with the index of its instrument. */
  *open(): Generator<[instrument: number, Holding]> {
    for (let at = 0; at < this.holdings.length; at++)
      for (const holding of this.holdings[at]!) if (holding.size !== 0) yield [at, holding];
  }

  /** Flat ones too. */
  private *all(): Generator<Holding> {
    for (const three of this.holdings) yield* three;
  }

  /** Takes what the venue and the journal agree on as the truth. */
  take(event: AccountEvent): void {
    for (const purse of this.purses.values()) purse.begin(purse === this.own ? event.balance : NO_MONEY);
    for (const holding of this.all()) holding.take(lots(0), NO_MONEY, null, us(0));
    for (const { instrument, positionSide, size, cost, trip, openedAt, leverage } of event.positions) {
      const holding = this.holding(instrument, positionSide);
      holding.take(size, cost, trip, openedAt);
      holding.leverage = leverage;
    }
  }

  /** Applies a fill; null if it was seen before. `closed` is the round trip it ended, if it did. */
  fill(event: FillEvent): { readonly realized: Money; readonly closed: RoundTrip | null } | null {
    if (!this.first(`${event.instrument}/${event.tradeId}`)) return null;
    const holding = this.holding(event.instrument, event.positionSide);
    const { settleCurrency } = holding.position.instrument;
    const feeCurrency = event.feeCurrency || settleCurrency;
    const taken = holding.fill(event, feeCurrency === settleCurrency ? event.fee : NO_MONEY);
    this.purse(settleCurrency).book('realized', taken.realized);
    this.purse(feeCurrency).book('fees', event.fee);
    return taken;
  }

  /** Applies a funding payment; false if it was seen before. */
  pay(event: FundingPaymentEvent): boolean {
    const { instrument, positionSide, paymentId, amount } = event;
    if (!this.first(`${instrument}/funding/${paymentId}`)) return false;
    const holding = this.holding(instrument, positionSide);
    holding.pay(event);
    this.purse(holding.position.instrument.settleCurrency).book('funding', amount);
    return true;
  }

  /** Applies what a liquidation took beyond the loss itself; false if it was seen before. */
  settle(event: SettlementEvent): boolean {
    const { instrument, positionSide, settlementId, amount } = event;
    if (!this.first(`${instrument}/settlement/${settlementId}`)) return false;
    const holding = this.holding(instrument, positionSide);
    holding.settle(event);
    this.purse(holding.position.instrument.settleCurrency).book('settled', amount);
    return true;
  }

  /** A deposit; negative: a withdrawal. No gain and no loss. */
  credit(currency: string, amount: Money): void {
    const purse = this.purse(currency);
    purse.balance = money(purse.balance + amount);
  }

  /** The open round trip of an instrument's net position; null when flat. */
  trip(instrument: number): Readonly<OpenTrip> | null {
    const { trip } = this.holding(instrument);
    return trip === null ? null : { ...trip };
  }

  /** When the open net position of an instrument was opened; 0 when flat. */
  openedAt(instrument: number): Us {
    return this.holding(instrument).trip?.openedAt ?? us(0);
  }

  /** Positions that are not flat. */
  get openPositions(): number {
    let count = 0;
    for (const _ of this.open()) count++;
    return count;
  }

  private purse(currency: string): Purse {
    let purse = this.purses.get(currency);
    if (purse === undefined) {
      purse = new Purse();
      this.purses.set(currency, purse);
    }
    return purse;
  }

  private first(id: string): boolean {
    if (this.seen.has(id) || this.seenBefore.has(id)) return false;
    if (this.seen.size === IDS_KEPT) {
      this.seenBefore = this.seen;
      this.seen = new Set();
    }
    this.seen.add(id);
    return true;
  }
}
