import { ASK, BID } from '../../core/book/frame.ts';
import { type Side, signOf, ticks } from '../../core/units.ts';
import type { Market } from '../market/market.ts';
import type { Account } from './account.ts';
import type { PositionSide } from './holding.ts';
import type { Attachment } from './order.ts';
import type { Placement } from './order-desk.ts';
import { parameterError, type Refusal, refusal } from './refusal.ts';

/** What can be said of an order without looking at money: in OKX's codes and words. */

const PER_INSTRUMENT_MAX = 500;
const PER_ACCOUNT_MAX = 4000;
const ATTACHMENTS_MAX = 10;
/** Farther from the mark than this, an order book window cannot hold a price; OKX has no such limit on the far side. */
const FARTHEST = 0.5;

export function checkPosition(account: Account, positionSide: PositionSide): Refusal | null {
  return (positionSide === 'net') === (account.positionMode === 'net_mode')
    ? null
    : parameterError('posSide');
}

/** Names, numbers and sizes. A client id is unique among pending orders only. */
export function checkLimits(account: Account, placement: Placement): Refusal | null {
  const { market, type, size, clientId } = placement;
  const { instrument } = market;
  const { spec } = instrument;
  const priced = type !== 'market' && type !== 'optimal_limit_ioc';
  let count = 0;
  for (const order of account.orders.values()) {
    if (clientId !== '' && order.clientId === clientId)
      return refusal('51016', 'Client order ID already exists.');
    if (order.instId === instrument.id) count += 1;
  }
  if (count >= PER_INSTRUMENT_MAX)
    return refusal(
      '51102',
      `Order failed, the number of pending orders for this instId can't be more than ${PER_INSTRUMENT_MAX} (orders)`,
    );
  if (account.orders.size >= PER_ACCOUNT_MAX)
    return refusal(
      '51174',
      `Order failed, number of pending orders for SWAP exceed the limit of ${PER_ACCOUNT_MAX}.`,
    );
  if (size < instrument.sizeMin)
    return refusal('51020', `Your order should meet or exceed the minimum order amount of ${spec.minSz}.`);
  if (priced && size > instrument.limitSizeMax)
    return refusal(
      '51101',
      `Order failed, the sz of the current order can't be more than ${spec.maxLmtSz} (contracts).`,
    );
  if (!priced && size > instrument.marketSizeMax)
    return refusal('51202', 'Market order amount exceeds the maximum amount.');
  if (priced && isTooDear(market, size, placement.price))
    return refusal('51185', `The maximum value allowed per order is ${market.listing.row.maxLmtAmt} USD`);
  if (type === 'fok' && placement.selfTrade === 'cancel_both')
    return refusal(
      '54036',
      "You can't place fill or kill orders when self-trade prevention is set to both maker and taker orders.",
    );
  return null;
}

/** Whether a limit order is worth more dollars than one may be; an inverse contract is worth dollars by itself. */
export function isTooDear({ instrument, listing }: Market, size: number, price: number): boolean {
  const value = instrument.inverse ? size * instrument.valuePerLot : instrument.valueNumber(size, price);
  return value > Number(listing.row.maxLmtAmt);
}

/** The best price within the price limit, for orders that let it be moved there. */
export function withinBand(market: Market, side: Side, price: number): number {
  return side === 'buy' ? Math.min(price, market.buyLimit) : Math.max(price, market.sellLimit);
}

export function checkPrice(market: Market, side: Side, price: number, closing: boolean): Refusal | null {
  const { instrument, buyLimit, sellLimit, mark } = market;
  const text = (at: number): string => instrument.formatPrice(ticks(at));
  const beyond = side === 'buy' ? price > buyLimit : price < sellLimit;
  const tooFar = side === 'buy' ? price < mark * (1 - FARTHEST) : price > mark * (1 + FARTHEST);
  if (!beyond && !tooFar) return null;
  if (closing && beyond)
    return side === 'buy'
      ? refusal(
          '51135',
          `Your closing price has triggered the limit price, and the max buy price is ${text(buyLimit)}.`,
        )
      : refusal(
          '51136',
          `Your closing price has triggered the limit price, and the min sell price is ${text(sellLimit)}.`,
        );
  return refusal(
    '51006',
    `Order price is not within the price limit (max buy price: ${text(buyLimit)} min sell price: ${text(sellLimit)}).`,
  );
}

/** Prices that an attached take profit and stop loss must lie beyond: of the order, or the best one it will meet. */
const CODES = {
  priced: { buy: ['51046', '51047'], sell: ['51048', '51049'] },
  market: { buy: ['51050', '51051'], sell: ['51052', '51053'] },
} as const;

type Entry = Pick<Placement, 'market' | 'side' | 'type' | 'price' | 'size' | 'reduceOnly' | 'attachments'>;

/** Long: take profit above and stop loss below the order's price, or the best price of a market order. */
export function checkAttachments(entry: Entry): Refusal | null {
  const { market, side, type, attachments } = entry;
  if (attachments.length === 0) return null;
  if (entry.reduceOnly)
    return refusal(
      '51333',
      'Close position order in hedge-mode or reduce-only order in one-way mode cannot attach TPSL',
    );
  const priced = type !== 'market' && type !== 'optimal_limit_ioc';
  const best = market.book.best(side === 'buy' ? ASK : BID);
  const reference = priced ? entry.price : Number.isNaN(best) ? market.last : best;
  const against = priced ? 'order price' : side === 'buy' ? 'best ask price' : 'best bid price';
  const sign = signOf(side);
  const [profitCode, lossCode] = CODES[priced ? 'priced' : 'market'][side];
  const [higher, lower] = sign > 0 ? ['higher', 'lower'] : ['lower', 'higher'];
  for (const { takeProfit, stopLoss } of attachments) {
    if (takeProfit !== null && (takeProfit.at - reference) * sign <= 0)
      return refusal(profitCode, `The take profit trigger price must be ${higher} than the ${against}`);
    if (stopLoss !== null && (stopLoss.at - reference) * sign >= 0)
      return refusal(lossCode, `The stop loss trigger price must be ${lower} than the ${against}`);
  }
  return attachments.length > 1 ? checkSplit(entry.size, attachments) : null;
}

/** Several attachments: take profits that share the entry between them, and at most one stop loss for all of it. */
function checkSplit(size: number, attachments: readonly Attachment[]): Refusal | null {
  if (attachments.length > ATTACHMENTS_MAX)
    return refusal(
      '51086',
      `The number of orders with Split TPs attached in a same order cannot exceed ${ATTACHMENTS_MAX}`,
    );
  const profits = attachments.flatMap(({ takeProfit }) => (takeProfit === null ? [] : [takeProfit]));
  const sized = attachments.filter((one) => one.takeProfit !== null);
  if (attachments.some((one) => one.takeProfit !== null && one.stopLoss !== null))
    return refusal(
      '51076',
      "TP/SL orders in Split TPs only support one-way TP/SL. You can't use slTriggerPx&slOrdPx and tpTriggerPx&tpOrdPx at the same time.",
    );
  if (attachments.length - sized.length > 1)
    return refusal(
      '51084',
      'The number of SL orders with Split TPs attached in a same order cannot exceed 1',
    );
  if (sized.some((one) => one.size === 0))
    return refusal('51089', 'The size of the TP order among split TPs attached cannot be empty');
  if (new Set(profits.map(({ watches }) => watches)).size > 1)
    return refusal(
      '51080',
      'Take-profit trigger price types (tpTriggerPxType) must be the same in an order with Split TPs attached',
    );
  if (new Set(profits.map(({ at }) => at)).size < profits.length)
    return refusal(
      '51081',
      'Take-profit trigger prices (tpTriggerPx) cannot be the same in an order with Split TPs attached',
    );
  if (new Set(sized.map(({ limitTakeProfit }) => limitTakeProfit)).size > 1)
    return refusal('51091', 'All TP orders in one order must be of the same type.');
  if (sized.length > 0 && sized.reduce((sum, one) => sum + one.size, 0) !== size)
    return refusal(
      '51083',
      'The total size of TP orders with Split TPs attached in a same order should equal the size of this order',
    );
  if (attachments.some(({ stopToCost }) => stopToCost) && sized.length < 2)
    return refusal(
      '51085',
      'The number of TP orders cannot be less than 2 when cost-price SL is enabled (amendPxOnTriggerType set as 1) for Split TPs',
    );
  return null;
}
