import { CandleEvent, FundingEvent, MarkEvent, TradeEvent } from '../core/events.ts';
import type { Instrument } from '../core/instrument.ts';
import { lots, ms, type Us } from '../core/units.ts';
import { DecodeError } from '../venue/okx/codec/decode-error.ts';
import { needText, type Row, wholeOf } from '../venue/okx/codec/fields.ts';

/** What a channel carries, as far as a tape is concerned. */
export type ChannelKind = 'book' | 'trade' | 'candle' | 'mark' | 'funding' | 'other';

/** The channels that give a book, best first: a tape holds one book per instrument. */
export const BOOK_CHANNELS = ['books-l2-tbt', 'books', 'books50-l2-tbt', 'books5', 'bbo-tbt'];

export function channelKind(channel: string): ChannelKind {
  if (BOOK_CHANNELS.includes(channel)) return 'book';
  if (channel === 'trades') return 'trade';
  if (/^candle\d/.test(channel)) return 'candle';
  if (channel === 'mark-price') return 'mark';
  if (channel === 'funding-rate') return 'funding';
  return 'other';
}

export function tradeOf(row: Row, instrument: Instrument, index: number, at: Us): TradeEvent {
  const side = needText(row, 'side');
  if (side !== 'buy' && side !== 'sell') throw new DecodeError(instrument.id, 'trade without a side', side);
  const price = instrument.parsePrice(needText(row, 'px'));
  const size = instrument.parseSize(needText(row, 'sz'));
  return new TradeEvent(at, index, ms(wholeOf(row, 'ts', 0)), price, size, side);
}

/** `[ts, open, high, low, close, volume in contracts, …, confirm]`. Volume is rounded to lots: it is a statistic. */
export function candleOf(row: unknown, instrument: Instrument, index: number, at: Us): CandleEvent {
  if (!Array.isArray(row) || row.length < 6 || !row.every((part) => typeof part === 'string'))
    throw new DecodeError(instrument.id, 'malformed candle, expected a list of texts', JSON.stringify(row));
  const [ts, open, high, low, close, volume] = row as [string, string, string, string, string, string];
  if (!/^\d+$/.test(ts) || !Number.isFinite(Number(volume)))
    throw new DecodeError(instrument.id, 'candle without time or volume', JSON.stringify(row));
  return new CandleEvent(
    at,
    index,
    ms(Number(ts)),
    instrument.parsePrice(open),
    instrument.parsePrice(high),
    instrument.parsePrice(low),
    instrument.parsePrice(close),
    lots(Math.round(Number(volume) / instrument.lotSize)),
    row.length >= 9 && row[8] === '1',
  );
}

/** OKX prints mark prices finer than the tick: the nearest tick is taken. */
export function markOf(row: Row, instrument: Instrument, index: number, at: Us): MarkEvent {
  const text = needText(row, 'markPx');
  const price = Number(text);
  if (!(price > 0)) throw new DecodeError(instrument.id, 'mark price is not a positive number', text);
  return new MarkEvent(at, index, ms(wholeOf(row, 'ts', 0)), instrument.priceFromNumber(price));
}

export function fundingOf(row: Row, index: number, at: Us): FundingEvent {
  return new FundingEvent(at, index, needText(row, 'fundingRate'), ms(wholeOf(row, 'fundingTime', 0)));
}
