import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Finding, type FindingLevel, sanity } from '../study/report/sanity.ts';
import { sampleReport } from '../study/report/testing/sample.ts';
import { exitCodeOf } from './backtest.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hunter-backtest-'));
after(() => rmSync(folder, { recursive: true }));

function hunter(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    cwd: folder,
    timeout: 120_000,
  });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** Twenty days of five-minute candles: slow swings with noise, so that the strategies have something to say. */
function csv(name: string, price: number, phase: number, candles = 5760): string {
  const rows = ['ts,open,high,low,close,volume'];
  let state = 7;
  const noise = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296 - 0.5;
  };
  let before = price;
  for (let i = 0; i < candles; i++) {
    const close = price * (1 + 0.03 * Math.sin(i / 60 + phase) + 0.0015 * noise());
    const [high, low] = [Math.max(before, close) * 1.0004, Math.min(before, close) * 0.9996];
    const figures = [before, high, low, close].map((figure) => figure.toFixed(1));
    rows.push([1_651_363_200_000 + i * 300_000, ...figures, (5 + Math.abs(noise()) * 20).toFixed(2)].join());
    before = close;
  }
  const path = join(folder, name);
  writeFileSync(path, rows.join('\n'));
  return path;
}

const tapes = [join(folder, 'btc.tape'), join(folder, 'eth.tape')] as const;
before(() => {
  const files = [
    csv('BTC-USDT-SWAP-5m-20220501-20220520.csv', 30_000, 0),
    csv('ETH-USDT-SWAP-5m-20220501-20220520.csv', 2000, 1),
  ];
  files.forEach((file, i) => {
    const made = hunter('import', 'okx-candles', file, '--out', tapes[i]!);
    assert.equal(made.code, 0, made.err);
  });
});

const SET = ['--set', 'market.bar=5m', '--set', 'risk.open_positions_max=2'];

describe('hunter backtest', () => {
  it('over candles of two symbols: trades, metrics, hashes; the money adds up; twice the same bytes', () => {
    const first = hunter('backtest', ...tapes, ...SET, '--check', '--json');
    assert.equal(first.code, 0, first.err);
    const result = JSON.parse(first.out);
    assert.ok(result.trades.length > 3, `${result.trades.length} trades`);
    assert.match(result.tapeHash, /^[0-9a-f]{64},[0-9a-f]{64}$/);
    assert.match(result.configHash, /^[0-9a-f]{16}$/);
    assert.equal(result.lookAhead.verdict, 'passed');
    assert.equal(result.metrics[0].trades.count, result.trades.length);
    const [account] = result.accounts;
    const exact = (text: string): bigint => {
      const [, sign, whole, part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)!;
      return BigInt(`${sign}${whole}${part.padEnd(18, '0')}`);
    };
    assert.equal(
      exact(account.balance),
      exact(account.startBalance) +
        exact(account.realized) +
        exact(account.fees) +
        exact(account.funding) +
        exact(account.liquidations),
    );
    const again = hunter('backtest', ...tapes, ...SET, '--check', '--json');
    const without = (text: string) => text.replace(/"eventsPerSecond":\d+/, '');
    assert.equal(without(again.out), without(first.out));
  });

  it('gives every symbol an account of its own where it is asked to', () => {
    const run = hunter('backtest', ...tapes, ...SET, '--separate', '--workers', '2', '--json');
    assert.equal(run.code, 0, run.err);
    const { accounts, trades, metrics } = JSON.parse(run.out);
    assert.deepEqual(
      accounts.map(({ symbols }: { symbols: string[] }) => symbols),
      [['BTC-USDT-SWAP'], ['ETH-USDT-SWAP']],
    );
    for (const [i, { symbols, startBalance, balance }] of accounts.entries()) {
      const mine = trades.filter(({ symbol }: { symbol: string }) => symbols.includes(symbol));
      assert.equal(metrics[i].trades.count, mine.length);
      const net = mine.reduce((sum: number, trade: { net: string }) => sum + Number(trade.net), 0);
      if (accounts[i].openPositions === 0)
        assert.ok(Math.abs(Number(startBalance) + net - Number(balance)) < 1e-6);
    }
  });

  it('runs on an archive of trades alone', () => {
    const archive = join(folder, 'BTC-USDT-SWAP-trades-2024-05-01.csv');
    const rows = Array.from(
      { length: 5000 },
      (_, i) =>
        `${i},buy,2,${(60_000 + Math.round(300 * Math.sin(i / 90)) / 10).toFixed(1)},${1_714_521_600_000 + i * 9000}`,
    );
    writeFileSync(archive, `trade_id,side,size,price,created_time\n${rows.join('\n')}\n`);
    const tape = join(folder, 'trades.tape');
    const made = hunter('import', 'okx-trades', archive, '--out', tape, '--json');
    assert.equal(made.code, 0, made.err);
    assert.equal(JSON.parse(made.out).instruments[0].trades, 5000);
    const run = hunter('backtest', tape, '--json');
    assert.equal(run.code, 0, run.err);
    const result = JSON.parse(run.out);
    assert.equal(result.events, 5000);
    assert.match(result.tapes[0].holds, /^5000 trades of BTC-USDT-SWAP$/);
  });

  it('ends with 1 when the result cannot be, and only then', () => {
    const run = hunter('backtest', tapes[0], ...SET, '--json');
    assert.equal(run.code, 0, run.err);
    const found = (level: FindingLevel): Finding => ({ level, code: 'books', title: '', detail: '' });
    assert.equal(exitCodeOf({ findings: [] }), 0);
    assert.equal(exitCodeOf({ findings: [found('suspect'), found('caution')] }), 0);
    assert.equal(exitCodeOf({ findings: [found('impossible'), found('caution')] }), 1);
    const real = sampleReport({ lookback: 96, candles: 1000, symbols: 1 });
    const [first, ...others] = real.fills;
    assert.equal(exitCodeOf({ findings: sanity(real) }), 0);
    assert.equal(
      exitCodeOf({
        findings: sanity({ ...real, fills: [{ ...first!, price: first!.price / 2 }, ...others] }),
      }),
      1,
    );
  });

  it('says of what never traded why not: in words, in JSON, and for the candles that are too few', () => {
    const set = [...SET, '--set', 'position.base_size=0.000001', '--set', 'position.multiplier=1'];
    const { decisions, findings } = JSON.parse(hunter('backtest', tapes[0], ...set, '--json').out);
    assert.equal(decisions.entered, 0);
    const [{ count, ...refusal }] = decisions.refused;
    assert.deepEqual(refusal, {
      symbol: 'BTC-USDT-SWAP',
      reason: 'size',
      example: 'size 0 lots, the venue takes at least 1',
    });
    const words = `BTC-USDT-SWAP: ${count} entries refused as size: size 0 lots, the venue takes at least 1 (position.base_unit: quote`;
    const none = findings.find(({ title }: { title: string }) => title === 'No trade was closed');
    assert.ok(none.detail.includes(words), none.detail);
    const { out } = hunter('backtest', tapes[0], ...set);
    assert.ok(out.includes(words), out);
    assert.ok(out.includes(`BTC-USDT-SWAP: ${count} refused: size (size 0 lots,`), out);
    const short = join(folder, 'short.tape');
    hunter(
      'import',
      'okx-candles',
      csv('ETH-USDT-SWAP-5m-20220601-20220601.csv', 2000, 0, 8),
      '--out',
      short,
    );
    const few = hunter('backtest', short, ...SET);
    assert.match(
      few.out,
      /ETH-USDT-SWAP: not warm: 8 closed candles seen, volatility takes 11, \w+ takes \d+/,
    );
  });

  it('writes its report as one file', () => {
    const path = join(folder, 'out.html');
    const run = hunter('backtest', tapes[0], ...SET, '--report', path);
    assert.equal(run.code, 0, run.err);
    assert.match(readFileSync(path, 'utf8'), /^<!doctype html>/);
    assert.match(run.out, /report: .*out\.html/);
  });

  it('a finer tape serves a coarser bar; a coarser one is refused with the mend', () => {
    const finer = hunter('backtest', tapes[0], '--set', 'market.bar=15m', '--json');
    assert.equal(finer.code, 0, finer.err);
    const coarser = hunter('backtest', tapes[0], '--set', 'market.bar=1m');
    assert.equal(coarser.code, 2);
    assert.match(coarser.err, /comes in 5m candles.*set market\.bar to 5m or a multiple/);
  });

  it('says what is wrong before it works, and leaves nothing behind', () => {
    const cases: [string[], RegExp][] = [
      [[tapes[0], ...SET, '--symbols', 'DOGE-USDT-SWAP'], /no DOGE-USDT-SWAP on .*there is BTC-USDT-SWAP/],
      [[tapes[0], ...SET, '--workers', '0'], /--workers 0: expected a whole number from 1 to 256/],
      [[tapes[0], '--set', 'market.bar'], /--set market\.bar: expected a key and its value/],
      [[tapes[0], '--set', 'market.bars=5m'], /unknown key "bars" in "market"/],
      [
        [tapes[0], ...SET, '--report', join(folder, 'nowhere', 'out.html')],
        /--report .*nowhere is not there/,
      ],
    ];
    for (const [args, message] of cases) {
      const run = hunter('backtest', ...args);
      assert.equal(run.code, 2, run.err);
      assert.match(run.err, message);
      assert.equal(run.out, '');
    }
    assert.ok(!existsSync(join(folder, 'nowhere')));
  });
});
