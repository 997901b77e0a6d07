import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseSettings } from '../../config/load.ts';
import { importCandles } from '../../tape/import-candles.ts';
import { type BacktestResult, backtest } from './backtest.ts';
import { MeanCross } from './testing/mean-cross.ts';

const FOLDER = fileURLToPath(new URL('../../../../shared/data/okx-candles/', import.meta.url));
const COINS = ['BTC', 'ETH', 'SOL', 'DOGE', 'LINK'] as const;
const csvOf = (coin: string): string => join(FOLDER, `${coin}-USDT-SWAP-5m-20220501-20220930.csv.gz`);

const WINDOW = 50;

const SETTINGS = `
market: { bar: 5m, assumed_spread_bp: 1 }
execution: { cooldown_ms: 0, confirmation: none, slippage_bp_max: 5 }
exits: { method: percentage, tp_fraction: 0.02, sl_fraction: 0.01, cost_multiple_min: 0 }
position: { base_size: 1, multiplier: 1, volatility_factor: 0, leverage_min: 1, leverage_max: 1 }
risk: { open_positions_max: 5, notional_max: 1e9, notional_total_max: 1e9, margin_share_max: 1, orders_per_minute_max: 1000,
  daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
paper: { start_balance: "1000000000", volume_share_max: 1 }
`;

interface NaiveTrade {
  readonly openedAt: number;
  readonly direction: string;
  readonly entry: number;
  readonly exit: number;
  readonly exitReason: string;
  readonly net: number;
}

/**
 * The same backtest told once more, from the CSV alone and in plain floating point, with none of the project's code: one
 * coin, one position, whole ticks, half a basis point of spread against us each way, 5 bp a side, 1 % stop, 2 % target.
 */
function naive(csv: string): NaiveTrade[] {
  const rows = gunzipSync(readFileSync(csv)).toString().trim().split('\n').slice(1);
  const decimals = rows.reduce(
    (most, row) =>
      Math.max(
        most,
        ...row
          .split(',')
          .slice(1, 5)
          .map((text) => (text.split('.')[1] ?? '').length),
      ),
    0,
  );
  const tick = 10 ** -decimals;
  const bars = rows
    .map((row) => row.split(',').map(Number))
    .map(([ts, o, h, l, c, volume]) => ({
      ts: ts!,
      o: Math.round(o! / tick),
      h: Math.round(h! / tick),
      l: Math.round(l! / tick),
      c: Math.round(c! / tick),
      volume: volume!,
    }));
  const spread = (price: number): number => Math.max(1, Math.round(price / 10_000));
  const bid = (price: number): number => price - Math.floor(spread(price) / 2);
  const ask = (price: number): number => bid(price) + spread(price);
  const trades: NaiveTrade[] = [];
  let wanted: { long: boolean; worst: number; stop: number; target: number } | null = null;
  let held: { long: boolean; entry: number; openedAt: number; stop: number; target: number } | null = null;
  let lean = '';
  bars.forEach((bar, i) => {
    if (bar.volume > 0) {
      if (wanted !== null) {
        const price = wanted.long ? ask(bar.o) : bid(bar.o);
        if (wanted.long ? price <= wanted.worst : price >= wanted.worst)
          held = { ...wanted, entry: price, openedAt: bar.ts + 20 };
        wanted = null;
      }
      if (held !== null) {
        const { long, stop, target } = held;
        const beyond = (price: number, level: number, up: boolean): boolean =>
          up ? price >= level : price <= level;
        let hit: [string, number] | null = null;
        if (beyond(bar.o, stop, !long)) hit = ['stopLoss', bar.o];
        else if (beyond(bar.o, target, long)) hit = ['takeProfit', bar.o];
        else if (beyond(long ? bar.l : bar.h, stop, !long)) hit = ['stopLoss', stop];
        else if (beyond(long ? bar.h : bar.l, target, long)) hit = ['takeProfit', target];
        if (hit !== null) {
          const exit = long ? bid(hit[1]) : ask(hit[1]);
          const gross = (long ? exit - held.entry : held.entry - exit) * tick;
          const net = gross - (exit + held.entry) * tick * 0.0005;
          trades.push({
            openedAt: held.openedAt,
            direction: long ? 'long' : 'short',
            entry: Number((held.entry * tick).toFixed(9)),
            exit: Number((exit * tick).toFixed(9)),
            exitReason: hit[0],
            net,
          });
          held = null;
        }
      }
    }
    if (i + 1 < WINDOW) return;
    const mean = bars.slice(i + 1 - WINDOW, i + 1).reduce((sum, { c }) => sum + c, 0) / WINDOW;
    const now = bar.c > mean ? 'long' : 'short';
    const turned = now !== lean;
    lean = now;
    if (!turned || held !== null || wanted !== null) return;
    const long = now === 'long';
    const at = long ? ask(bar.c) : bid(bar.c);
    const far = Math.min(Math.floor((at * 5) / 10_000), Math.ceil(at * 0.02 - 1e-9) - 1);
    const way = long ? 1 : -1;
    wanted = {
      long,
      worst: at + way * far,
      stop: at - way * Math.ceil(at * 0.01 - 1e-9),
      target: at + way * Math.ceil(at * 0.02 - 1e-9),
    };
  });
  return trades;
}

describe('five months of five real swaps', {
  skip: existsSync(csvOf('BTC')) ? false : 'no ../shared/data',
}, () => {
  let folder = '';
  let result: BacktestResult;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hunter-naive-'));
    const tapes: string[] = [];
    for (const coin of COINS) {
      const out = join(folder, `${coin}.tape`);
      await importCandles([csvOf(coin)], out);
      tapes.push(out);
    }
    result = backtest(tapes, parseSettings(SETTINGS, 'naive settings'), {
      symbols: null,
      strategies: () => new MeanCross(WINDOW),
      command: 'test',
      check: false,
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const coin of COINS)
    it(`${coin}: trade by trade what plain arithmetic on the CSV comes to`, () => {
      const expected = naive(csvOf(coin));
      const trades = result.data.trades.filter(({ symbol }) => symbol.startsWith(coin));
      assert.ok(expected.length > 200, `only ${expected.length} trades: the rule says too little`);
      assert.equal(trades.length, expected.length);
      trades.forEach((trade, i) => {
        const { net, ...rest } = expected[i]!;
        const { openedAt, direction, exitReason } = trade;
        const entry = Number(trade.entry.toFixed(9));
        const exit = Number(trade.exit.toFixed(9));
        assert.deepEqual({ openedAt, direction, entry, exit, exitReason }, rest, `trade ${i}`);
        assert.ok(Math.abs(Number(trade.net) - net) < 1e-8, `trade ${i}: net ${trade.net}, not ${net}`);
      });
    });
});
