import { basename } from 'node:path';
import { TradeEvent } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { lots, ms, ticks, type Us, us } from '../core/units.ts';
import { EMPTY_META, TapeError } from './format.ts';
import { type RejectedLine, readLines } from './raw.ts';
import { Rejections, type RejectionsReport } from './rejections.ts';
import { readSpecs, SeenDecimals, specFor } from './specs.ts';
import { TapeWriter } from './writer.ts';

export interface TradesOptions {
  /** Whose trades these are, where neither a column nor the file name says so. */
  readonly instrument?: string;
  /** Files of instrument specifications. */
  readonly instruments?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface TradesReport extends RejectionsReport {
  readonly kind: 'trades';
  readonly files: readonly string[];
  readonly from: Us | null;
  readonly to: Us | null;
  readonly events: number;
  readonly instruments: readonly TradesInstrumentReport[];
  readonly notes: readonly string[];
}

export interface TradesInstrumentReport {
  readonly instrument: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly derived: boolean;
  readonly trades: number;
  /** Rows whose trade id was there before: left out. */
  readonly repeated: number;
  /** Rows that came after later ones of their file: put in their place. */
  readonly late: number;
  /** Longest time without a trade, s. */
  readonly longestGapSeconds: number;
}

/**
 * Makes a tape of trade files: CSV, plain or gzip, the files in the order of their time. OKX's own daily archives, the old
 * ones (`trade_id/…,side/…,size/…,price/…,created_time/…`: two languages in GBK, of which only the part before the slash is
 * read) and the newer ones (`instrument_name,trade_id,side,price,size,created_time`), and others whose columns are called
 * alike; a file without a header has the columns of OKX's old ones.
 *
 * `side` is the taker's. A trade is an event at its own time: what the way to us took is not known. Within a file rows are
 * sorted by time, for the archives are not; a file that begins before the one before it ended is told when that one ended.
 */
export async function importTrades(
  files: readonly string[],
  out: string,
  options: TradesOptions = {},
): Promise<TradesReport> {
  const decimals = new Map<string, SeenDecimals>();
  for (const file of files)
    await readTrades(file, options, ({ instId, price, size }) => {
      const seen = decimals.get(instId) ?? new SeenDecimals();
      seen.see(price, size);
      decimals.set(instId, seen);
    });
  const instIds = [...decimals.keys()];
  if (instIds.length === 0) throw new TapeError(files[0] ?? out, 'has no trades that can be used');

  const named = (options.instruments ?? []).map(readSpecs);
  const derived = instIds.filter((instId) => specFor(instId, null, named, []) === undefined);
  const specs = instIds.map(
    (instId) => specFor(instId, null, named, []) ?? decimals.get(instId)!.toSpec(instId),
  );
  const tracks = specs.map((spec, index) => new Track(new Instrument(spec), index));
  const notes = derived.map(
    (instId) =>
      `${instId}: tick and lot size derived from the decimals seen, one contract is one of what size counts`,
  );
  const rejections = new Rejections();
  const source = `trades: ${files.map((file) => basename(file)).join(', ')}`;
  const writer = TapeWriter.create(out, specs, { ...EMPTY_META, source, notes, derived });
  let from: Us | null = null;
  let now = 0;
  try {
    for (const file of files) {
      const rows: TradeEvent[] = [];
      await readTrades(
        file,
        options,
        (row) => tracks[instIds.indexOf(row.instId)]!.take(row, rows),
        rejections.of(file),
      );
      rows.sort((one, two) => one.at - two.at); // stable: rows of one moment stay as they are
      for (const row of rows) {
        now = Math.max(now, row.at);
        row.at = us(now);
        from ??= row.at;
        writer.write(row);
      }
    }
    if (from === null) throw new TapeError(files[0] ?? out, 'has no trades that can be used');
    writer.close();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return {
    kind: 'trades',
    files,
    from,
    to: us(now),
    events: writer.events,
    instruments: tracks.map((track) => track.report(derived)),
    ...rejections.report(),
    notes,
  };
}

/** One row as text. */
interface Row {
  readonly instId: string;
  readonly id: string;
  readonly side: string;
  readonly price: string;
  readonly size: string;
  readonly time: string;
}

/** What the columns are called, by what we call them. The first that is there counts. */
const NAMES = {
  instId: ['instrument_name', 'symbol'],
  id: ['trade_id', 'id'],
  side: ['side'],
  price: ['price'],
  size: ['size', 'amount', 'qty'],
  time: ['created_time', 'timestamp', 'ts', 'time'],
} as const;
const WITHOUT_HEADER = ['trade_id', 'side', 'size', 'price', 'created_time'];

/** Where each figure stands in a row; −1 where it does not. */
type Places = Readonly<Record<keyof typeof NAMES, number>>;

function placesOf(path: string, columns: readonly string[]): Places {
  const place = (name: keyof typeof NAMES): number =>
    NAMES[name].reduce((found, word) => (found >= 0 ? found : columns.indexOf(word)), -1);
  const places = {
    instId: place('instId'),
    id: place('id'),
    side: place('side'),
    price: place('price'),
    size: place('size'),
    time: place('time'),
  };
  const missing = (['side', 'price', 'size', 'time'] as const).filter((name) => places[name] < 0);
  if (missing.length > 0)
    throw new TapeError(
      path,
      `has the columns "${columns.join()}", and none for ${missing.join(', ')}; expected such as trade_id,side,size,price,created_time`,
    );
  return places;
}

/** Hands over the trades of a file; a row of another shape is rejected. */
async function readTrades(
  path: string,
  { instrument, signal }: TradesOptions,
  take: (row: Row) => void,
  reject: (rejected: RejectedLine) => void = () => {},
): Promise<void> {
  let places: Places | null = null;
  let width = 0;
  let fixed = '';
  await readLines(
    path,
    (bytes, line) => {
      if (line % 4096 === 0) signal?.throwIfAborted();
      // half of an old header is GBK: no text of ours
      const text = Buffer.from(bytes).toString('latin1');
      if (text === '') return;
      const cells = text.split(',');
      if (places === null) {
        if (text.startsWith('PK')) throw new TapeError(path, 'is a zip archive; unzip it first');
        const header = !/^\d/.test(text);
        const columns = header ? cells.map((cell) => cell.split('/')[0]!.trim()) : WITHOUT_HEADER;
        places = placesOf(path, columns);
        width = columns.length;
        if (places.instId < 0) fixed = instrument ?? instrumentOf(path);
        if (header) return;
      }
      try {
        if (cells.length !== width) throw new RangeError(`has ${cells.length} columns, expected ${width}`);
        const row = {
          instId: places.instId < 0 ? fixed : (instrument ?? cells[places.instId]!),
          id: places.id < 0 ? '' : cells[places.id]!,
          side: cells[places.side]!.toLowerCase(),
          price: cells[places.price]!,
          size: cells[places.size]!,
          time: cells[places.time]!,
        };
        check(row);
        take(row);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        reject({ line, reason: error.message });
      }
    },
    reject,
  );
}

function check({ side, time, price, size }: Row): void {
  if (side !== 'buy' && side !== 'sell') throw new RangeError(`side "${side}" is neither buy nor sell`);
  if (!/^\d{13}(\d{3})?$/.test(time))
    throw new RangeError(`time "${time}" is not in milliseconds or microseconds`);
  if (!(Number(price) > 0)) throw new RangeError(`price "${price}" is not a price`);
  if (!(Number(size) > 0)) throw new RangeError(`size "${size}" is not a size`);
}

/** OKX calls its archives `BTC-USDT-SWAP-trades-2023-11-18.csv`, or `-aggtrades-`. */
function instrumentOf(path: string): string {
  const match = /^(?:.*\/)?(?:okx-)?([A-Z0-9]+(?:-[A-Z0-9]+)+)-(?:agg)?trades-/.exec(basename(path));
  if (match === null)
    throw new TapeError(path, 'does not say whose trades it has; name the instrument with --instrument');
  return match[1]!;
}

/** One instrument's rows on their way to events. */
class Track {
  private readonly instrument: Instrument;
  private readonly index: number;
  private readonly ids = new Set<string>();
  private trades = 0;
  private repeated = 0;
  private late = 0;
  private newest = 0;
  private longestGapMs = 0;

  constructor(instrument: Instrument, index: number) {
    this.instrument = instrument;
    this.index = index;
  }

  take({ id, side, price, size, time }: Row, events: TradeEvent[]): void {
    if (id !== '' && this.ids.has(id)) {
      this.repeated++;
      return;
    }
    const { instrument } = this;
    const at = time.length === 16 ? Number(time) : Number(time) * 1000;
    const exchangeAt = Math.floor(at / 1000);
    events.push(
      new TradeEvent(
        us(at),
        this.index,
        ms(exchangeAt),
        ticks(instrument.parsePrice(price)),
        lots(instrument.parseSize(size)),
        side as 'buy' | 'sell',
      ),
    );
    if (id !== '') this.ids.add(id);
    this.trades++;
    if (exchangeAt < this.newest) this.late++;
    else {
      if (this.newest > 0) this.longestGapMs = Math.max(this.longestGapMs, exchangeAt - this.newest);
      this.newest = exchangeAt;
    }
  }

  report(derived: readonly string[]): TradesInstrumentReport {
    const { id, spec } = this.instrument;
    return {
      instrument: id,
      tickSize: spec.tickSz,
      lotSize: spec.lotSz,
      derived: derived.includes(id),
      trades: this.trades,
      repeated: this.repeated,
      late: this.late,
      longestGapSeconds: this.longestGapMs / 1000,
    };
  }
}
