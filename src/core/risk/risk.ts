import type { AmendOrder, AmendProtection, Approved, Cancel, Place } from '../commands.ts';
import type { AccountEvent, Protection } from '../events.ts';
import { type Instrument, moneyToNumber } from '../instrument.ts';
import type { Account, RoundTrip } from '../position/account.ts';
import { leverageBehind, liquidationPrice, ratesAt } from '../position/liquidation.ts';
import { lossAtStop } from '../position/sizing.ts';
import type { Quote } from '../quote.ts';
import { ok, type Result, refuse } from '../result.ts';
import { type Lots, lots, type Side, signOf, type Us, usToMs } from '../units.ts';
import { History, type RiskState } from './history.ts';
import { describeRefusal, type Refusal, type RiskConfig } from './limits.ts';

export type { RiskState } from './history.ts';
export { describeRefusal, type Refusal, type RefusalReason, type RiskConfig } from './limits.ts';

/** What risk has to know besides the order. */
export interface RiskContext {
  readonly now: Us;
  readonly account: Account;
  readonly quote: Quote;
  readonly feedLive: boolean;
}

/**
 * The last gate (row R3): every order passes every check before it is sent, and only what passed has the type a venue
 * accepts. Reducing and cancelling stay possible whatever happens to the market data (fail closed means no *new* risk).
 */
export class Risk {
  /** Row R4: no entries until a person arms again. */
  killed = false;
  /** Whether the kill closes what is open, too; otherwise positions keep their stops. */
  killFlattens = true;
  paused = false;
  /** Why the process itself wants no new risk; empty when all is well. */
  held = '';
  readonly history: History;
  readonly config: RiskConfig;
  private readonly instruments: readonly Instrument[];
  private readonly sentAt: Us[] = [];
  /** Notional of the entry that is on its way or working, by instrument: a position to be. */
  private readonly entering = new Map<number, number>();

  constructor(config: RiskConfig, instruments: readonly Instrument[]) {
    this.config = config;
    this.instruments = instruments;
    this.history = new History(config, instruments);
  }

  // What happens

  /** The reconciled account, after `account` took it. */
  restore({ risk }: AccountEvent, account: Account, now: Us): void {
    if (risk !== null) this.sentAt.splice(0, this.sentAt.length, ...risk.sentAt);
    // told again while running: what changed is a gain or a loss like any other
    if (risk === null && this.history.began) this.history.booked(account, null, now);
    else this.history.restore(risk, account, now);
  }

  /**
   * After the account took a fill or a payment. Gives the limit that this reached, once: entries under way are then to be
   * withdrawn, and where `breachFlattens` says so, positions closed.
   */
  booked(account: Account, closed: RoundTrip | null, now: Us): Refusal | null {
    return this.history.booked(account, closed, now);
  }

  /** After a market event: what positions of the instrument are valued at (`Market.valuationPrice`). As `booked`. */
  valued(instrument: number, price: number, now: Us): Refusal | null {
    return this.history.valued(instrument, price, now);
  }

  /** Row R4. */
  kill(flatten: boolean): void {
    this.killFlattens = this.killed ? this.killFlattens || flatten : flatten;
    this.killed = true;
  }

  /** A person's word: the kill is over, and a drawdown is counted from here on. What a day lost stays lost until it ends. */
  arm(): void {
    this.killed = false;
    this.history.arm();
  }

  /** For the journal. */
  state(now: Us): RiskState {
    this.sentInLastMinute(now);
    return this.history.save(this.sentAt);
  }

  get breachFlattens(): boolean {
    return this.config.breachFlattens;
  }

  /** Why no position may stay open; empty when it may. */
  get wantsFlat(): string {
    if (this.killed && this.killFlattens) return 'the kill switch is on';
    const { breach } = this.history;
    return breach !== null && this.breachFlattens ? describeRefusal(breach) : '';
  }

  // What may be done

  /** Whether a new position may be thought of at all; the same checks are made again on the order itself. */
  entryAllowed(context: RiskContext, instrument: number | null = null): Refusal | null {
    const stopped = this.newRiskAllowed(context, instrument);
    if (stopped !== null) return stopped;
    const open = this.openOrEntering(context.account);
    if (open >= this.config.openPositionsMax)
      return { reason: 'openPositions', limit: this.config.openPositionsMax, actual: open };
    return this.checkRate(context.now);
  }

  /** Whether anything may leave that adds risk, be it to an entry under way. */
  private newRiskAllowed(context: RiskContext, instrument: number | null): Refusal | null {
    const { config, history } = this;
    if (this.killed) return { reason: 'killed', limit: 0, actual: 1 };
    if (this.paused) return { reason: 'paused', limit: 0, actual: 1 };
    if (this.held !== '') return { reason: 'held', limit: 0, actual: 1 };
    history.at(context.now);
    if (!history.known) return { reason: 'recovering', limit: 0, actual: 1 };
    const stopped = history.breach ?? history.pause(instrument, context.now);
    if (stopped !== null) return stopped;
    const { quote } = context;
    if (!context.feedLive || !quote.firm) return { reason: 'feed', limit: 1, actual: 0 };
    const age = usToMs(context.now) - usToMs(quote.at) + quote.lagMs;
    if (!(age <= config.bookAgeMsMax))
      return { reason: 'staleBook', limit: config.bookAgeMsMax, actual: age };
    return null;
  }

  private checkRate(now: Us): Refusal | null {
    const limit = this.config.ordersPerMinuteMax;
    const sent = this.sentInLastMinute(now);
    return sent >= limit ? { reason: 'orderRate', limit, actual: sent } : null;
  }

  /** The largest leverage (fractional) that an entry at `price` with this stop may have; below 1 it may not be. */
  leverageAllowed(instrument: number, side: Side, price: number, stopLoss: number): number {
    const { config } = this;
    const bound = stopLoss - signOf(side) * config.liquidationDistanceMin * price;
    const direction = side === 'buy' ? 'long' : 'short';
    const traded = this.instruments[instrument]!;
    // how large it will be follows from the leverage: the largest that may be
    const most = config.notionalMax / Math.abs(traded.valueNumber(1, price));
    const behind = leverageBehind(traded, direction, price, bound, ratesAt(traded, most, config));
    return Math.min(config.leverageMax, behind);
  }

  approve(order: Place, context: RiskContext): Result<Approved<Place>, Refusal> {
    const refusal = order.reduceOnly ? this.checkSize(order) : this.checkEntry(order, context);
    if (refusal !== null) return refuse(refusal);
    this.sentAt.push(context.now);
    if (!order.reduceOnly) this.entering.set(order.instrument, this.notionalOf(order));
    return ok(order as Approved<Place>);
  }

  /** Cancelling takes risk away, or hands it to `approve` of what replaces it. */
  approveCancel(order: Cancel): Approved<Cancel> {
    return order as Approved<Cancel>;
  }

  /**
   * A stop may be moved in favour of its position (`long`, or short) and no other way, and never taken away; the same for
   * the target, which may be moved anywhere beyond the stop. Like every way of taking risk off it passes whatever the market
   * data is, and does not count as an order of the minute.
   */
  approveAmend(
    order: AmendProtection,
    standing: Protection,
    long: boolean,
  ): Result<Approved<AmendProtection>, Refusal> {
    const sign = long ? 1 : -1;
    const { stopLoss, takeProfit } = order;
    const isStop = Number.isInteger(stopLoss) && stopLoss > 0 && standing.stopLoss > 0;
    const isTarget = takeProfit === 0 || (Number.isInteger(takeProfit) && sign * (takeProfit - stopLoss) > 0);
    if (!isStop || !isTarget || (takeProfit === 0) !== (standing.takeProfit === 0))
      return refuse({ reason: 'noStop', limit: takeProfit, actual: stopLoss });
    if (!(sign * (stopLoss - standing.stopLoss) >= 0))
      return refuse({ reason: 'stopLoosened', limit: standing.stopLoss, actual: stopLoss });
    return ok(order as Approved<AmendProtection>);
  }

  /**
   * An entry of which `filled` has filled is to rest elsewhere or be of another size: it is checked as the entry that it would
   * be, and counts as an order of the minute. Smaller at its price takes risk off and passes whatever the market data is.
   */
  approveAmendOrder(
    order: AmendOrder,
    standing: Place,
    filled: Lots,
    context: RiskContext,
  ): Result<Approved<AmendOrder>, Refusal> {
    const { price, size } = order;
    const wanted: Place = { ...standing, price, size };
    const reduces = price === standing.price && size <= standing.size;
    const refusal =
      this.checkSize(wanted) ??
      (reduces || standing.reduceOnly ? null : this.checkAmended(wanted, filled, context));
    if (refusal !== null) return refuse(refusal);
    if (!reduces) this.sentAt.push(context.now);
    // until the venue has answered, it may be as it was
    const before = this.entering.get(order.instrument);
    if (before !== undefined) this.entering.set(order.instrument, Math.max(before, this.notionalOf(wanted)));
    return ok(order as Approved<AmendOrder>);
  }

  private checkAmended(wanted: Place, filled: Lots, context: RiskContext): Refusal | null {
    return (
      this.newRiskAllowed(context, wanted.instrument) ??
      this.checkRate(context.now) ??
      this.checkPrice(wanted, context) ??
      this.checkLeverage(wanted) ??
      this.checkNotional(wanted, context, filled)
    );
  }

  /**
   * Whether an approved entry may still fill: until it has ended it counts as an open position. One that was found working
   * was approved by nobody here: its notional counts as more than any limit.
   */
  entryUnderWay(instrument: number, underWay: boolean): void {
    if (underWay) this.entering.set(instrument, Infinity);
    else this.entering.delete(instrument);
  }

  openOrEntering({ positions }: Account): number {
    let count = 0;
    for (let i = 0; i < positions.length; i++) if (positions[i]!.size !== 0 || this.entering.has(i)) count++;
    return count;
  }

  private checkEntry(order: Place, context: RiskContext): Refusal | null {
    return (
      this.entryAllowed(context, order.instrument) ??
      this.checkSize(order) ??
      this.checkPrice(order, context) ??
      this.checkLeverage(order) ??
      this.checkNotional(order, context)
    );
  }

  // every limit is asked as "is it inside?", so that what is not a number is outside

  private checkPrice(order: Place, context: RiskContext): Refusal | null {
    const { mid } = context.quote;
    const limit = this.config.priceCollarBp;
    const collar = (Math.abs(order.price - mid) / mid) * 10_000;
    if (!(collar <= limit)) return { reason: 'priceCollar', limit, actual: collar };
    const room = signOf(order.side) * (order.price - order.stopLoss);
    if (!(order.stopLoss > 0 && room > 0) || order.protectionId === '')
      return { reason: 'noStop', limit: order.price, actual: order.stopLoss };
    return null;
  }

  private checkLeverage(order: Place): Refusal | null {
    const { config } = this;
    if (!(order.leverage >= 1 && order.leverage <= config.leverageMax))
      return { reason: 'leverage', limit: config.leverageMax, actual: order.leverage };
    const instrument = this.instruments[order.instrument]!;
    const direction = order.side === 'buy' ? 'long' : 'short';
    const rates = ratesAt(instrument, order.size, config);
    const liquidation = liquidationPrice(instrument, direction, order.price, order.leverage, rates);
    const distance = (signOf(order.side) * (order.stopLoss - liquidation)) / order.price;
    if (!(distance >= config.liquidationDistanceMin - 1e-12))
      return { reason: 'liquidation', limit: config.liquidationDistanceMin, actual: distance };
    return null;
  }

  /** `filled` is part of the position already, and is not counted there twice. */
  private checkNotional(order: Place, { account }: RiskContext, filled = 0): Refusal | null {
    const { config, history } = this;
    const instrument = this.instruments[order.instrument]!;
    const added = this.notionalOf(order);
    const unfilled = instrument.valueNumber(lots(order.size - filled), order.price);
    const notional = unfilled + history.notional(order.instrument);
    if (!(notional <= config.notionalMax))
      return { reason: 'notional', limit: config.notionalMax, actual: notional };
    let total = notional;
    for (let i = 0; i < this.instruments.length; i++)
      if (i !== order.instrument) total += Math.max(history.notional(i), this.entering.get(i) ?? 0);
    if (!(total <= config.notionalTotalMax))
      return { reason: 'totalNotional', limit: config.notionalTotalMax, actual: total };
    const allowed = moneyToNumber(account.balance) * config.marginShareMax;
    const margin = added / order.leverage;
    if (!(margin <= allowed)) return { reason: 'margin', limit: allowed, actual: margin };
    const atStop = lossAtStop(
      instrument,
      order.side,
      order.size,
      order.price,
      order.stopLoss,
      config.takerFee,
    );
    const day = history.dayEquity > 0 ? history.dayLoss + atStop / history.dayEquity : Infinity;
    if (!(day <= config.dailyLossMax))
      return { reason: 'lossAtStop', limit: config.dailyLossMax, actual: day };
    return null;
  }

  private notionalOf(order: Place): number {
    return this.instruments[order.instrument]!.valueNumber(order.size, order.price);
  }

  private checkSize(order: Place): Refusal | null {
    const instrument = this.instruments[order.instrument]!;
    if (!(order.size >= instrument.sizeMin) || !Number.isInteger(order.size))
      return { reason: 'size', limit: instrument.sizeMin, actual: order.size };
    const largest = order.type === 'market' ? instrument.marketSizeMax : instrument.limitSizeMax;
    if (order.size > largest) return { reason: 'size', limit: largest, actual: order.size };
    return null;
  }

  sentInLastMinute(now: Us): number {
    const since = now - 60_000_000;
    while (this.sentAt.length > 0 && this.sentAt[0]! <= since) this.sentAt.shift();
    return this.sentAt.length;
  }
}
