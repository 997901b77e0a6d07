import type { EngineConfig } from '../core/engine.ts';
import type { ExitsConfig } from '../core/exits/exits.ts';
import { StrategyDetector } from '../core/strategy/detector.ts';
import { brainConfig } from './brain.ts';
import { fusionOf, venueScenario } from './model.ts';
import type { Settings } from './schema.ts';
import { strategyConfig } from './strategy.ts';

const CONFIRMATIONS = { none: 'none', not_against: 'notAgainst', agree: 'agree' } as const;

/**
 * The engine's part of the settings, in its own names. `quotes`: whether the data it will be told holds order books; `scenario`:
 * of which they are, where they are a tape's and not the venue's; null where the tape does not tell.
 */
export function engineConfig(
  settings: Settings,
  idPrefix: string,
  quotes: EngineConfig['market']['quotes'] = 'book',
  scenario: string | null = venueScenario(settings),
): EngineConfig {
  const { brain, market, execution, exits, position, risk, paper } = settings;
  return {
    idPrefix,
    market: {
      brain: brainConfig(brain),
      bar: market.bar,
      atrPeriod: market.atr_period,
      volatilityWindow: market.volatility_window,
      volatilityWindowLong: market.volatility_window_long,
      strategies: () => new StrategyDetector(strategyConfig(settings)),
      lead: execution.lead,
      quotes,
      assumedSpreadBp: market.assumed_spread_bp,
      fusion: fusionOf(settings, exitsConfig(settings), scenario),
    },
    execution: {
      confidenceThreshold: settings.signal.confidence_threshold,
      confirmation: CONFIRMATIONS[execution.confirmation],
      entry: execution.entry === 'post_only' ? 'postOnly' : 'market',
      slippageBpMax: execution.slippage_bp_max,
      entryTimeoutMs: execution.entry_timeout_ms,
      follow: {
        ticks: execution.entry_follow_ticks,
        intervalMs: execution.entry_follow_interval_ms,
        movesMax: execution.entry_follow_moves_max,
      },
      cooldownMs: execution.cooldown_ms,
      takerFee: Number(paper.taker_fee),
      exitRetryMs: execution.exit_retry_ms,
      stops: {
        timeStopMs: exits.time_stop_ms,
        breakEvenR: exits.break_even_r,
        trailingStop: exits.trailing_stop,
        trailingUnit: exits.trailing_unit,
        trailingStep: exits.trailing_step,
        trailingIntervalMs: exits.trailing_interval_ms,
      },
    },
    exits: exitsConfig(settings),
    sizing: {
      baseSize: position.base_size,
      baseUnit: position.base_unit,
      multiplier: position.multiplier,
      leverageMin: position.leverage_min,
      leverageMax: position.leverage_max,
      leverageCurve: position.leverage_curve,
      volatilityFactor: position.volatility_factor,
      mode: position.sizing,
      kelly: {
        fraction: position.kelly_fraction,
        priorTrades: position.kelly_prior_trades,
        tradesMin: position.kelly_trades_min,
        riskMin: position.kelly_risk_min,
        riskMax: position.kelly_risk_max,
      },
    },
    risk: {
      dailyLossMax: risk.daily_loss_max,
      drawdownMax: risk.drawdown_max,
      breachFlattens: risk.breach_flattens,
      lossStreakMax: risk.loss_streak_max,
      lossStreakPauseMs: risk.loss_streak_pause_ms,
      stopLossPauseMs: risk.stop_loss_pause_ms,
      openPositionsMax: risk.open_positions_max,
      notionalMax: risk.notional_max,
      notionalTotalMax: risk.notional_total_max,
      leverageMax: risk.leverage_max,
      liquidationDistanceMin: risk.liquidation_distance,
      maintenanceRate: risk.maintenance_rate,
      takerFee: Number(paper.taker_fee),
      priceCollarBp: risk.price_collar_bp,
      ordersPerMinuteMax: risk.orders_per_minute_max,
      bookAgeMsMax: risk.book_age_ms_max,
      marginShareMax: risk.margin_share_max,
    },
  };
}

/** Where take profit and stop loss go, in the core's own names. */
function exitsConfig({ exits }: Settings): ExitsConfig {
  return {
    method: exits.method,
    takeProfitAtr: exits.tp_multiplier,
    stopLossAtr: exits.sl_multiplier,
    takeProfitFraction: exits.tp_fraction,
    stopLossFraction: exits.sl_fraction,
    volatilityHorizon: exits.volatility_horizon,
    volatilityBound: exits.volatility_bound,
    imbalanceShift: exits.imbalance_shift,
    spreadMultiple: exits.spread_multiple,
    levelReach: exits.level_reach,
    levelBuffer: exits.level_buffer,
    levelBandBp: exits.level_band_bp,
    levelBands: exits.level_bands,
    levelMultiple: exits.level_multiple,
    rewardRiskMin: exits.rr_min,
    rewardRiskDefault: exits.rr_default,
    moveTakeProfit: exits.move_tp,
    costMultipleMin: exits.cost_multiple_min,
  };
}
