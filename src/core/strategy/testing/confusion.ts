import { type StrategyConfig, StrategyDetector } from '../detector.ts';
import type { Strategy } from '../strategy.ts';
import { PLANTS, type Plant, planted } from './markets.ts';

export const READINGS = ['trend', 'range', 'breakout', 'reversal', 'none'] as const;
export type Reading = (typeof READINGS)[number];

export interface ConfusionRow {
  readonly plant: Plant;
  /** How many paths were read as what. */
  readonly read: Readonly<Record<Reading, number>>;
  /** Of those read as something, how many had the planted direction; a range has both. */
  readonly rightWay: number;
}

/**
 * What row S5 makes of planted paths: a path is read as the strategy that was best for the most confidence, summed over the
 * candles in which the plant is to be seen; none if none was ever best there.
 */
export function confusion(config: StrategyConfig, fromSeed: number, toSeed: number): ConfusionRow[] {
  const detector = new StrategyDetector(config);
  return PLANTS.map((plant) => {
    const read = { trend: 0, range: 0, breakout: 0, reversal: 0, none: 0 };
    let rightWay = 0;
    for (let seed = fromSeed; seed <= toSeed; seed++) {
      detector.reset();
      const { candles, from, to, direction } = planted(plant, seed);
      const weights = new Map<Strategy['name'], number>();
      let long = 0;
      let short = 0;
      for (const [at, candle] of candles.entries()) {
        detector.update(candle);
        if (at < from || at >= to || detector.best === null) continue;
        weights.set(detector.best.name, (weights.get(detector.best.name) ?? 0) + detector.confidence);
        if (detector.direction === 'long') long += detector.confidence;
        else short += detector.confidence;
      }
      const heaviest = [...weights].sort((a, b) => b[1] - a[1])[0];
      read[heaviest?.[0] ?? 'none']++;
      const way = long > short ? 'long' : 'short';
      if (heaviest !== undefined && (direction === 'both' || direction === way)) rightWay++;
    }
    return { plant, read, rightWay };
  });
}

export function confusionTable(rows: readonly ConfusionRow[]): string {
  const cell = (text: string | number): string => String(text).padStart(9);
  return [
    `${'planted'.padEnd(15)}${READINGS.map(cell).join('')}${cell('right way')}`,
    ...rows.map(
      ({ plant, read, rightWay }) =>
        `${plant.padEnd(15)}${READINGS.map((each) => cell(read[each])).join('')}${cell(rightWay)}`,
    ),
  ].join('\n');
}
