import { divRound, parseDecimal } from '../../../core/decimal.ts';
import type { OrderState } from '../../../core/events.ts';
import { type Instrument, parseMoney } from '../../../core/instrument.ts';
import type { MarginMode, PositionSide } from '../../../core/position/holding.ts';
import {
  type Lots,
  lots,
  type Money,
  type Ms,
  money,
  ms,
  NO_MONEY,
  type Side,
  type Ticks,
  ticks,
} from '../../../core/units.ts';
import { DecodeError } from './decode-error.ts';
import { flagOf, needText, type Row, rowOf, rowsOf, textOf, wholeOf } from './fields.ts';
import { priceOf, sideOf, sizeOf } from './market.ts';

/** One execution of ours. */
export interface FillPart {
  readonly tradeId: string;
  readonly exchangeAt: Ms;
  readonly price: Ticks;
  readonly size: Lots;
  /** Cash change, negative = paid; null where OKX left it empty. */
  readonly fee: Money | null;
  readonly feeCurrency: string;
  readonly maker: boolean;
  readonly positionSide: PositionSide;
}

/** What OKX says of an order: a push of `orders`, or a row of the REST lists. */
export interface OrderUpdate {
  /** Empty for orders of the exchange's own making: liquidations, children of take profit and stop loss. */
  readonly clientOrderId: string;
  readonly venueOrderId: string;
  /** Set on the child order of a take profit or stop loss. */
  readonly algoId: string;
  readonly algoClientId: string;
  readonly side: Side;
  readonly state: OrderState;
  /** Limit price of an order of ours; 0 = it has none. */
  readonly price: Ticks;
  readonly size: Lots;
  /** Cumulative. */
  readonly filled: Lots;
  /** Cumulative; null where OKX left it empty. */
  readonly feeTotal: Money | null;
  readonly reduceOnly: boolean;
  /** `normal`, or who else's doing it is: `full_liquidation`, `partial_liquidation`, `adl`. */
  readonly category: string;
  readonly reason: string;
  /** Of the attached pair; 0 = none. */
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  readonly protectionId: string;
  /** Of the amendment that this push tells of (`reqId`); empty when it tells of none. */
  readonly requestId: string;
  /** `0` done, `-1` failed, `1` failed and the order was canceled for it, `2` done at a price that OKX chose. */
  readonly amendResult: string;
  /** Why it failed, with OKX's code. */
  readonly amendFailure: string;
  /** The execution that this push tells of; REST rows repeat the last one. */
  readonly fill: FillPart | null;
}

export function decodeOrder(row: Row, instrument: Instrument): OrderUpdate {
  const attached: Row = rowsOf(row.attachAlgoOrds)[0] ?? {};
  const state = stateOf(row, instrument);
  const clientOrderId = textOf(row, 'clOrdId');
  const algoId = textOf(row, 'algoId');
  // what the exchange orders for itself may be at prices between two ticks
  const isOurs = clientOrderId !== '' && algoId === '';
  return {
    clientOrderId,
    venueOrderId: needText(row, 'ordId'),
    algoId,
    algoClientId: textOf(row, 'algoClOrdId'),
    side: sideOf(row, instrument),
    state,
    price: isOurs ? optionalPrice(row, 'px', instrument) : ticks(0),
    size: sizeOf(row, 'sz', instrument),
    filled: optionalSize(row, 'accFillSz', instrument),
    feeTotal: optionalMoney(row, 'fee', instrument),
    reduceOnly: flagOf(row, 'reduceOnly'),
    category: textOf(row, 'category') || 'normal',
    reason: state === 'canceled' ? cancelReason(row) : '',
    takeProfit: optionalPrice(attached, 'tpTriggerPx', instrument),
    stopLoss: optionalPrice(attached, 'slTriggerPx', instrument),
    protectionId: textOf(attached, 'attachAlgoClOrdId'),
    requestId: textOf(row, 'reqId'),
    amendResult: textOf(row, 'amendResult'),
    amendFailure: [textOf(row, 'code'), textOf(row, 'msg')].filter((part) => part !== '').join(' '),
    fill: decodePushedFill(row, instrument),
  };
}

const STATES: Readonly<Record<string, OrderState>> = {
  live: 'live',
  partially_filled: 'partiallyFilled',
  filled: 'filled',
  canceled: 'canceled',
  mmp_canceled: 'canceled',
};

function stateOf(row: Row, instrument: Instrument): OrderState {
  const state = STATES[textOf(row, 'state')];
  if (state === undefined) throw new DecodeError(instrument.id, 'unknown order state', JSON.stringify(row));
  return state;
}

/** Source: OKX v5, orders channel, `cancelSource`. */
const CANCEL_SOURCES: Readonly<Record<string, string>> = {
  '0': 'by the system',
  '1': 'by the user',
  '2': 'reduce-only',
  '3': 'risk',
  '6': 'auto-deleveraging',
  '9': 'funding',
  '13': 'fill-or-kill could not fill',
  '14': 'immediate-or-cancel remainder',
  '15': 'price limit',
  '17': 'position closed',
  '20': 'cancel-all-after',
  '21': 'position of the take profit or stop loss closed',
  '22': 'reduce-only, replaced',
  '23': 'reduce-only, replaced',
  '31': 'post-only would take',
  '32': 'self-trade prevention',
  '33': 'matched more than 1000 makers',
};

function cancelReason(row: Row): string {
  const source = textOf(row, 'cancelSource');
  const words = textOf(row, 'cancelSourceReason') || CANCEL_SOURCES[source] || '';
  return [source, words].filter((part) => part !== '').join(' ');
}

function decodePushedFill(row: Row, instrument: Instrument): FillPart | null {
  const tradeId = textOf(row, 'tradeId');
  // some rows write the absent trade as "0"
  if (tradeId === '' || tradeId === '0' || Number(textOf(row, 'fillSz')) === 0) return null;
  return {
    tradeId,
    exchangeAt: ms(wholeOf(row, 'fillTime', 0) || wholeOf(row, 'uTime', 0)),
    price: priceOf(row, 'fillPx', instrument),
    size: sizeOf(row, 'fillSz', instrument),
    fee: optionalMoney(row, 'fillFee', instrument),
    feeCurrency: textOf(row, 'fillFeeCcy') || textOf(row, 'feeCcy'),
    maker: textOf(row, 'execType') === 'M',
    positionSide: positionSideOf(row, instrument),
  };
}

/** A row of `trade/fills`. */
export interface FillRow extends FillPart {
  readonly venueOrderId: string;
  readonly clientOrderId: string;
  readonly side: Side;
}

export function decodeFill(row: Row, instrument: Instrument): FillRow {
  return {
    tradeId: needText(row, 'tradeId'),
    exchangeAt: ms(wholeOf(row, 'fillTime', 0) || wholeOf(row, 'ts', 0)),
    price: priceOf(row, 'fillPx', instrument),
    size: sizeOf(row, 'fillSz', instrument),
    fee: optionalMoney(row, 'fee', instrument),
    feeCurrency: textOf(row, 'feeCcy'),
    maker: textOf(row, 'execType') === 'M',
    positionSide: positionSideOf(row, instrument),
    venueOrderId: needText(row, 'ordId'),
    clientOrderId: textOf(row, 'clOrdId'),
    side: sideOf(row, instrument),
  };
}

/** What OKX says of a take profit / stop loss pair: a push of `orders-algo`, or a row of the REST lists. */
export interface AlgoUpdate {
  readonly algoId: string;
  /** Our `protectionId`. */
  readonly algoClientId: string;
  readonly side: Side;
  /** `live`; `effective`: its child order speaks from here on; `canceled`; `failed`. */
  readonly state: 'live' | 'effective' | 'canceled' | 'failed';
  readonly reason: string;
  /** 0 = none. */
  readonly takeProfit: Ticks;
  readonly stopLoss: Ticks;
  /** 0 = the whole position. */
  readonly size: Lots;
  readonly childOrderId: string;
  /** Which of the two fired; empty before. */
  readonly fired: 'takeProfit' | 'stopLoss' | '';
  readonly createdAt: Ms;
  /** When it was changed last: of two that differ the later one is believed. */
  readonly updatedAt: Ms;
}

const ALGO_STATES: Readonly<Record<string, AlgoUpdate['state']>> = {
  live: 'live',
  pause: 'live',
  effective: 'effective',
  order_placed: 'effective',
  filled: 'effective',
  partially_effective: 'effective',
  canceled: 'canceled',
  order_failed: 'failed',
  partially_failed: 'failed',
};

export function decodeAlgo(row: Row, instrument: Instrument): AlgoUpdate {
  const state = ALGO_STATES[textOf(row, 'state')];
  if (state === undefined)
    throw new DecodeError(instrument.id, 'unknown algo order state', JSON.stringify(row));
  const ids = Array.isArray(row.ordIdList) ? row.ordIdList : [];
  const fired = textOf(row, 'actualSide');
  return {
    algoId: needText(row, 'algoId'),
    algoClientId: textOf(row, 'algoClOrdId'),
    side: sideOf(row, instrument),
    state,
    reason: textOf(row, 'failCode'),
    takeProfit: optionalPrice(row, 'tpTriggerPx', instrument),
    stopLoss: optionalPrice(row, 'slTriggerPx', instrument),
    size: optionalSize(row, 'sz', instrument),
    childOrderId: textOf(row, 'ordId') || String(ids.at(-1) ?? ''),
    fired: fired === 'tp' ? 'takeProfit' : fired === 'sl' ? 'stopLoss' : '',
    createdAt: ms(wholeOf(row, 'cTime', 0)),
    updatedAt: ms(wholeOf(row, 'uTime', 0)),
  };
}

export interface PositionUpdate {
  readonly positionSide: PositionSide;
  readonly mode: MarginMode;
  /** Signed: positive is long. */
  readonly size: Lots;
  /** Value of `size` at its average entry price, signed as `size`. */
  readonly cost: Money;
  readonly leverage: number;
  /** Of an isolated position; 0 for a cross one. */
  readonly margin: Money;
  readonly openedAt: Ms;
}

export function decodePosition(row: Row, instrument: Instrument): PositionUpdate {
  const positionSide = positionSideOf(row, instrument);
  const told = sizeOf(row, 'pos', instrument);
  // the legs of hedge mode are told without a sign
  const size = positionSide === 'short' ? lots(-Math.abs(told)) : told;
  return {
    positionSide,
    mode: textOf(row, 'mgnMode') === 'isolated' ? 'isolated' : 'cross',
    size,
    cost: costOf(size, needText(row, 'avgPx'), instrument),
    leverage: Number(needText(row, 'lever')),
    margin: optionalMoney(row, 'margin', instrument) ?? NO_MONEY,
    openedAt: ms(wholeOf(row, 'cTime', 0)),
  };
}

function positionSideOf(row: Row, instrument: Instrument): PositionSide {
  const side = textOf(row, 'posSide') || 'net';
  if (side !== 'net' && side !== 'long' && side !== 'short')
    throw new DecodeError(instrument.id, `unknown position side "${side}"`, JSON.stringify(row));
  return side;
}

/** Value of `size` at an average price, which lies between ticks: from the value at one tick, by proportion. */
function costOf(size: Lots, averagePrice: string, instrument: Instrument): Money {
  const average = parseDecimal(cut(averagePrice), DECIMALS);
  const tick = parseDecimal(instrument.spec.tickSz, DECIMALS);
  const atOneTick = instrument.value(size, ticks(1));
  if (average <= 0n)
    throw new DecodeError(instrument.id, 'average price of a position is not positive', averagePrice);
  return money(
    instrument.inverse ? divRound(atOneTick * tick, average) : divRound(atOneTick * average, tick),
  );
}

/** The cash of one currency (`account/balance` or a push of `account`); null when it holds none. */
export function decodeCash(account: Row, currency: string): Money | null {
  const detail = rowsOf(account.details).find((row) => textOf(row, 'ccy') === currency);
  return detail === undefined ? null : moneyOf(needText(detail, 'cashBal'));
}

/** One change of a balance, of an isolated position's margin, or of both. */
export interface Bill {
  readonly billId: string;
  /** OKX: 2 trade, 5 liquidation, 6 margin moved, 8 funding. */
  readonly type: string;
  readonly exchangeAt: Ms;
  readonly currency: string;
  /** Of the cash, and of the position's own margin: together what the account gained. */
  readonly cashChange: Money;
  readonly marginChange: Money;
  readonly pnl: Money;
  readonly fee: Money;
}

export function decodeBill(row: Row): Bill {
  const amount = (key: string): Money => {
    const text = textOf(row, key);
    return text === '' ? NO_MONEY : moneyOf(text);
  };
  return {
    billId: needText(row, 'billId'),
    type: textOf(row, 'type'),
    exchangeAt: ms(wholeOf(row, 'ts', 0)),
    currency: textOf(row, 'ccy'),
    cashChange: amount('balChg'),
    marginChange: amount('posBalChg'),
    pnl: amount('pnl'),
    fee: amount('fee'),
  };
}

export interface FundingBill {
  readonly billId: string;
  readonly exchangeAt: Ms;
  /** Negative = paid. */
  readonly amount: Money;
}

/** A cross position pays from the cash, an isolated one from its margin: `balChg` is 0 then. */
export function decodeFundingBill(row: Row): FundingBill {
  const { billId, exchangeAt, cashChange, marginChange, pnl } = decodeBill(row);
  const amount = textOf(row, 'balChg') === '' ? pnl : money(cashChange + marginChange);
  return { billId, exchangeAt, amount };
}

export interface SettlementBill {
  readonly billId: string;
  readonly exchangeAt: Ms;
  /** Of the fill that it is the bill of; empty where it is none's. */
  readonly tradeId: string;
  /** What moved besides P&L and fee: negative = the insurance fund took it, positive = it paid. */
  readonly amount: Money;
}

/**
 * Of a liquidation's bill, what its fills do not tell. A transfer to or from the insurance fund (sub types 110 and 111) has
 * neither P&L nor fee: all of it.
 */
export function decodeSettlementBill(row: Row): SettlementBill {
  const { billId, exchangeAt, cashChange, marginChange, pnl, fee } = decodeBill(row);
  const amount = money(cashChange + marginChange - pnl - fee);
  return { billId, exchangeAt, tradeId: textOf(row, 'tradeId'), amount };
}

/** True when a `balance_and_position` push tells of a liquidation. */
export function tellsOfLiquidation(row: Row): boolean {
  return textOf(row, 'eventType') === 'liquidation';
}

/** True when a `balance_and_position` push tells of funding. */
export function tellsOfFunding(row: Row): boolean {
  return textOf(row, 'eventType') === 'funding_fee';
}

/** The answer to a WebSocket order operation. */
export interface OperationAnswer {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  readonly venueOrderId: string;
}

export function decodeAnswer(message: Row): OperationAnswer {
  const item = rowsOf(message.data)[0] ?? rowOf(message, 'data');
  const itemCode = textOf(item, 'sCode');
  return {
    id: textOf(message, 'id'),
    code: itemCode || textOf(message, 'code'),
    message: itemCode === '' ? textOf(message, 'msg') : textOf(item, 'sMsg'),
    venueOrderId: textOf(item, 'ordId'),
  };
}

const DECIMALS = 18;

/** OKX computes some averages and fees to more digits than money has: those beyond 1e-18 are cut. */
function cut(text: string): string {
  const point = text.indexOf('.');
  return point < 0 || /e/i.test(text) ? text : text.slice(0, point + 1 + DECIMALS);
}

function moneyOf(text: string): Money {
  return parseMoney(cut(text));
}

function optionalMoney(row: Row, key: string, instrument: Instrument): Money | null {
  const text = textOf(row, key);
  if (text === '') return null;
  try {
    return moneyOf(text);
  } catch (error) {
    throw new DecodeError(instrument.id, `"${key}" is not an amount`, text, { cause: error });
  }
}

function optionalSize(row: Row, key: string, instrument: Instrument): Lots {
  return textOf(row, key) === '' ? lots(0) : sizeOf(row, key, instrument);
}

function optionalPrice(row: Row, key: string, instrument: Instrument): Ticks {
  return textOf(row, key) === '' ? ticks(0) : priceOf(row, key, instrument);
}
