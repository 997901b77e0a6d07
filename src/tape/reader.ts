import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Data, type RecordBatch, RecordBatchReader, type RecordBatchStreamReader } from 'apache-arrow';
import { BookFrame } from '../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  EventKind,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../core/events.ts';
import type { InstrumentSpec } from '../core/instrument.ts';
import { lots, ms, ticks, us } from '../core/units.ts';
import {
  COLUMNS,
  type ColumnName,
  NoTapeError,
  TAPE_FORMAT,
  TAPE_VERSION,
  TapeError,
  type TapeMeta,
} from './format.ts';
import { Int64Column } from './int64.ts';

const MAGIC = Buffer.from('ARROW1');
/** The file begins with the magic padded to eight bytes; after it comes an Arrow stream, then the footer. */
const STREAM_START = 8;
const CHUNK = 1 << 20;

export interface ReadOptions {
  /** Also what a writer that was killed left behind (`.NAME.PID.partial`): its whole batches, then the end. */
  readonly unfinished?: boolean;
}

/** Opens a tape. Throws a `TapeError` when it is not one, or not whole. */
export function readTape(path: string, options: ReadOptions = {}): TapeReader {
  return new TapeReader(path, options);
}

/**
 * A tape read from the beginning, one batch in memory at a time. Events and the book frame are the same objects every
 * time, lent until the next one: whoever keeps something copies the numbers.
 */
export class TapeReader {
  readonly path: string;
  readonly instruments: readonly InstrumentSpec[];
  readonly meta: TapeMeta;
  private readonly descriptor: number;
  private readonly unfinished: boolean;
  private readonly batches: RecordBatchStreamReader;
  private batch: Batch | null = null;
  private row = 0;
  private open = true;

  private readonly book = new BookEvent(us(0), 0, new BookFrame());
  private readonly trade = new TradeEvent(us(0), 0, ms(0), ticks(0), lots(0), 'buy');
  private readonly candle = new CandleEvent(
    us(0),
    0,
    ms(0),
    ticks(0),
    ticks(0),
    ticks(0),
    ticks(0),
    lots(0),
    false,
  );
  private readonly mark = new MarkEvent(us(0), 0, ms(0), ticks(0));
  private readonly funding = new FundingEvent(us(0), 0, '', ms(0));
  private readonly feed = new FeedEvent(us(0), 0, false, '');

  constructor(path: string, { unfinished = false }: ReadOptions = {}) {
    this.path = path;
    this.unfinished = unfinished;
    try {
      this.descriptor = openSync(path, 'r');
    } catch (error) {
      throw new TapeError(path, `cannot be opened (${(error as Error).message})`, { cause: error });
    }
    try {
      const end = unfinished ? fstatSync(this.descriptor).size : streamEnd(path, this.descriptor);
      this.batches = this.guard(() => {
        const reader = RecordBatchReader.from(chunks(this.descriptor, end)) as RecordBatchStreamReader;
        return reader.open();
      });
      const { metadata, fields } = this.batches.schema;
      if (metadata.get('format') !== TAPE_FORMAT)
        throw new NoTapeError(
          path,
          'is an Arrow file, but not a tape; make one with `hunter import` or `hunter record`',
        );
      if (metadata.get('version') !== String(TAPE_VERSION))
        throw new NoTapeError(
          path,
          `is a tape of version ${metadata.get('version')}, this program reads version ${TAPE_VERSION}; make it again from the raw capture`,
        );
      if (fields.map(({ name }) => name).join() !== COLUMNS.map(({ name }) => name).join())
        throw this.damaged('its columns are not those of its version');
      this.instruments = this.guard(() => JSON.parse(metadata.get('instruments') ?? '') as InstrumentSpec[]);
      this.meta = this.guard(() => JSON.parse(metadata.get('meta') ?? '') as TapeMeta);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The next event, lent; null at the end, when the file is closed too. */
  next(): MarketEvent | null {
    while (this.batch === null || this.row === this.batch.length) {
      if (!this.nextBatch()) return null;
    }
    return this.take(this.batch, this.row++);
  }

  /** Hands every remaining event to `emit`, in order, then closes the file. */
  forEach(emit: (event: MarketEvent) => void): void {
    try {
      for (let event = this.next(); event !== null; event = this.next()) emit(event);
    } finally {
      this.close();
    }
  }

  /** The kind, instrument and time (µs) of every remaining event, nothing else being read; then closes the file. */
  forEachKind(visit: (kind: number, instrument: number, at: number) => void): void {
    try {
      for (;;) {
        if (this.batch === null || this.row === this.batch.length) {
          if (!this.nextBatch()) return;
          continue;
        }
        const { kind, instrument, receivedAt, length } = this.batch;
        for (; this.row < length; this.row++)
          visit(kind[this.row]! + 1, instrument[this.row]!, receivedAt.get(this.row));
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.batch = null;
    closeSync(this.descriptor);
  }

  private nextBatch(): boolean {
    if (!this.open) return false;
    const { done, value } = this.followingBatch();
    if (done) {
      this.close();
      return false;
    }
    // the library hands out a placeholder without columns for a file without rows
    this.batch = value.numRows === 0 ? null : this.guard(() => new Batch(value));
    this.row = 0;
    return true;
  }

  private followingBatch(): IteratorResult<RecordBatch> {
    try {
      return this.batches.next() as IteratorResult<RecordBatch>;
    } catch (error) {
      // the batch that the writer was at when it was killed
      if (this.unfinished) return { done: true, value: undefined };
      throw this.damaged((error as Error).message, error);
    }
  }

  private take(batch: Batch, row: number): MarketEvent {
    const at = us(batch.receivedAt.get(row));
    const instrument = batch.instrument[row]!;
    switch (batch.kind[row]! + 1) {
      case EventKind.book: {
        const event = this.book;
        event.at = at;
        event.instrument = instrument;
        batch.fill(event.frame, row);
        return event;
      }
      case EventKind.trade: {
        const event = this.trade;
        event.at = at;
        event.instrument = instrument;
        event.exchangeAt = ms(batch.exchangeAt.get(row));
        event.price = ticks(batch.price[row]!);
        event.size = lots(batch.size[row]!);
        event.side = batch.side[row] === 0 ? 'buy' : 'sell';
        return event;
      }
      case EventKind.candle: {
        const event = this.candle;
        event.at = at;
        event.instrument = instrument;
        event.openAt = ms(batch.openAt.get(row));
        event.open = ticks(batch.openPrice[row]!);
        event.high = ticks(batch.high[row]!);
        event.low = ticks(batch.low[row]!);
        event.close = ticks(batch.close[row]!);
        event.volume = lots(batch.volume[row]!);
        event.closed = flag(batch.closed, row);
        return event;
      }
      case EventKind.mark: {
        const event = this.mark;
        event.at = at;
        event.instrument = instrument;
        event.exchangeAt = ms(batch.exchangeAt.get(row));
        event.price = ticks(batch.price[row]!);
        return event;
      }
      case EventKind.funding: {
        const event = this.funding;
        event.at = at;
        event.instrument = instrument;
        event.rate = batch.fundingRate.at(row);
        event.fundingAt = ms(batch.fundingAt.get(row));
        return event;
      }
      case EventKind.feed: {
        const event = this.feed;
        event.at = at;
        event.instrument = instrument;
        event.live = flag(batch.live, row);
        event.reason = batch.reason.at(row);
        return event;
      }
      default:
        throw this.damaged(`row ${row} of a batch has kind ${batch.kind[row]}`);
    }
  }

  /** Whatever the Arrow library stumbles over, in the words of the one who has to mend it. */
  private guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.damaged((error as Error).message, error);
    }
  }

  private damaged(reason: string, cause?: unknown): TapeError {
    return new TapeError(
      this.path,
      `is damaged (${reason}); copy it again, or make it again from the raw capture`,
      {
        cause,
      },
    );
  }
}

/** The columns of one batch as typed arrays: views of the bytes read, nothing parsed. */
class Batch {
  readonly length: number;
  readonly kind: Int8Array;
  readonly instrument: Int16Array;
  readonly receivedAt: Int64Column;
  readonly exchangeAt: Int64Column;
  readonly price: Float64Array;
  readonly size: Float64Array;
  readonly side: Int8Array;
  readonly openAt: Int64Column;
  readonly openPrice: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly closed: Uint8Array;
  readonly fundingRate: Texts;
  readonly fundingAt: Int64Column;
  readonly live: Uint8Array;
  readonly reason: Texts;
  private readonly snapshot: Uint8Array;
  private readonly prevSeqId: Int64Column;
  private readonly seqId: Int64Column;
  private readonly checksum: Int32Array;
  private readonly levelEnds: Int32Array;
  private readonly levelSide: Uint8Array;
  private readonly levelPrice: Float64Array;
  private readonly levelSize: Float64Array;
  private readonly levelOrders: Int32Array;

  constructor(batch: RecordBatch) {
    const column = (name: ColumnName): Data =>
      batch.data.children[COLUMNS.findIndex((each) => each.name === name)]!;
    const int64 = (name: ColumnName) => new Int64Column(column(name).values as BigInt64Array);
    this.length = batch.numRows;
    this.kind = column('kind').values;
    this.instrument = column('instrument').values;
    this.receivedAt = int64('received_at');
    this.exchangeAt = int64('exchange_at');
    this.price = column('price').values;
    this.size = column('size').values;
    this.side = column('side').values;
    this.openAt = int64('open_at');
    this.openPrice = column('open').values;
    this.high = column('high').values;
    this.low = column('low').values;
    this.close = column('close').values;
    this.volume = column('volume').values;
    this.closed = column('closed').values;
    this.fundingRate = new Texts(column('funding_rate'));
    this.fundingAt = int64('funding_at');
    this.live = column('live').values;
    this.reason = new Texts(column('reason'));
    this.snapshot = column('snapshot').values;
    this.prevSeqId = int64('prev_seq_id');
    this.seqId = int64('seq_id');
    this.checksum = column('checksum').values;
    const levels = column('levels');
    this.levelEnds = levels.valueOffsets as Int32Array;
    const [side, price, size, orders] = levels.children[0]!.children;
    this.levelSide = side!.values;
    this.levelPrice = price!.values;
    this.levelSize = size!.values;
    this.levelOrders = orders!.values;
    this.check();
  }

  /** Bytes that are not there would read as undefined: refuse the batch instead. */
  private check(): void {
    const { length } = this;
    const cells: ArrayLike<number>[] = [
      this.kind,
      this.instrument,
      this.price,
      this.size,
      this.side,
      this.checksum,
      this.openPrice,
    ];
    cells.push(this.high, this.low, this.close, this.volume);
    const int64s = [
      this.receivedAt,
      this.exchangeAt,
      this.prevSeqId,
      this.seqId,
      this.openAt,
      this.fundingAt,
    ];
    const bitmaps = [this.snapshot, this.closed, this.live];
    const levels = this.levelEnds[length]!;
    const whole =
      cells.every((cell) => cell.length >= length) &&
      int64s.every(({ values }) => values.length >= length) &&
      bitmaps.every((bitmap) => bitmap.length * 8 >= length) &&
      this.levelEnds
        .subarray(0, length + 1)
        .every((end, row) => row === 0 || end >= this.levelEnds[row - 1]!) &&
      [this.levelSide, this.levelPrice, this.levelSize, this.levelOrders].every(
        (cell) => cell.length >= levels,
      );
    if (!whole) throw new RangeError('a batch is shorter than it says');
  }

  fill(frame: BookFrame, row: number): void {
    frame.clear();
    frame.snapshot = flag(this.snapshot, row);
    frame.exchangeAt = ms(this.exchangeAt.get(row));
    frame.prevSeqId = this.prevSeqId.get(row);
    frame.seqId = this.seqId.get(row);
    frame.checksum = this.checksum[row]!;
    const end = this.levelEnds[row + 1]!;
    for (let i = this.levelEnds[row]!; i < end; i++)
      frame.push(this.levelSide[i] as 0 | 1, this.levelPrice[i]!, this.levelSize[i]!, this.levelOrders[i]!);
  }
}

class Texts {
  private readonly ends: Int32Array;
  private readonly bytes: Uint8Array;
  constructor(column: Data) {
    this.ends = column.valueOffsets as Int32Array;
    this.bytes = column.values;
  }

  at(row: number): string {
    return Buffer.from(this.bytes.subarray(this.ends[row], this.ends[row + 1])).toString();
  }
}

const flag = (bitmap: Uint8Array, row: number): boolean => ((bitmap[row >> 3]! >> (row & 7)) & 1) === 1;

/** Where the footer begins. A file whose end is missing was cut short: a writer puts the end there last. */
function streamEnd(path: string, descriptor: number): number {
  const { size } = fstatSync(descriptor);
  const start = Buffer.alloc(MAGIC.length);
  const tail = Buffer.alloc(4 + MAGIC.length);
  const whole = size >= STREAM_START + tail.length;
  if (size > 0) readSync(descriptor, start, 0, start.length, 0);
  if (!start.equals(MAGIC)) throw new NoTapeError(path, noArrow(size, descriptor));
  if (whole) readSync(descriptor, tail, 0, tail.length, size - tail.length);
  const end = size - tail.length - tail.readInt32LE(0);
  if (!whole || !tail.subarray(4).equals(MAGIC) || end < STREAM_START || end > size)
    throw new TapeError(
      path,
      'is cut short: its end is missing; copy it again, or make it again from the raw capture',
    );
  return end;
}

/** What a file that does not begin as a tape is, and the way out. */
function noArrow(size: number, descriptor: number): string {
  if (size === 0) return 'is empty: not an Arrow file; make the tape again';
  const head = Buffer.alloc(Math.min(size, LABEL_HEAD));
  readSync(descriptor, head, 0, head.length, 0);
  return /^\{"(kind|tape)":/.test(head.toString())
    ? 'is not an Arrow file: it looks like labels; name the tape, and the labels with `--labels`'
    : 'is not an Arrow file; make a tape from a raw capture with `hunter import`';
}

/** Enough to see how a line of labels begins (docs/labels.md). */
const LABEL_HEAD = 16;

/** The stream inside the file, a chunk at a time. */
function* chunks(descriptor: number, end: number): Generator<Uint8Array> {
  for (let at = STREAM_START; at < end; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at));
    const read = readSync(descriptor, chunk, 0, chunk.length, at);
    if (read === 0) return;
    at += read;
    yield chunk.subarray(0, read);
  }
}
