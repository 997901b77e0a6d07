import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { EventKind } from '../core/events.ts';
import { importTrades } from './import-trades.ts';
import { readTape } from './reader.ts';

const data = fileURLToPath(new URL('../../../shared/data/tick-trades/', import.meta.url));
const skip = existsSync(data) ? false : 'the real trades are not there (../shared/data/tick-trades)';
const folder = mkdtempSync(join(tmpdir(), 'trades-'));
after(() => rmSync(folder, { recursive: true }));
const out = join(folder, 'trades.tape');

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Every trade of a tape: instrument, time in ms, side, price and size in ticks and lots. */
function trades(path: string): string[] {
  const told: string[] = [];
  const tape = readTape(path);
  let before = 0;
  tape.forEach((event) => {
    assert.ok(event.kind === EventKind.trade && event.at >= before);
    before = event.at;
    told.push(
      `${tape.instruments[event.instrument]!.instId} ${event.exchangeAt} ${event.side} ${event.price} ${event.size}`,
    );
  });
  return told;
}

const T = 1_700_239_040_000;

describe('trade archives', () => {
  it('of OKX, the old ones with their half Chinese header: by the words before the slash, sorted by time', async () => {
    const header = Buffer.concat(
      ['trade_id', ',side', ',size', ',price', ',created_time'].flatMap((name) => [
        Buffer.from(`${name}/`),
        Buffer.from([0xb3, 0xc9, 0xbd, 0xbb]),
      ]),
    );
    const rows = `\n11,buy,0.5,100.1,${T + 2}\n12,SELL,2,100,${T + 3}\n10,sell,1,99.9,${T}\n12,sell,2,100,${T + 3}\n`;
    const old = file(
      'BTC-USDT-SWAP-aggtrades-2023-11-18.csv.gz',
      gzipSync(Buffer.concat([header, Buffer.from(rows)])),
    );
    const report = await importTrades([old], out);
    assert.deepEqual(trades(out), [
      `BTC-USDT-SWAP ${T} sell 999 10`,
      `BTC-USDT-SWAP ${T + 2} buy 1001 5`,
      `BTC-USDT-SWAP ${T + 3} sell 1000 20`,
    ]);
    const [found] = report.instruments;
    assert.deepEqual([found!.trades, found!.repeated, found!.late, found!.derived], [3, 1, 1, true]);
  });

  it('of OKX, the newer ones, and files without a header', async () => {
    const newer = file(
      'allswap-trades-2024-05-01.csv',
      `instrument_name,trade_id,side,price,size,created_time\nBTC-USDT-SWAP,1,buy,60000.1,3,${T}\nETH-USDT-SWAP,1,sell,3000.01,5,${T + 1}\n`,
    );
    const bare = file('BTC-USDT-SWAP-trades-2024-05-02.csv', `2,sell,4,60000,${T - 50}\n`);
    await importTrades([newer, bare], out);
    assert.deepEqual(trades(out), [
      `BTC-USDT-SWAP ${T} buy 600001 3`,
      `ETH-USDT-SWAP ${T + 1} sell 300001 5`,
      `BTC-USDT-SWAP ${T - 50} sell 600000 4`,
    ]);
  });

  it('name what cannot be used, line by line, and what is no archive at all', async () => {
    const header = 'trade_id,side,size,price,created_time';
    const damaged = file(
      'BTC-USDT-SWAP-trades-1.csv',
      [header, `1,buy,1,10,${T}`, `2,hold,1,10,${T}`, '3,buy,1,10,noon', `4,buy,0,10,${T}`, '5,buy'].join(
        '\n',
      ),
    );
    const report = await importTrades([damaged], out);
    assert.deepEqual(
      report.rejected.map(({ line, reason }) => `${line} ${reason}`),
      [
        '3 side "hold" is neither buy nor sell',
        '4 time "noon" is not in milliseconds or microseconds',
        '5 size "0" is not a size',
        '6 has 2 columns, expected 5',
      ],
    );
    const cases: [string, string, RegExp][] = [
      [
        'BTC-USDT-SWAP-trades-2.csv',
        'a,b\n1,2\n',
        /has the columns "a,b", and none for side, price, size, time/,
      ],
      [
        'some.csv',
        `${header}\n1,buy,1,10,${T}\n`,
        /does not say whose trades it has; name the instrument with --instrument/,
      ],
      ['BTC-USDT-SWAP-trades-3.csv', 'PK\u0003\u0004', /is a zip archive; unzip it first/],
      ['BTC-USDT-SWAP-trades-4.csv', `${header}\n`, /has no trades that can be used/],
    ];
    const target = join(folder, 'never.tape');
    for (const [name, content, message] of cases)
      await assert.rejects(importTrades([file(name, content)], target), message);
    assert.equal(existsSync(target), false);
  });

  it('counts every rejected line and lists the first thousand, with their files', async () => {
    const bad = (count: number): string => 'x,buy,1,nothing,1\n'.repeat(count);
    const header = 'trade_id,side,size,price,created_time\n';
    const files = [
      file('A-B-SWAP-trades-2023-11-17.csv', `${header}1,buy,1,5,${T}\n${bad(700)}`),
      file('A-B-SWAP-trades-2023-11-18.csv', `${header}${bad(900)}2,buy,1,5,${T}\n`),
    ];
    const report = await importTrades(files, out);
    assert.deepEqual([report.events, report.rejectedLines, report.rejected.length], [2, 1600, 1000]);
    const [first, last] = [report.rejected[0], report.rejected.at(-1)];
    assert.deepEqual([first?.file, first?.line], ['A-B-SWAP-trades-2023-11-17.csv', 3]);
    assert.deepEqual([last?.file, last?.line], ['A-B-SWAP-trades-2023-11-18.csv', 301]);
  });

  it('as OKX gave them out in 2023', { skip }, async () => {
    const path = join(data, 'okx-BTC-USDT-aggtrades-2023-11-18-sample.csv');
    const report = await importTrades([path], out);
    const [found] = report.instruments;
    assert.deepEqual([found!.instrument, found!.trades, found!.tickSize], ['BTC-USDT', 15, '0.1']);
    const rows = readFileSync(path, 'latin1')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(','));
    const expected = rows
      .map(([, side, size, price, at]) => ({
        side,
        size: Number(size),
        price: Number(price),
        at: Number(at),
      }))
      .sort((a, b) => a.at - b.at)
      .map(
        ({ side, size, price, at }) =>
          `BTC-USDT ${at} ${side} ${Math.round(price * 10)} ${Math.round(size * 1e8)}`,
      );
    assert.deepEqual(trades(out), expected);
  });

  it('as others write them: thousands of real ones, none lost', { skip }, async () => {
    const cases: [string, string, number, number][] = [
      ['binance-futures-BTCUSDT-trades-20200222-part1.csv.gz', 'BTC-USDT-SWAP', 6, 7],
      ['binance-futures-ETHUSDT-trades-20230202.csv.gz', 'ETH-USDT-SWAP', 5, 6],
      ['binance-spot-XRPETH-aggtrades-20191011-part1.csv.gz', 'XRP-ETH', 3, 4],
    ];
    for (const [name, instrument, price, size] of cases) {
      const report = await importTrades([join(data, name)], out, { instrument });
      const rows = gunzipSync(readFileSync(join(data, name)))
        .toString()
        .trim()
        .split('\n')
        .slice(1);
      assert.equal(report.rejectedLines, 0);
      assert.equal(report.events, rows.length);
      const turnover = rows.reduce((sum, row) => {
        const cells = row.split(',');
        return sum + Number(cells[price]) * Number(cells[size]);
      }, 0);
      const { tickSz, lotSz } = readTape(out).instruments[0]!;
      const told = trades(out).reduce((sum, line) => {
        const [, , , ticks, lots] = line.split(' ');
        return sum + Number(ticks) * Number(tickSz) * Number(lots) * Number(lotSz);
      }, 0);
      assert.ok(Math.abs(told / turnover - 1) < 1e-9, `${name}: ${told} against ${turnover}`);
    }
  });
});
