import type { Approved, OrderCommand, Place } from '../../core/commands.ts';
import { EventKind, type MarketEvent, type OrderState } from '../../core/events.ts';
import type { Instrument } from '../../core/instrument.ts';
import { lots, type Side, ticks } from '../../core/units.ts';
import type { ExchangeHandle } from '../../exchange/server.ts';
import { createOkxFeed, type OkxFeed } from '../../venue/okx/feed.ts';
import type { Log } from '../../venue/okx/options.ts';
import { OkxVenue } from '../../venue/okx/venue.ts';
import type { VenueEvent } from '../../venue/venue.ts';
import { RealClock } from '../clock.ts';

export interface TradingClientOptions {
  readonly exchange: ExchangeHandle;
  readonly instrument: Instrument;
  readonly log: Log;
  /** Begins every client order id: letters and digits. */
  readonly name: string;
}

const STATES_KEPT = 100;

/** What was told of one order of ours. */
interface Told {
  state: OrderState | 'sent';
  filled: number;
  readonly tradeIds: Set<string>;
}

/**
 * Our own client as it ships, feed and venue, with somebody who trades a little and remembers all that was told: to be held
 * against what really happened at the exchange.
 */
export class TradingClient {
  readonly feed: OkxFeed;
  readonly venue: OkxVenue;
  /** Whether the book may be believed just now. */
  isLive = false;
  /** Touch in ticks. */
  bid = 0;
  ask = 0;
  /** Same trade told twice: must stay 0. */
  repeatedFills = 0;
  private readonly options: TradingClientOptions;
  private readonly sides: [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  /** The best levels after each of the last frames, by the frame's time. */
  private readonly states = new Map<number, string>();
  private readonly orders = new Map<string, Told>();
  private number = 0;

  constructor(options: TradingClientOptions) {
    this.options = options;
    const { rest, ws, apiKey, secret, passphrase } = options.exchange;
    const shared = {
      rest,
      ws,
      credentials: { apiKey, secret, passphrase },
      demo: false,
      clock: new RealClock(),
      random: Math.random,
      log: options.log,
      instruments: [options.instrument],
      // as patient as OKX is, in a tenth of the time
      connectTimeoutMs: 2000,
      answerTimeoutMs: 1500,
      pingIntervalMs: 2000,
      pongTimeoutMs: 1000,
      backOffBaseMs: 100,
      backOffCapMs: 1500,
    };
    this.feed = createOkxFeed({ ...shared, staleAfterMs: 2000, renewAfterMs: 4000 });
    this.venue = new OkxVenue({ ...shared, orderTimeoutMs: 800, expireAfterMs: 2000, auditEveryMs: 2500 });
  }

  async start(): Promise<void> {
    await this.venue.connect((event) => this.told(event));
    await this.feed.start((event) => this.saw(event));
  }

  async stop(): Promise<void> {
    await this.feed.stop();
    await this.venue.stop();
  }

  /** Sends an order; gives its client id. Prices are asked relative to the touch, in ticks away from it. */
  place(side: Side, type: Place['type'], size: number, away = 0, reduceOnly = false): string {
    this.number += 1;
    const clientOrderId = `${this.options.name}${this.number}`;
    const touch = side === 'buy' ? this.bid : this.ask;
    const price = side === 'buy' ? touch - away : touch + away;
    this.orders.set(clientOrderId, { state: 'sent', filled: 0, tradeIds: new Set() });
    const place: Place = {
      kind: 'place',
      instrument: 0,
      clientOrderId,
      side,
      type,
      size: lots(size),
      price: ticks(price),
      reduceOnly,
      leverage: 5,
      takeProfit: ticks(0),
      stopLoss: ticks(0),
      protectionId: '',
      purpose: reduceOnly ? 'close' : 'entry',
    };
    this.submit(place);
    return clientOrderId;
  }

  cancel(clientOrderId: string): void {
    this.submit({ kind: 'cancel', instrument: 0, clientOrderId, target: 'order' });
  }

  stateOf(clientOrderId: string): Told['state'] | undefined {
    return this.orders.get(clientOrderId)?.state;
  }

  /**
   * Where what was told differs from what happened: orders the exchange has twice, that it has and we do not know the end of,
   * that we believe in and it never had, fills that do not add up. Empty when all agree.
   */
  differences(): string[] {
    const [account] = this.options.exchange.exchange.accounts;
    const found: string[] = [];
    const there = new Map<string, { state: string; filled: number }>();
    for (const order of [...account!.pastOrders.items, ...account!.orders.values()]) {
      if (!order.clientId.startsWith(this.options.name)) continue;
      if (there.has(order.clientId)) found.push(`${order.clientId} was placed twice`);
      there.set(order.clientId, { state: order.state, filled: order.filled });
    }
    if (this.repeatedFills > 0) found.push(`${this.repeatedFills} fills were told twice`);
    for (const [id, { state, filled }] of this.orders) {
      const real = there.get(id);
      const truth = real === undefined ? 'rejected' : real.state;
      const said = state === 'partiallyFilled' ? 'partially_filled' : state;
      if (said !== truth) found.push(`${id} is ${truth}, we were told ${said}`);
      if ((real?.filled ?? 0) !== filled)
        found.push(`${id} filled ${real?.filled ?? 0}, we were told ${filled}`);
    }
    for (const id of there.keys()) if (!this.orders.has(id)) found.push(`${id} was forgotten`);
    return found;
  }

  /** Our book after the frame of that time, as text; undefined when there was none or it is long ago. */
  bookAt(exchangeAt: number): string | undefined {
    return this.states.get(exchangeAt);
  }

  /** As `bookAt` writes it. */
  static describe(
    bids: readonly (readonly [number, number])[],
    asks: readonly (readonly [number, number])[],
  ): string {
    const best = (side: readonly (readonly [number, number])[], sign: 1 | -1): string =>
      [...side]
        .sort(([one], [other]) => sign * (one - other))
        .slice(0, 50)
        .map(([price, size]) => `${price}:${size}`)
        .join(' ');
    return `${best(bids, -1)} | ${best(asks, 1)}`;
  }

  /** The test stands where risk does: what it sends counts as approved. */
  private submit(command: OrderCommand): void {
    this.venue.submit(command as Approved<OrderCommand>);
  }

  private told(event: VenueEvent): void {
    if (event.kind !== EventKind.order && event.kind !== EventKind.fill) return;
    const order = this.orders.get(event.clientOrderId);
    if (order === undefined) return;
    if (event.kind === EventKind.order) order.state = event.state;
    else if (order.tradeIds.has(event.tradeId)) this.repeatedFills += 1;
    else {
      order.tradeIds.add(event.tradeId);
      order.filled += event.size;
    }
  }

  private saw(event: MarketEvent): void {
    if (event.kind === EventKind.feed) this.isLive = event.live;
    if (event.kind !== EventKind.book) return;
    const { frame } = event;
    const [bids, asks] = this.sides;
    if (frame.snapshot) for (const side of this.sides) side.clear();
    for (let i = 0; i < frame.count; i++) {
      const side = this.sides[frame.side[i]!]!;
      if (frame.size[i] === 0) side.delete(frame.price[i]!);
      else side.set(frame.price[i]!, frame.size[i]!);
    }
    this.bid = Math.max(...bids.keys());
    this.ask = Math.min(...asks.keys());
    this.states.set(frame.exchangeAt, TradingClient.describe([...bids], [...asks]));
    if (this.states.size > STATES_KEPT) this.states.delete(this.states.keys().next().value!);
  }
}
