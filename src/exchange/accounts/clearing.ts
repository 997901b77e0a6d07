import { parseDecimal, shareOf } from '../../core/decimal.ts';
import { applyRate, formatMoney } from '../../core/instrument.ts';
import { Position } from '../../core/position/position.ts';
import { lots, type Money, money, NO_MONEY, opposite, type Side, signOf, ticks } from '../../core/units.ts';
import type { FundingRecord } from '../market/funding.ts';
import type { Market } from '../market/market.ts';
import type { Account, Bill } from './account.ts';
import { MAKER_RATE, TAKER_RATE } from './fees.ts';
import type { Holding } from './holding.ts';
import type { Ids } from './ids.ts';
import { marginOf } from './margin.ts';
import type { AccountObserver, BalanceReason } from './observer.ts';
import type { Fill, Order } from './order.ts';

/** A pot of the exchange's own, by currency. */
type Pot = Map<string, Money>;

const pour = (pot: Pot, currency: string, amount: Money): void => {
  pot.set(currency, money((pot.get(currency) ?? NO_MONEY) + amount));
};

/** What changed in a balance and why; the rest of a bill is filled in here. */
type Change = Pick<Bill, 'type' | 'subType'> & Partial<Bill>;

/** OKX's sub types: what a fill did, in net mode and in hedge mode, by choice and by force. */
function fillSubType({ side, positionSide, category }: Order): string {
  const buys = side === 'buy';
  if (category === 'partial_liquidation')
    return positionSide === 'net' ? (buys ? '102' : '103') : positionSide === 'long' ? '100' : '101';
  if (category === 'full_liquidation')
    return positionSide === 'net' ? (buys ? '106' : '107') : positionSide === 'long' ? '104' : '105';
  if (positionSide === 'net') return buys ? '1' : '2';
  return positionSide === 'long' ? (buys ? '3' : '5') : buys ? '6' : '4';
}

/**
 * The clearing house: every fill, fee, funding payment and liquidation, and both sides of each.
 *
 * The agents are one pooled counterparty, the house, which takes the other side of every fill of a user's. Money is
 * neither made nor lost: over users (the margin of their isolated positions with it), house, fees and insurance fund,
 * cash less the cost of linear positions (plus that of inverse ones) never changes, to the last digit.
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

  /**
   * One match of a user's order, on his side and on the house's. The order's own figures move too. A liquidation is
   * settled with the user at his bankruptcy price; what the market paid more or less is the insurance fund's.
   */
  fill(
    account: Account,
    order: Order,
    market: Market,
    traded: number,
    size: number,
    maker: boolean,
    tradeId: number,
  ): Fill {
    const { instrument } = market;
    const currency = instrument.settleCurrency;
    const at = market.now;
    const price = order.settledAt === 0 ? traded : order.settledAt;
    const holding = account.holdingOf(order);
    const before = holding.size;
    const fundBefore = this.insurance.get(currency) ?? NO_MONEY;
    const closing = closingPart(holding.position, order.side, size);
    const realized = this.exchange(holding.position, order.side, market, size, price, traded);
    const rate = maker ? MAKER_RATE : TAKER_RATE;
    const worth = (part: number): Money => instrument.value(lots(part), ticks(price));
    const value = worth(size);
    const fee = money(-applyRate(value, rate));
    pour(this.fees, currency, money(-fee));
    const marginBefore = holding.margin;
    const fromFund =
      holding.mode === 'isolated'
        ? this.moveMargin(holding, order, before, closing, worth(size - closing), money(realized + fee))
        : NO_MONEY;

    const feeOfClosing = shareOf(fee, closing, size);
    holding.updatedAt = at;
    holding.tradeId = tradeId;
    holding.pnl = money(holding.pnl + realized);
    holding.fee = money(holding.fee + feeOfClosing);
    holding.closedSize += closing;
    holding.closedValue = money(holding.closedValue + worth(closing));
    if (closing > 0) this.noteClose(account, holding, order, closing === Math.abs(before), before > 0);
    if (closing < size) {
      if (closing === Math.abs(before)) holding.begin(at);
      holding.fee = money(holding.fee + fee - feeOfClosing);
      holding.openedSize += size - closing;
      holding.openedValue = money(holding.openedValue + worth(size - closing));
      holding.largest = Math.max(holding.largest, Math.abs(holding.size));
    }

    order.filled += size;
    order.value = money(order.value + value);
    order.fee = money(order.fee + fee);
    order.pnl = money(order.pnl + realized);
    order.state = order.filled === order.size ? 'filled' : 'partially_filled';
    order.updatedAt = at;

    const moved = money(holding.margin - marginBefore);
    const bill = this.change(account, holding, money(realized + fee - moved + fromFund), at, {
      type: order.category === 'normal' ? '2' : '5',
      subType: fillSubType(order),
      pnl: formatMoney(realized),
      fee: formatMoney(fee),
      size: instrument.formatSize(lots(size)),
      price: instrument.formatPrice(ticks(price)),
      orderId: String(order.id),
      tradeId: String(tradeId),
      maker,
      clientOrderId: order.clientId,
      tag: order.tag,
      markPrice: instrument.formatPrice(ticks(market.mark)),
      indexPrice: instrument.formatPrice(ticks(market.index)),
      marginChange: formatMoney(moved),
    });
    const fundPaid = money(fundBefore - (this.insurance.get(currency) ?? NO_MONEY));
    const fill: Fill = {
      tradeId,
      orderId: order.id,
      clientOrderId: order.clientId,
      billId: bill.id,
      subType: bill.subType,
      instId: instrument.id,
      side: order.side,
      mode: order.mode,
      positionSide: order.positionSide,
      price,
      size,
      maker,
      fee: formatMoney(fee),
      feeRate: `-${rate}`,
      pnl: formatMoney(realized),
      markPrice: market.mark,
      indexPrice: market.index,
      tag: order.tag,
      ...(fundPaid > 0n && { fundPaid: formatMoney(fundPaid) }),
      at,
    };
    order.lastFill = fill;
    account.fills.add(fill);
    this.observer.orderChanged(account, order, fill);
    this.observer.balanceChanged(account, holding, order.category === 'normal' ? 'filled' : 'liquidation');
    return fill;
  }

  /**
   * Margin of an isolated position: what opens brings value over leverage with it, what closes sets its share free. No
   * loss of the position reaches the account's balance: beyond the margin the insurance fund pays. What a forced close
   * leaves goes to the fund. Gives what the fund pays (negative: receives).
   */
  private moveMargin(
    holding: Holding,
    order: Order,
    before: number,
    closing: number,
    opened: Money,
    result: Money,
  ): Money {
    const currency = holding.position.instrument.settleCurrency;
    const released = closing === 0 ? NO_MONEY : shareOf(holding.margin, closing, Math.abs(before));
    holding.margin = money(holding.margin - released + opened / BigInt(holding.leverage));
    if (closing === 0) return NO_MONEY;
    const surplus = money(released + result);
    const forced = order.category !== 'normal';
    if (surplus >= 0n && !forced) return NO_MONEY;
    let owed = money(-surplus);
    if (!forced && opened === 0n && holding.margin > 0n) {
      const rest = holding.margin < owed ? holding.margin : owed;
      holding.margin = money(holding.margin - rest);
      owed = money(owed - rest);
    }
    pour(this.insurance, currency, money(-owed));
    holding.penalty = money(holding.penalty + owed);
    return owed;
  }

  /** A position that ended goes into the history; one that shrank remembers how. */
  private noteClose(
    account: Account,
    holding: Holding,
    order: Order,
    ended: boolean,
    wasLong: boolean,
  ): void {
    const forced = order.category !== 'normal';
    if (!ended) {
      holding.lastClose = forced ? '4' : '1';
      return;
    }
    account.pastPositions.add(
      forced ? holding.past('3', wasLong, holding.market.mark) : holding.past('2', wasLong),
    );
  }

  /**
   * Charges every position of one instrument; longs pay when the rate is positive. A cross position pays from the
   * balance, an isolated one from its own margin.
   */
  fund(accounts: readonly Account[], market: Market, record: FundingRecord): void {
    const { instrument } = market;
    const rate = parseDecimal(record.rate, 18);
    for (const account of accounts)
      for (const holding of account.holdingsOf(instrument.id)) {
        if (holding.size === 0) continue;
        const payment = holding.position.fundingPayment(ticks(market.mark), rate);
        const isolated = holding.mode === 'isolated';
        holding.funding = money(holding.funding + payment);
        holding.updatedAt = market.now;
        pour(this.houseCash, instrument.settleCurrency, money(-payment));
        if (isolated) holding.margin = money(holding.margin + payment);
        this.change(account, holding, isolated ? NO_MONEY : payment, record.at, {
          type: '8',
          subType: payment < 0n ? '173' : '174',
          pnl: formatMoney(payment),
          size: instrument.formatSize(lots(Math.abs(holding.size))),
          price: instrument.formatPrice(ticks(market.mark)),
          marginChange: isolated ? formatMoney(payment) : '0',
        });
        this.observer.balanceChanged(account, holding, 'funding_fee');
      }
  }

  /** From the balance into an isolated position's margin (negative: back). Whoever calls has checked that it may. */
  transfer(account: Account, holding: Holding, amount: Money, reason: BalanceReason): void {
    holding.margin = money(holding.margin + amount);
    holding.updatedAt = holding.market.now;
    this.change(account, holding, money(-amount), holding.market.now, {
      type: '6',
      subType: amount > 0n ? '160' : '161',
      marginChange: formatMoney(amount),
    });
    this.observer.balanceChanged(account, holding, reason);
  }

  /** Whether what is left no longer carries the cross positions settled in `currency`. */
  isExhausted(account: Account, currency: string): boolean {
    const figures = marginOf(account, currency);
    return figures.required > 0n && figures.equity < figures.required;
  }

  /** After the liquidation of all cross positions: the insurance fund takes what is left, or makes up what is missing. */
  sweep(account: Account, holding: Holding): void {
    const currency = holding.position.instrument.settleCurrency;
    const rest = account.balance(currency);
    if (rest === 0n) return;
    pour(this.insurance, currency, rest);
    holding.penalty = money(holding.penalty - rest);
    // the position is in the history already, without this
    account.pastPositions.rewrite(
      ({ id }) => id === holding.id,
      ({ direction, triggerPrice }) => holding.past('3', direction === 'long', triggerPrice),
    );
    this.change(account, holding, money(-rest), holding.market.now, {
      type: '5',
      subType: rest > 0n ? '111' : '110',
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
      for (const { position, margin } of account.holdings.values())
        add(position.instrument.settleCurrency, stake(position) + margin);
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
   * Books a fill with both sides. The user's is valued as he would value it himself, from what he is told: its closing and its
   * opening part. The house turns round elsewhere, and the value of an inverse contract is rounded: what the two differ by in
   * the last digit is the house's, what they differ by in price the insurance fund's.
   */
  private exchange(
    position: Position,
    side: Side,
    market: Market,
    size: number,
    price: number,
    housePrice: number,
  ): Money {
    const { instrument } = market;
    const house = this.houseOf(market);
    const gap =
      valueInParts(position, side, size, price) - valueInParts(house, opposite(side), size, housePrice);
    const realized = position.fill(side, lots(size), ticks(price));
    const mirrored = house.fill(opposite(side), lots(size), ticks(housePrice));
    pour(this.houseCash, instrument.settleCurrency, mirrored);
    const sign = signOf(side) * (instrument.inverse ? -1 : 1);
    const pot = price === housePrice ? this.houseCash : this.insurance;
    pour(pot, instrument.settleCurrency, money(BigInt(sign) * gap));
    return realized;
  }

  private change(account: Account, holding: Holding, amount: Money, at: number, what: Change): Bill {
    const { instrument } = holding.position;
    const currency = instrument.settleCurrency;
    account.credit(currency, amount);
    const bill: Bill = {
      id: this.ids.next(),
      at,
      currency,
      change: formatMoney(amount),
      balance: formatMoney(account.balance(currency)),
      pnl: '0',
      fee: '0',
      instId: instrument.id,
      size: '',
      price: '',
      orderId: '',
      tradeId: '',
      maker: null,
      clientOrderId: '',
      tag: '',
      markPrice: '',
      indexPrice: '',
      mode: holding.mode,
      marginChange: '0',
      margin: formatMoney(holding.margin),
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

/** Of a fill, unsigned, as `Position` counts it: what closes and what opens are rounded apart. */
function valueInParts(position: Position, side: Side, size: number, price: number): bigint {
  const { instrument } = position;
  const closing = closingPart(position, side, size);
  return instrument.value(lots(closing), ticks(price)) + instrument.value(lots(size - closing), ticks(price));
}
