import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseSettings } from '../../config/load.ts';
import type { Candle } from '../../core/candles/candle-series.ts';
import { EventKind } from '../../core/events.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { generator } from '../../core/testing/books.ts';
import { BTC } from '../../core/testing/specs.ts';
import { type BacktestResult, backtest } from './backtest.ts';
import type { KnownData } from './play.ts';
import { type Bar, candleTape } from './testing/candles.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-look-ahead-'));
const tape = join(folder, 'walk.tape');
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  const random = generator(20261122);
  let price = 600_000;
  const rows = Array.from({ length: 3000 }, (_, minute): [number, ...Bar] => {
    const open = price;
    const close = Math.round(open * (1 + (random() - 0.5) * 0.004));
    price = close;
    const high = Math.max(open, close) + Math.round(random() * 300);
    const low = Math.min(open, close) - Math.round(random() * 300);
    return [minute, open, high, low, close, 10_000];
  });
  await candleTape(tape, BTC, '1m', rows);
});

const SETTINGS = `
execution: { cooldown_ms: 0, confirmation: none }
exits: { method: percentage, tp_fraction: 0.004, sl_fraction: 0.002, cost_multiple_min: 0 }
risk: { daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
`;
const checked = (strategies: (known: KnownData) => CandleOpinion): BacktestResult =>
  backtest([tape], parseSettings(SETTINGS, 'test'), {
    symbols: null,
    strategies,
    command: 'test',
    check: true,
  });

/** Judges each closed candle by a rule. */
abstract class Rule implements CandleOpinion {
  readonly name = 'rule';
  readonly confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  protected readonly closes: number[] = [];
  update(candle: Readonly<Candle>): void {
    this.closes.push(candle.close);
    this.direction = this.judge(candle);
  }
  protected abstract judge(candle: Readonly<Candle>): 'long' | 'short' | 'none';
  reset(): void {
    this.closes.length = 0;
    this.direction = 'none';
  }
  reasons(): string[] {
    return [];
  }

  parts() {
    return [];
  }
}

class Honest extends Rule {
  protected judge({ close }: Readonly<Candle>) {
    const before = this.closes.at(-11);
    return before === undefined ? 'none' : close > before ? 'long' : 'short';
  }
}

/** Knows the close ten minutes ahead, from a table made of all data: how vectorised backtests deceive themselves. */
class Prophet extends Rule {
  private readonly table = new Map<number, number>();
  constructor(known: KnownData) {
    super();
    known.forEach((event) => {
      if (event.kind === EventKind.candle) this.table.set(event.openAt, event.close);
    });
  }
  protected judge({ openAt, close }: Readonly<Candle>) {
    const later = this.table.get(openAt + 600_000);
    if (later === undefined) return 'none';
    return later > close * 1.004 ? 'long' : later < close * 0.996 ? 'short' : 'none';
  }
}

/** Scales by the mean of all data, the future's too: a mistake much harder to see than a prophecy. */
class Normalized extends Rule {
  private readonly mean: number;
  constructor(known: KnownData) {
    super();
    let sum = 0;
    let count = 0;
    known.forEach((event) => {
      if (event.kind !== EventKind.candle) return;
      sum += event.close;
      count++;
    });
    this.mean = sum / count;
  }
  protected judge({ close }: Readonly<Candle>) {
    return close < this.mean ? 'long' : 'short';
  }
}

test('an honest strategy passes', () => {
  const { data } = checked(() => new Honest());
  assert.ok(data.trades.length > 30);
  assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
});

test('one that knows the next ten minutes makes a fortune, and is caught', () => {
  const { data } = checked((known) => new Prophet(known));
  const wins = data.trades.filter(({ exitReason }) => exitReason === 'takeProfit').length;
  assert.ok(wins > data.trades.length * 0.45, `${wins} of ${data.trades.length}: by chance a third`);
  assert.equal(data.lookAhead.verdict, 'suspected');
  assert.match(data.lookAhead.detail, /cut off at .*the whole run decided .*the cut one/);
});

test('one that scales by the mean of all data is caught', () => {
  const { data } = checked((known) => new Normalized(known));
  assert.ok(data.decisions.entered > 0);
  assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
});
