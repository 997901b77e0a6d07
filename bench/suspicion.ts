/**
 * What the spoof detector's suspicion is worth to those who add up depth: rank correlation of depth imbalance with the move to
 * come, with the discount and without, on the same tapes.
 *
 *     npx node bench/suspicion.ts TAPE…
 *
 * Once a second; told for all seconds and for those in which something near the touch is suspected. ± two deviations over the
 * tapes' instruments, differences paired.
 */
import { brainConfig } from '../src/config/brain.ts';
import { loadSettings } from '../src/config/load.ts';
import { NO_SUSPICION } from '../src/core/brain/finding.ts';
import { Liquidity } from '../src/core/brain/liquidity.ts';
import { Microstructure } from '../src/core/brain/microstructure.ts';
import { rankCorrelation } from '../src/study/evaluate/information.ts';
import { play, tapeSource, watching } from '../src/study/evaluate/play.ts';

const HORIZONS_S = [1, 2, 5];
const config = brainConfig(loadSettings(undefined).brain);

interface Second {
  readonly at: number;
  readonly mid: number;
  readonly suspected: boolean;
  /** By figure: discounted, and not. */
  readonly values: readonly (readonly [number, number])[];
}
/** Of the depth of 20 levels: from here on a second is one in which something is suspected. */
const SUSPECTED = 0.05;
const suspectedShare = ({ bids, asks }: Liquidity): number =>
  (bids.suspected + asks.suspected) / (bids.depth20 + asks.depth20);
const FIGURES = ['weighted imbalance of ten levels', 'imbalance of twenty levels'];

/** By figure, horizon and whether only suspected seconds count: correlations of each market. */
const found = new Map<string, [number, number][]>();
let [suspected, all] = [0, 0];
for (const path of process.argv.slice(2)) {
  const markets: Second[][] = [];
  play(tapeSource(path), config, (_instrument, book) => {
    const seconds: Second[] = [];
    markets.push(seconds);
    const micro = new Microstructure(config.microstructure, book, NO_SUSPICION);
    const liquidity = new Liquidity(config.liquidity, book, NO_SUSPICION);
    const balance = ({ bids, asks }: Liquidity): number =>
      (bids.depth20 - asks.depth20) / (bids.depth20 + asks.depth20);
    return [
      watching(micro),
      watching(liquidity),
      {
        frame: (brain, _book, at) => {
          if (!book.valid || !book.twoSided || at < (seconds.at(-1)?.at ?? 0) + 1_000_000) return;
          seconds.push({
            ...{ at, mid: book.mid, suspected: suspectedShare(brain.liquidity) > SUSPECTED },
            values: [
              [brain.microstructure.depthImbalance, micro.depthImbalance],
              [balance(brain.liquidity), balance(liquidity)],
            ],
          });
        },
      },
    ];
  });
  for (const seconds of markets) {
    suspected += seconds.filter((second) => second.suspected).length;
    all += seconds.length;
    for (const only of [false, true])
      for (const horizon of HORIZONS_S) {
        const moves: number[] = [];
        const used: Second[] = [];
        for (let i = 0; i + horizon < seconds.length; i++) {
          const [now, then] = [seconds[i]!, seconds[i + horizon]!];
          if ((only && !now.suspected) || then.at - now.at > (horizon + 1) * 1e6) continue;
          moves.push(then.mid - now.mid);
          used.push(now);
        }
        if (used.length < 30) continue;
        FIGURES.forEach((figure, f) => {
          const key = `${figure}, ${only ? 'where something is suspected' : 'always'}, next ${horizon} s`;
          const pair: [number, number] = [0, 1].map((k) =>
            rankCorrelation(
              used.map(({ values }) => values[f]![k]!),
              moves,
            ),
          ) as [number, number];
          found.set(key, [...(found.get(key) ?? []), pair]);
        });
      }
  }
}

const told = (values: readonly number[]): string => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return `${mean.toFixed(4)} ± ${(2 * Math.sqrt(variance / values.length)).toFixed(4)}`;
};
console.log(
  `${all} seconds, ${((100 * suspected) / all).toFixed(1)} % with at least a twentieth of the depth suspected`,
);
for (const [key, pairs] of [...found].sort(([a], [b]) => a.localeCompare(b)))
  console.log(
    `${key}: discounted ${told(pairs.map(([with_]) => with_))}, not ${told(pairs.map(([, without]) => without))}, gain ${told(pairs.map(([with_, without]) => with_ - without))} (${pairs.length} markets)`,
  );
