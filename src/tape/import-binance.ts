import { basename } from 'node:path';
import { ASK, BID, BookFrame, type BookSide } from '../core/book/frame.ts';
import {
  BookEvent,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../core/events.ts';
import { Instrument, type InstrumentSpec } from '../core/instrument.ts';
import { ms, type Us, us } from '../core/units.ts';
import { DecodeError } from '../venue/okx/codec/decode-error.ts';
import { needText, type Row, rowOf, textOf, wholeOf } from '../venue/okx/codec/fields.ts';
import { BookAudit } from './book-audit.ts';
import { EMPTY_META, TapeError } from './format.ts';
import type { CaptureOptions, CaptureReport } from './okx-capture.ts';
import { type RejectedLine, readLines } from './raw.ts';
import { SeenDecimals } from './specs.ts';
import { TapeWriter } from './writer.ts';

/**
 * Makes a tape of a raw Binance recording (spot, USDT-M or COIN-M futures; one symbol): lines of receive time and JSON
 * message, the time in µs or ns, gzip or plain. A REST depth snapshot somewhere in it begins the book; a later file of the
 * same session goes on from the one before.
 *
 * Binance pushes one trade per fill, where OKX merges a taker order's fills at one price: `trade` rows of a sweep
 * share their millisecond. `bookTicker` is left out, the book says it. The recorder's clock may be behind the
 * exchange's: times are kept as they are.
 */
export async function importBinance(
  files: readonly string[],
  out: string,
  options: CaptureOptions = {},
): Promise<CaptureReport> {
  const { spec, beginsNowhere } = await surveyOf(files, options);
  const notes = [
    `${spec.instId}: tick and lot size derived from the decimals seen`,
    'one trade row per fill, not merged by taker order',
    ...(beginsNowhere
      ? [
          'no snapshot in the recording (a line with "lastUpdateId"): its differences change a book that nobody knows, and the tape has no book; name the file of the session that begins with one first',
        ]
      : []),
  ];
  const source = `Binance recording: ${files.map((file) => basename(file)).join(', ')}`;
  const meta = { ...EMPTY_META, source, notes, derived: [spec.instId] };
  const writer = TapeWriter.create(out, [spec], meta);
  try {
    const replay = new Replay(spec, (event) => writer.write(event));
    for (const file of files) await replay.read(file, options);
    const report = replay.report(files, notes);
    if (report.events === 0)
      throw new TapeError(files[0] ?? out, 'has no market events; is it a Binance recording?');
    writer.close();
    return report;
  } catch (error) {
    writer.discard();
    throw error;
  }
}

interface Line {
  readonly at: Us;
  readonly message: Row;
}

/** `<µs or ns since 1970> <JSON>`. */
const LINE = /^(\d{16})(\d{3})? (\{.*\})$/;

async function readMessages(
  file: string,
  { progress, signal }: CaptureOptions,
  take: (line: Line) => void,
  reject: (rejected: RejectedLine) => void,
): Promise<void> {
  await readLines(
    file,
    (bytes, line) => {
      if (line % 4096 === 0) {
        signal?.throwIfAborted();
        progress?.(file, line);
      }
      if (bytes.length === 0) return;
      try {
        const match = LINE.exec(Buffer.from(bytes).toString());
        if (match === null)
          throw new DecodeError('line', 'is not a receive time and a JSON message', decode(bytes));
        take({ at: us(Number(match[1])), message: parse(match[3]!) });
      } catch (error) {
        if (!(error instanceof DecodeError || error instanceof RangeError)) throw error;
        reject({ line, reason: error.message });
      }
    },
    reject,
  );
}

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function parse(text: string): Row {
  try {
    return JSON.parse(text) as Row;
  } catch (error) {
    throw new DecodeError('message', 'is not JSON', text, { cause: error });
  }
}

interface Survey {
  readonly spec: InstrumentSpec;
  /** There are differences of a book, and no snapshot that they could be of. */
  readonly beginsNowhere: boolean;
}

/** What the numbers say of the one symbol in the files. */
async function surveyOf(files: readonly string[], options: CaptureOptions): Promise<Survey> {
  const decimals = new SeenDecimals();
  const symbols = new Set<string>();
  let perpetual = false;
  let pair = '';
  let snapshots = 0;
  let differences = 0;
  for (const file of files)
    await readMessages(
      file,
      options,
      ({ message }) => {
        const data = rowOf(message, 'data');
        const snapshot = 'lastUpdateId' in message;
        const kind = snapshot ? '' : kindOf(data);
        if (kind === 'bookTicker') return;
        if (snapshot) snapshots += 1;
        if (kind === 'depthUpdate') differences += 1;
        if (!snapshot) symbols.add(needText(data, 's'));
        if (kind === 'depthUpdate' && 'pu' in data) perpetual = true;
        pair ||= textOf(data, 'ps');
        const row = snapshot ? message : data;
        if (kind === 'trade') decimals.see(needText(data, 'p'), needText(data, 'q'));
        for (const side of [row.b ?? row.bids, row.a ?? row.asks])
          for (const [price, size] of levelsOf(side)) decimals.see(price, size);
      },
      () => {}, // told when the lines are read for their events
    );
  const [symbol, ...others] = symbols;
  if (symbol === undefined) throw new TapeError(files[0] ?? '', 'has no Binance market messages');
  if (others.length > 0)
    throw new TapeError(files[0]!, `holds ${[symbol, ...others].join(', ')}: import the symbols one by one`);
  return {
    spec: specOf(decimals.toSpec(symbol), perpetual, pair),
    beginsNowhere: differences > 0 && snapshots === 0,
  };
}

function specOf(spec: InstrumentSpec, perpetual: boolean, pair: string): InstrumentSpec {
  if (!perpetual) return { ...spec, instType: 'SPOT' };
  if (pair === '') return { ...spec, instType: 'SWAP' };
  // COIN-M contracts are worth 100 USD for Bitcoin and 10 USD for every other coin
  return { ...spec, instType: 'SWAP', ctType: 'inverse', ctVal: pair === 'BTCUSD' ? '100' : '10' };
}

/** The spot best bid and offer is the one message that does not name itself. */
const kindOf = (data: Row): string => ('B' in data && !('e' in data) ? 'bookTicker' : needText(data, 'e'));

type Level = readonly [price: string, size: string];

function levelsOf(side: unknown): readonly Level[] {
  if (side === undefined) return [];
  const valid = (level: unknown): level is Level =>
    Array.isArray(level) && typeof level[0] === 'string' && typeof level[1] === 'string';
  if (!Array.isArray(side) || !side.every(valid))
    throw new DecodeError('depth', 'levels are not pairs of texts', JSON.stringify(side));
  return side;
}

/** Differences that may wait for the snapshot: a recorder asks for it in the first seconds. */
const WAITING_MAX = 5000;

class Replay {
  private readonly instrument: Instrument;
  private readonly audit: BookAudit;
  private readonly emit: (event: MarketEvent) => void;
  private readonly frame = new BookFrame();
  private readonly book: BookEvent;
  private readonly spot: boolean;
  /** Differences that came before the snapshot they belong to. */
  private waiting: Row[] = [];
  private seqId = 0;
  /** Just after a snapshot the first difference overlaps it instead of following on it. */
  private overlapping = false;
  private live = false;
  private funding = '';
  private readonly channels = new Map<string, number>();
  private readonly rejected: { file: string; line: number; reason: string }[] = [];
  private rejectedLines = 0;
  private from: Us | null = null;
  private now = us(0);
  private lines = 0;
  private events = 0;
  private trades = 0;
  private marks = 0;
  private fundings = 0;
  private outages = 0;
  private timeStepsBack = 0;

  constructor(spec: InstrumentSpec, emit: (event: MarketEvent) => void) {
    this.instrument = new Instrument(spec);
    this.audit = new BookAudit(this.instrument);
    this.spot = spec.instType === 'SPOT';
    this.emit = emit;
    this.book = new BookEvent(us(0), 0, this.frame);
  }

  async read(file: string, options: CaptureOptions): Promise<void> {
    await readMessages(
      file,
      options,
      (line) => {
        this.lines++;
        this.take(line);
      },
      ({ line, reason }) => {
        this.rejectedLines++;
        if (this.rejected.length < 1000) this.rejected.push({ file: basename(file), line, reason });
      },
    );
  }

  private take({ at, message }: Line): void {
    this.from ??= at;
    if (at < this.now) this.timeStepsBack++;
    else this.now = at;
    if ('lastUpdateId' in message) return this.takeSnapshot(message);
    const data = rowOf(message, 'data');
    const kind = kindOf(data);
    this.count(kind);
    if (kind === 'depthUpdate') this.takeDifference(data);
    else if (kind === 'trade') this.takeTrade(data);
    else if (kind === 'markPriceUpdate') this.takeMark(data);
  }

  private takeSnapshot(row: Row): void {
    this.count('snapshot');
    this.fill(row.bids, row.asks);
    const { frame } = this;
    frame.snapshot = true;
    frame.prevSeqId = -1;
    frame.seqId = wholeOf(row, 'lastUpdateId', 0);
    // a spot snapshot has no time: that of the differences around it
    const around = this.waiting.at(-1) ?? {};
    frame.exchangeAt = ms(wholeOf(row, 'T', wholeOf(around, 'E', Math.floor(this.now / 1000))));
    this.overlapping = true;
    this.apply();
    const { waiting } = this;
    this.waiting = [];
    for (const difference of waiting) this.takeDifference(difference);
  }

  /**
   * The rules by which Binance chains differences to the snapshot and to each other: futures by `pu`, spot by
   * `U` = last `u` + 1; the first after a snapshot covers its id.
   */
  private takeDifference(row: Row): void {
    const first = wholeOf(row, 'U', 0);
    const last = wholeOf(row, 'u', 0);
    if (!this.audit.valid) {
      this.waiting.push(row);
      if (this.waiting.length > WAITING_MAX) this.waiting.shift();
      return;
    }
    if (this.overlapping && (this.spot ? last <= this.seqId : last < this.seqId)) return;
    const covers = this.overlapping && first <= this.seqId + (this.spot ? 1 : 0);
    const follows = covers || (this.spot ? first === this.seqId + 1 : wholeOf(row, 'pu', 0) === this.seqId);
    this.overlapping = false;
    this.fill(row.b, row.a);
    const { frame } = this;
    frame.exchangeAt = ms(wholeOf(row, 'T', wholeOf(row, 'E', 0)));
    frame.prevSeqId = follows ? this.seqId : wholeOf(row, 'pu', first - 1);
    frame.seqId = last;
    this.apply();
  }

  private fill(bids: unknown, asks: unknown): void {
    const { frame, instrument } = this;
    frame.clear();
    const push = (side: BookSide, levels: readonly Level[]): void => {
      for (const [price, size] of levels)
        frame.push(side, instrument.parsePrice(price), instrument.parseSize(size), 0);
    };
    push(BID, levelsOf(bids));
    push(ASK, levelsOf(asks));
  }

  private apply(): void {
    const verdict = this.audit.apply(this.frame);
    this.seqId = this.frame.seqId;
    if (!verdict.usable) return this.setLive(false, verdict.reason);
    this.book.at = this.now;
    this.put(this.book);
    this.setLive(true, '');
  }

  private takeTrade(row: Row): void {
    // insurance fund, auto-deleveraging and the like are no market trades
    if (textOf(row, 'X') !== '' && textOf(row, 'X') !== 'MARKET') return;
    const price = this.instrument.parsePrice(needText(row, 'p'));
    const size = this.instrument.parseSize(needText(row, 'q'));
    this.trades++;
    // m: the buyer was the maker, so the taker sold
    this.put(
      new TradeEvent(this.now, 0, ms(wholeOf(row, 'T', 0)), price, size, row.m === true ? 'sell' : 'buy'),
    );
  }

  private takeMark(row: Row): void {
    const price = this.instrument.priceFromNumber(Number(needText(row, 'p')));
    this.marks++;
    this.put(new MarkEvent(this.now, 0, ms(wholeOf(row, 'E', 0)), price));
    const rate = textOf(row, 'r');
    const fundingAt = ms(wholeOf(row, 'T', 0));
    if (rate === '' || `${rate} ${fundingAt}` === this.funding) return;
    this.funding = `${rate} ${fundingAt}`;
    this.fundings++;
    this.put(new FundingEvent(this.now, 0, rate, fundingAt));
  }

  private setLive(live: boolean, reason: string): void {
    if (live === this.live) return;
    this.live = live;
    if (!live) this.outages++;
    this.put(new FeedEvent(this.now, 0, live, reason));
  }

  private put(event: MarketEvent): void {
    this.events++;
    this.emit(event);
  }

  private count(channel: string): void {
    this.channels.set(channel, (this.channels.get(channel) ?? 0) + 1);
  }

  report(files: readonly string[], notes: readonly string[]): CaptureReport {
    const { id, spec } = this.instrument;
    return {
      kind: 'capture',
      files,
      from: this.from,
      to: this.from === null ? null : this.now,
      lines: this.lines + this.rejectedLines,
      controlMessages: 0,
      channels: [...this.channels].map(([channel, messages]) => ({ channel, instrument: id, messages })),
      instruments: [
        {
          instrument: id,
          tickSize: spec.tickSz,
          lotSize: spec.lotSz,
          derived: true,
          book: this.channels.has('depthUpdate') ? this.audit.report() : null,
          trades: this.trades,
          staleTrades: 0,
          repeatedTrades: 0,
          candles: 0,
          marks: this.marks,
          fundings: this.fundings,
          outages: this.outages,
        },
      ],
      events: this.events,
      rejectedLines: this.rejectedLines,
      rejected: this.rejected,
      timeStepsBack: this.timeStepsBack,
      notes,
    };
  }
}
