import { ok, type Result } from '../../core/result.ts';
import type { Account } from '../accounts/account.ts';
import type { Attachment, OrderType } from '../accounts/order.ts';
import type { Amendment, Placement } from '../accounts/order-desk.ts';
import { parameterError, type Refusal, refusal } from '../accounts/refusal.ts';
import type { AlgoType, Trigger, TriggerPrice } from '../algos/algo.ts';
import type { AlgoPlacement } from '../algos/algo-desk.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import { Fields } from './fields.ts';

/** From what clients write to what the desks understand; what cannot be understood is refused in OKX's words. */

const ORDER_TYPES: readonly string[] = ['market', 'limit', 'post_only', 'ioc', 'fok', 'optimal_limit_ioc'];
const ALGO_TYPES: readonly string[] = ['conditional', 'oco', 'trigger'];
export const CLIENT_ID = /^[A-Za-z0-9]{1,32}$/;
/** Plain decimal text: an exponent could ask for a number of any length. */
const NUMBER = /^\d{1,15}(\.\d{1,15})?$/;
const TAG = /^[A-Za-z0-9]{1,16}$/;

/** Thrown within this file only, where a value is read deep inside an object; the readers turn it into a result. */
class Unreadable extends Error {
  readonly refusal: Refusal;
  constructor(no: Refusal) {
    super(no.message);
    this.refusal = no;
  }
}

function reading<T>(read: () => T): Result<T, Refusal> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, error: error.refusal };
    throw error;
  }
}

const bad = (name: string): Unreadable => new Unreadable(parameterError(name));

/** By `instId`, or by the integer code that WebSocket operations use. */
export function findMarket(exchange: Exchange, fields: Fields): Result<Market, Refusal> {
  const id = fields.text('instId');
  const code = fields.text('instIdCode');
  if (id === '' && code === '')
    return { ok: false, error: refusal('50014', 'Parameter instId can not be empty') };
  const market =
    id !== '' ? exchange.market(id) : exchange.markets.find(({ listing }) => String(listing.code) === code);
  if (market === undefined)
    return {
      ok: false,
      error: refusal('51001', "Instrument ID, Instrument ID code, or Spread ID doesn't exist."),
    };
  return ok(market);
}

function marketIn(exchange: Exchange, fields: Fields): Market {
  const found = findMarket(exchange, fields);
  if (!found.ok) throw new Unreadable(found.error);
  return found.value;
}

function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly string[], absent = ''): T {
  const value = fields.text(name) || absent;
  if (!allowed.includes(value)) throw bad(name);
  return value as T;
}

function sizeIn(market: Market, text: string, name: string): number {
  if (!NUMBER.test(text)) throw bad(name);
  let size: number;
  try {
    size = market.instrument.parseSize(text);
  } catch {
    throw new Unreadable(refusal('51121', `Order quantity must be a multiple of the lot size.`));
  }
  if (size <= 0) throw bad(name);
  return size;
}

function priceIn(market: Market, text: string, name: string): number {
  if (!NUMBER.test(text)) throw bad(name);
  let price: number;
  try {
    price = market.instrument.parsePrice(text);
  } catch {
    throw bad(name);
  }
  if (price <= 0) throw bad(name);
  return price;
}

function clientIdIn(fields: Fields, name: string): string {
  const value = fields.text(name);
  if (value !== '' && !CLIENT_ID.test(value)) throw bad(name);
  return value;
}

function commonIn(fields: Fields): { tag: string; reduceOnly: boolean } {
  oneOf(fields, 'tdMode', ['cross']);
  oneOf(fields, 'posSide', ['net'], 'net');
  const tag = fields.text('tag');
  if (tag !== '' && !TAG.test(tag)) throw bad('tag');
  return { tag, reduceOnly: oneOf(fields, 'reduceOnly', ['true', 'false'], 'false') === 'true' };
}

/** One leg: trigger and order price come together or not at all. */
function legIn(market: Market, fields: Fields, leg: 'tp' | 'sl'): Trigger | null {
  const at = fields.text(`${leg}TriggerPx`);
  const price = fields.text(`${leg}OrdPx`);
  if (at === '' && price === '') return null;
  if (at === '') throw bad(`${leg}TriggerPx`);
  if (price === '') throw bad(`${leg}OrdPx`);
  return triggerOf(market, fields, `${leg}TriggerPx`, price, `${leg}OrdPx`);
}

function triggerOf(market: Market, fields: Fields, at: string, price: string, priceName: string): Trigger {
  return {
    at: priceIn(market, fields.text(at), at),
    watches: oneOf<TriggerPrice>(fields, `${at}Type`, ['last', 'mark', 'index'], 'last'),
    price: Number(price) === -1 ? 0 : priceIn(market, price, priceName),
  };
}

function attachmentsIn(market: Market, fields: Fields): Attachment[] {
  return fields.list('attachAlgoOrds').map((item) => {
    const attached = new Fields(item);
    for (const name of [
      'sz',
      'tpTriggerRatio',
      'slTriggerRatio',
      'callbackRatio',
      'callbackSpread',
      'activePx',
    ])
      if (attached.text(name) !== '') throw bad(name);
    if (attached.text('tpOrdKind') === 'limit') throw bad('tpOrdKind');
    const takeProfit = legIn(market, attached, 'tp');
    const stopLoss = legIn(market, attached, 'sl');
    if (takeProfit === null && stopLoss === null) throw bad('attachAlgoOrds');
    return { clientId: clientIdIn(attached, 'attachAlgoClOrdId'), takeProfit, stopLoss };
  });
}

export function readPlacement(exchange: Exchange, fields: Fields): Result<Placement, Refusal> {
  return reading(() => {
    const market = marketIn(exchange, fields);
    const common = commonIn(fields);
    for (const name of ['tpTriggerPx', 'slTriggerPx'])
      if (fields.text(name) !== '')
        throw new Unreadable(refusal('54070', 'Use attachAlgoOrds to attach take profit and stop loss.'));
    const type = oneOf<OrderType>(fields, 'ordType', ORDER_TYPES);
    const priced = type !== 'market' && type !== 'optimal_limit_ioc';
    return {
      market,
      ...common,
      side: oneOf<'buy' | 'sell'>(fields, 'side', ['buy', 'sell']),
      type,
      size: sizeIn(market, fields.text('sz'), 'sz'),
      price: priced ? priceIn(market, fields.text('px'), 'px') : 0,
      clientId: clientIdIn(fields, 'clOrdId'),
      attachments: attachmentsIn(market, fields),
    };
  });
}

export function readAmendment(market: Market, fields: Fields): Result<Amendment, Refusal> {
  return reading(() => {
    const size = fields.text('newSz');
    const price = fields.text('newPx');
    if (size === '' && price === '')
      throw new Unreadable(refusal('50015', 'Either parameter newSz or newPx is required'));
    return {
      size: size === '' ? 0 : sizeIn(market, size, 'newSz'),
      price: price === '' ? 0 : priceIn(market, price, 'newPx'),
      requestId: clientIdIn(fields, 'reqId'),
      cancelOnFail: fields.text('cxlOnFail') === 'true',
    };
  });
}

export function readAlgo(
  exchange: Exchange,
  account: Account,
  fields: Fields,
): Result<AlgoPlacement, Refusal> {
  return reading(() => {
    const market = marketIn(exchange, fields);
    const common = commonIn(fields);
    const type = oneOf<AlgoType>(fields, 'ordType', ALGO_TYPES);
    const whole = fields.text('closeFraction');
    if (whole !== '' && Number(whole) !== 1) throw bad('closeFraction');
    const takeProfit = type === 'trigger' ? null : legIn(market, fields, 'tp');
    const stopLoss = type === 'trigger' ? null : legIn(market, fields, 'sl');
    if (type === 'oco' && (takeProfit === null || stopLoss === null))
      throw bad(takeProfit === null ? 'tpTriggerPx' : 'slTriggerPx');
    if (type === 'conditional' && takeProfit === null && stopLoss === null) throw bad('slTriggerPx');
    const orderPrice = fields.text('orderPx') || fields.text('ordPx');
    if (type === 'trigger' && orderPrice === '') throw bad('orderPx');
    account.holding(market);
    return {
      market,
      type,
      ...common,
      side: oneOf<'buy' | 'sell'>(fields, 'side', ['buy', 'sell']),
      size: whole !== '' ? 0 : sizeIn(market, fields.text('sz'), 'sz'),
      // OKX: a conditional order with both legs keeps the stop loss only
      takeProfit: type === 'conditional' && stopLoss !== null ? null : takeProfit,
      stopLoss,
      trigger: type === 'trigger' ? triggerOf(market, fields, 'triggerPx', orderPrice, 'orderPx') : null,
      cancelOnClose: fields.text('cxlOnClosePos') === 'true',
      clientId: clientIdIn(fields, 'algoClOrdId'),
    };
  });
}
