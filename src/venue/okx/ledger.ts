import type { Place } from '../../core/commands.ts';
import {
  type Amended,
  FillEvent,
  type FillPurpose,
  OrderEvent,
  type OrderState,
  ProtectionEvent,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { type Lots, lots, type Money, money, NO_MONEY, type Ticks, type Us } from '../../core/units.ts';
import type { VenueEvent } from '../venue.ts';
import type { AlgoUpdate, FillPart, OrderUpdate } from './codec/private.ts';
import type { KnownFills } from './inquiry.ts';
import type { Log } from './options.ts';

/** What we know of one of our orders. For the child order of a pair, and for the pair itself, `id` is the protection's. */
export interface OrderRecord {
  readonly instrument: number;
  readonly id: string;
  /** An order, or a take profit / stop loss pair and its child. */
  readonly kind: 'order' | 'protection';
  venueOrderId: string;
  /** `sent`: nothing heard yet. */
  state: OrderState | 'sent';
  /** Cumulative, by OKX's word. */
  filled: Lots;
  /** Sum of the fills told; less than `filled` means that one was lost on the way. */
  fillsTold: Lots;
  feesTold: Money;
  /** Unknown for orders of an earlier run. */
  purpose: FillPurpose | '';
  /** Of the pair; 0 = none or unknown. */
  takeProfit: Ticks;
  stopLoss: Ticks;
  /** When OKX changed the pair last, its clock; 0 = nothing heard of it. */
  pairAtMs: number;
  fired: 'takeProfit' | 'stopLoss' | '';
  sentAtMs: number;
  /** OKX refuses the order after this (its own clock), so that one not found by then never was. */
  expiresAtMs: number;
  /** Whether its fate is being asked for. */
  asking: boolean;
}

const TERMINAL: ReadonlySet<string> = new Set(['filled', 'canceled', 'rejected']);
export const isTerminal = (record: OrderRecord): boolean => TERMINAL.has(record.state);

/** Finished orders remembered, so that a late or repeated message finds its order. */
const FINISHED_KEPT = 5_000;
const TRADES_KEPT = 50_000;

const LIQUIDATIONS: ReadonlySet<string> = new Set(['full_liquidation', 'partial_liquidation', 'adl']);

/**
 * Turns what OKX says of our orders, in whatever order and however often, into events that each tell something new:
 * a fill once by its trade id, a state when it changes, the final one by first arrival.
 */
export class OrderLedger {
  private readonly instruments: readonly Instrument[];
  private readonly emit: (event: VenueEvent) => void;
  private readonly log: Log;
  private readonly records = new Map<string, OrderRecord>();
  private readonly finished: string[] = [];
  private readonly trades = new Set<string>();
  /** algoId → protection id. */
  private readonly algoIds = new Map<string, string>();

  constructor(instruments: readonly Instrument[], emit: (event: VenueEvent) => void, log: Log) {
    this.instruments = instruments;
    this.emit = emit;
    this.log = log;
  }

  find(id: string): OrderRecord | undefined {
    return this.records.get(id);
  }

  /** Orders and pairs whose end we have not heard of. */
  open(): OrderRecord[] {
    return [...this.records.values()].filter((record) => !isTerminal(record));
  }

  /** Notes an order about to be sent, and the pair attached to it. */
  register(place: Place, nowMs: number): OrderRecord {
    const record = this.ensure(place.instrument, place.clientOrderId, 'order');
    record.purpose = place.purpose;
    record.sentAtMs = nowMs;
    if (place.protectionId !== '') {
      // the pair exists at OKX only when the order fills: until then it is not ours to ask for
      this.remember(place.instrument, place.protectionId, place.takeProfit, place.stopLoss);
    }
    return record;
  }

  /** Notes an order or pair of an earlier run that we have not met yet. */
  expect(instrument: number, id: string, kind: OrderRecord['kind']): OrderRecord {
    return this.ensure(instrument, id, kind);
  }

  /** Notes an order that OKX says is open and that the caller is told of otherwise: no event. */
  adopt(instrument: number, update: OrderUpdate): void {
    if (update.clientOrderId === '') return;
    const record = this.ensure(instrument, update.clientOrderId, 'order');
    if (isTerminal(record)) return;
    if (update.filled > record.filled) {
      record.fillsTold = lots(Math.max(record.fillsTold, update.filled));
      record.filled = update.filled;
    }
    record.state = update.state;
    record.venueOrderId = update.venueOrderId;
    if (update.protectionId !== '')
      this.remember(instrument, update.protectionId, update.takeProfit, update.stopLoss);
  }

  /** The same for a standing pair. */
  adoptAlgo(instrument: number, update: AlgoUpdate): void {
    const record = this.learn(instrument, update);
    if (record === null || isTerminal(record)) return;
    record.state = 'live';
    record.venueOrderId = update.algoId;
  }

  /** Whether it can be said if a child order of this algo takes profit or stops a loss. */
  knowsAlgo(update: OrderUpdate): boolean {
    const record = this.records.get(this.idOf(update));
    return record !== undefined && (record.fired !== '' || record.takeProfit !== 0 || record.stopLoss !== 0);
  }

  /** Takes in what an algo order says of itself, telling nothing. */
  learn(instrument: number, update: AlgoUpdate): OrderRecord | null {
    if (update.algoClientId === '') return null; // not ours: placed by hand
    this.algoIds.set(update.algoId, update.algoClientId);
    const record = this.ensure(instrument, update.algoClientId, 'protection');
    // a list may have been made before the push that came before it
    if (update.updatedAt >= record.pairAtMs) {
      if (update.takeProfit !== 0 || update.stopLoss !== 0) {
        record.takeProfit = update.takeProfit;
        record.stopLoss = update.stopLoss;
      }
      record.pairAtMs = update.updatedAt;
    }
    if (update.fired !== '') record.fired = update.fired;
    return record;
  }

  /** An order's push (`pushed`: its fill is this push's) or its row in a list (which repeats the last fill). */
  applyOrder(instrument: number, update: OrderUpdate, at: Us, pushed: boolean): OrderRecord | null {
    const id = this.idOf(update);
    const fill = pushed ? update.fill : null;
    if (id === '') {
      // somebody else's doing, or the exchange's: the position has changed all the same
      if (fill !== null) this.tellFill(instrument, null, update, fill, at);
      return null;
    }
    const isNew = !this.records.has(id);
    const record = this.ensure(instrument, id, update.algoId === '' ? 'order' : 'protection');
    if (isNew) record.fillsTold = lots(update.filled - (fill?.size ?? 0)); // of an earlier run, told then
    if (update.protectionId !== '')
      this.remember(instrument, update.protectionId, update.takeProfit, update.stopLoss);
    if (fill !== null) this.tellFill(instrument, record, update, fill, at);
    this.tell(record, update.venueOrderId, update.state, update.filled, update.reason, at);
    return record;
  }

  /** Fills from OKX's lists. */
  applyFills({ fills, orders, pairs }: KnownFills, at: Us): void {
    for (const { index, value } of pairs) this.learn(index, value);
    for (const { index, value } of fills) {
      const order = orders.get(value.venueOrderId);
      const id = order === undefined ? value.clientOrderId : this.idOf(order);
      const about = order ?? {
        ...{ side: value.side, venueOrderId: value.venueOrderId, feeTotal: null },
        ...{ category: 'normal', reduceOnly: false, algoId: '' },
      };
      this.tellFill(index, this.records.get(id) ?? null, about, value, at, id);
    }
  }

  applyAlgo(instrument: number, update: AlgoUpdate, at: Us): void {
    const known = this.records.get(update.algoClientId);
    const before = known === undefined ? null : { ...known };
    const record = this.learn(instrument, update);
    if (record === null) return;
    if (update.state === 'live') {
      this.tell(record, update.algoId, 'live', record.filled, '', at);
      const isMoved =
        before !== null &&
        before.pairAtMs !== 0 &&
        (before.takeProfit !== record.takeProfit || before.stopLoss !== record.stopLoss);
      if (isMoved) this.tellPair(record, '', at);
    } else if (update.state === 'canceled')
      this.tell(record, update.algoId, 'canceled', record.filled, 'take profit and stop loss canceled', at);
    else if (update.state === 'failed') {
      const reason = `take profit or stop loss fired and failed: ${update.reason}`;
      this.log('error', 'a protection failed at the exchange', { protection: record.id, reason });
      this.tell(record, update.algoId, 'rejected', record.filled, reason, at);
    }
    // effective: its child order speaks for it from here on
  }

  /** Tells a state when it is news. After a final one nothing is. */
  tell(
    record: OrderRecord,
    venueOrderId: string,
    state: OrderState,
    filled: Lots,
    reason: string,
    at: Us,
  ): void {
    if (isTerminal(record)) return;
    // an older message overtaken by a newer one
    if (filled < record.filled && !TERMINAL.has(state)) return;
    if (state === 'live' && record.state === 'partiallyFilled') return;
    const news =
      state !== record.state ||
      filled !== record.filled ||
      (venueOrderId !== '' && venueOrderId !== record.venueOrderId);
    if (venueOrderId !== '') record.venueOrderId = venueOrderId;
    record.state = state;
    record.filled = lots(Math.max(filled, record.filled));
    if (isTerminal(record)) this.finish(record);
    if (!news) return;
    this.emit(
      new OrderEvent(at, record.instrument, record.id, record.venueOrderId, state, record.filled, reason),
    );
  }

  /** How an order stands after an amendment. After its end its own word is enough. */
  tellAmended(record: OrderRecord, amended: Amended, at: Us): void {
    const { instrument, id, venueOrderId, state, filled } = record;
    if (isTerminal(record)) return;
    // OKX has spoken of it: it stands, whatever was known
    const stands =
      state === 'sent' || state === 'unknown' ? (filled > 0 ? 'partiallyFilled' : 'live') : state;
    record.state = stands;
    this.emit(new OrderEvent(at, instrument, id, venueOrderId, stands, filled, '', amended));
  }

  /** OKX has said yes to these triggers. */
  moved(record: OrderRecord, takeProfit: Ticks, stopLoss: Ticks, at: Us): void {
    record.takeProfit = takeProfit;
    record.stopLoss = stopLoss;
    this.tellPair(record, '', at);
  }

  /** Where the triggers of a pair are, and why they were not moved. After its end its own word is enough. */
  tellPair(record: OrderRecord, refusal: string, at: Us): void {
    if (isTerminal(record)) return;
    const { instrument, id, takeProfit, stopLoss } = record;
    this.emit(new ProtectionEvent(at, instrument, id, takeProfit, stopLoss, refusal));
  }

  /** Tells again what was told last. */
  repeat(record: OrderRecord, at: Us): void {
    const { instrument, id, venueOrderId, state, filled } = record;
    if (state === 'sent') return; // what comes of it will be told
    this.emit(new OrderEvent(at, instrument, id, venueOrderId, state, filled, 'client order id used before'));
  }

  /** What an execution was for. */
  purposeOf(
    record: OrderRecord | null,
    order: Pick<OrderUpdate, 'category' | 'reduceOnly' | 'algoId' | 'side'>,
    price: Ticks,
  ): FillPurpose {
    if (LIQUIDATIONS.has(order.category)) return 'liquidation';
    if (record?.kind === 'protection') {
      if (record.fired !== '') return record.fired;
      const { takeProfit, stopLoss } = record;
      if (takeProfit === 0 && stopLoss === 0) return 'close'; // it never said which
      if (stopLoss === 0) return 'takeProfit';
      if (takeProfit === 0) return 'stopLoss';
      // filled nearer to the one than to the other: they lie on both sides of the entry
      return Math.abs(price - takeProfit) < Math.abs(price - stopLoss) ? 'takeProfit' : 'stopLoss';
    }
    if (record !== null && record.purpose !== '') return record.purpose;
    return order.reduceOnly ? 'close' : 'entry';
  }

  private idOf(update: OrderUpdate): string {
    if (update.algoId === '') return update.clientOrderId;
    return update.algoClientId || (this.algoIds.get(update.algoId) ?? '');
  }

  private tellFill(
    instrument: number,
    record: OrderRecord | null,
    order: Pick<OrderUpdate, 'side' | 'venueOrderId' | 'feeTotal' | 'category' | 'reduceOnly' | 'algoId'>,
    fill: FillPart,
    at: Us,
    id = record?.id ?? '',
  ): void {
    const trade = `${instrument}:${fill.tradeId}`;
    if (this.trades.has(trade)) return;
    this.trades.add(trade);
    if (this.trades.size > TRADES_KEPT) this.trades.delete(this.trades.values().next().value!);
    const fee = this.feeOf(instrument, record, order.feeTotal, fill);
    const { settleCurrency } = this.instruments[instrument]!;
    const feeCurrency = fill.feeCurrency === settleCurrency ? '' : fill.feeCurrency;
    if (record !== null) {
      record.fillsTold = lots(record.fillsTold + fill.size);
      record.feesTold = money(record.feesTold + fee); // an order pays all its fees in one currency
    }
    this.emit(
      new FillEvent(
        at,
        instrument,
        id,
        order.venueOrderId,
        fill.tradeId,
        fill.exchangeAt,
        order.side,
        fill.price,
        fill.size,
        fee,
        fill.maker,
        this.purposeOf(record, order, fill.price),
        '',
        fill.positionSide,
        feeCurrency,
      ),
    );
  }

  /** The fill's own fee; where OKX left it empty, what the order's total has grown by. */
  private feeOf(
    instrument: number,
    record: OrderRecord | null,
    feeTotal: Money | null,
    fill: FillPart,
  ): Money {
    const { id } = this.instruments[instrument]!;
    if (fill.fee !== null) return fill.fee;
    if (feeTotal !== null && record !== null) return money(feeTotal - record.feesTold);
    this.log('error', 'OKX named no fee: counted as none', { instrument: id, trade: fill.tradeId });
    return NO_MONEY;
  }

  private remember(instrument: number, id: string, takeProfit: Ticks, stopLoss: Ticks): OrderRecord {
    const record = this.ensure(instrument, id, 'protection');
    // as its entry was placed with: the pair itself may have been moved since
    if (record.takeProfit === 0 && record.stopLoss === 0) {
      record.takeProfit = takeProfit;
      record.stopLoss = stopLoss;
    }
    return record;
  }

  private ensure(instrument: number, id: string, kind: OrderRecord['kind']): OrderRecord {
    let record = this.records.get(id);
    if (record === undefined) {
      record = {
        ...{ instrument, id, kind, venueOrderId: '', state: 'sent', filled: lots(0), fillsTold: lots(0) },
        ...{
          feesTold: NO_MONEY,
          purpose: '',
          takeProfit: 0 as Ticks,
          stopLoss: 0 as Ticks,
          pairAtMs: 0,
          fired: '',
        },
        ...{ sentAtMs: 0, expiresAtMs: 0, asking: false },
      } satisfies OrderRecord;
      this.records.set(id, record);
    }
    return record;
  }

  private finish(record: OrderRecord): void {
    this.finished.push(record.id);
    if (this.finished.length > FINISHED_KEPT) this.records.delete(this.finished.shift()!);
  }
}
