import { ok, refuse } from '../result.ts';
import { type ExitMethod, known } from './method.ts';

/** Row T2: multiples of the average true range as Wilder defines it (`core/candles/indicators.ts`). */
export const atr: ExitMethod = (config, instrument, context) => {
  if (!known(context.atr)) return refuse('ATR');
  return ok({
    reward: config.takeProfitAtr * context.atr,
    risk: config.stopLossAtr * context.atr,
    note: `${config.takeProfitAtr} / ${config.stopLossAtr} × ATR ${instrument.priceToNumber(context.atr).toPrecision(4)}`,
  });
};
