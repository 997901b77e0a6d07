import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { ASK, BID, BookFrame } from '../core/book/frame.ts';
import {
  BookEvent,
  CandleEvent,
  EventKind,
  FeedEvent,
  FundingEvent,
  MarkEvent,
  type MarketEvent,
  TradeEvent,
} from '../core/events.ts';
import type { InstrumentSpec } from '../core/instrument.ts';
import { lots, ms, ticks, us } from '../core/units.ts';
import { readTape } from './reader.ts';
import { TapeWriter } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'tape-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (): string => join(folder, `tape-${files++}.arrow`);

const swap = (instId: string): InstrumentSpec => ({
  instId,
  instType: 'SWAP',
  ctType: 'linear',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  ctVal: '0.01',
  ctMult: '1',
  settleCcy: 'USDT',
});
const INSTRUMENTS = [swap('BTC-USDT-SWAP'), swap('ETH-USDT-SWAP')];

const safeInteger = fc.maxSafeInteger();
const time = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const instrument = fc.constantFrom(0, 1);
const level = fc.tuple(fc.constantFrom(BID, ASK), safeInteger, safeInteger, fc.integer());
const bookEvent = fc
  .tuple(time, instrument, time, safeInteger, safeInteger, fc.integer(), fc.boolean(), fc.array(level))
  .map(([at, index, exchangeAt, prevSeqId, seqId, checksum, snapshot, levels]) => {
    const frame = new BookFrame(1);
    Object.assign(frame, { exchangeAt, prevSeqId, seqId, checksum, snapshot });
    for (const [side, price, size, orders] of levels) frame.push(side, price, size, orders);
    return new BookEvent(us(at), index, frame);
  });
const event: fc.Arbitrary<MarketEvent> = fc.oneof(
  bookEvent,
  fc
    .tuple(time, instrument, time, safeInteger, safeInteger, fc.constantFrom('buy', 'sell'))
    .map(
      ([at, i, ts, price, size, side]) => new TradeEvent(us(at), i, ms(ts), ticks(price), lots(size), side),
    ),
  fc
    .tuple(time, instrument, time, fc.array(safeInteger, { minLength: 5, maxLength: 5 }), fc.boolean())
    .map(([at, i, ts, [open, high, low, close, volume], closed]) => {
      const prices = [ticks(open!), ticks(high!), ticks(low!), ticks(close!)] as const;
      return new CandleEvent(us(at), i, ms(ts), ...prices, lots(volume!), closed);
    }),
  fc
    .tuple(time, instrument, time, safeInteger)
    .map(([at, i, ts, price]) => new MarkEvent(us(at), i, ms(ts), ticks(price))),
  fc
    .tuple(time, instrument, fc.string(), time)
    .map(([at, i, rate, ts]) => new FundingEvent(us(at), i, rate, ms(ts))),
  fc
    .tuple(time, instrument, fc.boolean(), fc.string({ unit: 'grapheme' }))
    .map(([at, i, live, reason]) => new FeedEvent(us(at), i, live, reason)),
);

/** What an event says, apart from the objects and the spare capacity that it comes in. */
function plain(event: MarketEvent): object {
  if (event.kind !== EventKind.book) return { ...event };
  const { count, side, price, size, orders, ...fields } = event.frame;
  const levels = Array.from({ length: count }, (_, i) => [side[i], price[i], size[i], orders[i]]);
  return { ...event, frame: { ...fields, levels } };
}

function write(path: string, events: readonly MarketEvent[], flushAfter = Number.POSITIVE_INFINITY): void {
  const writer = TapeWriter.create(path, INSTRUMENTS, { source: 'test', notes: ['röund trip'] });
  for (const [index, each] of events.entries()) {
    writer.write(each);
    if ((index + 1) % flushAfter === 0) writer.flush();
  }
  writer.close();
}

function readAll(path: string): object[] {
  const events: object[] = [];
  readTape(path).forEach((each) => {
    events.push(plain(each));
  });
  return events;
}

const trade = (at: number): TradeEvent => new TradeEvent(us(at), 0, ms(at), ticks(7), lots(8), 'sell');

describe('a tape', () => {
  it('gives back every event it was given, in order, however it is cut into batches', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: 1, max: 70 }),
        (events, flushAfter) => {
          const path = fresh();
          write(path, events, flushAfter);
          assert.deepEqual(readAll(path), events.map(plain));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is the same bytes for the same events', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const [one, two] = [fresh(), fresh()];
        write(one, events, 13);
        write(two, events, 13);
        assert.ok(readFileSync(one).equals(readFileSync(two)));
      }),
      { numRuns: 40 },
    );
  });

  it('carries its instruments and what it says of itself', () => {
    const path = fresh();
    write(path, []);
    const tape = readTape(path);
    assert.deepEqual(tape.instruments, INSTRUMENTS);
    assert.deepEqual(tape.meta, { source: 'test', notes: ['röund trip'], derived: [], bar: '' });
    assert.equal(tape.next(), null);
    assert.equal(tape.next(), null);
  });

  it('spans batches: more rows than one holds, and a batch of very many levels', () => {
    const path = fresh();
    const writer = TapeWriter.create(path, INSTRUMENTS);
    const frame = new BookFrame();
    for (let i = 0; i < 400_000; i++) frame.push(BID, i, i + 1, 1);
    const expected = 70_000;
    for (let i = 0; i < 4; i++) writer.write(new BookEvent(us(i), 1, frame));
    for (let i = 4; i < expected; i++) writer.write(trade(i));
    writer.close();
    let count = 0;
    readTape(path).forEach((each) => {
      assert.equal(each.at, count++);
      if (each.kind === EventKind.book) assert.equal(each.frame.count, 400_000);
    });
    assert.equal(count, expected);
  });

  it('lends one object per kind, so that reading allocates nothing per row', () => {
    const path = fresh();
    write(path, [trade(1), trade(2)]);
    const tape = readTape(path);
    assert.equal(tape.next(), tape.next());
    tape.close();
    assert.equal(tape.next(), null);
  });

  it('is an ordinary Arrow file to others: names for words, nulls where a column does not speak', () => {
    const path = fresh();
    const frame = new BookFrame();
    frame.push(ASK, 100, 5, 2);
    write(path, [
      new BookEvent(us(1_700_000_000_123_456), 1, frame),
      trade(2),
      new FeedEvent(us(3), 0, false, 'gap'),
    ]);
    const rows = tableFromIPC(readFileSync(path)).toArray();
    assert.deepEqual(
      rows.map(({ kind, instrument, price, side, live, reason }) => ({
        kind,
        instrument,
        price,
        side,
        live,
        reason,
      })),
      [
        { kind: 'book', instrument: 'ETH-USDT-SWAP', price: null, side: null, live: null, reason: null },
        { kind: 'trade', instrument: 'BTC-USDT-SWAP', price: 7, side: 'sell', live: null, reason: null },
        { kind: 'feed', instrument: 'BTC-USDT-SWAP', price: null, side: null, live: false, reason: 'gap' },
      ],
    );
    assert.deepEqual(
      rows[0].levels.toArray().map((row: object) => ({ ...row })),
      [{ side: 1, price: 100, size: 5, orders: 2 }],
    );
    assert.equal(rows[1].levels, null);
  });
});

describe('a tape that is being written', () => {
  it('has no file under its name until it is complete', () => {
    const path = fresh();
    const writer = TapeWriter.create(path, INSTRUMENTS);
    writer.write(trade(1));
    writer.flush();
    assert.equal(existsSync(path), false);
    writer.close();
    assert.equal(existsSync(path), true);
  });

  it('leaves an older file of that name alone when it is given up, and nothing else behind', () => {
    const path = fresh();
    writeFileSync(path, 'older');
    const writer = TapeWriter.create(path, INSTRUMENTS);
    writer.write(trade(1));
    writer.discard();
    assert.equal(readFileSync(path, 'utf8'), 'older');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      [],
    );
  });

  it('refuses what it could not give back', () => {
    const writer = TapeWriter.create(fresh(), INSTRUMENTS);
    assert.throws(() => writer.write(new MarkEvent(us(1), 0, ms(1), ticks(0.5))), /integers/);
    assert.throws(() => writer.write(new MarkEvent(us(1), 2, ms(1), ticks(5))), /instrument 2/);
    writer.discard();
  });
});

describe('a file that is not a whole tape', () => {
  const path = fresh();
  write(
    path,
    Array.from({ length: 1000 }, (_, i) => trade(i)),
  );
  const bytes = readFileSync(path);

  it('is refused with its name and what to do, wherever it was cut', () => {
    for (let length = 0; length < bytes.length; length += 97) {
      const cut = join(folder, 'cut.arrow');
      writeFileSync(cut, bytes.subarray(0, length));
      assert.throws(
        () => readTape(cut),
        { name: /^(No)?TapeError$/, message: /cut\.arrow: .*(again|import)/ },
        `at ${length}`,
      );
    }
  });

  it('never ends in anything but a clear error or events when a byte is wrong', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const wrong = join(folder, 'wrong.arrow');
        const copy = Buffer.from(bytes);
        copy[at]! ^= flip;
        writeFileSync(wrong, copy);
        try {
          readAll(wrong);
        } catch (error) {
          assert.match((error as Error).name, /^(No)?TapeError$/, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says so when it is missing, text, or some other Arrow file', () => {
    assert.throws(() => readTape(join(folder, 'none.arrow')), /none\.arrow: cannot be opened/);
    const text = join(folder, 'text.arrow');
    writeFileSync(text, 'not a tape at all, whatever its name says');
    assert.throws(() => readTape(text), /is not an Arrow file/);
    writeFileSync(text, '{"kind":"regime","instrument":"BTC-USDT-SWAP"}\n');
    assert.throws(() => readTape(text), { name: 'NoTapeError', message: /looks like labels; name the tape/ });
    truncateSync(text, 0);
    assert.throws(() => readTape(text), { name: 'NoTapeError', message: /is empty/ });
  });
});
