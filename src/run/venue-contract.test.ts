import assert from 'node:assert/strict';
import { EventKind, type OrderState } from '../core/events.ts';
import { Instrument, type InstrumentSpec, parseMoney } from '../core/instrument.ts';
import { type Side, type Ticks, ticks } from '../core/units.ts';
import type { Account } from '../exchange/accounts/account.ts';
import type { Placement } from '../exchange/accounts/order-desk.ts';
import type { Market } from '../exchange/market/market.ts';
import { loadScenario } from '../exchange/scenarios/load.ts';
import { type ExchangeHandle, startExchange } from '../exchange/server.ts';
import { OkxVenue } from '../venue/okx/venue.ts';
import { type Level, venueContract, type World } from '../venue/venue.contract.ts';
import type { Venue, VenueEvent } from '../venue/venue.ts';
import { RealClock } from './clock.ts';

/** Our OKX client as it ships, over real sockets, at the exchange of this machine, in a market that others do not disturb. */

const SWAP = 'BTC-USDT-SWAP';
const WITHIN_MS = 20_000;
/** The mark follows the market; so near is there. */
const MARK_TOLERANCE = 0.0005;
/** Of the mark: no order may be further from it than 1 %. */
const STRIDE = 0.008;

class ExchangeWorld implements World {
  readonly instrument: Instrument;
  readonly bid: number;
  venue: Venue;
  private readonly handle: ExchangeHandle;
  private okx: OkxVenue;
  private readonly said: string[] = [];
  private readonly us: Account;
  private readonly maker: Account;
  private readonly taker: Account;
  private readonly market: Market;
  private shown: { bids: readonly Level[]; asks: readonly Level[] } = { bids: [], asks: [] };
  /** What was told last of each order, and how often. */
  private readonly told = new Map<string, { state: OrderState; filled: number; times: number }>();
  /** Since this client connected: orders sent that somebody must say something of, with how often it was said before. */
  private readonly expected = new Map<string, number>();
  private readonly tradeIds = new Set<string>();
  private payments = 0;
  private readonly settlements = new Set<string>();
  private fillsBefore = 0;

  private constructor(handle: ExchangeHandle, instrument: Instrument) {
    this.handle = handle;
    this.instrument = instrument;
    const [us, maker, taker] = handle.exchange.accounts;
    this.us = us!;
    this.maker = maker!;
    this.taker = taker!;
    this.market = handle.exchange.market(SWAP)!;
    this.bid = this.market.last;
    this.okx = this.client();
    this.venue = this.watched(this.okx);
  }

  static async open(cash: string): Promise<ExchangeWorld> {
    const rich = { cash: { USDT: '1000000000' } };
    const handle = await startExchange({
      port: 0,
      seed: 11,
      scenario: { ...loadScenario('empty'), instruments: [SWAP] },
      accounts: [{ cash: { USDT: cash } }, rich, rich],
      rateLimits: false,
    });
    const answer = await fetch(`${handle.rest}/api/v5/public/instruments?instType=SWAP&instId=${SWAP}`);
    const { data } = (await answer.json()) as { data: InstrumentSpec[] };
    return new ExchangeWorld(handle, new Instrument(data[0]!));
  }

  async show(bids: readonly Level[], asks: readonly Level[]): Promise<void> {
    this.shown = { bids, asks };
    this.clearBook();
    for (const [price, size] of bids) this.place(this.maker, 'buy', 'limit', price, size);
    for (const [price, size] of asks) this.place(this.maker, 'sell', 'limit', price, size);
    this.handle.exchange.followUp();
  }

  /** The others step aside, so that this trade and no other happens, and come back in the same instant. */
  async print(side: Side, price: number, size: number): Promise<void> {
    this.clearBook();
    this.place(this.maker, side === 'buy' ? 'sell' : 'buy', 'limit', price, size);
    this.place(this.taker, side, 'ioc', price, size);
    await this.show(this.shown.bids, this.shown.asks);
  }

  async moveTo(price: number): Promise<void> {
    const { market } = this;
    const isNear = (there: number) => Math.abs(market.mark / there - 1) < MARK_TOLERANCE;
    do {
      const furthest = Math.round(market.mark * STRIDE);
      const step = Math.max(-furthest, Math.min(furthest, price - market.mark));
      const there = Math.abs(step) < furthest ? price : market.mark + step;
      await this.show([[there - 1, 20_000]], [[there + 1, 20_000]]);
      await this.until(`the mark at ${there}`, () => isNear(there));
    } while (!isNear(price));
    await this.settle();
  }

  async fund(rate: string): Promise<Ticks> {
    const { exchange } = this.handle;
    const mark = ticks(this.market.mark);
    const before = this.payments;
    exchange.clearing.fund(exchange.accounts, this.market, { at: exchange.now, rate });
    await this.until('the funding payment', () => this.payments > before);
    return mark;
  }

  /** Time passes at the exchange, and what we were told is what happened there. */
  async settle(): Promise<void> {
    const { exchange } = this.handle;
    const from = exchange.now;
    await this.until('what was told to be what happened', () => exchange.now >= from + 30 && this.isTold());
  }

  async restart(): Promise<void> {
    await this.okx.stop();
    this.expected.clear();
    this.okx = this.client();
    this.venue = this.watched(this.okx);
  }

  async stop(): Promise<void> {
    await this.okx.stop();
    await this.handle.close();
  }

  private client(): OkxVenue {
    const { rest, ws, apiKey, secret, passphrase } = this.handle;
    return new OkxVenue({
      rest,
      ws,
      credentials: { apiKey, secret, passphrase },
      demo: false,
      clock: new RealClock(),
      random: Math.random,
      log: (level, message, fields) => this.said.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`),
      instruments: [this.instrument],
    });
  }

  /** The same venue; what passes through is noted. */
  private watched(venue: OkxVenue): Venue {
    return {
      name: venue.name,
      connect: async (emit) => {
        this.fillsBefore = this.us.fills.items.length;
        this.tradeIds.clear();
        await venue.connect((event) => {
          this.note(event);
          emit(event);
        });
      },
      submit: (command) => {
        if (command.kind === 'place') this.expect(command.clientOrderId);
        // of one that has ended nothing more is said
        if (command.kind === 'amend') {
          const id = command.target === 'order' ? command.clientOrderId : command.protectionId;
          if (!this.hasEnded(id)) this.expect(id);
        }
        venue.submit(command);
        if (command.kind === 'cancel') this.canceling = command.clientOrderId;
      },
      state: () => venue.state(),
      find: (instrument, id) => venue.find(instrument, id),
      fills: (since) => venue.fills(since),
      fundingPayments: (since) => venue.fundingPayments(since),
      settlements: (since) => venue.settlements(since),
      stop: () => venue.stop(),
    };
  }

  /** The order, or the pair, that was last asked to be canceled. */
  private canceling = '';

  private expect(id: string): void {
    this.expected.set(id, this.told.get(id)?.times ?? 0);
  }

  private hasEnded(id: string): boolean {
    const state = this.told.get(id)?.state;
    return state === 'filled' || state === 'canceled' || state === 'rejected';
  }

  private note(event: VenueEvent): void {
    if (event.kind === EventKind.fundingPayment) this.payments += 1;
    else if (event.kind === EventKind.settlement) this.settlements.add(event.settlementId);
    else if (event.kind === EventKind.fill) this.tradeIds.add(event.tradeId);
    else if (event.kind === EventKind.protection) {
      const said = this.told.get(event.protectionId);
      this.told.set(event.protectionId, { state: 'live', filled: 0, ...said, times: (said?.times ?? 0) + 1 });
    } else {
      const times = (this.told.get(event.clientOrderId)?.times ?? 0) + 1;
      this.told.set(event.clientOrderId, { state: event.state, filled: event.filled, times });
    }
  }

  private isTold(): boolean {
    const { us, told } = this;
    for (const [id, before] of this.expected) if ((told.get(id)?.times ?? 0) <= before) return false;
    const orders = [...us.pastOrders.items, ...us.orders.values()];
    for (const { clientId, state, filled } of orders) {
      const said = told.get(clientId);
      if (clientId === '' || said === undefined) continue;
      if (said.filled !== filled || said.state !== (state === 'partially_filled' ? 'partiallyFilled' : state))
        return false;
    }
    for (const { clientId } of us.algos.values())
      if (told.get(clientId)?.state !== 'live' || clientId === this.canceling) return false;
    for (const { clientId } of us.pastAlgos.items) if (told.get(clientId)?.state === 'live') return false;
    for (const { clientId } of us.orders.values()) if (clientId === this.canceling) return false;
    for (const { id, type, change, marginChange, pnl, fee } of us.bills.items) {
      const settled = parseMoney(change) + parseMoney(marginChange) - parseMoney(pnl) - parseMoney(fee);
      if (type === '5' && settled !== 0n && !this.settlements.has(String(id))) return false;
    }
    return us.fills.items.length - this.fillsBefore === this.tradeIds.size;
  }

  private clearBook(): void {
    const { exchange } = this.handle;
    for (const account of [this.maker, this.taker])
      for (const order of [...account.orders.values()]) exchange.orders.cancel(account, order, '1');
  }

  private place(account: Account, side: Side, type: Placement['type'], price: number, size: number): void {
    const placed = this.handle.exchange.orders.place(account, {
      market: this.market,
      side,
      type,
      size,
      price,
      clientId: '',
      tag: '',
      reduceOnly: false,
      attachments: [],
    });
    assert.ok(placed.ok, placed.ok ? '' : JSON.stringify(placed.error));
  }

  private async until(what: string, isSo: () => boolean): Promise<void> {
    const end = performance.now() + WITHIN_MS;
    while (!isSo()) {
      if (performance.now() > end)
        throw new Error(`waited in vain for ${what}\n${this.said.slice(-15).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

venueContract('okx at the embedded exchange', ExchangeWorld.open);
