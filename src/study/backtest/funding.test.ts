import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseSettings } from '../../config/load.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { importCandles } from '../../tape/import-candles.ts';
import { type BacktestResult, backtest } from './backtest.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-funding-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const HOUR = 3_600_000;
const START = Date.UTC(2025, 9, 13);

/** Goes long, or short, at every candle, and holds. */
class Holder implements CandleOpinion {
  readonly name = 'holder';
  readonly confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  private readonly towards: 'long' | 'short';
  private count = 0;
  constructor(towards: 'long' | 'short') {
    this.towards = towards;
  }
  update(): void {
    // an opinion is acted on when it is new
    this.direction = this.count++ % 2 === 0 ? 'none' : this.towards;
  }
  reset(): void {}
  reasons(): string[] {
    return [];
  }
  parts(): readonly [] {
    return [];
  }
}

const SETTINGS = `
market: { bar: 1H, assumed_spread_bp: 0, volatility_window: 10 }
execution: { cooldown_ms: 0, confirmation: none, slippage_bp_max: 10 }
exits: { method: percentage, tp_fraction: 0.05, sl_fraction: 0.03, cost_multiple_min: 0 }
position: { base_size: 1, multiplier: 1, volatility_factor: 0, leverage_min: 1, leverage_max: 1 }
risk: { notional_max: 1e9, notional_total_max: 1e9, margin_share_max: 1, daily_loss_max: 1, drawdown_max: 1,
  loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
paper: { start_balance: "1000000000", volume_share_max: 1, order_latency_ms: 20, answer_latency_ms: 20, latency: constant }
`;

/** [open, high, low, close] by hour, and a rate every eight hours: in one tape, or in two of which either comes first. */
async function played(
  towards: 'long' | 'short',
  bars: readonly (readonly [number, number, number, number])[],
  rates: readonly string[],
  how: 'together' | 'candlesFirst' | 'fundingFirst',
  marks?: readonly number[],
): Promise<BacktestResult> {
  const file = (name: string, header: string, rows: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${header}\n${rows.join('\n')}\n`);
    return path;
  };
  const candles = file(
    'BTC-USDT-SWAP-1h-20251013-20251213.csv',
    'ts,open,high,low,close,volume',
    bars.map((bar, i) => `${START + i * HOUR},${bar.map((price) => price.toFixed(1)).join()},1000`),
  );
  const funding = file(
    'BTC-USDT-SWAP-funding-20251013-20251213.csv',
    'ts,funding_rate',
    rates.map((rate, i) => `${START + i * 8 * HOUR},${rate}`),
  );
  const mark =
    marks === undefined
      ? []
      : [
          file(
            'BTC-USDT-SWAP-1h-mark-20251013-20251213.csv',
            'ts,open,high,low,close',
            marks.map((price, i) => `${START + i * HOUR},${Array(4).fill(price.toFixed(1)).join()}`),
          ),
        ];
  const tape = async (name: string, ...files: string[]): Promise<string> => {
    await importCandles(files, join(folder, name), { instruments: [SPECS] });
    return join(folder, name);
  };
  const tapes =
    how === 'together'
      ? [await tape('all.tape', funding, ...mark, candles)]
      : [await tape('candles.tape', ...mark, candles), await tape('funding.tape', funding)];
  if (how === 'fundingFirst') tapes.reverse();
  return backtest(tapes, parseSettings(SETTINGS, 'test'), {
    symbols: null,
    strategies: () => new Holder(towards),
    command: 'test',
    check: false,
  });
}

/** One contract is one BTC, so that figures can be done in the head. */
const SPECS = join(folder, 'specs.json');
writeFileSync(
  SPECS,
  JSON.stringify({
    code: '0',
    msg: '',
    data: [
      {
        instId: 'BTC-USDT-SWAP',
        instType: 'SWAP',
        ctType: 'linear',
        tickSz: '0.1',
        lotSz: '1',
        minSz: '1',
        ctVal: '1',
        ctMult: '1',
        ctValCcy: 'BTC',
        settleCcy: 'USDT',
        lever: '100',
        state: 'live',
        maxMktSz: '1000000',
        maxLmtSz: '1000000',
      },
    ],
  }),
);

const still = (count: number): [number, number, number, number][] =>
  // enough movement for a volatility
  Array.from({ length: count }, (_, i) => [1000 + (i % 2), 1002, 999, 1000 + ((i + 1) % 2)]);

describe('settled funding rates beside candles', () => {
  for (const how of ['together', 'candlesFirst', 'fundingFirst'] as const)
    it(`are charged at their time, on what was held then, at the price then (${how})`, async () => {
      // entered at the open of the 13th hour at the latest; funding at hours 16, 24, 32; closes 1,000 or 1,001
      const bars = still(36);
      const rates = ['0.0001', '0.0001', '0.0003', '-0.0002', '0.001'];
      const { data } = await played('long', bars, rates, how);
      assert.deepEqual(data.market.funding.charged, true);
      assert.equal(data.accounts[0]!.openPositions, 1);
      const entry = data.fills[0]!;
      const expected = rates
        .map((rate, i) => ({ rate: Number(rate), hour: i * 8 }))
        .filter(({ hour }) => START + hour * HOUR > entry.at && hour > 0)
        .reduce((sum, { rate, hour }) => sum - rate * (bars[hour - 1]?.[3] ?? 0), 0);
      assert.ok(entry.at < START + 16 * HOUR);
      assert.equal(data.accounts[0]!.funding, `${Number(expected.toFixed(9))}`);
    });

  for (const how of ['together', 'fundingFirst'] as const)
    it(`not on a position that its own hour stopped out, nor on one entered at that moment (${how})`, async () => {
      const bars = still(18);
      // the hour that ends at 16:00 runs into the stop; the next entry comes at 16:00 or later
      bars[15] = [1000, 1001, 900, 1000];
      const { data } = await played('long', bars, ['0.01', '0.01', '0.01'], how);
      assert.equal(data.trades[0]!.exitReason, 'stopLoss');
      assert.ok(data.trades[0]!.closedAt > START + 15 * HOUR && data.trades[0]!.closedAt < START + 16 * HOUR);
      assert.equal(data.accounts[0]!.funding, '0');
    });

  it('at the mark price where there is one, and shorts are paid', async () => {
    const bars = still(24);
    const marks = bars.map((_, i) => 1100 + i);
    const { data } = await played('short', bars, ['0', '0', '0.0004'], 'fundingFirst', marks);
    // the mark of the hour that ends at 16:00
    assert.equal(data.accounts[0]!.funding, `${Number((0.0004 * 1115).toFixed(9))}`);
  });

  const real = fileURLToPath(
    new URL(
      '../../../../shared/data/okx-candles/BTC-USDT-SWAP-funding-20251013-20251209.csv.gz',
      import.meta.url,
    ),
  );
  it('the real rates of two months, row by row', {
    skip: existsSync(real) ? false : 'no ../shared/data',
  }, async () => {
    const rows = gunzipSync(readFileSync(real)).toString().trim().split('\n').slice(1);
    const rates = rows.map((row) => row.split(',')[1]!);
    const times = rows.map((row) => Number(row.split(',')[0]));
    assert.ok(times.every((at, i) => at === times[0]! + i * 8 * HOUR));
    const bars = still(rates.length * 8);
    const { data } = await played('long', bars, rates, 'candlesFirst');
    const [entry] = data.fills;
    assert.equal(data.fills.length, 1);
    let expected = 0n;
    rates.forEach((rate, i) => {
      const hour = i * 8;
      if (START + hour * HOUR < entry!.at) return;
      // exactly: the rate in 18 decimals times a price of one decimal
      const price = BigInt(bars[hour - 1]![3]);
      expected -= BigInt(Math.round(Number(rate) * 1e18)) * price;
    });
    const told = Number(data.accounts[0]!.funding);
    assert.ok(Math.abs(told - Number(expected) / 1e18) < 1e-12, `${told}, not ${Number(expected) / 1e18}`);
  });
});
