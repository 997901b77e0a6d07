import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label } from '../../exchange/scenarios/label.ts';
import { loadScenario } from '../../exchange/scenarios/load.ts';
import { simulationSource } from '../evaluate/play.ts';
import { SIMULATED_FROM } from '../simulate.ts';
import { type RecordedMarket, recordSeconds } from './seconds.ts';

export const HOUR_MINUTES = 60;

type Stored = Omit<RecordedMarket, 'rows' | 'truth'> & {
  readonly rows: readonly number[];
  readonly truth: readonly number[];
};

/**
 * An hour of the simulated market at the feed's 100 ms, as the regime detector's seconds, one of each symbol. `keep` is a folder
 * that holds them for the next time, or null.
 */
export function recordHour(
  scenario: string,
  seed: number,
  symbols: readonly string[],
  keep: string | null,
): RecordedMarket[] {
  const kept = keep === null ? null : join(keep, `${scenario}-${seed}.json`);
  if (kept !== null && existsSync(kept)) {
    const stored = JSON.parse(readFileSync(kept, 'utf8')) as readonly Stored[];
    return stored.map((market) => ({
      ...market,
      rows: Float64Array.from(market.rows),
      truth: Int8Array.from(market.truth),
    }));
  }
  const labels: Label[] = [];
  const source = simulationSource(
    { seed, scenario: loadScenario(scenario), symbols, feed: 'books', from: SIMULATED_FROM },
    HOUR_MINUTES,
    (label) => {
      if (label.kind === 'regime') labels.push(label);
    },
  );
  const markets = recordSeconds(source, () => labels, scenario, seed);
  if (kept !== null) {
    mkdirSync(keep!, { recursive: true });
    const plain = markets.map((market): Stored => {
      return { ...market, rows: Array.from(market.rows), truth: Array.from(market.truth) };
    });
    writeFileSync(kept, JSON.stringify(plain));
  }
  return markets;
}

/** `1-3,7`: 1, 2, 3, 7. */
export function seedsOf(range: string): number[] {
  return range.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last))
      throw new RangeError(`seeds "${range}": whole numbers and ranges wanted, such as 1-3,7`);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}
