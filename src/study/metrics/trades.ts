/**
 * Figures of finished trades. `nets`: what each came to after fees and funding, settlement currency, by time of closing;
 * a win is above zero, a loss below, zero is neither. NaN where a figure does not exist.
 */
import { mean, type Values } from './returns.ts';

/** Gross profit ÷ gross loss: what winners made over what losers lost. Infinity without a loss. */
export function profitFactor(nets: Values): number {
  let won = 0;
  let lost = 0;
  for (let i = 0; i < nets.length; i++) {
    const net = nets[i]!;
    if (net > 0) won += net;
    else lost -= net;
  }
  return won / lost;
}

/** Mean of the nets: what one more trade like these is worth. With R multiples, in R. */
export const expectancy = (nets: Values): number => (nets.length === 0 ? Number.NaN : mean(nets));

/** Share of trades that won. */
export function winRate(nets: Values): number {
  let wins = 0;
  for (let i = 0; i < nets.length; i++) if (nets[i]! > 0) wins++;
  return wins / nets.length;
}

/** Mean win ÷ mean loss. */
export function payoff(nets: Values): number {
  let won = 0;
  let wins = 0;
  let lost = 0;
  let losses = 0;
  for (let i = 0; i < nets.length; i++) {
    const net = nets[i]!;
    if (net > 0) {
      won += net;
      wins++;
    } else if (net < 0) {
      lost -= net;
      losses++;
    }
  }
  return wins === 0 || losses === 0 ? Number.NaN : won / wins / (lost / losses);
}

/** The longest run of wins and of losses one after another. */
export function longestStreaks(nets: Values): { readonly wins: number; readonly losses: number } {
  let wins = 0;
  let losses = 0;
  let run = 0;
  let before = 0;
  for (let i = 0; i < nets.length; i++) {
    const net = nets[i]!;
    const sign = Math.sign(net);
    run = sign === before ? run + 1 : 1;
    before = sign;
    if (sign > 0) wins = Math.max(wins, run);
    else if (sign < 0) losses = Math.max(losses, run);
  }
  return { wins, losses };
}
