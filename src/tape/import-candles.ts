import { basename } from 'node:path';
import { barToMs } from '../core/candles/candle-series.ts';
import { formatDecimal, parseDecimal } from '../core/decimal.ts';
import { CandleEvent, EventKind, FundingEvent, MarkEvent, type MarketEvent } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { lots, type Ms, ms, msToUs, type Us, us } from '../core/units.ts';
import { EMPTY_META, TapeError } from './format.ts';
import { type RejectedLine, readLines } from './raw.ts';
import { Rejections, type RejectionsReport } from './rejections.ts';
import { readSpecs, SeenDecimals, specFor } from './specs.ts';
import { TapeWriter } from './writer.ts';

export interface CandleOptions {
  /** Files of instrument specifications. */
  readonly instruments?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface CandleReport extends RejectionsReport {
  readonly kind: 'candles';
  readonly files: readonly string[];
  readonly bar: string;
  readonly from: Us | null;
  readonly to: Us | null;
  readonly events: number;
  readonly instruments: readonly CandleInstrumentReport[];
  readonly notes: readonly string[];
}

export interface CandleInstrumentReport {
  readonly instrument: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly derived: boolean;
  readonly candles: number;
  readonly marks: number;
  readonly fundings: number;
  /** Candles that are not there between the first and the last. */
  readonly missing: number;
  /** Rows whose time was there before: left out. */
  readonly repeated: number;
}

/**
 * Makes a tape of OKX candle files: CSV, plain or gzip, named `INSTRUMENT-BAR-…` (candles: ts, open, high, low, close,
 * volume in base coin), `INSTRUMENT-BAR-mark-…` (mark prices, no volume) or `INSTRUMENT-funding-…` (ts, funding_rate).
 *
 * A candle is an event at the end of its bar, when it could first be known; a mark candle gives the mark price then;
 * a settled funding rate is known at its settlement and not before. Volume becomes lots, rounded: without a
 * specification one contract is one base coin.
 */
export async function importCandles(
  files: readonly string[],
  out: string,
  options: CandleOptions = {},
): Promise<CandleReport> {
  const sources = files.map(sourceOf);
  const bars = [...new Set(sources.flatMap(({ kind, bar }) => (kind === 'candles' ? [bar] : [])))];
  if (bars.length > 1)
    throw new TapeError(
      out,
      `cannot hold candles of ${bars.join(' and ')}: a tape has one bar; make one for each`,
    );
  const instIds = [...new Set(sources.map(({ instId }) => instId))];
  const decimals = new Map(instIds.map((instId) => [instId, new SeenDecimals()]));
  for (const source of sources)
    if (source.kind !== 'funding')
      await readRows(source, options, ([, open, high, low, close, volume]) => {
        const seen = decimals.get(source.instId)!;
        for (const price of [open, high, low, close]) seen.see(price!, volume ?? '0');
      });

  const named = (options.instruments ?? []).map(readSpecs);
  const derived = instIds.filter((instId) => specFor(instId, null, named, []) === undefined);
  const specs = instIds.map(
    (instId) => specFor(instId, null, named, []) ?? decimals.get(instId)!.toSpec(instId),
  );
  const tracks = specs.map((spec, index) => new Track(new Instrument(spec), index));
  const rejections = new Rejections();
  const events: MarketEvent[] = [];
  for (const source of sources) {
    const track = tracks[instIds.indexOf(source.instId)]!;
    await readRows(source, options, (row) => track.take(source, row, events), rejections.of(source.path));
  }
  if (events.length === 0) throw new TapeError(files[0] ?? out, 'has no candles that can be used');
  // stable: files stay in order within one moment. Funding is charged on what is held when its period ends: it comes last
  const rank = ({ kind }: MarketEvent): number => (kind === EventKind.funding ? 1 : 0);
  events.sort((one, two) => one.at - two.at || rank(one) - rank(two));

  const notes = derived.map(
    (instId) => `${instId}: tick size derived from the decimals seen, one contract is one base coin`,
  );
  const source = `OKX candles: ${files.map((file) => basename(file)).join(', ')}`;
  const bar = bars[0] ?? '';
  const writer = TapeWriter.create(out, specs, { ...EMPTY_META, source, notes, derived, bar });
  try {
    for (const event of events) writer.write(event);
    writer.close();
  } catch (error) {
    writer.discard();
    throw error;
  }
  return {
    kind: 'candles',
    files,
    bar,
    from: events[0]!.at,
    to: events.at(-1)!.at,
    events: events.length,
    instruments: tracks.map((track) => track.report(derived)),
    ...rejections.report(),
    notes,
  };
}

interface Source {
  readonly path: string;
  readonly instId: string;
  readonly kind: 'candles' | 'marks' | 'funding';
  /** As OKX writes it; empty for funding. */
  readonly bar: string;
}

const NAME = /^(.+?)-(?:(funding)|(\d+[mhHdD])(-mark)?)-[\d-]+\.csv(?:\.gz)?$/;

function sourceOf(path: string): Source {
  const match = NAME.exec(basename(path));
  if (match === null)
    throw new TapeError(
      path,
      'has a name that does not say what it is; expected such as BTC-USDT-SWAP-5m-20220501-20220930.csv.gz, …-1h-mark-… or …-funding-…',
    );
  const [, instId, funding, bar = '', mark] = match;
  const kind = funding !== undefined ? 'funding' : mark !== undefined ? 'marks' : 'candles';
  return { path, instId: instId!, kind, bar: bar.replace('h', 'H').replace('d', 'D') };
}

const COLUMNS = {
  candles: 'ts,open,high,low,close,volume',
  marks: 'ts,open,high,low,close',
  funding: 'ts,funding_rate',
} as const;

/** Hands over the rows behind the header; a row of another shape is rejected. */
async function readRows(
  source: Source,
  { signal }: CandleOptions,
  take: (row: readonly string[]) => void,
  reject: (rejected: RejectedLine) => void = () => {},
): Promise<void> {
  const header = COLUMNS[source.kind];
  await readLines(
    source.path,
    (bytes, line) => {
      if (line % 4096 === 0) signal?.throwIfAborted();
      const text = Buffer.from(bytes).toString();
      if (line === 1) {
        if (text !== header)
          throw new TapeError(
            source.path,
            `begins with "${text.slice(0, 80)}", expected the columns ${header}`,
          );
        return;
      }
      if (text === '') return;
      const row = text.split(',');
      try {
        if (row.length !== header.split(',').length)
          throw new RangeError(`has ${row.length} columns, expected ${header}`);
        if (!/^\d+$/.test(row[0]!)) throw new RangeError(`time "${row[0]}" is not in milliseconds`);
        take(row);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        reject({ line, reason: error.message });
      }
    },
    reject,
  );
}

/** One instrument's rows on their way to events. */
class Track {
  private readonly instrument: Instrument;
  private readonly index: number;
  private readonly seen = {
    candles: new Set<number>(),
    marks: new Set<number>(),
    funding: new Set<number>(),
  };
  private readonly baseCoinPerLot: number;
  private barMs = 0;
  private repeated = 0;

  constructor(instrument: Instrument, index: number) {
    if (instrument.inverse)
      throw new RangeError(
        `${instrument.id}: volume in base coin cannot be told in lots of an inverse contract`,
      );
    this.instrument = instrument;
    this.index = index;
    this.baseCoinPerLot = instrument.valuePerLot;
  }

  take(source: Source, row: readonly string[], events: MarketEvent[]): void {
    const { instrument, index } = this;
    const openAt = ms(Number(row[0]));
    const seen = this.seen[source.kind];
    if (seen.has(openAt)) {
      this.repeated++;
      return;
    }
    if (source.kind === 'funding') {
      const rate = formatDecimal(parseDecimal(row[1]!, 18), 18);
      events.push(new FundingEvent(msToUs(openAt), index, rate, openAt));
    } else {
      const barMs = barToMs(source.bar);
      const at = us((openAt + barMs) * 1000);
      const [open, high, low, close] = row.slice(1, 5).map((text) => instrument.parsePrice(text)) as [
        CandleEvent['open'],
        CandleEvent['open'],
        CandleEvent['open'],
        CandleEvent['open'],
      ];
      if (low > Math.min(open, close) || high < Math.max(open, close))
        throw new RangeError(`open or close lies outside low to high: ${row.join(',')}`);
      if (source.kind === 'marks') events.push(new MarkEvent(at, index, (openAt + barMs) as Ms, close));
      else {
        const volume = Number(row[5]) / this.baseCoinPerLot;
        if (!(volume >= 0)) throw new RangeError(`volume "${row[5]}" is not a number`);
        events.push(
          new CandleEvent(at, index, openAt, open, high, low, close, lots(Math.round(volume)), true),
        );
        this.barMs = barMs;
      }
    }
    seen.add(openAt);
  }

  report(derived: readonly string[]): CandleInstrumentReport {
    const { candles, marks, funding } = this.seen;
    const { id, spec } = this.instrument;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const openAt of candles) {
      first = Math.min(first, openAt);
      last = Math.max(last, openAt);
    }
    return {
      instrument: id,
      tickSize: spec.tickSz,
      lotSize: spec.lotSz,
      derived: derived.includes(id),
      candles: candles.size,
      marks: marks.size,
      fundings: funding.size,
      missing: candles.size === 0 ? 0 : (last - first) / this.barMs + 1 - candles.size,
      repeated: this.repeated,
    };
  }
}
