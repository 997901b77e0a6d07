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
  spoof: '9ad58e2cbb73',
  liquidity: 'c05daf6645c7',
  withdrawal: '96bb25156f80',
  concentration: 'b0a3644aa3d5',
  iceberg: '161df9184bc6',
  microstructure: '8fcf28c833ea',
  'depth imbalance': 'b236a72c5438',
  spread: '35ed4f2b3e95',
  'price impact': '6b8f6cab7774',
  VPIN: '711c9969b129',
  'takers, minutes': '31ebe13e1243',
  'touch flow, minutes': 'de77829600f7',
  'keeps coming, minutes': '9d94831ac27d',
  'depth imbalance, minutes': 'cd1e7d94c1d6',
  'takers, ten minutes': '670e33b61f28',
  'touch flow, ten minutes': '5911dc901e5f',
  'keeps coming, ten minutes': 'd756d70c60dc',
  'depth imbalance, ten minutes': 'fbde6a967233',
  regime: 'aadc96e33090',
  volatile: 'c16abf8089ee',
  range: '417d6cdb5eb4',
  'move of 2 bars': '2132eada76c9',
  'move of 5 bars': '89e35be1ffc3',
  'move of 15 bars': '44da2a90359b',
  'move of 30 bars': '68444a8f6028',
  'move of 45 bars': '327cd9167222',
  volatility: 'fcc63c629928',
  'driftless odds': '84440f09dfe5',
};
