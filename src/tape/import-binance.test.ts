import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Ladder } from '../core/book/ladder.ts';
import { OrderBook } from '../core/book/order-book.ts';
import { EventKind } from '../core/events.ts';
import { Instrument } from '../core/instrument.ts';
import { importBinance } from './import-binance.ts';
import { readTape } from './reader.ts';

const data = fileURLToPath(new URL('../../../shared/data/binance-l2-raw/', import.meta.url));
const skip = existsSync(data) ? false : 'the real recordings are not there (../shared/data/binance-l2-raw)';
const folder = mkdtempSync(join(tmpdir(), 'binance-'));
after(() => rmSync(folder, { recursive: true }));
const out = join(folder, 'binance.arrow');

const SESSIONS = [
  { files: ['usdm_btcusdt_20230404'], depth: 4322, trades: 2197, marks: 99 },
  { files: ['usdm_ethusdt_20240718', 'usdm_ethusdt_20240719'], depth: 8929, trades: 13_655, marks: 0 },
  { files: ['spot_btcusdt_20240808'], depth: 3451, trades: 9757, marks: 0 },
  { files: ['cm_btcusd_perp_20240808'], depth: 26_847, trades: 2286, marks: 0 },
];

describe('a real Binance recording', { skip }, () => {
  for (const { files, depth, trades, marks } of SESSIONS)
    it(`${files.join(' and ')}: counts as its README says, its chain unbroken, its top that of the BBO stream`, async () => {
      const paths = files.map((file) => join(data, `${file}.gz`));
      const report = await importBinance(paths, out);
      const [symbol] = report.instruments;
      assert.equal(report.rejectedLines, 0, JSON.stringify(report.rejected[0]));
      assert.equal(report.channels.find(({ channel }) => channel === 'depthUpdate')?.messages, depth);
      assert.deepEqual([symbol?.trades, symbol?.marks, symbol?.outages], [trades, marks, 0]);
      assert.deepEqual([symbol?.book?.snapshots, symbol?.book?.gaps, symbol?.book?.crossed], [1, 0, false]);

      // what our book says after each update id …
      const tape = readTape(out);
      const instrument = new Instrument(tape.instruments[0]!);
      const book = new OrderBook();
      const tops = new Map<number, string>();
      let last = 0;
      tape.forEach((event) => {
        if (event.kind !== EventKind.book) return;
        book.apply(event.frame);
        last = event.frame.seqId;
        const touch = (ladder: Ladder) => `${ladder.best} ${ladder.sizeAt(ladder.best)}`;
        tops.set(last, `${touch(book.bids)} ${touch(book.asks)}`);
      });
      // … and what Binance said of the touch at the same id
      let compared = 0;
      for (const path of paths)
        for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
          if (!line.includes('bookTicker')) continue;
          const { u, b, B, a, A } = JSON.parse(line.slice(line.indexOf(' '))).data;
          const ours = tops.get(u);
          if (ours === undefined) continue;
          const theirs = [
            instrument.parsePrice(b),
            instrument.parseSize(B),
            instrument.parsePrice(a),
            instrument.parseSize(A),
          ];
          assert.equal(ours, theirs.join(' '), `at update ${u}`);
          compared++;
        }
      assert.ok(compared > 50, `only ${compared} update ids in common`);
    });

  it('keeps times as they were recorded, also where the clock was behind the exchange', async () => {
    await importBinance([join(data, 'spot_btcusdt_20240808.gz')], out);
    const late: number[] = [];
    readTape(out).forEach((event) => {
      if (event.kind === EventKind.trade) late.push(event.at / 1000 - event.exchangeAt);
    });
    assert.ok(
      late.every((latency) => latency < -1000 && latency > -1400),
      `${Math.min(...late)} to ${Math.max(...late)} ms`,
    );
  });

  it('that begins without a snapshot gives trades and no book; one with a lost difference says so', async () => {
    const path = join(data, 'usdm_btcusdt_20230404.gz');
    const lines = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
    const without = join(folder, 'without');
    writeFileSync(without, lines.filter((line) => !line.includes('lastUpdateId')).join('\n'));
    const report = await importBinance([without], out);
    const [bare] = report.instruments;
    assert.deepEqual([bare?.book?.levelChanges, bare?.trades], [0, 2197]);
    assert.match(report.notes.join('\n'), /no snapshot in the recording .* the tape has no book/);
    assert.deepEqual(readTape(out).meta.notes, report.notes);
    const whole = await importBinance([path], out);
    assert.doesNotMatch(whole.notes.join('\n'), /no snapshot/);

    const gapped = join(folder, 'gapped');
    const depth = lines.flatMap((line, index) => (line.includes('depthUpdate') ? [index] : []));
    writeFileSync(gapped, lines.filter((_, index) => index !== depth[2000]).join('\n'));
    const [lost] = (await importBinance([gapped], out)).instruments;
    assert.deepEqual([lost?.book?.gaps, lost?.book?.valid, lost?.outages], [1, false, 1]);
  });
});
