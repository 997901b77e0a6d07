import { ok, refuse } from '../result.ts';
import { type ExitMethod, known } from './method.ts';

/**
 * Row T3: the multiples of T2, of a range that follows volatility as it moves: entry · σ · √horizon. The default horizon
 * of 8/π bars makes it the mean range of one bar of a Brownian path, which is what the ATR estimates, so that the methods
 * can stand in for each other. What σ and its slow level are taken over is the market's business.
 *
 * σ is bounded by its slow level: `bound` times it at most, so that one wild minute does not put the stop out of reach,
 * and a `bound`-th of it at least, so that a lull does not put the stop into the noise. While the slow level is not known
 * there is no bound, and the note says so.
 */
export const volatility: ExitMethod = (config, instrument, context) => {
  const { sigma, sigmaLong, entry } = context;
  if (!known(sigma)) return refuse('volatility');
  const bounded = known(sigmaLong)
    ? Math.min(Math.max(sigma, sigmaLong / config.volatilityBound), sigmaLong * config.volatilityBound)
    : sigma;
  const range = entry * bounded * Math.sqrt(config.volatilityHorizon);
  const level = known(sigmaLong)
    ? `, volatility ${(sigma / sigmaLong).toFixed(2)} × its slow level${bounded === sigma ? '' : ', bounded'}`
    : ', slow level not known: no bound';
  return ok({
    reward: config.takeProfitAtr * range,
    risk: config.stopLossAtr * range,
    note: `${config.takeProfitAtr} / ${config.stopLossAtr} × σ-range ${instrument.priceToNumber(range).toPrecision(4)}${level}`,
  });
};
