import {
  FundingPaymentEvent,
  type OpenOrder,
  type PositionState,
  type Protection,
  SettlementEvent,
} from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, type Ms, money, NO_MONEY, us } from '../../core/units.ts';
import { VenueError, type VenueState } from '../venue.ts';
import { type Row, textOf } from './codec/fields.ts';
import {
  type AlgoUpdate,
  decodeAlgo,
  decodeCash,
  decodeFill,
  decodeFundingBill,
  decodeOrder,
  decodePosition,
  decodeSettlementBill,
  type FillRow,
  type OrderUpdate,
  type PositionUpdate,
} from './codec/private.ts';
import type { Clock, Log } from './options.ts';
import type { OkxRest } from './rest.ts';

/** A row decoded, with the index of its instrument. */
export interface Indexed<T> {
  readonly index: number;
  readonly value: T;
}

/** Fills, oldest first, and what is known of the orders and pairs they belong to. */
export interface KnownFills {
  readonly fills: readonly Indexed<FillRow>[];
  /** By OKX's order id. */
  readonly orders: ReadonlyMap<string, OrderUpdate>;
  /** Whose child orders are among them. */
  readonly pairs: readonly Indexed<AlgoUpdate>[];
}

/** An order, or a pair whose child order there is none of yet. */
export type Found =
  | { readonly order: OrderUpdate; readonly algo: AlgoUpdate | null }
  | { readonly order: null; readonly algo: AlgoUpdate };

/** OKX keeps fills for three days and orders and bills for seven in the quick lists; the archives hold three months. */
const RECENT_FILLS_MS = 2.9 * 86_400_000;
const RECENT_MS = 6.9 * 86_400_000;

const TRADE_BILL = '2';
const LIQUIDATION_BILL = '5';

/** What OKX says when asked, of our instruments only: other rows are not ours to read. Changes nothing. */
export class Inquiry {
  private readonly rest: OkxRest;
  private readonly instruments: readonly Instrument[];
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly clock: Clock;
  private readonly log: Log;

  constructor(rest: OkxRest, instruments: readonly Instrument[], clock: Clock, log: Log) {
    this.rest = rest;
    this.instruments = instruments;
    this.indexes = new Map(instruments.map(({ id }, index) => [id, index]));
    this.clock = clock;
    this.log = log;
  }

  instrumentAt(index: number): Instrument {
    const instrument = this.instruments[index];
    if (instrument === undefined)
      throw new RangeError(`no instrument ${index}: there are ${this.instruments.length}`);
    return instrument;
  }

  /** The index of a row's instrument; undefined when it is not one of ours. */
  indexOf(row: Row): number | undefined {
    return this.indexes.get(textOf(row, 'instId'));
  }

  /** Orders and pairs that stand at OKX now. */
  async standing(): Promise<{ orders: Indexed<OrderUpdate>[]; pairs: Indexed<AlgoUpdate>[] }> {
    const [orders, algos] = await Promise.all([
      this.rest.ordersPending('SWAP'),
      this.rest.algosPending('SWAP'),
    ]);
    return { orders: this.decoded(orders, decodeOrder), pairs: this.decoded(algos, decodeAlgo) };
  }

  /** The account as it stands, and the orders and pairs that it was made from. */
  async state(): Promise<{
    state: VenueState;
    orders: readonly Indexed<OrderUpdate>[];
    pairs: readonly Indexed<AlgoUpdate>[];
  }> {
    const currency = this.instruments[0]?.settleCurrency ?? '';
    const [balances, positionRows, { orders, pairs }] = await Promise.all([
      this.rest.balance(currency),
      this.rest.positions('SWAP'),
      this.standing(),
    ]);
    const held = this.decoded(positionRows, decodePosition).filter(({ value }) => value.size !== 0);
    this.refuseWhatIsNotNet(held);
    const positions = held.map(
      ({ index, value }): PositionState => ({
        instrument: index,
        size: value.size,
        cost: value.cost,
        leverage: value.leverage,
        openedAt: us(value.openedAt * 1000),
        protection: this.protectionOf(index, value.size, pairs),
        trip: null,
        stops: null,
      }),
    );
    const open = orders
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
      );
    // what isolated positions were given is the account's all the same
    let balance = decodeCash(balances[0] ?? {}, currency) ?? NO_MONEY;
    for (const { value } of held) balance = money(balance + value.margin);
    return { state: { balance, positions, orders: open }, orders, pairs };
  }

  /**
   * By client id: the order, or the pair and, once it fired, its child order. Null: OKX answered that it has neither.
   * Finished orders are looked for from `since` (exchange time, ms) on; null = as far back as the quick list goes.
   */
  async lookUp(index: number, id: string, since: number | null): Promise<Found | null> {
    const instrument = this.instrumentAt(index);
    const begin = since ?? this.rest.exchangeNow() - RECENT_MS;
    const row =
      (await this.rest.order(instrument.id, { clOrdId: id })) ??
      (await this.rest.ordersHistory('SWAP', begin, false, instrument.id)).find(
        (candidate) => textOf(candidate, 'clOrdId') === id,
      );
    if (row !== undefined) return { order: decodeOrder(row, instrument), algo: null };
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

  /** What an algo order says of itself; null when OKX has none of that id. */
  async algo(index: number, algoId: string): Promise<AlgoUpdate | null> {
    const row = await this.rest.algo({ algoId });
    return row === null ? null : decodeAlgo(row, this.instrumentAt(index));
  }

  /** At or after `since`, exchange time, ms. */
  async fillsSince(since: number): Promise<KnownFills> {
    const rows = await this.rest.fills('SWAP', since, this.rest.exchangeNow() - since > RECENT_FILLS_MS);
    const fills = oldestFirst(
      this.decoded(rows, decodeFill).filter(({ value }) => value.exchangeAt >= since),
    );
    if (fills.length === 0) return { fills, orders: new Map(), pairs: [] };
    const orders = await this.ordersOf(fills, since);
    const pairs = new Map<string, Indexed<AlgoUpdate>>();
    for (const { index, value } of fills) {
      const algoId = orders.get(value.venueOrderId)?.algoId ?? '';
      if (algoId === '' || pairs.has(algoId)) continue;
      const algo = await this.algo(index, algoId);
      if (algo !== null) pairs.set(algoId, { index, value: algo });
    }
    return { fills, orders, pairs: [...pairs.values()] };
  }

  /** The fills of one order. */
  async fillsOf(order: OrderUpdate): Promise<KnownFills> {
    const rows = await this.rest.fillsOf('SWAP', order.venueOrderId);
    const orders = new Map([[order.venueOrderId, order]]);
    return { fills: oldestFirst(this.decoded(rows, decodeFill)), orders, pairs: [] };
  }

  /** Charged or received at or after `since`, oldest first. */
  async fundingPayments(since: Ms): Promise<FundingPaymentEvent[]> {
    const rows = await this.rest.bills('8', since, this.rest.exchangeNow() - since > RECENT_MS);
    const at = this.clock.nowUs();
    return this.decoded(rows, decodeFundingBill)
      .map(
        ({ index, value }) =>
          new FundingPaymentEvent(at, index, value.billId, value.exchangeAt, value.amount),
      )
      .filter(({ exchangeAt }) => exchangeAt >= since)
      .sort((one, other) => one.exchangeAt - other.exchangeAt || compareIds(one.paymentId, other.paymentId));
  }

  /**
   * What liquidations took beyond the loss, or the insurance fund made up, at or after `since`, oldest first. Where an
   * isolated position may end in ordinary trades as well and cost more than its margin, their bills have to be read too.
   */
  async settlements(since: Ms, isolated: boolean): Promise<SettlementEvent[]> {
    const archive = this.rest.exchangeNow() - since > RECENT_MS;
    const lists = await Promise.all(
      (isolated ? [LIQUIDATION_BILL, TRADE_BILL] : [LIQUIDATION_BILL]).map((type) =>
        this.rest.bills(type, since, archive),
      ),
    );
    const at = this.clock.nowUs();
    return this.decoded(lists.flat(), decodeSettlementBill)
      .filter(({ value }) => value.amount !== NO_MONEY && value.exchangeAt >= since)
      .map(
        ({ index, value }) =>
          new SettlementEvent(at, index, value.billId, value.exchangeAt, value.amount, value.tradeId),
      )
      .sort(
        (one, other) => one.exchangeAt - other.exchangeAt || compareIds(one.settlementId, other.settlementId),
      );
  }

  /** The orders that these fills belong to, by OKX's id: from the lists, else one by one. */
  private async ordersOf(
    fills: readonly Indexed<FillRow>[],
    since: number,
  ): Promise<Map<string, OrderUpdate>> {
    const [pending, history] = await Promise.all([
      this.rest.ordersPending('SWAP'),
      this.rest.ordersHistory('SWAP', since, this.rest.exchangeNow() - since > RECENT_MS),
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

  private decoded<T>(rows: readonly Row[], decode: (row: Row, instrument: Instrument) => T): Indexed<T>[] {
    return rows.flatMap((row) => {
      const index = this.indexOf(row);
      return index === undefined ? [] : [{ index, value: decode(row, this.instrumentAt(index)) }];
    });
  }

  /** One direction for each instrument is all that is traded here: what does not fit is a person's to clear up. */
  private refuseWhatIsNotNet(held: readonly Indexed<PositionUpdate>[]): void {
    const seen = new Set<number>();
    for (const { index, value } of held) {
      const { id } = this.instrumentAt(index);
      if (value.positionSide !== 'net')
        throw new VenueError(
          `${id}: a ${value.positionSide} position in hedge mode: close it and put the account in net mode, or use a sub-account`,
          '',
          'stop',
        );
      if (seen.has(index))
        throw new VenueError(
          `${id}: a cross and an isolated position at once: close the one that is not ours, or use a sub-account`,
          '',
          'stop',
        );
      seen.add(index);
    }
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
      this.log('warn', 'several protections stand for one position: the newest is taken', {
        instrument: this.instrumentAt(index).id,
        protections: candidates.map(({ algoClientId }) => algoClientId),
      });
    return {
      protectionId: newest.algoClientId,
      takeProfit: newest.takeProfit,
      stopLoss: newest.stopLoss,
      size: newest.size === 0 ? lots(Math.abs(size)) : newest.size,
    };
  }
}

function oldestFirst(fills: readonly Indexed<FillRow>[]): Indexed<FillRow>[] {
  return fills.toSorted(
    (one, other) =>
      one.value.exchangeAt - other.value.exchangeAt || compareIds(one.value.tradeId, other.value.tradeId),
  );
}

/** Whole numbers as text, of any length. */
function compareIds(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}
