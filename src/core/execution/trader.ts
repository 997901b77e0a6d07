import { assert } from '../assert.ts';
import type {
  AmendOrder,
  AmendProtection,
  Approved,
  Cancel,
  Command,
  OrderType,
  Place,
} from '../commands.ts';
import type {
  AccountEvent,
  CandleEvent,
  ExitReason,
  FillEvent,
  OpenOrder,
  OrderEvent,
  OrderState,
  Protection,
  ProtectionEvent,
} from '../events.ts';
import type { ExitsConfig } from '../exits/exits.ts';
import type { Market } from '../market.ts';
import type { Opinion } from '../opinion.ts';
import type { Account, RoundTrip } from '../position/account.ts';
import type { SizingConfig } from '../position/sizing.ts';
import { describeRefusal, type Refusal, type Risk, type RiskContext } from '../risk/risk.ts';
import { type Lots, lots, signOf, type Ticks, ticks, type Us, us } from '../units.ts';
import type { ExecutionConfig } from './config.ts';
import { EntryFollow } from './entry-follow.ts';
import { type EntryParts, planEntry, protectionIdOf } from './entry-plan.ts';
import { MovingStop } from './moving-stop.ts';
import { next, refusalOf, type State } from './state.ts';

export type { ExecutionConfig } from './config.ts';
export { protectionIdOf } from './entry-plan.ts';

/** One of our orders on its way or working. */
export interface WorkingOrder {
  /** As it stands: price and size are the venue's word where it was amended. */
  place: Place;
  state: OrderState | 'sent';
  /** Cumulative, as the venue says. */
  filled: Lots;
  /** Cumulative, as our own fills say: the two arrive separately and must agree before the order is done with. */
  filledSeen: Lots;
  readonly sentAt: Us;
}

const TERMINAL: ReadonlySet<string> = new Set(['filled', 'canceled', 'rejected']);
/** The same refusal is told again only after this long. */
const REFUSAL_REPEAT_US = 30_000_000;
const EXIT_RETRY_MS_MAX = 30_000;

/** Gives the numbers of client order ids; one for all instruments of an engine. */
export interface OrderNumbers {
  /** The id that `take` gives next: a refused order uses none up. */
  peek(): string;
  take(): string;
}

/**
 * Turns a signal into an entry with its stop and target attached, and follows it to the end: the life of a trade in one
 * instrument. What it sends has passed risk; the stop lives at the venue, and a position found without one is closed.
 */
export class Trader {
  state: State = 'recovering';
  /** Why nothing is done, for a person; empty when all is well. */
  note = '';
  entry: WorkingOrder | null = null;
  exit: WorkingOrder | null = null;
  protection: Protection | null = null;
  private exitWanted = '';
  /** What kind of exit that is. */
  private exitKind: ExitReason = 'close';
  private readonly stop: MovingStop;
  private readonly entryFollow: EntryFollow;
  /** The entry that is being canceled, and when to say so again should it live on. */
  private canceling = '';
  private cancelAgainAt = 0;
  /** The position that the protection at the venue is for, signed. */
  private coveredSize = lots(0);
  private readonly index: number;
  private readonly market: Market;
  private readonly account: Account;
  private readonly risk: Risk;
  private readonly config: ExecutionConfig;
  private readonly parts: EntryParts;
  private readonly numbers: OrderNumbers;
  private exitFailures = 0;
  private notBefore = 0;
  private toldAt = 0;
  private told = '';

  constructor(
    index: number,
    market: Market,
    account: Account,
    risk: Risk,
    config: { execution: ExecutionConfig; sizing: SizingConfig; exits: ExitsConfig },
    numbers: OrderNumbers,
  ) {
    this.index = index;
    this.market = market;
    this.account = account;
    this.risk = risk;
    this.config = config.execution;
    const { execution, sizing, exits } = config;
    this.parts = { market, risk, execution, sizing, exits };
    this.numbers = numbers;
    const { stops, takerFee, exitRetryMs, follow } = config.execution;
    this.stop = new MovingStop(stops, takerFee, exitRetryMs);
    this.entryFollow = new EntryFollow(follow, exitRetryMs);
  }

  /** After each look at the market: enter, keep still, or get out. `proposal` is null where there is nothing new to act on. */
  pursue(proposal: Opinion | null, now: Us, out: Command[]): void {
    if (this.state === 'idle') {
      if (proposal !== null) this.considerEntry(proposal, now, out);
    } else if (this.state === 'open') this.mind(now, out);
    else if (this.state === 'entering') {
      this.considerTimeout(now, out);
      this.followTouch(now, out);
    }
  }

  /** Prices were traded, ticks. */
  see(low: Ticks, high: Ticks, now: Us, out: Command[]): void {
    if (this.state !== 'open' || !this.stop.active) return;
    this.stop.see(low, high);
    this.mind(now, out);
  }

  /** A candle has closed. One that opened before the position did tells of prices before it as well. */
  seeCandle(candle: CandleEvent, now: Us, out: Command[]): void {
    if (!candle.closed || this.state !== 'open') return;
    if (candle.openAt * 1000 >= this.openedAt) this.see(candle.low, candle.high, now, out);
    else this.mind(now, out);
  }

  /** Where the venue says that take profit and stop loss are. */
  onProtection(event: ProtectionEvent, now: Us, out: Command[]): void {
    if (this.protection?.protectionId !== event.protectionId) return;
    const { takeProfit, stopLoss } = event;
    this.protection = { ...this.protection, takeProfit, stopLoss };
    const againAt = this.stop.answered(event, this.protection, now);
    if (againAt !== null) out.push({ kind: 'timer', fireAt: againAt });
    if (this.state !== 'open' || this.size === 0) return;
    if (stopLoss === 0) this.wantExit('the stop loss was taken away', now, out);
    else this.mind(now, out);
  }

  onOrder(event: OrderEvent, now: Us, out: Command[]): void {
    if (this.entry?.place.clientOrderId === event.clientOrderId) {
      this.follow(this.entry, event);
      const lookAt = event.amended === null ? null : this.entryFollow.answered(now);
      if (lookAt !== null) out.push({ kind: 'timer', fireAt: lookAt });
    } else if (this.exit?.place.clientOrderId === event.clientOrderId) this.follow(this.exit, event);
    else if (this.protection?.protectionId === event.clientOrderId) {
      if (event.state === 'canceled' || event.state === 'rejected')
        this.losesProtection(event.reason, now, out);
      return;
    } else if (this.state === 'entering' && this.entry?.place.protectionId === event.clientOrderId) {
      // it stood for the part that had filled: what the rest would add stands naked
      if (event.state === 'canceled' || event.state === 'rejected') {
        this.exitWanted = lostProtection(event.reason);
        this.cancelEntry(now, out);
      }
      return;
    } else return;
    if (event.state === 'rejected' || event.state === 'canceled') this.note = event.reason;
    this.settle(now, out);
  }

  /** After the account has taken the fill. `closed` is the round trip it ended. */
  onFill(event: FillEvent, closed: RoundTrip | null, now: Us, out: Command[]): void {
    for (const order of [this.entry, this.exit])
      if (order?.place.clientOrderId === event.clientOrderId) {
        order.filledSeen = lots(order.filledSeen + event.size);
        if (order === this.entry) this.account.holding(this.index).leverage = order.place.leverage;
      }
    if (closed !== null)
      out.push({ kind: 'tradeClosed', trade: { ...closed, exitReason: this.reasonOf(event) } });
    if (this.state === 'idle' || this.state === 'halted') {
      if (this.size !== 0) {
        this.state = next(this.state, 'surprised');
        this.wantExit(`fill ${event.tradeId} came after its order was given up`, now, out);
      }
      return;
    }
    if (this.state === 'entering' && event.clientOrderId === this.entry?.place.protectionId) {
      // the market has gone where the trade was to end: no more of it, and what comes all the same goes
      this.exitWanted = 'its stop or target fired while it was still filling';
      this.cancelEntry(now, out);
    }
    if (this.state === 'open' && this.size !== 0 && !this.covered)
      this.wantExit(`fill ${event.tradeId} left more than the stop covers`, now, out);
    this.settle(now, out);
  }

  /** The reconciled truth: forget what was believed and go on from it. What a person wanted is not a belief. */
  onAccount(event: AccountEvent, now: Us, out: Command[]): void {
    if (this.state !== 'recovering') this.state = next(this.state, 'reconcile');
    const wanted = this.exitWanted;
    const wantedKind = this.exitKind;
    const before = this.protection?.protectionId;
    this.entry = null;
    this.exit = null;
    this.exitWanted = '';
    this.exitKind = 'close';
    this.canceling = '';
    this.entryFollow.end();
    this.note = '';
    const position = event.positions.find(({ instrument }) => instrument === this.index);
    this.protection = position?.protection ?? null;
    this.coveredSize = lots(Math.sign(this.size) * (this.protection?.size ?? 0));
    if (this.protection === null) this.stop.end();
    else if (before === this.protection.protectionId) this.stop.goOn(this.entryPrice, this.protection);
    else this.stop.begin(this.size > 0, this.entryPrice, this.protection, position?.stops ?? null);
    for (const order of event.orders) {
      if (order.instrument !== this.index) continue;
      if (order.reduceOnly) this.exit = this.found(order, now);
      else this.entry = this.found(order, now);
    }
    this.risk.entryUnderWay(this.index, this.entry !== null);
    if (this.entry !== null) {
      this.state = next(this.state as 'recovering', 'working');
      this.exitWanted = wanted;
      // what stood before a restart was decided on a market that is gone
      this.cancelEntry(now, out);
      return;
    }
    if (this.size !== 0) {
      const open = next(this.state as 'recovering', 'positioned');
      this.state = open;
      if (this.exit !== null) {
        this.exitWanted = wanted || 'an exit was under way';
        this.exitKind = wantedKind;
        this.state = next(open, 'exit');
      } else if (!this.covered) this.wantExit('position found without a stop for all of it', now, out);
      else if (this.risk.wantsFlat !== '') this.wantExit(this.risk.wantsFlat, now, out);
      else if (wanted !== '') this.wantExit(wanted, now, out, wantedKind);
      else this.opened(now, out);
      return;
    }
    this.exit = null;
    this.state = next(this.state as 'recovering', this.risk.killed ? 'off' : 'flat');
  }

  /** A person wants out of this position, or out of everything (`risk.killed` is set before). */
  flatten(reason: string, now: Us, out: Command[]): void {
    if (this.state === 'recovering') this.exitWanted = reason;
    else if (this.state === 'entering') {
      this.exitWanted = reason;
      this.cancelEntry(now, out);
    } else if (this.state === 'open') this.wantExit(reason, now, out);
    else if (this.state === 'idle' && this.risk.killed) this.state = next(this.state, 'off');
  }

  /** No new risk: an entry on its way is taken back. What it has filled, and what is open, keeps its stop. */
  withdraw(now: Us, out: Command[]): void {
    if (this.state === 'entering') this.cancelEntry(now, out);
    else if (this.state === 'idle' && this.risk.killed) this.state = next(this.state, 'off');
  }

  arm(): void {
    if (refusalOf(this.state, 'arm') === '') this.state = next(this.state as 'halted', 'arm');
  }

  private get size(): Lots {
    return this.account.positions[this.index]!.size;
  }

  /** Ticks, possibly between two. */
  private get entryPrice(): number {
    return this.account.positions[this.index]!.entryPrice;
  }

  private get openedAt(): Us {
    return this.account.openedAt(this.index);
  }

  /** Of the position, as the venue was told. */
  get leverage(): number {
    return this.account.holding(this.index).leverage;
  }

  /** Whether the protection at the venue is for all of the position. */
  private get covered(): boolean {
    return (
      this.protection !== null &&
      this.protection.stopLoss !== 0 &&
      Math.sign(this.size) === Math.sign(this.coveredSize) &&
      Math.abs(this.size) <= Math.abs(this.coveredSize)
    );
  }

  private considerEntry(proposal: Opinion, now: Us, out: Command[]): void {
    const { direction, confidence } = proposal;
    if (direction === 'none' || confidence < this.config.confidenceThreshold) return;
    if (now < this.notBefore) return;
    const context = this.context(now);
    const refused = this.risk.entryAllowed(context, this.index);
    if (refused !== null) return this.tell(proposal, now, out, describeRefusal(refused), refused.reason);
    const plan = planEntry(this.parts, proposal, this.index, this.numbers.peek());
    if (!plan.ok) return this.tell(proposal, now, out, plan.error.detail, plan.error.reason);
    const { order, worst, note } = plan.value;
    const approved = this.risk.approve(order, context);
    if (!approved.ok)
      return this.tell(proposal, now, out, describeRefusal(approved.error), approved.error.reason);
    this.numbers.take();
    this.decide(proposal, now, out, '', note, order.clientOrderId);
    this.entry = this.send(approved.value, now, out);
    this.state = next('idle', 'enter');
    this.note = '';
    if (order.type !== 'postOnly') return;
    out.push({ kind: 'timer', fireAt: us(now + this.config.entryTimeoutMs * 1000) });
    this.entryFollow.begin(worst);
  }

  private considerTimeout(now: Us, out: Command[]): void {
    const order = this.entry;
    if (order === null) return;
    const tooOld = order.place.type === 'postOnly' && now - order.sentAt >= this.config.entryTimeoutMs * 1000;
    if (tooOld || this.canceling === order.place.clientOrderId) this.cancelEntry(now, out);
  }

  /** A waiting entry goes with the best price of its own side, where it is so configured. */
  private followTouch(now: Us, out: Command[]): void {
    const order = this.entry;
    if (this.state !== 'entering' || order === null || this.canceling !== '') return;
    if (order.state !== 'live' && order.state !== 'partiallyFilled') return;
    const { bid, ask, firm } = this.market.quote;
    const touch = !firm ? 0 : order.place.side === 'buy' ? bid : ask;
    const price = this.entryFollow.wish(order.place, touch, now);
    if (price === null) return;
    const { clientOrderId, size } = order.place;
    const move: AmendOrder = {
      kind: 'amend',
      target: 'order',
      instrument: this.index,
      clientOrderId,
      price,
      size,
    };
    const approved = this.risk.approveAmendOrder(move, order.place, order.filled, this.context(now));
    if (!approved.ok) {
      this.note = `the entry stays where it is: ${describeRefusal(approved.error)}`;
      this.entryFollow.refused(now);
      return;
    }
    this.state = next(this.state, 'amend');
    this.note = '';
    out.push(approved.value);
    out.push({ kind: 'timer', fireAt: this.entryFollow.asked(now) });
  }

  /** A cancel is safe to repeat, and can get lost: it is, until the order has ended. */
  private cancelEntry(now: Us, out: Command[]): void {
    const order = this.entry;
    if (order === null || TERMINAL.has(order.state)) return;
    const { clientOrderId } = order.place;
    if (this.canceling === clientOrderId && now < this.cancelAgainAt) return;
    this.canceling = clientOrderId;
    this.cancelAgainAt = now + this.config.exitRetryMs * 1000;
    out.push(this.approvedCancel(clientOrderId, 'order'));
    out.push({ kind: 'timer', fireAt: us(this.cancelAgainAt) });
  }

  private wantExit(reason: string, now: Us, out: Command[], kind: ExitReason = 'close'): void {
    this.exitWanted = reason;
    this.exitKind = kind;
    this.note = reason;
    if (this.state === 'open') this.sendExit(now, out);
  }

  private sendExit(now: Us, out: Command[]): void {
    assert(this.state === 'open', `exit sent in state ${this.state}`);
    const size = this.size;
    assert(size !== 0, 'exit sent without a position');
    const order: Place = {
      kind: 'place',
      instrument: this.index,
      clientOrderId: this.numbers.take(),
      side: size > 0 ? 'sell' : 'buy',
      type: 'market' satisfies OrderType,
      // what is larger than the venue takes at once goes in parts
      size: lots(Math.min(Math.abs(size), this.market.instrument.marketSizeMax)),
      price: ticks(0),
      reduceOnly: true,
      leverage: this.leverage,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: 'close',
    };
    const approved = this.risk.approve(order, this.context(now));
    if (!approved.ok) {
      this.note = `cannot exit: ${describeRefusal(approved.error)}`;
      this.retryExit(now, out);
      return;
    }
    this.exit = this.send(approved.value, now, out);
    this.state = next(this.state, 'exit');
  }

  /** Each next try waits twice as long, up to half a minute: an exit that cannot be had is not had by asking faster. */
  private retryExit(now: Us, out: Command[]): void {
    const waitMs = Math.min(EXIT_RETRY_MS_MAX, this.config.exitRetryMs * 2 ** this.exitFailures);
    this.exitFailures++;
    this.notBefore = now + waitMs * 1000;
    out.push({ kind: 'timer', fireAt: us(this.notBefore) });
  }

  /** A position is open and its stop stands: from here on it is looked after. */
  private opened(now: Us, out: Command[]): void {
    const { timeStopMs } = this.config.stops;
    if (timeStopMs > 0) out.push({ kind: 'timer', fireAt: us(this.openedAt + timeStopMs * 1000) });
    this.mind(now, out);
  }

  /** Looks after an open position: the exit that is wanted, the time it may last, the place of its stop. */
  private mind(now: Us, out: Command[]): void {
    if (this.exitWanted !== '') {
      if (now >= this.notBefore) this.sendExit(now, out);
      return;
    }
    const { timeStopMs } = this.config.stops;
    if (timeStopMs > 0 && now >= this.openedAt + timeStopMs * 1000)
      return this.wantExit(`open for ${(now - this.openedAt) / 1_000_000} s`, now, out, 'timeStop');
    if (this.stop.active && this.protection !== null) this.mindStop(this.protection, now, out);
  }

  private mindStop(standing: Protection, now: Us, out: Command[]): void {
    const { quote, atr } = this.market;
    const long = this.size > 0;
    // a quote of before the position says nothing of it
    const isQuoted = quote.firm && quote.at >= this.openedAt;
    if (isQuoted) this.stop.see(ticks(quote.mid), ticks(quote.mid));
    const touch = isQuoted ? (long ? quote.bid : quote.ask) : 0;
    const wish = this.stop.wish(standing, touch, atr.value, now);
    if (wish === null) return;
    const { stopLoss, cause, isPassed } = wish;
    if (isPassed) return this.wantExit('the market is beyond where the stop ought to be', now, out, cause);
    const order: AmendProtection = {
      kind: 'amend',
      target: 'protection',
      instrument: this.index,
      protectionId: standing.protectionId,
      takeProfit: standing.takeProfit,
      stopLoss,
      cause,
    };
    const approved = this.risk.approveAmend(order, standing, long);
    if (!approved.ok) {
      this.note = `the stop stays: ${describeRefusal(approved.error)}`;
      return;
    }
    out.push(approved.value);
    out.push({ kind: 'timer', fireAt: this.stop.ask({ stopLoss, cause }, now) });
  }

  private reasonOf(event: FillEvent): ExitReason {
    if (event.purpose === 'stopLoss' && this.protection?.protectionId === event.clientOrderId)
      return this.stop.causeOf(event.price, this.protection);
    const ours = event.purpose === 'close' && this.exit?.place.clientOrderId === event.clientOrderId;
    return ours ? this.exitKind : event.purpose;
  }

  private losesProtection(reason: string, now: Us, out: Command[]): void {
    this.protection = null;
    this.stop.end();
    if (this.state === 'open' && this.size !== 0) this.wantExit(lostProtection(reason), now, out);
  }

  private follow(order: WorkingOrder, event: OrderEvent): void {
    // a late report never takes an order back from its end
    if (TERMINAL.has(order.state) && !TERMINAL.has(event.state)) return;
    order.state = event.state;
    if (event.filled > order.filled) order.filled = event.filled;
    if (event.amended === null) return;
    const { price, size } = event.amended;
    order.place = { ...order.place, price: price === 0 ? order.place.price : price, size };
  }

  /** Moves on when an order has ended *and* every fill it had has been seen. */
  private settle(now: Us, out: Command[]): void {
    if (this.state === 'entering') {
      const order = this.entry!;
      if (!done(order)) return;
      this.canceling = '';
      this.entryFollow.end();
      this.entry = null;
      this.risk.entryUnderWay(this.index, false);
      if (this.size !== 0) return this.entered(order, now, out);
      this.exitWanted = '';
      this.cooldown(now);
      this.state = this.risk.killed ? next(this.state, 'off') : next(this.state, 'missed');
      return;
    }
    if (this.state === 'open' || this.state === 'exiting') {
      if (this.size === 0 && (this.exit === null || done(this.exit))) return this.closed(now, out);
      if (this.state === 'exiting' && done(this.exit!)) {
        this.exit = null;
        this.state = next(this.state, 'failed');
        this.retryExit(now, out);
      }
    }
  }

  /** The entry has ended and there is a position: its protection is the entry's, for as much as the entry filled. */
  private entered(order: WorkingOrder, now: Us, out: Command[]): void {
    const { place, filledSeen } = order;
    this.coveredSize = lots(signOf(place.side) * filledSeen);
    this.protection =
      filledSeen === 0
        ? null
        : {
            protectionId: place.protectionId,
            takeProfit: place.takeProfit,
            stopLoss: place.stopLoss,
            size: filledSeen,
          };
    this.state = next('entering', 'entered');
    if (this.exitWanted !== '') this.wantExit(this.exitWanted, now, out);
    else if (this.risk.wantsFlat !== '') this.wantExit(this.risk.wantsFlat, now, out);
    else if (!this.covered) this.wantExit('the position is not what its entry filled', now, out);
    else {
      const history = { first: place.stopLoss, moves: [] };
      this.stop.begin(this.size > 0, this.entryPrice, this.protection!, history);
      this.opened(now, out);
    }
  }

  private closed(now: Us, out: Command[]): void {
    // the venue drops the pair with the position; should it not, it must not stand against the next one
    if (this.exit !== null && this.protection !== null)
      out.push(this.approvedCancel(this.protection.protectionId, 'protection'));
    this.exit = null;
    this.protection = null;
    this.stop.end();
    this.exitWanted = '';
    this.exitKind = 'close';
    this.exitFailures = 0;
    this.note = '';
    this.cooldown(now);
    const from = this.state as 'open' | 'exiting';
    this.state = this.risk.killed ? next(from, 'off') : next(from, 'closed');
  }

  private cooldown(now: Us): void {
    this.notBefore = now + this.config.cooldownMs * 1000;
  }

  private found(order: OpenOrder, now: Us): WorkingOrder {
    return {
      place: {
        kind: 'place',
        instrument: this.index,
        clientOrderId: order.clientOrderId,
        side: order.side,
        type: 'limit',
        size: order.size,
        price: ticks(0),
        reduceOnly: order.reduceOnly,
        leverage: this.leverage,
        takeProfit: order.takeProfit,
        stopLoss: order.stopLoss,
        protectionId: protectionIdOf(order.clientOrderId),
        purpose: order.reduceOnly ? 'close' : 'entry',
      },
      state: order.filled > 0 ? 'partiallyFilled' : 'live',
      filled: order.filled,
      filledSeen: order.filled,
      sentAt: now,
    };
  }

  private send(order: Approved<Place>, now: Us, out: Command[]): WorkingOrder {
    out.push(order);
    return { place: order, state: 'sent', filled: lots(0), filledSeen: lots(0), sentAt: now };
  }

  private approvedCancel(clientOrderId: string, target: Cancel['target']): Approved<Cancel> {
    return this.risk.approveCancel({ kind: 'cancel', instrument: this.index, clientOrderId, target });
  }

  private context(now: Us): RiskContext {
    return {
      now,
      account: this.account,
      quote: this.market.quote,
      feedLive: this.market.live,
    };
  }

  /** A refused signal is told once, and again when the reason changes or half a minute has passed. */
  private tell(
    proposal: Opinion,
    now: Us,
    out: Command[],
    detail: string,
    reason: Refusal['reason'] | string,
  ): void {
    const what = `${proposal.name}/${proposal.direction}/${reason}`;
    if (what === this.told && now - this.toldAt < REFUSAL_REPEAT_US) return;
    this.told = what;
    this.toldAt = now;
    this.decide(proposal, now, out, reason, detail, '');
  }

  private decide(
    proposal: Opinion,
    now: Us,
    out: Command[],
    refusal: string,
    detail: string,
    clientOrderId: string,
  ): void {
    out.push({
      kind: 'decision',
      instrument: this.index,
      at: now,
      proposer: proposal.name,
      direction: proposal.direction === 'short' ? 'short' : 'long',
      confidence: proposal.confidence,
      reasons: proposal.reasons(),
      outcome: refusal === '' ? 'entered' : 'refused',
      refusal,
      detail,
      clientOrderId,
    });
  }
}

const lostProtection = (reason: string): string =>
  `take profit and stop loss ended without closing: ${reason || 'no reason given'}`;

const done = (order: WorkingOrder): boolean => TERMINAL.has(order.state) && order.filledSeen >= order.filled;
