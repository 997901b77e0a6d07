import { basename } from 'node:path';
import { BookFrame } from '../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../core/events.ts';
import { Instrument, type InstrumentSpec } from '../core/instrument.ts';
import { msToUs, type Us, us } from '../core/units.ts';
import { BookDecoder } from '../venue/okx/codec/books.ts';
import { DecodeError } from '../venue/okx/codec/decode-error.ts';
import { isRow, type Row, rowOf, rowsOf, textOf } from '../venue/okx/codec/fields.ts';
import { decodeCandle, decodeFunding, decodeMark, decodeTrade } from '../venue/okx/codec/market.ts';
import { BookAudit, type BookReport } from './book-audit.ts';
import { EMPTY_META, TapeError, type TapeMeta } from './format.ts';
import { BOOK_CHANNELS, channelKind } from './okx-channels.ts';
import { type RawMessage, readRaw } from './raw.ts';
import { Rejections, type RejectionsReport } from './rejections.ts';
import { readSpecs, SeenDecimals, specFilesBeside, specFor } from './specs.ts';

/**
 * On subscribing to trades OKX pushes the last one at once, which may be hours old; flow must not count it. The first
 * trade after a subscription is left out when it is older than this on arrival: real ones take 10 to 150 ms, and being
 * wrong costs one trade.
 */
const STALE_TRADE = us(1_000_000);
/** A file that begins this long before the ones named before it ended was not recorded after them: one day, µs. */
const CLOCK_BACK_MAX = us(86_400_000_000);

export interface CaptureOptions {
  /** Files of instrument specifications, in addition to those found beside the capture. */
  readonly instruments?: readonly string[];
  /** Which candles to keep; without it `1m`, or else the first bar there is. */
  readonly bar?: string;
  /** Told now and then how far the reading is. */
  readonly progress?: (file: string, line: number) => void;
  /** Ends the reading with its reason. */
  readonly signal?: AbortSignal;
}

/** Lines between two looks at signal and progress. */
const PACE = 4096;

/** What was found in a raw capture. Times in µs of the recorder's clock. */
export interface CaptureReport extends RejectionsReport {
  readonly kind: 'capture';
  readonly files: readonly string[];
  readonly from: Us | null;
  readonly to: Us | null;
  readonly lines: number;
  /** Pings, acknowledgements, errors and notices. */
  readonly controlMessages: number;
  readonly channels: readonly ChannelReport[];
  readonly instruments: readonly InstrumentReport[];
  /** Market events that came out of it. */
  readonly events: number;
  /** Lines received before the line that stands above them, by the recorder's clock. */
  readonly timeStepsBack: number;
  readonly notes: readonly string[];
}

export interface ChannelReport {
  readonly channel: string;
  readonly instrument: string;
  readonly messages: number;
}

export interface InstrumentReport {
  readonly instrument: string;
  readonly tickSize: string;
  readonly lotSize: string;
  /** No specification was at hand: tick and lot size are what the decimals say. */
  readonly derived: boolean;
  /** Null when no book was captured. */
  readonly book: BookReport | null;
  readonly trades: number;
  /** Old trades pushed on subscribing, left out. */
  readonly staleTrades: number;
  /** The same trade pushed again, left out. */
  readonly repeatedTrades: number;
  readonly candles: number;
  readonly marks: number;
  readonly fundings: number;
  /** Times the feed was lost: gaps, wrong checksums, connections. */
  readonly outages: number;
}

/** What must be known of a capture before its events can be decoded. */
interface Survey {
  readonly specs: readonly InstrumentSpec[];
  readonly derived: readonly string[];
  readonly bookChannels: ReadonlyMap<string, string>;
  readonly bar: string;
  readonly notes: readonly string[];
}

/** A raw OKX v5 capture of one or more files, in order: surveyed once, then replayed as market events. */
export class OkxCapture {
  readonly files: readonly string[];
  readonly instruments: readonly InstrumentSpec[];
  readonly meta: TapeMeta;
  private readonly survey: Survey;
  private readonly options: CaptureOptions;

  static async open(files: readonly string[], options: CaptureOptions = {}): Promise<OkxCapture> {
    return new OkxCapture(files, await surveyOf(files, options), options);
  }

  private constructor(files: readonly string[], survey: Survey, options: CaptureOptions) {
    this.options = options;
    this.files = files;
    this.survey = survey;
    this.instruments = survey.specs;
    this.meta = {
      ...EMPTY_META,
      source: `OKX v5 capture: ${files.map((file) => basename(file)).join(', ')}`,
      notes: survey.notes,
      derived: survey.derived,
      bar: survey.bar,
    };
  }

  /** Hands over every event, lent, and tells what there was. */
  async replay(emit: (event: MarketEvent) => void): Promise<CaptureReport> {
    const replay = new Replay(this.survey, emit);
    for (const file of this.files) await replay.read(file, pacer(file, this.options));
    return replay.report(this.files);
  }
}

/** Called with every line number; looks up now and then. */
function pacer(file: string, { progress, signal }: CaptureOptions): (line: number) => void {
  return (line) => {
    if (line % PACE !== 0) return;
    signal?.throwIfAborted();
    progress?.(file, line);
  };
}

async function surveyOf(files: readonly string[], options: CaptureOptions): Promise<Survey> {
  const named = (options.instruments ?? []).map(readSpecs);
  const found = [...new Set(files.flatMap(specFilesBeside))].map(readSpecs);
  const instruments = new Map<string, { spec: InstrumentSpec | undefined; decimals: SeenDecimals }>();
  const channels = new Map<string, Set<string>>();
  const bars = new Set<string>();
  for (const file of files) {
    const pace = pacer(file, options);
    await readRaw(
      file,
      ({ bytes, at, direction, line }) => {
        pace(line);
        if (direction !== 'in') return;
        const { arg, row } = messageOf(bytes);
        const kind = channelKind(arg.channel);
        if (kind === 'other' || arg.instId === '') return;
        if (kind === 'candle') bars.add(arg.channel.slice('candle'.length));
        let seen = instruments.get(arg.instId);
        if (seen === undefined) {
          seen = { spec: specFor(arg.instId, at, named, found), decimals: new SeenDecimals() };
          instruments.set(arg.instId, seen);
        }
        if (kind === 'book')
          channels.set(arg.instId, (channels.get(arg.instId) ?? new Set()).add(arg.channel));
        if (seen.spec === undefined) seeDecimals(seen.decimals, row ?? parse(bytes));
      },
      () => {}, // reported when the lines are read for their events
    );
  }

  const bookChannels = new Map<string, string>();
  const notes: string[] = [];
  for (const [instId, present] of channels) {
    const [kept, ...others] = BOOK_CHANNELS.filter((channel) => present.has(channel));
    bookChannels.set(instId, kept!);
    if (others.length > 0)
      notes.push(`${instId}: the book is that of ${kept}; ${others.join(', ')} left out`);
  }
  const bar = options.bar ?? (bars.has('1m') ? '1m' : ([...bars][0] ?? ''));
  const otherBars = [...bars].filter((each) => each !== bar);
  if (otherBars.length > 0) notes.push(`candles of ${otherBars.join(', ')} left out: a tape holds one bar`);
  const derived = [...instruments].filter(([, { spec }]) => spec === undefined).map(([instId]) => instId);
  for (const instId of derived)
    notes.push(`${instId}: tick and lot size derived from the decimals seen, contract value unknown (1)`);
  return {
    specs: [...instruments].map(([instId, { spec, decimals }]) => spec ?? decimals.toSpec(instId)),
    derived,
    bookChannels,
    bar: bars.has(bar) ? bar : '',
    notes,
  };
}

/** One reading of the capture: what is known so far of each instrument, connection and channel. */
class Replay {
  private readonly survey: Survey;
  private readonly emit: (event: MarketEvent) => void;
  private readonly tracks = new Map<string, Track>();
  private readonly channels = new Map<string, { channel: string; instrument: string; messages: number }>();
  private readonly rejections = new Rejections();
  private readonly frame = new BookFrame();
  private readonly book: BookEvent;
  private path = '';
  private fileBefore = '';
  /** Whether the file has told a time. */
  private begun = false;
  private from: Us | null = null;
  private now = us(0);
  private lines = 0;
  private controlMessages = 0;
  private events = 0;
  private timeStepsBack = 0;

  constructor(survey: Survey, emit: (event: MarketEvent) => void) {
    this.survey = survey;
    this.emit = emit;
    this.book = new BookEvent(us(0), 0, this.frame);
    for (const [index, spec] of survey.specs.entries()) this.tracks.set(spec.instId, new Track(index, spec));
  }

  async read(file: string, pace: (line: number) => void): Promise<void> {
    this.fileBefore = this.path;
    this.path = file;
    this.begun = false;
    const reject = this.rejections.of(file);
    await readRaw(
      file,
      (message) => {
        this.lines++;
        pace(message.line);
        try {
          this.take(message);
        } catch (error) {
          if (!(error instanceof DecodeError || error instanceof RangeError)) throw error;
          reject({ line: message.line, reason: error.message });
        }
      },
      (rejected) => {
        this.lines++;
        reject(rejected);
      },
    );
  }

  report(files: readonly string[]): CaptureReport {
    return {
      kind: 'capture',
      files,
      from: this.from,
      to: this.from === null ? null : this.now,
      lines: this.lines,
      controlMessages: this.controlMessages,
      channels: [...this.channels.values()],
      instruments: [...this.tracks.values()].map((track) => track.report(this.survey.derived)),
      events: this.events,
      ...this.rejections.report(),
      timeStepsBack: this.timeStepsBack,
      notes: this.survey.notes,
    };
  }

  private take({ direction, connection, bytes, at }: RawMessage): void {
    if (at !== null) this.advance(at);
    if (direction === 'connect') return this.loseConnection(connection);
    if (direction === 'out') return;
    const { arg, row } = messageOf(bytes);
    if (arg.channel === '') {
      this.controlMessages++;
      if (row !== null && textOf(row, 'event') === 'subscribe') this.subscribed(rowOf(row, 'arg'));
      return;
    }
    this.count(arg);
    const track = this.tracks.get(arg.instId);
    const kind = channelKind(arg.channel);
    if (track === undefined || kind === 'other') {
      if (row === null) parse(bytes); // damage is to be noticed there, too
      return;
    }
    if (kind === 'book') {
      if (this.survey.bookChannels.get(arg.instId) === arg.channel)
        this.takeBook(track, connection, bytes, at === null);
      else if (row === null) parse(bytes);
      return;
    }
    const { data } = row ?? parse(bytes);
    if (!Array.isArray(data)) throw new DecodeError(arg.instId, 'message without a data list', decode(bytes));
    if (kind === 'candle') {
      if (arg.channel === `candle${this.survey.bar}`) for (const each of data) this.takeCandle(track, each);
      return;
    }
    for (const each of rowsOf(data)) {
      if (kind === 'trade') this.takeTrade(track, each, at === null);
      else if (kind === 'mark') this.takeMark(track, each);
      else this.takeFunding(track, each);
    }
  }

  private takeBook(track: Track, connection: string, bytes: Uint8Array, bare: boolean): void {
    const { frame, book } = this;
    track.connection = connection;
    try {
      track.decoder.decode(bytes, frame);
    } catch (error) {
      // a message is missing from the chain now
      track.audit.lose();
      this.setLive(track, false, 'book message that cannot be read');
      throw error;
    }
    if (bare) this.advance(msToUs(frame.exchangeAt));
    track.books++;
    const verdict = track.audit.apply(frame);
    if (!verdict.usable) return this.setLive(track, false, verdict.reason);
    book.at = this.now;
    book.instrument = track.index;
    this.put(book);
    this.setLive(track, true, '');
  }

  private takeTrade(track: Track, row: Row, bare: boolean): void {
    const { tradeId, exchangeAt, price, size, side } = decodeTrade(row, track.instrument);
    if (bare && this.from === null) this.advance(msToUs(exchangeAt));
    const first = track.justSubscribed;
    track.justSubscribed = false;
    if (first && this.now - msToUs(exchangeAt) > STALE_TRADE) {
      track.staleTrades++;
      return;
    }
    if (tradeId === track.lastTradeId) {
      track.repeatedTrades++;
      return;
    }
    if (bare) this.advance(msToUs(exchangeAt));
    track.lastTradeId = tradeId;
    track.trades++;
    this.put(new TradeEvent(this.now, track.index, exchangeAt, price, size, side));
  }

  private takeCandle(track: Track, columns: unknown): void {
    const { openAt, open, high, low, close, volume, closed } = decodeCandle(columns, track.instrument);
    track.candles++;
    this.put(new CandleEvent(this.now, track.index, openAt, open, high, low, close, volume, closed));
  }

  private takeMark(track: Track, row: Row): void {
    const { exchangeAt, price } = decodeMark(row, track.instrument);
    track.marks++;
    this.put(new MarkEvent(this.now, track.index, exchangeAt, price));
  }

  private takeFunding(track: Track, row: Row): void {
    const { rate, fundingAt } = decodeFunding(row, track.instrument);
    track.fundings++;
    this.put(new FundingEvent(this.now, track.index, rate, fundingAt));
  }

  private setLive(track: Track, live: boolean, reason: string): void {
    if (track.live === live) return;
    track.live = live;
    if (!live) track.outages++;
    this.put(new FeedEvent(this.now, track.index, live, reason));
  }

  private loseConnection(connection: string): void {
    for (const track of this.tracks.values()) {
      if (track.connection !== connection) continue;
      track.audit.lose();
      this.setLive(track, false, `connection ${connection} began anew`);
    }
  }

  private subscribed(arg: Row): void {
    if (textOf(arg, 'channel') !== 'trades') return;
    const track = this.tracks.get(textOf(arg, 'instId'));
    if (track !== undefined) track.justSubscribed = true;
  }

  private count({ channel, instId }: Arg): void {
    const key = `${channel}|${instId}`;
    const counted = this.channels.get(key);
    if (counted === undefined) this.channels.set(key, { channel, instrument: instId, messages: 1 });
    else counted.messages++;
  }

  private put(event: MarketEvent): void {
    this.events++;
    this.emit(event);
  }

  /** A recorder's clock may be set back a little between two files. Another day's recording is no such thing. */
  private begin(at: Us): void {
    this.begun = true;
    if (this.now - at <= CLOCK_BACK_MAX) return;
    throw new TapeError(
      this.path,
      `begins at ${utc(at)}, but ${this.fileBefore} before it ended at ${utc(this.now)}: name the files in the order of their time`,
    );
  }

  /** Time never goes back on a tape; where the recorder's clock did, the later time stays. */
  private advance(at: Us): void {
    if (!this.begun) this.begin(at);
    this.from ??= at;
    if (at < this.now) this.timeStepsBack++;
    else this.now = at;
  }
}

const utc = (at: Us): string => `${new Date(at / 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** One instrument on its way through a capture. */
class Track {
  readonly index: number;
  readonly instrument: Instrument;
  readonly decoder: BookDecoder;
  readonly audit: BookAudit;
  connection = '';
  live = false;
  justSubscribed = true;
  lastTradeId = '';
  books = 0;
  trades = 0;
  staleTrades = 0;
  repeatedTrades = 0;
  candles = 0;
  marks = 0;
  fundings = 0;
  outages = 0;

  constructor(index: number, spec: InstrumentSpec) {
    this.index = index;
    this.instrument = new Instrument(spec);
    this.decoder = new BookDecoder(this.instrument);
    this.audit = new BookAudit(this.instrument);
  }

  report(derived: readonly string[]): InstrumentReport {
    return {
      instrument: this.instrument.id,
      tickSize: this.instrument.spec.tickSz,
      lotSize: this.instrument.spec.lotSz,
      derived: derived.includes(this.instrument.id),
      book: this.books === 0 ? null : this.audit.report(),
      trades: this.trades,
      staleTrades: this.staleTrades,
      repeatedTrades: this.repeatedTrades,
      candles: this.candles,
      marks: this.marks,
      fundings: this.fundings,
      outages: this.outages,
    };
  }
}

interface Arg {
  readonly channel: string;
  readonly instId: string;
}

const NO_ARG: Arg = { channel: '', instId: '' };
/** Pushes begin with `arg`; it is read without parsing the levels behind it. */
const PUSH = /^\{"arg":(\{[^{}]*\}),"(?:action|data)":/;
const HEAD = 256;

/** Which channel a message belongs to, none for acknowledgements and the like; `row` where it had to be parsed for that. */
function messageOf(bytes: Uint8Array): { arg: Arg; row: Row | null } {
  const head = PUSH.exec(decode(bytes.subarray(0, HEAD)));
  if (head !== null) return { arg: argOf(JSON.parse(head[1]!) as Row), row: null };
  const text = decode(bytes);
  if (text === 'pong') return { arg: NO_ARG, row: null };
  const row = parse(bytes);
  return 'data' in row && isRow(row.arg) ? { arg: argOf(row.arg), row } : { arg: NO_ARG, row };
}

const argOf = (row: Row): Arg => ({ channel: textOf(row, 'channel'), instId: textOf(row, 'instId') });
const decode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

function parse(bytes: Uint8Array): Row {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DecodeError('message', 'is not JSON', text, { cause: error });
  }
  if (!isRow(value)) throw new DecodeError('message', 'is not an object', text);
  return value;
}

/** Looks at every price and size of a message, whatever else is wrong with it. */
function seeDecimals(decimals: SeenDecimals, { data }: Row): void {
  if (!Array.isArray(data)) return;
  const see = (price: unknown, size: unknown): void => {
    if (isDecimal(price) && isDecimal(size)) decimals.see(price, size);
  };
  for (const each of data) {
    if (Array.isArray(each)) for (const price of each.slice(1, 5)) see(price, '0');
    if (!isRow(each)) continue;
    see(each.px, each.sz);
    for (const side of [each.asks, each.bids])
      if (Array.isArray(side)) for (const level of side) if (Array.isArray(level)) see(level[0], level[1]);
  }
}

const isDecimal = (text: unknown): text is string => typeof text === 'string' && /^\d+(\.\d+)?$/.test(text);
