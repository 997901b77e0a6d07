import type { TrackRecord } from './track-record.ts';

export interface KellyConfig {
  /** Share of the shrunk Kelly fraction that is used: half of Kelly gives three quarters of its growth at half its swings. */
  readonly fraction: number;
  /** Trades that the prior "no edge" is worth: so many real trades count as much as it. */
  readonly priorTrades: number;
  /** With fewer trades nothing is concluded: the payoff of a handful is a guess, shrunk or not. */
  readonly tradesMin: number;
  /** Bounds of the fraction of equity at risk in one trade. With few trades or no edge it is the lower one. */
  readonly riskMin: number;
  readonly riskMax: number;
}

/**
 * Kelly for a bet that wins `payoff` with probability `p` and loses 1 otherwise: the fraction of equity to put at risk
 * that makes it grow fastest; 0 or less when there is no edge.
 *
 * Source: J. L. Kelly, "A New Interpretation of Information Rate", Bell System Technical Journal 35(4), 1956.
 */
export const kelly = (p: number, payoff: number): number => p - (1 - p) / payoff;

/** Expected logarithmic growth a bet when fraction `f` of equity is at risk. */
export const growth = (f: number, p: number, payoff: number): number =>
  p * Math.log(1 + payoff * f) + (1 - p) * Math.log(1 - f);

/**
 * Row R1: the fraction of equity that one trade may lose at its stop, from the record of closed trades.
 *
 * The win rate is not believed as counted: it is the posterior mean under a Beta prior that is centred on break-even and
 * worth `priorTrades`. Kelly is linear in the win rate and 0 at break-even, so this is exactly the plug-in fraction times
 * n / (n + priorTrades), James and Stein's form. With win rates that lie within about five points of break-even, as those
 * of real strategies do, p·(1 − p) / 0.05² ≈ 100 trades is the prior's right weight.
 */
export function kellyRisk(config: KellyConfig, record: TrackRecord): number {
  const known = record.wins + record.losses >= config.tradesMin;
  const risk = known ? config.fraction * shrunkKelly(config, record) : 0;
  return Math.min(config.riskMax, Math.max(config.riskMin, risk));
}

/** Kelly of the record, shrunk towards zero; negative when it lost, 0 while there is no payoff to speak of. */
export function shrunkKelly(config: KellyConfig, { wins, losses, winSum, lossSum }: TrackRecord): number {
  if (winSum === 0 || lossSum === 0) return 0;
  const trades = wins + losses;
  const payoff = winSum / wins / (lossSum / losses);
  return (trades / (trades + config.priorTrades)) * kelly(wins / trades, payoff);
}
