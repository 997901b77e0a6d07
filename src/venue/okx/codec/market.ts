import type { Instrument } from '../../../core/instrument.ts';
import { type Lots, lots, type Ms, ms, type Side, type Ticks, ticks } from '../../../core/units.ts';
import { DecodeError } from './decode-error.ts';
import { needText, type Row, textOf, wholeOf } from './fields.ts';

/** A push as JSON. Throws `DecodeError` when it is none. */
export function parsePush(bytes: Uint8Array, channel: string): Row {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as Row;
  } catch (error) {
    throw new DecodeError(channel, 'push is not JSON', text, { cause: error });
  }
}

export interface Trade {
  /** A whole number as text; grows by instrument. */
  readonly tradeId: string;
  readonly exchangeAt: Ms;
  readonly price: Ticks;
  readonly size: Lots;
  /** The taker's. */
  readonly side: Side;
}

export function decodeTrade(row: Row, instrument: Instrument): Trade {
  return {
    tradeId: needText(row, 'tradeId'),
    exchangeAt: ms(wholeOf(row, 'ts', 0)),
    price: priceOf(row, 'px', instrument),
    size: sizeOf(row, 'sz', instrument),
    side: sideOf(row, instrument),
  };
}

export interface Candle {
  readonly openAt: Ms;
  readonly open: Ticks;
  readonly high: Ticks;
  readonly low: Ticks;
  readonly close: Ticks;
  readonly volume: Lots;
  readonly closed: boolean;
}

/**
 * `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`. Volume is a statistic and rounded to the nearest lot: old
 * candles may come from a time of finer lots. Prices must lie on the tick.
 */
export function decodeCandle(columns: unknown, instrument: Instrument): Candle {
  if (!Array.isArray(columns) || columns.length < 9 || !columns.every((column) => typeof column === 'string'))
    throw new DecodeError(instrument.id, 'malformed candle, expected nine texts', JSON.stringify(columns));
  const [ts, open, high, low, close, volume, , , confirm] = columns as string[];
  const row: Row = { instId: instrument.id, ts, open, high, low, close };
  const contracts = Number(volume);
  if (volume === '' || !(contracts >= 0))
    throw new DecodeError(instrument.id, 'candle volume is not a number', JSON.stringify(columns));
  return {
    openAt: ms(wholeOf(row, 'ts', 0)),
    open: priceOf(row, 'open', instrument),
    high: priceOf(row, 'high', instrument),
    low: priceOf(row, 'low', instrument),
    close: priceOf(row, 'close', instrument),
    volume: lots(Math.round(contracts / instrument.lotSize)),
    closed: confirm === '1',
  };
}

export interface Mark {
  readonly exchangeAt: Ms;
  readonly price: Ticks;
}

/** A mark price is computed by OKX and may be finer than the tick: rounded to the nearest one. */
export function decodeMark(row: Row, instrument: Instrument): Mark {
  const text = needText(row, 'markPx');
  const price = Number(text);
  if (!(price > 0)) throw new DecodeError(instrument.id, 'mark price is not a positive number', text);
  return { exchangeAt: ms(wholeOf(row, 'ts', 0)), price: ticks(Math.round(price / instrument.tickSize)) };
}

export interface Funding {
  /** Decimal text; positive: longs pay. */
  readonly rate: string;
  readonly fundingAt: Ms;
}

export function decodeFunding(row: Row, instrument: Instrument): Funding {
  const rate = needText(row, 'fundingRate');
  if (!/^-?\d+(\.\d+)?(e-?\d+)?$/i.test(rate))
    throw new DecodeError(instrument.id, 'funding rate is not a decimal', rate);
  return { rate, fundingAt: ms(wholeOf(row, 'fundingTime', 0)) };
}

export function priceOf(row: Row, key: string, instrument: Instrument): Ticks {
  const text = needText(row, key);
  try {
    return instrument.parsePrice(text);
  } catch (error) {
    throw new DecodeError(instrument.id, `"${key}": ${(error as Error).message}`, text, { cause: error });
  }
}

export function sizeOf(row: Row, key: string, instrument: Instrument): Lots {
  const text = needText(row, key);
  try {
    return instrument.parseSize(text);
  } catch (error) {
    throw new DecodeError(instrument.id, `"${key}": ${(error as Error).message}`, text, { cause: error });
  }
}

export function sideOf(row: Row, instrument: Instrument): Side {
  const side = textOf(row, 'side');
  if (side !== 'buy' && side !== 'sell')
    throw new DecodeError(instrument.id, 'side is neither buy nor sell', JSON.stringify(row));
  return side;
}
