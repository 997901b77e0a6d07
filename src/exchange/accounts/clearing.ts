import { parseDecimal } from '../../core/decimal.ts';
import { applyRate, formatMoney } from '../../core/instrument.ts';
import { Position } from '../../core/position/position.ts';
import { lots, type Money, money, NO_MONEY, opposite, type Side, signOf, ticks } from '../../core/units.ts';
import type { FundingRecord } from '../market/funding.ts';
import type { Market } from '../market/market.ts';
import type { Account, Bill, Holding } from './account.ts';
import { MAKER_RATE, TAKER_RATE } from './fees.ts';
import type { Ids } from './ids.ts';
import { marginOf } from './margin.ts';
import type { AccountObserver } from './observer.ts';
import type { Fill, Order } from './order.ts';

/** A pot of the exchange's own, by currency. */
type Pot = Map<string, Money>;

const pour = (pot: Pot, currency: string, amount: Money): void => {
  pot.set(currency, money((pot.get(currency) ?? NO_MONEY) + amount));
};

/** What changed in a balance and why; the rest of a bill is filled in here. */
type Change = Omit<Bill, 'id' | 'at' | 'balance' | 'change' | 'currency'>;

/**
 * The clearing house: every fill, fee, funding payment and liquidation, and both sides of each.
 *
 * The agents are one pooled counterparty, the house, which takes the other side of every fill of a user's. Money is
 * neither made nor lost: over users, house, fees and insurance fund, cash less the cost of linear positions (plus that
 * of inverse ones) never changes, to the last digit.
 */
export class Clearing {
  readonly fees: Pot = new Map();
  readonly insurance: Pot = new Map();
  readonly houseCash: Pot = new Map();
  readonly housePositions = new Map<string, Position>();
  private readonly ids: Ids;
  private readonly observer: AccountObserver;

  constructor(ids: Ids, observer: AccountObserver) {
    this.ids = ids;
    this.observer = observer;
  }

  /** One match of a user's order, on his side and on the house's. The order's own figures move too. */
  fill(
    account: Account,
    order: Order,
    market: Market,
    price: number,
    size: number,
    maker: boolean,
    tradeId: number,
  ): Fill {
    const { instrument } = market;
    const currency = instrument.settleCurrency;
    const at = market.now;
    const holding = account.holding(market);
    const before = holding.size;
    const realized = this.exchangePieces(holding.position, order.side, market, size, price);
    const rate = maker ? MAKER_RATE : TAKER_RATE;
    const value = instrument.value(lots(size), ticks(price));
    const fee = money(-applyRate(value, rate));
    if (before === 0 || Math.sign(before) === -Math.sign(holding.size)) holding.begin(at);
    holding.pnl = money(holding.pnl + realized);
    holding.fee = money(holding.fee + fee);
    holding.tradeId = tradeId;
    holding.updatedAt = at;
    pour(this.fees, currency, money(-fee));

    order.filled += size;
    order.value = money(order.value + value);
    order.fee = money(order.fee + fee);
    order.pnl = money(order.pnl + realized);
    order.state = order.filled === order.size ? 'filled' : 'partially_filled';
    order.updatedAt = at;

    const bill = this.change(account, currency, money(realized + fee), at, {
      type: '2',
      subType: order.side === 'buy' ? '1' : '2',
      pnl: formatMoney(realized),
      fee: formatMoney(fee),
      instId: instrument.id,
      size: instrument.formatSize(lots(size)),
      price: instrument.formatPrice(ticks(price)),
      orderId: String(order.id),
      tradeId: String(tradeId),
      maker,
    });
    const fill: Fill = {
      tradeId,
      orderId: order.id,
      clientOrderId: order.clientId,
      billId: bill.id,
      instId: instrument.id,
      side: order.side,
      price,
      size,
      maker,
      fee: formatMoney(fee),
      feeRate: `-${rate}`,
      pnl: formatMoney(realized),
      markPrice: market.mark,
      indexPrice: market.index,
      tag: order.tag,
      at,
    };
    order.lastFill = fill;
    account.fills.add(fill);
    this.observer.orderChanged(account, order, fill);
    this.observer.balanceChanged(account, holding, order.category === 'normal' ? 'filled' : 'liquidation');
    return fill;
  }

  /** Charges every position of one instrument; longs pay when the rate is positive. */
  fund(accounts: readonly Account[], market: Market, record: FundingRecord): void {
    const { instrument } = market;
    const rate = parseDecimal(record.rate, 18);
    for (const account of accounts) {
      const holding = account.holdings.get(instrument.id);
      if (holding === undefined || holding.size === 0) continue;
      const payment = holding.position.fundingPayment(ticks(market.mark), rate);
      holding.funding = money(holding.funding + payment);
      holding.updatedAt = market.now;
      pour(this.houseCash, instrument.settleCurrency, money(-payment));
      this.change(account, instrument.settleCurrency, payment, record.at, {
        type: '8',
        subType: payment < 0n ? '173' : '174',
        pnl: formatMoney(payment),
        fee: '0',
        instId: instrument.id,
        size: instrument.formatSize(lots(holding.size)),
        price: instrument.formatPrice(ticks(market.mark)),
        orderId: '',
        tradeId: '',
        maker: null,
      });
      this.observer.balanceChanged(account, holding, 'funding_fee');
    }
  }

  /** Whether what is left no longer carries the positions settled in `currency`. */
  isExhausted(account: Account, currency: string): boolean {
    const figures = marginOf(account, currency);
    return figures.maintenance > 0n && figures.equity < figures.maintenance;
  }

  /** After a liquidation: the insurance fund takes what is left, or makes up what is missing. */
  takeOver(account: Account, holding: Holding): void {
    const currency = holding.position.instrument.settleCurrency;
    const rest = account.balance(currency);
    pour(this.insurance, currency, rest);
    holding.penalty = money(holding.penalty - rest);
    this.change(account, currency, money(-rest), holding.market.now, {
      type: '5',
      subType: rest > 0n ? '110' : '111',
      pnl: '0',
      fee: '0',
      instId: holding.position.instrument.id,
      size: '',
      price: '',
      orderId: '',
      tradeId: '',
      maker: null,
    });
    this.observer.balanceChanged(account, holding, 'liquidation');
  }

  /** What no event may ever change, by currency. */
  invariant(accounts: readonly Account[]): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    const add = (currency: string, amount: bigint): void => {
      sums.set(currency, (sums.get(currency) ?? 0n) + amount);
    };
    const stake = (position: Position): bigint =>
      position.instrument.inverse ? position.cost : -position.cost;
    for (const pot of [this.fees, this.insurance, this.houseCash, ...accounts.map(({ cash }) => cash)])
      for (const [currency, amount] of pot) add(currency, amount);
    for (const position of this.housePositions.values())
      add(position.instrument.settleCurrency, stake(position));
    for (const account of accounts)
      for (const { position } of account.holdings.values())
        add(position.instrument.settleCurrency, stake(position));
    return sums;
  }

  restoreHouse(market: Market, size: number, cost: Money): void {
    const position = this.houseOf(market);
    position.size = lots(size);
    position.cost = cost;
  }

  private houseOf(market: Market): Position {
    const { instrument } = market;
    let position = this.housePositions.get(instrument.id);
    if (position === undefined) {
      position = new Position(instrument);
      this.housePositions.set(instrument.id, position);
    }
    return position;
  }

  /**
   * Books a fill with both sides. The value of an inverse contract is rounded, and the two halves of a fill that turns
   * a position round are valued apart: both sides therefore take the same pieces, or the last digit would leak.
   */
  private exchangePieces(position: Position, side: Side, market: Market, size: number, price: number): Money {
    const house = this.houseOf(market);
    const cuts = [closingPart(position, side, size), closingPart(house, opposite(side), size), size];
    let realized = NO_MONEY;
    let done = 0;
    for (const cut of cuts.sort((one, other) => one - other)) {
      if (cut === done) continue;
      const piece = lots(cut - done);
      realized = money(realized + position.fill(side, piece, ticks(price)));
      const mirrored = house.fill(opposite(side), piece, ticks(price));
      pour(this.houseCash, market.instrument.settleCurrency, mirrored);
      done = cut;
    }
    return realized;
  }

  private change(account: Account, currency: string, amount: Money, at: number, what: Change): Bill {
    account.credit(currency, amount);
    const bill: Bill = {
      id: this.ids.next(),
      at,
      currency,
      change: formatMoney(amount),
      balance: formatMoney(account.balance(currency)),
      ...what,
    };
    account.bills.add(bill);
    return bill;
  }
}

/** Lots of a fill that close what is there; the rest opens. */
function closingPart(position: Position, side: Side, size: number): number {
  return Math.sign(position.size) === -signOf(side) ? Math.min(Math.abs(position.size), size) : 0;
}
