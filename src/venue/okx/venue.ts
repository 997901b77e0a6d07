import type { AmendProtection, Approved, Cancel, OrderCommand, Place } from '../../core/commands.ts';
import { FillEvent, type FundingPaymentEvent, type SettlementEvent } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, type Ms, ms } from '../../core/units.ts';
import { type OrderReport, type Venue, VenueError, type VenueEvent, type VenueState } from '../venue.ts';
import { BackOff } from './back-off.ts';
import { DecodeError } from './codec/decode-error.ts';
import { isRow, type Row, rowsOf, textOf } from './codec/fields.ts';
import { parsePush } from './codec/market.ts';
import {
  decodeAlgo,
  decodeAnswer,
  decodeOrder,
  type OrderUpdate,
  tellsOfFunding,
  tellsOfLiquidation,
} from './codec/private.ts';
import { errorOf, OkxError } from './errors.ts';
import { type Found, Inquiry } from './inquiry.ts';
import { isTerminal, OrderLedger, type OrderRecord } from './ledger.ts';
import { type OkxOptions, type RawTap, realTimers, sleep } from './options.ts';
import { OrderAmendments } from './order-amendments.ts';
import {
  amendArgs,
  amendOrderArgs,
  instrumentKey,
  type MarginMode,
  placeArgs,
  placeProblem,
  type TriggerPriceType,
} from './order-request.ts';
import { OwnedTimers } from './owned-timers.ts';
import { checkPermissions } from './permissions.ts';
import { HEDGED, isHedged, wantsPositionSide } from './position-mode.ts';
import { RateLimits } from './rate-limit.ts';
import { OkxRest } from './rest.ts';
import { OkxSocket, type SocketTiming } from './socket.ts';

export interface OkxVenueOptions extends OkxOptions, SocketTiming {
  /** Commands and events carry the index in this list. All settle in one currency. */
  readonly instruments: readonly Instrument[];
  /** Default `cross`. */
  readonly marginMode?: MarginMode;
  /** Which price fires take profit and stop loss. Default `last`. */
  readonly triggerPriceType?: TriggerPriceType;
  /** An order operation without an answer for so long is of unknown fate, and asked about. Default 3 s. */
  readonly orderTimeoutMs?: number;
  /** OKX refuses an order that reaches it later than this after it was sent (`expTime`). Default 5 s. */
  readonly expireAfterMs?: number;
  /** How often what we know is compared with what OKX says, against pushes that were lost. Default 30 s; 0 = never. */
  readonly auditEveryMs?: number;
  /** How long `connect` tries. Default 20 s. */
  readonly connectWithinMs?: number;
  /** Told when orders can be sent and all is known, and when not. */
  readonly onLive?: (live: boolean, reason: string) => void;
  readonly rawTap?: RawTap;
  /** Default: one of our own; give one to share its clock offset and its limits. */
  readonly restClient?: OkxRest;
}

/** After `expTime` OKX refuses the order; its lists may lag by this much before "not found" means "never was". */
const LIST_LAG_MS = 2_000;
/** Fills and orders from so long before a connection was lost are asked for again: pushes may have been in flight. */
const OVERLAP_MS = 60_000;
/** When a bill is asked for after the push that tells of it. */
const BILL_DELAYS_MS = [500, 5_000] as const;
const PLACE_LIMIT = { count: 60, windowMs: 2_000 };

interface Pending {
  readonly record: OrderRecord;
  readonly kind: 'place' | 'cancel';
  /** Types that OKX finishes at once: their end is awaited too. */
  readonly immediate: boolean;
  readonly cancelTimeout: () => void;
}

/**
 * Orders at OKX, or at whatever speaks like it. Orders go by WebSocket, everything that is asked goes by REST.
 *
 * An order is sent once. Refused is `rejected`; without an answer it is `unknown`, and asked about by its client id until
 * OKX has said what became of it. "Never had it" is believed only after the order's `expTime`, when it can no longer arrive.
 */
export class OkxVenue implements Venue {
  readonly name = 'okx';
  readonly rest: OkxRest;
  private readonly options: OkxVenueOptions;
  private readonly timers: OwnedTimers;
  private readonly inquiry: Inquiry;
  private readonly privateSocket: OkxSocket;
  private readonly businessSocket: OkxSocket;
  private readonly ledger: OrderLedger;
  private readonly limits: RateLimits;
  private readonly pending = new Map<string, Pending>();
  /** Leverage in force at OKX, by instrument; the promise is the request for it under way. */
  private readonly leverage = new Map<number, Promise<number>>();
  /** Algo orders being asked about before their child's fills can be named. */
  private readonly learning = new Map<string, Promise<void>>();
  /** Pairs whose triggers are being moved, with where to next: an older move must not overtake a newer one. */
  private readonly amending = new Map<string, AmendProtection>();
  private readonly orderAmendments: OrderAmendments;
  private readonly fundingTold = new Set<string>();
  private readonly settlementsTold = new Set<string>();
  private emit: (event: VenueEvent) => void = () => {};
  private onUp: (path: string) => void = () => {};
  private onFailed: (error: Error) => void = () => {};
  private isLive = false;
  /** Somebody put the account in hedge mode: that is possible only while nothing is open. */
  private hedged = false;
  private stopped = false;
  private connectedAtMs = 0;
  /** Up to here (exchange time) OKX's lists have been compared with what was told. */
  private comparedToMs = 0;
  private fundingSinceMs = 0;
  private settledSinceMs = 0;
  private requests = 0;
  private catchUps = 0;
  private cancelAudit: () => void = () => {};

  constructor(options: OkxVenueOptions) {
    if (options.credentials === undefined)
      throw new VenueError('orders at OKX need API credentials, none are configured', '', 'stop');
    const currencies = new Set(options.instruments.map(({ settleCurrency }) => settleCurrency));
    if (currencies.size > 1)
      throw new RangeError(
        `instruments settle in ${[...currencies].join(' and ')}: one account currency at a time`,
      );
    this.options = options;
    this.timers = new OwnedTimers(options.timers ?? realTimers);
    this.rest = options.restClient ?? new OkxRest(options);
    this.limits = new RateLimits(options.clock, this.timers);
    this.inquiry = new Inquiry(this.rest, options.instruments, options.clock, options.log);
    this.ledger = new OrderLedger(options.instruments, (event) => this.emit(event), options.log);
    const connects = options.connects ?? new RateLimits(options.clock, this.timers);
    const socketOptions = { ...options, connects, login: true, exchangeNow: () => this.rest.exchangeTime() };
    const handlers = (path: 'private' | 'business') => ({
      push: (bytes: Buffer) => this.push(bytes),
      answer: (message: Row) => this.answer(message),
      up: (generation: number) => this.up(path, generation),
      down: (reason: string) => this.down(path, reason),
      refused: (arg: object, error: OkxError) => {
        options.log('error', 'OKX refuses a channel; it is not asked for again', {
          ...arg,
          reason: error.message,
        });
      },
      loginRefused: (error: OkxError) => {
        options.log('error', 'OKX refuses the login', { reason: error.message });
        this.onFailed(error);
      },
    });
    this.privateSocket = new OkxSocket({ ...socketOptions, path: 'private' }, handlers('private'));
    this.businessSocket = new OkxSocket({ ...socketOptions, path: 'business' }, handlers('business'));
    this.orderAmendments = this.amendments();
    this.privateSocket.want([{ channel: 'orders', instType: 'SWAP' }, { channel: 'balance_and_position' }]);
    this.businessSocket.want([{ channel: 'orders-algo', instType: 'SWAP' }]);
  }

  /** Whether orders can be sent and nothing is left to catch up with. */
  get live(): boolean {
    return this.isLive;
  }

  /** Refuses keys and accounts that would end badly: call it before the first live start. */
  checkPermissions(): Promise<void> {
    return checkPermissions(this.rest, this.options.log);
  }

  async connect(emit: (event: VenueEvent) => void): Promise<void> {
    this.emit = emit;
    await this.rest.synchronise();
    this.connectedAtMs = this.rest.exchangeNow();
    this.comparedToMs = this.connectedAtMs;
    this.fundingSinceMs = this.connectedAtMs;
    this.settledSinceMs = this.connectedAtMs;
    const awaited = new Set(['private', 'business']);
    const withinMs = this.options.connectWithinMs ?? 20_000;
    let cancelTimeout = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        this.onFailed = reject;
        this.onUp = (path) => {
          awaited.delete(path);
          if (awaited.size === 0) resolve();
        };
        cancelTimeout = this.timers.after(withinMs, () =>
          reject(
            new VenueError(
              `no ${[...awaited].join(' and ')} connection in ${withinMs} ms`,
              'ETIMEDOUT',
              'retry',
            ),
          ),
        );
        this.privateSocket.start();
        this.businessSocket.start();
      });
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      cancelTimeout();
      this.onFailed = () => {};
      this.onUp = () => {};
    }
    this.setLive(true, 'connected');
    this.scheduleAudit();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.catchUps++;
    this.cancelAudit();
    for (const { cancelTimeout } of this.pending.values()) cancelTimeout();
    this.pending.clear();
    this.orderAmendments.stop();
    this.privateSocket.stop();
    this.businessSocket.stop();
    this.timers.cancelAll();
    this.emit = () => {};
    return Promise.resolve();
  }

  submit(command: Approved<OrderCommand>): void {
    const done =
      command.kind === 'place'
        ? this.place(command)
        : command.kind === 'cancel'
          ? this.cancel(command)
          : command.target === 'order'
            ? this.orderAmendments.amend(command)
            : this.amend(command);
    // all turn every failure they expect into an event; what is left is a broken invariant, and must be seen
    done.catch((error: unknown) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  }

  // — what is asked —

  async state(): Promise<VenueState> {
    const { state, orders, pairs } = await this.inquiry.state();
    for (const { index, value } of orders) this.ledger.adopt(index, value);
    for (const { index, value } of pairs) this.ledger.adoptAlgo(index, value);
    return state;
  }

  async find(instrument: number, clientOrderId: string): Promise<OrderReport | null> {
    const found = await this.inquiry.lookUp(instrument, clientOrderId, null);
    if (found === null) return null;
    if (found.order !== null) {
      const { venueOrderId, state, filled, reason } = found.order;
      return { clientOrderId, venueOrderId, state, filled, reason };
    }
    const { algoId, state, reason } = found.algo;
    const states = { live: 'live', effective: 'live', canceled: 'canceled', failed: 'rejected' } as const;
    return { clientOrderId, venueOrderId: algoId, state: states[state], filled: lots(0), reason };
  }

  async fills(since: Ms): Promise<FillEvent[]> {
    const told: FillEvent[] = [];
    // a ledger of its own: the same naming of fills, without touching what has been told
    const listener = new OrderLedger(
      this.options.instruments,
      (event) => {
        if (event instanceof FillEvent) told.push(event);
      },
      this.options.log,
    );
    listener.applyFills(await this.inquiry.fillsSince(since), this.options.clock.nowUs());
    return told;
  }

  fundingPayments(since: Ms): Promise<FundingPaymentEvent[]> {
    return this.inquiry.fundingPayments(since);
  }

  settlements(since: Ms): Promise<SettlementEvent[]> {
    return this.inquiry.settlements(since, this.options.marginMode === 'isolated');
  }

  // — orders out —

  private async place(place: Place): Promise<void> {
    const { clock } = this.options;
    const instrument = this.inquiry.instrumentAt(place.instrument);
    const known = this.ledger.find(place.clientOrderId);
    const record = known ?? this.ledger.register(place, clock.nowMs());
    await Promise.resolve(); // nothing is told from within `submit`
    if (known !== undefined) {
      // ids are never used twice: this order is on its way or done already, and that is the answer
      this.options.log('error', 'an order with a used client id: not sent', {
        order: known.id,
        state: known.state,
      });
      this.ledger.repeat(known, clock.nowUs());
      return;
    }
    const reject = (reason: string) =>
      this.ledger.tell(record, '', 'rejected', record.filled, reason, clock.nowUs());

    const problem = placeProblem(place);
    if (problem !== '') return reject(problem);
    if (place.purpose === 'entry' && !this.isLive)
      return reject(`not sent: ${this.hedged ? HEDGED : 'not connected, or still catching up'}`);
    if (!place.reduceOnly) {
      try {
        await this.ensureLeverage(place.instrument, place.leverage);
      } catch (error) {
        return reject(`not sent: leverage could not be set: ${(error as Error).message}`);
      }
    }
    await this.limits.take(`place ${instrument.id}`, PLACE_LIMIT);
    const waitedMs = clock.nowMs() - record.sentAtMs;
    const timeoutMs = this.options.orderTimeoutMs ?? 3_000;
    if (waitedMs > timeoutMs) return reject(`not sent: ${waitedMs} ms late, the market has moved on`);

    const { marginMode = 'cross', triggerPriceType = 'last' } = this.options;
    record.sentAtMs = clock.nowMs();
    record.expiresAtMs = this.rest.exchangeNow() + (this.options.expireAfterMs ?? 5_000);
    const args = placeArgs(place, instrument, marginMode, triggerPriceType);
    const immediate = place.type === 'market' || place.type === 'ioc' || place.type === 'fok';
    const sent = this.operate(record, 'place', immediate, {
      op: 'order',
      expTime: String(record.expiresAtMs),
      args: [{ ...instrumentKey(instrument), ...args }],
    });
    if (sent) return;
    if (place.purpose === 'entry') return reject('not sent: not connected');
    // the socket is away and certainly has not sent it: closing must stay possible
    try {
      const venueOrderId = await this.rest.placeOrder(instrument.id, args, record.expiresAtMs);
      this.ledger.tell(record, venueOrderId, 'live', record.filled, '', clock.nowUs());
      if (immediate) this.expectEnd(record);
    } catch (error) {
      if (!(error instanceof OkxError)) throw error;
      if (error.outcome === 'refused') reject(error.message);
      else this.unknown(record, error.message);
    }
  }

  private async cancel(cancel: Cancel): Promise<void> {
    const instrument = this.inquiry.instrumentAt(cancel.instrument);
    await Promise.resolve();
    const record =
      this.ledger.find(cancel.clientOrderId) ??
      this.ledger.expect(cancel.instrument, cancel.clientOrderId, cancel.target);
    if (cancel.target === 'protection') return this.cancelProtection(record, instrument);
    await this.limits.take(`cancel ${instrument.id}`, PLACE_LIMIT);
    const sent = this.operate(record, 'cancel', true, {
      op: 'cancel-order',
      args: [{ ...instrumentKey(instrument), clOrdId: cancel.clientOrderId }],
    });
    if (sent) return;
    // the socket is away: closing must stay possible
    try {
      await this.rest.cancelOrder(instrument.id, cancel.clientOrderId);
    } catch (error) {
      this.options.log('warn', 'cancel failed', { order: record.id, problem: (error as Error).message });
    }
    this.ask(record);
  }

  /** Take profit and stop loss pairs can be canceled by REST only. */
  private async cancelProtection(record: OrderRecord, instrument: Instrument): Promise<void> {
    const { clock, log } = this.options;
    try {
      await this.rest.cancelAlgo(instrument.id, record.id);
    } catch (error) {
      if (!(error instanceof OkxError)) throw error;
      log('warn', 'canceling a protection failed', { protection: record.id, problem: error.message });
      if (error.outcome === 'unknown')
        this.ledger.tell(record, '', 'unknown', record.filled, error.message, clock.nowUs());
    }
    this.ask(record);
  }

  /** By REST only, one at a time for each pair. */
  private async amend(amend: AmendProtection): Promise<void> {
    const id = amend.protectionId;
    const underWay = this.amending.has(id);
    this.amending.set(id, amend);
    if (underWay) return;
    await Promise.resolve();
    const record = this.ledger.find(id) ?? this.ledger.expect(amend.instrument, id, 'protection');
    let last = amend;
    while (!this.stopped && !isTerminal(record)) {
      last = this.amending.get(id)!;
      await this.amendOnce(record, last);
      if (this.amending.get(id) === last) break;
    }
    this.amending.delete(id);
  }

  private async amendOnce(record: OrderRecord, amend: AmendProtection): Promise<void> {
    const { clock, log, triggerPriceType = 'last' } = this.options;
    const instrument = this.inquiry.instrumentAt(amend.instrument);
    const { takeProfit, stopLoss } = amend;
    try {
      await this.rest.amendAlgo(instrument.id, record.id, amendArgs(amend, instrument, triggerPriceType));
      this.ledger.moved(record, takeProfit, stopLoss, clock.nowUs());
    } catch (error) {
      if (!(error instanceof OkxError)) throw error;
      log('warn', 'moving a stop failed', { protection: record.id, problem: error.message });
      await this.whereIs(record, amend, error.message);
    }
  }

  /** After an amend that failed, or may have: asks until OKX has said where the pair is, or what became of it. */
  private async whereIs(record: OrderRecord, amend: AmendProtection, problem: string): Promise<void> {
    const { log, random, clock } = this.options;
    const backOff = new BackOff(random, 500, 5_000);
    while (!this.stopped && !isTerminal(record)) {
      try {
        const found = await this.inquiry.lookUp(amend.instrument, record.id, null);
        if (this.stopped) return;
        if (found === null) {
          const reason = 'OKX has no such take profit or stop loss';
          return this.ledger.tell(record, '', 'canceled', record.filled, reason, clock.nowUs());
        }
        if (found.order !== null || found.algo.state !== 'live') return await this.applyFound(record, found);
        this.ledger.learn(amend.instrument, found.algo);
        const isMoved = record.takeProfit === amend.takeProfit && record.stopLoss === amend.stopLoss;
        return this.ledger.tellPair(record, isMoved ? '' : problem, clock.nowUs());
      } catch (error) {
        if (!(error instanceof OkxError) && !(error instanceof DecodeError)) throw error;
        log('warn', 'asking for a stop failed: asking again', {
          protection: record.id,
          problem: (error as Error).message,
        });
      }
      await sleep(this.timers, 200 + backOff.next());
    }
  }

  private amendments(): OrderAmendments {
    const { clock, random, log, orderTimeoutMs = 3_000, expireAfterMs = 5_000 } = this.options;
    return new OrderAmendments({
      ...{ ledger: this.ledger, timers: this.timers, clock, random, log },
      ...{ answerWithinMs: orderTimeoutMs, expireAfterMs, listLagMs: LIST_LAG_MS },
      instrumentAt: (index) => this.inquiry.instrumentAt(index),
      exchangeNow: () => this.rest.exchangeNow(),
      turn: (instrument) => this.limits.take(`amend ${instrument.id}`, PLACE_LIMIT),
      send: (amend, id, expiresAtMs) => {
        const instrument = this.inquiry.instrumentAt(amend.instrument);
        const args = [{ ...instrumentKey(instrument), ...amendOrderArgs(amend, instrument, id) }];
        return this.privateSocket.send(
          JSON.stringify({ id, op: 'amend-order', expTime: String(expiresAtMs), args }),
        );
      },
      lookUp: (record) => this.inquiry.lookUp(record.instrument, record.id, null),
      apply: (record, found) => this.applyFound(record, found),
    });
  }

  /** Sends an order operation and awaits its answer as an event. False when it was certainly not sent. */
  private operate(record: OrderRecord, kind: Pending['kind'], immediate: boolean, request: Row): boolean {
    const id = `o${++this.requests}`;
    if (!this.privateSocket.send(JSON.stringify({ id, ...request }))) return false;
    const timeoutMs = this.options.orderTimeoutMs ?? 3_000;
    const cancelTimeout = this.timers.after(timeoutMs, () =>
      this.unanswered(id, `no answer in ${timeoutMs} ms`),
    );
    this.pending.set(id, { record, kind, immediate, cancelTimeout });
    return true;
  }

  private ensureLeverage(index: number, wanted: number): Promise<number> {
    const instrument = this.inquiry.instrumentAt(index);
    const mode = this.options.marginMode ?? 'cross';
    const before = this.leverage.get(index) ?? this.leverageInForce(instrument, mode);
    const now = before.then(async (inForce) => {
      if (inForce === wanted) return wanted;
      await this.rest.setLeverage(instrument.id, String(wanted), mode);
      return wanted;
    });
    this.leverage.set(index, now);
    // after a failure nothing is known: the next order asks again
    now.catch(() => {
      if (this.leverage.get(index) === now) this.leverage.delete(index);
    });
    return now;
  }

  private async leverageInForce(instrument: Instrument, mode: string): Promise<number> {
    const [row] = await this.rest.leverageInfo(instrument.id, mode);
    return row === undefined ? 0 : Number(textOf(row, 'lever'));
  }

  // — answers, and none —

  private answer(message: Row): void {
    const answer = decodeAnswer(message);
    if (this.orderAmendments.answered(answer)) return;
    const pending = this.pending.get(answer.id);
    if (pending === undefined) {
      this.options.log('warn', 'OKX says something that was not asked', { message });
      return;
    }
    this.pending.delete(answer.id);
    pending.cancelTimeout();
    const { record, kind, immediate } = pending;
    if (answer.code === '0') {
      if (kind === 'place' && record.state === 'sent')
        this.ledger.tell(record, answer.venueOrderId, 'live', record.filled, '', this.options.clock.nowUs());
      if (immediate) this.expectEnd(record);
      return;
    }
    const error = errorOf(kind, answer.code, answer.message);
    if (kind === 'cancel') {
      // already done, or not there, or not now: its real state is the answer
      this.options.log('warn', 'cancel refused', { order: record.id, problem: error.message });
      this.ask(record);
    } else if (error.outcome === 'refused') {
      const isModeWrong = wantsPositionSide(answer.code, answer.message);
      if (isModeWrong) this.setHedged(true);
      this.ledger.tell(
        record,
        answer.venueOrderId,
        'rejected',
        record.filled,
        `${answer.code} ${answer.message}${isModeWrong ? `: ${HEDGED}` : ''}`,
        this.options.clock.nowUs(),
      );
    } else this.unknown(record, error.message);
  }

  private unanswered(id: string, reason: string): void {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    pending.cancelTimeout();
    this.unknown(pending.record, reason);
  }

  private unknown(record: OrderRecord, reason: string): void {
    if (isTerminal(record)) return; // its end was pushed; the answer is not needed
    this.options.log('warn', 'fate of an order unknown: asking', { order: record.id, reason });
    this.ledger.tell(record, '', 'unknown', record.filled, reason, this.options.clock.nowUs());
    this.ask(record);
  }

  /** OKX finishes these at once: if no push says so, it was lost. */
  private expectEnd(record: OrderRecord): void {
    this.timers.after(this.options.orderTimeoutMs ?? 3_000, () => {
      if (!isTerminal(record) && !this.stopped) this.ask(record);
    });
  }

  /** Asks by client id until OKX has said what became of the order. */
  private ask(record: OrderRecord): void {
    if (record.asking || isTerminal(record)) return;
    record.asking = true;
    this.askUntilKnown(record)
      .catch((error: unknown) => {
        if (!(error instanceof DecodeError)) throw error;
        this.options.log('error', 'cannot read what OKX says of an order', { problem: error.message });
      })
      .finally(() => {
        record.asking = false;
      });
  }

  private async askUntilKnown(record: OrderRecord): Promise<void> {
    const { log, random, clock } = this.options;
    const backOff = new BackOff(random, 500, 5_000);
    while (!this.stopped && !isTerminal(record)) {
      let found: Found | null;
      try {
        // the time before the question: an order that expired after it could still have been on its way
        const askedAtMs = this.rest.exchangeNow();
        found = await this.inquiry.lookUp(
          record.instrument,
          record.id,
          record.sentAtMs === 0 ? null : record.sentAtMs - OVERLAP_MS,
        );
        if (this.stopped) return;
        if (found !== null) {
          await this.applyFound(record, found);
          if (record.state !== 'unknown' && record.state !== 'sent') return;
        } else if (askedAtMs > record.expiresAtMs + LIST_LAG_MS) {
          const [state, reason] =
            record.kind === 'protection'
              ? (['canceled', 'OKX has no such take profit or stop loss'] as const)
              : (['rejected', 'OKX never had this order'] as const);
          this.ledger.tell(record, '', state, record.filled, reason, clock.nowUs());
          return;
        }
      } catch (error) {
        if (!(error instanceof OkxError)) throw error;
        log('warn', 'asking for an order failed: asking again', { order: record.id, problem: error.message });
      }
      await sleep(this.timers, 200 + backOff.next());
    }
  }

  private async applyFound(record: OrderRecord, found: Found): Promise<void> {
    const at = this.options.clock.nowUs();
    if (found.algo !== null) this.ledger.learn(record.instrument, found.algo);
    if (found.order === null) {
      this.ledger.applyAlgo(record.instrument, found.algo, at);
      return;
    }
    // fills first, so that "filled" never comes before what filled it
    if (found.order.filled > record.fillsTold)
      this.ledger.applyFills(await this.inquiry.fillsOf(found.order), this.options.clock.nowUs());
    this.ledger.applyOrder(record.instrument, found.order, this.options.clock.nowUs(), false);
  }

  // — pushes —

  private push(bytes: Buffer): void {
    try {
      const { arg, data } = parsePush(bytes, 'private');
      const channel = isRow(arg) ? textOf(arg, 'channel') : '';
      for (const row of rowsOf(data)) {
        if (channel === 'orders') this.orderPushed(row);
        else if (channel === 'orders-algo') this.algoPushed(row);
        else if (channel === 'balance_and_position') this.balancePushed(row);
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // a message that was not understood may have told of a fill: compare with OKX's lists
      this.options.log('error', 'cannot read what OKX sent', { problem: error.message });
      this.catchUp('an unreadable message');
    }
  }

  private orderPushed(row: Row): void {
    const index = this.inquiry.indexOf(row);
    if (index === undefined) return; // an instrument that is not ours to trade
    const update = decodeOrder(row, this.inquiry.instrumentAt(index));
    if (update.algoId === '' || this.ledger.knowsAlgo(update)) {
      this.orderUpdated(index, update);
      return;
    }
    // the child of a pair we know nothing of (placed in an earlier run): ask first which of the two it is
    const asked = this.learning.get(update.algoId) ?? this.learnAlgo(index, update.algoId);
    this.learning.set(update.algoId, asked);
    void asked.then(() => {
      if (!this.stopped) this.orderUpdated(index, update);
    });
  }

  private orderUpdated(index: number, update: OrderUpdate): void {
    const record = this.ledger.applyOrder(index, update, this.options.clock.nowUs(), true);
    this.orderAmendments.pushed(update);
    if (record === null || record.filled <= record.fillsTold) return;
    this.options.log('warn', 'a fill was lost on the way: asking for it', { order: record.id });
    this.inquiry.fillsOf(update).then(
      (known) => this.ledger.applyFills(known, this.options.clock.nowUs()),
      (error: unknown) => {
        this.options.log('warn', 'asking for fills failed', { problem: (error as Error).message });
        this.catchUp('fills are missing');
      },
    );
  }

  private async learnAlgo(index: number, algoId: string): Promise<void> {
    try {
      const algo = await this.inquiry.algo(index, algoId);
      if (algo !== null) this.ledger.learn(index, algo);
    } catch (error) {
      this.options.log('error', 'cannot tell a take profit from a stop loss', {
        ...{ algoId, problem: (error as Error).message },
      });
    }
  }

  private algoPushed(row: Row): void {
    const index = this.inquiry.indexOf(row);
    if (index === undefined) return;
    this.ledger.applyAlgo(
      index,
      decodeAlgo(row, this.inquiry.instrumentAt(index)),
      this.options.clock.nowUs(),
    );
  }

  private balancePushed(row: Row): void {
    if (tellsOfFunding(row)) this.askBillsSoon('funding payments', () => this.tellFunding());
    else if (tellsOfLiquidation(row))
      this.askBillsSoon('what a liquidation took', () => this.tellSettlements());
  }

  /** The bill may be written a moment after the push. */
  private askBillsSoon(what: string, ask: () => Promise<void>): void {
    for (const delayMs of BILL_DELAYS_MS) {
      this.timers.after(delayMs, () => {
        ask().catch((error: unknown) => {
          this.options.log('warn', `asking for ${what} failed`, { problem: (error as Error).message });
        });
      });
    }
  }

  // — connection, and what it may have swallowed —

  private up(path: 'private' | 'business', generation: number): void {
    this.onUp(path);
    if (generation > 1) this.catchUp(`${path} connection is back`);
  }

  private down(path: 'private' | 'business', reason: string): void {
    this.setLive(false, `${path} connection lost: ${reason}`);
    if (path === 'business') return;
    this.orderAmendments.connectionLost();
    for (const id of [...this.pending.keys()])
      this.unanswered(id, 'the connection was lost before an answer came');
  }

  private setLive(live: boolean, reason: string): void {
    if (this.isLive === live || this.stopped) return;
    this.isLive = live;
    this.options.log(live ? 'info' : 'warn', live ? 'orders can be sent' : 'orders cannot be sent', {
      reason,
    });
    this.options.onLive?.(live, reason);
  }

  /** Compares with OKX's lists until that has succeeded once; only then is the venue live (again). */
  private catchUp(reason: string): void {
    const turn = ++this.catchUps;
    const backOff = new BackOff(this.options.random, 500, 15_000);
    const run = async () => {
      for (;;) {
        try {
          await this.reconcile();
          break;
        } catch (error) {
          this.options.log('warn', 'catching up failed: trying again', { problem: (error as Error).message });
        }
        await sleep(this.timers, 200 + backOff.next());
        if (turn !== this.catchUps) return; // a later one has taken over, or we are stopped
      }
      if (turn === this.catchUps && this.isConnected && !this.hedged)
        this.setLive(true, `caught up after: ${reason}`);
    };
    void run();
  }

  private async reconcile(): Promise<void> {
    const startedAt = this.rest.exchangeNow();
    const since = Math.max(this.connectedAtMs, this.comparedToMs - OVERLAP_MS);
    const known = this.ledger.open();
    const { orders, pairs } = await this.inquiry.standing();
    this.ledger.applyFills(await this.inquiry.fillsSince(since), this.options.clock.nowUs());
    const standing = new Set<string>();
    for (const { index, value } of orders) {
      standing.add(value.clientOrderId);
      this.ledger.applyOrder(index, value, this.options.clock.nowUs(), false);
    }
    for (const { index, value } of pairs) {
      standing.add(value.algoClientId);
      this.ledger.applyAlgo(index, value, this.options.clock.nowUs());
    }
    for (const record of known) {
      if (standing.has(record.id) || isTerminal(record)) continue;
      // neither standing nor finished, by our books: what became of it? A pair of an order still open does not exist yet.
      if (record.state === 'sent') continue;
      this.ask(record);
    }
    await this.tellFunding();
    await this.tellSettlements();
    this.comparedToMs = startedAt;
  }

  private get isConnected(): boolean {
    return this.privateSocket.connected && this.businessSocket.connected;
  }

  /** In hedge mode no order of ours would be taken: none is sent until somebody has put the account back. */
  private setHedged(hedged: boolean): void {
    if (this.hedged === hedged) return;
    this.hedged = hedged;
    if (hedged) this.setLive(false, HEDGED);
    else if (this.isConnected) this.setLive(true, 'the account is in net mode again');
  }

  private scheduleAudit(): void {
    const everyMs = this.options.auditEveryMs ?? 30_000;
    if (everyMs === 0 || this.stopped) return;
    this.cancelAudit = this.timers.after(everyMs, () => {
      if (!this.isLive && !this.hedged) return this.scheduleAudit();
      this.rest
        .synchronise() // clocks drift; deadlines and signatures are in the exchange's time
        .then(() => this.reconcile())
        .then(() => this.rest.accountConfig())
        .then((config) => this.setHedged(isHedged(config)))
        .catch((error: unknown) => {
          this.options.log('warn', 'comparing with OKX failed', { problem: (error as Error).message });
        })
        .finally(() => this.scheduleAudit());
    });
  }

  private async tellFunding(): Promise<void> {
    for (const payment of await this.inquiry.fundingPayments(ms(this.fundingSinceMs - OVERLAP_MS))) {
      const key = `${payment.instrument}:${payment.paymentId}`;
      if (payment.exchangeAt < this.connectedAtMs || this.fundingTold.has(key) || this.stopped) continue;
      this.fundingTold.add(key);
      this.fundingSinceMs = Math.max(this.fundingSinceMs, payment.exchangeAt);
      this.emit(payment);
    }
  }

  private async tellSettlements(): Promise<void> {
    for (const settlement of await this.settlements(ms(this.settledSinceMs - OVERLAP_MS))) {
      const key = `${settlement.instrument}:${settlement.settlementId}`;
      if (settlement.exchangeAt < this.connectedAtMs || this.settlementsTold.has(key) || this.stopped)
        continue;
      this.settlementsTold.add(key);
      this.settledSinceMs = Math.max(this.settledSinceMs, settlement.exchangeAt);
      this.emit(settlement);
    }
  }
}
