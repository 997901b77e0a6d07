/** The odds that a model starts from, among the readings. */
export const DRIFTLESS = 'driftless odds';

/**
 * What every feature says of a fixed market, as digests by name (`study/fusion/readings.ts`). Written by
 * `npx node scripts/update-golden.ts` where the code that says it was changed; models fitted before are not calibrated then.
 */
export const READINGS: Readonly<Record<string, string>> = {
  'order flow': 'dc6b96238ada',
  takers: 'daa524b24339',
  'level flow': '05a77d514890',
  'keeps coming': 'f06573d313cc',
  'touch flow': '9f7132a6388f',
  spoof: '6cb5c67513e4',
  liquidity: '85a98e17c4eb',
  withdrawal: '96bb25156f80',
  concentration: 'b0a3644aa3d5',
  iceberg: '721eb71c57d6',
  microstructure: 'cebefd8f9770',
  'depth imbalance': '8ba7d8741816',
  spread: '35ed4f2b3e95',
  'price impact': '6b8f6cab7774',
  VPIN: '711c9969b129',
  'takers, four minutes': '8278d5cdb3dc',
  'touch flow, four minutes': 'a8e93acf9f74',
  'keeps coming, four minutes': '3797f9a15e36',
  'depth imbalance, four minutes': '25df934d5b55',
  regime: 'da9d698aa630',
  volatile: 'd59a263aa2f5',
  range: 'a72b6159121e',
  'move of 5 bars': '89e35be1ffc3',
  'move of 15 bars': '44da2a90359b',
  volatility: 'fcc63c629928',
  'driftless odds': '36c38dae07da',
};
