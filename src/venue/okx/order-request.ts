import type { AmendOrder, AmendProtection, OrderType, Place } from '../../core/commands.ts';
import type { Instrument } from '../../core/instrument.ts';
import type { Row } from './codec/fields.ts';

export type MarginMode = 'cross' | 'isolated';
export type TriggerPriceType = 'last' | 'mark' | 'index';

/**
 * The arguments of an order, but for its instrument, which REST and WebSocket name differently.
 *
 * A market order that carries a price collar is sent as an immediate-or-cancel limit at the collar: OKX's own market
 * order runs to its price band, several per cent away. Without a collar it is OKX's market order.
 */
export function placeArgs(
  place: Place,
  instrument: Instrument,
  marginMode: MarginMode,
  triggerPriceType: TriggerPriceType,
): Row {
  const collared = place.type === 'market' && place.price !== 0;
  const args: Record<string, unknown> = {
    tdMode: marginMode,
    clOrdId: place.clientOrderId,
    side: place.side,
    ordType: collared ? 'ioc' : ORDER_TYPES[place.type],
    sz: instrument.formatSize(place.size),
  };
  if (place.type !== 'market' || collared) args.px = instrument.formatPrice(place.price);
  if (place.reduceOnly) args.reduceOnly = true;
  if (place.protectionId !== '') {
    const pair: Record<string, string> = { attachAlgoClOrdId: place.protectionId };
    for (const [leg, trigger] of [
      ['tp', place.takeProfit],
      ['sl', place.stopLoss],
    ] as const) {
      if (trigger === 0) continue;
      pair[`${leg}TriggerPx`] = instrument.formatPrice(trigger);
      pair[`${leg}OrdPx`] = '-1'; // at market
      pair[`${leg}TriggerPxType`] = triggerPriceType;
    }
    args.attachAlgoOrds = [pair];
  }
  return args;
}

/** What is to be different of a standing pair. */
export function amendArgs(
  amend: AmendProtection,
  instrument: Instrument,
  triggerPriceType: TriggerPriceType,
): Row {
  const args: Record<string, string> = {};
  for (const [leg, trigger] of [
    ['Tp', amend.takeProfit],
    ['Sl', amend.stopLoss],
  ] as const) {
    if (trigger === 0) continue;
    args[`new${leg}TriggerPx`] = instrument.formatPrice(trigger);
    args[`new${leg}OrdPx`] = '-1'; // at market
    args[`new${leg}TriggerPxType`] = triggerPriceType;
  }
  return args;
}

/**
 * What an order is to be like from now on. Without `cxlOnFail`: what OKX refuses leaves the order as it was, approved and
 * where it stood (docs/decisions/0014).
 */
export function amendOrderArgs(amend: AmendOrder, instrument: Instrument, requestId: string): Row {
  return {
    clOrdId: amend.clientOrderId,
    reqId: requestId,
    newPx: instrument.formatPrice(amend.price),
    newSz: instrument.formatSize(amend.size),
    cxlOnFail: false,
  };
}

/** How a WebSocket order operation names its instrument. */
export function instrumentKey(instrument: Instrument): Row {
  // OKX wants its integer code here since 2026; servers without codes take the name
  return instrument.code === 0 ? { instId: instrument.id } : { instIdCode: instrument.code };
}

/** What OKX would refuse anyhow, in better words; empty = nothing. */
export function placeProblem(place: Place): string {
  if (!/^[A-Za-z0-9]{1,32}$/.test(place.clientOrderId))
    return `client order id "${place.clientOrderId}" is not 1 to 32 letters and digits`;
  if (place.type !== 'market' && place.price <= 0) return `a ${place.type} order needs a price`;
  if (place.size <= 0) return 'the size is not positive';
  if (!place.reduceOnly && !(place.leverage > 0)) return `leverage ${place.leverage} is not positive`;
  if (place.protectionId !== '' && place.takeProfit === 0 && place.stopLoss === 0)
    return 'a protection needs a take profit or a stop loss';
  return '';
}

const ORDER_TYPES: Readonly<Record<OrderType, string>> = {
  market: 'market',
  limit: 'limit',
  postOnly: 'post_only',
  ioc: 'ioc',
  fok: 'fok',
};
