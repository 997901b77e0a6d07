import type { Engine } from '../core/engine.ts';
import type { Instrument } from '../core/instrument.ts';
import { type KellyConfig, kellyRisk } from '../core/risk/kelly.ts';
import type { RiskView } from './view.ts';

/** What the limits see, for the page. `kelly` is null where Kelly does not cap the size. */
export function riskView(
  { risk, account, now }: Engine,
  instruments: readonly Instrument[],
  kelly: KellyConfig | null,
): RiskView {
  const { history, config } = risk;
  const { record } = history;
  return {
    killFlattens: risk.killed && risk.killFlattens,
    day: {
      pnl: history.equity - history.dayEquity,
      loss: history.dayLoss,
      limit: config.dailyLossMax,
      reached: history.dailyLossReached > 0,
      endsAt: Math.round(history.dayEndsAt / 1000),
    },
    drawdown: {
      now: Math.max(0, history.drawdown),
      limit: config.drawdownMax,
      reached: history.drawdownReached > 0,
    },
    pauses: history.pauses(now).map(({ reason, instrument, until }) => ({
      reason:
        reason === 'lossStreak' || instrument === null
          ? `pause after ${history.lossStreak} losses in a row`
          : `pause of ${instruments[instrument]!.id} after a stop loss`,
      until: Math.round(until / 1000),
    })),
    lossStreak: history.lossStreak,
    positions: { now: risk.openOrEntering(account), limit: config.openPositionsMax },
    notional: {
      now: instruments.reduce((sum, _, index) => sum + history.notional(index), 0),
      limit: config.notionalTotalMax,
    },
    orders: { now: risk.sentInLastMinute(now), limit: config.ordersPerMinuteMax },
    kelly: kelly === null ? null : { risk: kellyRisk(kelly, record), trades: record.wins + record.losses },
  };
}
