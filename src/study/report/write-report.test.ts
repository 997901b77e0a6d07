import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { largestDrawdown } from '../metrics/drawdown.ts';
import { CandleIndex, merged, thinned } from './candles.ts';
import { thinnedAccount } from './curves.ts';
import { PageNotBuiltError } from './html-page.ts';
import { type PackedReport, pack, packed, unpack, unpacked } from './pack.ts';
import type { CandleColumns } from './report-data.ts';
import { sampleReport } from './testing/sample.ts';
import { pageOf, reportOf, writeReport } from './write-report.ts';

const data = sampleReport({ lookback: 288, candles: 9_000, symbols: 2 });
const report = reportOf(data);
const folder = mkdtempSync(join(tmpdir(), 'report-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'report.js'), 'const close = "</script>"; /* <!-- */');
writeFileSync(join(folder, 'report.css'), 'p::after { content: "</style>" }');

describe('packing', () => {
  test('loses nothing of candles and times, and of curves less than a screen can show', () => {
    const back = unpacked(JSON.parse(JSON.stringify(packed(report))) as PackedReport);
    assert.deepEqual(back.metrics, JSON.parse(JSON.stringify(report.metrics)));
    assert.deepEqual(back.data.trades, data.trades);
    for (const [index, candles] of data.candles.entries()) {
      const { volume, ...prices } = back.data.candles[index]!;
      const { volume: volumes, ...exact } = candles;
      assert.deepEqual(prices, exact);
      const most = Math.max(...volumes);
      for (const [place, value] of volume.entries())
        assert.ok(Math.abs(value - volumes[place]!) <= most * 1e-4);
    }
    const [before, after] = [data.accounts[0]!.equity, back.data.accounts[0]!.equity];
    assert.deepEqual(after.at, before.at);
    for (const [place, value] of after.equity.entries())
      assert.ok(Math.abs(value / before.equity[place]! - 1) < 1e-7);
  });

  test('steps add up to the values, without drift', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1e9, max: 1e9 })),
        fc.integer({ min: 0, max: 5 }),
        (units, decimals) => {
          const values = units.map((unit) => unit / 10 ** decimals);
          assert.deepEqual(unpack(pack(values, decimals)), values);
        },
      ),
    );
  });
});

describe('thinning', () => {
  const candles = data.candles[0]!;

  test('a longer bar keeps the first open, the extremes, the last close and all the volume', () => {
    const hours = merged(candles, 3_600_000);
    assert.equal(hours.openAt.length, 750);
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    assert.equal(sum(hours.volume), sum(candles.volume));
    for (const hour of [0, 17, 749]) {
      const [from, to] = [hour * 12, hour * 12 + 12];
      assert.equal(hours.open[hour], candles.open[from]);
      assert.equal(hours.high[hour], Math.max(...candles.high.slice(from, to)));
      assert.equal(hours.low[hour], Math.min(...candles.low.slice(from, to)));
      assert.equal(hours.close[hour], candles.close[to - 1]);
    }
    assert.equal(hours.runBarMs, 300_000);
  });

  test('the finest known bar that fits is taken; what fits already stays', () => {
    assert.equal(thinned(candles, 9_000), candles);
    assert.equal(thinned(candles, 8_999).barMs, 900_000);
    assert.ok(thinned(candles, 20).openAt.length <= 20);
    assert.equal(thinned(candles, 5).barMs % 86_400_000, 0);
  });

  test('curves keep start, end, every end of day and the worst drawdown', () => {
    const account = data.accounts[0]!;
    const few = thinnedAccount(account, 500);
    assert.ok(few.equity.at.length <= 502, `${few.equity.at.length}`);
    assert.equal(few.equity.equity[0], account.equity.equity[0]);
    assert.equal(few.equity.equity.at(-1), account.equity.equity.at(-1));
    assert.equal(few.benchmark!.value.length, few.equity.at.length);
    assert.equal(largestDrawdown(few.equity)!.depth, largestDrawdown(account.equity)!.depth);
  });

  test('a dip that lies between two kept points is still the worst', () => {
    const account = data.accounts[0]!;
    const { equity } = account;
    const dip = equity.drawdown.map((value, index) => (index === 1000 ? 0.9 : value));
    const few = thinnedAccount({ ...account, equity: { ...equity, drawdown: dip } }, 500);
    assert.ok(!few.equity.at.includes(equity.at[1000]!));
    assert.equal(Math.max(...few.equity.drawdown), 0.9);
  });

  test('a moment finds its candle, the next one at the boundary, and none in a hole', () => {
    const two: CandleColumns = {
      ...candles,
      barMs: 10,
      openAt: [0, 10, 30],
      low: [1, 2, 3],
      high: [4, 5, 6],
    };
    const index = new CandleIndex(two);
    assert.deepEqual(
      [-1, 0, 9, 10, 19, 20, 30, 39, 40].map((at) => index.at(at)),
      [-1, 0, 0, 1, 1, -1, 2, 2, -1],
    );
    assert.deepEqual(index.around(10), { low: 1, high: 5 });
    assert.deepEqual(index.around(20), { low: 2, high: 5 });
    assert.equal(index.around(25), null);
  });
});

describe('the page', () => {
  test('is the same bytes for the same run', () => {
    const path = join(folder, 'out.html');
    assert.equal(pageOf(report, folder), pageOf(reportOf(data), folder));
    writeReport(path, data);
    const first = readFileSync(path);
    writeReport(path, data);
    assert.deepEqual(readFileSync(path), first);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('tmp')),
      [],
    );
  });

  test('cannot be left by anything in its script, its style or its data', () => {
    const evil = '</script><script>alert(1)</script><img src=x onerror=alert(2)>';
    const page = pageOf(
      reportOf({
        ...data,
        instruments: data.instruments.map((spec) => ({ ...spec, symbol: evil })),
        run: { ...data.run, command: evil, settings: evil },
      }),
      folder,
    );
    assert.equal(page.match(/<script/g)?.length, 2);
    assert.equal(page.match(/<\/script>/g)?.length, 2);
    assert.equal(page.match(/<\/style>/g)?.length, 1);
    assert.doesNotMatch(page, /<img/);
    assert.match(page, /<title>Backtest of &lt;\/script&gt;/);
    const payload = /id="report">([^<]*)</.exec(page)![1]!;
    const { data: back } = JSON.parse(inflateSync(Buffer.from(payload, 'base64')).toString()) as PackedReport;
    assert.equal(back.run.command, evil);
  });

  test('says what to do when it was never built', () => {
    assert.throws(
      () => pageOf(report, join(folder, 'nowhere')),
      (error) => {
        assert.ok(error instanceof PageNotBuiltError);
        assert.match(error.message, /npm run prepare/);
        return true;
      },
    );
  });
});
