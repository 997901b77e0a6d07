import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  captureInstruments,
  captures,
  capturesPresent,
  instrumentOf,
  isBook,
} from '../../../../bench/captures.ts';
import { ASK, BID, BookFrame } from '../../../core/book/frame.ts';
import { Instrument } from '../../../core/instrument.ts';
import { BookDecoder, decodeBookJson } from './books.ts';
import { DecodeError } from './decode-error.ts';

const bitcoin = new Instrument({
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});
const halves = new Instrument({
  ...bitcoin.spec,
  instId: 'HALF-USDT-SWAP',
  tickSz: '0.5',
  lotSz: '5',
  minSz: '5',
});

const bytesOf = (text: string) => Buffer.from(text);

/** The frame as plain values, arrays cut to their valid part. */
function plain(frame: BookFrame) {
  const { count, snapshot, exchangeAt, prevSeqId, seqId, checksum } = frame;
  const part = (array: ArrayLike<number>) => Array.from(array).slice(0, count);
  return {
    snapshot,
    exchangeAt,
    prevSeqId,
    seqId,
    checksum,
    levels: [part(frame.side), part(frame.price), part(frame.size), part(frame.orders)],
  };
}

function byJson(text: string, instrument: Instrument) {
  const frame = new BookFrame(4);
  decodeBookJson(text, instrument, frame);
  return plain(frame);
}

test('reads the example of the documentation, level by level', () => {
  const decoder = new BookDecoder(bitcoin);
  const frame = new BookFrame(1);
  decoder.decode(
    bytesOf(
      '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"asks":[["60000.1","12.5","0","3"]],"bids":[["60000","8","0","2"]],"ts":"1795340540100","checksum":0,"prevSeqId":-1,"seqId":1000}]}',
    ),
    frame,
  );
  assert.deepEqual(plain(frame), {
    snapshot: true,
    exchangeAt: 1795340540100,
    prevSeqId: -1,
    seqId: 1000,
    checksum: 0,
    levels: [
      [ASK, BID],
      [600001, 600000],
      [1250, 800],
      [3, 2],
    ],
  });
  assert.equal(decoder.slowFrames, 0);
});

test('a books5 message, which names no action, is a snapshot', () => {
  const decoder = new BookDecoder(bitcoin);
  const frame = new BookFrame();
  const text =
    '{"arg":{"channel":"books5","instId":"BTC-USDT-SWAP"},"data":[{"asks":[["100","1","0","1"]],"bids":[],"instId":"BTC-USDT-SWAP","ts":"7","seqId":5}]}';
  decoder.decode(bytesOf(text), frame);
  assert.equal(frame.snapshot, true);
  assert.deepEqual(plain(frame), byJson(text, bitcoin));
  assert.equal(decoder.slowFrames, 0);
});

describe('real captures', { skip: !capturesPresent && 'the recordings are not beside this clone' }, () => {
  test('every book message is read by the scanner, and equal to what JSON.parse makes of it', () => {
    const instruments = captureInstruments();
    let messages = 0;
    let levels = 0;
    const frame = new BookFrame();
    for (const [file, list] of captures()) {
      const decoders = new Map<string, BookDecoder>();
      for (const { text, message } of list) {
        if (!isBook(message)) continue;
        const instrument = instruments.get(instrumentOf(message));
        assert.ok(instrument, `${file}: no instrument ${instrumentOf(message)}`);
        const decoder = decoders.get(instrument.id) ?? new BookDecoder(instrument);
        decoders.set(instrument.id, decoder);
        decoder.decode(bytesOf(text), frame);
        assert.deepEqual(plain(frame), byJson(text, instrument), `${file}: ${text}`);
        messages++;
        levels += frame.count;
      }
      for (const decoder of decoders.values())
        assert.equal(decoder.slowFrames, 0, `${file}: ${decoder.instrument.id} needed JSON.parse`);
    }
    assert.ok(messages > 3_900 && levels > 20_000, `only ${messages} messages, ${levels} levels`);
  });
});

test('key order, white space, extra keys and odd number texts change nothing', () => {
  const decimal = (decimals: number) =>
    fc
      .tuple(fc.nat({ max: 10 ** 9 }), fc.nat({ max: 10 ** decimals - 1 }), fc.constantFrom('', '0', '00'))
      .map(([whole, fraction, zeros]) => `${whole + 1}.${String(fraction).padStart(decimals, '0')}${zeros}`);
  const level = fc
    .tuple(decimal(1), fc.oneof(fc.constant('0'), decimal(2), fc.constant('1e2')), fc.nat({ max: 99_999 }))
    .map(([price, size, orders]) => [price, size, '0', String(orders)]);
  const side = fc.array(level, { maxLength: 6 });
  const whole = fc.integer({ min: -1, max: 2 ** 48 });
  const message = fc.record({
    asks: side,
    bids: side,
    ts: fc.nat({ max: 2 ** 31 }).map(String),
    checksum: fc.integer(),
    prevSeqId: whole,
    seqId: whole,
  });
  fc.assert(
    fc.property(
      message,
      fc.constantFrom(undefined, 'update', 'snapshot'),
      fc.shuffledSubarray(['asks', 'bids', 'ts', 'checksum', 'prevSeqId', 'seqId', 'extra'], {
        minLength: 7,
      }),
      fc.constantFrom(0, 1, '\t'),
      fc.boolean(),
      (book, action, order, space, argLast) => {
        const fields: Record<string, unknown> = { ...book, extra: { nested: ['}', '"asks":['] } };
        const keep = order.filter((key) => key !== 'extra' || typeof space === 'number');
        const data = [Object.fromEntries(keep.map((key) => [key, fields[key]]))];
        const arg = { channel: 'books', instId: bitcoin.id };
        const whole = argLast ? { data, action, arg } : { arg, action, data };
        const text = JSON.stringify(whole, null, space);
        const frame = new BookFrame(2);
        new BookDecoder(bitcoin).decode(bytesOf(text), frame);
        assert.deepEqual(plain(frame), byJson(text, bitcoin));
        // and the truth from outside: the values that went in
        assert.equal(frame.seqId, book.seqId);
        assert.equal(frame.snapshot, action !== 'update');
        const sides = keep.filter((key) => key === 'asks' || key === 'bids');
        const expected = sides.flatMap((key) => book[key as 'asks' | 'bids'].map(([price]) => Number(price)));
        assert.deepEqual(
          Array.from(frame.price.slice(0, frame.count), (price) => (price / 10).toFixed(1)),
          expected.map((price) => price.toFixed(1)),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('a flipped, lost or doubled byte never gives another result than JSON.parse does', () => {
  const original =
    '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":[["60000.1","12.5","0","3"],["60001","0","0","0"]],"bids":[["59999.9","8.01","0","2"]],"ts":"1795340540100","checksum":-12,"prevSeqId":1000,"seqId":1007}]}';
  const dataAt = original.indexOf(',"action"');
  fc.assert(
    fc.property(
      fc.integer({ min: dataAt, max: original.length - 1 }),
      fc.constantFrom('flip', 'drop', 'double', 'cut'),
      fc.constantFrom(...'0123456789.-+e",:[]{} abkst'),
      (at, kind, letter) => {
        const rest = { flip: letter + original.slice(at + 1), drop: original.slice(at + 1), cut: '' };
        const text =
          original.slice(0, at) + (kind === 'double' ? original[at] + original.slice(at) : rest[kind]);
        const attempt = (run: () => unknown) => {
          try {
            return run();
          } catch (error) {
            assert.ok(error instanceof DecodeError, `not a DecodeError: ${String(error)}`);
            return 'refused';
          }
        };
        const frame = new BookFrame();
        assert.deepEqual(
          attempt(() => {
            new BookDecoder(bitcoin).decode(bytesOf(text), frame);
            return plain(frame);
          }),
          attempt(() => byJson(text, bitcoin)),
          text,
        );
      },
    ),
    { numRuns: 3_000 },
  );
});

test('a tick size that is not a power of ten is divided by', () => {
  const frame = new BookFrame();
  const text =
    '{"arg":{"channel":"books","instId":"HALF-USDT-SWAP"},"action":"update","data":[{"asks":[["100.5","15","0","1"]],"bids":[],"ts":"1","prevSeqId":1,"seqId":2}]}';
  const decoder = new BookDecoder(halves);
  decoder.decode(bytesOf(text), frame);
  assert.deepEqual([frame.price[0], frame.size[0], decoder.slowFrames], [201, 3, 0]);
});

test('what cannot be believed is an error that names instrument and text, and leaves the frame empty', () => {
  const cases: [string, RegExp][] = [
    ['[["60000.15","1","0","1"]]', /BTC-USDT-SWAP.*60000\.15/],
    ['[["60000.1","0.001","0","1"]]', /BTC-USDT-SWAP.*0\.001/],
    ['[["","1","0","1"]]', /BTC-USDT-SWAP.*not a decimal/],
    ['[["1","","0","1"]]', /not a decimal/],
    ['[["0","1","0","1"]]', /price is not positive/],
    ['[["-1","1","0","1"]]', /price is not positive/],
    ['[["1","-1","0","1"]]', /size is negative/],
    ['[["1","1","0"]]', /expected four texts/],
    ['[["1","1","0","x"]]', /order count/],
    ['[[1,1,0,1]]', /expected four texts/],
    ['[null]', /expected four texts/],
    ['null', /not a list/],
  ];
  for (const [asks, problem] of cases) {
    const frame = new BookFrame();
    const text = `{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"bids":[["1","1","0","1"]],"asks":${asks},"ts":"1"}]}`;
    assert.throws(
      () => new BookDecoder(bitcoin).decode(bytesOf(text), frame),
      (error) => error instanceof DecodeError && problem.test(error.message),
      asks,
    );
    assert.equal(frame.count, 0);
  }
});
