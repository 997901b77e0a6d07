import { formatMoney, moneyToNumber } from '../../core/instrument.ts';
import { lots, type Money, money, ticks } from '../../core/units.ts';
import type { Account, Bill, Holding } from '../accounts/account.ts';
import { TAKER_RATE } from '../accounts/fees.ts';
import { initialMargin, maintenance, marginOf, markValue, tierOf } from '../accounts/margin.ts';
import type { Attachment, Fill, Order } from '../accounts/order.ts';
import type { Algo, Trigger } from '../algos/algo.ts';
import type { Market } from '../market/market.ts';
import { plain } from './text.ts';

/** What a user is told of his money, positions, orders and algos, in the words of OKX v5: one function per object. */

const priceText = (market: Market, value: number): string =>
  value === 0 ? '' : market.instrument.formatPrice(ticks(value));
const sizeText = (market: Market, value: number): string => market.instrument.formatSize(lots(value));
const timeText = (at: number): string => (at === 0 ? '' : String(at));
const unsigned = (value: Money): Money => money(value < 0n ? -value : value);

/** Average price, up to nine digits below the tick. */
const averageText = (market: Market, averageTicks: number): string =>
  averageTicks === 0
    ? ''
    : plain(averageTicks * market.instrument.tickSize, market.instrument.priceDecimals + 9);

/** Value in dollars of some money of the market's settlement currency. */
function dollars(market: Market, value: number): number {
  return market.instrument.inverse ? value * market.instrument.priceToNumber(market.mark) : value;
}

function orderValueText(market: Market, size: number, price: number): string {
  const at = price === 0 ? market.last : price;
  return plain(dollars(market, moneyToNumber(market.instrument.value(lots(size), ticks(at)))));
}

const triggerText = (market: Market, trigger: Trigger | null): string =>
  trigger === null ? '' : market.instrument.formatPrice(ticks(trigger.at));
const triggeredPriceText = (market: Market, trigger: Trigger | null): string =>
  trigger === null ? '' : trigger.price === 0 ? '-1' : market.instrument.formatPrice(ticks(trigger.price));

const attachmentRow = (market: Market, attachment: Attachment): Record<string, unknown> => ({
  attachAlgoId: '',
  attachAlgoClOrdId: attachment.clientId,
  tpOrdKind: attachment.takeProfit === null ? '' : 'condition',
  tpTriggerPx: triggerText(market, attachment.takeProfit),
  tpTriggerPxType: attachment.takeProfit?.watches ?? '',
  tpOrdPx: triggeredPriceText(market, attachment.takeProfit),
  slTriggerPx: triggerText(market, attachment.stopLoss),
  slTriggerPxType: attachment.stopLoss?.watches ?? '',
  slOrdPx: triggeredPriceText(market, attachment.stopLoss),
  sz: '',
  amendPxOnTriggerType: '0',
  failCode: '',
  failReason: '',
});

/** An order as it is asked for; its last fill stands in the `fill…` fields. */
export function orderRow(market: Market, order: Order): Record<string, unknown> {
  const { lastFill: fill } = order;
  return {
    instType: 'SWAP',
    instId: order.instId,
    ordId: String(order.id),
    clOrdId: order.clientId,
    tag: order.tag,
    ccy: '',
    tgtCcy: '',
    px: priceText(market, order.price),
    pxType: '',
    pxUsd: '',
    pxVol: '',
    sz: sizeText(market, order.size),
    ordType: order.type,
    side: order.side,
    posSide: 'net',
    tdMode: 'cross',
    state: order.state,
    accFillSz: sizeText(market, order.filled),
    avgPx:
      order.filled === 0
        ? ''
        : averageText(market, market.instrument.averagePrice(lots(order.filled), order.value)),
    fillSz: sizeText(market, fill?.size ?? 0),
    fillPx: fill === null ? '' : priceText(market, fill.price),
    fillTime: fill === null ? '' : String(fill.at),
    tradeId: fill === null ? '' : String(fill.tradeId),
    fee: formatMoney(order.fee),
    feeCcy: market.instrument.settleCurrency,
    rebate: '0',
    rebateCcy: market.instrument.settleCurrency,
    pnl: formatMoney(order.pnl),
    lever: String(order.leverage),
    reduceOnly: String(order.reduceOnly),
    source: order.source,
    cancelSource: order.cancelSource,
    cancelSourceReason: '',
    category: order.category,
    attachAlgoOrds: order.attachments.map((attachment) => attachmentRow(market, attachment)),
    attachAlgoClOrdId: order.attachments[0]?.clientId ?? '',
    linkedAlgoOrd: { algoId: '' },
    algoId: order.algoId === 0 ? '' : String(order.algoId),
    algoClOrdId: order.algoClientId,
    stpId: '',
    stpMode: 'cancel_maker',
    tpTriggerPx: '',
    tpTriggerPxType: '',
    tpOrdPx: '',
    slTriggerPx: '',
    slTriggerPxType: '',
    slOrdPx: '',
    isTpLimit: 'false',
    quickMgnType: '',
    cTime: String(order.createdAt),
    uTime: String(order.updatedAt),
  };
}

/** An order as it is pushed: the `fill…` fields belong to this push alone. */
export function orderPush(market: Market, order: Order, fill: Fill | null): Record<string, unknown> {
  const { cancelSourceReason: _reason, ...row } = orderRow(market, order);
  return {
    ...row,
    fillSz: sizeText(market, fill?.size ?? 0),
    fillPx: fill === null ? '' : priceText(market, fill.price),
    fillTime: fill === null ? '' : String(fill.at),
    tradeId: fill === null ? '' : String(fill.tradeId),
    execType: fill === null ? '' : fill.maker ? 'M' : 'T',
    fillFee: fill === null ? '0' : fill.fee,
    fillFeeCcy: fill === null ? '' : market.instrument.settleCurrency,
    fillPnl: fill === null ? '0' : fill.pnl,
    fillNotionalUsd: fill === null ? '' : orderValueText(market, fill.size, fill.price),
    fillMarkPx: fill === null ? '' : priceText(market, fill.markPrice),
    fillIdxPx: fill === null ? '' : priceText(market, fill.indexPrice),
    notionalUsd: orderValueText(market, order.size, order.price),
    amendSource: '',
    reqId: order.requestId,
    amendResult: order.amendResult,
    lastPx: priceText(market, market.last),
    code: '0',
    msg: '',
  };
}

export const fillRow = (market: Market, fill: Fill): Record<string, unknown> => ({
  instType: 'SWAP',
  instId: fill.instId,
  tradeId: String(fill.tradeId),
  ordId: String(fill.orderId),
  clOrdId: fill.clientOrderId,
  billId: String(fill.billId),
  subType: fill.side === 'buy' ? '1' : '2',
  tag: fill.tag,
  fillPx: priceText(market, fill.price),
  fillSz: sizeText(market, fill.size),
  fillPnl: fill.pnl,
  fillMarkPx: priceText(market, fill.markPrice),
  fillIdxPx: priceText(market, fill.indexPrice),
  fillPxVol: '',
  fillPxUsd: '',
  fillMarkVol: '',
  fillFwdPx: '',
  side: fill.side,
  posSide: 'net',
  execType: fill.maker ? 'M' : 'T',
  feeCcy: market.instrument.settleCurrency,
  fee: fill.fee,
  feeRate: fill.feeRate,
  ts: String(fill.at),
  fillTime: String(fill.at),
});

export function algoRow(market: Market, algo: Algo): Record<string, unknown> {
  const child = algo.childId === 0 ? '' : String(algo.childId);
  return {
    instType: 'SWAP',
    instId: algo.instId,
    algoId: String(algo.id),
    algoClOrdId: algo.clientId,
    clOrdId: '',
    ordId: child,
    ordIdList: child === '' ? [] : [child],
    ordType: algo.type,
    side: algo.side,
    posSide: 'net',
    tdMode: 'cross',
    ccy: '',
    tgtCcy: '',
    sz: algo.size === 0 ? '' : sizeText(market, algo.size),
    closeFraction: algo.size === 0 ? '1' : '',
    state: algo.state,
    tpTriggerPx: triggerText(market, algo.takeProfit),
    tpTriggerPxType: algo.takeProfit?.watches ?? '',
    tpOrdPx: triggeredPriceText(market, algo.takeProfit),
    slTriggerPx: triggerText(market, algo.stopLoss),
    slTriggerPxType: algo.stopLoss?.watches ?? '',
    slOrdPx: triggeredPriceText(market, algo.stopLoss),
    triggerPx: triggerText(market, algo.trigger),
    triggerPxType: algo.trigger?.watches ?? '',
    ordPx: triggeredPriceText(market, algo.trigger),
    actualSz: algo.actualSize === 0 ? '' : sizeText(market, algo.actualSize),
    actualPx: priceText(market, algo.actualPrice),
    actualSide: algo.actualSide,
    triggerTime: timeText(algo.triggeredAt),
    failCode: algo.failCode,
    reduceOnly: String(algo.reduceOnly),
    cxlOnClosePos: String(algo.cancelOnClose),
    lever: String(market.instrument.leverageMax),
    last: priceText(market, market.last),
    notionalUsd: orderValueText(market, algo.size, 0),
    tag: algo.tag,
    linkedOrd: { ordId: algo.parentId === 0 ? '' : String(algo.parentId) },
    attachAlgoOrds: [],
    isTradeBorrowMode: '',
    quickMgnType: '',
    reqId: '',
    amendResult: '',
    amendPxOnTriggerType: '0',
    cTime: String(algo.createdAt),
    uTime: String(algo.updatedAt),
  };
}

/** Mark price at which the account could no longer carry this position, all else standing still; 0 = never. */
function liquidationPrice(account: Account, holding: Holding): number {
  const { instrument } = holding.position;
  const figures = marginOf(account, instrument.settleCurrency);
  const others = moneyToNumber(money(figures.maintenance - maintenance(holding)));
  const equity = moneyToNumber(figures.equity) - others;
  const rate = Number(tierOf(holding).maintenance) + Number(TAKER_RATE);
  const sign = Math.sign(holding.size);
  const value = moneyToNumber(markValue(holding));
  const mark = instrument.priceToNumber(holding.market.mark);
  const price = instrument.inverse
    ? (mark * value * (1 + sign * rate)) / (sign * equity + value)
    : (mark * (value - sign * equity)) / (value * (1 - sign * rate));
  return price > 0 && Number.isFinite(price) ? price : 0;
}

/** Price at which closing would leave nothing won and nothing lost, fees of both ways counted. */
function breakEven(holding: Holding): number {
  const { instrument, entryPrice } = holding.position;
  const sign = Math.sign(holding.size);
  const paid = -moneyToNumber(money(holding.fee + holding.funding + holding.pnl));
  const rate = Number(TAKER_RATE);
  const entry = instrument.priceToNumber(entryPrice);
  const base = Math.abs(holding.size) * instrument.valuePerLot;
  if (instrument.inverse) return (base * (1 - sign * rate)) / (base / entry - sign * paid);
  return (entry * base + sign * paid) / (base * (1 - sign * rate));
}

export function positionRow(account: Account, holding: Holding): Record<string, unknown> {
  const { market, position } = holding;
  const { instrument } = position;
  const flat = holding.size === 0;
  const unrealized = position.unrealized(ticks(market.mark));
  const unrealizedLast = position.unrealized(ticks(market.last));
  const initial = moneyToNumber(unsigned(position.cost)) / holding.leverage;
  const ratio = (amount: Money): string => (flat ? '' : plain(moneyToNumber(amount) / initial));
  const figures = marginOf(account, instrument.settleCurrency);
  const value = markValue(holding);
  const realized = money(holding.pnl + holding.fee + holding.funding + holding.penalty);
  const closers = [...account.algos.values()].filter(
    (algo) => algo.instId === instrument.id && algo.cancelOnClose,
  );
  return {
    posId: holding.id,
    instType: 'SWAP',
    instId: instrument.id,
    mgnMode: 'cross',
    posSide: 'net',
    pos: sizeText(market, holding.size),
    availPos: '',
    posCcy: '',
    ccy: instrument.settleCurrency,
    avgPx: flat ? '' : averageText(market, position.entryPrice),
    nonSettleAvgPx: '',
    markPx: priceText(market, market.mark),
    idxPx: priceText(market, market.index),
    last: priceText(market, market.last),
    lever: String(holding.leverage),
    upl: flat ? '' : formatMoney(unrealized),
    uplRatio: ratio(unrealized),
    uplLastPx: flat ? '' : formatMoney(unrealizedLast),
    uplRatioLastPx: ratio(unrealizedLast),
    imr: flat ? '' : formatMoney(money(value / BigInt(holding.leverage))),
    margin: '',
    mmr: flat ? '' : formatMoney(maintenance(holding)),
    mgnRatio: flat ? '' : plain(moneyToNumber(figures.equity) / moneyToNumber(figures.maintenance)),
    liqPx: flat ? '' : plain(liquidationPrice(account, holding), instrument.priceDecimals + 4),
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
    realizedPnl: formatMoney(realized),
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

/** Dollars for one unit of a settlement currency. */
function dollarPrice(account: Account, currency: string, markets: readonly Market[]): number {
  if (currency === 'USDT' || account.cash.size === 0) return 1;
  const market = markets.find(({ listing }) => listing.asset === currency);
  return market === undefined ? 0 : market.instrument.priceToNumber(market.index);
}

function currencyRow(
  account: Account,
  currency: string,
  markets: readonly Market[],
): Record<string, unknown> {
  const figures = marginOf(account, currency);
  const price = dollarPrice(account, currency, markets);
  const available = figures.available > 0n ? figures.available : money(0n);
  let value = 0;
  let positions = 0n;
  for (const holding of account.holdings.values())
    if (holding.position.instrument.settleCurrency === currency) {
      value += moneyToNumber(markValue(holding));
      positions += initialMargin(account, holding);
    }
  const equity = moneyToNumber(figures.equity);
  return {
    ccy: currency,
    eq: formatMoney(figures.equity),
    cashBal: formatMoney(figures.cash),
    uTime: String(markets[0]!.now),
    isoEq: '0',
    availEq: formatMoney(available),
    availBal: formatMoney(available),
    disEq: plain(equity * price),
    fixedBal: '0',
    frozenBal: formatMoney(money(positions)),
    ordFrozen: formatMoney(figures.frozen),
    upl: formatMoney(figures.unrealized),
    isoUpl: '0',
    uplLiab: '',
    liab: '',
    crossLiab: '',
    isoLiab: '',
    interest: '',
    eqUsd: plain(equity * price),
    imr: formatMoney(figures.initial),
    mmr: formatMoney(figures.maintenance),
    mgnRatio: figures.maintenance === 0n ? '' : plain(equity / moneyToNumber(figures.maintenance)),
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
  return {
    uTime: String(markets[0]!.now),
    totalEq: plain(total),
    isoEq: '0',
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
  posBalChg: '0',
  posBal: '0',
  sz: bill.size,
  px: bill.price,
  pnl: bill.pnl,
  fee: bill.fee,
  interest: '0',
  mgnMode: 'cross',
  ordId: bill.orderId,
  tradeId: bill.tradeId,
  clOrdId: '',
  execType: bill.maker === null ? '' : bill.maker ? 'M' : 'T',
  from: '',
  to: '',
  notes: '',
  tag: '',
  fillTime: String(bill.at),
});
