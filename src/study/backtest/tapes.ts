import { resolve } from 'node:path';
import { ConfigError } from '../../config/load.ts';
import { barToMs } from '../../core/candles/candle-series.ts';
import { EventKind, type MarketEvent } from '../../core/events.ts';
import { Instrument, type InstrumentSpec } from '../../core/instrument.ts';
import { hashFile } from '../../tape/hash.ts';
import { readTape, type TapeReader } from '../../tape/reader.ts';

/** How many events of each kind a run will be told of one instrument. */
export interface Holding {
  books: number;
  trades: number;
  candles: number;
  fundings: number;
  /** Of all kinds. */
  events: number;
  /** Of the first and the last of them, ms; both 0 where there are none. */
  from: number;
  to: number;
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

/** What a look through tapes finds: plain data, so that a worker need not look again. */
export interface Survey {
  readonly paths: readonly string[];
  readonly files: readonly TapeFile[];
  readonly specs: readonly InstrumentSpec[];
  /** One for each instrument. */
  readonly holdings: readonly Holding[];
  /** For each tape: where its instruments are in `specs`. */
  readonly places: readonly (readonly number[])[];
}

/**
 * One tape or several, told as one: events in the order of their times, those of equal time in the order in which the
 * tapes were named, but funding last. Instruments are numbered through; one that stands on several tapes is one instrument.
 */
export class Tapes {
  readonly survey: Survey;
  readonly instruments: readonly Instrument[];

  constructor(survey: Survey) {
    this.survey = survey;
    this.instruments = survey.specs.map((spec) => new Instrument(spec));
  }

  /** Throws a `TapeError` for what is not a whole tape, a `ConfigError` for tapes that do not go together. */
  static open(paths: readonly string[]): Tapes {
    return new Tapes(surveyOf(paths));
  }

  get files(): readonly TapeFile[] {
    return this.survey.files;
  }

  /** One for each instrument. */
  get holdings(): readonly Holding[] {
    return this.survey.holdings;
  }

  /**
   * Hands every event to `emit`, lent until the next one. Tapes that hold none of the `wanted` instruments are not read;
   * on the others everything is told.
   */
  forEach(emit: (event: MarketEvent) => void, wanted?: readonly boolean[]): void {
    const { survey } = this;
    const tapes = survey.paths
      .map((path, index) => ({ path, places: survey.places[index]! }))
      .filter(({ places }) => wanted === undefined || places.some((place) => wanted[place]));
    const readers = tapes.map(({ path }) => readTape(path));
    try {
      if (readers.length === 1) {
        const { places } = tapes[0]!;
        for (let event = readers[0]!.next(); event !== null; event = readers[0]!.next()) {
          event.instrument = places[event.instrument]!;
          emit(event);
        }
        return;
      }
      merge(
        readers,
        tapes.map(({ places }) => places),
        emit,
      );
    } finally {
      for (const reader of readers) reader.close();
    }
  }
}

function merge(
  readers: readonly TapeReader[],
  places: readonly (readonly number[])[],
  emit: (event: MarketEvent) => void,
): void {
  const next = (index: number): MarketEvent | null => {
    const event = readers[index]!.next();
    if (event !== null) event.instrument = places[index]![event.instrument]!;
    return event;
  };
  const heads = readers.map((_, index) => next(index));
  for (;;) {
    let first = -1;
    for (let index = 0; index < heads.length; index++) {
      const head = heads[index]!;
      if (head !== null && (first < 0 || comesBefore(head, heads[first]!))) first = index;
    }
    if (first < 0) return;
    emit(heads[first]!);
    heads[first] = next(first);
  }
}

/** Funding is charged on what is held when its period ends: after all that ends at the same moment. */
const comesBefore = (one: MarketEvent, other: MarketEvent): boolean =>
  one.at < other.at ||
  (one.at === other.at && one.kind !== EventKind.funding && other.kind === EventKind.funding);

function surveyOf(paths: readonly string[]): Survey {
  if (paths.length === 0) throw new ConfigError(['no tape named']);
  const twice = paths.find((path, index) =>
    paths.slice(0, index).some((one) => resolve(one) === resolve(path)),
  );
  if (twice !== undefined)
    throw new ConfigError([`${twice}: named twice, all that is on it would happen twice: name it once`]);
  const specs: InstrumentSpec[] = [];
  const holdings: Holding[] = [];
  const places = paths.map((path) => {
    const tape = readTape(path);
    tape.close();
    return tape.instruments.map((spec) => placeOf(path, spec, specs, holdings));
  });
  const hashes = paths.map(hashFile);
  hashes.forEach((hash, index) => {
    const first = hashes.indexOf(hash);
    if (first < index)
      throw new ConfigError([
        `${paths[index]}: the same as ${paths[first]} to the byte, all that is on it would happen twice: name one of them`,
      ]);
  });
  const files = paths.map((path, index) =>
    count(
      path,
      hashes[index]!,
      places[index]!.map((place) => ({ id: specs[place]!.instId, holding: holdings[place]! })),
    ),
  );
  return { paths, files, specs, holdings, places };
}

/** Where an instrument is among those known; it becomes known. */
function placeOf(path: string, spec: InstrumentSpec, specs: InstrumentSpec[], holdings: Holding[]): number {
  const place = specs.findIndex(({ instId }) => instId === spec.instId);
  if (place < 0) {
    specs.push(spec);
    holdings.push({ ...NOTHING });
    return specs.length - 1;
  }
  const { tickSz, lotSz, ctVal, ctMult, ctType } = specs[place]!;
  if (tickSz !== spec.tickSz || lotSz !== spec.lotSz || ctVal !== spec.ctVal)
    throw new ConfigError([
      `${path}: ${spec.instId} has tick ${spec.tickSz}, lot ${spec.lotSz}, contract ${spec.ctVal}; an earlier tape says ${tickSz}, ${lotSz}, ${ctVal}: import both with the same --instruments`,
    ]);
  if (ctMult !== spec.ctMult || ctType !== spec.ctType)
    throw new ConfigError([`${path}: ${spec.instId} is another kind of contract than on an earlier tape`]);
  return place;
}

const NOTHING: Holding = {
  books: 0,
  trades: 0,
  candles: 0,
  fundings: 0,
  events: 0,
  from: 0,
  to: 0,
  barMs: 0,
  bar: '',
};

/** Counts what is there: which market the venue must be played with depends on it. */
function count(
  path: string,
  sha256: string,
  instruments: readonly { id: string; holding: Holding }[],
): TapeFile {
  const tape = readTape(path);
  const here = instruments.map(() => ({ ...NOTHING }));
  tape.forEachKind((kind, instrument, at) => {
    const seen = here[instrument]!;
    const ms = at / 1000;
    if (seen.events === 0 || ms < seen.from) seen.from = ms;
    if (ms > seen.to) seen.to = ms;
    seen.events++;
    if (kind === EventKind.book) seen.books++;
    else if (kind === EventKind.trade) seen.trades++;
    else if (kind === EventKind.candle) seen.candles++;
    else if (kind === EventKind.funding) seen.fundings++;
  });
  const { bar } = tape.meta;
  const words = here.map((seen, i) => {
    const { id, holding } = instruments[i]!;
    if (seen.events > 0) {
      holding.from = holding.events === 0 ? seen.from : Math.min(holding.from, seen.from);
      holding.to = Math.max(holding.to, seen.to);
    }
    holding.events += seen.events;
    holding.books += seen.books;
    holding.trades += seen.trades;
    holding.candles += seen.candles;
    holding.fundings += seen.fundings;
    if (seen.candles > 0) {
      if (holding.bar !== '' && holding.bar !== bar)
        throw new ConfigError([
          `${path}: ${id} comes in ${bar} candles, in ${holding.bar} candles on an earlier tape: name one of them`,
        ]);
      holding.bar = bar;
      holding.barMs = bar === '' ? 0 : barToMs(bar);
    }
    const kinds = [
      seen.books > 0 ? `${seen.books} book frames` : '',
      seen.trades > 0 ? `${seen.trades} trades` : '',
      seen.candles > 0 ? `${seen.candles} ${bar} candles` : '',
      seen.fundings > 0 ? `${seen.fundings} funding rates` : '',
    ].filter((text) => text !== '');
    return `${kinds.join(', ') || 'nothing'} of ${id}`;
  });
  return { path, sha256, holds: words.join('; ') };
}
