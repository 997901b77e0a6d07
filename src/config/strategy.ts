import type { StrategyConfig } from '../core/strategy/detector.ts';
import type { Settings } from './schema.ts';

/** The candle strategies' part of the settings, in the core's own names. */
export function strategyConfig({ strategy }: Settings): StrategyConfig {
  const { trend, range, breakout, reversal } = strategy;
  return {
    trend: {
      window: trend.window,
      falseAlarms: trend.false_alarms,
      rSquaredMin: trend.r_squared_min,
      momentumWindow: trend.momentum_window,
      hold: trend.hold,
    },
    range: {
      window: range.window,
      falseAlarms: range.false_alarms,
      edge: range.edge,
      rSquaredMax: range.r_squared_max,
      volatilityWindow: range.volatility_window,
      volatilityRatioMax: range.volatility_ratio_max,
      hold: range.hold,
    },
    breakout: {
      window: breakout.window,
      falseAlarms: breakout.false_alarms,
      atrPeriod: breakout.atr_period,
      margin: breakout.margin,
      tightnessMin: breakout.tightness_min,
      surgeMin: breakout.surge_min,
      confirmCandles: breakout.confirm_candles,
      holdCandles: breakout.hold_candles,
    },
    reversal: {
      window: reversal.window,
      turnWindow: reversal.turn_window,
      falseAlarms: reversal.false_alarms,
      legMin: reversal.leg_min,
      turnMin: reversal.turn_min,
      rsiPeriod: reversal.rsi_period,
      rsiExtreme: reversal.rsi_extreme,
      divergenceWeight: reversal.divergence_weight,
      hold: reversal.hold,
    },
  };
}
