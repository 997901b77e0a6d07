import { formatMoney } from '../../core/instrument.ts';
import { lots } from '../../core/units.ts';
import type { Attachment, Fill, Order } from '../accounts/order.ts';
import { type Algo, type Trailing, triggerOf } from '../algos/algo.ts';
import type { Market } from '../market/market.ts';
import {
  averageText,
  orderValueText,
  priceText,
  sizeText,
  timeText,
  triggeredPriceText,
  triggerText,
} from './figures.ts';

/** Orders, fills and algo orders in the words of OKX v5: one function per object. */

const trailingRow = (market: Market, trailing: Trailing | null): Record<string, unknown> => ({
  callbackRatio: trailing?.ratio ?? '',
  callbackSpread: trailing === null ? '' : priceText(market, trailing.spread),
  activePx: trailing === null ? '' : priceText(market, trailing.activeAt),
});

const attachmentRow = (market: Market, attachment: Attachment): Record<string, unknown> => ({
  attachAlgoId: attachment.id === 0 ? '' : String(attachment.id),
  attachAlgoClOrdId: attachment.clientId,
  tpOrdKind: attachment.takeProfit === null ? '' : attachment.limitTakeProfit ? 'limit' : 'condition',
  tpTriggerPx: triggerText(market, attachment.takeProfit),
  tpTriggerPxType: attachment.takeProfit?.watches ?? '',
  tpOrdPx: triggeredPriceText(market, attachment.takeProfit),
  slTriggerPx: triggerText(market, attachment.stopLoss),
  slTriggerPxType: attachment.stopLoss?.watches ?? '',
  slOrdPx: triggeredPriceText(market, attachment.stopLoss),
  tpTriggerRatio: '',
  slTriggerRatio: '',
  sz: attachment.size === 0 ? '' : sizeText(market, attachment.size),
  amendPxOnTriggerType: attachment.stopToCost ? '1' : '0',
  ...trailingRow(market, attachment.trailing),
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
    posSide: order.positionSide,
    tdMode: order.mode,
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
    linkedAlgoOrd: { algoId: order.linkedAlgoId === 0 ? '' : String(order.linkedAlgoId) },
    algoId: order.algoId === 0 ? '' : String(order.algoId),
    algoClOrdId: order.algoClientId,
    stpId: '',
    stpMode: order.selfTrade,
    tpTriggerPx: '',
    tpTriggerPxType: '',
    tpOrdPx: '',
    slTriggerPx: '',
    slTriggerPxType: '',
    slOrdPx: '',
    // the only order of a take profit that no algo sent
    isTpLimit: String(order.source === '7' && order.algoId === 0),
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
    // asked for it is empty before the first fill, pushed it is 0
    avgPx: row.avgPx || '0',
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
    fillFwdPx: '',
    fillMarkVol: '',
    fillPxUsd: '',
    fillPxVol: '',
    notionalUsd: orderValueText(market, order.size, order.price),
    amendSource: order.amendSource,
    reqId: order.requestId,
    amendResult: order.amendResult,
    lastPx: priceText(market, market.last),
    code: '0',
    msg: '',
  };
}

/** The light row of the `fills` channel: a client id that is no 64-bit integer is not told. */
export const fillPush = (market: Market, fill: Fill): Record<string, unknown> => ({
  instId: fill.instId,
  fillSz: sizeText(market, fill.size),
  fillPx: priceText(market, fill.price),
  side: fill.side,
  ts: String(fill.at),
  ordId: String(fill.orderId),
  tradeId: String(fill.tradeId),
  execType: fill.maker ? 'M' : 'T',
  count: '1',
  clOrdId: /^\d{1,18}$/.test(fill.clientOrderId) ? fill.clientOrderId : '0',
});

export const fillRow = (market: Market, fill: Fill): Record<string, unknown> => ({
  instType: 'SWAP',
  instId: fill.instId,
  tradeId: String(fill.tradeId),
  ordId: String(fill.orderId),
  clOrdId: fill.clientOrderId,
  billId: String(fill.billId),
  subType: fill.subType,
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
  posSide: fill.positionSide,
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
    posSide: algo.positionSide,
    tdMode: algo.mode,
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
    actualSz: sizeText(market, algo.actualSize),
    actualPx: priceText(market, algo.actualPrice),
    actualSide: algo.actualSide,
    triggerTime: timeText(algo.triggeredAt),
    failCode: algo.failCode,
    reduceOnly: String(algo.reduceOnly),
    cxlOnClosePos: String(algo.cancelOnClose),
    lever: String(algo.leverage),
    last: priceText(market, market.last),
    notionalUsd: orderValueText(market, algo.size, 0),
    tag: algo.tag,
    linkedOrd: { ordId: algo.linkedOrderId === 0 ? '' : String(algo.linkedOrderId) },
    attachAlgoOrds: algo.attachments.map((attachment) => attachmentRow(market, attachment)),
    ...trailingRow(market, algo.trailing),
    moveTriggerPx: algo.trailing === null ? '' : priceText(market, triggerOf(algo.trailing, algo.side)),
    isTradeBorrowMode: '',
    quickMgnType: '',
    reqId: algo.requestId,
    amendResult: algo.amendResult,
    amendPxOnTriggerType: algo.stopToCostAt === 0 ? '0' : '1',
    cTime: String(algo.createdAt),
    uTime: String(algo.updatedAt),
  };
}
