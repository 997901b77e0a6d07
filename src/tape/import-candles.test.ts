import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { EventKind } from '../core/events.ts';
import { importCandles } from './import-candles.ts';
import { readTape } from './reader.ts';

const data = fileURLToPath(new URL('../../../shared/data/okx-candles/', import.meta.url));
const skip = existsSync(data) ? false : 'the real candles are not there (../shared/data/okx-candles)';
const folder = mkdtempSync(join(tmpdir(), 'candles-'));
after(() => rmSync(folder, { recursive: true }));

function csv(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const HEADER = 'ts,open,high,low,close,volume';
const out = join(folder, 'candles.arrow');

/** Every event of the tape in a few words. */
function words(path: string): string[] {
  const events: string[] = [];
  readTape(path).forEach((event) => {
    if (event.kind === EventKind.candle)
      events.push(
        `${event.at} ${event.instrument} ${event.openAt}: ${event.open} ${event.high} ${event.low} ${event.close} ${event.volume}`,
      );
    else if (event.kind === EventKind.mark)
      events.push(`${event.at} ${event.instrument} mark ${event.price}`);
    else if (event.kind === EventKind.funding)
      events.push(`${event.at} ${event.instrument} funding ${event.rate} at ${event.fundingAt}`);
  });
  return events;
}

describe('candle files', () => {
  it('become events at the moment each could first be known, merged by time', async () => {
    const files = [
      csv('AAA-USDT-SWAP-1m-20260101-20260102.csv', HEADER, '0,10,10.5,9.5,10,2.5', '60000,10,11,10,11,0'),
      csv('BBB-USDT-SWAP-1m-20260101-20260102.csv', HEADER, '0,7,7,7,7,1'),
      csv('AAA-USDT-SWAP-1h-mark-20260101-20260102.csv', 'ts,open,high,low,close', '0,1,2,1,1.5'),
      csv('AAA-USDT-SWAP-funding-20260101-20260102.csv', 'ts,funding_rate', '60000,7.5e-05'),
    ];
    const report = await importCandles(files, out);
    assert.equal(report.bar, '1m');
    assert.deepEqual(words(out), [
      '60000000 0 0: 100 105 95 100 25',
      '60000000 1 0: 7 7 7 7 1',
      '60000000 0 funding 0.000075 at 60000',
      '120000000 0 60000: 100 110 100 110 0',
      '3600000000 0 mark 15',
    ]);
    assert.equal(readTape(out).meta.bar, '1m');
  });

  it('become lots by the contract value where a specification is given', async () => {
    const specs = join(folder, 'specs.json');
    const row = {
      instType: 'SWAP',
      instId: 'AAA-USDT-SWAP',
      ctType: 'linear',
      ctVal: '0.01',
      ctMult: '1',
      tickSz: '0.1',
      lotSz: '0.1',
      minSz: '0.1',
      settleCcy: 'USDT',
    };
    writeFileSync(specs, JSON.stringify({ code: '0', data: [row] }));
    const file = csv(
      'AAA-USDT-SWAP-5m-20260101-20260102.csv',
      HEADER,
      '0,10,10.5,9.5,10,2.5',
      '300000,10,10.55,9.5,10,2.5',
    );
    const report = await importCandles([file], out, { instruments: [specs] });
    assert.deepEqual(words(out), ['300000000 0 0: 100 105 95 100 2500']); // 2.5 coins = 250 contracts of 0.01
    assert.equal(report.instruments[0]?.derived, false);
    assert.match(report.rejected[0]!.reason, /10\.55.*not a multiple|more than 1 decimals/);
  });

  it('name every row that cannot be used, and count what is missing or repeated', async () => {
    const file = csv(
      'AAA-USDT-SWAP-1m-20260101-20260103.csv',
      HEADER,
      '0,1,1,1,1,1',
      'x,1,1,1,1,1',
      '60000,1,1,1',
      '60000,1,2,1.5,1,1',
      '60000,1,1,1,1,-1',
      '0,1,1,1,1,1',
      '240000,1,1,1,1,1',
    );
    const report = await importCandles([file], out);
    assert.deepEqual(
      report.rejected.map(({ line }) => line),
      [3, 4, 5, 6],
    );
    const [{ candles, missing, repeated }] = report.instruments as [(typeof report.instruments)[0]];
    assert.deepEqual({ candles, missing, repeated }, { candles: 2, missing: 3, repeated: 1 });
  });

  it('are refused where name, columns or bars leave doubt', async () => {
    const odd = csv('prices.csv', HEADER, '0,1,1,1,1,1');
    await assert.rejects(importCandles([odd], out), /name that does not say what it is/);
    const other = csv('AAA-USDT-SWAP-1m-20260101-20260104.csv', 'time,open', '0,1');
    await assert.rejects(importCandles([other], out), /expected the columns ts,open/);
    const two = ['1m', '5m'].map((bar) =>
      csv(`AAA-USDT-SWAP-${bar}-20260101-20260105.csv`, HEADER, '0,1,1,1,1,1'),
    );
    await assert.rejects(importCandles(two, out), /a tape has one bar/);
  });

  it('that are real keep every row and every price', { skip }, async () => {
    const file = join(data, 'BTC-USDT-SWAP-5m-20220501-20220930.csv.gz');
    const report = await importCandles([file], out);
    const [bitcoin] = report.instruments;
    assert.deepEqual(
      [bitcoin?.candles, bitcoin?.missing, bitcoin?.repeated, report.rejectedLines],
      [44_064, 0, 0, 0],
    );
    const rows = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n').slice(1);
    let index = 0;
    readTape(out).forEach((event) => {
      assert.ok(event.kind === EventKind.candle);
      const shown = [event.openAt, event.open / 10, event.high / 10, event.low / 10, event.close / 10];
      assert.deepEqual(shown, rows[index++]!.split(',').slice(0, 5).map(Number));
    });
    assert.equal(index, rows.length);
  });
});
