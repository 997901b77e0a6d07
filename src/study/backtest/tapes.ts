import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigError } from '../../config/load.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { Instrument } from '../../core/instrument.ts';
import { readTape, type TapeReader } from '../../tape/reader.ts';

/** How many events of each kind a run will be told of one instrument. */
export interface Holding {
  books: number;
  trades: number;
  candles: number;
  fundings: number;
  /** Length of the candles on the tape, ms; 0 where there are none, or the tape does not say. */
  barMs: number;
  /** As OKX writes it; empty where there are none. */
  bar: string;
}

export interface TapeFile {
  readonly path: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  /** What it holds, in words. */
  readonly holds: string;
}

/**
 * One tape or several, told as one: events in the order of their times, those of equal time in the order in which the
 * tapes were named. Instruments are numbered through; one that stands on several tapes is one instrument.
 */
export class Tapes {
  readonly files: readonly TapeFile[];
  readonly instruments: readonly Instrument[];
  /** One for each instrument. */
  readonly holdings: readonly Holding[];
  /** Of the first and the last event on any of them, ms; both 0 where there are none. */
  from = 0;
  to = 0;
  private readonly paths: readonly string[];
  /** For each tape: where its instruments are in `instruments`. */
  private readonly places: readonly (readonly number[])[];

  /** Throws a `TapeError` for what is not a whole tape, a `ConfigError` for tapes that do not go together. */
  constructor(paths: readonly string[]) {
    if (paths.length === 0) throw new ConfigError(['no tape named']);
    this.paths = paths;
    const instruments: Instrument[] = [];
    const holdings: Holding[] = [];
    this.places = paths.map((path) => {
      const tape = readTape(path);
      tape.close();
      return tape.instruments.map((spec) => {
        const known = instruments.findIndex(({ id }) => id === spec.instId);
        if (known < 0) {
          instruments.push(new Instrument(spec));
          holdings.push({ books: 0, trades: 0, candles: 0, fundings: 0, barMs: 0, bar: '' });
          return instruments.length - 1;
        }
        const { tickSz, lotSz, ctVal, ctMult, ctType } = instruments[known]!.spec;
        if (tickSz !== spec.tickSz || lotSz !== spec.lotSz || ctVal !== spec.ctVal)
          throw new ConfigError([
            `${path}: ${spec.instId} has tick ${spec.tickSz}, lot ${spec.lotSz}, contract ${spec.ctVal}; an earlier tape says ${tickSz}, ${lotSz}, ${ctVal}: import both with the same --instruments`,
          ]);
        if (ctMult !== spec.ctMult || ctType !== spec.ctType)
          throw new ConfigError([
            `${path}: ${spec.instId} is another kind of contract than on an earlier tape`,
          ]);
        return known;
      });
    });
    this.instruments = instruments;
    this.holdings = holdings;
    this.files = paths.map((path, index) => this.survey(path, this.places[index]!));
  }

  /** Hands every event to `emit`, lent until the next one. */
  forEach(emit: (event: MarketEvent) => void): void {
    const readers = this.paths.map((path) => readTape(path));
    try {
      if (readers.length === 1) {
        const [places] = this.places;
        for (let event = readers[0]!.next(); event !== null; event = readers[0]!.next()) {
          event.instrument = places![event.instrument]!;
          emit(event);
        }
        return;
      }
      this.merge(readers, emit);
    } finally {
      for (const reader of readers) reader.close();
    }
  }

  private merge(readers: readonly TapeReader[], emit: (event: MarketEvent) => void): void {
    const heads: (MarketEvent | null)[] = readers.map((reader, index) => this.head(reader, index));
    for (;;) {
      let first = -1;
      for (let index = 0; index < heads.length; index++) {
        const head = heads[index]!;
        if (head !== null && (first < 0 || head.at < heads[first]!.at)) first = index;
      }
      if (first < 0) return;
      emit(heads[first]!);
      heads[first] = this.head(readers[first]!, first);
    }
  }

  private head(reader: TapeReader, index: number): MarketEvent | null {
    const event = reader.next();
    if (event !== null) event.instrument = this.places[index]![event.instrument]!;
    return event;
  }

  /** Counts what is there: which market the venue must be played with depends on it. */
  private survey(path: string, places: readonly number[]): TapeFile {
    const tape = readTape(path);
    const here = places.map(() => ({ books: 0, trades: 0, candles: 0, fundings: 0 }));
    tape.forEachKind((kind, instrument, at) => {
      if (this.from === 0 || at / 1000 < this.from) this.from = at / 1000;
      if (at / 1000 > this.to) this.to = at / 1000;
      const count = here[instrument]!;
      if (kind === EventKind.book) count.books++;
      else if (kind === EventKind.trade) count.trades++;
      else if (kind === EventKind.candle) count.candles++;
      else if (kind === EventKind.funding) count.fundings++;
    });
    const { bar } = tape.meta;
    const words = here.map((count, i) => {
      const holding = this.holdings[places[i]!]!;
      holding.books += count.books;
      holding.trades += count.trades;
      holding.candles += count.candles;
      holding.fundings += count.fundings;
      if (count.candles > 0) {
        if (holding.bar !== '' && holding.bar !== bar)
          throw new ConfigError([
            `${path}: ${this.instruments[places[i]!]!.id} comes in ${bar} candles, in ${holding.bar} candles on an earlier tape: name one of them`,
          ]);
        holding.bar = bar;
        holding.barMs = bar === '' ? 0 : barToMs(bar);
      }
      const kinds = [
        count.books > 0 ? `${count.books} book frames` : '',
        count.trades > 0 ? `${count.trades} trades` : '',
        count.candles > 0 ? `${count.candles} ${bar} candles` : '',
        count.fundings > 0 ? `${count.fundings} funding rates` : '',
      ].filter((text) => text !== '');
      return `${kinds.join(', ') || 'nothing'} of ${this.instruments[places[i]!]!.id}`;
    });
    return { path, sha256: hashOf(path), holds: words.join('; ') };
  }
}

/** SHA-256 of the file's bytes, hex. */
function hashOf(path: string): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(1 << 20);
  const descriptor = openSync(path, 'r');
  try {
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk))
      hash.update(chunk.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
