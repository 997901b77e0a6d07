import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseSettings } from '../../config/load.ts';
import { generator } from '../../core/testing/books.ts';
import { BTC } from '../../core/testing/specs.ts';
import { backtest } from './backtest.ts';
import { type Bar, candleTape } from './testing/candles.ts';
import { MeanCross } from './testing/mean-cross.ts';

/** Backtests whose stops move, against the same told once more in plain arithmetic. Prices in ticks of 0.1. */

const TICK = 0.1;
const MINUTE = 60_000;
const FIRST = 1000;
const WINDOW = 50;
const FEE = 0.0005;

interface Stops {
  readonly time: number;
  readonly breakEven: number;
  readonly trailing: number;
  readonly step: number;
}

const settingsOf = ({ time, breakEven, trailing, step }: Stops): string => `
market: { bar: 1m, assumed_spread_bp: 1, volatility_window: 10, volatility_window_long: 10 }
execution: { lead: strategies, cooldown_ms: 0, confirmation: none, slippage_bp_max: 5 }
exits: { method: percentage, tp_fraction: 0.02, sl_fraction: 0.01, cost_multiple_min: 0, time_stop_ms: ${time * MINUTE},
  break_even_r: ${breakEven}, trailing_stop: ${trailing}, trailing_step: ${step}, trailing_interval_ms: 0 }
position: { base_size: 1, multiplier: 1, volatility_factor: 0, leverage_min: 1, leverage_max: 1, sizing: auto }
risk: { notional_max: 1e9, notional_total_max: 1e9, margin_share_max: 1, orders_per_minute_max: 1000,
  daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
paper: { start_balance: "1000000000", volume_share_max: 1 }
`;

interface Trade {
  readonly openedAt: number;
  readonly entry: number;
  readonly exit: number;
  readonly exitReason: string;
  /** Where the stop went, ticks. */
  readonly stops: readonly number[];
}

/** With none of the project's code: one position, half a basis point of spread against us each way, the stop before the target. */
function naive(bars: readonly Bar[], { time, breakEven, trailing, step }: Stops): Trade[] {
  const spread = (price: number): number => Math.max(1, Math.round(price / 10_000));
  const bid = (price: number): number => price - Math.floor(spread(price) / 2);
  const ask = (price: number): number => bid(price) + spread(price);
  const trades: Trade[] = [];
  let wanted: { way: number; worst: number; stop: number; target: number } | null = null;
  let held: {
    way: number;
    entry: number;
    risk: number;
    stop: number;
    target: number;
    best: number;
    bar: number;
    cause: string;
    stops: number[];
  } | null = null;
  /** Decided at the entry and at the last close, done at the next open. */
  let moves: { stop: number; cause: string }[] = [];
  let leave = '';
  let lean = 0;
  bars.forEach(([open, high, low, close], i) => {
    const out = (price: number): number => (held!.way > 0 ? bid(price) : ask(price));
    let entered = false;
    const end = (price: number, exitReason: string): void => {
      const { bar, entry, stops } = held!;
      const openedAt = (FIRST + bar) * MINUTE + 20;
      trades.push({ openedAt, entry, exit: out(price), exitReason, stops });
      held = null;
    };
    if (wanted !== null) {
      const { way, worst, stop, target } = wanted;
      const entry = way > 0 ? ask(open) : bid(open);
      if (way * (worst - entry) >= 0)
        held = {
          ...{ way, entry, stop, target, best: entry, bar: i, cause: 'stopLoss', stops: [] },
          risk: way * (entry - stop),
        };
      wanted = null;
      entered = held !== null;
    }
    // refused where the market is beyond it, or beyond the target
    for (const move of moves)
      if (
        held !== null &&
        held.way * (out(open) - move.stop) > 0 &&
        held.way * (held.target - out(open)) > 0
      ) {
        held.stop = move.stop;
        held.cause = move.cause;
        held.stops.push(move.stop);
      }
    if (held !== null && leave !== '') end(open, leave);
    else if (held !== null && time > 0 && i === held.bar + time) end(open, 'timeStop');
    leave = '';
    moves = [];
    if (held !== null) {
      const { way, stop, target, cause } = held;
      const [worst, best] = way > 0 ? [low, high] : [high, low];
      if (way * (open - stop) <= 0) end(open, cause);
      else if (way * (open - target) >= 0) end(open, 'takeProfit');
      else if (way * (worst - stop) <= 0) end(stop, cause);
      else if (way * (best - target) >= 0) end(target, 'takeProfit');
    }
    if (held !== null) {
      const { way, entry, risk, bar, stop } = held;
      const middle = (bid(close) + ask(close)) / 2;
      const seen = i > bar ? [middle, way > 0 ? high : low] : [middle];
      for (const price of seen) if (way * (price - held.best) > 0) held.best = price;
      const due: { stop: number; cause: string }[] = [];
      const distance = trailing * risk;
      const away = way > 0 ? Math.floor : Math.ceil;
      const atOnce = away(entry - way * distance);
      const follows = away(held.best - way * distance);
      const farEnough = (to: number): boolean =>
        distance > 0 && way * (to - stop) >= Math.max(1, step * distance);
      // a first stop further away than the distance is moved as soon as the entry is heard of
      if (entered && farEnough(atOnce)) moves.push({ stop: atOnce, cause: 'trailingStop' });
      if (farEnough(follows)) due.push({ stop: follows, cause: 'trailingStop' });
      const toward = way > 0 ? Math.ceil : Math.floor;
      const free = toward(entry * (way > 0 ? (1 + FEE) / (1 - FEE) : (1 - FEE) / (1 + FEE)));
      if (breakEven > 0 && way * (held.best - entry) >= breakEven * risk && way * (held.best - free) > 0)
        if (way * (free - stop) > 0) due.push({ stop: free, cause: 'breakEven' });
      due.sort((one, other) => way * (other.stop - one.stop));
      const [first] = due;
      if (first !== undefined) {
        if (way * (out(close) - first.stop) <= 0) leave = first.cause;
        else if (moves.at(-1)?.stop !== first.stop) moves.push(first);
      }
    }
    if (i + 1 < WINDOW) return;
    const sum = bars.slice(i + 1 - WINDOW, i + 1).reduce((total, bar) => total + bar[3], 0);
    const now = close * WINDOW > sum ? 1 : -1;
    const turned = now !== lean;
    lean = now;
    if (!turned || held !== null) return;
    const at = now > 0 ? ask(close) : bid(close);
    const far = Math.min(Math.floor((at * 5) / 10_000), Math.ceil(at * 0.02 - 1e-9) - 1);
    wanted = {
      way: now,
      worst: at + now * far,
      stop: at - now * Math.ceil(at * 0.01 - 1e-9),
      target: at + now * Math.ceil(at * 0.02 - 1e-9),
    };
  });
  return trades;
}

/** Minutes with gaps between them, drifting this way and that. */
function market(seed: number, count: number): Bar[] {
  const random = generator(seed);
  const bars: Bar[] = [];
  let price = 600_000;
  let drift = 0;
  for (let i = 0; i < count; i++) {
    if (random() < 0.02) drift = (random() - 0.5) * 0.0012;
    const open = Math.round(price * (1 + (random() - 0.5) * (random() < 0.05 ? 0.006 : 0.0002)));
    const close = Math.round(open * (1 + drift + (random() - 0.5) * 0.003));
    const reach = (): number => Math.floor(random() * open * 0.0015);
    bars.push([open, Math.max(open, close) + reach(), Math.min(open, close) - reach(), close, 10_000_000]);
    price = close;
  }
  return bars;
}

const SEEDS = [1, 2, 3];
const KINDS: readonly (readonly [string, Stops, readonly string[]])[] = [
  ['stops that stay', { time: 0, breakEven: 0, trailing: 0, step: 0.1 }, ['stopLoss', 'takeProfit']],
  [
    'break-even',
    { time: 0, breakEven: 0.5, trailing: 0, step: 0.1 },
    ['stopLoss', 'breakEven', 'takeProfit'],
  ],
  ['trailing', { time: 0, breakEven: 0, trailing: 0.7, step: 0.1 }, ['trailingStop', 'takeProfit']],
  ['trailing at every tick', { time: 0, breakEven: 0, trailing: 1, step: 0 }, ['stopLoss', 'trailingStop']],
  ['a time stop', { time: 45, breakEven: 0, trailing: 0, step: 0.1 }, ['timeStop', 'stopLoss', 'takeProfit']],
  [
    'all of them',
    { time: 60, breakEven: 0.4, trailing: 0.8, step: 0.2 },
    ['timeStop', 'trailingStop', 'breakEven', 'takeProfit'],
  ],
];

async function tested(context: TestContext, bars: readonly Bar[], stops: Stops, check = false) {
  const folder = mkdtempSync(join(tmpdir(), 'moving-stops-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'market.tape');
  await candleTape(
    path,
    BTC,
    '1m',
    bars.map((bar, i) => [FIRST + i, ...bar]),
  );
  const settings = parseSettings(settingsOf(stops), 'test settings');
  return backtest([path], settings, {
    symbols: null,
    strategies: () => new MeanCross(WINDOW),
    command: 'test',
    check,
  }).data;
}

const ticksOf = (price: number): number => Math.round(price / TICK);

for (const [name, stops, reasons] of KINDS)
  test(`${name}: trade by trade, move by move what plain arithmetic comes to`, async (context) => {
    const met = new Set<string>();
    for (const seed of SEEDS) {
      const bars = market(seed, 6000);
      const expected = naive(bars, stops);
      const { trades } = await tested(context, bars, stops);
      assert.ok(expected.length > 30, `only ${expected.length} trades`);
      assert.deepEqual(
        trades.map(({ openedAt, entry, exit, exitReason, moves }) => ({
          openedAt,
          entry: ticksOf(entry),
          exit: ticksOf(exit),
          exitReason,
          stops: moves.map(({ stop }) => ticksOf(stop!)),
        })),
        expected,
      );
      for (const { exitReason, stop, target, direction, openedAt, closedAt, moves } of trades) {
        met.add(exitReason);
        let before = stop!;
        for (const move of moves) {
          assert.equal(move.target, target);
          assert.ok(direction === 'long' ? move.stop! > before : move.stop! < before);
          assert.ok(move.at > openedAt && move.at <= closedAt);
          before = move.stop!;
        }
      }
    }
    for (const reason of reasons) assert.ok(met.has(reason), `no ${reason} among ${[...met]}`);
  });

test('what moves a stop was known when it was moved: the past does not change with what comes', async (context) => {
  const { lookAhead, trades } = await tested(context, market(4, 3000), KINDS.at(-1)![1], true);
  assert.ok(trades.some(({ moves }) => moves.length > 0));
  assert.equal(lookAhead.verdict, 'passed', lookAhead.detail);
});
