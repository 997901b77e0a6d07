import { closeSync, openSync, readSync } from 'node:fs';
import { EventKind } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import type { Us } from '../core/units.ts';
import { BookAudit } from './book-audit.ts';
import { TapeError, type TapeMeta } from './format.ts';
import { hashFile } from './hash.ts';
import { type CaptureOptions, type CaptureReport, type InstrumentReport, OkxCapture } from './okx-capture.ts';
import { readTape } from './reader.ts';

/** What is on a tape. Times in µs of the recorder's clock. */
export interface TapeReport {
  readonly kind: 'tape';
  readonly file: string;
  readonly sha256: string;
  readonly from: Us | null;
  readonly to: Us | null;
  readonly events: number;
  readonly meta: TapeMeta;
  readonly instruments: readonly TapeInstrumentReport[];
  /** Events stamped earlier than the one before: a writer's fault. */
  readonly timeStepsBack: number;
}

export interface TapeInstrumentReport extends Omit<InstrumentReport, 'staleTrades' | 'repeatedTrades'> {
  /** Why the feed was lost, the first hundred times. */
  readonly outageReasons: readonly { readonly at: Us; readonly reason: string }[];
}

/** Whether the file is in the format of a tape (it may still be damaged). Throws a `TapeError` when it cannot be read. */
export function isTape(path: string): boolean {
  const magic = Buffer.alloc(6);
  try {
    const descriptor = openSync(path, 'r');
    readSync(descriptor, magic);
    closeSync(descriptor);
  } catch (error) {
    throw new TapeError(path, `cannot be read (${(error as Error).message}); check the name`, {
      cause: error,
    });
  }
  return magic.toString('latin1') === 'ARROW1';
}

/** The report that an import would give, without the tape. */
export async function inspectCapture(
  files: readonly string[],
  options: CaptureOptions = {},
): Promise<CaptureReport> {
  const capture = await OkxCapture.open(files, options);
  const report = await capture.replay(() => {});
  if (report.channels.length === 0 && report.controlMessages === 0)
    throw new TapeError(
      files[0] ?? '',
      'is neither a tape nor a capture of OKX v5: it has no messages of that kind',
    );
  return report;
}

/** Reads the whole tape, follows its books and checks them again. Throws a `TapeError` when it is damaged. */
export function inspectTape(path: string): TapeReport {
  const tape = readTape(path);
  const tracks = tape.instruments.map((spec) => new Track(new Instrument(spec)));
  let from: Us | null = null;
  let to: Us | null = null;
  let events = 0;
  let timeStepsBack = 0;
  tape.forEach((event) => {
    events++;
    from ??= event.at;
    if (to !== null && event.at < to) timeStepsBack++;
    to = event.at;
    const track = tracks[event.instrument]!;
    switch (event.kind) {
      case EventKind.book:
        track.audit.apply(event.frame);
        track.books++;
        break;
      case EventKind.trade:
        track.trades++;
        break;
      case EventKind.candle:
        track.candles++;
        break;
      case EventKind.mark:
        track.marks++;
        break;
      case EventKind.funding:
        track.fundings++;
        break;
      case EventKind.feed:
        if (event.live) break;
        track.audit.lose();
        track.outages++;
        if (track.reasons.length < REASONS_LISTED) track.reasons.push({ at: event.at, reason: event.reason });
        break;
    }
  });
  return {
    kind: 'tape',
    file: path,
    sha256: hashFile(path),
    from,
    to,
    events,
    meta: tape.meta,
    instruments: tracks.map((track) => track.report(tape.meta)),
    timeStepsBack,
  };
}

const REASONS_LISTED = 100;

class Track {
  readonly instrument: Instrument;
  readonly audit: BookAudit;
  readonly reasons: { at: Us; reason: string }[] = [];
  books = 0;
  trades = 0;
  candles = 0;
  marks = 0;
  fundings = 0;
  outages = 0;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.audit = new BookAudit(instrument);
  }

  report(meta: TapeMeta): TapeInstrumentReport {
    return {
      instrument: this.instrument.id,
      tickSize: this.instrument.spec.tickSz,
      lotSize: this.instrument.spec.lotSz,
      derived: meta.derived.includes(this.instrument.id),
      book: this.books === 0 ? null : this.audit.report(),
      trades: this.trades,
      candles: this.candles,
      marks: this.marks,
      fundings: this.fundings,
      outages: this.outages,
      outageReasons: this.reasons,
    };
  }
}
