import {
  Bool,
  type DataType,
  Dictionary,
  Field,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  Schema,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  Uint8,
  Utf8,
  Vector,
} from 'apache-arrow';
import { EventKind } from '../core/events.ts';
import type { InstrumentSpec } from '../core/instrument.ts';

/**
 * A tape is an Apache Arrow IPC file (Feather v2, not compressed): market events in the order in which they entered
 * the engine, one row an event. pandas, polars, pyarrow and DuckDB open it as it is; we read its buffers as typed
 * arrays. A book message is one row whose `levels` list holds its level changes in order, so an empty message, a
 * snapshot and the grouping of changes into messages all survive.
 *
 * Prices are integer ticks and sizes integer lots, as everywhere here; `tickSz` and `lotSz` of each instrument stand
 * in the schema metadata, key `instruments`. A cell that says nothing about its kind of event is null.
 *
 * | column | type | rows | meaning |
 * |---|---|---|---|
 * | `kind` | dictionary | all | book, trade, candle, mark, funding, feed |
 * | `instrument` | dictionary | all | OKX instId; the index counts through `instruments` |
 * | `received_at` | timestamp µs UTC | all | our clock; imported captures: when the recorder received it |
 * | `exchange_at` | timestamp ms UTC | book, trade, mark | the exchange's stamp |
 * | `price` | float64 ticks | trade, mark | |
 * | `size` | float64 lots | trade | |
 * | `side` | dictionary | trade | the taker's: buy, sell |
 * | `snapshot` | bool | book | the levels replace the whole book |
 * | `prev_seq_id`, `seq_id` | int64 | book | −1 before a snapshot; 0 where the recording predates them |
 * | `checksum` | int32 | book | CRC32 as sent; 0 = not sent |
 * | `levels` | list of {side, price, size, orders} | book | side 0 bid, 1 ask; size 0 deletes the level |
 * | `open_at` | timestamp ms UTC | candle | opening time; the bar is in the metadata, key `meta` |
 * | `open`, `high`, `low`, `close` | float64 ticks | candle | |
 * | `volume` | float64 lots | candle | |
 * | `closed` | bool | candle | false while it is building |
 * | `funding_rate` | utf8 decimal | funding | forecast of the current period, positive: longs pay |
 * | `funding_at` | timestamp ms UTC | funding | when it will be charged |
 * | `live` | bool | feed | whether the market data can be trusted from here on |
 * | `reason` | utf8 | feed | why not |
 *
 * Numbers are float64 where int32 is too small (spot sizes have eight decimals); they hold integers, exactly.
 */
export const TAPE_FORMAT = 'okx-stream-hunter/tape';
/** Raised when a column changes its meaning; a reader refuses versions it does not know. */
export const TAPE_VERSION = 1;

/** What a tape says of itself. Nothing in it may depend on when it was written: same events, same bytes. */
export interface TapeMeta {
  /** Where the events come from, in words: file names of a capture, or the venue that was recorded. */
  readonly source: string;
  /** Anything a reader must know before trusting the content. */
  readonly notes: readonly string[];
  /** Instruments whose tick and lot size were derived from the decimals seen, because no specification was at hand. */
  readonly derived: readonly string[];
  /** Bar of the candle rows, as OKX writes it (`1m`, `5m`, `1H`); empty when there are none. */
  readonly bar: string;
}

export const EMPTY_META: TapeMeta = { source: '', notes: [], derived: [], bar: '' };

/** Dictionary values of `kind`; the index is `EventKind − 1`. */
export const KIND_NAMES = ['book', 'trade', 'candle', 'mark', 'funding', 'feed'] as const;
/** Dictionary values of `side`. */
export const SIDE_NAMES = ['buy', 'sell'] as const;

/** Kinds as bits, to say which rows a column speaks of. */
export const bit = (kind: number): number => 1 << kind;
export const BOOK = bit(EventKind.book);
export const TRADE = bit(EventKind.trade);
export const CANDLE = bit(EventKind.candle);
export const MARK = bit(EventKind.mark);
export const FUNDING = bit(EventKind.funding);
export const FEED = bit(EventKind.feed);

// The ids are fixed: the library would number dictionaries by a process-wide counter, and the same events would
// then give other bytes.
export const KIND_TYPE = new Dictionary(new Utf8(), new Int8(), 1);
export const INSTRUMENT_TYPE = new Dictionary(new Utf8(), new Int16(), 2);
export const SIDE_TYPE = new Dictionary(new Utf8(), new Int8(), 3);
export const LEVEL_TYPE = new Struct<LevelColumns>([
  new Field('side', new Uint8(), false),
  new Field('price', new Float64(), false),
  new Field('size', new Float64(), false),
  new Field('orders', new Int32(), false),
]);
export const LEVELS_TYPE = new List(new Field('level', LEVEL_TYPE, false));

export type LevelColumns = { side: Uint8; price: Float64; size: Float64; orders: Int32 };

/** The columns in file order, and the kinds of event that they speak of (0 = all: never null). */
export const COLUMNS = [
  { name: 'kind', type: KIND_TYPE, rows: 0 },
  { name: 'instrument', type: INSTRUMENT_TYPE, rows: 0 },
  { name: 'received_at', type: new TimestampMicrosecond('UTC'), rows: 0 },
  { name: 'exchange_at', type: new TimestampMillisecond('UTC'), rows: BOOK | TRADE | MARK },
  { name: 'price', type: new Float64(), rows: TRADE | MARK },
  { name: 'size', type: new Float64(), rows: TRADE },
  { name: 'side', type: SIDE_TYPE, rows: TRADE },
  { name: 'snapshot', type: new Bool(), rows: BOOK },
  { name: 'prev_seq_id', type: new Int64(), rows: BOOK },
  { name: 'seq_id', type: new Int64(), rows: BOOK },
  { name: 'checksum', type: new Int32(), rows: BOOK },
  { name: 'levels', type: LEVELS_TYPE, rows: BOOK },
  { name: 'open_at', type: new TimestampMillisecond('UTC'), rows: CANDLE },
  { name: 'open', type: new Float64(), rows: CANDLE },
  { name: 'high', type: new Float64(), rows: CANDLE },
  { name: 'low', type: new Float64(), rows: CANDLE },
  { name: 'close', type: new Float64(), rows: CANDLE },
  { name: 'volume', type: new Float64(), rows: CANDLE },
  { name: 'closed', type: new Bool(), rows: CANDLE },
  { name: 'funding_rate', type: new Utf8(), rows: FUNDING },
  { name: 'funding_at', type: new TimestampMillisecond('UTC'), rows: FUNDING },
  { name: 'live', type: new Bool(), rows: FEED },
  { name: 'reason', type: new Utf8(), rows: FEED },
] as const satisfies readonly { name: string; type: DataType; rows: number }[];

export type ColumnName = (typeof COLUMNS)[number]['name'];

export function tapeSchema(instruments: readonly InstrumentSpec[], meta: TapeMeta): Schema {
  return new Schema(
    COLUMNS.map(({ name, type, rows }) => new Field<DataType>(name, type, rows !== 0)),
    new Map([
      ['format', TAPE_FORMAT],
      ['version', String(TAPE_VERSION)],
      ['instruments', JSON.stringify(instruments)],
      ['meta', JSON.stringify(meta)],
    ]),
  );
}

/** The constant words of a dictionary column. */
export function dictionaryOf(words: readonly string[]): Vector<Utf8> {
  const bytes = new TextEncoder().encode(words.join(''));
  const valueOffsets = new Int32Array(words.length + 1);
  for (let index = 0; index < words.length; index++)
    valueOffsets[index + 1] = valueOffsets[index]! + new TextEncoder().encode(words[index]).length;
  return new Vector([
    makeData({ type: new Utf8(), length: words.length, nullCount: 0, valueOffsets, data: bytes }),
  ]);
}

/** A tape that cannot be written or read. The message names the file and says what to do. */
export class TapeError extends Error {
  override readonly name: string = 'TapeError';
  readonly path: string;
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.path = path;
  }
}

/** What was named is no tape that this program can read, rather than a broken one: wrong input. */
export class NoTapeError extends TapeError {
  // the command line tells errors apart by name (src/cli/main.ts)
  override readonly name: string = 'NoTapeError';
}
