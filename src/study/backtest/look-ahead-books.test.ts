/** The check on books, where the signal decides ten times a second and the strategies only have a say in it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseSettings } from '../../config/load.ts';
import type { Candle } from '../../core/candles/candle-series.ts';
import { EventKind } from '../../core/events.ts';
import type { CandleOpinion } from '../../core/opinion.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { simulateToFiles } from '../simulation-files.ts';
import { accountsOf } from './accounts.ts';
import { type BacktestResult, backtest } from './backtest.ts';
import { outcomeOf } from './outcome.ts';
import { type KnownData, play } from './play.ts';
import { Tapes } from './tapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'hunter-look-ahead-books-'));
const tape = join(folder, 'simulated', 'market.tape');
after(() => rmSync(folder, { recursive: true, force: true }));
before(async () => {
  const scenario = loadScenario('btc-like');
  const options = {
    seed: 1000,
    scenario,
    symbols: ['BTC-USDT-SWAP'],
    feed: 'books',
    from: SIMULATED_FROM,
  } as const;
  await simulateToFiles(options, 18, join(folder, 'simulated'));
});

/** Many entries, soon over. */
const SETTINGS = `
signal: { confidence_threshold: 0.3 }
execution: { cooldown_ms: 0, slippage_bp_max: 20, confirmation: agree }
exits: { method: percentage, tp_fraction: 0.0003, sl_fraction: 0.0002, cost_multiple_min: 0, time_stop_ms: 5000 }
risk: { daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, orders_per_minute_max: 1000 }
`;
const checked = (strategies: (known: KnownData) => CandleOpinion): BacktestResult =>
  backtest([tape], parseSettings(SETTINGS, 'test'), {
    symbols: null,
    strategies,
    command: 'test',
    check: true,
  });

/** With the last candle, or with the one that comes next. */
class Follower implements CandleOpinion {
  readonly name = 'follower';
  readonly confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  protected next: ReadonlyMap<number, Candle> = new Map();
  update(candle: Readonly<Candle>): void {
    const { open, close } = this.next.get(candle.openAt + 60_000) ?? candle;
    this.direction = close >= open ? 'long' : 'short';
  }
  reset(): void {
    this.direction = 'none';
  }
  reasons(): string[] {
    return [];
  }
  parts(): readonly [] {
    return [];
  }
}
class Foreseeing extends Follower {
  constructor(known: KnownData) {
    super();
    const candles = new Map<number, Candle>();
    known.forEach((event) => {
      if (event.kind === EventKind.candle) candles.set(event.openAt, { ...event });
    });
    this.next = candles;
  }
}

test('many entries on books, confirmed by what was known: passed, and all of it later when told later', () => {
  const { data } = checked(() => new Follower());
  assert.ok(data.decisions.entered > 40, `${data.decisions.entered} entries`);
  assert.equal(data.lookAhead.verdict, 'passed', data.lookAhead.detail);
  assert.match(data.lookAhead.detail, /all came exactly so much later$/);
});

test('confirmed by the candle that comes next: caught', () => {
  const { data } = checked((known) => new Foreseeing(known));
  assert.ok(data.decisions.entered > 40, `${data.decisions.entered} entries`);
  assert.equal(data.lookAhead.verdict, 'suspected', data.lookAhead.detail);
});

test('what the signal says is on record: who proposed at a time had that direction then, and was silent at others', () => {
  const tapes = Tapes.open([tape]);
  const settings = parseSettings(SETTINGS, 'test');
  const [account] = accountsOf(tapes, settings, null, false);
  const { traced, opinions } = outcomeOf(
    play(tapes, settings, account!, { strategies: () => new Follower() }),
  );
  const said = opinions.filter(({ voice }) => voice === 'signal');
  assert.ok(said.some(({ direction }) => direction === 'none'));
  assert.ok(traced.length > 40);
  for (const { at, opinion } of traced) {
    const last = said.findLast((one) => one.at <= at)!;
    assert.equal(opinion.split(' ')[1], last.direction, opinion);
  }
});
