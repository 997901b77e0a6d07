import type { Approved, Cancel, OrderCommand, OrderType, Place } from '../../core/commands.ts';
import {
  FillEvent,
  FundingPaymentEvent,
  type OpenOrder,
  type PositionState,
  type Protection,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, type Ms, NO_MONEY, us } from '../../core/units.ts';
import { type OrderReport, type Venue, VenueError, type VenueEvent, type VenueState } from '../venue.ts';
import { BackOff } from './back-off.ts';
import { DecodeError } from './codec/decode-error.ts';
import { isRow, type Row, rowsOf, textOf } from './codec/fields.ts';
import { parsePush } from './codec/market.ts';
import {
  type AlgoUpdate,
  decodeAlgo,
  decodeAnswer,
  decodeCash,
  decodeFill,
  decodeFundingBill,
  decodeOrder,
  decodePosition,
  type FillRow,
  type OrderUpdate,
  tellsOfFunding,
} from './codec/private.ts';
import { errorOf, OkxError } from './errors.ts';
import { isTerminal, OrderLedger, type OrderRecord } from './ledger.ts';
import { type OkxOptions, type RawTap, realTimers, sleep, type Timers } from './options.ts';
import { checkPermissions } from './permissions.ts';
import { RateLimits } from './rate-limit.ts';
import { OkxRest } from './rest.ts';
import { OkxSocket, type SocketTiming } from './socket.ts';

export interface OkxVenueOptions extends OkxOptions, SocketTiming {
  /** Commands and events carry the index in this list. All settle in one currency. */
  readonly instruments: readonly Instrument[];
  /** Default `cross`. */
  readonly marginMode?: 'cross' | 'isolated';
  /** Which price fires take profit and stop loss. Default `last`. */
  readonly triggerPriceType?: 'last' | 'mark' | 'index';
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

const ORDER_TYPES: Readonly<Record<OrderType, string>> = {
  market: 'market',
  limit: 'limit',
  postOnly: 'post_only',
  ioc: 'ioc',
  fok: 'fok',
};

/** After `expTime` OKX refuses the order; its lists may lag by this much before "not found" means "never was". */
const LIST_LAG_MS = 2_000;
/** Fills and orders from so long before a connection was lost are asked for again: pushes may have been in flight. */
const OVERLAP_MS = 60_000;
/** OKX keeps fills for three days and orders and bills for seven in the quick lists; the archives hold three months. */
const RECENT_FILLS_MS = 2.9 * 86_400_000;
const RECENT_MS = 6.9 * 86_400_000;

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
 * A market order that carries a price collar is sent as an immediate-or-cancel limit at the collar: OKX's own market
 * order runs to its price band, several per cent away. Without a collar it is OKX's market order.
 *
 * An order is sent once. Refused is `rejected`; without an answer it is `unknown`, and asked about by its client id until
 * OKX has said what became of it. "Never had it" is believed only after the order's `expTime`, when it can no longer arrive.
 */
export class OkxVenue implements Venue {
  readonly name = 'okx';
  readonly rest: OkxRest;
  private readonly options: OkxVenueOptions;
  private readonly timers: Timers;
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly privateSocket: OkxSocket;
  private readonly businessSocket: OkxSocket;
  private readonly ledger: OrderLedger;
  private readonly limits: RateLimits;
  private readonly pending = new Map<string, Pending>();
  /** Leverage in force at OKX, by instrument; the promise is the request for it under way. */
  private readonly leverage = new Map<number, Promise<number>>();
  /** Algo orders being asked about before their child's fills can be named. */
  private readonly learning = new Map<string, Promise<void>>();
  private readonly fundingTold = new Set<string>();
  private emit: (event: VenueEvent) => void = () => {};
  private onUp: (path: string) => void = () => {};
  private onFailed: (error: Error) => void = () => {};
  private isLive = false;
  private stopped = false;
  private connectedAtMs = 0;
  /** Up to here (exchange time) OKX's lists have been compared with what was told. */
  private comparedToMs = 0;
  private fundingSinceMs = 0;
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
    this.timers = options.timers ?? realTimers;
    this.rest = options.restClient ?? new OkxRest(options);
    this.limits = new RateLimits(options.clock, this.timers);
    this.indexes = new Map(options.instruments.map(({ id }, index) => [id, index]));
    this.ledger = new OrderLedger(options.instruments, (event) => this.emit(event), options.log);
    const connects = new RateLimits(options.clock, this.timers);
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
    this.privateSocket.stop();
    this.businessSocket.stop();
    this.emit = () => {};
    return Promise.resolve();
  }

  submit(command: Approved<OrderCommand>): void {
    const done = command.kind === 'place' ? this.place(command) : this.cancel(command);
    // both turn every failure they expect into an event; what is left is a broken invariant, and must be seen
    done.catch((error: unknown) => {
      queueMicrotask(() => {
        throw error;
      });
    });
  }

  // — what is asked —

  async state(): Promise<VenueState> {
    const currency = this.options.instruments[0]?.settleCurrency ?? '';
    const [balances, positions, orders, algos] = await Promise.all([
      this.rest.balance(currency),
      this.rest.positions('SWAP'),
      this.rest.ordersPending('SWAP'),
      this.rest.algosPending('SWAP'),
    ]);
    const pairs = this.decoded(algos, decodeAlgo);
    const open = this.decoded(orders, decodeOrder);
    for (const { index, value } of open) this.ledger.adopt(index, value);
    for (const { index, value } of pairs) this.ledger.adoptAlgo(index, value);
    return {
      balance: decodeCash(balances[0] ?? {}, currency) ?? NO_MONEY,
      positions: this.decoded(positions, decodePosition).map(({ index, value }) => ({
        instrument: index,
        size: value.size,
        cost: value.cost,
        leverage: value.leverage,
        openedAt: us(value.openedAt * 1000),
        protection: this.protectionOf(index, value.size, pairs),
        trip: { realized: NO_MONEY, fees: NO_MONEY, funding: NO_MONEY },
      })),
      orders: open
        .filter(({ value }) => value.algoId === '')
        .map(
          ({ index, value }): OpenOrder => ({
            clientOrderId: value.clientOrderId,
            venueOrderId: value.venueOrderId,
            instrument: index,
            side: value.side,
            size: value.size,
            filled: value.filled,
            reduceOnly: value.reduceOnly,
            takeProfit: value.takeProfit,
            stopLoss: value.stopLoss,
          }),
        ),
    };
  }

  async find(instrument: number, clientOrderId: string): Promise<OrderReport | null> {
    const found = await this.lookUp(instrument, clientOrderId, this.rest.exchangeNow() - RECENT_MS);
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
    await this.tellFillsSince(since, listener);
    return told;
  }

  async fundingPayments(since: Ms): Promise<FundingPaymentEvent[]> {
    const at = this.options.clock.nowUs();
    const rows = await this.rest.bills('8', since, this.rest.exchangeNow() - since > RECENT_MS);
    return rows
      .flatMap((row) => {
        const index = this.indexes.get(textOf(row, 'instId'));
        if (index === undefined) return [];
        const { billId, exchangeAt, amount } = decodeFundingBill(row);
        return [new FundingPaymentEvent(at, index, billId, exchangeAt, amount)];
      })
      .filter(({ exchangeAt }) => exchangeAt >= since)
      .sort((one, other) => one.exchangeAt - other.exchangeAt || compareIds(one.paymentId, other.paymentId));
  }

  // — orders out —

  private async place(place: Place): Promise<void> {
    const { clock } = this.options;
    const instrument = this.instrumentAt(place.instrument);
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
      return reject('not sent: not connected, or still catching up');
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

    record.sentAtMs = clock.nowMs();
    record.expiresAtMs = this.rest.exchangeNow() + (this.options.expireAfterMs ?? 5_000);
    const immediate = place.type === 'market' || place.type === 'ioc' || place.type === 'fok';
    const sent = this.operate(record, 'place', immediate, {
      op: 'order',
      expTime: String(record.expiresAtMs),
      args: [this.placeArgs(place, instrument)],
    });
    if (!sent) reject('not sent: not connected');
  }

  private placeArgs(place: Place, instrument: Instrument): Row {
    const { marginMode = 'cross', triggerPriceType = 'last' } = this.options;
    const collared = place.type === 'market' && place.price !== 0;
    const args: Record<string, unknown> = {
      ...this.instrumentKey(instrument),
      tdMode: marginMode,
      clOrdId: place.clientOrderId,
      side: place.side,
      ordType: collared ? 'ioc' : ORDER_TYPES[place.type],
      sz: instrument.formatSize(place.size),
    };
    if (place.type !== 'market' || collared) args.px = instrument.formatPrice(place.price);
    if (place.reduceOnly) args.reduceOnly = true;
    if (place.protectionId !== '') {
      const pair: Record<string, string> = { attachAlgoClOrdId: place.protectionId };
      for (const [leg, trigger] of [
        ['tp', place.takeProfit],
        ['sl', place.stopLoss],
      ] as const) {
        if (trigger === 0) continue;
        pair[`${leg}TriggerPx`] = instrument.formatPrice(trigger);
        pair[`${leg}OrdPx`] = '-1'; // at market
        pair[`${leg}TriggerPxType`] = triggerPriceType;
      }
      args.attachAlgoOrds = [pair];
    }
    return args;
  }

  private async cancel(cancel: Cancel): Promise<void> {
    const instrument = this.instrumentAt(cancel.instrument);
    await Promise.resolve();
    const record =
      this.ledger.find(cancel.clientOrderId) ??
      this.ledger.expect(cancel.instrument, cancel.clientOrderId, cancel.target);
    if (cancel.target === 'protection') return this.cancelProtection(record, instrument);
    await this.limits.take(`cancel ${instrument.id}`, PLACE_LIMIT);
    const sent = this.operate(record, 'cancel', true, {
      op: 'cancel-order',
      args: [{ ...this.instrumentKey(instrument), clOrdId: cancel.clientOrderId }],
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

  private instrumentKey(instrument: Instrument): Row {
    // OKX wants its integer code here since 2026; servers without codes take the name
    return instrument.code === 0 ? { instId: instrument.id } : { instIdCode: instrument.code };
  }

  private ensureLeverage(index: number, wanted: number): Promise<number> {
    const instrument = this.instrumentAt(index);
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
      this.ledger.tell(
        record,
        answer.venueOrderId,
        'rejected',
        record.filled,
        `${answer.code} ${answer.message}`,
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
        found = await this.lookUp(record.instrument, record.id, this.sinceOf(record));
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
    if (found.order.filled > record.fillsTold) await this.tellFillsOf(found.order);
    this.ledger.applyOrder(record.instrument, found.order, this.options.clock.nowUs(), false);
  }

  /** By client id: the order, or the pair and, once it fired, its child order. Null: OKX answered that it has neither. */
  private async lookUp(index: number, id: string, since: number): Promise<Found | null> {
    const instrument = this.instrumentAt(index);
    const row =
      (await this.rest.order(instrument.id, { clOrdId: id })) ??
      (await this.rest.ordersHistory('SWAP', since, false, instrument.id)).find(
        (candidate) => textOf(candidate, 'clOrdId') === id,
      );
    if (row !== undefined && row !== null) return { order: decodeOrder(row, instrument), algo: null };
    const algoRow = await this.rest.algo({ algoClOrdId: id });
    if (algoRow === null) return null;
    const algo = decodeAlgo(algoRow, instrument);
    if (algo.state !== 'effective' || algo.childOrderId === '') return { order: null, algo };
    const child = await this.rest.order(instrument.id, { ordId: algo.childOrderId });
    if (child === null) return { order: null, algo };
    // the child is ours by the pair's id, whether or not its row repeats it
    const order = { ...decodeOrder(child, instrument), algoId: algo.algoId, algoClientId: id };
    return { order, algo };
  }

  private sinceOf(record: OrderRecord): number {
    return record.sentAtMs === 0 ? this.rest.exchangeNow() - RECENT_MS : record.sentAtMs - OVERLAP_MS;
  }

  // — pushes —

  private push(bytes: Buffer): void {
    try {
      const { arg, data } = parsePush(bytes, 'private');
      const channel = isRow(arg) ? textOf(arg, 'channel') : '';
      for (const row of rowsOf(data)) {
        if (channel === 'orders') this.orderPushed(row);
        else if (channel === 'orders-algo') this.algoPushed(row);
        else if (channel === 'balance_and_position' && tellsOfFunding(row)) this.fundingPushed();
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // a message that was not understood may have told of a fill: compare with OKX's lists
      this.options.log('error', 'cannot read what OKX sent', { problem: error.message });
      this.catchUp('an unreadable message');
    }
  }

  private orderPushed(row: Row): void {
    const index = this.indexes.get(textOf(row, 'instId'));
    if (index === undefined) return; // an instrument that is not ours to trade
    const update = decodeOrder(row, this.instrumentAt(index));
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
    if (record === null || record.filled <= record.fillsTold) return;
    this.options.log('warn', 'a fill was lost on the way: asking for it', { order: record.id });
    this.tellFillsOf(update).catch((error: unknown) => {
      this.options.log('warn', 'asking for fills failed', { problem: (error as Error).message });
      this.catchUp('fills are missing');
    });
  }

  private async learnAlgo(index: number, algoId: string): Promise<void> {
    try {
      const row = await this.rest.algo({ algoId });
      if (row !== null) this.ledger.learn(index, decodeAlgo(row, this.instrumentAt(index)));
    } catch (error) {
      this.options.log('error', 'cannot tell a take profit from a stop loss', {
        ...{ algoId, problem: (error as Error).message },
      });
    }
  }

  private algoPushed(row: Row): void {
    const index = this.indexes.get(textOf(row, 'instId'));
    if (index === undefined) return;
    this.ledger.applyAlgo(index, decodeAlgo(row, this.instrumentAt(index)), this.options.clock.nowUs());
  }

  /** The bill may be written a moment after the push. */
  private fundingPushed(): void {
    for (const delayMs of [500, 5_000]) {
      this.timers.after(delayMs, () => {
        this.tellFunding().catch((error: unknown) => {
          this.options.log('warn', 'asking for funding payments failed', {
            problem: (error as Error).message,
          });
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
      if (turn === this.catchUps && this.privateSocket.connected && this.businessSocket.connected)
        this.setLive(true, `caught up after: ${reason}`);
    };
    void run();
  }

  private async reconcile(): Promise<void> {
    const startedAt = this.rest.exchangeNow();
    const since = Math.max(this.connectedAtMs, this.comparedToMs - OVERLAP_MS);
    const known = this.ledger.open();
    const [orders, algos] = await Promise.all([
      this.rest.ordersPending('SWAP'),
      this.rest.algosPending('SWAP'),
    ]);
    await this.tellFillsSince(since, this.ledger);
    const standing = new Set<string>();
    for (const { index, value } of this.decoded(orders, decodeOrder)) {
      standing.add(value.clientOrderId);
      this.ledger.applyOrder(index, value, this.options.clock.nowUs(), false);
    }
    for (const { index, value } of this.decoded(algos, decodeAlgo)) {
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
    this.comparedToMs = startedAt;
  }

  private scheduleAudit(): void {
    const everyMs = this.options.auditEveryMs ?? 30_000;
    if (everyMs === 0 || this.stopped) return;
    this.cancelAudit = this.timers.after(everyMs, () => {
      if (!this.isLive) return this.scheduleAudit();
      this.rest
        .synchronise() // clocks drift; deadlines and signatures are in the exchange's time
        .then(() => this.reconcile())
        .catch((error: unknown) => {
          this.options.log('warn', 'comparing with OKX failed', { problem: (error as Error).message });
        })
        .finally(() => this.scheduleAudit());
    });
  }

  private async tellFillsSince(since: number, ledger: OrderLedger): Promise<void> {
    const now = this.rest.exchangeNow();
    const rows = await this.rest.fills('SWAP', since, now - since > RECENT_FILLS_MS);
    const fills = this.decoded(rows, decodeFill).filter(({ value }) => value.exchangeAt >= since);
    if (fills.length === 0) return;
    const orders = await this.ordersOf(fills, since);
    const algoIds = new Set<string>();
    for (const { index, value } of fills) {
      const order = orders.get(value.venueOrderId);
      if (order === undefined || order.algoId === '' || algoIds.has(order.algoId)) continue;
      algoIds.add(order.algoId);
      const row = await this.rest.algo({ algoId: order.algoId });
      if (row !== null) ledger.learn(index, decodeAlgo(row, this.instrumentAt(index)));
    }
    this.tellFills(fills, orders, ledger);
  }

  /** The orders that these fills belong to, by OKX's id: from the lists, else one by one. */
  private async ordersOf(
    fills: readonly Indexed<FillRow>[],
    since: number,
  ): Promise<Map<string, OrderUpdate>> {
    const now = this.rest.exchangeNow();
    const [pending, history] = await Promise.all([
      this.rest.ordersPending('SWAP'),
      this.rest.ordersHistory('SWAP', since, now - since > RECENT_MS),
    ]);
    const orders = new Map<string, OrderUpdate>();
    for (const { value } of this.decoded([...pending, ...history], decodeOrder))
      orders.set(value.venueOrderId, value);
    for (const { index, value } of fills) {
      if (orders.has(value.venueOrderId)) continue;
      const instrument = this.instrumentAt(index);
      const row = await this.rest.order(instrument.id, { ordId: value.venueOrderId });
      if (row !== null) orders.set(value.venueOrderId, decodeOrder(row, instrument));
    }
    return orders;
  }

  private async tellFillsOf(order: OrderUpdate): Promise<void> {
    const rows = await this.rest.fillsOf('SWAP', order.venueOrderId);
    this.tellFills(this.decoded(rows, decodeFill), new Map([[order.venueOrderId, order]]), this.ledger);
  }

  private tellFills(
    fills: readonly Indexed<FillRow>[],
    orders: ReadonlyMap<string, OrderUpdate>,
    ledger: OrderLedger,
  ): void {
    const inOrder = fills.toSorted(
      (one, other) =>
        one.value.exchangeAt - other.value.exchangeAt || compareIds(one.value.tradeId, other.value.tradeId),
    );
    const at = this.options.clock.nowUs();
    for (const { index, value } of inOrder) {
      const { clientOrderId: id, venueOrderId, side } = value;
      ledger.applyFill(
        index,
        value,
        { id, venueOrderId, side, update: orders.get(venueOrderId) ?? null },
        at,
      );
    }
  }

  private async tellFunding(): Promise<void> {
    for (const payment of await this.fundingPayments((this.fundingSinceMs - OVERLAP_MS) as Ms)) {
      const key = `${payment.instrument}:${payment.paymentId}`;
      if (payment.exchangeAt < this.connectedAtMs || this.fundingTold.has(key) || this.stopped) continue;
      this.fundingTold.add(key);
      this.fundingSinceMs = Math.max(this.fundingSinceMs, payment.exchangeAt);
      this.emit(payment);
    }
  }

  // — small things —

  private instrumentAt(index: number): Instrument {
    const instrument = this.options.instruments[index];
    if (instrument === undefined)
      throw new RangeError(`no instrument ${index}: there are ${this.options.instruments.length}`);
    return instrument;
  }

  /** Rows of our instruments, decoded; others are not ours to read. */
  private decoded<T>(rows: readonly Row[], decode: (row: Row, instrument: Instrument) => T): Indexed<T>[] {
    return rows.flatMap((row) => {
      const index = this.indexes.get(textOf(row, 'instId'));
      return index === undefined ? [] : [{ index, value: decode(row, this.instrumentAt(index)) }];
    });
  }

  /** The newest pair that closes this position. */
  private protectionOf(
    index: number,
    size: PositionState['size'],
    pairs: readonly Indexed<AlgoUpdate>[],
  ): Protection | null {
    const closing = size > 0 ? 'sell' : 'buy';
    const candidates = pairs
      .filter((pair) => pair.index === index && pair.value.side === closing && pair.value.state === 'live')
      .map(({ value }) => value)
      .sort((one, other) => other.createdAt - one.createdAt);
    const [newest] = candidates;
    if (newest === undefined) return null;
    if (candidates.length > 1)
      this.options.log('warn', 'several protections stand for one position: the newest is taken', {
        ...{
          instrument: this.instrumentAt(index).id,
          protections: candidates.map(({ algoClientId }) => algoClientId),
        },
      });
    return {
      protectionId: newest.algoClientId,
      takeProfit: newest.takeProfit,
      stopLoss: newest.stopLoss,
      size: newest.size === 0 ? lots(Math.abs(size)) : newest.size,
    };
  }
}

interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

type Found =
  | { readonly order: OrderUpdate; readonly algo: AlgoUpdate | null }
  | { readonly order: null; readonly algo: AlgoUpdate };

/** What OKX would refuse anyhow, in better words; empty = nothing. */
function placeProblem(place: Place): string {
  if (!/^[A-Za-z0-9]{1,32}$/.test(place.clientOrderId))
    return `client order id "${place.clientOrderId}" is not 1 to 32 letters and digits`;
  if (place.type !== 'market' && place.price <= 0) return `a ${place.type} order needs a price`;
  if (place.size <= 0) return 'the size is not positive';
  if (!place.reduceOnly && !(place.leverage > 0)) return `leverage ${place.leverage} is not positive`;
  if (place.protectionId !== '' && place.takeProfit === 0 && place.stopLoss === 0)
    return 'a protection needs a take profit or a stop loss';
  return '';
}

/** Whole numbers as text, of any length. */
function compareIds(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
