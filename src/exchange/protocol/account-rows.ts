import { formatMoney, moneyToNumber } from '../../core/instrument.ts';
import { type Money, money, NO_MONEY, ticks } from '../../core/units.ts';
import type { Account, Bill } from '../accounts/account.ts';
import { TAKER_RATE } from '../accounts/fees.ts';
import type { ClosedPosition, Holding } from '../accounts/holding.ts';
import {
  liquidationPrice,
  maintenance,
  marginOf,
  markValue,
  required,
  unrealized,
  unsigned,
} from '../accounts/margin.ts';
import type { Market } from '../market/market.ts';
import { averageText, dollarPrice, dollars, priceText, sizeText, timeText, triggerText } from './figures.ts';
import { plain } from './text.ts';

/** Money, positions and bills in the words of OKX v5: one function per object. */

/** Price at which closing would leave nothing won and nothing lost, fees of both ways counted. */
function breakEven(holding: Holding): number {
  const { instrument, entryPrice } = holding.position;
  const sign = Math.sign(holding.size);
  const paid = -moneyToNumber(money(holding.fee + holding.funding + holding.pnl));
  const rate = Number(TAKER_RATE);
  const entry = instrument.priceToNumber(entryPrice);
  const base = Math.abs(holding.size) * instrument.valuePerLot;
  if (instrument.inverse) return (base * (1 + sign * rate)) / (base / entry - sign * paid);
  return (entry * base + sign * paid) / (base * (1 - sign * rate));
}

export function positionRow(account: Account, holding: Holding): Record<string, unknown> {
  const { market, position } = holding;
  const { instrument } = position;
  const flat = holding.size === 0;
  const profit = unrealized(holding);
  const profitLast = position.unrealized(ticks(market.last));
  const initial = moneyToNumber(unsigned(position.cost)) / holding.leverage;
  const ratio = (amount: Money): string => (flat ? '' : plain(moneyToNumber(amount) / initial));
  const figures = marginOf(account, instrument.settleCurrency);
  const isolated = holding.mode === 'isolated';
  const value = markValue(holding);
  const carried = isolated ? money(holding.margin + profit) : figures.equity;
  const wanted = isolated ? required(holding) : figures.required;
  const closers = [...account.algos.values()].filter(
    (algo) => algo.cancelOnClose && account.holdingOf(algo) === holding,
  );
  const isHedged = holding.positionSide !== 'net';
  return {
    posId: holding.id,
    instType: 'SWAP',
    instId: instrument.id,
    mgnMode: holding.mode,
    posSide: holding.positionSide,
    pos: sizeText(market, isHedged ? Math.abs(holding.size) : holding.size),
    availPos: isHedged && !flat ? sizeText(market, availableToClose(account, holding)) : '',
    posCcy: '',
    ccy: instrument.settleCurrency,
    avgPx: flat ? '' : averageText(market, position.entryPrice),
    nonSettleAvgPx: '',
    markPx: priceText(market, market.mark),
    idxPx: priceText(market, market.index),
    last: priceText(market, market.last),
    lever: String(holding.leverage),
    upl: flat ? '' : formatMoney(profit),
    uplRatio: ratio(profit),
    uplLastPx: flat ? '' : formatMoney(profitLast),
    uplRatioLastPx: ratio(profitLast),
    imr: flat || isolated ? '' : formatMoney(money(value / BigInt(holding.leverage))),
    margin: flat || !isolated ? '' : formatMoney(holding.margin),
    mmr: flat ? '' : formatMoney(maintenance(holding)),
    mgnRatio: flat ? '' : plain(moneyToNumber(carried) / moneyToNumber(wanted)),
    liqPx: flat ? '' : liquidationText(account, holding),
    bePx: flat ? '' : plain(breakEven(holding), instrument.priceDecimals + 4),
    notionalUsd: flat ? '' : plain(dollars(market, moneyToNumber(value))),
    adl: flat ? '' : '1',
    interest: '',
    liab: '',
    liabCcy: '',
    optVal: '',
    bizRefId: '',
    bizRefType: '',
    spotInUseAmt: '',
    spotInUseCcy: '',
    clSpotInUseAmt: '',
    maxSpotInUseAmt: '',
    usdPx: instrument.settleCurrency === 'USDT' ? '1' : priceText(market, market.index),
    fee: formatMoney(holding.fee),
    fundingFee: formatMoney(holding.funding),
    liqPenalty: formatMoney(holding.penalty),
    pnl: formatMoney(holding.pnl),
    realizedPnl: formatMoney(holding.realized),
    settledPnl: '',
    tradeId: holding.tradeId === 0 ? '' : String(holding.tradeId),
    closeOrderAlgo: closers.map((algo) => ({
      algoId: String(algo.id),
      slTriggerPx: triggerText(market, algo.stopLoss),
      slTriggerPxType: algo.stopLoss?.watches ?? '',
      tpTriggerPx: triggerText(market, algo.takeProfit),
      tpTriggerPxType: algo.takeProfit?.watches ?? '',
      closeFraction: algo.size === 0 ? '1' : '',
    })),
    cTime: timeText(holding.openedAt),
    uTime: timeText(holding.updatedAt),
  };
}

/** Lots that no closing order has spoken for. */
function availableToClose(account: Account, holding: Holding): number {
  let size = Math.abs(holding.size);
  for (const order of account.ordersFor(holding)) if (order.reduceOnly) size -= order.size - order.filled;
  return Math.max(0, size);
}

/** Empty when no price would liquidate it. */
function liquidationText(account: Account, holding: Holding): string {
  const { instrument } = holding.position;
  const price = liquidationPrice(account, holding);
  return price === 0 ? '' : plain(price * instrument.tickSize, instrument.priceDecimals + 4);
}

/** What has been closed of a position, or all of it. */
export const closedPositionRow = (market: Market, position: ClosedPosition): Record<string, unknown> => ({
  instType: 'SWAP',
  instId: position.instId,
  mgnMode: position.mode,
  type: position.type,
  cTime: String(position.openedAt),
  uTime: String(position.closedAt),
  openAvgPx: averageText(market, position.openAverage),
  nonSettleAvgPx: '',
  closeAvgPx: averageText(market, position.closeAverage),
  posId: position.id,
  openMaxPos: sizeText(market, position.largest),
  closeTotalPos: sizeText(market, position.closedSize),
  realizedPnl: position.realized,
  settledPnl: '',
  fee: position.fee,
  fundingFee: position.funding,
  liqPenalty: position.penalty,
  pnl: position.pnl,
  pnlRatio: plain(position.ratio),
  posSide: position.positionSide,
  lever: String(position.leverage),
  direction: position.direction,
  triggerPx: priceText(market, position.triggerPrice),
  uly: position.instId.replace('-SWAP', ''),
  ccy: market.instrument.settleCurrency,
});

function currencyRow(
  account: Account,
  currency: string,
  markets: readonly Market[],
): Record<string, unknown> {
  const figures = marginOf(account, currency);
  const price = dollarPrice(currency, markets);
  const available = figures.available > 0n ? figures.available : NO_MONEY;
  const availableCash = figures.availableCash > 0n ? figures.availableCash : NO_MONEY;
  let value = 0;
  for (const holding of account.holdings.values())
    if (holding.position.instrument.settleCurrency === currency) value += moneyToNumber(markValue(holding));
  const equity = moneyToNumber(money(figures.equity + figures.isolatedEquity));
  return {
    ccy: currency,
    eq: formatMoney(money(figures.equity + figures.isolatedEquity)),
    cashBal: formatMoney(figures.cash),
    uTime: String(markets[0]!.now),
    isoEq: formatMoney(figures.isolatedEquity),
    availEq: formatMoney(available),
    availBal: formatMoney(availableCash),
    disEq: plain(equity * price),
    fixedBal: '0',
    frozenBal: formatMoney(figures.initial),
    ordFrozen: formatMoney(figures.frozen),
    upl: formatMoney(figures.unrealized),
    isoUpl: formatMoney(figures.isolatedUnrealized),
    uplLiab: '',
    liab: '',
    crossLiab: '',
    isoLiab: '',
    interest: '',
    eqUsd: plain(equity * price),
    imr: formatMoney(figures.initial),
    mmr: formatMoney(figures.maintenance),
    mgnRatio:
      figures.required === 0n ? '' : plain(moneyToNumber(figures.equity) / moneyToNumber(figures.required)),
    notionalLever: equity > 0 ? plain(value / equity) : '',
    borrowFroz: '',
    maxLoan: '',
    twap: '0',
    stgyEq: '0',
    spotInUseAmt: '',
    clSpotInUseAmt: '',
    maxSpotInUse: '',
    spotIsoBal: '0',
    rewardBal: '0',
    smtSyncEq: '0',
    spotBal: '',
    openAvgPx: '',
    accAvgPx: '',
    spotUpl: '',
    spotUplRatio: '',
    totalPnl: '',
    totalPnlRatio: '',
    colBorrAutoConversion: '0',
    collateralEnabled: false,
    collateralRestrict: false,
  };
}

/** Futures mode: the account-wide margin fields are empty, each currency carries its own. */
export function balanceRow(
  account: Account,
  markets: readonly Market[],
  currency = '',
): Record<string, unknown> {
  const wanted = currency === '' ? [] : currency.split(',');
  const details = [...account.cash.keys()]
    .filter((ccy) => wanted.length === 0 || wanted.includes(ccy))
    .map((ccy) => currencyRow(account, ccy, markets));
  const total = details.reduce((sum, row) => sum + Number(row.eqUsd), 0);
  const isolated = details.reduce(
    (sum, row) => sum + Number(row.isoEq) * dollarPrice(String(row.ccy), markets),
    0,
  );
  return {
    uTime: String(markets[0]!.now),
    totalEq: plain(total),
    isoEq: plain(isolated),
    adjEq: '',
    availEq: '',
    ordFroz: '',
    imr: '',
    mmr: '',
    mgnRatio: '',
    borrowFroz: '',
    notionalUsd: '',
    notionalUsdForBorrow: '',
    notionalUsdForSwap: '',
    notionalUsdForFutures: '',
    notionalUsdForOption: '',
    upl: '',
    details,
  };
}

export const billRow = (bill: Bill): Record<string, unknown> => ({
  billId: String(bill.id),
  instType: 'SWAP',
  instId: bill.instId,
  ccy: bill.currency,
  type: bill.type,
  subType: bill.subType,
  ts: String(bill.at),
  balChg: bill.change,
  bal: bill.balance,
  posBalChg: bill.marginChange,
  posBal: bill.margin,
  sz: bill.size,
  px: bill.price,
  pnl: bill.pnl,
  fee: bill.fee,
  interest: '0',
  mgnMode: bill.mode,
  ordId: bill.orderId,
  tradeId: bill.tradeId,
  clOrdId: bill.clientOrderId,
  execType: bill.maker === null ? '' : bill.maker ? 'M' : 'T',
  from: '',
  to: '',
  notes: '',
  tag: bill.tag,
  fillTime: bill.tradeId === '' ? '' : String(bill.at),
  fillIdxPx: bill.indexPrice,
  fillMarkPx: bill.markPrice,
  fillFwdPx: '',
  fillMarkVol: '',
  fillPxUsd: '',
  fillPxVol: '',
});
