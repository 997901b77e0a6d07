import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError, parseSettings } from '../../config/load.ts';
import { generator } from '../../core/testing/books.ts';
import { BTC, BTC_INVERSE, ETH } from '../../core/testing/specs.ts';
import { TapeWriter } from '../../tape/writer.ts';
import { type BacktestResult, backtest, backtestInWorkers, type Progress } from './backtest.ts';
import { type Bar, candleOf, candleTape } from './testing/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-workers-'));
const tapes = [BTC, ETH, BTC_INVERSE].map(({ id }) => join(folder, `${id}.tape`));
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  for (const [i, instrument] of [BTC, ETH, BTC_INVERSE].entries()) {
    const random = generator(i + 1);
    let price = 600_000;
    const rows = Array.from({ length: 3000 }, (_, minute): [number, ...Bar] => {
      const open = price;
      price = Math.round(600_000 * (1 + 0.03 * Math.sin(minute / 60 + i) + 0.003 * (random() - 0.5)));
      return [minute, open, Math.max(open, price) + 200, Math.min(open, price) - 200, price, 10_000];
    });
    await candleTape(tapes[i]!, instrument, '1m', rows);
  }
});

/** Chance is drawn, limits bite: whatever one account learnt of another would show. */
const settings = parseSettings(
  `
signal: { confidence_threshold: 0 }
strategy: { trend: { false_alarms: 20 }, range: { false_alarms: 20 }, breakout: { false_alarms: 20 }, reversal: { false_alarms: 20 } }
exits: { cost_multiple_min: 0 }
execution: { cooldown_ms: 0, confirmation: none }
risk: { daily_loss_max: 1, drawdown_max: 1, open_positions_max: 2 }
paper: { latency: log_normal, order_latency_ms: 40 }
`,
  'test',
);
const options = { symbols: null, command: 'test', check: true };
/** What tapes and settings determine: not the clock, and not the commit, which may change while a test runs. */
const played = ({ eventsPerSecond: _clock, data, ...result }: BacktestResult) => {
  const { code: _code, ...run } = data.run;
  return { ...result, data: { ...data, run } };
};

describe('a backtest in workers', () => {
  for (const { separate, threads } of [
    { separate: false, threads: [1, 2, 4] },
    { separate: true, threads: [3] },
  ])
    it(`gives the same bytes on ${threads} threads as in none, ${separate ? 'an account for each symbol' : 'one for each currency'}`, async () => {
      const here = played(backtest(tapes, settings, { ...options, separate }));
      assert.equal(here.data.accounts.length, separate ? 3 : 2);
      assert.ok(here.data.trades.length > 20, `only ${here.data.trades.length} trades`);
      assert.equal(here.data.lookAhead.verdict, 'passed');
      for (const workers of threads) {
        const there = played(await backtestInWorkers(tapes, settings, { ...options, separate }, { workers }));
        assert.equal(JSON.stringify(there), JSON.stringify(here), `${workers} workers`);
        assert.deepEqual(there, here);
      }
    });

  it('separate accounts are what each symbol comes to alone', () => {
    const all = backtest(tapes, settings, { ...options, check: false, separate: true });
    for (const [i, { id }] of [BTC, ETH, BTC_INVERSE].entries()) {
      const alone = backtest([tapes[i]!], settings, { ...options, check: false });
      assert.deepEqual(all.data.accounts[i], alone.data.accounts[0]);
      assert.deepEqual(
        all.data.trades.filter(({ symbol }) => symbol === id),
        alone.data.trades,
      );
    }
  });

  it('says how far it is, and ends when it is told to', async () => {
    const seen: Progress[] = [];
    const long = join(folder, 'long.tape');
    const rows = Array.from({ length: 200_000 }, (_, i): [number, ...Bar] => [
      i,
      600_000,
      600_010,
      599_990,
      600_000,
      10,
    ]);
    await candleTape(long, BTC, '1m', rows);
    const abort = new AbortController();
    const work = backtestInWorkers(
      [long],
      settings,
      { ...options, check: false },
      {
        workers: 2,
        signal: abort.signal,
        progress: (progress) => {
          seen.push(progress);
          abort.abort(new Error('interrupted'));
        },
      },
    );
    await assert.rejects(work, /^Error: interrupted$/);
    assert.equal(seen[0]!.done, 65_536);
    assert.equal(seen[0]!.total, 200_000);
    assert.equal(seen[0]!.at, 65_536 * 60_000_000);
  });

  it('fails as it would without', async () => {
    const wrong = join(folder, 'wrong.tape');
    const writer = TapeWriter.create(wrong, [BTC.spec], { bar: '1m' });
    for (const minute of [5, 6, 4]) writer.write(candleOf(minute, [1000, 1001, 999, 1000, 5], 60_000));
    writer.close();
    const fault = (work: () => unknown): Error => {
      try {
        work();
      } catch (error) {
        return error as Error;
      }
      throw new Error('it did not fail');
    };
    const cases: [string[], string[] | null][] = [
      [[tapes[1]!, wrong], [BTC.id]], // time that goes back is noticed while it is played
      [tapes, ['DOGE-USDT-SWAP']],
      [[join(folder, 'none.tape')], null],
    ];
    for (const [paths, symbols] of cases) {
      const here = fault(() => backtest(paths, settings, { ...options, symbols }));
      await assert.rejects(
        backtestInWorkers(paths, settings, { ...options, symbols }, { workers: 2 }),
        ({ name, message, ...rest }: Error) => {
          assert.deepEqual([name, message], [here.name, here.message]);
          assert.equal(here instanceof ConfigError, 'faults' in rest);
          return true;
        },
      );
    }
  });
});
