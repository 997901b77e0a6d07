import { ASK, BID, type BookFrame, type BookSide } from '../../../core/book/frame.ts';
import { parseDecimal } from '../../../core/decimal.ts';
import type { Instrument } from '../../../core/instrument.ts';
import { ms } from '../../../core/units.ts';
import { DecodeError } from './decode-error.ts';
import { isRow } from './fields.ts';

/**
 * Decodes frames of the `books` family (books, books5, bbo-tbt, books-l2-tbt, books50-l2-tbt) of one instrument
 * into a `BookFrame`: price text to ticks, size text to lots, levels in wire order. The caller has routed the bytes:
 * the instrument is not checked again.
 *
 * The scanner reads the bytes as OKX has written them since 2021 (compact JSON, `arg` first, then `action`, then one
 * data object with its members in any order) and allocates nothing: 3 to 4 times as fast as `JSON.parse` alone on short
 * real frames (bench/decode.ts). Whatever else it meets, it leaves to `decodeBookJson`, which defines the meaning and makes the
 * errors; the tests hold the two equal on every real frame.
 */
export class BookDecoder {
  readonly instrument: Instrument;
  /** Frames that needed `JSON.parse`: more than a handful means that OKX changed its wire format. */
  slowFrames = 0;
  private readonly price: DecimalScale;
  private readonly size: DecimalScale;
  /** Where the last `whole` or `decimal` stopped. */
  private cursor = 0;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.price = new DecimalScale(instrument.priceDecimals, instrument.spec.tickSz);
    this.size = new DecimalScale(instrument.sizeDecimals, instrument.spec.lotSz);
  }

  /** Throws `DecodeError`; the frame is then empty. */
  decode(bytes: Uint8Array, frame: BookFrame): void {
    frame.clear();
    if (this.scan(bytes, frame)) return;
    this.slowFrames++;
    frame.clear();
    try {
      decodeBookJson(new TextDecoder().decode(bytes), this.instrument, frame);
    } catch (error) {
      frame.clear();
      throw error;
    }
  }

  /** False: not the usual form, or not valid; the frame then holds rubbish. */
  scan(bytes: Uint8Array, frame: BookFrame): boolean {
    if (!startsWith(bytes, 0, ARG)) return false;
    let at = ARG.length;
    while (bytes[at] !== CLOSE_BRACE) if (++at >= bytes.length) return false;
    at++;
    if (startsWith(bytes, at, UPDATE)) at += UPDATE.length;
    else {
      frame.snapshot = true; // books5 and bbo-tbt name no action: each message is the whole of it
      if (startsWith(bytes, at, SNAPSHOT)) at += SNAPSHOT.length;
    }
    if (!startsWith(bytes, at, DATA)) return false;
    at += DATA.length;

    let seen = 0;
    for (;;) {
      const member = memberAt(bytes, at);
      if (member === null || (seen & member.bit) !== 0) return false;
      seen |= member.bit;
      at += member.text.length;
      switch (member.bit) {
        case ASKS.bit:
          at = this.levels(bytes, at, ASK, frame);
          break;
        case BIDS.bit:
          at = this.levels(bytes, at, BID, frame);
          break;
        case INST_ID.bit:
          at = bytes.indexOf(QUOTE, at) + 1;
          break;
        default: {
          const value = this.whole(bytes, at);
          at = this.cursor;
          if (member.bit === TIME.bit) {
            frame.exchangeAt = ms(value);
            if (at < 0 || bytes[at++] !== QUOTE || value < 0) return false;
          } else if (member.bit === SEQ_ID.bit) frame.seqId = value;
          else if (member.bit === PREV_SEQ_ID.bit) frame.prevSeqId = value;
          else frame.checksum = value;
        }
      }
      if (at <= 0) return false;
      if (bytes[at] === COMMA) at++;
      else break;
    }
    return (seen & TIME.bit) !== 0 && at + END.length === bytes.length && startsWith(bytes, at, END);
  }

  /** Reads `["px","sz","0","n"],…]`; gives the position after the closing bracket, or −1. */
  private levels(bytes: Uint8Array, from: number, side: BookSide, frame: BookFrame): number {
    let at = from;
    if (bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      if (bytes[at] !== OPEN_BRACKET || bytes[at + 1] !== QUOTE) return -1;
      const price = this.decimal(bytes, at + 2, this.price);
      if (price <= 0) return -1;
      at = this.cursor;
      if (bytes[at] !== COMMA || bytes[at + 1] !== QUOTE) return -1;
      const size = this.decimal(bytes, at + 2, this.size);
      if (size < 0) return -1;
      at = this.cursor;
      // the third member is a relic, always "0"
      if (bytes[at] !== COMMA || bytes[at + 1] !== QUOTE || bytes[at + 2] !== ZERO || bytes[at + 3] !== QUOTE)
        return -1;
      if (bytes[at + 4] !== COMMA || bytes[at + 5] !== QUOTE) return -1;
      at += 6;
      const first = at;
      let orders = 0;
      let byte = bytes[at]!;
      while (byte >= ZERO && byte <= NINE) {
        orders = orders * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      }
      if (byte !== QUOTE || at === first || at - first > 9 || bytes[at + 1] !== CLOSE_BRACKET) return -1;
      frame.push(side, price, size, orders);
      at += 2;
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at++;
    }
  }

  /** Decimal text up to its closing quote as a count of steps; −1 when it is not a plain multiple of the step. */
  private decimal(bytes: Uint8Array, from: number, scale: DecimalScale): number {
    let at = from;
    let mantissa = 0;
    let byte = bytes[at]!;
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    if (at === from) return -1;
    let fraction = 0;
    if (byte === POINT) {
      const first = ++at;
      byte = bytes[at]!;
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++at]!;
      }
      fraction = at - first;
      if (fraction === 0) return -1;
    }
    // up to 15 digits a double is exact; longer texts are for the slow path
    if (byte !== QUOTE || at - from > 15 || fraction > scale.decimals) return -1;
    const units =
      fraction === scale.decimals ? mantissa : mantissa * scale.powers[scale.decimals - fraction]!;
    if (units > Number.MAX_SAFE_INTEGER) return -1;
    this.cursor = at + 1;
    if (scale.step === 1) return units;
    const steps = units / scale.step;
    return Number.isInteger(steps) ? steps : -1;
  }

  /** A whole number, perhaps negative; `cursor` is −1 when there is none. */
  private whole(bytes: Uint8Array, from: number): number {
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let value = 0;
    let byte = bytes[at]!;
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      byte = bytes[++at]!;
    }
    const digits = at - first;
    const valid = digits > 0 && digits <= 15 && (digits === 1 || bytes[first] !== ZERO);
    this.cursor = valid ? at : -1;
    return negative && value !== 0 ? -value : value;
  }
}

/** How decimal text of one kind becomes a count of steps. */
class DecimalScale {
  readonly decimals: number;
  readonly step: number;
  readonly powers: Float64Array;

  constructor(decimals: number, step: string) {
    this.decimals = decimals;
    this.step = Number(parseDecimal(step, decimals));
    this.powers = Float64Array.from({ length: decimals + 1 }, (_, power) => 10 ** power);
  }
}

/**
 * The same by `JSON.parse`, for any spelling of the JSON: the definition of what a frame means. Throws `DecodeError`
 * naming the instrument and the text.
 */
export function decodeBookJson(text: string, instrument: Instrument, frame: BookFrame): void {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw new DecodeError(instrument.id, 'book message is not JSON', text, { cause: error });
  }
  if (!isRow(message)) throw new DecodeError(instrument.id, 'book message is not an object', text);
  const { action, data } = message;
  if (action !== undefined && action !== 'snapshot' && action !== 'update')
    throw new DecodeError(instrument.id, 'unknown book action', String(action));
  if (!Array.isArray(data) || data.length !== 1 || !isRow(data[0]))
    throw new DecodeError(instrument.id, 'book message without exactly one data object', text);
  const book = data[0];
  frame.snapshot = action !== 'update';
  frame.exchangeAt = ms(integerOf(book.ts, 'ts', instrument));
  if (book.seqId !== undefined) frame.seqId = integerOf(book.seqId, 'seqId', instrument);
  if (book.prevSeqId !== undefined) frame.prevSeqId = integerOf(book.prevSeqId, 'prevSeqId', instrument);
  if (book.checksum !== undefined) frame.checksum = integerOf(book.checksum, 'checksum', instrument);
  for (const key of Object.keys(book)) {
    if (key === 'asks') pushLevels(book.asks, ASK, instrument, frame);
    else if (key === 'bids') pushLevels(book.bids, BID, instrument, frame);
  }
}

function pushLevels(levels: unknown, side: BookSide, instrument: Instrument, frame: BookFrame): void {
  const malformed = (problem: string, what: unknown, cause?: unknown) =>
    new DecodeError(instrument.id, problem, JSON.stringify(what) ?? 'undefined', { cause });
  if (!Array.isArray(levels)) throw malformed('book side is not a list', levels);
  for (const level of levels) {
    if (!Array.isArray(level) || level.length !== 4 || !level.every((part) => typeof part === 'string'))
      throw malformed('malformed book level, expected four texts', level);
    const [priceText, sizeText, , ordersText] = level as [string, string, string, string];
    let price: number;
    let size: number;
    try {
      price = instrument.parsePrice(priceText);
      size = instrument.parseSize(sizeText);
    } catch (error) {
      throw malformed(`book level: ${(error as Error).message}`, level, error);
    }
    if (price <= 0) throw malformed('book level: price is not positive', level);
    if (size < 0) throw malformed('book level: size is negative', level);
    if (!/^\d{1,9}$/.test(ordersText))
      throw malformed('book level: order count is not a whole number', level);
    frame.push(side, price, size, Number(ordersText));
  }
}

function integerOf(value: unknown, key: string, instrument: Instrument): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || (key === 'ts' && number < 0))
    throw new DecodeError(instrument.id, `book message: "${key}" is not a whole number`, String(value));
  return number === 0 ? 0 : number;
}

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const MINUS = 0x2d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const ARG = bytesOf('{"arg":{');
const UPDATE = bytesOf(',"action":"update"');
const SNAPSHOT = bytesOf(',"action":"snapshot"');
const DATA = bytesOf(',"data":[{');
const END = bytesOf('}]}');

interface Member {
  readonly bit: number;
  readonly text: Uint8Array;
}
const ASKS: Member = { bit: 1, text: bytesOf('"asks":[') };
const BIDS: Member = { bit: 2, text: bytesOf('"bids":[') };
const TIME: Member = { bit: 4, text: bytesOf('"ts":"') };
const CHECKSUM: Member = { bit: 8, text: bytesOf('"checksum":') };
const PREV_SEQ_ID: Member = { bit: 16, text: bytesOf('"prevSeqId":') };
const SEQ_ID: Member = { bit: 32, text: bytesOf('"seqId":') };
const INST_ID: Member = { bit: 64, text: bytesOf('"instId":"') };

/** By the first letter of the key: no two keys share one. */
const MEMBERS: (Member | undefined)[] = [];
for (const member of [ASKS, BIDS, TIME, CHECKSUM, PREV_SEQ_ID, SEQ_ID, INST_ID])
  MEMBERS[member.text[1]!] = member;

function memberAt(bytes: Uint8Array, at: number): Member | null {
  const member = MEMBERS[bytes[at + 1]!];
  return member !== undefined && startsWith(bytes, at, member.text) ? member : null;
}

function startsWith(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  if (at + expected.length > bytes.length) return false;
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}
