/** Our backtest as a runner: `node ours.ts FOLDER signals|strategies`. See `candles.ts`. */
import { join } from 'node:path';
import { parseSettings } from '../../../src/config/load.ts';
import { strategyConfig } from '../../../src/config/strategy.ts';
import type { Candle } from '../../../src/core/candles/candle-series.ts';
import type { CandleOpinion } from '../../../src/core/opinion.ts';
import { StrategyDetector } from '../../../src/core/strategy/detector.ts';
import { accountsOf } from '../../../src/study/backtest/accounts.ts';
import { play } from '../../../src/study/backtest/play.ts';
import { Tapes } from '../../../src/study/backtest/tapes.ts';
import { MINUTE, START } from './data.ts';
import { handed, serve, type Trade } from './runner.ts';

const [folder, mode] = process.argv.slice(2);
const { signals } = handed(folder!);
const settings = parseSettings(
  `
market: { bar: 1m, assumed_spread_bp: 0 }
execution: { cooldown_ms: 0, confirmation: none, slippage_bp_max: 10 }
exits: { method: percentage, tp_fraction: 0.006, sl_fraction: 0.003, cost_multiple_min: 0 }
position: { base_size: 1, multiplier: 1, volatility_factor: 0, leverage_min: 1, leverage_max: 1 }
risk: { notional_max: 1e9, notional_total_max: 1e9, margin_share_max: 1, orders_per_minute_max: 1000,
  daily_loss_max: 1, drawdown_max: 1, loss_streak_max: 0, stop_loss_pause_ms: 0, book_age_ms_max: 600000 }
paper: { start_balance: "1000000000", volume_share_max: 1 }
`,
  'peers',
);

/** Says what was handed over, and nothing else; computes our four strategies besides where it is asked to. */
class Handed implements CandleOpinion {
  readonly name = 'handed';
  readonly confidence = 1;
  readonly support = null;
  readonly resistance = null;
  direction: 'long' | 'short' | 'none' = 'none';
  private readonly strategies = mode === 'strategies' ? new StrategyDetector(strategyConfig(settings)) : null;
  private next = 0;

  update(candle: Readonly<Candle>): void {
    this.strategies?.update(candle);
    const signal = signals[this.next];
    if (signal === undefined || candle.openAt !== START + signal.bar * MINUTE) {
      this.direction = 'none';
      return;
    }
    this.direction = signal.long ? 'long' : 'short';
    this.next++;
  }
  reset(): void {
    throw new Error('nothing mends the past of a tape');
  }
  reasons(): string[] {
    return [];
  }
  parts(): readonly [] {
    return [];
  }
}

const tapes = Tapes.open([join(folder!, 'walk.tape')]);
const [account] = accountsOf(tapes, settings, null, false);
await serve(
  () => play(tapes, settings, account!, { strategies: () => new Handed() }).desk.trips.trades,
  (trades): Trade[] =>
    trades.map(({ direction, openedAt, closedAt, entry, exit, net }) => [
      direction === 'long' ? 1 : -1,
      Math.floor((openedAt - START) / MINUTE),
      Math.floor((closedAt - START) / MINUTE),
      entry,
      exit,
      Number(net),
    ]),
);
