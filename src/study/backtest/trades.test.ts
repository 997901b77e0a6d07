import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseSettings } from '../../config/load.ts';
import type { Candle } from '../../core/candles/candle-series.ts';
import { generator } from '../../core/testing/books.ts';
import { importTrades } from '../../tape/import-trades.ts';
import { backtest } from './backtest.ts';
import { MeanCross } from './testing/mean-cross.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-trades-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MINUTE = 60_000;
const START = Date.UTC(2024, 4, 1);
const WINDOW = 5;

/** Also keeps what it was told. */
class Listening extends MeanCross {
  readonly seen: number[];

  constructor(seen: number[]) {
    super(WINDOW);
    this.seen = seen;
  }

  override update(candle: Readonly<Candle>): void {
    this.seen.push(candle.openAt, candle.close, candle.volume);
    super.update(candle);
  }
}

const SETTINGS = `
market: { bar: 1m, assumed_spread_bp: 0, volatility_window: 10 }
execution: { cooldown_ms: 0, confirmation: none, slippage_bp_max: 10 }
exits: { method: percentage, tp_fraction: 0.0012, sl_fraction: 0.0006, cost_multiple_min: 0 }
position: { base_size: 1, multiplier: 1, volatility_factor: 0, leverage_min: 1, leverage_max: 1 }
risk: { notional_max: 1e9, notional_total_max: 1e9, margin_share_max: 1, orders_per_minute_max: 1000,
  daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
paper: { start_balance: "1000000000", volume_share_max: 1, order_latency_ms: 20, answer_latency_ms: 20, latency: constant }
`;

interface Trade {
  readonly at: number;
  readonly price: number;
  readonly size: number;
}

/** Two days of trades, some seconds apart, with minutes in which nobody trades and seconds in which many do. */
function walk(): Trade[] {
  const random = generator(20261122);
  let at = START;
  let price = 600_000;
  return Array.from({ length: 8_000 }, () => {
    at += random() < 0.01 ? 60_000 + Math.floor(random() * 200_000) : Math.floor(random() * 40_000);
    price = Math.round(price * (1 + (random() - 0.5) * 0.0006));
    return { at, price, size: 10 + Math.floor(random() * 100) };
  });
}

/** The same once more from the rows alone: candles, decisions, fills at the next trade that an order can meet. */
function naive(rows: readonly Trade[]): {
  candles: number[];
  trades: [number, string, number, number, string][];
} {
  const candles: number[] = [];
  const closes: number[] = [];
  const trades: [number, string, number, number, string][] = [];
  let lean = '';
  let open = { at: -1, close: 0, volume: 0 };
  let wanted: { long: boolean; arrives: number; stop: number; target: number } | null = null;
  let held: { long: boolean; entry: number; at: number; stop: number; target: number } | null = null;
  let freeAt = 0;
  const close = (at: number, price: number, volume: number): boolean => {
    candles.push(at, price, volume);
    closes.push(price);
    if (closes.length < WINDOW) return false;
    const last = closes.slice(-WINDOW);
    const now = price > last.reduce((sum, each) => sum + each, 0) / WINDOW ? 'long' : 'short';
    const turned = now !== lean;
    lean = now;
    return turned;
  };
  for (const { at, price, size } of rows) {
    if (wanted !== null && at >= wanted.arrives) {
      held = { ...wanted, entry: price, at };
      wanted = null;
    }
    if (held !== null) {
      const { long, stop, target } = held;
      const hit = (long ? price <= stop : price >= stop)
        ? 'stopLoss'
        : (long ? price >= target : price <= target)
          ? 'takeProfit'
          : '';
      if (hit !== '') {
        trades.push([held.at, long ? 'long' : 'short', held.entry, price, hit]);
        held = null;
        freeAt = at + 20;
      }
    }
    const bar = Math.floor(at / MINUTE) * MINUTE;
    let turned = false;
    if (open.at >= 0 && bar > open.at) {
      turned = close(open.at, open.close, open.volume);
      for (let quiet = open.at + MINUTE; quiet < bar; quiet += MINUTE) turned = close(quiet, open.close, 0);
    }
    open =
      bar > open.at
        ? { at: bar, close: price, volume: size }
        : { ...open, close: price, volume: open.volume + size };
    if (!turned || held !== null || wanted !== null || at < freeAt || closes.length < WARM) continue;
    const long = lean === 'long';
    const way = long ? 1 : -1;
    wanted = {
      long,
      arrives: at + 20,
      stop: price - way * Math.ceil(price * 0.0006 - 1e-9),
      target: price + way * Math.ceil(price * 0.0012 - 1e-9),
    };
  }
  return { candles, trades };
}
/** Ten returns make a volatility, and without one nothing is entered. */
const WARM = 11;

test('an archive of trades alone: candles with the quiet minutes, decisions, and fills at the next trade an order can meet', async () => {
  const rows = walk();
  const csv = join(folder, 'BTC-USDT-SWAP-trades-2024-05-01.csv');
  const lines = rows.map(
    ({ at, price, size }, i) => `BTC-USDT-SWAP,${i},buy,${(price / 10).toFixed(1)},${size},${at}`,
  );
  writeFileSync(csv, `instrument_name,trade_id,side,price,size,created_time\n${lines.join('\n')}\n`);
  const tape = join(folder, 'trades.tape');
  await importTrades([csv], tape);
  const seen: number[] = [];
  const { data } = backtest([tape], parseSettings(SETTINGS, 'test'), {
    symbols: null,
    strategies: () => new Listening(seen),
    command: 'test',
    check: false,
  });
  const expected = naive(rows);
  assert.deepEqual(seen, expected.candles);
  assert.ok(expected.candles.filter((volume, i) => i % 3 === 2 && volume === 0).length > 100);
  assert.ok(expected.trades.length > 100, `${expected.trades.length} trades`);
  assert.deepEqual(
    data.trades.map(({ openedAt, direction, entry, exit, exitReason }) => [
      openedAt,
      direction,
      Math.round(entry * 10),
      Math.round(exit * 10),
      exitReason,
    ]),
    expected.trades,
  );
  for (const { net, entry, exit, direction } of data.trades) {
    const gross = (exit - entry) * (direction === 'long' ? 1 : -1);
    assert.ok(Math.abs(Number(net) - (gross - (entry + exit) * 0.0005)) < 1e-8);
  }
  assert.equal(data.market.from, 'trades');
});
