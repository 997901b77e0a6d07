import assert from 'node:assert/strict';
import { FillEvent, FundingPaymentEvent, SettlementEvent } from '../../core/events.ts';
import { formatMoney, type Instrument, parseMoney } from '../../core/instrument.ts';
import { Account, type RoundTrip } from '../../core/position/account.ts';
import { figuresOf, type PositionFigures, type TierRates } from '../../core/position/figures.ts';
import type { PositionSide } from '../../core/position/holding.ts';
import { type Money, money, ticks, us } from '../../core/units.ts';
import type { Account as ExchangeAccount } from '../../exchange/accounts/account.ts';
import { TAKER_RATE } from '../../exchange/accounts/fees.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { balanceRow, billRow, closedPositionRow, positionRow } from '../../exchange/protocol/account-rows.ts';
import { Hub } from '../../exchange/protocol/hub.ts';
import { EVERYTHING, PrivateFeed, topicOf } from '../../exchange/protocol/private-feed.ts';
import { emptyTally, playRandomly, type Tally } from '../../exchange/testing/random-accounts.ts';
import { type Row, rowsOf, textOf } from '../../venue/okx/codec/fields.ts';
import { parsePush } from '../../venue/okx/codec/market.ts';
import {
  decodeBill,
  decodeFundingBill,
  decodeOrder,
  decodePosition,
  decodeSettlementBill,
} from '../../venue/okx/codec/private.ts';
import { OrderLedger } from '../../venue/okx/ledger.ts';

/** What was compared in some runs, so that a test can say that it was not nothing. */
export interface Compared {
  /** Open positions with all their figures. */
  positions: number;
  hedged: number;
  inverse: number;
  isolated: number;
  liquidationPrices: number;
  /** Where no price liquidates. */
  unliquidatable: number;
  closed: number;
  /** Of those: ended by a fill that turned the position round. */
  flips: number;
  liquidated: number;
  balances: number;
  fills: number;
  fundings: number;
  /** Liquidations that took more than the loss, or less. */
  settlements: number;
  /** Largest relative distance of an average price and of a liquidation price. */
  averageOff: number;
  liquidationOff: number;
}

export const emptyComparison = (): Compared => ({
  ...{ positions: 0, hedged: 0, inverse: 0, isolated: 0, liquidationPrices: 0, unliquidatable: 0 },
  ...{ closed: 0, flips: 0, liquidated: 0, balances: 0, fills: 0, fundings: 0, settlements: 0 },
  ...{ averageOff: 0, liquidationOff: 0 },
});

/** Digits of a price that is told as a rounded decimal: 1e-9 of a tick, and the last bits of a double. */
const NEAR = 1e-12;
/** A liquidation price is told to 1e-4 of a tick's last digit, and comes out of doubles on both sides. */
const LIQUIDATION_NEAR = 1e-9;

/** As it goes over the wire. */
const wired = (row: Record<string, unknown>): Row => JSON.parse(JSON.stringify(row)) as Row;

/** One user: what he is told, what our account makes of it, and what the exchange has of him. */
class Follower {
  readonly account: Account;
  readonly put = new Map<string, bigint>();
  private readonly theirs: ExchangeAccount;
  private readonly instruments: readonly Instrument[];
  private readonly ledger: OrderLedger;
  private readonly trips: RoundTrip[] = [];
  private readonly compared: Compared;
  private readonly sides = new Map<string, PositionSide>();
  private billSeen = 0;
  private tripsSeen = 0;

  constructor(theirs: ExchangeAccount, instruments: readonly Instrument[], compared: Compared) {
    this.theirs = theirs;
    this.instruments = instruments;
    this.compared = compared;
    this.account = new Account(instruments);
    this.ledger = new OrderLedger(
      instruments,
      (event) => {
        if (event instanceof FillEvent) this.filled(event);
      },
      (_level, message, fields) => assert.fail(`${message} ${JSON.stringify(fields)}`),
    );
  }

  credit(currency: string, amount: bigint): void {
    this.account.credit(currency, money(amount));
    this.put.set(currency, (this.put.get(currency) ?? 0n) + amount);
  }

  /** A push of a private channel, as its bytes. */
  told(text: string): void {
    const { arg, data } = parsePush(Buffer.from(text), 'private');
    const channel = textOf(arg as Row, 'channel');
    for (const row of rowsOf(data))
      if (channel === 'orders') this.orderTold(row);
      else this.balanceTold(row);
  }

  private indexOf(row: Row): number {
    return this.instruments.findIndex(({ id }) => id === textOf(row, 'instId'));
  }

  private orderTold(row: Row): void {
    const index = this.indexOf(row);
    const update = decodeOrder(row, this.instruments[index]!);
    if (update.fill !== null) {
      const holding = this.account.holding(index, update.fill.positionSide);
      holding.mode = textOf(row, 'tdMode') === 'isolated' ? 'isolated' : 'cross';
      holding.leverage = Number(textOf(row, 'lever'));
      this.sides.set(`${index}/${update.fill.tradeId}`, update.fill.positionSide);
    }
    this.ledger.applyOrder(index, update, us(0), true);
  }

  private filled(event: FillEvent): void {
    this.compared.fills++;
    const before = this.account.holding(event.instrument, event.positionSide).size;
    const taken = this.account.fill(event);
    assert.ok(taken !== null, `trade ${event.tradeId} twice`);
    if (taken.closed === null) return;
    this.trips.push(taken.closed);
    if (event.size > Math.abs(before)) this.compared.flips++;
    if (taken.closed.exitReason === 'liquidation') this.compared.liquidated++;
  }

  /** A balance has changed: its bill says how. Which leg's funding it was, only the push says. */
  private balanceTold(row: Row): void {
    const [position] = rowsOf(row.posData);
    const side = textOf(position!, 'posSide') as PositionSide;
    const { items } = this.theirs.bills;
    // the list forgets its oldest
    const from = items.findLastIndex(({ id }) => id <= this.billSeen) + 1;
    for (const bill of items.slice(from)) this.billed(wired(billRow(bill)), side);
    this.billSeen = items.at(-1)?.id ?? this.billSeen;
  }

  private billed(row: Row, side: PositionSide): void {
    const { billId, type, exchangeAt, cashChange, marginChange, pnl, fee } = decodeBill(row);
    const index = this.indexOf(row);
    const gained = money(cashChange + marginChange);
    if (type === '8') {
      this.compared.fundings++;
      const { amount } = decodeFundingBill(row);
      assert.equal(amount, pnl);
      this.account.pay(new FundingPaymentEvent(us(0), index, billId, exchangeAt, amount, side));
      return;
    }
    if (type === '6') {
      assert.equal(gained, 0n, 'margin moved is neither won nor lost');
      const holding = this.account.holding(index, side);
      holding.margin = money(holding.margin + marginChange);
      return;
    }
    const { tradeId, amount } = decodeSettlementBill(row);
    assert.equal(amount, gained - pnl - fee, 'what a bill tells besides P&L and fee');
    if (amount === 0n) return;
    this.compared.settlements++;
    const settledSide = this.sides.get(`${index}/${tradeId}`) ?? side;
    this.account.settle(new SettlementEvent(us(0), index, billId, exchangeAt, amount, tradeId, settledSide));
  }

  compare(exchange: Exchange, context: string): void {
    const marks = exchange.markets.map(({ mark }) => ticks(mark));
    const rates = (index: number, size: number): TierRates => {
      const { tiers, instrument } = exchange.markets[index]!.listing;
      const tier = tiers.find(({ sizeMax }) => size * instrument.lotSize <= sizeMax) ?? tiers.at(-1)!;
      return { maintenance: tier.maintenance, taker: TAKER_RATE };
    };
    const held = [...this.theirs.holdings.values()]
      .filter(({ size }) => size !== 0)
      .map((holding) => ({ holding, row: wired(positionRow(this.theirs, holding)) }));
    for (const { row } of held) {
      // it may have been set since the last order
      const index = this.indexOf(row);
      const { positionSide, leverage } = decodePosition(row, this.instruments[index]!);
      this.account.holding(index, positionSide).leverage = leverage;
    }
    const figures = figuresOf(this.account, marks, rates);
    for (const { holding, row } of held) {
      const index = this.indexOf(row);
      const ours = figures.find(
        (one) => one.instrument === index && one.positionSide === textOf(row, 'posSide'),
      );
      const where = `${context} ${textOf(row, 'instId')} ${holding.positionSide}`;
      assert.ok(ours !== undefined, `${where}: we hold none`);
      this.comparePosition(row, ours, where);
      assert.equal(
        this.account.holding(index, holding.positionSide).position.cost,
        holding.position.cost,
        `${where}: cost`,
      );
    }
    assert.equal(figures.length, held.length, `${context}: positions`);
    this.compareBalances(exchange, context);
    this.compareTrips(exchange, context);
    this.compareSums(context);
  }

  private comparePosition(row: Row, ours: PositionFigures, where: string): void {
    const { compared } = this;
    const instrument = this.instruments[ours.instrument]!;
    const told = decodePosition(row, instrument);
    const exactly = (what: string, value: Money): void =>
      assert.equal(formatMoney(value), textOf(row, what), `${where}: ${what}`);
    assert.equal(ours.size, told.size, `${where}: pos`);
    assert.equal(ours.mode, told.mode, where);
    exactly('upl', ours.unrealized);
    exactly('pnl', ours.pnl);
    exactly('fee', ours.fees);
    exactly('fundingFee', ours.funding);
    exactly('liqPenalty', ours.penalty);
    exactly('realizedPnl', ours.realized);
    exactly('mmr', ours.maintenance);
    exactly(ours.mode === 'isolated' ? 'margin' : 'imr', ours.margin);
    const average = Number(textOf(row, 'avgPx'));
    const off = Math.abs((ours.entry * instrument.tickSize) / average - 1);
    assert.ok(off < NEAR, `${where}: avgPx ${average}, ours is ${ours.entry * instrument.tickSize}`);
    compared.averageOff = Math.max(compared.averageOff, off);
    this.compareLiquidation(row, ours, instrument, where);
    compared.positions++;
    if (ours.positionSide !== 'net') compared.hedged++;
    if (instrument.inverse) compared.inverse++;
    if (ours.mode === 'isolated') compared.isolated++;
  }

  private compareLiquidation(row: Row, ours: PositionFigures, instrument: Instrument, where: string): void {
    const { compared } = this;
    const told = Number(textOf(row, 'liqPx') || 0);
    const price = ours.liquidation * instrument.tickSize;
    // what would be told as 0 is told as nothing
    const least = instrument.tickSize * 1e-4;
    if (told < least && price < least) {
      compared.unliquidatable++;
      return;
    }
    const rounding = least / Math.max(told, price);
    const off = Math.abs(price / told - 1);
    assert.ok(off < LIQUIDATION_NEAR + rounding, `${where}: liqPx ${told}, ours is ${price}`);
    compared.liquidationOff = Math.max(compared.liquidationOff, off - rounding);
    compared.liquidationPrices++;
  }

  private compareBalances(exchange: Exchange, context: string): void {
    const { details } = wired(balanceRow(this.theirs, exchange.markets));
    const marks = exchange.markets.map(({ mark }) => ticks(mark));
    for (const row of rowsOf(details)) {
      const currency = textOf(row, 'ccy');
      const where = `${context}: ${currency}`;
      let equity = this.account.purseOf(currency).balance;
      for (const [index, { position }] of this.account.open())
        if (position.instrument.settleCurrency === currency)
          equity = money(equity + position.unrealized(marks[index]!));
      assert.equal(formatMoney(this.account.cash(currency)), textOf(row, 'cashBal'), `${where}: cashBal`);
      assert.equal(formatMoney(equity), textOf(row, 'eq'), `${where}: eq`);
      this.compared.balances++;
    }
  }

  /** Round trips that ended against the rows of `positions-history`. */
  private compareTrips(exchange: Exchange, context: string): void {
    const ended = this.theirs.pastPositions.items;
    assert.equal(this.trips.length, ended.length, `${context}: positions ended`);
    for (; this.tripsSeen < ended.length; this.tripsSeen++) {
      const past = ended[this.tripsSeen]!;
      const market = exchange.market(past.instId)!;
      const row = wired(closedPositionRow(market, past));
      const trip = this.trips[this.tripsSeen]!;
      const where = `${context}: trip ${this.tripsSeen} in ${past.instId}`;
      const { instrument } = market;
      const near = (what: string, value: number): void => {
        const told = Number(textOf(row, what));
        assert.ok(
          Math.abs((value * instrument.tickSize) / told - 1) < NEAR,
          `${where}: ${what} ${told}, ours is ${value * instrument.tickSize}`,
        );
      };
      assert.equal(this.instruments[trip.instrument]!.id, textOf(row, 'instId'), where);
      assert.equal(trip.direction, textOf(row, 'direction'), where);
      assert.equal(instrument.formatSize(trip.size), textOf(row, 'openMaxPos'), `${where}: openMaxPos`);
      assert.equal(formatMoney(trip.realized), textOf(row, 'pnl'), `${where}: pnl`);
      assert.equal(formatMoney(trip.fees), textOf(row, 'fee'), `${where}: fee`);
      assert.equal(formatMoney(trip.funding), textOf(row, 'fundingFee'), `${where}: fundingFee`);
      const net = money(trip.realized + trip.fees + trip.funding + parseMoney(textOf(row, 'liqPenalty')));
      assert.equal(formatMoney(net), textOf(row, 'realizedPnl'), `${where}: realizedPnl`);
      assert.equal(trip.exitReason === 'liquidation', textOf(row, 'type') === '3', `${where}: type`);
      near('openAvgPx', trip.entry);
      near('closeAvgPx', trip.exit);
      this.compared.closed++;
    }
  }

  /** Nothing falls between the trips: with what is open they are all that moved the balance. */
  private compareSums(context: string): void {
    for (const currency of this.account.currencies) {
      const purse = this.account.purseOf(currency);
      const sums = { realized: 0n, fees: 0n, funding: 0n };
      const add = (trip: Pick<RoundTrip, never> & Record<keyof typeof sums, bigint>): void => {
        sums.realized += trip.realized;
        sums.fees += trip.fees;
        sums.funding += trip.funding;
      };
      for (const trip of this.trips)
        if (this.instruments[trip.instrument]!.settleCurrency === currency) add(trip);
      for (const [, { trip, position }] of this.account.open())
        if (position.instrument.settleCurrency === currency) add(trip!);
      const { realized, fees, funding, settled, balance } = purse;
      assert.deepEqual(sums, { realized, fees, funding }, `${context}: sum of the trips in ${currency}`);
      assert.equal(balance - (this.put.get(currency) ?? 0n), realized + fees + funding + settled, context);
    }
  }
}

/**
 * One random run of the exchange, followed by our own account through our own codec: every figure that the exchange tells of
 * positions and balances has to come out of its pushes and bills. Throws with its seed where one does not.
 */
export function playParity(seed: number, compared: Compared, tally: Tally = emptyTally()): void {
  const followers = new Map<string, Follower>();
  let exchange: Exchange;
  const hub = new Hub();
  const followerOf = (account: ExchangeAccount): Follower => {
    let follower = followers.get(account.uid);
    if (follower !== undefined) return follower;
    follower = new Follower(
      account,
      exchange.markets.map(({ instrument }) => instrument),
      compared,
    );
    followers.set(account.uid, follower);
    const listener = { send: (text: string) => follower!.told(text) };
    for (const channel of ['orders', 'balance_and_position'])
      hub.add(topicOf(channel, account, EVERYTHING), listener, JSON.stringify({ channel }));
    return follower;
  };
  playRandomly(seed, tally, {
    oneMode: true,
    begun(its) {
      exchange = its;
      const feed = new PrivateFeed(exchange, hub);
      exchange.observe({
        traded: () => undefined,
        stepped: () => undefined,
        orderChanged: (account, order, fill) => {
          feed.orderChanged(account, order, fill);
          feed.drain();
        },
        algoChanged: () => undefined,
        balanceChanged: (account, holding, reason) => {
          feed.balanceChanged(account, holding, reason);
          feed.drain();
        },
      });
    },
    credited: (account, currency, amount) => followerOf(account).credit(currency, amount),
    check: (context) => {
      for (const [uid, follower] of followers) follower.compare(exchange, `${context} account ${uid}`);
    },
  });
}
