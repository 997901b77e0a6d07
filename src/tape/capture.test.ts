import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { NO_PRICE } from '../core/book/ladder.ts';
import { OrderBook } from '../core/book/order-book.ts';
import { EventKind } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { ticks } from '../core/units.ts';
import { TapeError } from './format.ts';
import { importOkx } from './import-okx.ts';
import { inspectCapture, inspectTape, isTape } from './inspect.ts';
import type { CaptureReport } from './okx-capture.ts';
import { readTape } from './reader.ts';

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url));
const skip = existsSync(data) ? false : 'the real captures are not there (../shared/data)';
const FUTURES_2022 = join(data, 'okx-ws-v5/okx-20220513-books-trades-tickers.jsonl.gz');
const TICK_BY_TICK_2022 = join(data, 'okx-ws-v5/okx-20220227-booksl2tbt-trades-tickers.jsonl.gz');
const OKCOIN_2023 = join(data, 'okx-ws-v5/okcoin-20230527-books-candle1m-trades-tickers.jsonl.gz');
const SPOT_2026 = join(data, 'okx-books-2026/okx-20260824-books-BTC-USDT.jsonl');
const SPECS_2022 = join(data, 'okx-ws-v5/rest-instruments-20220513-SPOT.json.gz');

const folder = mkdtempSync(join(tmpdir(), 'capture-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = (ending: string): string => join(folder, `${files++}${ending}`);

/** Messages per channel, over all instruments. */
function perChannel(report: CaptureReport): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { channel, messages } of report.channels) counts[channel] = (counts[channel] ?? 0) + messages;
  return counts;
}

type BookFigure =
  | 'snapshots'
  | 'checksumsRight'
  | 'checksumsWrong'
  | 'checksumsAbsent'
  | 'absentDeletes'
  | 'gaps'
  | 'resnapshots';
const sum = (report: CaptureReport, figure: BookFigure): number =>
  report.instruments.reduce((total, { book }) => total + (book?.[figure] ?? 0), 0);

/** The lines of a capture as text. */
function linesOf(path: string): string[] {
  const bytes = readFileSync(path);
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString().trimEnd().split('\n');
}

function capture(lines: readonly string[]): string {
  const path = fresh('.jsonl');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

describe('a real OKX capture', { skip }, () => {
  it('of May 2022 counts as its README says, every checksum right', async () => {
    const report = await inspectCapture([FUTURES_2022]);
    assert.deepEqual(perChannel(report), { books: 290, trades: 74, tickers: 28 });
    assert.equal(sum(report, 'snapshots'), 3);
    assert.equal(sum(report, 'checksumsRight'), 290);
    assert.equal(sum(report, 'checksumsWrong'), 0);
    assert.equal(sum(report, 'absentDeletes'), 953);
    assert.equal(report.rejectedLines, 0);
    assert.equal(report.lines, linesOf(FUTURES_2022).length);
    const spot = report.instruments.find(({ instrument }) => instrument === 'BTC-USDT');
    assert.deepEqual([spot?.book?.bids, spot?.book?.asks], [400, 400]);
    assert.ok(report.instruments.every(({ derived }) => !derived));
  });

  it('of February 2022 counts as its README says: tick by tick, each book snapshot twice', async () => {
    const report = await inspectCapture([TICK_BY_TICK_2022]);
    assert.deepEqual(perChannel(report), { trades: 19, tickers: 19, 'books-l2-tbt': 3679 });
    assert.equal(sum(report, 'snapshots'), 20);
    assert.equal(sum(report, 'resnapshots'), 10);
    assert.equal(sum(report, 'checksumsRight'), 3679);
    assert.equal(sum(report, 'absentDeletes'), 0);
    assert.equal(report.instruments.length, 10);
    assert.equal(report.rejectedLines, 0);
  });

  it('of OKCoin 2023 counts as its README says; specifications a year old are not believed', async () => {
    const report = await inspectCapture([OKCOIN_2023]);
    assert.deepEqual(perChannel(report), { candle1m: 12, tickers: 8, trades: 4, books: 6 });
    assert.equal(sum(report, 'checksumsRight'), 6);
    assert.ok(report.instruments.every(({ derived }) => derived));
    assert.equal(report.notes.filter((note) => note.includes('derived')).length, 4);
  });

  it('of August 2026 has an unbroken chain and no checksums any more', async () => {
    const report = await inspectCapture([SPOT_2026]);
    const [spot] = report.instruments;
    assert.deepEqual(perChannel(report), { books: 7 });
    assert.equal(spot?.book?.gaps, 0);
    assert.equal(spot?.book?.checksumsAbsent, 7);
    assert.deepEqual([spot?.book?.bids, spot?.book?.asks], [400, 400]);
    assert.deepEqual([spot?.tickSize, spot?.lotSize], ['0.1', '0.00000001']);
    assert.deepEqual([report.from, report.to], [1787612486107e3, 1787612486707e3]);
  });

  it('takes named specifications before all others, however old', async () => {
    const report = await inspectCapture([SPOT_2026], { instruments: [SPECS_2022] });
    assert.deepEqual(
      report.instruments.map(({ derived }) => derived),
      [false],
    );
    assert.deepEqual(report.notes, []);
  });

  it('keeps trades that are old news at subscribing out of the flow', async () => {
    // by hand: of each instrument's first trade, how long before its arrival did it happen?
    const seen = new Set<string>();
    let old = 0;
    for (const line of linesOf(FUTURES_2022)) {
      const { t, data } = JSON.parse(line);
      if (data?.arg?.channel !== 'trades' || data.event || seen.has(data.arg.instId)) continue;
      seen.add(data.arg.instId);
      if (t * 1000 - data.data[0].ts > 1_000) old++;
    }
    const report = await inspectCapture([FUTURES_2022]);
    const stale = report.instruments.reduce((total, { staleTrades }) => total + staleTrades, 0);
    const kept = report.instruments.reduce((total, { trades }) => total + trades, 0);
    assert.ok(old > 0);
    assert.equal(stale, old);
    assert.equal(kept + stale, 74);
  });

  it('becomes a tape whose engine book ends as the capture says, and that says the same when inspected', async () => {
    for (const path of [FUTURES_2022, TICK_BY_TICK_2022, SPOT_2026]) {
      const out = fresh('.arrow');
      const imported = await importOkx([path], out);
      assert.ok(isTape(out));
      const tape = readTape(out);
      const books = tape.instruments.map(() => new OrderBook());
      let events = 0;
      tape.forEach((event) => {
        events++;
        if (event.kind === EventKind.book) books[event.instrument]!.apply(event.frame);
      });
      assert.equal(events, imported.events);
      const inspected = inspectTape(out);
      assert.equal(inspected.events, events);
      for (const [index, report] of imported.instruments.entries()) {
        assert.deepEqual(inspected.instruments[index]?.book, report.book);
        const instrument = new Instrument(tape.instruments[index]!);
        const best = (price: number) => (price === NO_PRICE ? '' : instrument.formatPrice(ticks(price)));
        const { bestBid, bestAsk, absentDeletes } = books[index]!;
        assert.deepEqual(
          [best(bestBid), best(bestAsk), absentDeletes],
          [report.book?.bestBid, report.book?.bestAsk, report.book?.absentDeletes],
        );
      }
    }
  });

  it('gives the same bytes every time', async () => {
    const [one, two] = [fresh('.arrow'), fresh('.arrow')];
    await importOkx([FUTURES_2022], one);
    await importOkx([FUTURES_2022], two);
    assert.ok(readFileSync(one).equals(readFileSync(two)));
  });

  it('may come in several files', async () => {
    const lines = linesOf(SPOT_2026);
    const halves = [capture(lines.slice(0, 4)), capture(lines.slice(4))];
    const [whole, parts] = [await inspectCapture([SPOT_2026]), await inspectCapture(halves)];
    assert.deepEqual({ ...parts, files: [] }, { ...whole, files: [] });
  });
});

describe('captures of other days in one import', () => {
  const DAY_S = 86_400;
  const at = (seconds: number, id: number, wrapped: boolean): string => {
    const trade = `{"arg":{"channel":"trades","instId":"AAA-USDT-SWAP"},"data":[{"instId":"AAA-USDT-SWAP","tradeId":"${id}","px":"10","sz":"1","side":"buy","ts":"${seconds * 1000}"}]}`;
    return wrapped ? `{"t":${seconds},"dir":"in","conn":"a","data":${trade}}` : trade;
  };
  const START = 1_685_000_000;

  for (const wrapped of [true, false])
    it(`are refused when the later one is named first, with both names (${wrapped ? 'with' : 'without'} the recorder's clock)`, async () => {
      const late = capture([at(START + 2 * DAY_S, 3, wrapped), at(START + 2 * DAY_S + 25, 4, wrapped)]);
      const early = capture([at(START, 1, wrapped), at(START + 5, 2, wrapped)]);
      const out = fresh('.arrow');
      await assert.rejects(importOkx([late, early], out), (error: Error) => {
        assert.ok(error instanceof TapeError);
        assert.equal(
          error.message,
          `${early}: begins at 2023-05-25 07:33:20 UTC, but ${late} before it ended at 2023-05-27 07:33:45 UTC: name the files in the order of their time`,
        );
        return true;
      });
      assert.equal(existsSync(out), false);
      const report = await importOkx([early, late], out);
      assert.equal(report.timeStepsBack, 0);
      assert.deepEqual([report.from, report.to], [START * 1e6, (START + 2 * DAY_S + 25) * 1e6]);
    });

  it('are one recording when the clock was set back by less than a day', async () => {
    const first = capture([at(START + DAY_S, 1, true)]);
    const report = await importOkx([first, capture([at(START, 2, true)])], fresh('.arrow'));
    assert.equal(report.timeStepsBack, 1);
    await assert.rejects(importOkx([first, capture([at(START - 1, 2, true)])], fresh('.arrow')), TapeError);
  });
});

describe('a damaged capture', { skip }, () => {
  const PLANTED = [
    '{"t":1652459226.1,"dir":"in","conn":"okx-1","data":{"arg":{"channel":"tick',
    'not json at all',
    '[]',
    '{"t":"soon","dir":"in","data":{}}',
    '{"t":1652459226.1,"dir":"sideways","conn":"a","data":{}}',
    '{"t":1652459226.1,"dir":"in","conn":"a"}',
    '{"hello":1}',
    '{"t":1652459226.1,"dir":"in","conn":"okx-1","data":{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"x"}]}}',
    '{"t":1652459226.1,"dir":"in","conn":"okx-1","data":{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"px":}]}}',
  ];

  it('is read all the same: every planted line is named by number and reason, the rest is as it was', async () => {
    const whole = await inspectCapture([FUTURES_2022], { instruments: [SPECS_2022] });
    const lines = linesOf(FUTURES_2022);
    const planted: number[] = [];
    const damaged = lines.flatMap((line, index) => {
      const at = PLANTED[index / 40];
      if (at === undefined) return [line];
      planted.push(index + 1 + planted.length);
      return [at, line];
    });
    // beside the original, its specifications would be found; a copy is told of them
    const specs = ['SPOT', 'SWAP', 'FUTURES'].map((type) => SPECS_2022.replace('SPOT', type));
    const report = await inspectCapture([capture(damaged)], { instruments: specs });
    assert.equal(planted.length, PLANTED.length);
    assert.deepEqual(
      report.rejected.map(({ line }) => line),
      planted,
    );
    assert.ok(report.rejected.every(({ reason }) => reason.length > 10));
    assert.equal(report.rejectedLines, PLANTED.length);
    assert.deepEqual(report.instruments, whole.instruments);
    assert.equal(report.events, whole.events);
  });

  it('that was compressed and breaks off is read as far as it goes', async () => {
    const lines = linesOf(FUTURES_2022);
    const bytes = gzipSync(`${lines.join('\n')}\n`);
    for (const share of [0.3, 0.9, 0.999]) {
      const path = fresh('.jsonl.gz');
      writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      const report = await inspectCapture([path]);
      assert.equal(report.rejectedLines, 1);
      assert.match(report.rejected[0]!.reason, /breaks off/);
      assert.equal(report.rejected[0]!.line, report.lines);
      assert.ok(report.lines > lines.length * share * 0.3, `${report.lines} lines at ${share}`);
    }
  });

  it('with a lost book message says so: a gap in the chain, a wrong checksum where there is no chain', async () => {
    const lines = linesOf(SPOT_2026);
    lines.splice(3, 1);
    const out = fresh('.arrow');
    const report = await importOkx([capture(lines)], out);
    const [spot] = report.instruments;
    assert.deepEqual([spot?.book?.gaps, spot?.book?.valid, spot?.outages], [1, false, 1]);
    assert.equal(spot?.book?.unusable, 4);
    const feeds: [boolean, string][] = [];
    let booksAfter = 0;
    readTape(out).forEach((event) => {
      if (event.kind === EventKind.feed) feeds.push([event.live, event.reason]);
      else if (feeds.at(-1)?.[0] === false) booksAfter++;
    });
    assert.deepEqual(
      feeds.map(([live]) => live),
      [true, false],
    );
    assert.match(feeds[1]![1], /sequence gap/);
    assert.equal(booksAfter, 0);
    assert.match(inspectTape(out).instruments[0]!.outageReasons[0]!.reason, /sequence gap/);

    const old = linesOf(FUTURES_2022);
    const lost = old.findIndex((line) => line.includes('"BTC-USDT"},"action":"update"'));
    old.splice(lost + 5, 0);
    old.splice(lost, 1);
    const unnumbered = await inspectCapture([capture(old)]);
    const book = unnumbered.instruments.find(({ instrument }) => instrument === 'BTC-USDT')?.book;
    assert.deepEqual([book?.checksumsWrong, book?.valid], [1, false]);
  });

  it('leaves no tape behind when it cannot be read at all', async () => {
    const out = fresh('.arrow');
    await assert.rejects(importOkx([join(folder, 'none.jsonl')], out), {
      name: 'TapeError',
      message: /none\.jsonl: cannot be read/,
    });
    assert.equal(existsSync(out), false);
  });
});
