import { ASK, BID } from '../../core/book/frame.ts';
import { lots, ticks } from '../../core/units.ts';
import type { Candle } from '../history/candles.ts';
import { FUNDING_INTERVAL_MS, FUNDING_RATE_MAX } from '../market/funding.ts';
import type { Market } from '../market/market.ts';
import type { Trade } from '../market/trade.ts';
import { plain } from './text.ts';

/** What the public is told of a market, in the words of OKX v5: one function per object. */

const price = (market: Market, value: number): string =>
  Number.isNaN(value) ? '' : market.instrument.formatPrice(ticks(value));
const size = (market: Market, value: number): string => market.instrument.formatSize(lots(value));

/** Base coin in `volume` lots that cost `notional` tick·lots. */
function baseVolume(market: Market, volume: number, notional: number): number {
  const { instrument } = market;
  if (!instrument.inverse) return volume * instrument.valuePerLot;
  const mean = volume === 0 ? market.last : notional / volume;
  return (volume * instrument.valuePerLot) / instrument.priceToNumber(mean);
}

function quoteVolume(market: Market, volume: number, notional: number): number {
  const { instrument } = market;
  return instrument.inverse
    ? volume * instrument.valuePerLot
    : notional * instrument.tickSize * instrument.valuePerLot;
}

export function candleRow(market: Market, candle: Candle, closed: boolean): string[] {
  return [
    String(candle.openAt),
    price(market, candle.open),
    price(market, candle.high),
    price(market, candle.low),
    price(market, candle.close),
    size(market, candle.volume),
    plain(baseVolume(market, candle.volume, candle.notional)),
    plain(quoteVolume(market, candle.volume, candle.notional)),
    closed ? '1' : '0',
  ];
}

/** Of index or mark: nobody traded. */
export const referenceRow = (market: Market, candle: Candle, closed: boolean): string[] => [
  String(candle.openAt),
  price(market, candle.open),
  price(market, candle.high),
  price(market, candle.low),
  price(market, candle.close),
  closed ? '1' : '0',
];

export function tradeRow(market: Market, trade: Trade): Record<string, unknown> {
  return {
    instId: market.instrument.id,
    tradeId: String(trade.tradeId),
    px: price(market, trade.price),
    sz: size(market, trade.size),
    side: trade.side,
    ts: String(trade.at),
    count: String(trade.count),
    source: '0',
    seqId: trade.sequence,
  };
}

/** Closing price of the last bar that ended at or before midnight, UTC or Hong Kong. */
function startOfDay(market: Market, bar: '1D' | '1Dutc'): string {
  return price(market, market.candles.of(bar)!.building.open);
}

export function tickerRow(market: Market): Record<string, unknown> {
  const day = market.day();
  const bid = market.book.best(BID);
  const ask = market.book.best(ASK);
  return {
    instType: 'SWAP',
    instId: market.instrument.id,
    last: price(market, market.last),
    lastSz: size(market, market.lastSize),
    askPx: price(market, ask),
    askSz: Number.isNaN(ask) ? '' : size(market, market.book.sizeAt(ask)),
    bidPx: price(market, bid),
    bidSz: Number.isNaN(bid) ? '' : size(market, market.book.sizeAt(bid)),
    open24h: price(market, day.open),
    high24h: price(market, day.high),
    low24h: price(market, day.low),
    volCcy24h: plain(baseVolume(market, day.volume, day.notional)),
    vol24h: size(market, day.volume),
    sodUtc0: startOfDay(market, '1Dutc'),
    sodUtc8: startOfDay(market, '1D'),
    ts: String(market.now),
  };
}

export const markRow = (market: Market): Record<string, unknown> => ({
  instType: 'SWAP',
  instId: market.instrument.id,
  markPx: price(market, market.mark),
  ts: String(market.now),
});

export function indexRow(market: Market): Record<string, unknown> {
  const day = market.day();
  return {
    instId: indexOf(market),
    idxPx: price(market, market.index),
    high24h: price(market, day.high),
    low24h: price(market, day.low),
    open24h: price(market, day.open),
    sodUtc0: startOfDay(market, '1Dutc'),
    sodUtc8: startOfDay(market, '1D'),
    ts: String(market.now),
  };
}

/** The index of `BTC-USDT-SWAP` is `BTC-USDT`. */
export const indexOf = (market: Market): string => market.instrument.id.replace('-SWAP', '');

export function fundingRow(market: Market): Record<string, unknown> {
  const { funding } = market;
  return {
    instType: 'SWAP',
    instId: market.instrument.id,
    method: 'current_period',
    formulaType: 'noRate',
    fundingRate: funding.rate,
    nextFundingRate: '',
    fundingTime: String(funding.nextAt),
    nextFundingTime: String(funding.nextAt + FUNDING_INTERVAL_MS),
    prevFundingTime: String(funding.nextAt - FUNDING_INTERVAL_MS),
    minFundingRate: String(-FUNDING_RATE_MAX),
    maxFundingRate: String(FUNDING_RATE_MAX),
    interestRate: '',
    impactValue: '',
    premium: plain(funding.premium, 10),
    settState: 'settled',
    settFundingRate: funding.previous.rate,
    ts: String(market.now),
  };
}

export function openInterestRow(market: Market): Record<string, unknown> {
  const { instrument, openInterest } = market;
  const inQuote = quoteVolume(market, openInterest, openInterest * market.last);
  return {
    instType: 'SWAP',
    instId: instrument.id,
    oi: size(market, openInterest),
    oiCcy: plain(baseVolume(market, openInterest, openInterest * market.last)),
    oiUsd: plain(inQuote, 2),
    ts: String(market.now),
  };
}

export const priceLimitRow = (market: Market): Record<string, unknown> => ({
  instType: 'SWAP',
  instId: market.instrument.id,
  buyLmt: price(market, market.buyLimit),
  sellLmt: price(market, market.sellLimit),
  enabled: true,
  ts: String(market.now),
});
