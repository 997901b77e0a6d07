import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  AsyncByteQueue,
  BufferType,
  Data,
  type DataType,
  Message,
  RecordBatch,
  RecordBatchFileWriter,
  type Schema,
  Struct,
  type Vector,
} from 'apache-arrow';
import type { Buffers as ArrowBuffers } from 'apache-arrow/data';
import { assert } from '../core/assert.ts';
import type { BookFrame } from '../core/book/frame.ts';
import {
  type BookEvent,
  type CandleEvent,
  EventKind,
  type FeedEvent,
  type FundingEvent,
  type MarkEvent,
  type MarketEvent,
  type TradeEvent,
} from '../core/events.ts';
import type { InstrumentSpec } from '../core/instrument.ts';
import {
  bit,
  COLUMNS,
  type ColumnName,
  dictionaryOf,
  EMPTY_META,
  KIND_NAMES,
  LEVEL_TYPE,
  SIDE_NAMES,
  TapeError,
  type TapeMeta,
  tapeSchema,
} from './format.ts';
import { Int64Column } from './int64.ts';

/** Rows of a record batch: large enough for readers to run at full speed, small enough to hold a few in memory. */
const ROWS = 65_536;
/** A batch ends early when its books hold this many level changes (21 bytes each). */
const LEVELS = 1_048_576;

/**
 * Writes market events to a tape. Memory is one batch, whatever the length. The file appears under its name only when
 * it is complete: until `close` it is `.NAME.PID.partial` beside it.
 */
export class TapeWriter {
  readonly path: string;
  /** Events written so far. */
  events = 0;
  private readonly partial: string;
  private readonly file: FileSink;
  private readonly arrow: RecordBatchFileWriter;
  private readonly schema: Schema;
  private readonly words: Words;
  private readonly instrumentCount: number;
  private readonly rows = new Rows();
  private open = true;

  static create(
    path: string,
    instruments: readonly InstrumentSpec[],
    meta: Partial<TapeMeta> = {},
  ): TapeWriter {
    return new TapeWriter(path, instruments, { ...EMPTY_META, ...meta });
  }

  private constructor(path: string, instruments: readonly InstrumentSpec[], meta: TapeMeta) {
    this.path = path;
    this.partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
    this.schema = tapeSchema(instruments, meta);
    this.instrumentCount = instruments.length;
    this.words = {
      kind: dictionaryOf(KIND_NAMES),
      instrument: dictionaryOf(instruments.map((instrument) => instrument.instId)),
      side: dictionaryOf(SIDE_NAMES),
    };
    try {
      this.file = new FileSink(openSync(this.partial, 'w'));
    } catch (error) {
      throw new TapeError(
        path,
        `cannot be written (${(error as Error).message}); choose a folder that exists`,
        {
          cause: error,
        },
      );
    }
    this.arrow = new WholeFileWriter();
    this.arrow.reset(this.file, this.schema);
  }

  write(event: MarketEvent): void {
    assert(this.open, `tape ${this.path} is closed`);
    assert(
      event.instrument >= 0 && event.instrument < this.instrumentCount,
      `tape ${this.path}: event of instrument ${event.instrument}, but it has ${this.instrumentCount}`,
    );
    this.rows.add(event);
    this.events++;
    if (this.rows.full) this.flush();
  }

  /** Puts what was written so far into the file as a batch of its own. Where batches end is part of the bytes. */
  flush(): void {
    if (this.rows.count === 0) return;
    this.arrow.write(this.rows.toBatch(this.schema, this.words));
    this.rows.clear();
  }

  /** Completes the file, makes it durable and gives it its name. */
  close(): void {
    if (!this.open) return;
    this.flush();
    this.open = false;
    this.arrow.close();
    fsyncSync(this.file.descriptor);
    closeSync(this.file.descriptor);
    renameSync(this.partial, this.path);
    const folder = openSync(dirname(this.path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  }

  /** Ends without completing: what was flushed stays as the `.partial` file, for `readTape` with `unfinished`. Never throws. */
  abandon(): void {
    if (!this.open) return;
    this.open = false;
    try {
      closeSync(this.file.descriptor);
    } catch {
      // a disk that fails may refuse this too; there is nothing left to lose
    }
  }

  /** Gives up: nothing stays on disk. A file of that name from before is left as it was. */
  discard(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.file.descriptor);
    rmSync(this.partial, { force: true });
  }
}

/**
 * The library leaves the schema out of the front of a file and writes it only into the footer. The format wants it
 * at both ends (a file is a stream with a footer), and then we can read a tape as a stream, a batch at a time.
 */
class WholeFileWriter extends RecordBatchFileWriter {
  protected override _writeSchema(schema: Schema): this {
    return super._writeSchema(schema)._writeMessage(Message.from(schema));
  }
}

/** Where the Arrow library puts its bytes: straight into the file, at once, instead of into its queue. */
class FileSink extends AsyncByteQueue {
  readonly descriptor: number;
  constructor(descriptor: number) {
    super();
    this.descriptor = descriptor;
  }

  override write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength; )
      done += writeSync(this.descriptor, bytes, done, bytes.byteLength - done);
  }
}

/** The rows of one batch, column by column, in arrays that are filled again for the next. */
class Rows {
  count = 0;
  private readonly kind = new Int8Array(ROWS);
  private readonly instrument = new Int16Array(ROWS);
  private readonly receivedAt = new Int64Column(new BigInt64Array(ROWS));
  private readonly exchangeAt = new Int64Column(new BigInt64Array(ROWS));
  private readonly price = new Float64Array(ROWS);
  private readonly size = new Float64Array(ROWS);
  private readonly side = new Int8Array(ROWS);
  private readonly snapshot = new Uint8Array(ROWS / 8);
  private readonly prevSeqId = new Int64Column(new BigInt64Array(ROWS));
  private readonly seqId = new Int64Column(new BigInt64Array(ROWS));
  private readonly checksum = new Int32Array(ROWS);
  private readonly openAt = new Int64Column(new BigInt64Array(ROWS));
  private readonly openPrice = new Float64Array(ROWS);
  private readonly high = new Float64Array(ROWS);
  private readonly low = new Float64Array(ROWS);
  private readonly close = new Float64Array(ROWS);
  private readonly volume = new Float64Array(ROWS);
  private readonly closed = new Uint8Array(ROWS / 8);
  private readonly fundingRate = new Texts();
  private readonly fundingAt = new Int64Column(new BigInt64Array(ROWS));
  private readonly live = new Uint8Array(ROWS / 8);
  private readonly reason = new Texts();
  private readonly levelEnds = new Int32Array(ROWS + 1);
  private readonly levels = new Levels();

  get full(): boolean {
    return this.count === ROWS || this.levels.count >= LEVELS;
  }

  add(event: MarketEvent): void {
    const row = this.count;
    this.kind[row] = event.kind - 1;
    this.instrument[row] = event.instrument;
    this.receivedAt.set(row, safe(event.at));
    switch (event.kind) {
      case EventKind.book:
        this.addBook(row, event);
        break;
      case EventKind.trade:
        this.addTrade(row, event);
        break;
      case EventKind.candle:
        this.addCandle(row, event);
        break;
      case EventKind.mark:
        this.addMark(row, event);
        break;
      case EventKind.funding:
        this.addFunding(row, event);
        break;
      case EventKind.feed:
        this.addFeed(row, event);
        break;
    }
    this.fundingRate.end(row);
    this.reason.end(row);
    this.levelEnds[row + 1] = this.levels.count;
    this.count = row + 1;
  }

  private addBook(row: number, { frame }: BookEvent): void {
    this.exchangeAt.set(row, safe(frame.exchangeAt));
    if (frame.snapshot) raise(this.snapshot, row);
    this.prevSeqId.set(row, safe(frame.prevSeqId));
    this.seqId.set(row, safe(frame.seqId));
    this.checksum[row] = frame.checksum;
    this.levels.add(frame);
  }

  private addTrade(row: number, event: TradeEvent): void {
    this.exchangeAt.set(row, safe(event.exchangeAt));
    this.price[row] = safe(event.price);
    this.size[row] = safe(event.size);
    this.side[row] = event.side === 'buy' ? 0 : 1;
  }

  private addCandle(row: number, event: CandleEvent): void {
    this.openAt.set(row, safe(event.openAt));
    this.openPrice[row] = safe(event.open);
    this.high[row] = safe(event.high);
    this.low[row] = safe(event.low);
    this.close[row] = safe(event.close);
    this.volume[row] = safe(event.volume);
    if (event.closed) raise(this.closed, row);
  }

  private addMark(row: number, event: MarkEvent): void {
    this.exchangeAt.set(row, safe(event.exchangeAt));
    this.price[row] = safe(event.price);
  }

  private addFunding(row: number, event: FundingEvent): void {
    this.fundingRate.add(event.rate);
    this.fundingAt.set(row, safe(event.fundingAt));
  }

  private addFeed(row: number, event: FeedEvent): void {
    if (event.live) raise(this.live, row);
    this.reason.add(event.reason);
  }

  /** The rows as Arrow sees them: views of the arrays here, valid until `clear`. */
  toBatch(schema: Schema, words: Words): RecordBatch {
    const { count, levels } = this;
    const flat = (values: TypedArray): Buffers => ({ [BufferType.DATA]: values.subarray(0, count) as never });
    const buffers: Record<ColumnName, Buffers> = {
      kind: flat(this.kind),
      instrument: flat(this.instrument),
      received_at: flat(this.receivedAt.values),
      exchange_at: flat(this.exchangeAt.values),
      price: flat(this.price),
      size: flat(this.size),
      side: flat(this.side),
      snapshot: { [BufferType.DATA]: this.snapshot },
      prev_seq_id: flat(this.prevSeqId.values),
      seq_id: flat(this.seqId.values),
      checksum: flat(this.checksum),
      levels: { [BufferType.OFFSET]: this.levelEnds.subarray(0, count + 1) },
      open_at: flat(this.openAt.values),
      open: flat(this.openPrice),
      high: flat(this.high),
      low: flat(this.low),
      close: flat(this.close),
      volume: flat(this.volume),
      closed: { [BufferType.DATA]: this.closed },
      funding_rate: this.fundingRate.toBuffers(count),
      funding_at: flat(this.fundingAt.values),
      live: { [BufferType.DATA]: this.live },
      reason: this.reason.toBuffers(count),
    };
    const columns = COLUMNS.map(({ name, type, rows }) => {
      const [nulls, validity] = rows === 0 ? [0, undefined] : this.validity(rows);
      const children = name === 'levels' ? [levels.toData()] : [];
      const filled =
        validity === undefined ? buffers[name] : { ...buffers[name], [BufferType.VALIDITY]: validity };
      return new Data<DataType>(type, 0, count, nulls, filled, children, words[name]);
    });
    return new RecordBatch(schema, new Data(new Struct(schema.fields), 0, count, 0, {}, columns));
  }

  clear(): void {
    const { count } = this;
    // cells that say nothing are zero in the file, not what an earlier batch left there
    for (const values of [
      this.price,
      this.size,
      this.openPrice,
      this.high,
      this.low,
      this.close,
      this.volume,
    ])
      values.fill(0, 0, count);
    for (const column of [this.exchangeAt, this.prevSeqId, this.seqId, this.openAt, this.fundingAt])
      column.values.fill(0n, 0, count);
    for (const values of [this.side, this.checksum]) values.fill(0, 0, count);
    for (const bitmap of [this.snapshot, this.closed, this.live]) bitmap.fill(0, 0, (count + 7) >> 3);
    this.levels.count = 0;
    this.fundingRate.clear();
    this.reason.clear();
    this.count = 0;
  }

  /** Null count and validity bitmap of a column that speaks only of these kinds. */
  private validity(kinds: number): [number, Uint8Array] {
    const bitmap = new Uint8Array((this.count + 7) >> 3);
    let valid = 0;
    for (let row = 0; row < this.count; row++)
      if ((kinds & bit(this.kind[row]! + 1)) !== 0) {
        raise(bitmap, row);
        valid++;
      }
    return [this.count - valid, bitmap];
  }
}

type Buffers = Partial<ArrowBuffers<DataType>>;
type Words = { readonly [column in ColumnName]?: Vector };
type TypedArray = Int8Array | Int16Array | Int32Array | Float64Array | BigInt64Array;

/** The level changes of a batch's books, one after the other. */
class Levels {
  count = 0;
  private side = new Uint8Array(ROWS);
  private price = new Float64Array(ROWS);
  private size = new Float64Array(ROWS);
  private orders = new Int32Array(ROWS);

  add({ count, side, price, size, orders }: BookFrame): void {
    while (this.count + count > this.side.length) this.grow();
    let at = this.count;
    for (let i = 0; i < count; i++, at++) {
      this.side[at] = side[i]!;
      this.price[at] = safe(price[i]!);
      this.size[at] = safe(size[i]!);
      this.orders[at] = orders[i]!;
    }
    this.count = at;
  }

  toData(): Data {
    const { count } = this;
    const columns = [this.side, this.price, this.size, this.orders].map(
      (values, index) =>
        new Data<DataType>(LEVEL_TYPE.children[index]!.type, 0, count, 0, {
          [BufferType.DATA]: values.subarray(0, count) as never,
        }),
    );
    return new Data(LEVEL_TYPE, 0, count, 0, {}, columns);
  }

  private grow(): void {
    const length = this.side.length * 2;
    const longer = <A extends { set(from: A): void }>(to: A, from: A): A => {
      to.set(from);
      return to;
    };
    this.side = longer(new Uint8Array(length), this.side);
    this.price = longer(new Float64Array(length), this.price);
    this.size = longer(new Float64Array(length), this.size);
    this.orders = longer(new Int32Array(length), this.orders);
  }
}

/** A text column: rare, so plain strings until the batch is written. */
class Texts {
  private texts: string[] = [];
  private bytes = 0;
  private readonly ends = new Int32Array(ROWS + 1);

  add(text: string): void {
    this.texts.push(text);
    this.bytes += Buffer.byteLength(text);
  }

  /** Called for every row: what was added since the last is its cell. */
  end(row: number): void {
    this.ends[row + 1] = this.bytes;
  }

  toBuffers(count: number): Buffers {
    const bytes = Buffer.from(this.texts.join(''));
    return { [BufferType.OFFSET]: this.ends.subarray(0, count + 1), [BufferType.DATA]: bytes as never };
  }

  clear(): void {
    this.texts = [];
    this.bytes = 0;
  }
}

function raise(bitmap: Uint8Array, row: number): void {
  bitmap[row >> 3]! |= 1 << (row & 7);
}

/** A tape must give back what it was given: only integers that a double and an int64 hold alike. */
function safe(value: number): number {
  assert(
    Number.isSafeInteger(value),
    `a tape holds integers (ticks, lots, times, sequence ids), not ${value}`,
  );
  return value;
}
