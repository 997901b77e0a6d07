import { ASK, BID } from '../../core/book/frame.ts';
import { ok, type Result } from '../../core/result.ts';
import { type Side, signOf, ticks } from '../../core/units.ts';
import type { Account } from '../accounts/account.ts';
import type { MarginMode, PositionSide } from '../accounts/holding.ts';
import type { Attachment, Order, OrderType, SelfTrade } from '../accounts/order.ts';
import type { Amendment, Placement } from '../accounts/order-desk.ts';
import { parameterError, type Refusal, refusal } from '../accounts/refusal.ts';
import type { Algo, AlgoType, Trailing, Trigger, TriggerPrice } from '../algos/algo.ts';
import type { AlgoAmendment, AlgoPlacement } from '../algos/algo-desk.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market/market.ts';
import { Fields } from './fields.ts';

/** From what clients write to what the desks understand; what cannot be understood is refused in OKX's words. */

const ORDER_TYPES: readonly string[] = ['market', 'limit', 'post_only', 'ioc', 'fok', 'optimal_limit_ioc'];
const ALGO_TYPES: readonly string[] = ['conditional', 'oco', 'trigger', 'move_order_stop'];
export const MODES: readonly MarginMode[] = ['cross', 'isolated'];
export const POSITION_SIDES: readonly PositionSide[] = ['net', 'long', 'short'];
const SELF_TRADE: readonly SelfTrade[] = ['cancel_maker', 'cancel_taker', 'cancel_both'];
export const CLIENT_ID = /^[A-Za-z0-9]{1,32}$/;
/** Plain decimal text: an exponent could ask for a number of any length. */
const NUMBER = /^\d{1,15}(\.\d{1,15})?$/;
const SIGNED_NUMBER = /^-?\d{1,15}(\.\d{1,15})?$/;
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

interface Common {
  readonly tag: string;
  readonly side: Side;
  readonly reduceOnly: boolean;
  readonly mode: MarginMode;
  readonly positionSide: PositionSide;
}

function flag(fields: Fields, name: string): boolean {
  return oneOf(fields, name, ['true', 'false'], 'false') === 'true';
}

/** In hedge mode the position side has to be said; in net mode it is `net`, said or not. */
function commonIn(account: Account, fields: Fields): Common {
  const mode = oneOf<MarginMode>(fields, 'tdMode', MODES);
  const usual = account.positionMode === 'net_mode' ? 'net' : '';
  const positionSide = oneOf<PositionSide>(fields, 'posSide', POSITION_SIDES, usual);
  if ((positionSide === 'net') !== (account.positionMode === 'net_mode')) throw bad('posSide');
  const tag = fields.text('tag');
  if (tag !== '' && !TAG.test(tag)) throw bad('tag');
  const side = oneOf<Side>(fields, 'side', ['buy', 'sell']);
  return { tag, side, mode, positionSide, reduceOnly: flag(fields, 'reduceOnly') };
}

/** A distance to follow at: a ratio or a spread, never both; none when neither is there. */
function trailingIn(market: Market, fields: Fields, prefix = ''): Trailing | null {
  const name = (field: string): string =>
    prefix === '' ? field : `${prefix}${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  const ratio = fields.text(name('callbackRatio'));
  const spread = fields.text(name('callbackSpread'));
  if (ratio === '' && spread === '') return null;
  if (ratio !== '' && spread !== '') throw bad(name('callbackSpread'));
  if (ratio !== '' && !NUMBER.test(ratio)) throw bad(name('callbackRatio'));
  const activeAt = fields.text(name('activePx'));
  return {
    ratio,
    spread: spread === '' ? 0 : priceIn(market, spread, name('callbackSpread')),
    activeAt: activeAt === '' || Number(activeAt) === 0 ? 0 : priceIn(market, activeAt, name('activePx')),
  };
}

/** What an attached trigger may be given as a ratio of: the entry's price, or the best one that it will meet. */
interface Reference {
  readonly side: Side;
  readonly price: number;
}

/** `tpTriggerRatio` 0.3 is 30 % above the entry, for a buy. */
function ratioPrice(market: Market, fields: Fields, leg: 'tp' | 'sl', reference: Reference | null): string {
  const text = fields.text(`${leg}TriggerRatio`);
  if (text === '') return fields.text(`${leg}TriggerPx`);
  const ratio = Number(text);
  if (reference === null || fields.text(`${leg}TriggerPx`) !== '' || !SIGNED_NUMBER.test(text))
    throw bad(`${leg}TriggerRatio`);
  const isGain = ratio * signOf(reference.side) > 0;
  if (
    ratio === 0 ||
    ratio <= -1 ||
    isGain !== (leg === 'tp') ||
    Math.abs(Math.round(ratio * 1e4) - ratio * 1e4) > 1e-9
  )
    throw new Unreadable(
      refusal(
        '54078',
        'If the main order is a buy order, the TP ratio must be greater than 0, while the SL ratio must be between -1 and 0. If the main order is a sell order, the TP ratio must be between -1 and 0, and the SL ratio must be greater than 0. Additionally, the ratio must be multiples of 0.0001.',
      ),
    );
  const { instrument } = market;
  return instrument.formatPrice(ticks(Math.round(reference.price * (1 + ratio))));
}

/** One leg: trigger and order price come together or not at all. */
function legIn(
  market: Market,
  fields: Fields,
  leg: 'tp' | 'sl',
  reference: Reference | null = null,
): Trigger | null {
  const at = ratioPrice(market, fields, leg, reference);
  const price = fields.text(`${leg}OrdPx`);
  // a limit take profit waits for no trigger
  if (leg === 'tp' && fields.text('tpOrdKind') === 'limit' && at === '' && price !== '') {
    if (Number(price) === -1)
      throw new Unreadable(
        refusal('51093', "TP limit order prices (tpOrdPx) in one order can't be -1 (market price)."),
      );
    const limit = priceIn(market, price, 'tpOrdPx');
    return { at: limit, watches: 'last', price: limit };
  }
  if (at === '' && price === '') return null;
  if (at === '') throw bad(`${leg}TriggerPx`);
  if (price === '') throw bad(`${leg}OrdPx`);
  return triggerOf(market, fields, `${leg}TriggerPx`, at, price, `${leg}OrdPx`);
}

function triggerOf(
  market: Market,
  fields: Fields,
  name: string,
  at: string,
  price: string,
  priceName: string,
): Trigger {
  return {
    at: priceIn(market, at, name),
    watches: oneOf<TriggerPrice>(fields, `${name}Type`, ['last', 'mark', 'index'], 'last'),
    price: Number(price) === -1 ? 0 : priceIn(market, price, priceName),
  };
}

function attachmentsIn(market: Market, fields: Fields, reference: Reference): Attachment[] {
  return fields.list('attachAlgoOrds').map((item) => {
    const attached = new Fields(item);
    const kind = oneOf(attached, 'tpOrdKind', ['condition', 'limit'], 'condition');
    const takeProfit = legIn(market, attached, 'tp', reference);
    const stopLoss = legIn(market, attached, 'sl', reference);
    const trailing = trailingIn(market, attached);
    const clientId = clientIdIn(attached, 'attachAlgoClOrdId');
    if (takeProfit === null && stopLoss === null && trailing === null)
      throw clientId === ''
        ? bad('attachAlgoOrds')
        : new Unreadable(
            refusal(
              '51178',
              "tpTriggerPx&tpOrdPx or slTriggerPx&slOrdPx can't be empty when using attachAlgoClOrdId.",
            ),
          );
    if (trailing !== null && (takeProfit !== null || stopLoss !== null)) throw bad('callbackRatio');
    const size = attached.text('sz');
    return {
      id: 0,
      clientId,
      takeProfit,
      stopLoss,
      trailing,
      size: size === '' ? 0 : sizeIn(market, size, 'sz'),
      limitTakeProfit: kind === 'limit' && takeProfit !== null,
      stopToCost: oneOf(attached, 'amendPxOnTriggerType', ['0', '1'], '0') === '1',
    };
  });
}

/** Where a take profit given as a ratio counts from. */
function referenceOf(market: Market, side: Side, price: number): Reference {
  const best = market.book.best(side === 'buy' ? ASK : BID);
  return { side, price: price > 0 ? price : Number.isNaN(best) ? market.last : best };
}

export function readPlacement(
  exchange: Exchange,
  account: Account,
  fields: Fields,
): Result<Placement, Refusal> {
  return reading(() => {
    const market = marketIn(exchange, fields);
    const common = commonIn(account, fields);
    for (const name of ['tpTriggerPx', 'slTriggerPx'])
      if (fields.text(name) !== '')
        throw new Unreadable(refusal('54070', 'Use attachAlgoOrds to attach take profit and stop loss.'));
    const type = oneOf<OrderType>(fields, 'ordType', ORDER_TYPES);
    const priced = type !== 'market' && type !== 'optimal_limit_ioc';
    const price = priced ? priceIn(market, fields.text('px'), 'px') : 0;
    return {
      market,
      ...common,
      type,
      size: sizeIn(market, fields.text('sz'), 'sz'),
      price,
      clientId: clientIdIn(fields, 'clOrdId'),
      attachments: attachmentsIn(market, fields, referenceOf(market, common.side, price)),
      selfTrade: oneOf<SelfTrade>(fields, 'stpMode', SELF_TRADE, 'cancel_maker'),
      amendPrice: oneOf(fields, 'pxAmendType', ['0', '1'], '0') === '1',
    };
  });
}

export function readAmendment(market: Market, order: Order, fields: Fields): Result<Amendment, Refusal> {
  return reading(() => {
    const size = fields.text('newSz');
    const price = fields.text('newPx');
    const changes = fields.list('attachAlgoOrds');
    if (size === '' && price === '' && changes.length === 0)
      throw new Unreadable(refusal('51500', 'You must enter a price, quantity, or TP/SL'));
    const amendment = {
      size: size === '' ? 0 : sizeIn(market, size, 'newSz'),
      price: price === '' ? 0 : priceIn(market, price, 'newPx'),
      requestId: clientIdIn(fields, 'reqId'),
      cancelOnFail: fields.text('cxlOnFail') === 'true',
      amendPrice: oneOf(fields, 'pxAmendType', ['0', '1'], '0') === '1',
    };
    return changes.length === 0
      ? amendment
      : { ...amendment, attachments: amendedAttachments(market, order, changes) };
  });
}

function amendedAttachments(market: Market, order: Order, changes: readonly unknown[]): Attachment[] {
  const all = [...order.attachments];
  for (const item of changes) {
    const fields = new Fields(item);
    const id = fields.text('attachAlgoId');
    const clientId = fields.text('attachAlgoClOrdId');
    const at = all.findIndex((one) =>
      id !== '' ? String(one.id) === id : clientId !== '' && one.clientId === clientId,
    );
    const found = all[at];
    if (found === undefined)
      throw new Unreadable(
        refusal(
          '51527',
          'Order modification failed. At least 1 of the attached TP/SL orders does not exist.',
        ),
      );
    const takeProfit = amendedLeg(market, fields, 'Tp', found.takeProfit);
    const stopLoss = amendedLeg(market, fields, 'Sl', found.stopLoss);
    const size = fields.text('sz');
    all[at] = {
      ...found,
      takeProfit: takeProfit === 'remove' ? null : (takeProfit ?? found.takeProfit),
      stopLoss: stopLoss === 'remove' ? null : (stopLoss ?? found.stopLoss),
      size: size === '' ? found.size : sizeIn(market, size, 'sz'),
    };
  }
  return all.filter(
    ({ takeProfit, stopLoss, trailing }) => takeProfit !== null || stopLoss !== null || trailing !== null,
  );
}

/** New trigger, order price or price type of a leg; `0` takes it away; null when nothing is said about it. */
function amendedLeg(
  market: Market,
  fields: Fields,
  leg: 'Tp' | 'Sl',
  is: Trigger | null,
): Trigger | 'remove' | null {
  const at = fields.text(`new${leg}TriggerPx`);
  const price = fields.text(`new${leg}OrdPx`);
  const type = fields.text(`new${leg}TriggerPxType`);
  if (at === '' && price === '' && type === '') return null;
  if ((at !== '' && Number(at) === 0) || (price !== '' && Number(price) === 0)) return 'remove';
  if (is === null && at === '') throw bad(`new${leg}TriggerPx`);
  if (is === null && price === '') throw bad(`new${leg}OrdPx`);
  return {
    at: at === '' ? is!.at : priceIn(market, at, `new${leg}TriggerPx`),
    watches: oneOf<TriggerPrice>(
      fields,
      `new${leg}TriggerPxType`,
      ['last', 'mark', 'index'],
      is?.watches ?? 'last',
    ),
    price: price === '' ? is!.price : Number(price) === -1 ? 0 : priceIn(market, price, `new${leg}OrdPx`),
  };
}

export function readAlgoAmendment(
  market: Market,
  algo: Algo,
  fields: Fields,
): Result<AlgoAmendment, Refusal> {
  return reading(() => {
    const size = fields.text('newSz');
    const at = fields.text('newTriggerPx');
    const price = fields.text('newOrdPx');
    const { trigger } = algo;
    return {
      size: size === '' ? 0 : sizeIn(market, size, 'newSz'),
      takeProfit: amendedLeg(market, fields, 'Tp', algo.takeProfit),
      stopLoss: amendedLeg(market, fields, 'Sl', algo.stopLoss),
      trigger:
        trigger === null || (at === '' && price === '')
          ? null
          : {
              at: at === '' ? trigger.at : priceIn(market, at, 'newTriggerPx'),
              watches: oneOf<TriggerPrice>(
                fields,
                'newTriggerPxType',
                ['last', 'mark', 'index'],
                trigger.watches,
              ),
              price:
                price === '' ? trigger.price : Number(price) === -1 ? 0 : priceIn(market, price, 'newOrdPx'),
            },
      trailing: trailingIn(market, fields, 'new'),
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
    const common = commonIn(account, fields);
    const type = oneOf<AlgoType>(fields, 'ordType', ALGO_TYPES);
    const isPair = type === 'conditional' || type === 'oco';
    const whole = fields.text('closeFraction');
    if (whole !== '' && Number(whole) !== 1) throw bad('closeFraction');
    if (fields.text('tpOrdKind') === 'limit') throw bad('tpOrdKind');
    const takeProfit = isPair ? legIn(market, fields, 'tp') : null;
    const stopLoss = isPair ? legIn(market, fields, 'sl') : null;
    if (type === 'oco' && (takeProfit === null || stopLoss === null))
      throw bad(takeProfit === null ? 'tpTriggerPx' : 'slTriggerPx');
    if (type === 'conditional' && takeProfit === null && stopLoss === null) throw bad('slTriggerPx');
    const orderPrice = fields.text('orderPx') || fields.text('ordPx');
    if (type === 'trigger' && orderPrice === '') throw bad('orderPx');
    const trailing = type === 'move_order_stop' ? trailingIn(market, fields) : null;
    if (type === 'move_order_stop' && trailing === null) throw bad('callbackRatio');
    const trigger =
      type === 'trigger'
        ? triggerOf(market, fields, 'triggerPx', fields.text('triggerPx'), orderPrice, 'orderPx')
        : null;
    if (whole !== '' && ![takeProfit, stopLoss].every((leg) => leg === null || leg.price === 0))
      throw new Unreadable(refusal('51330', 'closeFraction is only available for stop market orders'));
    return {
      market,
      type,
      ...common,
      size: whole !== '' ? 0 : sizeIn(market, fields.text('sz'), 'sz'),
      // OKX: a conditional order with both legs keeps the stop loss only
      takeProfit: type === 'conditional' && stopLoss !== null ? null : takeProfit,
      stopLoss,
      trigger,
      trailing,
      attachments:
        trigger === null
          ? []
          : attachmentsIn(market, fields, { side: common.side, price: trigger.price || trigger.at }),
      cancelOnClose: flag(fields, 'cxlOnClosePos'),
      clientId: clientIdIn(fields, 'algoClOrdId'),
    };
  });
}
